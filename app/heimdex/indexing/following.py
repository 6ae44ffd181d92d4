"""Lets added folders and files follow their drive when it is mounted elsewhere.

Which drives there are is asked of `drives`; rows are moved by storage's `Whereabouts`, and what is
in the folders is found out by `scan_pass`.
"""

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from heimdex.domain.errors import UserError
from heimdex.domain.ids import FolderId
from heimdex.domain.media import Folder, MediaFile, Place
from heimdex.indexing.drives import Drives
from heimdex.indexing.reach import answers, is_reachable
from heimdex.indexing.scan_report import ScanReport
from heimdex.indexing.walk import look_at
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.whereabouts import Whereabouts

_log = logging.getLogger(__name__)


class Following:
    """The drives as one pass sees them. Nothing happens to folders whose drive has no identity."""

    def __init__(
        self,
        catalogue: Catalogue,
        whereabouts: Whereabouts,
        mounted: Callable[[], Drives],
        report: ScanReport,
    ) -> None:
        self._catalogue = catalogue
        self._whereabouts = whereabouts
        self._mounted = mounted
        self._drives = mounted()
        self._report = report
        # Asked once: thousands of files may have been added by themselves.
        self._loose = whereabouts.of_loose_files()

    def follow(self) -> list[FolderId]:
        """Move what is on a drive that is mounted at another place now; which folders moved."""
        folders = self._catalogue.folders()
        places = self._whereabouts.of_folders()
        moves: dict[FolderId, Path] = {}
        for folder in folders:
            place = places.get(folder.id)
            if place is not None and not self._is_on(folder, place.volume):
                target = self._found_at(place)
                if target is not None and target != folder.path:
                    moves[folder.id] = target
        followed = list(moves)
        for folder in folders:
            if folder.id in moves or folder.path not in moves.values():
                continue
            place = places.get(folder.id)
            if place is not None and not self._is_on(folder, place.volume):
                # Its own drive is away, and another one is mounted where it used to be.
                moves[folder.id] = _aside(folder)
            else:
                # Added once more at the new place already: that folder has the files.
                moves = {key: path for key, path in moves.items() if path != folder.path}
        moved = [folder_id for folder_id in followed if folder_id in moves]
        if moved:
            try:
                self._whereabouts.move_folders(moves)
            except UserError as error:
                _log.warning("a drive is mounted elsewhere and cannot be followed: %s", error)
                return []
            for folder_id in moved:
                self._report.moved.extend(f.path for f in self._catalogue.files(folder_id))
        return moved

    def follow_files(self, files: Sequence[MediaFile]) -> None:
        """The same for files that belong to no folder."""
        for file in files:
            place = self._loose.get(file.id)
            if place is None or not self.answers(file.path) or is_reachable(file):
                continue
            for path in self._drives.paths_of(place):
                found = look_at(path) if self.answers(path) else None
                if (
                    found is not None
                    and path != file.path
                    and found.size == file.size
                    and self._drives.place_of(path) == place
                ):
                    self._catalogue.move_file(file.id, path)
                    self._report.moved.append(path)
                    break

    def is_another_drive(self, folder: Folder, known: Sequence[MediaFile]) -> bool:
        """Whether another drive is mounted where the folder's used to be. A drive that holds any of
        the folder's files counts as the folder's own: it was copied or restored to a new disk."""
        place = self._whereabouts.of_folders().get(folder.id)
        if place is None or not known or self._is_on(folder, place.volume):
            return False
        return not any(
            (found := look_at(file.path)) is not None and found.size == file.size for file in known
        )

    def is_gone(self, folder: Folder) -> bool:
        """Whether a folder that was there a moment ago is not any more."""
        place = self._whereabouts.of_folders().get(folder.id)
        self._drives = self._mounted()
        if place is not None:
            return not self._is_on(folder, place.volume)
        return self.answers(folder.path) and not folder.path.is_dir()

    def is_away(self, file: MediaFile) -> bool:
        """Whether a single file that is not at its path is on a drive that is not there."""
        parent = file.path.parent
        if not self.answers(parent) or not parent.is_dir():
            return True
        place = self._loose.get(file.id)
        here = self._drives.place_of(parent)
        return place is not None and (here is None or here.volume != place.volume)

    def set_aside(self, folder: Folder) -> None:
        """Give a folder whose drive is away another path, so that its own can be added anew."""
        self._whereabouts.move_folders({folder.id: _aside(folder)})

    def note(self, folder: Folder) -> None:
        """Remember on which drive a folder is that was seen just now."""
        place = self._drives.place_of(folder.path)
        if place != self._whereabouts.of_folders().get(folder.id):
            self._whereabouts.note_folder(folder.id, place)

    def note_files(self, files: Sequence[MediaFile]) -> None:
        """Remember on which drive single files are that were seen just now."""
        known = self._whereabouts.of_loose_files()
        places = {
            file.id: place
            for file in files
            if file.folder_id is None
            and file.id not in known
            and (place := self._drives.place_of(file.path)) is not None
        }
        if places:
            self._whereabouts.note_files(places)

    def spelled(self, path: Path) -> Path:
        """The path in the words of the library, where a link leads into a folder that it has:
        added twice, each file would look like a copy of itself."""
        folders = self._catalogue.folders()
        if any(path.is_relative_to(folder.path) for folder in folders):
            return path
        try:
            real = Path(os.path.realpath(path))
        except (OSError, ValueError):
            return path
        around = [
            (folder.path / real.relative_to(there))
            for folder in folders
            if self.answers(folder.path)
            and real.is_relative_to(there := Path(os.path.realpath(folder.path)))
        ]
        return min(around, key=lambda p: len(p.parts), default=path)

    def answers(self, path: Path) -> bool:
        """Whether a path's file system says anything; a share may be silent for hours."""
        return not self._drives.is_remote(path) or answers(path)

    def _is_on(self, folder: Folder, volume: str) -> bool:
        if not self.answers(folder.path):
            # Silent is not gone: the share is where it was.
            return True
        if not folder.path.is_dir():
            return False
        here = self._drives.place_of(folder.path)
        return here is not None and here.volume == volume

    def _found_at(self, place: Place) -> Path | None:
        for path in self._drives.paths_of(place):
            # Something else may be mounted over it.
            if self.answers(path) and path.is_dir() and self._drives.place_of(path) == place:
                return path
        return None


def _aside(folder: Folder) -> Path:
    """A path that nobody has, and that a person still recognises."""
    return folder.path.parent / f"{folder.path.name or 'drive'} (away, {folder.id})"
