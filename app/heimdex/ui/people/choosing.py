"""Chooses somebody by picture, with a name or without: who else a person is, or is not.

What the choice does is the panel's affair.
"""

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QListView, QVBoxLayout, QWidget

from heimdex.domain.faces import Person
from heimdex.ui.people.faces import CARD, Face, PeopleDelegate, PeopleModel
from heimdex.ui.people.reading import Choice
from heimdex.ui.theme import Theme
from heimdex.ui.thumbnails import Thumbnails
from heimdex.ui.widgets import button, label

_COLUMNS = 4
_ROWS_SHOWN = 2.3
_FACE = 56
_FROM_THE_FIELD = frozenset(
    {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}
)


class PersonChooser(QDialog):
    """Who is in question above, everybody else below; `chosen` once somebody was."""

    chosen = Signal(object)
    """A `Person`."""

    def __init__(
        self, theme: Theme, thumbnails: Thumbnails, choice: Choice, same: bool, parent: QWidget
    ) -> None:
        """`same`: the two are to be joined; else it is to be kept that they are not one."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._choice, self._same = choice, same
        self.setWindowTitle(
            self.tr("Same person as…") if same else self.tr("Not the same person as…")
        )
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Search by name"))
        self.field.setAccessibleName(self.tr("Search by name"))
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.field.setVisible(any(group.person.name for group in choice.others))
        self.people = PeopleModel()
        self.people.replace(choice.others)
        self.list = _list(theme, thumbnails, self.people)
        self.list.setAccessibleName(self.tr("Everybody else"))
        self.list.doubleClicked.connect(self._take)
        self.list.selectionModel().selectionChanged.connect(lambda *_: self._offer())
        self.done_button = button("", "primary", self._take_chosen)
        self.done_button.setDefault(True)
        self._cancel = button(self.tr("Cancel"), action=self.reject)
        self._cancel.setAutoDefault(False)
        self._build(theme, thumbnails)
        self._offer_first()
        (self.field if self.field.isVisibleTo(self) else self.list).setFocus()

    def picked(self) -> Person | None:
        """Who is chosen at present."""
        rows = self.list.selectionModel().selectedIndexes()
        return self.people.groups[rows[0].row()].person if rows else None

    def _build(self, theme: Theme, thumbnails: Thumbnails) -> None:
        who = self._choice.who
        head = QHBoxLayout()
        head.setSpacing(8)
        for path in who.crops:
            face = Face(theme, _FACE)
            face.show_face(thumbnails, path)
            head.addWidget(face)
        head.addWidget(label(who.person.full_name or self.people.seen(who.person), "muted"))
        head.addStretch(1)
        title = (
            self.tr("Who is the same person?")
            if self._same
            else self.tr("Who is not the same person?")
        )
        text = (
            self.tr("Both become one person in all videos. Who looks most alike comes first.")
            if self._same
            else self.tr(
                "These faces are then never taken for whom you choose. Who looks most alike comes "
                "first."
            )
        )
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addStretch(1)
        foot.addWidget(self._cancel)
        foot.addWidget(self.done_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(12)
        layout.addWidget(label(title, "lead"))
        layout.addLayout(head)
        layout.addWidget(label(text, "muted", wrap=True))
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        layout.addLayout(foot)

    def _filter(self, text: str) -> None:
        """Only those one of whose names holds what was typed."""
        typed = " ".join(text.split()).casefold()
        self.people.replace(
            [
                group
                for group in self._choice.others
                if not typed
                or any(
                    typed in n.casefold() for n in (group.person.name or "", *group.person.aliases)
                )
            ]
        )
        self._offer_first()

    def _offer_first(self) -> None:
        if self.people.rowCount():
            self.list.setCurrentIndex(self.people.index(0))
        self._offer()

    def _offer(self) -> None:
        person = self.picked()
        self.done_button.setEnabled(person is not None)
        name = person.name if person is not None else None
        if self._same:
            text = self.tr("Join with %1") if name else self.tr("Join both")
        else:
            text = self.tr("Not %1") if name else self.tr("Not the same")
        self.done_button.setText(text.replace("%1", name or ""))

    def _take(self, index: QModelIndex) -> None:
        self._finish(self.people.groups[index.row()].person)

    def _take_chosen(self) -> None:
        person = self.picked()
        if person is not None:
            self._finish(person)

    def _finish(self, person: Person) -> None:
        self.chosen.emit(person)
        self.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows in the field go through the people: the field is where the typing is."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in _FROM_THE_FIELD
            and self.people.rowCount()
        ):
            self.list.setFocus()
            return True
        return super().eventFilter(watched, event)


def _list(theme: Theme, thumbnails: Thumbnails, people: PeopleModel) -> QListView:
    shown = QListView()
    shown.setFlow(QListView.Flow.LeftToRight)
    shown.setWrapping(True)
    shown.setResizeMode(QListView.ResizeMode.Adjust)
    shown.setUniformItemSizes(True)
    shown.setGridSize(CARD)
    shown.setMouseTracking(True)
    shown.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    shown.setMinimumSize(_COLUMNS * CARD.width() + 24, int(_ROWS_SHOWN * CARD.height()))
    painter = PeopleDelegate(theme, shown, keeps_choice=True)
    painter.thumbnails = thumbnails
    thumbnails.loaded.connect(shown.viewport().update)
    shown.setModel(people)
    shown.setItemDelegate(painter)
    return shown
