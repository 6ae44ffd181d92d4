"""Notes at once that a video cannot be reached any more, when somebody who wanted to read it finds
out; the next scan would only say so later.

That it is back is noticed by a scan.
"""

from collections.abc import Callable

from heimdex.domain.ids import VideoId
from heimdex.domain.media import FileState
from heimdex.indexing.drives import Drives
from heimdex.indexing.following import Following
from heimdex.indexing.reach import answers, is_reachable
from heimdex.indexing.scan_report import ScanReport
from heimdex.indexing.walk import look_at
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.whereabouts import Whereabouts


class Absence:
    """Says what is offline; deletes nothing."""

    def __init__(
        self,
        catalogue: Catalogue,
        whereabouts: Whereabouts,
        drives: Callable[[], Drives] = Drives,
    ) -> None:
        self._catalogue = catalogue
        self._whereabouts = whereabouts
        self._drives = drives

    def note(self, video_id: VideoId) -> None:
        """Look at the places of a video; a folder that is gone is offline with all its files."""
        following = Following(self._catalogue, self._whereabouts, self._drives, ScanReport())
        folders = {folder.id: folder for folder in self._catalogue.folders()}
        for file in self._catalogue.files(video_id=video_id):
            if file.state is not FileState.ONLINE:
                continue
            folder = None if file.folder_id is None else folders[file.folder_id]
            if not answers(file.path.parent):
                self._catalogue.set_file_state([file.id], FileState.OFFLINE)
            elif is_reachable(file):
                continue
            elif folder is not None and following.is_gone(folder):
                self._catalogue.set_folder_state(folder.id, FileState.OFFLINE)
            elif look_at(file.path) is None:
                away = folder is None and following.is_away(file)
                self._catalogue.set_file_state(
                    [file.id], FileState.OFFLINE if away else FileState.MISSING
                )
