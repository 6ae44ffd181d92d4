"""Devices, the reader of text and the hemisphere are chosen in the window and kept in the file."""

import tomllib
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from heimdex.bootstrap import Library
from heimdex.config.settings import DEVICES, HEMISPHERES, OCR_MODELS, Settings
from heimdex.ui.processing_page import ProcessingPage
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme


@pytest.fixture
def page(library: Library, theme: Theme, qtbot: QtBot) -> Iterator[ProcessingPage]:
    session = Session(library)
    shown = ProcessingPage(theme, session)
    qtbot.addWidget(shown)
    shown.show()
    qtbot.waitUntil(lambda: shown.boxes["asr_device"].currentData() == "cpu", timeout=20_000)
    yield shown
    assert session.close()


def pick(page: ProcessingPage, qtbot: QtBot, setting: str, value: str) -> None:
    """Choose with the keyboard, as a person would."""
    box = page.boxes[setting]
    box.setFocus()
    down = box.findData(value) - box.currentIndex()
    assert down != 0
    for _ in range(abs(down)):
        qtbot.keyClick(box, Qt.Key.Key_Down if down > 0 else Qt.Key.Key_Up)


def test_what_is_set_now_is_shown_and_nothing_is_coming(page: ProcessingPage) -> None:
    shown = {setting: box.currentData() for setting, box in page.boxes.items()}
    assert shown == {
        "asr_device": "cpu",
        "text_device": "cpu",
        "vision_device": "cpu",
        "face_device": "cpu",
        "ocr_model": "auto",
        "hemisphere": "north",
    }
    assert page.told.isHidden()
    assert page.restart.isHidden()


def test_every_value_of_a_setting_can_be_chosen(page: ProcessingPage) -> None:
    def offered(setting: str) -> set[str]:
        box = page.boxes[setting]
        return {box.itemData(at) for at in range(box.count())}

    assert offered("ocr_model") == set(OCR_MODELS)
    assert offered("hemisphere") == set(HEMISPHERES)
    # One of the two graphics processors cannot be in this kind of computer.
    assert offered("face_device") < set(DEVICES)
    assert len(offered("face_device")) == len(DEVICES) - 1


def test_a_choice_is_written_and_in_use_from_the_next_start_on(
    page: ProcessingPage, library: Library, qtbot: QtBot
) -> None:
    pick(page, qtbot, "vision_device", "auto")
    qtbot.waitUntil(lambda: not page.told.isHidden(), timeout=20_000)
    pick(page, qtbot, "hemisphere", "south")
    pick(page, qtbot, "ocr_model", "off")
    home = library.directories.home

    def written() -> tuple[str, str, str]:
        settings = Settings.load(home)
        return settings.vision_device, settings.hemisphere, settings.ocr_model

    qtbot.waitUntil(lambda: written() == ("auto", "south", "off"), timeout=20_000)
    assert "asr_device" not in tomllib.loads((home / "settings.toml").read_text("utf-8"))
    with qtbot.waitSignal(page._session.restart_wanted):
        page.restart.click()
    for setting, value in (
        ("vision_device", "cpu"),
        ("hemisphere", "north"),
        ("ocr_model", "auto"),
    ):
        qtbot.waitUntil(lambda: page.boxes[setting].currentData() != value, timeout=20_000)  # noqa: B023
        pick(page, qtbot, setting, value)
    # Back where the library was opened with, there is nothing to start again for.
    qtbot.waitUntil(page.restart.isHidden, timeout=20_000)


def test_a_variable_that_overrules_the_choice_is_named(
    page: ProcessingPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCR_MODEL", "off")
    pick(page, qtbot, "ocr_model", "tesseract")
    qtbot.waitUntil(lambda: "OCR_MODEL" in page.problem.text, timeout=20_000)
    qtbot.waitUntil(lambda: page.boxes["ocr_model"].currentData() == "off", timeout=20_000)


def test_a_device_of_another_computer_is_shown_as_it_is_written(
    library: Library, theme: Theme, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = "mps"
    monkeypatch.setattr("sys.platform", "linux")
    Settings.change(library.directories.home, {"face_device": foreign})
    session = Session(library)
    shown = ProcessingPage(theme, session)
    qtbot.addWidget(shown)
    qtbot.waitUntil(lambda: shown.boxes["face_device"].currentText() == foreign, timeout=20_000)
    assert session.close()
