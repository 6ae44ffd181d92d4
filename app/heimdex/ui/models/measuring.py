"""Finds out once how the installed models run quickest here, while the window has nothing to do.

For copies whose models came with the program and were never measured on this machine; everybody
else's were measured after the download. Measuring is done by `ml.acceleration` in a child process
of low priority (`heimdex.installing`), and nothing waits for it.
"""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from heimdex.domain.errors import Cancelled
from heimdex.ui.background import Background, sentence

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

_EVERY_MS = 60_000
_GRACE_S = 0.5
_log = logging.getLogger(__name__)


class Measuring(QObject):
    """Looks every minute whether there is something to measure and nothing else to do."""

    def __init__(
        self, library: "Library", is_busy: Callable[[], bool], every_ms: int = _EVERY_MS
    ) -> None:
        """`is_busy`: whether the queue or the person needs the processor now; measuring is given
        up then, and begun anew later."""
        super().__init__()
        self._library = library
        self._is_busy = is_busy
        self._background = Background("measuring")
        self._closed = threading.Event()
        self._tried: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setInterval(every_ms)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def close(self) -> bool:
        """Stop, also in the middle of a model; True when the thread ended in time."""
        self._closed.set()
        self._timer.stop()
        return self._background.close(5.0)

    def _look(self) -> None:
        if self._is_busy() or not self._background.idle:
            return
        self._background.run(self._measure_one, lambda _: None, self._note)

    def _measure_one(self) -> None:
        """One model at a time, so that the queue has the machine soon when it needs it."""
        from heimdex.installing import Installer

        model_id = self._next()
        if not model_id:
            return
        self._tried.add(model_id)
        try:
            # Nothing is lost by ending it at once: a choice is kept whole or not at all.
            with Installer(
                self._library.directories, self._library.settings, grace_s=_GRACE_S
            ) as installer:
                installer.tune([model_id], lambda _: None, cancelled=self._is_wanted)
        except Cancelled:
            self._tried.discard(model_id)

    def _next(self) -> str:
        """A model in use that has no choice yet, "" when there is none."""
        from heimdex.ml import factory

        waiting = factory.unmeasured(self._library.settings, self._library.models)
        return next((each for each in waiting if each not in self._tried), "")

    def _is_wanted(self) -> bool:
        return self._closed.is_set() or self._is_busy()

    def _note(self, error: Exception) -> None:
        # The models work without it, so a person is not bothered.
        _log.warning("a model could not be measured: %s", sentence(error))
