"""The field above the stage: where a sentence is typed and shown as it was understood.

Asking is `searching`'s work; showing the answer, the results panel's.
"""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

from heimdex.domain.search import Query
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Chip, Picture, icon_button, label


class SearchField(QFrame):
    """A line with an icon before and chips behind it."""

    typed = Signal(str)
    submitted = Signal(str)
    left = Signal()
    """Esc on an empty field."""
    went_down = Signal()
    """The arrow towards the results."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("search")
        self.setFixedHeight(44)
        self.line = QLineEdit()
        self.line.setPlaceholderText(self.tr("Search what was said, seen, or who is there"))
        self.line.setAccessibleName(self.tr("Search"))
        self.line.setFrame(False)
        self.line.textEdited.connect(self._edit)
        self.line.installEventFilter(self)
        self._chips = QWidget()
        self._chip_row = QHBoxLayout(self._chips)
        self._chip_row.setContentsMargins(0, 0, 0, 0)
        self._chip_row.setSpacing(4)
        self._hint = label(
            QKeySequence("Ctrl+K").toString(QKeySequence.SequenceFormat.NativeText), "caption"
        )
        self._clear = icon_button(theme, "close", self.tr("Clear the search"), self.clear)
        self._clear.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 2, 8, 2)
        layout.setSpacing(8)
        layout.addWidget(Picture(theme, "search", 20))
        layout.addWidget(self.line, 1)
        layout.addWidget(self._chips)
        layout.addWidget(self._hint)
        layout.addWidget(self._clear)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.line.text()

    def put(self, text: str) -> None:
        """Type for the person, and ask at once."""
        self.line.setText(text)
        self._edit(text)
        self.submitted.emit(text)

    def clear(self) -> None:
        """Empty the field."""
        self.line.clear()
        self._edit("")
        self.line.setFocus()

    def focus(self) -> None:
        """Be ready to type over what stands there."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def understood(self, query: Query | None) -> None:
        """Show how the sentence was taken apart."""
        while (item := self._chip_row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if query is None:
            return
        chips = [("person", name, "") for name in query.people_names]
        chips += [("speech", f"“{phrase}”", "") for phrase in query.phrases]
        chips += [
            ("close", self.tr("not %1").replace("%1", word), "not") for word in query.excluded
        ]
        for icon, text, tone in chips:
            self._chip_row.addWidget(Chip(self._theme, icon, text, tone))

    @property
    def chips(self) -> list[str]:
        """The words on the chips."""
        found = []
        for place in range(self._chip_row.count()):
            item = self._chip_row.itemAt(place)
            widget = item.widget() if item is not None else None
            if widget is not None:
                found.append(widget.accessibleName())
        return found

    def _edit(self, text: str) -> None:
        self._clear.setVisible(bool(text))
        self._hint.setVisible(not text)
        if not text:
            self.understood(None)
        self.typed.emit(text)

    def _mark_focus(self, focused: bool) -> None:
        self.setProperty("focus", focused)
        self.style().unpolish(self)
        self.style().polish(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self._mark_focus(True)
        elif event.type() == QEvent.Type.FocusOut:
            self._mark_focus(False)
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.submitted.emit(self.text)
                return True
            if key == Qt.Key.Key_Down:
                self.went_down.emit()
                return True
            if key == Qt.Key.Key_Escape:
                if self.text:
                    self.clear()
                else:
                    self.left.emit()
                return True
        return False
