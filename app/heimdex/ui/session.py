"""Everything behind the window once a library is open: its rooms and the threads that call them.

Opening the library is bootstrap's work; showing it, the panels'.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from heimdex.domain.ids import VideoId
from heimdex.domain.media import Folder
from heimdex.domain.stages import Changes
from heimdex.ui import complaints
from heimdex.ui.background import Background, sentence
from heimdex.ui.caring import Caring
from heimdex.ui.jobs import JobQueue
from heimdex.ui.models.fetching import Fetching
from heimdex.ui.models.measuring import Measuring
from heimdex.ui.searching import Searching
from heimdex.ui.suggesting import Suggesting
from heimdex.ui.thumbnails import Thumbnails

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.indexing.scan import ScanReport
    from heimdex.indexing.watch import Watcher

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Session(QObject):
    """Built on the main thread after the library was opened; closed before it is closed."""

    changed = Signal(object)
    """`Changes` of the library, whoever made them."""
    said = Signal(str)
    """A sentence for the person."""
    restart_wanted = Signal()
    """The person wants what is set now to take effect at once."""
    scanning = Signal(bool)
    """Whether folders are being looked through."""
    _hinted = Signal(object)

    def __init__(self, library: "Library") -> None:
        super().__init__()
        self.library = library
        self._background = Background("operations")
        self._scanning = Background("scanning")
        self.thumbnails = Thumbnails()
        self.jobs = JobQueue(library.jobs, library.worker, self._background)
        self.searching = Searching(library.searcher)
        self.suggesting = Suggesting(library.suggester)
        self.fetching = Fetching(library)
        self.caring = Caring(library.upkeep, self._is_busy)
        self.measuring = Measuring(library, self._is_busy)
        self._scans = 0
        self._closed = False
        self._watcher: Watcher | None = None
        self._hinted.connect(self._look_at)
        self.jobs.changed.connect(self.changed)
        self.jobs.failed.connect(self.said)
        self.fetching.ended.connect(self._fetched)
        self.caring.said.connect(self.said)
        self.suggesting.failed.connect(self.said)
        self._background.failed.connect(self.said)
        self._scanning.failed.connect(self.said)
        self.changed.connect(self._forget_pictures)

    def start(self) -> None:
        """Go on with the queue, look at the folders again, and watch them from now on."""
        self.jobs.start()
        self._scan(self._rescan, quiet=True)
        self._background.run(self._start_watcher)
        library = self.library
        self._background.run(lambda: library.index.sync_soon(library.database))

    def warm(self) -> None:
        """Load what the first search needs, while nobody waits for it."""
        self.searching.warm()

    def run(
        self,
        work: Callable[[], T],
        then: Callable[[T], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Do something with the library off the main thread (see `Background.run`)."""
        self._background.run(work, then, failed)

    def operate(
        self,
        work: Callable[[], T],
        changes: Changes,
        then: Callable[[T], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Change the library off the main thread and tell every panel what changed."""

        def announce(result: T) -> None:
            if then is not None:
                then(result)
            self.changed.emit(changes)

        self._background.run(work, announce, failed)

    def add(self, paths: Iterable[Path]) -> None:
        """Take files and folders into the library; folders are watched from now on."""
        wanted = list(paths)
        if wanted:
            scanner = self.library.scanner
            self._scan(lambda: scanner.add(wanted, cancelled=self._is_closed), quiet=False)

    def look_again(self) -> None:
        """Compare all folders with the disk now."""
        self._scan(self._rescan, quiet=False)

    def remove(self, videos: Sequence[VideoId]) -> None:
        """Forget videos; the files stay where they are."""
        from heimdex.bootstrap import forget_videos

        changes = Changes(videos=frozenset(videos), people=True, jobs=True)
        self.operate(lambda: forget_videos(self.library, videos), changes)

    def remove_folder(self, folder: Folder) -> None:
        """Leave a folder alone from now on, also where it lies in another one that was added, and
        forget the videos that are nowhere else."""
        library = self.library

        def forget() -> None:
            library.leaving.leave(folder.path)
            library.index.sync(library.database)
            self._follow_folders()

        self.operate(forget, Changes(folders=True, people=True, jobs=True))

    def leave_out(self, path: Path) -> None:
        """Leave a part of an added folder alone from now on, and forget its videos."""
        library = self.library

        def leave() -> None:
            library.leaving.leave(path)
            library.index.sync(library.database)

        self.operate(leave, Changes(folders=True, people=True, jobs=True))

    def close(self) -> bool:
        """Stop all threads; True when all of them ended in time."""
        if self._closed:
            return True
        self._closed = True
        if self._watcher is not None:
            # Its threads may be in the middle of a look at a slow drive; they end by themselves.
            threading.Thread(target=self._watcher.stop, name="heimdex-unwatch", daemon=True).start()
        ended = {
            "caring": self.caring.close(),
            "measuring": self.measuring.close(),
            "fetching": self.fetching.close(),
            "jobs": self.jobs.close(),
            "searching": self.searching.close(),
            "suggesting": self.suggesting.close(),
            "thumbnails": self.thumbnails.close(),
            "scanning": self._scanning.close(),
            "operations": self._background.close(),
        }
        late = [name for name, in_time in ended.items() if not in_time]
        if late:
            _log.warning("threads of the window did not end in time: %s", ", ".join(late))
        return not late

    def summary(self, report: "ScanReport") -> str:
        """What a scan found, in a sentence or two."""
        parts = []
        if n := len(report.added):
            parts.append(self.tr("%n video(s) added.", "", n))
        if n := len(report.copied):
            parts.append(self.tr("%n copy(ies) of known videos.", "", n))
        if n := len(report.back):
            parts.append(self.tr("%n video(s) back again.", "", n))
        if n := len(report.moved):
            parts.append(self.tr("%n video(s) at a new place.", "", n))
        if n := len(report.waiting):
            parts.append(self.tr("%n file(s) still growing.", "", n))
        n = len(report.problems)
        if n > 1:
            parts.append(self.tr("%n path(s) not taken.", "", n))
        if n:
            parts.append(complaints.told(report.problems[0].message))
        if not parts:
            parts.append(self.tr("Everything there is already in the library."))
        return " ".join(parts)

    def _rescan(self) -> "ScanReport":
        return self.library.scanner.rescan(cancelled=self._is_closed)

    def _is_busy(self) -> bool:
        return self.jobs.running is not None or self._scans > 0 or self.fetching.busy

    def _is_closed(self) -> bool:
        return self._closed

    def _start_watcher(self) -> None:
        if self._closed:
            return
        self._watcher = self.library.watcher(self._hinted.emit)
        self._watcher.start()
        if self._is_closed():
            # Closed in the meantime, when there was perhaps nothing to stop yet.
            self._watcher.stop()

    def _follow_folders(self) -> None:
        """For a thread in the background: watch what the library's folders are now."""
        if self._watcher is not None and not self._closed:
            self._watcher.update(self.library.catalogue.folders())

    def _look_at(self, folder: Folder | None) -> None:
        watcher = self._watcher

        def scan() -> "ScanReport":
            scanner = self.library.scanner
            if folder is None:
                return scanner.seek(cancelled=self._is_closed)
            report = scanner.scan(folder, cancelled=self._is_closed)
            if report.waiting and watcher is not None:
                watcher.look_again(folder)
            return report

        self._scan(scan, quiet=True)

    def _scan(self, scan: Callable[[], "ScanReport"], *, quiet: bool) -> None:
        self._scans += 1
        if self._scans == 1:
            self.scanning.emit(True)

        def work() -> "ScanReport":
            report = scan()
            self._follow_folders()
            return report

        def done(report: "ScanReport") -> None:
            self._ended()
            if report.queued or report.resumed:
                self.jobs.wake()
            if report.any_change or not quiet:
                self.changed.emit(Changes(folders=True, jobs=True))
            if not quiet:
                self.said.emit(self.summary(report))

        def failed(error: Exception) -> None:
            self._ended()
            self.said.emit(sentence(error))

        self._scanning.run(work, done, failed)

    def _ended(self) -> None:
        self._scans -= 1
        if self._scans == 0:
            self.scanning.emit(False)

    def _fetched(self, problem: str) -> None:
        """A download ended, whether anybody looks at the models' page or not."""
        if problem:
            self.said.emit(problem)
        self.jobs.resume_waiting()

    def _forget_pictures(self, changes: Changes) -> None:
        for video_id in changes.videos:
            self.thumbnails.forget(self.library.artefacts.poster(video_id).parent)
        if changes.folders or changes.people:
            self.thumbnails.forget()
