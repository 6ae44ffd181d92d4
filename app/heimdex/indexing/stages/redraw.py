"""Makes pictures anew that were lost: poster, thumbnails of scenes, faces. No model looks at them.

Which are lost, and where they are kept, is the owner's affair (`indexing.redrawing`).
"""

from pathlib import Path

from heimdex.domain.errors import MediaError
from heimdex.domain.faces import Box
from heimdex.domain.media import MediaInfo, Redrawn
from heimdex.indexing.stages.crops import face_view
from heimdex.indexing.stages.thumbnails import WIDTH
from heimdex.indexing.stages.visual import EDGE
from heimdex.media.frames import frame_at
from heimdex.media.pictures import jpeg, poster


def redraw(
    path: Path,
    info: MediaInfo,
    with_poster: bool,
    scenes_ms: tuple[int, ...],
    faces: tuple[tuple[int, Box], ...],
) -> Redrawn:
    """Draw the moments `scenes_ms`, and the faces in their boxes at their moments, from the file.

    Raises MediaError when the file cannot be opened.
    """
    return Redrawn(
        _poster(path, info) if with_poster else b"",
        tuple(_scene(path, info, at_ms) for at_ms in scenes_ms),
        tuple(_face(path, info, at_ms, box) for at_ms, box in faces),
    )


def _poster(path: Path, info: MediaInfo) -> bytes:
    try:
        return poster(path, info)
    except MediaError:
        return b""


def _scene(path: Path, info: MediaInfo, at_ms: int) -> bytes:
    try:
        return jpeg(frame_at(path, info, at_ms, EDGE)[1], WIDTH)
    except MediaError:
        return b""


def _face(path: Path, info: MediaInfo, at_ms: int, box: Box) -> bytes:
    try:
        return face_view(frame_at(path, info, at_ms, EDGE)[1], box)
    except MediaError:
        return b""
