"""Finds pictures that the library should have and has not, and has them made anew from the videos.

Decoding is the child's work (`stages.redraw`); everything else about a video stays as it is.
"""

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from heimdex.domain.errors import EngineFailed, MediaError
from heimdex.domain.faces import FaceTrack
from heimdex.domain.media import Redrawn, Scene, Video
from heimdex.hosts.client import Host
from heimdex.indexing.reach import reachable_place
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.stages import StageStore

IsCancelled = Callable[[], bool]

_AT_ONCE = 24
"""Pictures asked for in one call, so that a cancel and the time limit come between them."""
_TIMEOUT_S = 600.0
_BEGIN, _END = b"\xff\xd8\xff", b"\xff\xd9"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lost:
    """Pictures of one video that are not there."""

    poster: bool
    scenes: tuple[Scene, ...]
    tracks: tuple[FaceTrack, ...]

    @property
    def count(self) -> int:
        """How many pictures that a panel would show; a poster is not owed to every video."""
        return len(self.scenes) + len(self.tracks)


def lost_pictures(stages: StageStore, artefacts: Artefacts, video: Video) -> Lost:
    """Which pictures of a video are missing, or no whole picture."""
    return Lost(
        video.has_video and not _is_there(artefacts.poster(video.id)),
        tuple(
            s for s in stages.scenes(video.id) if not _is_there(artefacts.scene(video.id, s.index))
        ),
        tuple(
            t for t in stages.tracks(video.id) if not _is_there(artefacts.face(video.id, t.index))
        ),
    )


class Redrawing:
    """Makes lost pictures anew, one video after the other."""

    def __init__(
        self, catalogue: Catalogue, stages: StageStore, artefacts: Artefacts, host: Host
    ) -> None:
        self._catalogue = catalogue
        self._stages = stages
        self._artefacts = artefacts
        self._host = host

    def redraw_all(self, cancelled: IsCancelled) -> int:
        """The same for every video whose file can be read now; how many pictures were made."""
        made = 0
        for video in self._catalogue.videos():
            if cancelled():
                break
            try:
                made += self.redraw(video, cancelled)
            except (MediaError, EngineFailed) as error:
                _log.warning("lost pictures cannot be made anew: %s", type(error).__name__)
        return made

    def redraw(self, video: Video, cancelled: IsCancelled = lambda: False) -> int:
        """Make what is missing of `video`; returns how many pictures are there again.

        0 when its file is not to be reached. Raises MediaError or EngineFailed when it cannot be
        read any more, and Cancelled.
        """
        lost = lost_pictures(self._stages, self._artefacts, video)
        info = self._catalogue.media_info(video.id)
        place = reachable_place(self._catalogue.files(video_id=video.id))
        if info is None or place is None or not (lost.poster or lost.count):
            return 0
        made = 0
        wanted: Sequence[Scene | FaceTrack] = [*lost.scenes, *lost.tracks]
        for start in range(0, max(len(wanted), 1), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            scenes = [each for each in some if isinstance(each, Scene)]
            tracks = [each for each in some if isinstance(each, FaceTrack)]
            answer: Redrawn = self._host.call(
                "redraw",
                {
                    "path": place.path,
                    "info": info,
                    "with_poster": lost.poster and start == 0,
                    "scenes_ms": tuple(scene.key_ms for scene in scenes),
                    "faces": tuple((track.best_ms, track.box) for track in tracks),
                },
                Redrawn,
                cancelled=cancelled,
                timeout_s=_TIMEOUT_S,
            )
            if len(answer.scenes) != len(scenes) or len(answer.faces) != len(tracks):
                raise EngineFailed("The engine sent other pictures than were asked for.")
            if answer.poster:
                self._artefacts.put_poster(video.id, answer.poster)
                made += 1
            for scene, jpeg in zip(scenes, answer.scenes, strict=True):
                made += self._artefacts.put_one_scene(video.id, scene.index, jpeg)
            for track, jpeg in zip(tracks, answer.faces, strict=True):
                made += self._artefacts.put_one_face(video.id, track.index, jpeg)
        if not made and lost.count:
            raise MediaError(f"Nothing of {video.path.name} can be decoded any more.")
        return made


def _is_there(path: Path) -> bool:
    """Whether a JPEG is there with its beginning and its end (ITU T.81, B.1.1.3)."""
    try:
        with path.open("rb") as stream:
            begins = stream.read(len(_BEGIN)) == _BEGIN
            stream.seek(-len(_END), os.SEEK_END)
            return begins and stream.read() == _END
    except OSError:
        return False
