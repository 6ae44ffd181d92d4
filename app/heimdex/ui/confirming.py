"""Asks before something is taken away.

What is taken away, and what that means, is said by whoever asks.
"""

from PySide6.QtWidgets import QMessageBox, QWidget


def confirmed(
    parent: QWidget, question: str, text: str, action: str, *, for_good: bool = False
) -> bool:
    """Whether the person presses `action`, and not Cancel, which is what Enter and Esc press.

    `for_good`: it cannot be undone, nor had again.
    """
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning if for_good else QMessageBox.Icon.Question)
    box.setText(question)
    box.setInformativeText(text)
    do = box.addButton(action, QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.exec()
    return box.clickedButton() is do
