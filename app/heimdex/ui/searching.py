"""Asks the searcher off the main thread: the latest question wins, older ones are given up.

Understanding and answering is the search room's work; showing the answer, the panel's.
"""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from heimdex.domain.errors import Cancelled, HeimdexError
from heimdex.domain.search import Filters, Query, Question, SearchResult
from heimdex.ui.background import sentence

DEBOUNCE_MS = 200
LIMIT = 60
WARMING = Question("warm up")

_log = logging.getLogger(__name__)


class Searches(Protocol):
    """The part of the searcher that the window uses."""

    def understand(self, question: Question) -> Query:
        """How the sentence is read; quick, asks no model."""
        ...

    def ask(self, question: Question, n: int, cancelled: Callable[[], bool]) -> SearchResult:
        """Answer one question; raises `Cancelled` soon after `cancelled` says so."""
        ...


class Searching(QObject):
    """One question at a time, in one thread that lives as long as the library is open."""

    started = Signal()
    understood = Signal(object)
    """The `Query` of the latest question, before it is answered."""
    answered = Signal(object)
    """A `SearchResult` for the latest question."""
    failed = Signal(str)
    cleared = Signal()
    """The field was emptied."""
    _replied = Signal(int, object)
    _read = Signal(int, object)

    def __init__(self, searcher: Searches) -> None:
        super().__init__()
        self._searcher = searcher
        self._condition = threading.Condition()
        self._question: tuple[int, Question] | None = None
        self._number = 0
        self._closed = False
        self._asked = Question()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self._timer.timeout.connect(self._send)
        self._replied.connect(self._deliver)
        self._read.connect(self._tell)
        self._thread = threading.Thread(target=self._work, name="heimdex-search", daemon=True)
        self._thread.start()

    @property
    def question(self) -> Question:
        """What was asked last."""
        return self._asked

    def ask(self, question: Question, *, now: bool = False) -> None:
        """Ask after a short pause in typing, or at once; whatever runs is given up."""
        self._asked = question
        self._give_up()
        limited = question.filters != Filters(kinds=question.filters.kinds)
        if question.empty and not limited:
            self._timer.stop()
            self.cleared.emit()
        elif now:
            self._timer.stop()
            self._send()
        else:
            self._timer.start()

    def warm(self) -> None:
        """Answer something to nobody, so that models and index are there for the first question."""
        with self._condition:
            if self._question is None and self._asked.empty:
                self._number += 1
                self._question = (self._number, WARMING)
                self._condition.notify()

    def close(self) -> bool:
        """End the thread; False when a search did not give up in time."""
        self._timer.stop()
        with self._condition:
            self._closed = True
            self._number += 1
            self._condition.notify()
        self._thread.join(2.0)
        return not self._thread.is_alive()

    def _give_up(self) -> None:
        with self._condition:
            self._number += 1
            self._question = None

    def _send(self) -> None:
        with self._condition:
            self._number += 1
            self._question = (self._number, self._asked)
            self._condition.notify()
        self.started.emit()

    def _work(self) -> None:
        while True:
            with self._condition:
                while self._question is None and not self._closed:
                    self._condition.wait()
                if self._closed or self._question is None:
                    return
                number, question = self._question
                self._question = None
            reply = self._reply(number, question)
            if question is WARMING:
                if isinstance(reply, Exception):
                    _log.info("not warm yet: %s", reply)
            elif reply is not None:
                self._replied.emit(number, reply)

    def _reply(self, number: int, question: Question) -> object:
        def cancelled() -> bool:
            return number != self._number

        try:
            if question is not WARMING:
                # So that the chips are there while models are still loaded.
                self._read.emit(number, self._searcher.understand(question))
            return self._searcher.ask(question, LIMIT, cancelled)
        except Cancelled:
            return None
        except Exception as error:  # noqa: BLE001 - the border of the thread: the panel says it
            if not isinstance(error, HeimdexError):
                _log.error("a search failed", exc_info=error)
            return error

    def _tell(self, number: int, query: Query) -> None:
        if not self._closed and number == self._number:
            self.understood.emit(query)

    def _deliver(self, number: int, reply: object) -> None:
        if self._closed or number != self._number:
            return
        if isinstance(reply, Exception):
            self.failed.emit(sentence(reply))
        else:
            self.answered.emit(reply)
