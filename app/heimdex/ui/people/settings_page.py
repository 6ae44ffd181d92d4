"""The page of the settings that says what is kept about faces, switches recognition and erases.

Both are the people room's and bootstrap's work.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from heimdex.domain.stages import Changes
from heimdex.ui import wording
from heimdex.ui.people.actions import Actions
from heimdex.ui.people.asking import confirm_erasing
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Note, Tick, button, label


class PeopleSettings(QWidget):
    """Takes effect at once."""

    def __init__(self, theme: Theme, session: Session) -> None:
        super().__init__()
        self._session = session
        self._actions = Actions()
        self._actions.attach(session)
        self._actions.said.connect(self._say)
        self._actions.refused.connect(lambda: self._refresh(Changes(people=True)))
        self.on = Tick(theme, self.tr("Recognise faces and people"))
        self.on.setChecked(session.library.people.enabled)
        self.on.clicked.connect(self._switch)
        library = wording.shortened(session.library.directories.library)
        text = self.tr(
            "Of each face Heimdex keeps a small picture and a list of numbers, with the names you "
            "give, in %1. Nothing of it leaves this computer. While this is off, no faces are "
            "looked for in new videos and search finds nobody by name."
        ).replace("%1", library)
        self.stored = label("", "muted")
        self.erase = button(self.tr("Erase stored faces…"), action=self._ask_erase)
        self._note = Note(theme, "info")
        self._note.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.on)
        column.addWidget(label(text, "muted", wrap=True))
        column.addSpacing(8)
        column.addWidget(self.stored)
        column.addWidget(self.erase, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._note)
        column.addStretch(1)
        session.changed.connect(self._refresh)
        self._refresh(Changes(people=True))

    def _refresh(self, changes: Changes) -> None:
        people = self._session.library.people
        if changes.people:
            self._session.run(people.stored_faces, self._show_stored)

    def _show_stored(self, count: int) -> None:
        self.on.setChecked(self._session.library.people.enabled)
        self.stored.setText(self.tr("%n face(s) are stored.", "", count))
        self.erase.setEnabled(count > 0)

    def _switch(self, on: bool) -> None:
        self._actions.switch(on)

    def _ask_erase(self) -> None:
        if confirm_erasing(self):
            self._actions.erase_everything()

    def _say(self, text: str, undoable: bool) -> None:
        self._note.show_text(text)
