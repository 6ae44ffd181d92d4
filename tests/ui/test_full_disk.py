"""A library that cannot be written to: said where somebody looks, nothing typed is lost, and what
waited goes on by itself. `heimdex bench torture --only denials` does it on a real full disk."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from ui_library import Small

from heimdex.bootstrap import Library
from heimdex.domain.errors import UserError
from heimdex.indexing.worker import WorkReport
from heimdex.ui import jobs
from heimdex.ui.jobs import JobRunner
from heimdex.ui.preferences import Preferences
from heimdex.ui.processing_page import ProcessingPage
from heimdex.ui.session import Session
from heimdex.ui.settings import SettingsDialog
from heimdex.ui.theme import Theme
from heimdex.ui.window import Window

FULL = "The disk that holds /library is full; free some space and try again."
OpenWindow = Callable[..., Window]


class Halting:
    """A worker that gives up because the disk is full, until it is not."""

    def __init__(self) -> None:
        self.full = True
        self.runs = 0
        self.resumed = 0

    def run(self, on_event: object, should_stop: object) -> WorkReport:
        self.runs += 1
        return WorkReport(halted=FULL if self.full else "")

    def resume_waiting(self) -> int:
        self.resumed += 1
        return 1


def test_a_full_disk_is_said_once_and_indexing_goes_on_once_it_has_room(
    qapp: object, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "RETRY_AFTER_ERROR_S", 0.01)
    worker = Halting()
    runner = JobRunner(worker)
    said: list[str] = []
    troubles: list[str] = []
    runner.crashed.connect(said.append)
    runner.troubled.connect(troubles.append)
    runner.start()
    qtbot.waitUntil(lambda: worker.runs >= 4, timeout=20_000)
    assert said == troubles == [FULL]
    assert worker.resumed >= 3
    # Whoever does something meanwhile is told again.
    runner.wake()
    qtbot.waitUntil(lambda: len(said) == 2, timeout=20_000)
    worker.full = False
    qtbot.waitUntil(lambda: troubles == [FULL, ""], timeout=20_000)
    # What was put aside has been queued again, and nothing is tried any more without a reason.
    runs = worker.runs
    qtbot.wait(100)
    assert worker.runs == runs
    runner.stop()
    assert runner.wait(2000)


def test_a_disk_that_stays_full_is_tried_less_and_less_often() -> None:
    pauses = [0.0]
    for _ in range(8):
        pauses.append(jobs._next_pause(pauses[-1]))
    assert pauses[1:7] == [30.0, 60.0, 120.0, 240.0, 480.0, 600.0]
    assert pauses[-1] == 600.0


def test_the_strip_says_why_nothing_goes_on(
    slow: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    slow.add(slow.clip("a.mp4", seconds=1))
    window = open_window(slow)
    assert window.session is not None
    window.session.jobs._stand_still(FULL)
    qtbot.waitUntil(lambda: FULL in window.jobbar.text.text(), timeout=20_000)
    window.session.jobs._stand_still("")
    qtbot.waitUntil(lambda: FULL not in window.jobbar.text.text(), timeout=20_000)


def test_a_name_that_was_not_kept_is_given_again_by_enter(
    filled: Small, open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(filled)
    window.show_panel("people")
    qtbot.waitUntil(lambda: bool(window.people.cards), timeout=20_000)
    field = window.people.cards[0].field
    field.setFocus()
    QTest.keyClicks(field, "Ann")
    with monkeypatch.context() as full:
        full.setattr(type(filled.library.people), "name", refuse)
        QTest.keyClick(field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: window.toast.text == FULL, timeout=20_000)
    assert field.text() == "Ann"
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: [p.name for p in filled.library.people.named()] == ["Ann"], timeout=20_000
    )


def refuse(*_: object) -> None:
    raise UserError(FULL)


def no_room(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_setting_that_was_not_kept_is_told_on_its_page(
    library: Library, theme: Theme, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(library)
    page = ProcessingPage(theme, session)
    qtbot.addWidget(page)
    page.show()
    box = page.boxes["hemisphere"]
    qtbot.waitUntil(lambda: box.currentData() == "north", timeout=20_000)
    monkeypatch.setattr(tempfile, "mkstemp", no_room)
    box.setCurrentIndex(box.findData("south"))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: "is full" in page.problem.text, timeout=20_000)
    assert page.problem.isVisible()
    # It does not look as if it had been taken.
    qtbot.waitUntil(lambda: box.currentData() == "north", timeout=20_000)
    assert session.close()


def test_a_look_that_cannot_be_kept_is_told(
    library: Library, theme: Theme, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "no folder").touch()
    preferences = Preferences(tmp_path / "no folder")
    session = Session(library)
    dialog = SettingsDialog(theme, preferences, session)
    qtbot.addWidget(dialog)
    dialog.show_page("look")
    dialog.show()
    dialog.theme_box.setCurrentIndex(dialog.theme_box.findData("dark"))
    assert dialog._unkept.isVisible()
    assert "window.ini" in dialog._unkept.text
    assert not preferences.save()
    assert Preferences(tmp_path).save()
    dialog.close()
    assert session.close()
