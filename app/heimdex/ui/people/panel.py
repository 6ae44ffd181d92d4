"""The people panel: everybody, those without a name, and the page of one person.

Sorting faces to people is the people room's work.
"""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QInputDialog,
    QMessageBox,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from heimdex.domain.faces import TrackRef
from heimdex.domain.ids import PersonId
from heimdex.domain.stages import Changes
from heimdex.ui.people.faces import PeopleList
from heimdex.ui.people.group_card import WIDTH, GroupCard
from heimdex.ui.people.naming import offer
from heimdex.ui.people.page import PersonPage
from heimdex.ui.people.reading import GROUPS_SHOWN, Everybody, Page, read_everybody, read_page
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import EmptyState, button, label

T = TypeVar("T")


class PeoplePanel(QWidget):
    """Pages: nobody yet, everybody, one person."""

    play_requested = Signal(str, int)
    said = Signal(str, bool)
    """A sentence, and whether what it tells can be undone."""
    library_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._theme = theme
        self._session: Session | None = None
        self._names = QStringListModel()
        self._groups_shown = GROUPS_SHOWN
        self._with_hidden = False
        self.everybody: Everybody | None = None
        self.cards: list[GroupCard] = []
        self.people = PeopleList(theme)
        self.page = PersonPage(theme, self._names)
        self._build()
        self._connect()

    @property
    def shows_page(self) -> bool:
        """Whether one person's page is open."""
        return self._stack.currentWidget() is self.page

    def attach(self, session: Session) -> None:
        """Show the people of an open library."""
        self._session = session
        self.page.attach(session)
        self.people.painter.thumbnails = session.thumbnails
        session.thumbnails.loaded.connect(self.people.viewport().update)
        session.changed.connect(self._refresh)
        self.reload()

    def reload(self) -> None:
        """Read everybody again, and the open page."""
        session = self._session
        if session is None:
            return
        groups, hidden = self._groups_shown, self._with_hidden
        session.run(lambda: read_everybody(session.library, groups, hidden), self._show)
        if self.shows_page and self.page.person_id is not None:
            self.open(self.page.person_id)

    def open(self, person_id: int) -> None:
        """Show the page of one person."""
        session = self._session
        if session is not None:
            session.run(
                lambda: read_page(session.library, PersonId(person_id)),
                self._show_page,
                lambda _: self.show_everybody(),
            )

    def show_everybody(self) -> None:
        """Go back to the first page."""
        has_any = self.everybody is not None and (self.everybody.named or self.everybody.unnamed)
        self._stack.setCurrentWidget(self._scroll if has_any else self._empty)

    def name(self, person_id: int, name: str) -> None:
        """Give somebody a name, everywhere at once; a name that somebody has joins both."""
        session = self._session
        if session is None:
            return
        everybody = self.everybody.named if self.everybody is not None else ()
        taken = {
            g.person.name.casefold()
            for g in everybody
            if g.person.name and g.person.id != person_id
        }
        template = (
            self.tr("These faces are now part of “%1”.")
            if name.casefold() in taken
            else self.tr("Named “%1” in all videos.")
        )
        follow = self.shows_page

        def done(person: object) -> None:
            self._say(template.replace("%1", name))
            if follow:
                self.open(int(person.id))  # type: ignore[attr-defined]

        self._operate(lambda: session.library.people.name(PersonId(person_id), name), done)

    def undo(self) -> None:
        """Take the newest step back."""
        session = self._session
        if session is not None and self.everybody is not None and self.everybody.undoable:
            done = self.tr("Taken back.")
            self._operate(session.library.people.undo, lambda _: self.said.emit(done, False))

    def _build(self) -> None:
        self._empty = EmptyState(
            self._theme,
            "people",
            self.tr("The people in your videos"),
            self.tr(
                "When videos with faces have been indexed, the same faces are gathered here. Type "
                "a name once and that person is found everywhere."
            ),
        )
        self._empty.offer(button(self.tr("Go to the library"), "primary", self.library_wanted.emit))
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(24, 8, 24, 24)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        self._people_title = label(self.tr("People"), "lead")
        self._hidden = button("", "plain", self._toggle_hidden)
        self._undo = button(self.tr("Undo"), action=self.undo)
        self._theme.dress(self._undo, "undo")
        head.addWidget(self._people_title)
        head.addStretch(1)
        head.addWidget(self._hidden)
        head.addWidget(self._undo)
        column.addLayout(head)
        column.addWidget(self.people)
        self._unnamed_title = label(self.tr("Who is this?"), "lead")
        self._unnamed_text = label(
            self.tr("Type a name and press Enter. The same name joins faces into one person."),
            "muted",
        )
        column.addWidget(self._unnamed_title)
        column.addWidget(self._unnamed_text)
        cards = QWidget()
        self._grid = QGridLayout(cards)
        self._grid.setContentsMargins(0, 4, 0, 0)
        self._grid.setSpacing(16)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        column.addWidget(cards)
        self._more = button("", action=self._show_more)
        column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        self._stack = QStackedLayout(self)
        for page in (self._empty, self._scroll, self.page):
            self._stack.addWidget(page)

    def _connect(self) -> None:
        self.people.opened.connect(self.open)
        page = self.page
        page.left.connect(self.show_everybody)
        page.named.connect(self.name)
        page.rejected.connect(self._reject)
        page.split_asked.connect(self._split)
        page.portrait_chosen.connect(self._choose_portrait)
        page.merge_asked.connect(self._ask_merge)
        page.hidden_asked.connect(self._hide)
        page.forget_asked.connect(self._ask_forget)
        page.play_requested.connect(self.play_requested)

    def _refresh(self, changes: Changes) -> None:
        if changes.people or changes.folders:
            self.reload()

    def _show(self, everybody: Everybody) -> None:
        self.everybody = everybody
        offer(self._names, [g.person.name or "" for g in everybody.named])
        self.people.people.replace(everybody.named)
        for widget in (self._people_title, self.people):
            widget.setVisible(bool(everybody.named))
        for widget in (self._unnamed_title, self._unnamed_text):
            widget.setVisible(bool(everybody.unnamed))
        self._undo.setVisible(bool(everybody.undoable))
        self._hidden.setVisible(everybody.hidden > 0)
        self._hidden.setText(
            self.tr("Leave hidden ones out")
            if self._with_hidden
            else self.tr("Show %n hidden", "", everybody.hidden)
        )
        self._more.setVisible(everybody.more > 0)
        self._more.setText(self.tr("Show %n more", "", everybody.more))
        self._deal(everybody)
        if not self.shows_page:
            self.show_everybody()

    def _deal(self, everybody: Everybody) -> None:
        """Keep the cards that stay, with what is being typed in them."""
        session = self._session
        if session is None:
            return
        kept = {card.person_id: card for card in self.cards}
        fresh = []
        for group in everybody.unnamed:
            card = kept.pop(group.person.id, None)
            if card is not None and not card.field.text() and card.property("group") != repr(group):
                kept[group.person.id] = card
                card = None
            if card is None:
                card = GroupCard(self._theme, session.thumbnails, group, self._names)
                card.setProperty("group", repr(group))
                card.named.connect(self.name)
                card.opened.connect(self.open)
                card.hidden_asked.connect(lambda number: self._hide(number, True))
            fresh.append(card)
        for card in kept.values():
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = fresh
        self._lay_out()

    def _lay_out(self) -> None:
        columns = max(1, (self.width() - 48 - 12 + 16) // (WIDTH + 16))
        for place, card in enumerate(self.cards):
            self._grid.addWidget(card, place // columns, place % columns)

    def _show_page(self, page: Page) -> None:
        self.page.show_page(page)
        self._stack.setCurrentWidget(self.page)

    def _show_more(self) -> None:
        self._groups_shown += GROUPS_SHOWN
        self.reload()

    def _toggle_hidden(self) -> None:
        self._with_hidden = not self._with_hidden
        self.reload()

    def _reject(self, person_id: int, faces: list[TrackRef]) -> None:
        session = self._session
        if session is None:
            return

        people = session.library.people
        text = self.tr("%n face(s) taken out.", "", len(faces))
        self._operate(lambda: people.reject(faces, PersonId(person_id)), lambda _: self._say(text))

    def _split(self, faces: list[TrackRef]) -> None:
        if self._session is not None:
            people = self._session.library.people
            text = self.tr("These faces are somebody else now.")
            self._operate(lambda: people.split(faces), lambda _: self._say(text))

    def _choose_portrait(self, person_id: int, ref: TrackRef) -> None:
        if self._session is not None:
            people = self._session.library.people
            self._operate(lambda: people.choose_portrait(PersonId(person_id), ref))

    def _hide(self, person_id: int, hidden: bool) -> None:
        if self._session is not None:
            people = self._session.library.people
            text = self.tr("Hidden.") if hidden else self.tr("Shown again.")
            self.show_everybody()
            self._operate(
                lambda: people.hide(PersonId(person_id), hidden), lambda _: self._say(text)
            )

    def merge(self, person_id: int, other: int) -> None:
        """Both are one: the second becomes part of the first."""
        if self._session is not None:
            people = self._session.library.people
            text = self.tr("Joined into one person.")
            self._operate(
                lambda: people.merge(PersonId(person_id), PersonId(other)),
                lambda _: self._say(text),
            )

    def _ask_merge(self, person_id: int) -> None:
        groups = self.everybody.named if self.everybody is not None else ()
        others = {g.person.name: g.person.id for g in groups if g.person.id != person_id}
        if not others:
            self.said.emit(self.tr("There is nobody else with a name yet."), False)
            return
        names = [name for name in others if name]
        name, chosen = QInputDialog.getItem(
            self, self.tr("Join two people"), self.tr("This person is also:"), names, 0, False
        )
        if chosen:
            keep = others[name]
            self.merge(int(keep), person_id)
            self.open(int(keep))

    def _ask_forget(self, person_id: int) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(self.tr("Forget this person for good?"))
        box.setInformativeText(
            self.tr("Name, faces and corrections are erased. This cannot be undone.")
        )
        forget = box.addButton(self.tr("Forget"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        if box.clickedButton() is forget and self._session is not None:
            people = self._session.library.people
            self.show_everybody()
            self._operate(lambda: people.forget(PersonId(person_id)))

    def _operate(self, work: Callable[[], T], then: Callable[[T], object] | None = None) -> None:
        if self._session is not None:
            self._session.operate(work, Changes(people=True), then)

    def _say(self, text: str) -> None:
        self.said.emit(text, True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()
