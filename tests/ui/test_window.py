from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit
from pytestqt.qtbot import QtBot
from ui_library import Small

from heimdex.ui import language, wording
from heimdex.ui.preferences import Preferences
from heimdex.ui.settings import SettingsDialog
from heimdex.ui.theme import Theme
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]
RESOURCES = Path(__file__).resolve().parents[2] / "resources"


def test_keys_lead_everywhere(filled: Small, open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(filled)
    window.activateWindow()
    for number, panel in enumerate(("library", "search", "people", "activity"), 1):
        QTest.keyClick(window, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.ControlModifier)
        assert window.panel == panel
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is window.field.line
    QTest.keyClick(window.field.line, Qt.Key.Key_Escape)
    assert window.panel == "library"
    view = window.library.view
    view.setFocus()
    view.setCurrentIndex(window.library.model.index(0, 0))
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.currentIndex().row() == 1
    with qtbot.waitSignal(window.library.play_requested):
        QTest.keyClick(view, Qt.Key.Key_Return)


def test_every_control_has_a_name(filled: Small, open_window: OpenWindow) -> None:
    window = open_window(filled)
    nameless = [
        f"{widget.objectName()} in {widget.parentWidget()}"
        for kind in (QAbstractButton, QLineEdit)
        for widget in window.findChildren(kind)
        if widget.isVisibleTo(widget.parentWidget())
        and not widget.accessibleName()
        and not (isinstance(widget, QAbstractButton) and widget.text())
        and not widget.objectName().startswith("qt_")
        and not widget.objectName().endswith("ScrollLeftButton")
        and not widget.objectName().endswith("ScrollRightButton")
    ]
    assert nameless == []


def test_changing_the_theme_recolours_at_once(
    filled: Small, open_window: OpenWindow, theme: Theme
) -> None:
    window = open_window(filled)
    assert window.grab().toImage().pixelColor(100, 400) == QColor(theme.colour("background"))
    theme.choose("dark")
    assert theme.dark
    assert window.grab().toImage().pixelColor(100, 400) == QColor(theme.colour("background"))
    theme.choose("light")


def contrast(first: QColor, second: QColor) -> float:
    """WCAG 2.1, relative luminance."""

    def luminance(colour: QColor) -> float:
        parts = []
        for part in (colour.redF(), colour.greenF(), colour.blueF()):
            parts.append(part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4)
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_can_be_read_on_what_it_stands_on(theme: Theme, mode: str) -> None:
    theme.choose(mode)
    for text, ground in (
        ("text", "background"), ("text", "surface"), ("text", "accent_soft"), ("text", "hover"),
        ("muted", "background"), ("muted", "surface"), ("muted", "sunken"), ("muted", "rail"),
        ("accent", "background"), ("accent", "accent_soft"), ("on_accent", "accent"),
        ("on_mark", "mark"), ("danger", "background"), ("danger", "danger_soft"),
        ("warning", "background"), ("warning", "surface"), ("ok", "surface"),
    ):  # fmt: skip
        ratio = contrast(theme.colour(text), theme.colour(ground))
        assert ratio >= 4.5, f"{text} on {ground}: {ratio:.2f}"


def test_settings_show_folders_models_and_change_the_look(
    filled: Small, open_window: OpenWindow, qtbot: QtBot, theme: Theme
) -> None:
    folder = filled.media / "watched"
    folder.mkdir()
    filled.clip("watched/one.mp4", seconds=1)
    filled.library.scanner.add([folder])
    window = open_window(filled)
    dialog = SettingsDialog(theme, window.preferences, window.session, window)  # type: ignore[arg-type]
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.folders.count() == 1, timeout=20_000)
    qtbot.waitUntil(lambda: len(dialog.models.lines) >= 5, timeout=20_000)
    used = {line.id: line for line in dialog.models.lines}
    assert used["effnet-lite2-use"].licence == "Apache-2.0"
    assert "hardly sees people" in used["effnet-lite2-use"].about
    dialog.theme_box.setCurrentIndex(dialog.theme_box.findData("dark"))
    assert theme.dark
    theme.choose("light")
    window.session.remove_folder(filled.library.catalogue.folders()[0])  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: filled.library.catalogue.folders() == [], timeout=20_000)
    assert (folder / "one.mp4").exists()
    recent = filled.library.searches.store
    recent.remember("birthday")
    dialog.forgetting.click()
    qtbot.waitUntil(lambda: recent.recent() == [], timeout=20_000)
    dialog.accept()


