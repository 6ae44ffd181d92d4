"""Asks before something about people is erased for good, and who somebody is as well.

Erasing and joining are the people room's work.
"""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QInputDialog, QMessageBox, QWidget


def choose_person(parent: QWidget, names: Sequence[str]) -> str | None:
    """One of these names, with whom somebody is to be joined; None for nobody."""
    translate = QCoreApplication.translate
    name, chosen = QInputDialog.getItem(
        parent,
        translate("Joining", "Join two people"),
        translate("Joining", "This person is also:"),
        list(names),
        0,
        False,
    )
    return name if chosen else None


def confirm_forgetting(parent: QWidget) -> bool:
    """Whether one person is to be erased for good."""
    translate = QCoreApplication.translate
    return _confirmed(
        parent,
        translate("Erasing", "Forget this person for good?"),
        translate(
            "Erasing",
            "Name, faces, photos and corrections are erased, and automatic backups that hold them. "
            "This cannot be undone. Backups you made yourself are not touched.",
        ),
        translate("Erasing", "Forget"),
    )


def confirm_erasing(parent: QWidget) -> bool:
    """Whether every face and every name is to be erased for good."""
    translate = QCoreApplication.translate
    return _confirmed(
        parent,
        translate("Erasing", "Erase all faces and names for good?"),
        translate(
            "Erasing",
            "Everybody, all faces that were found and all corrections are erased, and automatic "
            "backups that hold them. This cannot be undone. Your videos stay as they are.",
        ),
        translate("Erasing", "Erase"),
    )


def _confirmed(parent: QWidget, question: str, text: str, action: str) -> bool:
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setText(question)
    box.setInformativeText(text)
    erase = box.addButton(action, QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.exec()
    return box.clickedButton() is erase
