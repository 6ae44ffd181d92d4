"""The page that says how the library fares, on a real library with real backups."""

import threading
from collections.abc import Callable

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import delete
from ui_library import Small

from heimdex.storage.damage import DamageMark
from heimdex.ui.background import Background
from heimdex.ui.care_page import CarePage
from heimdex.ui.settings import SettingsDialog
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


def page_of(window: Window, qtbot: QtBot) -> CarePage:
    window.open_settings("library")
    dialog = window.findChild(SettingsDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.care.videos.text() != "", timeout=20_000)
    assert dialog.care.isVisible()
    return dialog.care


def test_a_check_is_made_at_once_and_a_backup_with_it(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(filled)
    page = page_of(window, qtbot)
    assert page.videos.text() == "3"
    assert page.checked.text().startswith("not yet")
    assert page.backups.text() == "none yet"
    assert not page.open.isEnabled()
    page.check.click()
    assert not page.check.isEnabled()
    sound = "The library is sound. A backup was made and proved."
    qtbot.waitUntil(lambda: page.said.text == sound, timeout=60_000)
    qtbot.waitUntil(lambda: page.checked.text().startswith("Today"), timeout=20_000)
    assert page.backups.text().startswith("1 backup; the newest: Today")
    assert len(filled.library.backups.all()) == 1
    assert page.open.isEnabled()
    # Whoever asks for a backup gets one, also within the hour in which none would be due.
    assert not filled.library.backups.is_due()
    first = filled.library.backups.all()[0].made_at
    page.check.click()
    qtbot.waitUntil(lambda: filled.library.backups.all()[0].made_at > first, timeout=60_000)
    qtbot.waitUntil(lambda: page.said.text == sound, timeout=60_000)


def test_damage_is_said(filled: Small, open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(filled)
    page = page_of(window, qtbot)
    with filled.library.database.write() as connection:
        connection.execute("UPDATE vectors SET vectors = zeroblob(3)")
    page.check.click()
    assert not page.damage.isVisible()
    qtbot.waitUntil(page.damage.isVisible, timeout=60_000)
    assert "database is damaged" in page.damage.text
    # The strip in the window stays when the dialog is closed.
    assert window.damage.isVisible()
    assert filled.library.backups.all() == []
    assert page.checked.text().startswith("not yet")
    session = window.session
    assert session is not None
    with qtbot.waitSignal(session.restart_wanted, timeout=5_000):
        window.damage.restart.click()


def test_a_strip_about_damage_goes_when_the_library_is_sound(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    """Known from the last time; it may have been a loose cable."""
    mark = DamageMark(filled.library.directories.library)
    mark.set(["row 5 missing"])
    window = open_window(filled)
    qtbot.waitUntil(window.damage.isVisible, timeout=20_000)
    page = page_of(window, qtbot)
    page.check.click()
    qtbot.waitUntil(lambda: not window.damage.isVisible(), timeout=60_000)
    assert not page.damage.isVisible()
    assert page.said.text.startswith("The library is sound.")
    assert not mark.is_set


def test_while_videos_are_indexed_the_check_waits(
    slow: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    slow.add(slow.clip("a.mp4", seconds=1))
    engine = slow.library.worker._tools.engine
    engine.steps = 1000  # type: ignore[attr-defined]
    window = open_window(slow, work=True)
    session = window.session
    assert session is not None
    qtbot.waitUntil(lambda: session.jobs.running is not None, timeout=20_000)
    page = page_of(window, qtbot)
    assert not page.check.isEnabled()
    session.caring.look_now()
    qtbot.waitUntil(lambda: page.said.text.startswith("Videos are being indexed"), timeout=20_000)
    engine.steps = 1  # type: ignore[attr-defined]
    session.jobs.hold(True)
    qtbot.waitUntil(lambda: page.check.isEnabled(), timeout=20_000)


def test_nobody_is_told_when_the_dialog_is_gone(qtbot: QtBot) -> None:
    background = Background("test")
    told: list[str] = []

    class Listener(QLabel):
        def hear(self, what: object) -> None:
            told.append(self.text())

    gone, there = Listener("gone"), Listener("there")
    qtbot.addWidget(there)
    free = threading.Event()

    def fail() -> None:
        raise ValueError

    for listener in (gone, there):
        background.run(free.wait, listener.hear)
        background.run(fail, failed=listener.hear)
    delete(gone)
    free.set()
    qtbot.waitUntil(lambda: background.idle, timeout=20_000)
    assert told == ["there", "there"]
    assert background.close()
