"""What is said once about faces before they are used, and what is shown while they are not.

Switching recognition on and off, and erasing, is the panel's affair.
"""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from heimdex.ui import wording
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import EmptyState, Picture, button, label


class NobodyYet(EmptyState):
    """Before any face was found."""

    library_wanted = Signal()
    photos_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "people", "", "")
        self.title.setText(self.tr("The people in your videos"))
        self.text.setText(
            self.tr(
                "When videos with faces have been indexed, the same faces are gathered here. Type "
                "a name once and that person is found everywhere. Photos that you drop here do "
                "the same."
            )
        )
        self.offer(button(self.tr("Go to the library"), "primary", self.library_wanted.emit))
        self.offer(button(self.tr("Add somebody by photo…"), action=self.photos_wanted.emit))


class FirstUse(QFrame):
    """What is stored about faces, and where, until somebody has read it."""

    understood = Signal()
    off_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.text = label("", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Picture(theme, "shield", 20, "accent"))
        head.addWidget(label(self.tr("Faces stay on this computer"), "lead"))
        head.addStretch(1)
        actions = QHBoxLayout()
        actions.setSpacing(8)
        self.fine = button(self.tr("Understood"), "primary", self.understood.emit)
        self.off = button(self.tr("Switch face recognition off"), action=self.off_wanted.emit)
        actions.addWidget(self.fine)
        actions.addWidget(self.off)
        actions.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.text)
        layout.addLayout(actions)

    def tell(self, library: Path) -> None:
        """Name the place."""
        self.text.setText(
            self.tr(
                "Heimdex finds the faces in your videos and puts those together that look alike. "
                "Of each it keeps a small picture and a list of numbers, with the names you give, "
                "in %1. Nothing of it leaves this computer, and you can erase one person or "
                "everybody at any time."
            ).replace("%1", wording.shortened(library))
        )


class SwitchedOff(EmptyState):
    """In place of everybody while faces are not recognised."""

    on_wanted = Signal()
    erase_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "eye-off", "", "")
        self.title.setText(self.tr("Face recognition is off"))
        self.on = button(self.tr("Switch it on"), "primary", self.on_wanted.emit)
        self.erase = button(self.tr("Erase stored faces…"), action=self.erase_wanted.emit)
        self.offer(self.on)
        self.offer(self.erase)

    def tell(self, stored: int) -> None:
        """Say how many faces are stored still."""
        text = self.tr("Nobody is looked for in new videos, and search finds nobody by name.")
        if stored:
            text += " " + self.tr("%n face(s) found before are still stored.", "", stored)
        self.text.setText(text)
        self.erase.setVisible(stored > 0)
