"""Files that macOS hands to the running window, when a person opens them with Heimdex there.

On other systems they arrive as arguments of a second start (`instance`).
"""

import sys

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication


class OpenedFiles(QObject):
    """Watches the application's events, only where such an event exists: it costs a call each."""

    arrived = Signal(list)
    """Paths, as strings."""

    def watch(self, application: QApplication) -> None:
        """Begin, on macOS; nothing elsewhere."""
        if sys.platform == "darwin":
            application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.arrived.emit([event.file()])
            return True
        return super().eventFilter(watched, event)
