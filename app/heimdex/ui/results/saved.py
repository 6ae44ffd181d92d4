"""The saved searches as cards of one line, each with how much of it is new.

Asking them again and counting is the search room's work, done in the background.
"""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from heimdex.domain.ids import SavedSearchId
from heimdex.domain.search import SavedSearch
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Chip, Elided, Picture, icon_button, label

WIDEST = 560


class SavedList(QWidget):
    """By name; hidden while nothing is saved."""

    chosen = Signal(object)
    removed = Signal(object)
    renamed = Signal(object)
    """A `SavedSearch` each."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setMaximumWidth(WIDEST)
        self.lines: list[SavedLine] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(24, 8, 24, 0)
        self._layout.setSpacing(4)
        self._layout.addWidget(label(self.tr("Saved searches"), "caption"))
        self.hide()

    def show_searches(self, saved: Sequence[SavedSearch]) -> None:
        """List these instead."""
        for old in self.lines:
            self._layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.lines = []
        for each in saved:
            line = SavedLine(self._theme, each)
            line.chosen.connect(lambda each=each: self.chosen.emit(each))
            line.removed.connect(lambda each=each: self.removed.emit(each))
            line.renamed.connect(lambda each=each: self.renamed.emit(each))
            self.lines.append(line)
            self._layout.addWidget(line)
        self.setVisible(bool(saved))

    def show_new(self, counts: Mapping[SavedSearchId, int]) -> None:
        """Say how many matches each has that were not there before."""
        for line in self.lines:
            line.show_new(counts.get(line.saved.id, 0))


class SavedLine(QFrame):
    """One saved search."""

    chosen = Signal()
    removed = Signal()
    renamed = Signal()

    def __init__(self, theme: Theme, saved: SavedSearch) -> None:
        super().__init__()
        self._theme = theme
        self.saved = saved
        self.setObjectName("line-card")
        self.setFixedHeight(40)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(saved.name)
        asked = Elided("", "muted")
        asked.show_text(saved.question.text)
        more = icon_button(theme, "more", self.tr("More about %1").replace("%1", saved.name))
        more.clicked.connect(lambda: self._open(more.mapToGlobal(QPoint(0, more.height()))))
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(12, 0, 6, 0)
        self._layout.setSpacing(8)
        self._layout.addWidget(Picture(theme, "bookmark", 16))
        self._layout.addWidget(label(saved.name))
        self._layout.addWidget(asked, 1)
        self._layout.addWidget(more)
        self._badge: Chip | None = None

    @property
    def badge(self) -> str:
        """What stands on the badge, "" without one."""
        return self._badge.accessibleName() if self._badge is not None else ""

    def show_new(self, count: int) -> None:
        """Say how many are new."""
        if self._badge is not None:
            self._layout.removeWidget(self._badge)
            self._badge.deleteLater()
            self._badge = None
        if count:
            self._badge = Chip(self._theme, "", self.tr("%n new", "", count))
            self._layout.insertWidget(self._layout.count() - 1, self._badge)

    def _open(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Rename…")).triggered.connect(self.renamed)
        menu.addAction(self.tr("Remove")).triggered.connect(self.removed)
        menu.popup(place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._open(event.globalPos())