def test_a_folder_inside_another_that_is_removed_stays_away(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    inner = filled.media / "watched" / "private"
    inner.mkdir(parents=True)
    filled.clip("watched/private/one.mp4", seconds=1)
    scanner, catalogue = filled.library.scanner, filled.library.catalogue
    scanner.add([inner])
    scanner.add([inner.parent])
    window = open_window(filled)
    assert window.session is not None
    [folder] = [each for each in catalogue.folders() if each.path == inner]
    window.session.remove_folder(folder)
    qtbot.waitUntil(lambda: catalogue.file(inner / "one.mp4") is None, timeout=20_000)
    assert scanner.rescan().added == []
    assert [each.path for each in catalogue.folders()] == [inner.parent]
    # Chroma is told, for which it is imported first: longer than closing waits on a busy machine.
    session = window.session
    qtbot.waitUntil(lambda: session._background.idle, timeout=60_000)


def test_another_language_may_be_had_at_once(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(filled)
    window.open_settings("look")
    dialog = window.findChild(SettingsDialog)
    assert dialog is not None
    assert not dialog.start_again.isVisible()
    dialog.language_box.setCurrentIndex(dialog.language_box.findData("ko"))
    assert window.preferences.language == "ko"
    with qtbot.waitSignal(window.session.restart_wanted):  # type: ignore[union-attr]
        dialog.start_again.click()


def test_preferences_come_back(home: Path) -> None:
    home.mkdir()
    first = Preferences(home)
    first.theme, first.language, first.volume, first.side_open = "dark", "ko", 35, False
    first.save()
    again = Preferences(home)
    assert (again.theme, again.language, again.volume, again.side_open) == ("dark", "ko", 35, False)


@pytest.fixture
def korean(qapp: QApplication) -> object:
    spoken = language.install(qapp, RESOURCES, "ko")
    yield spoken
    language.install(qapp, RESOURCES, "en")


def test_the_window_speaks_korean(
    korean: str, qtbot: QtBot, theme: Theme, preferences: Preferences
) -> None:
    assert korean == "ko"
    window = Window(theme, preferences)
    qtbot.addWidget(window)
    assert window.rail.buttons["library"].text() == "보관함"
    assert wording.span(600) == "약 10분"
    assert QLocale().language() == QLocale.Language.Korean


def test_english_counts_one_and_many(qapp: QApplication) -> None:
    language.install(qapp, RESOURCES, "en")
    assert [wording.span(s) for s in (10, 61, 300, 3600, 5400)] == [
        "less than a minute", "about 1 minute", "about 5 minutes", "about 1 hour",
        "about 1 h 30 min",
    ]  # fmt: skip


def test_times_are_short(qapp: QApplication) -> None:
    assert [wording.clock(ms) for ms in (-5, 0, 61_999, 3_723_000)] == [
        "0:00", "0:00", "1:01", "1:02:03",
    ]  # fmt: skip


def test_every_icon_that_is_named_can_be_drawn(theme: Theme) -> None:
    for path in (RESOURCES / "icons").glob("*.svg"):
        image = theme.pixmap(path.stem, 24, "text").toImage()
        inked = sum(
            image.pixelColor(x, y).alpha() > 0 for x in range(0, 24, 2) for y in range(0, 24, 2)
        )
        assert inked > 3, path.stem
