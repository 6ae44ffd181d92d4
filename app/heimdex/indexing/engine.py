"""What computes stages, as the worker sees it, and the one that does so in an engine host.

How a stage is computed is left to the child (`engine_host`, `stages`); this side checks that what
comes back hangs together, because it may have been shaped by a hostile file.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Protocol, get_args

import numpy as np

from heimdex.domain.errors import EngineFailed
from heimdex.domain.media import MediaInfo
from heimdex.domain.speech import Transcript
from heimdex.domain.stages import (
    FacesOutput,
    OcrOutput,
    PassagesOutput,
    ScenesOutput,
    SpeechOutput,
    Stage,
    StageOutput,
    VisionOutput,
)
from heimdex.domain.vectors import SpaceKind, SparseBatch, VectorBatch
from heimdex.hosts.client import Host
from heimdex.indexing.plan import PICTURE_STAGES

OnProgress = Callable[[int, int], None]
"""Called with (done_ms, total_ms) of media time."""
IsCancelled = Callable[[], bool]

_PROBE_TIMEOUT_S = 600.0
_BASE_TIMEOUT_S = 1800.0
_TIMES_DURATION = 40.0
"""The slowest sensible case: a large model on a weak processor that has other things to do."""

_UNIT_TOLERANCE = 0.01


class StageEngine(Protocol):
    """Computes stages of one file."""

    def run(
        self,
        path: Path,
        info: MediaInfo | None,
        stages: Sequence[Stage],
        transcript: Transcript | None,
        on_progress: OnProgress,
        cancelled: IsCancelled,
    ) -> Iterator[StageOutput]:
        """Compute `stages` of the file at `path` and yield one output for each as it is ready.

        All of them belong to one entry of `plan.GROUPS`. `info` is None for the probe alone,
        `transcript` is given for passages. Raises MediaError, ModelUnavailable, EngineFailed, or
        Cancelled soon after `cancelled()` became true. Closing the iterator gives the work up.
        """
        ...


class HostStageEngine:
    """The stages as an engine host of the role `index` computes them."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def run(
        self,
        path: Path,
        info: MediaInfo | None,
        stages: Sequence[Stage],
        transcript: Transcript | None,
        on_progress: OnProgress,
        cancelled: IsCancelled,
    ) -> Iterator[StageOutput]:
        """See `StageEngine.run`."""
        method, params = _request(path, info, stages, transcript)
        timeout_s = _PROBE_TIMEOUT_S
        if info is not None:
            timeout_s = _BASE_TIMEOUT_S + _TIMES_DURATION * info.duration_ms / 1000
        outputs: Generator[StageOutput, None, None] = self._host.stream(
            method, params, StageOutput, None, on_progress, cancelled, timeout_s
        )
        try:
            for output in outputs:
                if stage_of(output) not in stages:
                    raise EngineFailed("The engine sent a result that nobody asked for.")
                require_sound(output)
                yield output
        finally:
            outputs.close()


def stage_of(output: StageOutput) -> Stage:
    """The stage an output is of."""
    return _STAGES[type(output)]


def require_sound(output: StageOutput) -> None:
    """Raise EngineFailed when the parts of an output do not belong together."""
    match output:
        case PassagesOutput():
            _require(output.space.kind is SpaceKind.PASSAGE, "passages")
            _require_batch(output.vectors, len(output.passages), "passages")
            if output.weights is not None:
                _require_weights(output.weights, len(output.passages))
        case ScenesOutput():
            _require(len(output.scenes) == len(output.thumbnails), "scenes")
            _require(all(s.start_ms < s.end_ms for s in output.scenes), "scenes")
            _require([s.index for s in output.scenes] == [*range(len(output.scenes))], "scenes")
        case VisionOutput():
            _require(output.frame_space.kind is SpaceKind.FRAME, "pictures")
            _require(output.scene_space.kind is SpaceKind.SCENE, "pictures")
            _require_batch(output.frames, len(output.frames), "pictures")
            _require_batch(output.scenes, len(output.scenes), "pictures")
        case FacesOutput():
            _require(output.space.kind is SpaceKind.FACE, "faces")
            _require_batch(output.vectors, len(output.tracks), "faces")
            _require(len(output.crops) == len(output.tracks), "faces")
            _require([t.index for t in output.tracks] == [*range(len(output.tracks))], "faces")
        case OcrOutput():
            _require([line.index for line in output.lines] == [*range(len(output.lines))], "text")
            _require(all(line.start_ms < line.end_ms for line in output.lines), "text")
        case SpeechOutput():
            segments = output.transcript.segments
            _require([s.index for s in segments] == [*range(len(segments))], "speech")
        case _:
            _require(output.info.duration_ms >= 0, "file")


def _request(
    path: Path, info: MediaInfo | None, stages: Sequence[Stage], transcript: Transcript | None
) -> tuple[str, dict[str, object]]:
    if list(stages) == [Stage.PROBE]:
        return "probe", {"path": path}
    if list(stages) == [Stage.PASSAGES] and transcript is not None:
        return "passages", {"transcript": transcript}
    if info is None:
        raise ValueError("only the probe runs without knowing the file")
    if list(stages) == [Stage.SPEECH]:
        return "speech", {"path": path, "info": info}
    if stages and PICTURE_STAGES.issuperset(stages):
        return "visual", {"path": path, "info": info, "stages": tuple(stages)}
    raise ValueError(f"these stages are not computed together: {', '.join(stages)}")


def _require_batch(batch: VectorBatch, count: int, what: str) -> None:
    vectors = batch.vectors
    _require(vectors.ndim == 2 and len(vectors) == count, what)
    _require(batch.start_ms.shape == batch.end_ms.shape == (count,), what)
    _require(bool((batch.start_ms <= batch.end_ms).all()), what)
    lengths = np.linalg.norm(vectors, axis=1)
    _require(bool((np.abs(lengths - 1) < _UNIT_TOLERANCE).all()), what)


def _require_weights(batch: SparseBatch, count: int) -> None:
    offsets, what = batch.offsets, "passages"
    _require(offsets.shape == (count + 1,), what)
    _require(batch.tokens.shape == batch.weights.shape == (int(offsets[-1]),), what)
    _require(int(offsets[0]) == 0 and bool((np.diff(offsets) >= 0).all()), what)
    _require(bool((batch.weights > 0).all()), what)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise EngineFailed(f"The engine sent a result about the {what} that contradicts itself.")


# The members of the union stand in the order of the stages.
_STAGES: dict[type, Stage] = dict(zip(get_args(StageOutput), Stage, strict=True))
