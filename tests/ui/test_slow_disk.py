"""The window's thread asks neither the disk nor the database: however slow they are, it answers.

What Qt itself reads is not seen here; `heimdex bench torture` measures the pauses on a real slow
disk.
"""

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from ui_library import Small

from heimdex.ui.rail import PANELS
from heimdex.ui.window import Window

EVENTS = {"open", "os.listdir", "os.scandir"}
_listening: list[Callable[[str, object], None]] = []


def _hear(event: str, args: tuple[object, ...]) -> None:
    if event in EVENTS and _listening:
        for listener in _listening:
            listener(event, args[0])


sys.addaudithook(_hear)  # a hook cannot be taken away again; without a listener it does nothing


class Touched:
    """What the window's thread asked of the disk, and where in the program."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.found: list[str] = []

    def file(self, event: str, path: object) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        if isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(
            self.folder
        ):
            self._add(f"{event} {Path(os.fsdecode(path)).name}")

    def statement(self, text: str) -> None:
        self._add(text[:80])

    def _add(self, what: str) -> None:
        place = [f for f in traceback.extract_stack() if "/heimdex/" in f.filename]
        if place:
            self.found.append(f"{what} at {Path(place[-1].filename).name}:{place[-1].lineno}")


@contextmanager
def watched(small: Small, monkeypatch: pytest.MonkeyPatch) -> Iterator[Touched]:
    """Note what this thread asks of the library, the disk below it and the videos."""
    touched = Touched(small.media.parent)
    connection = small.library.database.read()  # this thread's own
    stat, lstat = os.stat, os.lstat

    def slow_stat(path: object, *args: object, **options: object) -> object:
        touched.file("stat", path)
        return stat(path, *args, **options)  # type: ignore[arg-type]

    def slow_lstat(path: object, *args: object, **options: object) -> object:
        touched.file("lstat", path)
        return lstat(path, *args, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", slow_stat)
        patch.setattr(os, "lstat", slow_lstat)
        connection.set_trace_callback(touched.statement)
        _listening.append(touched.file)
        try:
            yield touched
        finally:
            _listening.clear()
            connection.set_trace_callback(None)


def test_the_windows_thread_asks_nobody_who_may_be_slow(
    qtbot: QtBot,
    filled: Small,
    open_window: Callable[..., Window],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = open_window(filled)
    session = window.session
    assert session is not None
    with watched(filled, monkeypatch) as touched:
        for panel in (*PANELS, *PANELS):
            window.show_panel(panel)
            qtbot.waitUntil(lambda: session._background.idle, timeout=10_000)
            qtbot.wait(20)
        with qtbot.waitSignal(session.searching.answered, timeout=20_000):
            window.search("birthday cake")
        window.results.list.setCurrentIndex(window.results.list.model().index(0, 0))
        window.show_panel("library")
        window.library.view.setCurrentIndex(window.library.model.index(0, 0))
        qtbot.waitUntil(lambda: window.side.details is not None, timeout=10_000)
        window.search("sea")
        qtbot.wait(400)
        session.look_again()
        qtbot.waitUntil(lambda: session._scans == 0, timeout=10_000)
        qtbot.waitUntil(lambda: session._background.idle, timeout=10_000)
    assert touched.found == []


def test_it_would_be_noticed(filled: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(filled, monkeypatch) as touched:
        filled.library.catalogue.videos()
        filled.library.artefacts.put_poster(filled.videos["beach.mp4"], b"\xff\xd8x")
        filled.library.backups.make(filled.library.database)
    assert any("SELECT" in each for each in touched.found)
    assert any(each.startswith("open poster.part") for each in touched.found)
    assert any(each.startswith("stat library") for each in touched.found)
