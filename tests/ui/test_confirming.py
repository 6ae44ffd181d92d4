"""Nothing is taken away by one press of a button: the real box, answered by a key."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot
from ui_library import Small

from heimdex.ui.confirming import confirmed
from heimdex.ui.settings import SettingsDialog
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


def answer(how: Callable[[QMessageBox], object]) -> None:
    """Answer the next box as soon as it is there."""

    def look() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            how(box)
        else:
            QTimer.singleShot(20, look)

    QTimer.singleShot(20, look)


def press(text: str) -> Callable[[QMessageBox], None]:
    """Press the button of this text."""

    def click(box: QMessageBox) -> None:
        next(each for each in box.buttons() if each.text() == text).click()

    return click


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_enter_and_escape_cancel(qtbot: QtBot, key: Qt.Key) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    answer(lambda box: QTest.keyClick(box, key))
    assert not confirmed(parent, "Remove it?", "It is gone then.", "Remove")
    answer(press("Remove"))
    assert confirmed(parent, "Remove it?", "It is gone then.", "Remove", for_good=True)


def test_a_folder_is_not_forgotten_by_one_click(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    library = filled.library
    library.scanner.add([filled.media])
    window = open_window(filled)
    window.open_settings("folders")
    dialog = window.findChild(SettingsDialog)
    assert dialog is not None
    [folder] = library.catalogue.folders()
    asked: list[str] = []

    def cancel(box: QMessageBox) -> None:
        asked.append(box.text())
        box.reject()

    answer(cancel)
    dialog.remove_folder(folder)
    assert asked == ["Leave the folder “media” alone?"]
    assert len(library.catalogue.videos()) == 3
    answer(press("Leave it alone"))
    dialog.remove_folder(folder)
    qtbot.waitUntil(lambda: library.catalogue.videos() == [], timeout=20_000)
    assert len(list(filled.media.iterdir())) == 3
    # Chroma is told, for which it is imported first: longer than closing waits on a busy machine.
    qtbot.waitUntil(lambda: window.session._background.idle, timeout=60_000)  # type: ignore[union-attr]
