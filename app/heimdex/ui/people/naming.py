"""The field in which somebody gets a name; completes the names there are.

What a name does everywhere else is the people room's work.
"""

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit


class NameField(QLineEdit):
    """Enter gives the name, Esc takes the typing back. Leaving the field does neither: half a word
    must not rename a person everywhere."""

    named = Signal(str)

    def __init__(self, names: QStringListModel, name: str = "") -> None:
        super().__init__(name)
        self._name = name
        self.setPlaceholderText(self.tr("Type a name"))
        self.setAccessibleName(self.tr("Name"))
        self.setMaxLength(120)
        completer = QCompleter(names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(completer)
        self.returnPressed.connect(self._give)

    def show_name(self, name: str) -> None:
        """The name is this now."""
        self._name = name
        self.setText(name)

    def _give(self) -> None:
        name = " ".join(self.text().split())
        if name and name != self._name:
            self._name = name
            self.named.emit(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self._name:
            self.setText(self._name)
            return
        super().keyPressEvent(event)


def offer(model: QStringListModel, names: Sequence[str]) -> None:
    """Complete these names from now on."""
    if model.stringList() != list(names):
        model.setStringList(list(names))
