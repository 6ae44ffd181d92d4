"""Looks after the library while the window has nothing else to do: full check, backups.

What that is, and when it is due, is said by storage's `upkeep`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from heimdex.domain.errors import Cancelled
from heimdex.ui.background import Background, sentence
from heimdex.ui.complaints import told

if TYPE_CHECKING:
    from heimdex.storage.upkeep import Looked, Upkeep

_EVERY_MS = 5 * 60_000


class Caring(QObject):
    """Asks every five minutes whether something is due, and does it on a thread of its own."""

    said = Signal(str)
    """A sentence for the person."""
    damage_known = Signal(bool)
    """A check ended: whether only a backup can mend what it found."""
    looked = Signal(object)
    """What came of `look_now`: `Looked`, or None where something else needed the library."""
    refused = Signal(str)
    """`look_now` was not possible, and why."""

    def __init__(self, upkeep: "Upkeep", is_busy: Callable[[], bool], every_ms: int = _EVERY_MS):
        """`is_busy`: whether the person or the queue needs the disk now; the care then waits."""
        super().__init__()
        self._upkeep = upkeep
        self._is_busy = is_busy
        self._background = Background("caring")
        self._closed = False
        self._told = ""
        self._timer = QTimer(self)
        self._timer.setInterval(every_ms)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def close(self) -> bool:
        """Stop, also in the middle of a check; True when the thread ended in time."""
        self._closed = True
        self._timer.stop()
        return self._background.close()

    @property
    def looking(self) -> bool:
        """Whether the library is being checked."""
        return not self._background.idle

    @property
    def can_look(self) -> bool:
        """Whether `look_now` would begin at once."""
        return not self._is_busy() and not self.looking

    def look_now(self) -> None:
        """Check everything and make a backup, due or not."""

        def work() -> "Looked | None":
            try:
                return self._upkeep.look(self._is_wanted, full=True)
            except Cancelled:
                return None

        self._background.run(work, self._answer, lambda e: self.refused.emit(sentence(e)))

    def _look(self) -> None:
        if not self.can_look:
            return

        def work() -> "Looked | None":
            return self._upkeep.look(self._is_wanted) if self._upkeep.is_due() else None

        self._background.run(work, self._tell)

    def _answer(self, looked: "Looked | None") -> None:
        if looked is not None:
            self.damage_known.emit(bool(looked.damaged))
        self.looked.emit(looked)

    def _is_wanted(self) -> bool:
        return self._closed or self._is_busy()

    def _tell(self, looked: "Looked | None") -> None:
        if looked is None:
            return
        if looked.damaged or looked.checked:
            self.damage_known.emit(bool(looked.damaged))
        text = " ".join(map(told, looked.mended)) or told(looked.problem)
        # A disk that stays full is told once, not every five minutes.
        if text and text != self._told:
            self.said.emit(text)
        self._told = text
