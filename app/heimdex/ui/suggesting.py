"""Asks off the main thread how a sentence may go on; only the latest text is answered.

What is offered is the search room's work, the list under the field shows it.
"""

import logging
import threading
from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from heimdex.domain.search import Suggestion
from heimdex.ui.background import sentence

_log = logging.getLogger(__name__)


class Suggests(Protocol):
    """The part of the suggester that the window uses."""

    def refresh(self) -> None:
        """Read what there is."""
        ...

    def suggest(self, text: str) -> Sequence[Suggestion]:
        """How the text may go on."""
        ...


class Suggesting(QObject):
    """One thread that lives as long as the library is open."""

    suggested = Signal(str, object)
    """The text, and how it may go on."""
    failed = Signal(str)
    """Why nothing can be offered, as a sentence; once, not with every letter that is typed."""

    def __init__(self, suggester: Suggests) -> None:
        super().__init__()
        self._suggester = suggester
        self._condition = threading.Condition()
        self._text: str | None = None
        self._stale = True
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="heimdex-suggest", daemon=True)
        self._thread.start()

    def ask(self, text: str) -> None:
        """Answer for `text`, and no longer for what was typed before."""
        with self._condition:
            self._text = text
            self._condition.notify()

    def refresh(self) -> None:
        """People, folders or words have changed: read them before the next answer."""
        with self._condition:
            self._stale = True

    def close(self) -> bool:
        """End the thread; False when it did not end in time."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        self._thread.join(2.0)
        return not self._thread.is_alive()

    def _work(self) -> None:
        told = False
        while True:
            with self._condition:
                while self._text is None and not self._closed:
                    self._condition.wait()
                if self._closed:
                    return
                text, self._text = self._text or "", None
                stale, self._stale = self._stale, False
            try:
                if stale:
                    self._suggester.refresh()
                found = self._suggester.suggest(text)
            except Exception as error:  # noqa: BLE001 - the border of the thread: typing goes on
                _log.error("no suggestions", exc_info=error)
                with self._condition:
                    # What could not be read is read the next time.
                    self._stale = self._stale or stale
                if not told:
                    self.failed.emit(sentence(error))
                told = True
                continue
            told = False
            if self._text is None and not self._closed:
                self.suggested.emit(text, found)
