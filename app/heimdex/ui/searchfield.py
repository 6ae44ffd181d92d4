"""The field above the stage: where a question is typed, shown as it was understood, and changed.

Asking is `searching`'s work; showing the answer, the results panel's.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QGridLayout, QLineEdit, QMenu

from heimdex.domain.search import Chip, ChipKind, Like, Query, Question, Suggestion, SuggestionKind
from heimdex.search.chips import with_added, with_words, without_chip
from heimdex.ui.chips import ChipRow, PartChip, like_chip, part_chip
from heimdex.ui.menus import ChipMenu
from heimdex.ui.offers import Known
from heimdex.ui.suggestionlist import SuggestionList
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Picture, icon_button, label

LOW = 44
BELOW = 8
"""Pixels under the chips where they stand below the line."""

BESIDE = 210
"""Pixels that icon, buttons and margins take."""

BEFORE = 60
"""Pixels of them that chips below the line do not have."""

MOST_CHIPS = 40
"""Chips that are shown; a sentence that somebody types has a handful, a book may have hundreds."""

ROOM_TO_TYPE = 220
"""Pixels that the line keeps beside the chips; where they need more, they go below it."""


class SearchField(QFrame):
    """A line, and chips behind or below it."""

    changed = Signal()
    """Another question stands here: ask it when typing pauses."""
    submitted = Signal()
    """Enter: ask it now."""
    typing = Signal(str)
    """The text up to the cursor, with what an input method is composing."""
    left = Signal()
    """Esc on an empty field."""
    went_down = Signal()
    """The arrow towards the results."""
    pasted = Signal(object)
    """The `QMimeData` of a picture."""
    picture_wanted = Signal()
    save_wanted = Signal()
    saved_chosen = Signal(str)
    """The name of a saved search."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.known = Known()
        """Names for the chips' menus; kept up to date by the window."""
        self.title_of: Callable[[Like], str] = lambda like: ""
        """What an example is called."""
        self._query: Query | None = None
        self._plain: tuple[str, ...] = ()
        self._likes: tuple[Like, ...] = ()
        self._shown: tuple[object, ...] = ((), (), (), False)
        self.setObjectName("search")
        self.setFixedHeight(LOW)
        self.line = _Line()
        self.line.setPlaceholderText(self.tr("Search what was said, seen, or who is there"))
        self.line.setAccessibleName(self.tr("Search"))
        self.line.setFrame(False)
        self.line.setAcceptDrops(False)
        self.line.textEdited.connect(self._edit)
        self.line.composed.connect(self._tell_typing)
        self.line.installEventFilter(self)
        self.row = ChipRow()
        self._hint = label(
            QKeySequence("Ctrl+K").toString(QKeySequence.SequenceFormat.NativeText), "caption"
        )
        self._picture = icon_button(
            theme, "image", self.tr("Find by a picture"), self.picture_wanted.emit
        )
        self._save = icon_button(theme, "bookmark", self.tr("Save this search"))
        self._save.clicked.connect(self.save_wanted)
        self._clear = icon_button(theme, "close", self.tr("Clear the search"), self.clear)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(14, 2, 8, 2)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        parts = (Picture(theme, "search", 20), self.line, None, self._hint)
        for column, part in enumerate((*parts, self._save, self._picture, self._clear)):
            if part is not None:
                self._grid.addWidget(part, 0, column)
        self._grid.addWidget(self.row, 0, 2, Qt.AlignmentFlag.AlignVCenter)
        self.row.hide()
        self.suggestions = SuggestionList(theme, self)
        self.suggestions.chosen.connect(self.choose)
        self._show_buttons()

    @property
    def text(self) -> str:
        """What is typed."""
        return self.line.text()

    @property
    def question(self) -> Question:
        """What is asked here; limits and order stand beside the results."""
        return Question(self.text.strip(), self._plain, self._likes)

    @property
    def chips(self) -> list[str]:
        """The words on the chips."""
        return [chip.accessibleName() for chip in self.row.chips]

    def put(self, text: str) -> None:
        """Type for the person, and ask at once."""
        self.put_question(Question(text))

    def put_question(self, question: Question) -> None:
        """Ask this instead of what stands here."""
        self._take(question)
        self.suggestions.hide()
        self.submitted.emit()

    def add_words(self, words: str) -> None:
        """Go on with `words`, and ask at once."""
        self.put_question(with_added(self.question, words))

    def clear(self) -> None:
        """Empty the field."""
        self._take(Question())
        self.suggestions.hide()
        self.changed.emit()
        self.line.setFocus()

    def focus(self) -> None:
        """Be ready to type over what stands there."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def understood(self, query: Query | None, dropped: Sequence[Chip] = ()) -> None:
        """Show how the question was taken apart. `dropped`: parts that nothing fits."""
        self._query = query
        parts = query.chips if query is not None else ()
        shown = (self._likes, parts, tuple(dropped), query is not None and query.any_person)
        if shown == self._shown:
            return  # they may have the focus, and would flicker
        self._shown = shown
        chips: list[PartChip] = []
        for like in self._likes:
            chip = like_chip(self._theme, like, self.title_of(like))
            chip.removed.connect(lambda like=like: self._without_like(like))
            chip.opened.connect(lambda like=like, chip=chip: self._open_like(like, chip))
            chips.append(chip)
        either = query is not None and query.any_person
        people = [part for part in parts if part.kind is ChipKind.PERSON and not part.negated]
        for part in parts[:MOST_CHIPS]:
            other = either and part in people[1:]
            chip = part_chip(self._theme, part, dropped=part in dropped, other=other)
            chip.removed.connect(lambda part=part: self._without(part))
            chip.opened.connect(lambda part=part, chip=chip: self._open(part, chip))
            chips.append(chip)
        self.row.replace(chips)
        # New widgets come last; Tab goes from the line to what was understood of it.
        for one, following in pairwise([self.line, *chips]):
            QFrame.setTabOrder(one, following)
        self._arrange()

    def suggest(self, text: str, found: Sequence[Suggestion]) -> None:
        """Offer how `text` may go on, if it is still what is typed."""
        if self.line.hasFocus() and text == self.line.up_to_here:
            self.suggestions.offer(found)

    def choose(self, offered: Suggestion) -> None:
        """Put a suggestion in the place of what is typed."""
        self.suggestions.hide()
        if offered.kind is SuggestionKind.SAVED:
            self.saved_chosen.emit(offered.text)
            return
        rest = self.text[self.line.cursorPosition() :]
        self.line.setText(offered.sentence + rest)
        self.line.setCursorPosition(len(offered.sentence))
        self.line.setFocus()
        self._edit(self.text)
        if offered.kind is SuggestionKind.RECENT:
            self.submitted.emit()

    # Changing the question at its chips

    def _without(self, part: Chip) -> None:
        if self._is_fresh():
            assert self._query is not None
            self.put_question(without_chip(self.question, self._query, part))
            self.line.setFocus()

    def _without_like(self, like: Like) -> None:
        self.put_question(replace(self.question, likes=tuple(o for o in self._likes if o != like)))
        if self.question.empty:
            self.changed.emit()

    def _with_words(self, part: Chip, words: str) -> None:
        if self._is_fresh():
            assert self._query is not None
            self.put_question(with_words(self.question, self._query, part, words))

    def _open(self, part: Chip, chip: PartChip) -> None:
        menu = ChipMenu(part, self.known, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.words_chosen.connect(lambda words: self._with_words(part, words))
        menu.removed.connect(lambda: self._without(part))
        menu.popup(chip.mapToGlobal(QPoint(0, chip.height() + 4)))

    def _open_like(self, like: Like, chip: PartChip) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = self.tr("Be like this instead") if like.minus else self.tr("Be unlike this instead")
        other = replace(like, minus=not like.minus)
        likes = tuple(other if each == like else each for each in self._likes)
        menu.addAction(text).triggered.connect(
            lambda: self.put_question(replace(self.question, likes=likes))
        )
        menu.addAction(self.tr("Remove")).triggered.connect(lambda: self._without_like(like))
        menu.popup(chip.mapToGlobal(QPoint(0, chip.height() + 4)))

    def _is_fresh(self) -> bool:
        """Whether the chips belong to what stands in the line now; they follow typing shortly."""
        return self._query is not None and self._query.raw.strip() == self.text.strip()

    def _take(self, question: Question) -> None:
        self.line.setText(question.text)
        self._plain = question.plain
        self._likes = question.likes
        self.understood(None)
        self._show_buttons()

    def _edit(self, text: str) -> None:
        if not text.strip():
            self._plain = ()
            self.understood(None)
        self._show_buttons()
        self._tell_typing()
        self.changed.emit()

    def _tell_typing(self) -> None:
        self.typing.emit(self.line.up_to_here)

    def _show_buttons(self) -> None:
        asked = bool(self.text) or bool(self._likes)
        self._clear.setVisible(asked)
        self._save.setVisible(asked)
        self._hint.setVisible(not asked)

    def _arrange(self) -> None:
        """Chips stand behind the words where there is room for both, else below them."""
        metrics = QFontMetrics(self.line.font())
        typed = max(ROOM_TO_TYPE, metrics.horizontalAdvance(self.text) + 24)
        below = bool(self.row.chips) and typed + self.row.wanted + BESIDE > self.width()
        position = self._grid.getItemPosition(self._grid.indexOf(self.row))
        if (position[0] == 1) is not below:  # type: ignore[index]
            self._grid.removeWidget(self.row)
            if below:
                self._grid.addWidget(self.row, 1, 1, 1, 6)
            else:
                self._grid.addWidget(self.row, 0, 2, Qt.AlignmentFlag.AlignVCenter)
        room = self.width() - BEFORE
        self.setFixedHeight(LOW + self.row.height_at(room) + BELOW if below else LOW)
        if self.suggestions.isVisible():
            self.suggestions.place()

    def _mark_focus(self, focused: bool) -> None:
        self.setProperty("focus", focused)
        self.style().unpolish(self)
        self.style().polish(self)

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        offered = self.suggestions
        if offered.isVisible():
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                offered.move_by(1 if key == Qt.Key.Key_Down else -1)
                return True
            if key == Qt.Key.Key_Escape:
                offered.hide()
                return True
            current = offered.current
            if current is not None and key in _CHOOSES:
                self.choose(current)
                return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            offered.hide()
            self.submitted.emit()
            return True
        if key == Qt.Key.Key_Down:
            self.went_down.emit()
            return True
        if key == Qt.Key.Key_Backspace and self._at_start():
            chips = self.row.chips
            if chips:
                chips[-1].removed.emit()
                return True
        if key == Qt.Key.Key_Escape:
            if self.text or self._likes:
                self.clear()
            else:
                self.left.emit()
            return True
        if event.matches(QKeySequence.StandardKey.Paste):
            data = QGuiApplication.clipboard().mimeData()
            if data is not None and (data.hasImage() or data.hasUrls()) and not data.hasHtml():
                self.pasted.emit(data)
                return True
        return False

    def _at_start(self) -> bool:
        return self.line.cursorPosition() == 0 and not self.line.hasSelectedText()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self._mark_focus(True)
        elif event.type() == QEvent.Type.FocusOut:
            self._mark_focus(False)
            self.suggestions.hide()
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._arrange()


_CHOOSES = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)


class _Line(QLineEdit):
    """Knows what an input method is composing: half a Korean syllable is no text yet."""

    composed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._composing = ""

    @property
    def up_to_here(self) -> str:
        """The text before the cursor, with what is being composed."""
        return self.text()[: self.cursorPosition()] + self._composing

    def setText(self, text: str | None) -> None:
        # Qt gives up what is being composed; it says so only to a real input method.
        self._composing = ""
        super().setText(text or "")

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = event.preeditString()
        super().inputMethodEvent(event)
        self.composed.emit()
