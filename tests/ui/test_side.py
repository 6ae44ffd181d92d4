from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from ui_library import Small, aged

from heimdex.domain.stages import Changes, Stage
from heimdex.ui.side.full_screen import FullScreen
from heimdex.ui.side.player import Player
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


@pytest.fixture
def window(filled: Small, open_window: OpenWindow) -> Window:
    return open_window(filled)


def player(window: Window) -> Player:
    assert window.side.view is not None
    return window.side.view.player


def loaded(window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.side.view is not None, timeout=20_000)
    qtbot.waitUntil(lambda: not window.side.view.surface.image.isNull(), timeout=15_000)  # type: ignore[union-attr]


def test_choosing_a_video_shows_what_is_said_without_playing(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    window.library.view.setCurrentIndex(window.library.model.index_of(filled.videos["beach.mp4"]))
    qtbot.waitUntil(lambda: window.side.transcript.lines.rowCount() == 2, timeout=20_000)
    assert window.side.title.text() == "beach"
    assert not player(window).playing
    facts = dict(window.side._details._facts(window.side.details))  # type: ignore[arg-type]
    assert facts["Picture"].startswith("160 × 90, H264")
    assert facts["Language"] == "English"


def test_text_on_screen_has_a_tab_where_there_is_any_and_a_click_jumps(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    side = window.side
    window.library.view.setCurrentIndex(window.library.model.index_of(filled.videos["beach.mp4"]))
    qtbot.waitUntil(lambda: side.transcript.lines.rowCount() == 2, timeout=20_000)
    assert not side._tabs.isTabVisible(1)
    video = filled.videos["beach.mp4"]
    filled.written(video, "JEJU 2019", "어서 오세요")
    window.session.changed.emit(Changes(videos=frozenset({video})))  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: side.written.lines.rowCount() == 2, timeout=20_000)
    assert side._tabs.isTabVisible(1)
    assert side._tabs.tabText(1) == "On screen"
    side._tabs.setCurrentIndex(1)
    assert side._pages.currentWidget().isAncestorOf(side.written)
    with qtbot.waitSignal(side.written.sought) as sought:
        side.written.clicked.emit(side.written.lines.index(1, 0))
    assert sought.args == [1000]


def test_playing_begins_at_the_asked_second_to_a_frame(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    window.play(filled.videos["beach.mp4"], 3000)
    loaded(window, qtbot)
    assert 2900 <= window.side.position <= 4500
    player(window).pause()
    player(window).seek(1000)
    qtbot.waitUntil(lambda: abs(window.side.position - 1000) <= 100, timeout=20_000)


def test_the_transcript_follows_and_a_click_jumps(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    window.play(filled.videos["beach.mp4"], 2500)
    loaded(window, qtbot)
    qtbot.waitUntil(lambda: window.side.transcript.lines.current == 1, timeout=20_000)
    view = window.side.transcript
    place = view.visualRect(view.lines.index(0, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: view.lines.current == 0, timeout=20_000)
    assert window.side.position < 2000


def test_the_keys_of_an_editing_desk(window: Window, filled: Small, qtbot: QtBot) -> None:
    window.play(filled.videos["beach.mp4"], 0)
    loaded(window, qtbot)
    window.library.view.setFocus()
    QTest.keyClick(window, Qt.Key.Key_K)
    assert not player(window).playing
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: player(window).playing)
    QTest.keyClick(window, Qt.Key.Key_L)
    assert player(window).rate == 1.5
    QTest.keyClick(window, Qt.Key.Key_J)
    assert player(window).rate == 1.0
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not player(window).playing)
    window.field.line.setFocus()
    QTest.keyClicks(window.field.line, "jkl ")
    assert window.field.text == "jkl "
    assert not player(window).playing


def test_the_keys_step_through_the_frames(window: Window, filled: Small, qtbot: QtBot) -> None:
    window.play(filled.videos["beach.mp4"], 3000)
    loaded(window, qtbot)
    window.library.view.setFocus()
    QTest.keyClick(window, Qt.Key.Key_K)
    player(window).seek(2000)
    qtbot.waitUntil(lambda: window.side.position == 2000, timeout=20_000)
    # Ten frames a second.
    for key, at in ((Qt.Key.Key_Period, 2100), (Qt.Key.Key_Period, 2200), (Qt.Key.Key_Comma, 2100)):
        QTest.keyClick(window, key)
        qtbot.waitUntil(lambda at=at: window.side.position == at, timeout=20_000)
    assert not player(window).playing
    player(window).seek(0)
    qtbot.waitUntil(lambda: window.side.position == 0, timeout=20_000)
    QTest.keyClick(window, Qt.Key.Key_Comma)
    assert window.side.position == 0


@pytest.mark.parametrize("rate", [24.0, 25.0, 30000 / 1001, 59.94, 11.9])
def test_stepping_meets_every_frame_once(window: Window, rate: float) -> None:
    window.side._player()
    moved: list[int] = []
    stepped = player(window)
    stepped._path, stepped._begin, stepped._frame_rate = Path("x.mp4"), 0, rate
    for _ in range(200):
        stepped.step_forward()
        moved.append(stepped.position)
    # Each lies in its own frame: at or after that one's time, before the next one's.
    assert [int(at * rate / 1000 + 1e-9) for at in moved] == list(range(1, 201))
    for _ in range(200):
        stepped.step_back()
    assert stepped.position == 0


def test_sound_goes_off_and_on_by_key(window: Window, filled: Small, qtbot: QtBot) -> None:
    window.play(filled.videos["beach.mp4"], 0)
    loaded(window, qtbot)
    window.library.view.setFocus()
    QTest.keyClick(window, Qt.Key.Key_M)
    assert player(window).muted
    QTest.keyClick(window, Qt.Key.Key_M)
    assert not player(window).muted


def test_what_is_said_is_copied_and_saved_as_subtitles(
    window: Window, filled: Small, qtbot: QtBot, tmp_path: Path
) -> None:
    taking = window.side.taking
    assert not taking.isVisible()
    window.side.show_video(filled.videos["beach.mp4"])
    qtbot.waitUntil(taking.isVisible, timeout=20_000)
    taking.copy()
    assert QApplication.clipboard().text().startswith("Look at the sea.")
    target = tmp_path / "beach.srt"
    target.write_text("an older one")
    with qtbot.waitSignal(taking.said, timeout=20_000) as said:
        taking.save(target, "srt")
    assert said.args == ["Saved as beach.srt.", False]
    assert target.read_text().startswith("1\n00:00:00,000 --> 00:00:01,900\nLook at the sea.\n")
    with qtbot.waitSignal(window.session.said, timeout=20_000) as said:  # type: ignore[union-attr]
        taking.save(tmp_path / "no folder" / "beach.srt", "srt")
    assert said.args[0].endswith("cannot be written (No such file or directory).")
    # Where nobody speaks, there is nothing to take.
    filled.spoken(filled.videos["party.mp4"])
    window.side.show_video(filled.videos["party.mp4"])
    qtbot.waitUntil(lambda: not taking.isVisible(), timeout=20_000)


def test_a_file_that_was_not_listened_to_says_why_beside_the_player(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    path = filled.media / "broken.mp4"
    path.write_text("no video")
    video = filled.add(aged(path))
    filled.fail(video, Stage.PROBE, "broken.mp4 is empty.\nmoov atom not found")
    window.side.show_video(video)
    qtbot.waitUntil(lambda: window.side.details is not None, timeout=20_000)
    assert window.side._silent.text() == "broken.mp4 is empty."


def test_what_is_new_about_the_shown_video_appears(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    video = filled.videos["interview.m4a"]
    window.side.show_video(video)
    qtbot.waitUntil(lambda: window.side.transcript.lines.rowCount() == 1, timeout=20_000)
    filled.spoken(video, "One.", "Two.", "Three.")
    window.session.changed.emit(Changes(videos=frozenset({video})))  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: window.side.transcript.lines.rowCount() == 3, timeout=20_000)


def test_a_file_that_cannot_be_played_says_so(window: Window, filled: Small, qtbot: QtBot) -> None:
    (filled.media / "beach.mp4").write_bytes(b"no longer a video")
    window.play(filled.videos["beach.mp4"], 0)
    qtbot.waitUntil(lambda: window.side.view is not None, timeout=20_000)
    qtbot.waitUntil(lambda: window.side.view.problem.isVisible(), timeout=10_000)  # type: ignore[union-attr]


def test_a_removed_video_leaves_the_side(window: Window, filled: Small, qtbot: QtBot) -> None:
    video = filled.videos["beach.mp4"]
    window.side.show_video(video)
    qtbot.waitUntil(lambda: window.side.details is not None, timeout=20_000)
    window.session.remove([video])  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: window.side.details is None, timeout=20_000)


def test_full_screen_and_back(window: Window, filled: Small, qtbot: QtBot) -> None:
    window.play(filled.videos["beach.mp4"], 0)
    loaded(window, qtbot)
    view = window.side.view
    assert view is not None
    view.toggle_full()
    full = view.surface.window()
    assert isinstance(full, FullScreen)
    qtbot.waitUntil(full.isActiveWindow)
    # It fills the screen with the picture, not with black.
    qtbot.waitUntil(lambda: view.surface.size() == full.size())
    assert view.surface.picture_rect().width() == full.width()
    shown = full.grab().toImage().pixelColor(full.rect().center())
    assert shown.lightness() > 0
    QTest.keyClick(full, Qt.Key.Key_K)
    QTest.keyClick(full, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: window.side.position >= 5000, timeout=20_000)
    qtbot.waitUntil(lambda: full.time.text().endswith("/ 0:06"), timeout=20_000)
    full._hide_bar()
    assert not full.bar.isVisible()
    middle = QPointF(view.surface.rect().center())
    no = (Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(view.surface, QMouseEvent(QEvent.Type.MouseMove, middle, middle, *no))
    assert full.bar.isVisible()
    QTest.keyClick(full, Qt.Key.Key_Escape)
    assert view.surface.window() is window
    qtbot.waitUntil(lambda: view.surface.height() == round(view.width() * 9 / 16))


def test_the_side_closes_and_the_choice_is_kept(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    window.side.closed.emit()
    assert not window.side.isVisible()
    assert not window.preferences.side_open
    window.play(filled.videos["beach.mp4"], 0)
    assert window.side.isVisible()
