"""A card for faces that belong together and have no name yet.

What a name or a menu entry does is the panel's affair.
"""

from PySide6.QtCore import QStringListModel, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout

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
