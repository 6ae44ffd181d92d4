"""A card for faces that belong together and have no name yet.

What a name or a menu entry does is the panel's affair.
"""

from collections.abc import Sequence

from PySide6.QtCore import QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from heimdex.ui.people.faces import Face
from heimdex.ui.people.naming import NameField
from heimdex.ui.people.reading import CROPS_SHOWN, Group
from heimdex.ui.theme import Theme
from heimdex.ui.thumbnails import Thumbnails
from heimdex.ui.widgets import icon_button, label

WIDTH = 312


class GroupCard(QFrame):
    """Some of the faces, how many there are, and the field for the name."""

    named = Signal(int, str)
    opened = Signal(int)
    same_asked = Signal(int)
    different_asked = Signal(int)
    hidden_asked = Signal(int)

    def __init__(
        self, theme: Theme, thumbnails: Thumbnails, group: Group, names: QStringListModel
    ) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setFixedWidth(WIDTH)
        person = group.person
        self.person_id = person.id
        faces = QHBoxLayout()
        faces.setSpacing(8)
        edge = (WIDTH - 2 * 16 - (CROPS_SHOWN - 1) * 8) // CROPS_SHOWN
        for path in group.crops:
            face = Face(theme, edge)
            face.show_face(thumbnails, path)
            face.pressed.connect(lambda: self.opened.emit(int(person.id)))
            faces.addWidget(face)
        faces.addStretch(1)
        count = self.tr("%n time(s)", "", person.track_count)
        videos = self.tr("in %n video(s)", "", person.video_count)
        more = icon_button(theme, "more", self.tr("More"))
        menu = QMenu(more)
        menu.addAction(
            theme.icon("people"),
            self.tr("Show all faces"),
            lambda: self.opened.emit(int(person.id)),
        )
        menu.addAction(
            theme.icon("merge"),
            self.tr("Same person as…"),
            lambda: self.same_asked.emit(int(person.id)),
        )
        menu.addAction(
            theme.icon("close"),
            self.tr("Not the same person as…"),
            lambda: self.different_asked.emit(int(person.id)),
        )
        menu.addAction(
            theme.icon("eye-off"), self.tr("Hide"), lambda: self.hidden_asked.emit(int(person.id))
        )
        more.setMenu(menu)
        more.setPopupMode(more.ToolButtonPopupMode.InstantPopup)
        head = QHBoxLayout()
        head.addWidget(label(f"{count} {videos}", "caption"))
        head.addStretch(1)
        head.addWidget(more)
        self.field = NameField(names)
        self.field.named.connect(lambda name: self.named.emit(int(person.id), name))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(faces)
        layout.addLayout(head)
        layout.addWidget(self.field)


class CardGrid(QWidget):
    """The cards side by side."""

    named = Signal(int, str)
    opened = Signal(int)
    same_asked = Signal(int)
    different_asked = Signal(int)
    hidden_asked = Signal(int)

    def __init__(self, theme: Theme, names: QStringListModel) -> None:
        super().__init__()
        self._theme = theme
        self._names = names
        self.cards: list[GroupCard] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 0)
        self._grid.setSpacing(16)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    def deal(self, groups: Sequence[Group], thumbnails: Thumbnails) -> None:
        """Show these groups; cards that stay keep what is being typed in them."""
        kept = {card.person_id: card for card in self.cards}
        fresh = []
        for group in groups:
            card = kept.pop(group.person.id, None)
            if card is not None and not card.field.text() and card.property("group") != repr(group):
                kept[group.person.id] = card
                card = None
            if card is None:
                card = GroupCard(self._theme, thumbnails, group, self._names)
                card.setProperty("group", repr(group))
                card.named.connect(self.named)
                card.opened.connect(self.opened)
                card.same_asked.connect(self.same_asked)
                card.different_asked.connect(self.different_asked)
                card.hidden_asked.connect(self.hidden_asked)
            fresh.append(card)
        for card in kept.values():
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = fresh
        self._lay_out()

    def _lay_out(self) -> None:
        columns = max(1, (self.width() + 16) // (WIDTH + 16))
        for place, card in enumerate(self.cards):
            self._grid.addWidget(card, place // columns, place % columns)

    def minimumSizeHint(self) -> QSize:
        """As narrow as one card: as wide as its columns it could never lose one."""
        return QSize(WIDTH, self._grid.totalMinimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()
