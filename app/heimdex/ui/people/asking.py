"""Asks before something about people is erased for good.

Erasing is the people room's work.
"""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from heimdex.ui.confirming import confirmed


def confirm_forgetting(parent: QWidget) -> bool:
    """Whether one person is to be erased for good."""
    translate = QCoreApplication.translate
    return confirmed(
        parent,
        translate("Erasing", "Forget this person for good?"),
        translate(
            "Erasing",
            "Name, faces, photos and corrections are erased, and automatic backups that hold them. "
            "This cannot be undone. Backups you made yourself are not touched.",
        ),
        translate("Erasing", "Forget"),
        for_good=True,
    )


def confirm_erasing(parent: QWidget) -> bool:
    """Whether every face and every name is to be erased for good."""
    translate = QCoreApplication.translate
    return confirmed(
        parent,
        translate("Erasing", "Erase all faces and names for good?"),
        translate(
            "Erasing",
            "Everybody, all faces that were found and all corrections are erased, and automatic "
            "backups that hold them. This cannot be undone. Your videos stay as they are.",
        ),
        translate("Erasing", "Erase"),
        for_good=True,
    )
