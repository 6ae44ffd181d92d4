"""Keeps the catalogue true to the disk: what is new, moved, changed, copied, gone, back.

The comparing is left to `scan_pass`, noticing that it is time to look again to `watch`.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.media import Folder
from heimdex.domain.stages import Stage
from heimdex.indexing.drives import Drives
from heimdex.indexing.reading import IsCancelled, Sources
from heimdex.indexing.scan_pass import ScanPass
from heimdex.indexing.scan_report import Problem, ScanReport
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.jobs import JobStore
from heimdex.storage.stages import StageStore
from heimdex.storage.whereabouts import Whereabouts

__all__ = ["Problem", "ScanReport", "Scanner"]


class Scanner:
    """Looks at named paths, at one folder or at everything; scans of several threads take turns."""

    def __init__(
        self,
        catalogue: Catalogue,
        jobs: JobStore,
        stages: StageStore,
        whereabouts: Whereabouts,
        fingerprint: Callable[[Path], VideoId],
        models: Callable[[], Mapping[Stage, str]],
        *,
        stable_seconds: float = 10.0,
        drives: Callable[[], Drives] = Drives,
    ) -> None:
        """`fingerprint` gives a file's content id or raises OSError or MediaError; `models` says
        with which model each stage would run now (see `plan.missing`), `drives` what is mounted."""
        self._catalogue = catalogue
        self._sources = Sources(
            catalogue, jobs, stages, whereabouts, drives, fingerprint, models, stable_seconds
        )
        self._turn = threading.Lock()

    def add(
        self,
        paths: Iterable[Path],
        *,
        watched: bool = True,
        cancelled: IsCancelled | None = None,
    ) -> ScanReport:
        """Add files and folders that a person named.

        A path that cannot be taken becomes a problem in the report; raises UserError when none
        could be. A file named outright is tried whatever its name; a folder must hold media.
        """
        # Not resolved: a person knows a file by the path they use, links and all.
        absolute = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100
        with self._pass(cancelled, patient=False) as scan:
            accepted = scan.add(list(dict.fromkeys(absolute)), watched)
        if not accepted:
            raise UserError(_sentence(scan.report.problems))
        return scan.report

    def scan(self, folder: Folder, cancelled: IsCancelled | None = None) -> ScanReport:
        """Look at one folder again."""
        with self._pass(cancelled, patient=True) as scan:
            scan.folders([folder])
        return scan.report

    def seek(self, cancelled: IsCancelled | None = None) -> ScanReport:
        """Look only for what went or came back with a drive: folders, and files that were added by
        themselves."""
        with self._pass(cancelled, patient=True) as scan:
            scan.folders([f for f in self._catalogue.folders() if scan.is_unsure(f)])
            scan.loose_files(self._catalogue.loose_files())
        return scan.report

    def rescan(self, cancelled: IsCancelled | None = None) -> ScanReport:
        """Look at everything again: all folders, and the files that were added by themselves."""
        with self._pass(cancelled, patient=True) as scan:
            scan.folders(self._catalogue.folders())
            scan.loose_files(self._catalogue.loose_files())
        return scan.report

    @contextmanager
    def _pass(self, cancelled: IsCancelled | None, *, patient: bool) -> Iterator[ScanPass]:
        with self._turn:
            scan = ScanPass(self._sources, cancelled, patient=patient)
            try:
                yield scan
            finally:
                # Also when it was cancelled half-way: what was recorded gets its jobs.
                scan.finish()


def _sentence(problems: list[Problem]) -> str:
    if not problems:
        return "Nothing to add was named."
    if len(problems) == 1:
        return problems[0].message
    more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
    return "Nothing could be added: " + " ".join(p.message for p in problems[:3]) + more
