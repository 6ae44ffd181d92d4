"""Photos somebody was enrolled with, looked at and taken away on their page."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from ui_library import Small, jpeg

from heimdex.ui.people.photo_list import PhotoList
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


def test_a_photo_is_seen_removed_by_key_and_brought_back(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    people = filled.library.people
    ann = next(p.id for p in people.list() if p.track_count == 3)
    people.name(ann, "Ann")
    for turn, colour in enumerate(("red", "blue")):
        vector = filled._face(1, 90 + turn, 0.15)
        people._store.add_photo(ann, jpeg(colour, 112, 112), people.space, vector)
    window = open_window(filled)
    window.show_panel("people")
    window.people.open(ann)
    page = window.people.page
    qtbot.waitUntil(lambda: window.people.shows_page, timeout=20_000)
    assert page.photos.text() == "2 photos…"
    page.photos.click()
    qtbot.waitUntil(lambda: window.people.findChild(PhotoList) is not None, timeout=20_000)
    dialog = window.people.findChild(PhotoList)
    assert dialog is not None
    item = dialog.list.item(1)
    assert item.data(Qt.ItemDataRole.AccessibleTextRole) == "Photo 2"
    shown = item.icon().pixmap(112, 112).toImage().pixelColor(50, 50)
    assert shown.blue() > 200 > shown.red()
    assert not dialog.remove_button.isEnabled()
    dialog.activateWindow()
    dialog.list.setFocus()
    dialog.list.setCurrentRow(1)
    assert dialog.remove_button.isEnabled()
    QTest.keyClick(dialog.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "1 photo removed." in window.toast.text, timeout=20_000)
    assert [photo.crop for photo in people.photos(ann)] == [jpeg("red", 112, 112)]
    assert people.find("Ann").track_count == 3
    qtbot.waitUntil(lambda: page.photos.text() == "1 photo…", timeout=20_000)
    window.people.undo()
    qtbot.waitUntil(lambda: page.photos.text() == "2 photos…", timeout=20_000)
