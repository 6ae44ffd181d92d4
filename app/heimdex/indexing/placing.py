"""Records contents at paths where the library knew nothing: new, moved there, or a copy.

Finding and reading the files is `scan_pass`'s work.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from heimdex.domain.ids import FolderId, VideoId
from heimdex.domain.media import FileState, MediaFile
from heimdex.indexing.reach import answers, is_reachable
from heimdex.indexing.scan_report import ScanReport
from heimdex.indexing.walk import Found, is_same
from heimdex.storage.catalogue import Catalogue

_NEAR = 8
"""With more missing files than that in a folder, a new one is not compared with each of them."""

FolderOf = Callable[[Path], FolderId | None]
"""The added folder that a path belongs to."""


class Placing:
    """Places files of one pass; says in `report` what they were, and in `online` which videos."""

    def __init__(self, catalogue: Catalogue, report: ScanReport, online: set[VideoId]) -> None:
        self._catalogue = catalogue
        self._report = report
        self._online = online

    def place(
        self,
        batch: Sequence[tuple[Found, VideoId]],
        folder_of: FolderOf,
    ) -> None:
        """Record contents at paths where the library knew nothing, in one transaction."""
        if not batch:
            return
        # The disk is asked before: a drive that does not answer must not hold up the database.
        known: set[VideoId] = set()
        left: dict[VideoId, list[MediaFile]] = {}
        for video_id in {video_id for _, video_id in batch}:
            places = self._catalogue.files(video_id=video_id)
            known.update(place.video_id for place in places)
            arrived = [found.path for found, content in batch if content == video_id]
            left[video_id] = [place for place in places if self._was_left(place, arrived)]
        folders = [(found, video_id, folder_of(found.path)) for found, video_id in batch]
        with self._catalogue.together():
            for found, video_id, folder_id in folders:
                if left[video_id]:
                    self._catalogue.move_file(left[video_id].pop(0).id, found.path, folder_id)
                    self._report.moved.append(found.path)
                elif video_id in known:
                    self._report.copied.append(found.path)
                else:
                    self._report.added.append(video_id)
                self._catalogue.put_file(
                    found.path, video_id, folder_id, found.size, found.mtime_ns
                )
                known.add(video_id)
                self._online.add(video_id)

    def _was_left(self, place: MediaFile, arrived: Sequence[Path]) -> bool:
        """Whether a file is no longer at its place although the place could be looked at."""
        if any(is_same(place.path, path) for path in arrived):
            # Only its name is written otherwise now, on a drive that does not mind.
            return True
        folder = next((f for f in self._catalogue.folders() if f.id == place.folder_id), None)
        state = place.state if folder is None else folder.state
        if state is FileState.OFFLINE and not answers(place.path.parent):
            return False
        if is_reachable(place):
            return False
        return place.path.parent.is_dir() if folder is None else folder.path.is_dir()


def hand_on(catalogue: Catalogue, added: Sequence[VideoId]) -> None:
    """Let new videos inherit from those that are missing in the same folder: a file that was edited
    and given another name at once looks like that. What does not fit is dropped when the faces of
    the new one are sorted, and the missing one keeps what is its own."""
    gone: dict[Path, list[VideoId]] = {}
    for file in catalogue.lost_files() if added else ():
        gone.setdefault(file.path.parent, []).append(file.video_id)
    if not gone:
        return
    for new in added:
        beside = {
            old for file in catalogue.files(video_id=new) for old in gone.get(file.path.parent, ())
        }
        if len(beside) <= _NEAR:
            for old in sorted(beside):
                catalogue.hand_on(old, new)
