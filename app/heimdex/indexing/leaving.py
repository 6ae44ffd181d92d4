"""Takes videos and folders out of the library so that no scan brings them back; the files stay.

What was found in them goes with their rows in the catalogue. Adding something by name takes it in
again: that is `scan_pass`'s affair.
"""

from pathlib import Path

from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId
from heimdex.indexing.scan_report import shown
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.whereabouts import Whereabouts


class Leaving:
    """Leaves things alone from now on."""

    def __init__(self, catalogue: Catalogue, whereabouts: Whereabouts) -> None:
        self._catalogue = catalogue
        self._whereabouts = whereabouts

    def leave(self, path: Path) -> list[VideoId]:
        """Leave a folder, something below one, or a single file alone; which videos are forgotten
        by that, because they were nowhere else. Raises UserError when nothing is known there."""
        folders = self._catalogue.folders()
        whole = next((folder for folder in folders if folder.path == path), None)
        around = [f for f in folders if path != f.path and path.is_relative_to(f.path)]
        files = [f for f in self._catalogue.files() if f.path.is_relative_to(path)]
        if whole is None and not around and not files:
            raise UserError(
                f"The library knows nothing at {shown(path)}; see `heimdex status --all`."
            )
        with self._catalogue.together():
            for folder in around:
                self._whereabouts.leave_out(folder.id, path.relative_to(folder.path).as_posix())
            forgotten = [] if whole is None else self._catalogue.remove_folder(whole.id)
            # An added folder inside the one that is left alone was wanted for itself.
            own = {f.id for f in folders if f.path != path and f.path.is_relative_to(path)}
            gone = [file.id for file in files if file.folder_id not in own]
            return forgotten + self._catalogue.remove_files(gone)

    def leave_video(self, video_id: VideoId) -> None:
        """Leave a video alone wherever it is, and forget it."""
        folders = self._catalogue.folders()
        with self._catalogue.together():
            for file in self._catalogue.files(video_id=video_id):
                for folder in folders:
                    if file.path.is_relative_to(folder.path):
                        inside = file.path.relative_to(folder.path).as_posix()
                        self._whereabouts.leave_out(folder.id, inside)
            self._catalogue.remove_video(video_id)
