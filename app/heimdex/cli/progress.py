"""Progress of the queue and of downloads: a bar with the time left on a terminal, else nothing.

Counts what it is told; running the work is left to the worker and the model store.
"""

import os
import sys
from typing import TYPE_CHECKING, Any, Self

from heimdex.cli.output import plain
from heimdex.domain.ids import VideoId
from heimdex.domain.stages import JobFinished, Progress, Stage, StageFinished, WorkEvent

if TYPE_CHECKING:
    from heimdex.storage.catalogue import Catalogue
    from heimdex.storage.jobs import JobStore

# What share of a video's work is behind it when a stage is done; rough, only the bar depends on it.
_SHARES: dict[Stage, float] = {
    Stage.PROBE: 0.01,
    Stage.SPEECH: 0.50,
    Stage.PASSAGES: 0.02,
    Stage.SCENES: 0.22,
    Stage.VISION: 0.11,
    Stage.FACES: 0.11,
    Stage.OCR: 0.03,
}
_GUESS_S = 60.0
"""Length of a video that was not probed yet, until others say better."""

_FORMAT = "{desc} {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} s of media [{elapsed}<{remaining}]"


def terminal_bar(**options: Any) -> Any:
    """A tqdm bar on standard error, as wide as the terminal."""
    from tqdm import tqdm

    # Some terminals (serial lines, `script`) say they have no size; tqdm would draw nothing.
    known = os.get_terminal_size(sys.stderr.fileno()).columns > 0
    size = {"dynamic_ncols": True} if known else {"ncols": 80, "nrows": 24}
    return tqdm(file=sys.stderr, leave=False, **size, **options)


class WorkBar:
    """Shows how far a run of the queue is, in seconds of media. Silent where `shown` is false."""

    def __init__(self, catalogue: "Catalogue", jobs: "JobStore", shown: bool) -> None:
        self._catalogue = catalogue
        self._jobs = jobs
        self._lengths: dict[VideoId, float] = {}
        self._done: dict[VideoId, float] = {}
        self._bar: Any = None
        if shown and sys.stderr.isatty():
            self._bar = terminal_bar(total=1, bar_format=_FORMAT)
            self.refill()

    def refill(self) -> None:
        """Learn which videos wait now."""
        if self._bar is None:
            return
        from heimdex.domain.stages import JobState

        for job in self._jobs.jobs((JobState.QUEUED, JobState.RUNNING)):
            video = self._catalogue.video(job.video_id)
            if video is not None:
                self._lengths.setdefault(video.id, video.duration_ms / 1000)
        self._draw()

    def name(self, video_id: VideoId) -> str:
        """The video's file name."""
        video = self._catalogue.video(video_id)
        return "?" if video is None else plain(video.path.name)

    def show(self, event: WorkEvent) -> None:
        """Move on."""
        if self._bar is None:
            return
        done = self._done.get(event.video_id, 0.0)
        match event:
            case Progress(stage=stage, done_ms=done_ms, total_ms=total_ms):
                before = self._before(stage)
                share = min(1.0, done_ms / total_ms) if total_ms else 0.0
                done = max(done, before + share * self._group(stage))
                self._bar.set_description_str(f"{self.name(event.video_id)[:32]}: {stage}", False)
            case StageFinished(stage=stage, media_ms=media_ms):
                self._lengths[event.video_id] = media_ms / 1000
                done = max(done, self._before(stage) + _SHARES[stage])
            case JobFinished():
                done = 1.0
        self._done[event.video_id] = done
        self._draw()

    def say(self, line: str) -> None:
        """A line that stays, above the bar."""
        if self._bar is None:
            print(line, file=sys.stderr, flush=True)
        else:
            self._bar.write(line, file=sys.stderr)

    def close(self) -> None:
        """Leave the terminal clean."""
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _before(self, stage: Stage) -> float:
        """The share of all stages before this one."""
        return sum(share for other, share in _SHARES.items() if _ORDER[other] < _ORDER[stage])

    def _group(self, stage: Stage) -> float:
        """The picture stages share one pass, whose progress is told under the first of them."""
        if stage in (Stage.SCENES, Stage.VISION, Stage.FACES, Stage.OCR):
            return sum(_SHARES[s] for s in Stage if _ORDER[s] >= _ORDER[stage])
        return _SHARES[stage]

    def _draw(self) -> None:
        known = [length for length in self._lengths.values() if length]
        guess = sum(known) / len(known) if known else _GUESS_S
        lengths = {video: length or guess for video, length in self._lengths.items()}
        self._bar.total = sum(lengths.values()) or 1
        self._bar.n = sum(lengths.get(video, 0) * done for video, done in self._done.items())
        self._bar.refresh()


_ORDER = {stage: number for number, stage in enumerate(Stage)}
