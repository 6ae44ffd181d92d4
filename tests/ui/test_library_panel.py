import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from ui_library import Small

from heimdex.domain.ids import VideoId
from heimdex.domain.media import FileState, Video
from heimdex.domain.stages import Stage, StageStatus
from heimdex.ui.library.folders import Branch, branches
from heimdex.ui.library.model import LibraryModel, Row, Show, Sort
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


def drop(window: Window, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(200, 200),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


def test_shows_every_video_with_what_was_found_in_it(
    filled: Small, open_window: OpenWindow
) -> None:
    # Everything was looked for in it, and nothing was there.
    silent = filled.videos["party.mp4"]
    filled.faces(silent)
    filled.spoken(silent)
    filled.written(silent)
    filled.written(filled.videos["beach.mp4"], "LIFEGUARD ON DUTY")
    window = open_window(filled)
    model = window.library.model
    rows = {row.video.title: row for row in map(model.at, map(model.index, range(3))) if row}
    assert set(rows) == {"beach", "party", "interview"}
    assert rows["beach"].found == {Stage.PASSAGES, Stage.FACES, Stage.OCR}
    assert rows["interview"].found == {Stage.PASSAGES}
    assert rows["party"].found == set()
    assert rows["party"].runs[Stage.FACES].status is StageStatus.DONE
    for show, titles in (
        (Show.SPEECH, ["beach", "interview"]),
        (Show.PEOPLE, ["beach"]),
        (Show.TEXT, ["beach"]),
    ):
        model.arrange(Sort.TITLE, show)
        assert [model.index(i, 0).data() for i in range(model.rowCount())] == titles
    assert window.library.count.text() == "3 videos"
    assert not window.library.is_empty


def test_erased_faces_are_no_longer_shown_on_cards(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(filled)
    beach = filled.videos["beach.mp4"]
    model = window.library.model
    assert Stage.FACES in model.row(beach).found  # type: ignore[union-attr]
    window.people.actions_.erase_everything()
    qtbot.waitUntil(lambda: Stage.FACES not in model.row(beach).found, timeout=20_000)  # type: ignore[union-attr]


def many(count: int) -> dict[VideoId, Row | None]:
    """Made-up videos, ten a month from January 2010 on."""
    rows: dict[VideoId, Row | None] = {}
    for number in range(count):
        month = QDate(2010, 1, 15).addMonths(number // 10)
        video_id = VideoId(f"{number:032x}")
        recorded = month.startOfDay().toSecsSinceEpoch() + number
        video = Video(
            video_id, Path(f"/v/{number}.mp4"), f"clip {number}", FileState.ONLINE, 1, 1000,
            recorded, 16, 9, has_audio=False, has_video=True,
        )  # fmt: skip
        rows[video_id] = Row(video, {}, None)
    return rows


def test_scrolling_far_says_which_month_it_is(small: Small, open_window: OpenWindow) -> None:
    panel = open_window(small).library
    view, bar = panel.view, panel.view.verticalScrollBar()
    panel._replace(many(1000))
    QApplication.processEvents()
    bar.setValue(100)
    assert not view.place.isVisibleTo(view)
    bar.setSliderDown(True)
    bar.setSliderPosition(bar.maximum())
    assert view.place.isVisibleTo(view)
    assert view.place.text() == "January 2010"
    bar.setSliderPosition(0)
    assert view.place.text() == "April 2018"
    assert view.rect().contains(view.place.geometry())
    # A few rows need no help.
    view.place.hide()
    panel._replace(many(12))
    QApplication.processEvents()
    bar.setSliderPosition(1)
    assert bar.value() == 1
    assert not view.place.isVisibleTo(view)


def test_the_card_that_the_keys_have_come_to_is_marked(
    filled: Small, open_window: OpenWindow
) -> None:
    view = open_window(filled).library.view
    view.clearSelection()
    view.setCurrentIndex(view.model().index(0, 0))
    view.clearSelection()
    card = view.visualRect(view.currentIndex())
    pictures = []
    for focused in (True, False):
        if focused:
            view.setFocus()
        else:
            view.clearFocus()
        pictures.append(view.viewport().grab(card).toImage())
    assert pictures[0] != pictures[1]


def test_posters_arrive_without_moving_anything(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(filled)
    view = window.library.view
    window.session.thumbnails.forget_all()  # type: ignore[union-attr]
    before = [view.visualRect(window.library.model.index(i, 0)) for i in range(3)]
    blank = view.grab().toImage()
    with qtbot.waitSignal(window.session.thumbnails.loaded):  # type: ignore[union-attr]
        view.viewport().update()
    qtbot.waitUntil(lambda: view.grab().toImage() != blank, timeout=20_000)
    after = [view.visualRect(window.library.model.index(i, 0)) for i in range(3)]
    assert before == after


def test_empty_library_offers_to_add(small: Small, open_window: OpenWindow) -> None:
    window = open_window(small)
    assert window.library.is_empty


def test_dropping_a_file_and_a_folder_adds_them(
    small: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    single = small.clip("single.mp4", seconds=1)
    folder = small.media / "holiday"
    folder.mkdir()
    small.clip("holiday/one.mp4", seconds=2)
    (folder / "notes.txt").write_text("no video")
    window = open_window(small)
    drop(window, single, folder)
    qtbot.waitUntil(lambda: window.library.model.total == 2, timeout=10_000)
    folders = small.library.catalogue.folders()
    assert [f.path for f in folders if f.watched] == [folder]
    assert "2 videos added." in window.toast.text


def test_dropping_what_is_no_video_says_so(
    small: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(small)
    drop(window, small.media / "gone.mp4")
    qtbot.waitUntil(lambda: "gone.mp4" in window.toast.text, timeout=10_000)
    assert window.library.is_empty


def test_files_given_before_the_library_is_open_are_added_then(
    small: Small, open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small.clip("early.mp4", seconds=1)
    attach = Window.attach

    def early(window: Window, session: object) -> None:
        window.take([path])
        attach(window, session)  # type: ignore[arg-type]

    monkeypatch.setattr(Window, "attach", early)
    window = open_window(small)
    qtbot.waitUntil(lambda: window.library.model.total == 1, timeout=10_000)


def test_removing_forgets_the_video_and_keeps_the_file(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(filled)
    index = window.library.model.index_of(filled.videos["beach.mp4"])
    window.library.view.setCurrentIndex(index)
    window.library.remove_selected(ask=False)
    qtbot.waitUntil(lambda: window.library.model.total == 2)
    assert (filled.media / "beach.mp4").exists()
    assert filled.library.catalogue.video(filled.videos["beach.mp4"]) is None


def test_failed_and_offline_videos_say_why(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    broken = filled.videos["party.mp4"]
    filled.fail(broken, Stage.VISION, "The picture cannot be decoded.")
    away = filled.library.catalogue.files(video_id=filled.videos["beach.mp4"])
    filled.library.catalogue.set_file_state([f.id for f in away], FileState.OFFLINE)
    window = open_window(filled)
    model = window.library.model
    tip = Qt.ItemDataRole.ToolTipRole
    assert "cannot be decoded" in model.index_of(broken).data(tip)
    assert "not connected" in model.index_of(filled.videos["beach.mp4"]).data(tip)
    window.library._show.setCurrentIndex(window.library._show.findData(Show.TROUBLE))
    assert [model.at(model.index(0, 0)).video.id] == [broken]  # type: ignore[union-attr]
    window.library._show.setCurrentIndex(window.library._show.findData(Show.AWAY))
    assert model.rowCount() == 1
    window.play(filled.videos["beach.mp4"], 0)
    qtbot.waitUntil(lambda: window.side.view is not None)
    qtbot.waitUntil(lambda: "drive" in window.side.view.problem.text)  # type: ignore[union-attr]


def test_the_menu_offers_what_can_be_done(filled: Small, open_window: OpenWindow) -> None:
    window = open_window(filled)
    window.library.view.setCurrentIndex(window.library.model.index_of(filled.videos["beach.mp4"]))
    texts = [action.text() for action in window.library.make_menu().actions() if action.text()]
    assert texts[:2] == ["Play", "Show in folder"]
    assert texts[-1] == "Remove from library…"


def rows(count: int) -> dict[VideoId, Row | None]:
    made: dict[VideoId, Row | None] = {}
    for number in range(count):
        video_id = VideoId(f"{number:032x}")
        title = f"video {number:05}"
        path = Path(f"/videos/{title}.mp4")
        video = Video(
            video_id, path, title, FileState.ONLINE, number, 60_000, number, 1920, 1080, True, True
        )
        made[video_id] = Row(video, {}, None)
    return made


def test_order_and_filter_are_stable(qapp: object) -> None:
    model = LibraryModel()
    model.replace(rows(5))
    model.arrange(Sort.TITLE)
    assert [model.index(i, 0).data() for i in range(2)] == ["video 00000", "video 00001"]
    model.arrange(Sort.RECORDED)
    assert model.index(0, 0).data() == "video 00004"


def test_numbers_in_names_are_put_in_order_as_numbers(qapp: object) -> None:
    model = LibraryModel()
    names = ["clip 10", "IMG_0002", "clip 9", "2 cats", "clip", "10 cats", "여행 2", "여행 10"]
    made: dict[VideoId, Row | None] = {}
    for (video_id, row), name in zip(rows(len(names)).items(), names, strict=True):
        assert row is not None
        made[video_id] = replace(row, video=replace(row.video, title=name))
    model.replace(made)
    model.arrange(Sort.TITLE)
    assert [model.index(i, 0).data() for i in range(model.rowCount())] == [
        "2 cats", "10 cats", "clip", "clip 9", "clip 10", "IMG_0002", "여행 2", "여행 10",
    ]  # fmt: skip


def test_the_key_that_deletes_asks_before_it_removes(
    filled: Small, open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    panel = open_window(filled).library
    beach = filled.videos["beach.mp4"]
    panel.view.setCurrentIndex(panel.model.index_of(beach))
    answers = [False, True]
    monkeypatch.setattr("heimdex.ui.library.panel.confirmed", lambda *_: answers.pop(0))
    QTest.keyClick(panel.view, Qt.Key.Key_Delete)
    assert len(answers) == 1
    assert panel.model.row(beach) is not None
    QTest.keyClick(panel.view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: panel.model.row(beach) is None, timeout=60_000)
    assert (filled.media / "beach.mp4").exists()


def test_folders_are_a_tree_without_what_all_have_in_common() -> None:
    names = [
        "/home/me/Videos/2019/제주도/a.mp4", "/home/me/Videos/2019/제주도/b.mp4",
        "/home/me/Videos/2019/c.mp4", "/home/me/Videos/2020/DCIM/100APPLE/d.mp4",
        "/home/me/Videos/10/e.mp4", "/home/me/Videos/9/f.mp4",
    ]  # fmt: skip
    found = branches(map(Path, names))
    assert [(b.path.name, b.videos, len(b.below)) for b in found] == [
        ("9", 1, 0), ("10", 1, 0), ("2019", 3, 1), ("100APPLE", 1, 0),
    ]  # fmt: skip
    assert found[2].below == (Branch(Path("/home/me/Videos/2019/제주도"), 2),)
    assert branches([Path("/a/b/c.mp4"), Path("/a/b/d.mp4")]) == ()
    assert branches([]) == ()


def test_only_one_folder_is_shown_and_all_again(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    trip = filled.media / "여름 & 휴가"
    trip.mkdir()
    for name in ("one.mp4", "two.mp4"):
        filled.probed(filled.clip(f"여름 & 휴가/{name}", seconds=1))
    filled.media.joinpath("여름 & 휴가 2").mkdir()
    filled.probed(filled.clip("여름 & 휴가 2/three.mp4", seconds=1))
    panel = open_window(filled).library
    panel.folders.aboutToShow.emit()
    entries = {action.text(): action for action in panel.folders.actions() if action.text()}
    assert list(entries) == ["All folders", "여름 && 휴가 (2)", "여름 && 휴가 2 (1)"]
    entries["여름 && 휴가 (2)"].trigger()
    assert {panel.model.index(i, 0).data() for i in range(panel.model.rowCount())} == {"one", "two"}
    assert panel.within.text() == "여름 && 휴가 (2)"
    assert panel.within.isVisible()
    assert not panel.count.isVisible()
    # What is shown stays so when the library changes.
    panel.reload()
    qtbot.waitUntil(lambda: panel._session._background.idle, timeout=20_000)  # type: ignore[union-attr]
    assert panel.model.rowCount() == 2
    panel.within.click()
    assert panel.model.rowCount() == 6
    assert not panel.within.isVisible()
    assert panel.count.text() == "6 videos"
    assert panel.count.isVisible()
    panel.show_folder(filled.media / "gone")
    assert panel._stack.currentWidget() is panel._nothing
    panel.show_all()
    assert panel.model.rowCount() == 6


def test_a_change_is_told_row_by_row(qapp: object, qtbot: QtBot) -> None:
    model = LibraryModel()
    model.replace(rows(20))
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    gone = VideoId(f"{3:032x}")
    with qtbot.waitSignal(model.rowsRemoved):
        model.update({gone: None})
    with qtbot.waitSignal(model.rowsInserted):
        model.update({k: v for k, v in rows(21).items() if k not in model._rows and k != gone})
    assert resets == []
    assert model.rowCount() == 20


def test_ten_thousand_videos_scroll_smoothly(
    small: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(small)
    panel = window.library
    started = time.thread_time()
    panel._replace(rows(10_000))
    panel.view.grab()
    assert time.thread_time() - started < 2.0
    bar = panel.view.verticalScrollBar()
    assert bar.maximum() > 100_000
    started = time.thread_time()
    for step in range(1, 31):
        bar.setValue(bar.maximum() * step // 30)
        panel.view.viewport().repaint()
    # Time of the processor, because the machine of a test run is busy: half of a 30th of a second.
    assert (time.thread_time() - started) / 30 < 0.016
