"""Lets Python look for unreachable objects on the main thread only.

Python's collector runs in whichever thread happens to allocate; widgets that it finds there would
be destroyed outside the thread they live in, which Qt forbids.
"""

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 1000


class Garbage(QObject):
    """Takes the collector's place for as long as it is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self._thresholds = gc.get_threshold()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> int:
        """Collect the generations that are due; returns how many objects were unreachable."""
        found = 0
        for generation, (count, limit) in enumerate(
            zip(gc.get_count(), self._thresholds, strict=True)
        ):
            if count <= limit:
                break
            found += gc.collect(generation)
        return found

    def close(self) -> None:
        """Give the work back."""
        self._timer.stop()
        gc.enable()
