"""Reads what a scan has found, once it is no longer being written.

Which files those are, and what their contents mean to the library, is `scan_pass`'s affair.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from heimdex.domain.errors import Cancelled, MediaError
from heimdex.domain.ids import VideoId
from heimdex.domain.stages import Stage
from heimdex.indexing.drives import Drives
from heimdex.indexing.scan_report import Problem, ScanReport, reason, shown
from heimdex.indexing.walk import Found, look_at
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.jobs import JobStore
from heimdex.storage.stages import StageStore
from heimdex.storage.whereabouts import Whereabouts

IsCancelled = Callable[[], bool]

_LOOK_TWICE_S = 1.0
_FORGET_WAITING_S = 3600.0


@dataclass(frozen=True, slots=True)
class Sources:
    """What every pass works with (see `Scanner`), and the memory between passes."""

    catalogue: Catalogue
    jobs: JobStore
    stages: StageStore
    whereabouts: Whereabouts
    drives: Callable[[], Drives]
    fingerprint: Callable[[Path], VideoId]
    models: Callable[[], Mapping[Stage, str]]
    stable_s: float
    growing: dict[Path, tuple[Found, float]] = field(default_factory=dict)
    """Young files as they were last seen, and since when (monotonic) they look like that."""


class Reading:
    """Says in `report` which files wait and which cannot be read."""

    def __init__(
        self,
        sources: Sources,
        report: ScanReport,
        cancelled: IsCancelled | None,
        *,
        patient: bool,
    ) -> None:
        self._sources = sources
        self._report = report
        self._cancelled = cancelled
        self._patient = patient

    def read(self, found: Found) -> VideoId | None:
        """The content of a file; None, with a problem or as waiting, when it cannot be had."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("Cancelled.")
        if found.size == 0:
            self._problem(found.path, f"{shown(found.path)} is empty.")
            return None
        try:
            video_id = self._sources.fingerprint(found.path)
        except OSError as error:
            self._problem(found.path, f"{shown(found.path)} cannot be read ({reason(error)}).")
            return None
        except MediaError as error:
            self._problem(found.path, str(error))
            return None
        if look_at(found.path) != found:
            self._report.waiting.append(found.path)
            return None
        return video_id

    def settled(self, files: Sequence[Found]) -> list[Found]:
        """Those that have stopped growing; the others are noted as waiting.

        A watcher can come back, so it waits until a file was left alone for `stable_seconds`. A
        person who names a file wants it now: a second look after a moment has to do.
        """
        now = time.time()
        # A time in the future says nothing, so that such a file counts as young.
        young = [f for f in files if now - f.mtime_ns / 1e9 < self._sources.stable_s]
        if self._sources.stable_s <= 0 or not young:
            return list(files)
        if self._patient:
            unsettled = {file for file in young if not self._left_alone(file)}
        else:
            time.sleep(min(_LOOK_TWICE_S, self._sources.stable_s))
            unsettled = {file for file in young if look_at(file.path) != file}
        self._report.waiting.extend(file.path for file in files if file in unsettled)
        return [file for file in files if file not in unsettled]

    def forget_waiting(self) -> None:
        """Drop the memory of files that grew long ago and were never seen again."""
        now = time.monotonic()
        for path, (_, since) in list(self._sources.growing.items()):
            if now - since > _FORGET_WAITING_S:
                del self._sources.growing[path]

    def _left_alone(self, file: Found) -> bool:
        now = time.monotonic()
        before, since = self._sources.growing.get(file.path, (None, now))
        if before != file:
            since = now
        self._sources.growing[file.path] = (file, since)
        if now - since < self._sources.stable_s:
            return False
        del self._sources.growing[file.path]
        return True

    def _problem(self, path: Path, message: str) -> None:
        self._report.problems.append(Problem(path, message))
