"""The list under the search field: how the sentence may go on.

What is offered was found by `suggesting`; the field puts in what is chosen.
"""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QFrame, QListView, QWidget

from heimdex.domain.search import Suggestion, SuggestionKind
from heimdex.ui.theme import Theme

ROW = 34

_ICONS = {
    SuggestionKind.SAVED: "bookmark",
    SuggestionKind.PERSON: "person",
    SuggestionKind.FOLDER: "folder",
    SuggestionKind.RECENT: "clock",
    SuggestionKind.WORD: "search",
}


class _Model(QAbstractListModel):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.found: Sequence[Suggestion] = ()

    def replace(self, found: Sequence[Suggestion]) -> None:
        self.beginResetModel()
        self.found = found
        self.endResetModel()

    def kind_of(self, kind: SuggestionKind) -> str:
        return {
            SuggestionKind.SAVED: self.tr("saved search"),
            SuggestionKind.PERSON: self.tr("person"),
            SuggestionKind.FOLDER: self.tr("folder"),
            SuggestionKind.RECENT: self.tr("asked before"),
            SuggestionKind.WORD: self.tr("is said"),
        }[kind]

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.found)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if not index.isValid() or index.row() >= len(self.found):
            return None
        offered = self.found[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return offered.text
        if role == Qt.ItemDataRole.DecorationRole:
            return self._theme.icon(_ICONS[offered.kind], "muted", size=16)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{offered.text}, {self.kind_of(offered.kind)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.kind_of(offered.kind)
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(120, ROW)
        return None


class SuggestionList(QListView):
    """Floats over the window; never takes the focus, so that typing goes on, in Korean as well."""

    chosen = Signal(object)
    """A `Suggestion`"""

    def __init__(self, theme: Theme, under: QWidget) -> None:
        super().__init__(under.window())
        self._under = under
        self._model = _Model(theme)
        self.setModel(self._model)
        self.setObjectName("suggestions")
        self.setAccessibleName(self.tr("Suggestions"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setIconSize(QSize(16, 16))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clicked.connect(self._choose)
        self.entered.connect(self.setCurrentIndex)
        self.hide()

    @property
    def texts(self) -> list[str]:
        """What is offered, "" when hidden."""
        return [each.text for each in self._model.found] if self.isVisible() else []

    def offer(self, found: Sequence[Suggestion]) -> None:
        """Show these, none of them chosen; hide when there are none."""
        self._model.replace(found)
        self.setVisible(bool(found))
        if found:
            self.place()

    def place(self) -> None:
        """Stand under the field."""
        window = self._under.window()
        if self.parentWidget() is not window:
            shown = self.isVisible()
            self.setParent(window)
            self.setVisible(shown)
        corner = self._under.mapTo(window, QPoint(0, self._under.height() + 4))
        self.setGeometry(
            corner.x(), corner.y(), self._under.width(), ROW * self._model.rowCount() + 14
        )
        self.raise_()

    def move_by(self, step: int) -> None:
        """Choose the next or the one before; before the first none is chosen."""
        row = self.currentIndex().row() + step
        count = self._model.rowCount()
        if row < -1:
            row = count - 1
        self.setCurrentIndex(self._model.index(row, 0) if 0 <= row < count else QModelIndex())

    @property
    def current(self) -> Suggestion | None:
        """The one that is chosen."""
        index = self.currentIndex()
        return self._model.found[index.row()] if self.isVisible() and index.isValid() else None

    def _choose(self, index: QModelIndex) -> None:
        self.chosen.emit(self._model.found[index.row()])
