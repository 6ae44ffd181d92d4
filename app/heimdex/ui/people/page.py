"""The page of one person: name, faces with corrections, and every appearance, which plays.

What the corrections do everywhere is the people room's work.
"""

from PySide6.QtCore import QPoint, QStringListModel, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from heimdex.domain.ids import PersonId
from heimdex.ui.people.faces import CropList, Face
from heimdex.ui.people.naming import NameField, OtherNames
from heimdex.ui.people.reading import Page
from heimdex.ui.results.list import MomentList
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import button, icon_button, label


class PersonPage(QWidget):
    """Emits what the person wants done; shows what `show_page` is given."""

    left = Signal()
    named = Signal(int, str)
    rejected = Signal(int, list)
    """Faces (`TrackRef`) that are not this person."""
    split_asked = Signal(list)
    also_named = Signal(int, list)
    """Other names."""
    move_asked = Signal(list)
    """Faces that are somebody else, who is to be named."""
    photos_wanted = Signal()
    """More of them."""
    photo_list_wanted = Signal(int)
    portrait_chosen = Signal(int, object)
    same_asked = Signal(int)
    """Who this is as well is to be chosen."""
    different_asked = Signal(int)
    hidden_asked = Signal(int, bool)
    forget_asked = Signal(int)
    play_requested = Signal(str, int)

    def __init__(self, theme: Theme, names: QStringListModel) -> None:
        super().__init__()
        self._theme = theme
        self._session: Session | None = None
        self.page: Page | None = None
        self._face = Face(theme, 96)
        self.field = NameField(names)
        self.field.setMaximumWidth(320)
        self.field.named.connect(self._name)
        self._about = label("", "muted")
        self.photos = button("", "plain", self._list_photos)
        self.photos.hide()
        self.others = OtherNames()
        self.others.setMaximumWidth(320)
        self.others.given.connect(self._name_otherwise)
        self.crops = CropList(theme)
        self.crops.customContextMenuRequested.connect(self._open_menu)
        self.crops.delete_pressed.connect(self.reject_selected)
        self.crops.doubleClicked.connect(self._play_crop)
        self._not = button(self.tr("Not this person"), action=self.reject_selected)
        self._split = button(self.tr("Somebody else"), action=self._split_selected)
        self._move = button(self.tr("This is…"), action=self._move_selected)
        self._nowhere = label(
            self.tr("No video shows this person clearly yet. Every new one is looked through."),
            "muted",
            wrap=True,
        )
        self._nowhere.setContentsMargins(6, 0, 0, 0)
        self.moments = MomentList(theme)
        self.moments.setAccessibleName(self.tr("Appearances"))
        self.moments.play_requested.connect(self.play_requested)
        self._build()
        self.crops.selectionModel().selectionChanged.connect(lambda *_: self._offer())
        self._offer()

    @property
    def person_id(self) -> PersonId | None:
        """Whose page this is."""
        return self.page.person.id if self.page is not None else None

    def attach(self, session: Session) -> None:
        """Show pictures of an open library."""
        self._session = session
        self.moments.attach(session)
        self.crops.painter.thumbnails = session.thumbnails
        session.thumbnails.loaded.connect(self.crops.viewport().update)

    def show_page(self, page: Page) -> None:
        """Show somebody."""
        before, self.page = self.page, page
        if self._session is not None:
            self._face.show_face(self._session.thumbnails, page.portrait)
        person = page.person
        if before is None or before.person.id != person.id or not self.field.hasFocus():
            self.field.show_name(person.name or "")
        if before is None or before.person.id != person.id or not self.others.hasFocus():
            self.others.show_names(person.aliases)
        self.others.setVisible(person.name is not None)
        faces = self.tr("%n face(s)", "", len(page.crops))
        videos = self.tr("in %n video(s)", "", person.video_count)
        self._about.setText(f"{faces} {videos}")
        self.photos.setVisible(page.photos > 0)
        self.photos.setText(self.tr("%n photo(s)…", "", page.photos))
        self.crops.setVisible(bool(page.crops))
        self._nowhere.setVisible(not page.crops)
        if before is None or before.crops != page.crops:
            self.crops.faces.replace(page.crops)
        if before is None or before.moments != page.moments:
            self.moments.moments.replace(page.moments)
        self._offer()

    def reject_selected(self) -> None:
        """The chosen faces are not this person."""
        chosen = [crop.ref for crop in self.crops.selected()]
        if self.page is not None and chosen:
            self.rejected.emit(int(self.page.person.id), chosen)

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(24, 8, 24, 16)
        head.setSpacing(16)
        back = icon_button(self._theme, "back", self.tr("Back to everybody"), self.left.emit)
        head.addWidget(back, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self._face)
        texts = QVBoxLayout()
        texts.setSpacing(6)
        texts.addStretch(1)
        self.field.setMinimumWidth(280)
        texts.addWidget(self.field)
        about = QHBoxLayout()
        about.setSpacing(8)
        about.addWidget(self._about)
        about.addWidget(self.photos)
        about.addStretch(1)
        texts.addLayout(about)
        self.others.setMinimumWidth(280)
        texts.addWidget(self.others)
        texts.addStretch(1)
        head.addLayout(texts)
        head.addStretch(1)
        more = icon_button(self._theme, "more", self.tr("More"))
        self._menu = QMenu(more)
        self._menu.aboutToShow.connect(self._fill_menu)
        more.setMenu(self._menu)
        more.setPopupMode(more.ToolButtonPopupMode.InstantPopup)
        head.addWidget(more, 0, Qt.AlignmentFlag.AlignVCenter)
        faces = QHBoxLayout()
        faces.setContentsMargins(24, 0, 24, 4)
        faces.setSpacing(8)
        faces.addWidget(label(self.tr("Faces"), "lead"))
        faces.addStretch(1)
        faces.addWidget(self._move)
        faces.addWidget(self._split)
        faces.addWidget(self._not)
        crops = QHBoxLayout()
        crops.setContentsMargins(18, 0, 24, 12)
        crops.addWidget(self.crops)
        crops.addWidget(self._nowhere, 1)
        title = QHBoxLayout()
        title.setContentsMargins(24, 0, 24, 4)
        title.addWidget(label(self.tr("Appearances"), "lead"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        for part in (head, faces, crops, title):
            whole.addLayout(part)
        whole.addWidget(self.moments, 1)

    def _offer(self) -> None:
        chosen = bool(self.crops.selectionModel().hasSelection())
        for each in (self._not, self._split, self._move):
            each.setEnabled(chosen)
        name = self.page.person.name if self.page is not None else None
        text = self.tr("Not %1").replace("%1", name) if name else self.tr("Not this person")
        self._not.setText(text)

    def _name(self, name: str) -> None:
        if self.page is not None:
            self.named.emit(int(self.page.person.id), name)

    def _list_photos(self) -> None:
        if self.page is not None:
            self.photo_list_wanted.emit(int(self.page.person.id))

    def _name_otherwise(self, names: list[str]) -> None:
        if self.page is not None:
            self.also_named.emit(int(self.page.person.id), names)

    def _move_selected(self) -> None:
        chosen = [crop.ref for crop in self.crops.selected()]
        if chosen:
            self.move_asked.emit(chosen)

    def _split_selected(self) -> None:
        chosen = [crop.ref for crop in self.crops.selected()]
        if chosen:
            self.split_asked.emit(chosen)

    def _play_crop(self) -> None:
        chosen = self.crops.selected()
        if chosen:
            self.play_requested.emit(chosen[0].ref.video_id, chosen[0].at_ms)

    def _fill_menu(self) -> None:
        self._menu.clear()
        if self.page is None:
            return
        person = self.page.person
        number = int(person.id)
        theme = self._theme
        self._menu.addAction(
            theme.icon("merge"), self.tr("Same person as…"), lambda: self.same_asked.emit(number)
        )
        self._menu.addAction(
            theme.icon("close"),
            self.tr("Not the same person as…"),
            lambda: self.different_asked.emit(number),
        )
        if person.name is not None:
            self._menu.addAction(
                theme.icon("plus"), self.tr("Add photos…"), self.photos_wanted.emit
            )
        if self.page.crops:
            self._menu.addAction(
                theme.icon("person"),
                self.tr("Show by the best face"),
                lambda: self.portrait_chosen.emit(number, None),
            )
        if person.hidden:
            self._menu.addAction(
                theme.icon("eye"),
                self.tr("Show again"),
                lambda: self.hidden_asked.emit(number, False),
            )
        else:
            self._menu.addAction(
                theme.icon("eye-off"), self.tr("Hide"), lambda: self.hidden_asked.emit(number, True)
            )
        self._menu.addSeparator()
        self._menu.addAction(
            theme.icon("trash", "danger"),
            self.tr("Forget this person…"),
            lambda: self.forget_asked.emit(number),
        )

    def _open_menu(self, place: QPoint) -> None:
        chosen = self.crops.selected()
        if not chosen or self.page is None:
            return
        number, first = int(self.page.person.id), chosen[0]
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self._not.text(), self.reject_selected)
        menu.addAction(self._move.text(), self._move_selected)
        menu.addAction(self._split.text(), self._split_selected)
        menu.addSeparator()
        menu.addAction(
            self.tr("Use as portrait"), lambda: self.portrait_chosen.emit(number, first.ref)
        )
        menu.addAction(
            self.tr("Play"), lambda: self.play_requested.emit(first.ref.video_id, first.at_ms)
        )
        menu.popup(self.crops.viewport().mapToGlobal(place))
