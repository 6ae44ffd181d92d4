"""A card that asks whether two faces are one person, and takes a key for an answer.

Who may be the same is found by the people room; what an answer does, as well.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from heimdex.ui.people.faces import Face
from heimdex.ui.people.reading import Question
from heimdex.ui.theme import Theme
from heimdex.ui.thumbnails import Thumbnails
from heimdex.ui.widgets import button, clear, label

_KNOWN_EDGE = 72
_ASKED_EDGE = 72
_ASKED_SHOWN = 4

# The same keys as a Korean keyboard calls them.
YES, NO, SKIP = ("Y", "ㅛ"), ("N", "ㅜ"), ("S", "ㄴ")


class QuestionCard(QFrame):
    """The known person on the left, the faces in question beside them."""

    answered = Signal(bool)
    skipped = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("card")
        self.question: Question | None = None
        self._known = QHBoxLayout()
        self._asked = QHBoxLayout()
        for faces in (self._known, self._asked):
            faces.setSpacing(8)
        self._name = label("", "caption")
        self._where = label("", "caption")
        self._left = label("", "caption")
        self._build()

    def offer_keys(self, panel: QWidget) -> None:
        """Let Y, N and S answer wherever the focus is in `panel`, but not while somebody types."""
        for keys, action in ((YES, self._yes), (NO, self._no), (SKIP, self._skip)):
            for key in keys:
                shortcut = QShortcut(QKeySequence(key), panel)
                shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(action)

    def ask(self, question: Question, more: int, thumbnails: Thumbnails) -> None:
        """Ask; `more` questions wait behind this one."""
        self.question = question
        _fill(self._known, self._theme, thumbnails, question.known[:1], _KNOWN_EDGE)
        _fill(self._asked, self._theme, thumbnails, question.asked[:_ASKED_SHOWN], _ASKED_EDGE)
        self._name.setText(question.name or self.tr("Somebody without a name"))
        times = self.tr("%n time(s)", "", len(question.suggestion.tracks))
        self._where.setText(f"{times} · {question.where}" if question.where else times)
        self._left.setText(self.tr("%n more", "", more) if more else "")
        self.show()

    def _build(self) -> None:
        known = QVBoxLayout()
        known.setSpacing(4)
        known.addLayout(self._known)
        known.addWidget(self._name, 0, Qt.AlignmentFlag.AlignHCenter)
        asked = QVBoxLayout()
        asked.setSpacing(4)
        asked.addLayout(self._asked)
        asked.addWidget(self._where)
        pictures = QHBoxLayout()
        pictures.setSpacing(24)
        pictures.addLayout(known)
        pictures.addLayout(asked)
        pictures.addStretch(1)
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Is this the same person?"), "lead"))
        head.addStretch(1)
        head.addWidget(self._left)
        answers = QHBoxLayout()
        answers.setSpacing(8)
        self.yes = button(self.tr("Same person (Y)"), "primary", self._yes)
        self.no = button(self.tr("Different (N)"), action=self._no)
        self.skip = button(self.tr("Skip (S)"), "plain", self._skip)
        for each in (self.yes, self.no, self.skip):
            answers.addWidget(each)
        answers.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addLayout(pictures)
        layout.addLayout(answers)

    def _yes(self) -> None:
        if self.isVisible():
            self.answered.emit(True)

    def _no(self) -> None:
        if self.isVisible():
            self.answered.emit(False)

    def _skip(self) -> None:
        if self.isVisible():
            self.skipped.emit()


def _fill(
    layout: QHBoxLayout, theme: Theme, thumbnails: Thumbnails, paths: tuple, edge: int
) -> None:
    clear(layout)
    for path in paths:
        face = Face(theme, edge)
        face.show_face(thumbnails, path)
        layout.addWidget(face)
    layout.addStretch(1)
