"""Small pictures of people: a round face, and a wrapping list of the faces of one person.

Which faces there are is read in `people.reading`.
"""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from heimdex.domain.faces import Person
from heimdex.domain.ids import PersonId
from heimdex.ui import painting, wording
from heimdex.ui.people.reading import Crop, Group
from heimdex.ui.theme import Theme
from heimdex.ui.thumbnails import Picture, Thumbnails

CROP = 72
PORTRAIT = 112
CARD = QSize(144, 176)


class Face(QWidget):
    """One round picture."""

    pressed = Signal()

    def __init__(self, theme: Theme, edge: int) -> None:
        super().__init__()
        self._theme = theme
        self._thumbnails: Thumbnails | None = None
        self._picture: Picture | None = None
        self.setFixedSize(edge, edge)

    def show_face(self, thumbnails: Thumbnails, picture: Picture | None) -> None:
        """Show another face; None shows a silhouette."""
        if self._thumbnails is None:
            thumbnails.loaded.connect(self.update)
        self._thumbnails = thumbnails
        self._picture = picture
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        picture = None
        if self._thumbnails is not None and self._picture is not None:
            ratio = self.devicePixelRatioF()
            picture = self._thumbnails.pixmap(self._picture, self.size(), ratio, fill=True)
        painting.framed(painter, self._theme, self.rect(), picture, icon="person", round_=True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()


class CropModel(QAbstractListModel):
    """The faces of one person, best first."""

    def __init__(self) -> None:
        super().__init__()
        self.crops: Sequence[Crop] = ()

    def replace(self, crops: Sequence[Crop]) -> None:
        """Show these instead."""
        self.beginResetModel()
        self.crops = crops
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.crops)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if not index.isValid():
            return None
        crop = self.crops[index.row()]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{crop.title} · {wording.clock(crop.at_ms)}"
        return None


class PeopleModel(QAbstractListModel):
    """Named people."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: Sequence[Group] = ()

    def replace(self, groups: Sequence[Group]) -> None:
        """Show these instead."""
        if [g.person for g in groups] == [g.person for g in self.groups]:
            return
        self.beginResetModel()
        self.groups = groups
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.groups)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if not index.isValid():
            return None
        person = self.groups[index.row()].person
        if role == Qt.ItemDataRole.DisplayRole:
            return person.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return person.name or self.tr("No name") + ", " + self.seen(person)
        return None

    def seen(self, person: Person) -> str:
        """How often, and in how many videos, somebody is seen: who they are without a name."""
        times = self.tr("%n time(s)", "", person.track_count)
        videos = self.tr("in %n video(s)", "", person.video_count)
        return f"{times} {videos}"


class _Delegate(QStyledItemDelegate):
    """What both lists' delegates need to paint faces."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.thumbnails: Thumbnails | None = None

    def face(
        self, painter: QPainter, rect: QRect, picture: Picture | None, faint: bool = False
    ) -> None:
        """One round face."""
        shown = None
        if self.thumbnails is not None and picture is not None:
            ratio = painter.device().devicePixelRatioF()
            shown = self.thumbnails.pixmap(picture, rect.size(), ratio, fill=True)
        painter.setOpacity(0.4 if faint else 1.0)
        painting.framed(painter, self.theme, rect, shown, icon="person", round_=True)
        painter.setOpacity(1.0)


class CropDelegate(_Delegate):
    """Faces side by side."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        model = index.model()
        if not isinstance(model, CropModel):
            return
        rect = QRect(0, 0, CROP, CROP)
        rect.moveCenter(option.rect.center())
        self.face(painter, rect, model.crops[index.row()].path)
        if option.state & QStyle.StateFlag.State_Selected:
            painting.ring(painter, self.theme, rect, 0, round_=True)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(CROP + 12, CROP + 12)


class PeopleDelegate(_Delegate):
    """A round portrait over a name and a count.

    `keeps_choice`: who is chosen stays marked while the focus is elsewhere.
    """

    def __init__(self, theme: Theme, parent: QWidget, keeps_choice: bool = False) -> None:
        super().__init__(theme, parent)
        self._keeps_choice = keeps_choice

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        model = index.model()
        if not isinstance(model, PeopleModel):
            return
        group = model.groups[index.row()]
        area = option.rect.adjusted(4, 4, -4, -4)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if option.state & QStyle.StateFlag.State_MouseOver:
            painting.box(painter, area, self.theme.colour("hover"), 12)
        rect = QRect(0, 0, PORTRAIT, PORTRAIT)
        rect.moveCenter(area.center())
        rect.moveTop(area.top() + 6)
        self.face(painter, rect, group.crops[0] if group.crops else None, group.person.hidden)
        if selected and (self._keeps_choice or option.state & QStyle.StateFlag.State_HasFocus):
            painting.ring(painter, self.theme, rect, 0, round_=True)
        centre = Qt.AlignmentFlag.AlignHCenter
        name = QRect(area.x() + 4, rect.bottom() + 8, area.width() - 8, 20)
        bold = self.theme.font("body", QFont.Weight.DemiBold)
        colour = self.theme.colour("text" if group.person.name else "muted")
        shown = group.person.name or self.tr("No name")
        painting.draw_text(painter, name, shown, bold, colour, centre)
        below = name.translated(0, 18)
        about = self.tr("%n video(s)", "", group.person.video_count)
        if group.person.second_name:
            about = f"{group.person.second_name} · {about}"
        small = self.theme.font("caption")
        painting.draw_text(painter, below, about, small, self.theme.colour("muted"), centre)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return CARD


class _WrappingList(QListView):
    """As high as its rows, so that the page around it scrolls and not the list."""

    def __init__(self, cell: QSize) -> None:
        super().__init__()
        self._cell = cell
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setGridSize(cell)
        self.setMouseTracking(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.most_rows = 0

    def fit(self) -> None:
        """Take the height that the items need at the present width."""
        model = self.model()
        count = model.rowCount() if model is not None else 0
        columns = max(1, self.viewport().width() // self._cell.width())
        rows = -(-count // columns)
        if self.most_rows and rows > self.most_rows:
            rows = self.most_rows
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setFixedHeight(rows * self._cell.height() + 4)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self.fit()


class CropList(_WrappingList):
    """The faces of one person."""

    delete_pressed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(QSize(CROP + 12, CROP + 12))
        self.most_rows = 3
        self.faces = CropModel()
        self.painter = CropDelegate(theme, self)
        self.setModel(self.faces)
        self.setItemDelegate(self.painter)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(self.tr("Faces"))
        self.faces.modelReset.connect(self.fit)
        theme.changed.connect(self.viewport().update)

    def selected(self) -> list[Crop]:
        """The chosen faces."""
        return [self.faces.crops[i.row()] for i in self.selectionModel().selectedIndexes()]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.selected():
            self.delete_pressed.emit()
            return
        super().keyPressEvent(event)


class PeopleList(_WrappingList):
    """Everybody who has a name."""

    opened = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__(CARD)
        self.people = PeopleModel()
        self.painter = PeopleDelegate(theme, self)
        self.setModel(self.people)
        self.setItemDelegate(self.painter)
        self.setAccessibleName(self.tr("People"))
        self.people.modelReset.connect(self.fit)
        self.clicked.connect(self._open)
        self.activated.connect(self._open)
        theme.changed.connect(self.viewport().update)

    def person_at(self, index: QModelIndex) -> PersonId | None:
        """Who is shown at an index."""
        return self.people.groups[index.row()].person.id if index.isValid() else None

    def _open(self, index: QModelIndex) -> None:
        person = self.person_at(index)
        if person is not None:
            self.opened.emit(person)
