"""A real small library, the window on it, and a check that neither leaves threads behind."""

import dataclasses
import gc
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

sys.path.insert(0, str(Path(__file__).resolve().parent))

from ui_library import SlowEngine, Small, aged

from heimdex.bootstrap import Library, open_library
from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.domain.stages import Stage
from heimdex.indexing.worker import Worker
from heimdex.ui import language
from heimdex.ui.preferences import Preferences
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.window import Window
from media_factory import make_audio, make_clip

RESOURCES = Path(__file__).resolve().parents[2] / "resources"


@pytest.fixture(autouse=True)
def no_leaks(qapp: QApplication) -> Iterator[None]:
    """Threads that a test started have ended after it."""
    before = set(threading.enumerate())
    # As in the application (see `ui.garbage`).
    gc.disable()
    yield
    gc.collect()
    gc.enable()
    left = [t for t in threading.enumerate() if t not in before and t.name.startswith("heimdex")]
    for thread in left:
        thread.join(3.0)
    assert [t.name for t in left if t.is_alive()] == []


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(RESOURCES, "light")


@pytest.fixture
def preferences(home: Path) -> Preferences:
    home.mkdir(exist_ok=True)
    return Preferences(home)


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    directories = Directories.resolve(None)
    with open_library(directories, Settings(stable_seconds=0)) as opened:
        yield opened


@pytest.fixture
def small(library: Library, tmp_path: Path) -> Small:
    """Empty; tests fill it."""
    media = tmp_path / "media"
    media.mkdir()
    return Small(library, media)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The media of `filled`, encoded once."""
    folder = tmp_path_factory.mktemp("shelf")
    make_clip(folder / "beach.mp4", size=(160, 90), frames=60, fps=10, audio="tone")
    make_clip(folder / "party.mp4", size=(160, 90), frames=61, fps=10, audio="tone")
    make_audio(folder / "interview.m4a", "tone", seconds=3.0)
    return folder


@pytest.fixture
def filled(small: Small, shelf: Path) -> Small:
    """Two videos and a sound file, indexed as far as the panels show; nothing waits."""
    for path in shelf.iterdir():
        aged(Path(shutil.copy(path, small.media)))
    beach = small.probed(small.media / "beach.mp4", "goldenrod")
    small.spoken(beach, "Look at the sea.", "We will see the birthday cake tomorrow.")
    small.scenes(beach)
    small.faces(beach, 1, 1, 2)
    party = small.probed(small.media / "party.mp4", "indianred")
    small.spoken(party, "생일 축하해요.", "Blow out the candles.", language="ko")
    small.scenes(party)
    small.faces(party, 1)
    small.spoken(small.probed(small.media / "interview.m4a"), "The interview begins.")
    small.library.jobs.cancel(job.id for job in small.library.jobs.jobs())
    return small


@pytest.fixture
def slow(small: Small) -> Small:
    """Its worker is real, its engine a slow one that runs three stages."""
    library = small.library
    engine = SlowEngine()
    worker = Worker(
        library.catalogue,
        library.stages,
        library.jobs,
        engine,
        lambda: dict.fromkeys((Stage.SPEECH, Stage.PASSAGES, Stage.VISION, Stage.FACES), "none@1"),
        sync=lambda: None,
        on_faces=lambda video_id: None,
        on_lost=lambda video_id: None,
    )
    return dataclasses.replace(small, library=dataclasses.replace(library, worker=worker))


@pytest.fixture
def open_window(
    qtbot: QtBot, theme: Theme, preferences: Preferences, qapp: QApplication
) -> Iterator[Callable[..., Window]]:
    """Gives a window on a library; both are closed after the test."""
    language.install(qapp, RESOURCES, "en")
    opened: list[tuple[Window, Session]] = []

    def make(small: Small, *, work: bool = False) -> Window:
        window = Window(theme, preferences)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        window.show()
        session = Session(small.library)
        opened.append((window, session))
        window.attach(session)
        if work:
            session.start()
        qtbot.waitUntil(lambda: session._background.idle, timeout=10_000)
        return window

    yield make
    for window, session in opened:
        window.close()
        assert session.close()
