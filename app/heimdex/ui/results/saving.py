"""Asks what a search shall be called.

Keeping it is the search room's work.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from heimdex.ui.widgets import button, label

LONGEST = 80


class NameSearch(QDialog):
    """A field with a proposal."""

    named = Signal(str)

    def __init__(self, title: str, proposed: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(380)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.field = QLineEdit(proposed[:LONGEST])
        self.field.setMaxLength(LONGEST)
        self.field.setAccessibleName(self.tr("Name"))
        self.field.selectAll()
        self.done_button = button(self.tr("Save"), "primary", self._finish)
        self.done_button.setDefault(True)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(button(self.tr("Cancel"), action=self.reject))
        foot.addWidget(self.done_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(12)
        layout.addWidget(label(title, "lead"))
        layout.addWidget(
            label(
                self.tr("It finds anew each time, and counts what has come since you looked."),
                "muted",
                wrap=True,
            )
        )
        layout.addWidget(self.field)
        layout.addLayout(foot)

    def _finish(self) -> None:
        name = " ".join(self.field.text().split())
        if name:
            self.named.emit(name)
            self.accept()
