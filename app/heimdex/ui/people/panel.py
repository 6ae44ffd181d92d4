"""The people panel: everybody, those without a name, questions, and the page of one person.

Sorting faces to people is the people room's work; `actions` asks it to.
"""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPointF, QStringListModel, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from heimdex.domain.faces import TrackRef
from heimdex.domain.ids import PersonId
from heimdex.domain.stages import Changes
from heimdex.ui.people.actions import Actions
from heimdex.ui.people.asking import confirm_erasing, confirm_forgetting
from heimdex.ui.people.faces import PeopleList
from heimdex.ui.people.group_card import CardGrid, GroupCard
from heimdex.ui.people.naming import NameDialog, offer
from heimdex.ui.people.notices import FirstUse, NobodyYet, SwitchedOff
from heimdex.ui.people.page import PersonPage
from heimdex.ui.people.photo_desk import PhotoDesk
from heimdex.ui.people.photos import PhotoHint, photos_of
from heimdex.ui.people.question import QuestionCard
from heimdex.ui.people.reading import (
    GROUPS_SHOWN,
    Everybody,
    Page,
    Question,
    read_everybody,
    read_page,
    read_questions,
)
from heimdex.ui.people.who_else import WhoElse
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import button, label


class PeoplePanel(QWidget):
    """Pages: nobody yet, everybody, one person, recognition switched off."""

    play_requested = Signal(str, int)
    said = Signal(str, bool)
    """A sentence, and whether what it tells can be undone."""
    library_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAcceptDrops(True)
        # So that Y and N answer as soon as the panel is shown.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = theme
        self._session: Session | None = None
        self.names = QStringListModel()
        self._groups_shown = GROUPS_SHOWN
        self._with_hidden = False
        self._skipped: set[object] = set()
        self._answered: object = None
        self._opened: int | None = None
        self.everybody: Everybody | None = None
        self.questions: tuple[Question, ...] = ()
        self.actions_ = Actions()
        self.who_else = WhoElse(theme, self.actions_, self)
        self._photos = PhotoDesk(self.names, self.actions_, self)
        self.people = PeopleList(theme)
        self.page = PersonPage(theme, self.names)
        self.question = QuestionCard(theme)
        self.first_use = FirstUse(theme)
        self.off = SwitchedOff(theme)
        self._hint = PhotoHint(theme, self)
        self._grid = CardGrid(theme, self.names)
        self._build()
        self._connect()
        self.question.offer_keys(self)

    @property
    def shows_page(self) -> bool:
        """Whether one person's page is open."""
        return self._stack.currentWidget() is self.page

    @property
    def cards(self) -> list[GroupCard]:
        """The groups without a name that are shown."""
        return self._grid.cards

    def attach(self, session: Session) -> None:
        """Show the people of an open library."""
        self._session = session
        self.actions_.attach(session)
        self.who_else.attach(session)
        self._photos.attach(session)
        self.page.attach(session)
        self.first_use.tell(session.library.directories.library)
        self.people.painter.thumbnails = session.thumbnails
        session.thumbnails.loaded.connect(self.people.viewport().update)
        session.changed.connect(self._refresh)
        self.reload()

    def reload(self) -> None:
        """Read everybody again, the questions, and the open page."""
        session = self._session
        if session is None:
            return
        groups, hidden = self._groups_shown, self._with_hidden
        session.run(lambda: read_everybody(session.library, groups, hidden), self._show)
        self._read_questions()
        if self.shows_page and self._opened is not None:
            self.open(self._opened)

    def open(self, person_id: int) -> None:
        """Show the page of one person."""
        session = self._session
        if session is not None:
            self._opened = person_id
            session.run(
                lambda: read_page(session.library, PersonId(person_id)),
                self._show_page,
                lambda _: self._leave(person_id),
            )

    def show_everybody(self) -> None:
        """Go back to the first page."""
        everybody = self.everybody
        if everybody is not None and not everybody.enabled:
            self._stack.setCurrentWidget(self.off)
            return
        has_any = everybody is not None and (everybody.named or everybody.unnamed)
        self._stack.setCurrentWidget(self._scroll if has_any else self._empty)

    def name(self, person_id: int, name: str) -> None:
        """Give somebody a name, everywhere at once; a name that somebody has joins both."""
        if self._session is None:
            return
        everybody = self.everybody.named if self.everybody is not None else ()
        others = [g.person for g in everybody if g.person.id != person_id]
        taken = {each.casefold() for p in others for each in (p.name or "", *p.aliases)}
        self.actions_.name(person_id, name, name.casefold() in taken, self.shows_page)

    def undo(self) -> None:
        """Take the newest step back."""
        if self._session is not None and self.everybody is not None and self.everybody.undoable:
            self._skipped.discard(self._answered)  # that may be what is taken back
            self.actions_.undo()

    def add_photos(self, photos: list[Path], name: str | None = None) -> None:
        """Make somebody known by photos; asks who it is unless `name` is given."""
        self._photos.add(photos, name)

    def _build(self) -> None:
        self._empty = NobodyYet(self._theme)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(24, 8, 24, 24)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        self._people_title = label(self.tr("People"), "lead")
        self._hidden = button("", "plain", self._toggle_hidden)
        self._add = button(self.tr("Add by photo…"), action=self._choose_photos)
        self._theme.dress(self._add, "plus")
        self._undo = button(self.tr("Undo"), action=self.undo)
        self._theme.dress(self._undo, "undo")
        head.addWidget(self._people_title)
        head.addStretch(1)
        for each in (self._hidden, self._add, self._undo):
            head.addWidget(each)
        self._unnamed_title = label(self.tr("Who is this?"), "lead")
        self._unnamed_text = label(
            self.tr("Type a name and press Enter. The same name joins faces into one person."),
            "muted",
        )
        self._more = button("", action=self._show_more)
        column.addWidget(self.first_use)
        column.addLayout(head)
        for widget in (self.people, self.question, self._unnamed_title, self._unnamed_text):
            column.addWidget(widget)
        column.addWidget(self._grid)
        column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self.question.hide()
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        self._stack = QStackedLayout(self)
        for page in (self._empty, self._scroll, self.page, self.off):
            self._stack.addWidget(page)

    def _connect(self) -> None:
        page, actions = self.page, self.actions_
        actions.said.connect(self.said)
        self.who_else.said.connect(self.said)
        actions.opened.connect(self.open)
        actions.refused.connect(self._give_back)
        self._empty.library_wanted.connect(self.library_wanted)
        self._empty.photos_wanted.connect(self._choose_photos)
        self.people.opened.connect(self.open)
        self._grid.named.connect(self.name)
        self._grid.opened.connect(self.open)
        self._grid.same_asked.connect(self.who_else.ask_same)
        self._grid.different_asked.connect(self.who_else.ask_different)
        self._grid.hidden_asked.connect(lambda number: self._hide(number, True))
        self.question.answered.connect(self._answer)
        self.question.skipped.connect(self._skip)
        self.first_use.understood.connect(actions.mark_explained)
        self.first_use.off_wanted.connect(lambda: actions.switch(False))
        self.off.on_wanted.connect(lambda: actions.switch(True))
        self.off.erase_wanted.connect(self._ask_erase)
        page.left.connect(self.show_everybody)
        page.named.connect(self.name)
        page.also_named.connect(actions.alias)
        page.rejected.connect(actions.reject)
        page.split_asked.connect(actions.split)
        page.move_asked.connect(self._ask_move)
        page.portrait_chosen.connect(actions.choose_portrait)
        page.same_asked.connect(partial(self.who_else.ask_same, follow=True))
        page.different_asked.connect(self.who_else.ask_different)
        page.hidden_asked.connect(self._hide)
        page.photos_wanted.connect(self._choose_photos)
        page.photo_list_wanted.connect(self._photos.show)
        page.forget_asked.connect(self._ask_forget)
        page.play_requested.connect(self.play_requested)

    def _refresh(self, changes: Changes) -> None:
        if changes.people or changes.folders:
            self.reload()

    def _show(self, everybody: Everybody) -> None:
        self.everybody = everybody
        offer(self.names, [g.person.name or "" for g in everybody.named])
        self.people.people.replace(everybody.named)
        self.people.setVisible(bool(everybody.named))
        for widget in (self._unnamed_title, self._unnamed_text):
            widget.setVisible(bool(everybody.unnamed))
        self.first_use.setVisible(not everybody.explained)
        self.off.tell(everybody.stored)
        self._undo.setVisible(bool(everybody.undoable))
        self._hidden.setVisible(everybody.hidden > 0)
        self._hidden.setText(
            self.tr("Leave hidden ones out")
            if self._with_hidden
            else self.tr("Show %n hidden", "", everybody.hidden)
        )
        self._more.setVisible(everybody.more > 0)
        self._more.setText(self.tr("Show %n more", "", everybody.more))
        if self._session is not None:
            self._grid.deal(everybody.unnamed, self._session.thumbnails)
        if not self.shows_page or not everybody.enabled:
            self.show_everybody()

    def _read_questions(self) -> None:
        """Only while somebody looks: it compares everybody with everybody."""
        session = self._session
        if session is not None and self.isVisible():
            session.run(lambda: read_questions(session.library), self._show_questions)

    def _show_questions(self, questions: tuple[Question, ...]) -> None:
        self.questions = questions
        waiting = [each for each in questions if each.suggestion.tracks not in self._skipped]
        if waiting and self._session is not None:
            self.question.ask(waiting[0], len(waiting) - 1, self._session.thumbnails)
        else:
            self.question.question = None
            self.question.hide()

    def _leave(self, person_id: int) -> None:
        """Somebody is not there any more; whoever was opened since is."""
        if self._opened == person_id:
            self.show_everybody()

    def _show_page(self, page: Page) -> None:
        if page.person.id != self._opened:
            return
        if self._session is None or not self._session.library.people.enabled:
            return  # switched off while the page was read
        self.page.show_page(page)
        self._stack.setCurrentWidget(self.page)

    def _show_more(self) -> None:
        self._groups_shown += GROUPS_SHOWN
        self.reload()

    def _toggle_hidden(self) -> None:
        self._with_hidden = not self._with_hidden
        self.reload()

    def _answer(self, same: bool) -> None:
        question = self.question.question
        if question is not None:
            # Gone at once: a second key press must not answer the same question again.
            self._answered = question.suggestion.tracks
            self._skipped.add(self._answered)
            self._show_questions(self.questions)
            self.actions_.answer(question.suggestion, same)

    def _give_back(self) -> None:
        """What was typed or answered last was not kept; it can be given again."""
        for field in (*(card.field for card in self.cards), self.page.field, self.page.others):
            field.give_back()
        self._skipped.discard(self._answered)
        self._show_questions(self.questions)

    def _skip(self) -> None:
        if self.question.question is not None:
            self._skipped.add(self.question.question.suggestion.tracks)
            self._show_questions(self.questions)

    def _hide(self, person_id: int, hidden: bool) -> None:
        if self._session is not None:
            self.show_everybody()
            self.actions_.hide(person_id, hidden)

    def _ask_move(self, faces: list[TrackRef]) -> None:
        text = self.tr("Choose somebody, or type a new name.")
        dialog = NameDialog(self.names, self.tr("Who is this?"), text, parent=self)
        dialog.named.connect(partial(self.actions_.move, faces))
        dialog.open()

    def _ask_forget(self, person_id: int) -> None:
        if confirm_forgetting(self) and self._session is not None:
            self.show_everybody()
            self.actions_.forget(person_id)

    def _ask_erase(self) -> None:
        if confirm_erasing(self) and self._session is not None:
            self.actions_.erase_everything()

    def _choose_photos(self) -> None:
        self._photos.choose(self._page_name())

    def _name_at(self, place: QPointF) -> str | None:
        """Whose photos are dropped there: the person whose page or portrait it is."""
        if self.shows_page or not self.people.isVisible():
            return self._page_name()
        viewport = self.people.viewport()
        index = self.people.indexAt(viewport.mapFrom(self, place.toPoint()))
        return self.people.people.groups[index.row()].person.name if index.isValid() else None

    def _page_name(self) -> str | None:
        """Who is shown, if one person's page is open."""
        return self.page.page.person.name if self.shows_page and self.page.page else None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        focus = QApplication.focusWidget()
        if not (isinstance(focus, QLineEdit) and focus.text()):
            self.setFocus()
        self._read_questions()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        enabled = self.everybody is not None and self.everybody.enabled
        if enabled and photos_of(event.mimeData()):
            event.acceptProposedAction()
            self._hint.show_over(self, self._name_at(event.position()))
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.acceptProposedAction()
        self._hint.show_over(self, self._name_at(event.position()))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._hint.hide()
        photos = photos_of(event.mimeData())
        if photos:
            event.acceptProposedAction()
            self.add_photos(photos, self._name_at(event.position()))
