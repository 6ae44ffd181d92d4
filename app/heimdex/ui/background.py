"""Runs a function off the main thread and brings its result back to it.

Searching, indexing and pictures have threads of their own; this is for the short rest: reading a
panel's data, changing the queue, naming a face.
"""

import logging
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QObject, Signal
from shiboken6 import isValid

from heimdex.domain.errors import Cancelled, HeimdexError
from heimdex.ui import complaints

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Background(QObject):
    """One thread that runs pieces of work in the order they were handed over.

    One thread, so that what a person does happens in the order they did it and two changes of the
    library never meet. `then` and `failed` are called on the thread this object lives in.
    """

    failed = Signal(str)
    """A piece of work without a handler of its own failed; the sentence is for the person."""
    _arrived = Signal(object)

    def __init__(self, name: str = "background") -> None:
        super().__init__()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._closed = False
        self._pending = 0
        self._arrived.connect(self._deliver)
        # A thread of Python's, not a pool of Qt's: the database keeps a connection for each thread
        # and recognises by it when the thread is gone.
        self._thread = threading.Thread(target=self._work, name=f"heimdex-{name}", daemon=True)
        self._thread.start()

    @property
    def idle(self) -> bool:
        """Whether everything that was handed over has been delivered."""
        return self._pending == 0

    def run(
        self,
        work: Callable[[], T],
        then: Callable[[T], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Call `work` on the other thread, then `then` with its result here.

        An exception goes to `failed`, or to the signal of that name as a sentence. What would be
        told to a widget that is gone by then (a closed dialog's) is told to nobody.
        """
        if self._closed:
            return
        self._pending += 1

        def job() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - the border of the thread: told on the other side
                caught = error
                self._arrived.emit(lambda: self._fail(caught, failed))
            else:
                self._arrived.emit(lambda: self._tell(result, then))

        self._jobs.put(job)

    def close(self, timeout_s: float = 2.0) -> bool:
        """Let the work that runs now end and drop the rest; False when it did not end in time."""
        if self._closed:
            return not self._thread.is_alive()
        self._closed = True
        self._jobs.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if self._closed:
                return
            job()

    def _deliver(self, call: Callable[[], None]) -> None:
        self._pending -= 1
        if not self._closed:
            call()

    def _tell(self, result: T, then: Callable[[T], object] | None) -> None:
        if then is not None and _is_there(then):
            then(result)

    def _fail(self, error: Exception, failed: Callable[[Exception], object] | None) -> None:
        if isinstance(error, Cancelled):
            return
        if not isinstance(error, HeimdexError):
            _log.error("work in the background failed", exc_info=error)
        if failed is not None:
            if _is_there(failed):
                failed(error)
        else:
            self.failed.emit(sentence(error))


def _is_there(told: Callable[..., object]) -> bool:
    """Whether its widget still is: Qt deletes one while Python still holds its methods."""
    owner = getattr(told, "__self__", None)
    return not isinstance(owner, QObject) or isValid(owner)


def _is_damage(error: BaseException) -> bool:
    """Whether SQLite met something in the database that cannot be right."""
    import sqlite3

    code = getattr(error, "sqlite_errorcode", None) or 0
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def sentence(error: BaseException) -> str:
    """What to tell a person about an error; a bug keeps its traceback in the log."""
    if isinstance(error, HeimdexError):
        return complaints.told(str(error))
    if _is_damage(error):
        return QCoreApplication.translate(
            "Wording", "The library's database may be damaged; check it in Settings › Library."
        )
    text = QCoreApplication.translate(
        "Wording", "Something unexpected went wrong (%1); the log has the details."
    )
    return text.replace("%1", type(error).__name__)
