"""Keeps the pictures of a library as JPEG files: posters, scene thumbnails, face crops.

Making them is the media room's work; which there are is said by the rows in SQLite.
"""

import errno
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId

FOLDER_NAME = "artefacts"
_SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Artefacts:
    """`artefacts/ab/abcdef…/poster.jpg`, `scene-00003.jpg`, `face-00000.jpg`."""

    def __init__(self, library_dir: Path) -> None:
        self._root = library_dir / FOLDER_NAME

    def poster(self, video_id: VideoId) -> Path:
        """Where the poster is, if the video has one."""
        return self._folder(video_id) / "poster.jpg"

    def scene(self, video_id: VideoId, index: int) -> Path:
        """Where the thumbnail of scene number `index` is."""
        return self._folder(video_id) / f"scene-{index:05d}.jpg"

    def face(self, video_id: VideoId, index: int) -> Path:
        """Where the crop of face track number `index` is."""
        return self._folder(video_id) / f"face-{index:05d}.jpg"

    def put_poster(self, video_id: VideoId, jpeg: bytes) -> None:
        """Write the poster; b"" (nothing to see) takes an older one away."""
        if jpeg:
            self._put({self.poster(video_id): jpeg})
        else:
            self.poster(video_id).unlink(missing_ok=True)

    def put_scenes(self, video_id: VideoId, jpegs: Sequence[bytes]) -> None:
        """Write the thumbnails of scenes 0, 1, 2, …; those beyond are left for `keep_scenes`."""
        self._put({self.scene(video_id, i): jpeg for i, jpeg in enumerate(jpegs)})

    def put_faces(self, video_id: VideoId, jpegs: Sequence[bytes]) -> None:
        """Write the crops of face tracks 0, 1, 2, …; those beyond are left for `keep_faces`."""
        self._put({self.face(video_id, i): jpeg for i, jpeg in enumerate(jpegs)})

    def put_one_scene(self, video_id: VideoId, index: int, jpeg: bytes) -> bool:
        """Write one thumbnail again; False for b"", which is none."""
        return self._put_one(self.scene(video_id, index), jpeg)

    def put_one_face(self, video_id: VideoId, index: int, jpeg: bytes) -> bool:
        """Write one crop again; False for b"", which is none."""
        return self._put_one(self.face(video_id, index), jpeg)

    def keep_scenes(self, video_id: VideoId, count: int) -> None:
        """Delete thumbnails of an earlier run from number `count` on."""
        self._keep(video_id, "scene", count)

    def keep_faces(self, video_id: VideoId, count: int) -> None:
        """Delete crops of an earlier run from number `count` on."""
        self._keep(video_id, "face", count)

    def remove(self, video_id: VideoId) -> None:
        """Delete all pictures of a video; nothing happens when there are none."""
        shutil.rmtree(self._folder(video_id), ignore_errors=True)

    def orphans(self, known: frozenset[VideoId]) -> list[VideoId]:
        """Videos that have pictures here and are not `known`: left by a crash while forgetting."""
        if not self._root.is_dir():
            return []
        found = {VideoId(folder.name) for folder in self._root.glob("*/*") if folder.is_dir()}
        return sorted(found - known)

    def _folder(self, video_id: VideoId) -> Path:
        # An id becomes a path here and nowhere else, so this is where it has to be harmless.
        if not _SAFE_ID.fullmatch(video_id):
            raise ValueError(f"not a video id: {video_id!r}")
        return self._root / video_id[:2] / video_id

    def _put_one(self, target: Path, jpeg: bytes) -> bool:
        if jpeg:
            self._put({target: jpeg})
        return bool(jpeg)

    def _put(self, pictures: dict[Path, bytes]) -> None:
        """Write files so that each is either the old one or the whole new one, even after a
        power cut; all are on disk when this returns."""
        if not pictures:
            return
        folder = next(iter(pictures)).parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for target, jpeg in pictures.items():
                part = target.with_suffix(".part")
                with part.open("wb") as stream:
                    stream.write(jpeg)
                    stream.flush()
                    os.fsync(stream.fileno())
                part.replace(target)
            _sync_folder(folder)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise UserError(
                    f"The disk that holds {self._root.parent} is full; free some space and try "
                    "again."
                ) from error
            raise UserError(
                f"Pictures cannot be written to {folder} ({error.strerror or error}); free some "
                "space or check the permissions."
            ) from error

    def _keep(self, video_id: VideoId, kind: str, count: int) -> None:
        for file in self._folder(video_id).glob(f"{kind}-*"):
            number = file.stem.removeprefix(f"{kind}-")
            if file.suffix == ".part" or (number.isdigit() and int(number) >= count):
                file.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make renames durable; Windows has no handle for a folder and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
