"""Fetches models while the window goes on: one download at a time, which can be cancelled.

The work is done in a child process (`heimdex.installing`); showing it is the page's affair.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from heimdex.domain.errors import Cancelled
from heimdex.ui.background import Background, sentence

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.ml.delivery.plans import InstallProgress


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """`done` of `total` bytes; `speed` in bytes a second and `left_s` seconds, 0 and None until
    they can be told. `step` is a `Step` of the store."""

    title: str
    step: str
    done: int
    total: int
    speed: float
    left_s: float | None


class Fetching(QObject):
    """Belongs to a session, so that closing the settings does not stop a download."""

    progressed = Signal(object)
    """`FetchProgress`."""
    ended = Signal(str)
    """With the sentence of what went wrong, "" when nothing did or the person cancelled."""

    def __init__(self, library: "Library") -> None:
        super().__init__()
        self._library = library
        self._background: Background | None = None
        self._cancelled = threading.Event()
        self.last: FetchProgress | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being fetched."""
        return self._background is not None

    def fetch(self, model_ids: Sequence[str]) -> None:
        """Bring models here. Ask the person before; does nothing while another fetch runs."""
        ids = list(model_ids)

        def work(report: "Callable[[InstallProgress], None]") -> None:
            from heimdex.installing import Installer

            with Installer(self._library.directories, self._library.settings) as installer:
                installer.install(ids, report, cancelled=self._cancelled.is_set)

        self._start(work)

    def add(self, model_id: str, path: Path) -> None:
        """Take a model from the person's own files."""

        def work(report: "Callable[[InstallProgress], None]") -> None:
            from heimdex.installing import Installer

            with Installer(self._library.directories, self._library.settings) as installer:
                installer.add(model_id, path, report, cancelled=self._cancelled.is_set)

        self._start(work)

    def cancel(self) -> None:
        """Give up; what has arrived is kept for the next time."""
        self._cancelled.set()

    def close(self) -> bool:
        """Cancel and wait; False when it did not end in time."""
        self._cancelled.set()
        background = self._background
        # The child is given some seconds to write out what has arrived.
        return background is None or background.close(10.0)

    def _start(self, work: "Callable[[Callable[[InstallProgress], None]], None]") -> None:
        if self._background is not None or self._cancelled.is_set():
            return
        from heimdex.ml.delivery.progress import Pace

        pace = Pace()

        def report(progress: "InstallProgress") -> None:
            if self._cancelled.is_set():
                raise Cancelled("Cancelled.")
            pace.see(progress.all_done)
            manifest = self._library.models.manifests.get(progress.model_id)
            self.last = FetchProgress(
                manifest.title if manifest else progress.model_id,
                str(progress.step),
                progress.all_done,
                progress.all_total,
                pace.speed,
                pace.left_s(progress.all_total),
            )
            self.progressed.emit(self.last)

        def run() -> None:
            # A cancel is no failure, and still an end.
            with suppress(Cancelled):
                work(report)

        self._background = Background("models")
        self._background.run(run, lambda _: self._end(""), lambda error: self._end(sentence(error)))

    def _end(self, problem: str) -> None:
        if self._background is not None:
            self._background.close()
            self._background = None
        self._cancelled.clear()
        self.last = None
        self.ended.emit(problem)
