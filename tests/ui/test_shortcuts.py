"""Every key of the table does something, and the page of keys says all of them."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from ui_library import Small

from heimdex.ui import shortcuts
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


def test_no_key_is_bound_twice_and_the_window_binds_no_other(
    filled: Small, open_window: OpenWindow
) -> None:
    window = open_window(filled)
    told = [key for entry in (*shortcuts.MOVING, *shortcuts.PLAYING) for key in entry.keys]
    of_window = window.findChildren(QShortcut, options=Qt.FindChildOption.FindDirectChildrenOnly)
    bound = [shortcut.key().toString() for shortcut in of_window]
    assert sorted(bound) == sorted(told)
    assert len(set(bound)) == len(bound)


def test_f1_shows_the_keys(filled: Small, open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(filled)
    QTest.keyClick(window, Qt.Key.Key_F1)
    qtbot.waitUntil(lambda: window.findChild(shortcuts.KeysDialog) is not None)
    dialog = window.findChild(shortcuts.KeysDialog)
    assert dialog is not None
    said = {each.text() for each in dialog.findChildren(QLabel)}
    assert {"Ctrl+K, Ctrl+F", "Search", "One frame forward", "."} <= said
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(shortcuts.KeysDialog) is None)


def test_a_panel_is_changed_by_its_number(filled: Small, open_window: OpenWindow) -> None:
    window = open_window(filled)
    for key, panel in (
        (Qt.Key.Key_2, "search"),
        (Qt.Key.Key_3, "people"),
        (Qt.Key.Key_4, "activity"),
        (Qt.Key.Key_1, "library"),
    ):
        QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        assert window.panel == panel
