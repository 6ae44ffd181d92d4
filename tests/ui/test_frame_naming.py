"""A face on a stopped frame is named, with the real player and the real face models."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from ui_library import Small, aged

from heimdex.ui.people.frame import FrameNaming
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


@pytest.fixture
def stopped(
    starter_models: Path,
    small: Small,
    sample_media: Path,
    open_window: OpenWindow,
    qtbot: QtBot,
) -> FrameNaming:
    """The sample with a face in it, stopped at its first second."""
    clip = aged(Path(shutil.copy(sample_media / "astronaut.mp4", small.media)))
    video = small.probed(clip)
    small.library.jobs.cancel(job.id for job in small.library.jobs.jobs())
    window = open_window(small)
    window.play(video, 1_000)
    side = window.side
    qtbot.waitUntil(lambda: side.view is not None and not side.view.surface.image.isNull(),
                    timeout=15_000)  # fmt: skip
    side.view.player.pause()  # type: ignore[union-attr]
    assert side.naming is not None
    return side.naming


def test_a_face_on_a_stopped_frame_is_named(
    stopped: FrameNaming, small: Small, qtbot: QtBot
) -> None:
    overlay = stopped.overlay
    QTest.mouseClick(stopped.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(overlay.faces) == 1, timeout=60_000)
    assert overlay.isVisible()
    [face] = overlay.faces
    assert overlay.caption(face) == "This is…"
    box = overlay.box(face)
    assert overlay.rect().contains(box)
    assert box.width() > 10
    before = QApplication.focusWidget()
    QTest.mouseClick(overlay, Qt.MouseButton.LeftButton, pos=box.center())
    assert stopped.field is not None
    assert QApplication.focusWidget() is stopped.field
    QTest.keyClicks(stopped.field, "Eileen")
    QTest.keyClick(stopped.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [p.name for p in small.library.people.list()] == ["Eileen"],
                    timeout=10_000)  # fmt: skip
    assert not overlay.isVisible()
    assert QApplication.focusWidget() is before
    # The same face is known now, although no stage has looked at this video yet.
    QTest.mouseClick(stopped.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(overlay.faces) == 1, timeout=60_000)
    assert overlay.caption(overlay.faces[0]) == "Eileen?"
    # A click beside the face takes the boxes away; so does playing on.
    QTest.mouseClick(overlay, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert not overlay.isVisible()


def test_playing_on_takes_the_faces_away(stopped: FrameNaming, qtbot: QtBot) -> None:
    stopped.ask()
    qtbot.waitUntil(lambda: len(stopped.overlay.faces) == 1, timeout=60_000)
    stopped.open_field(0)
    assert stopped.popup is not None
    stopped._view.player.play()
    qtbot.waitUntil(lambda: not stopped.overlay.isVisible(), timeout=20_000)
    assert stopped.popup is None


def test_switched_off_says_so(stopped: FrameNaming, small: Small, qtbot: QtBot) -> None:
    small.library.people.enabled = False
    with qtbot.waitSignal(stopped.said, timeout=10_000) as said:
        stopped.ask()
    assert "switched off" in said.args[0]
    assert stopped.overlay.faces == []
