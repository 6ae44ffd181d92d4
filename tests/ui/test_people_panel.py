from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from ui_library import Small, jpeg

from heimdex.config.settings import Settings
from heimdex.domain.faces import PhotoFace
from heimdex.domain.ids import PersonId
from heimdex.ui.people.naming import NameDialog
from heimdex.ui.people.reading import read_everybody
from heimdex.ui.people.settings_page import PeopleSettings
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


@pytest.fixture
def window(filled: Small, open_window: OpenWindow) -> Window:
    made = open_window(filled)
    made.show_panel("people")
    return made


def card_of(window: Window, faces: int) -> object:
    """The card of the group that was seen so often."""
    everybody = window.people.everybody
    assert everybody is not None
    person = next(g.person.id for g in everybody.unnamed if g.person.track_count == faces)
    return next(card for card in window.people.cards if card.person_id == person)


def names(filled: Small) -> list[str]:
    return [p.name for p in filled.library.people.list() if p.name]


def test_groups_show_their_faces(window: Window) -> None:
    everybody = window.people.everybody
    assert everybody is not None
    assert sorted(g.person.track_count for g in everybody.unnamed) == [1, 3]
    assert all(path.is_file() for g in everybody.unnamed for path in g.crops)


def test_a_name_and_enter_name_the_person_everywhere(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    card = card_of(window, 3)
    card.field.setFocus()  # type: ignore[attr-defined]
    QTest.keyClicks(card.field, "Ann")  # type: ignore[attr-defined]
    QTest.keyClick(card.field, Qt.Key.Key_Return)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: window.people.people.people.rowCount() == 1, timeout=20_000)
    person = window.people.everybody.named[0].person  # type: ignore[union-attr]
    assert (person.name, person.track_count, person.video_count) == ("Ann", 3, 2)
    assert len(window.people.cards) == 1
    assert "Ann" in window.toast.text
    # Also where somebody looks at one of the videos.
    window.side.show_video(filled.videos["party.mp4"])
    qtbot.waitUntil(lambda: window.side.details is not None, timeout=20_000)
    assert [name for _, name in window.side.details.people] == ["Ann"]  # type: ignore[union-attr]
    window.side.details = None
    window.people.undo()
    qtbot.waitUntil(lambda: names(filled) == [], timeout=20_000)


def test_typing_without_enter_names_nobody(window: Window, filled: Small, qtbot: QtBot) -> None:
    card = card_of(window, 3)
    QTest.keyClicks(card.field, "An")  # type: ignore[attr-defined]
    window.field.line.setFocus()
    qtbot.wait(100)
    assert names(filled) == []


def test_what_is_being_typed_survives_a_refresh(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    typing = card_of(window, 1)
    QTest.keyClicks(typing.field, "Bo")  # type: ignore[attr-defined]
    window.people.name(card_of(window, 3).person_id, "Ann")  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: len(window.people.cards) == 1, timeout=20_000)
    assert window.people.cards[0] is typing
    assert typing.field.text() == "Bo"  # type: ignore[attr-defined]


def test_a_name_that_exists_is_completed_and_merges(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    window.people.name(card_of(window, 3).person_id, "Ann")  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: window.people.people.people.rowCount() == 1, timeout=20_000)
    card = card_of(window, 1)
    assert card.field.completer().model().stringList() == ["Ann"]  # type: ignore[attr-defined]
    window.people.name(card.person_id, "ann")  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: window.people.cards == [], timeout=20_000)
    assert window.people.everybody.named[0].person.track_count == 4  # type: ignore[union-attr]
    assert "part of" in window.toast.text


def test_a_page_lists_faces_and_appearances_which_play(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    window.people.open(card_of(window, 3).person_id)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: window.people.shows_page, timeout=20_000)
    page = window.people.page
    assert page.crops.faces.rowCount() == 3
    # Two tracks of the first video with no gap between them are one appearance.
    assert page.moments.moments.rowCount() == 2
    page.moments.setCurrentIndex(page.moments.moments.index(0, 0))
    assert page.moments.play_first()
    qtbot.waitUntil(lambda: window.side.details is not None, timeout=20_000)
    assert window.side.video_id == page.moments.moments.lines[0].moment.video_id


def test_not_this_person_takes_a_face_out_and_undo_brings_it_back(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    number = card_of(window, 3).person_id  # type: ignore[attr-defined]
    window.people.name(number, "Ann")
    window.people.open(number)
    qtbot.waitUntil(lambda: window.people.shows_page, timeout=20_000)
    page = window.people.page
    page.crops.setCurrentIndex(page.crops.faces.index(0, 0))
    assert page._not.text() == "Not Ann"
    page._not.click()
    qtbot.waitUntil(lambda: page.crops.faces.rowCount() == 2, timeout=20_000)
    window.people.undo()
    qtbot.waitUntil(lambda: page.crops.faces.rowCount() == 3, timeout=20_000)


def test_hiding_and_merging(window: Window, filled: Small, qtbot: QtBot) -> None:
    one, two = (card_of(window, n).person_id for n in (3, 1))  # type: ignore[attr-defined]
    window.people.name(one, "Ann")
    window.people.name(two, "Bo")
    qtbot.waitUntil(lambda: window.people.people.people.rowCount() == 2, timeout=20_000)
    window.people.actions_.merge(one, two)
    qtbot.waitUntil(lambda: window.people.people.people.rowCount() == 1, timeout=20_000)
    assert filled.library.people.list()[0].aliases == ("Bo",)
    window.people._hide(one, True)
    qtbot.waitUntil(lambda: window.people._hidden.text() == "Show 1 hidden", timeout=20_000)
    assert filled.library.people.list() == ()
    window.people._hidden.click()
    qtbot.waitUntil(lambda: window.people.people.people.rowCount() == 1, timeout=20_000)
    window.people._hide(one, False)
    qtbot.waitUntil(lambda: len(filled.library.people.list()) == 1, timeout=20_000)


def test_a_person_who_is_gone_brings_the_list_back(window: Window, qtbot: QtBot) -> None:
    window.people.open(PersonId(999))
    qtbot.wait(200)
    assert not window.people.shows_page


def test_everything_has_room_when_the_window_becomes_narrow(window: Window, qtbot: QtBot) -> None:
    scroll = window.people._scroll
    for width in (1600, 900):
        window.resize(width, 700)
        qtbot.waitUntil(lambda: scroll.widget().width() <= scroll.viewport().width(), timeout=5000)
        cards = window.people.cards
        qtbot.waitUntil(
            lambda: all(c.geometry().right() < c.parentWidget().width() for c in cards),  # noqa: B023
            timeout=5000,
        )


def test_nobody_yet(small: Small, open_window: OpenWindow) -> None:
    window = open_window(small)
    window.show_panel("people")
    assert window.people._stack.currentWidget() is window.people._empty


@pytest.fixture
def doubted(window: Window, filled: Small, qtbot: QtBot) -> Window:
    """Ann is known, and a new video shows somebody who may be her."""
    window.people.name(card_of(window, 3).person_id, "Ann")  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: names(filled) == ["Ann"], timeout=20_000)
    video = filled.add(filled.clip("doubt.mp4"))
    # About 1 / sqrt(1 + 2.4²) = 0.385: between what is asked about and what is sure.
    filled.faces(video, 1, unlike=2.4, turn=55)
    window.people.reload()
    qtbot.waitUntil(lambda: window.people.question.isVisible(), timeout=20_000)
    return window


def press(window: Window, letter: str) -> None:
    """A key as the keyboard sends it, in whatever layout."""
    QTest.sendKeyEvent(
        QTest.KeyAction.Click,
        window.people,
        Qt.Key(ord(letter)),
        letter,
        Qt.KeyboardModifier.NoModifier,
    )


@pytest.mark.parametrize("key", ["Y", "ㅛ"])
def test_yes_in_one_key_joins(doubted: Window, filled: Small, qtbot: QtBot, key: str) -> None:
    question = doubted.people.question
    assert question.question is not None
    assert question.question.name == "Ann"
    assert question.question.where == "doubt"
    assert all(path.is_file() for path in (*question.question.known, *question.question.asked))
    press(doubted, key)
    qtbot.waitUntil(lambda: filled.library.people.find("Ann").track_count == 4, timeout=20_000)
    qtbot.waitUntil(lambda: not question.isVisible(), timeout=20_000)
    doubted.people.undo()
    qtbot.waitUntil(lambda: filled.library.people.find("Ann").track_count == 3, timeout=20_000)


@pytest.mark.parametrize("key", ["N", "ㅜ"])
def test_no_in_one_key_is_remembered(
    doubted: Window, filled: Small, qtbot: QtBot, key: str
) -> None:
    press(doubted, key)
    qtbot.waitUntil(lambda: not doubted.people.question.isVisible(), timeout=20_000)
    qtbot.waitUntil(
        lambda: list(filled.library.people.undoable())[:1] == ["reject"], timeout=20_000
    )
    assert filled.library.people.find("Ann").track_count == 3
    assert not any(each.person_id == filled.library.people.find("Ann").id
                   for each in filled.library.people.suggestions())  # fmt: skip
    # Taken back, it is asked again at once.
    qtbot.waitUntil(lambda: doubted.people.everybody.undoable == "reject", timeout=20_000)  # type: ignore[union-attr]
    doubted.people.undo()
    qtbot.waitUntil(doubted.people.question.isVisible, timeout=20_000)
    assert doubted.people.question.question.name == "Ann"  # type: ignore[union-attr]


def test_skip_asks_again_another_time(doubted: Window, filled: Small, qtbot: QtBot) -> None:
    before = list(filled.library.people.undoable())
    doubted.people.question.skip.click()
    assert not doubted.people.question.isVisible()
    doubted.people.reload()
    qtbot.wait(300)
    assert not doubted.people.question.isVisible()
    assert list(filled.library.people.undoable()) == before
    assert len(filled.library.people.suggestions()) > 0


def test_typing_a_name_with_these_letters_answers_nothing(
    doubted: Window, filled: Small, qtbot: QtBot
) -> None:
    card = doubted.people.cards[0]
    card.field.setFocus()
    QTest.keyClicks(card.field, "yns")
    qtbot.wait(100)
    assert card.field.text() == "yns"
    assert doubted.people.question.isVisible()


def drop(window: Window, *paths: Path, where: QPointF = QPointF(200, 400)) -> bool:  # noqa: B008
    """Drop files on the people panel as another program does; whether they were taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    button, no_key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(where.toPoint(), Qt.DropAction.CopyAction, data, button, no_key)
    window.people.dragEnterEvent(entering)
    if not entering.isAccepted():
        return False
    assert window.people._hint.isVisible()
    event = QDropEvent(where, Qt.DropAction.CopyAction, data, button, no_key)
    window.people.dropEvent(event)
    assert not window.people._hint.isVisible()
    return event.isAccepted()


class Seeing:
    """Eyes that find the face of one number in every photo."""

    def __init__(self, small: Small, number: int) -> None:
        self.small, self.number = small, number

    def faces(self, path: Path) -> list[PhotoFace]:
        vector = self.small._face(self.number, 99, 0.15)
        space = self.small.library.people.space
        if path.stem == "group":
            faces = [(0.0, 0.0, 0.4, 0.4), (0.5, 0.5, 0.9, 0.9)]
        else:
            faces = [(0.2, 0.2, 0.6, 0.8)]
        # What stands behind the end of a JPEG is not shown, but tells photos apart.
        crop = jpeg("gray", 112, 112) + path.stem.encode()
        return [PhotoFace(box, 0.9, crop, space, vector) for box in faces]

    def embed_faces(self, crops: object) -> object:
        raise AssertionError("nobody changed the face model")


def test_photos_dropped_on_the_panel_make_somebody_known(
    window: Window, filled: Small, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filled.library.people, "_eyes", Seeing(filled, 1))
    photos = [tmp_path / f"{name}.jpg" for name in ("one", "two", "three", "four")]
    for photo in photos:
        photo.write_bytes(jpeg("gray", 400, 300))
    assert drop(window, *photos[:2])
    dialog = window.people.findChild(NameDialog)
    assert dialog is not None
    QTest.keyClicks(dialog.field, "Ann")
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    # The group of three was hers all along, in both old videos.
    qtbot.waitUntil(lambda: names(filled) == ["Ann"], timeout=20_000)
    person = filled.library.people.find("Ann")
    assert (person.track_count, person.video_count) == (3, 2)
    assert filled.library.people.show(person.id).photos == 2
    qtbot.waitUntil(lambda: window.people.shows_page, timeout=20_000)
    # On her page they are hers without a question, and so they are on her portrait.
    assert drop(window, *photos[1:3])
    qtbot.waitUntil(lambda: filled.library.people.show(person.id).photos == 3, timeout=20_000)
    window.people.show_everybody()
    portrait = window.people.people
    middle = portrait.visualRect(portrait.people.index(0, 0)).center()
    middle = portrait.viewport().mapTo(window.people, middle)
    assert drop(window, photos[3], where=QPointF(middle))
    qtbot.waitUntil(lambda: filled.library.people.show(person.id).photos == 4, timeout=20_000)


def test_somebody_no_video_shows_yet_is_shown_by_the_photo(
    window: Window, filled: Small, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filled.library.people, "_eyes", Seeing(filled, 77))
    filled.library.people.enroll("Zoe", [tmp_path / "portrait.jpg"])
    [zoe] = [g for g in read_everybody(filled.library).named if g.person.name == "Zoe"]
    assert zoe.person.track_count == 0
    assert zoe.crops == (jpeg("gray", 112, 112) + b"portrait",)
    window.people.open(zoe.person.id)
    qtbot.waitUntil(lambda: window.people.shows_page, timeout=20_000)
    page = window.people.page
    assert page._nowhere.isVisible()
    assert not page.crops.isVisible()
    thumbnails = window.people.people.painter.thumbnails
    size = QSize(40, 40)
    thumbnails.pixmap(zoe.crops[0], size, 1.0, fill=True)
    qtbot.waitUntil(lambda: thumbnails.pixmap(zoe.crops[0], size, 1.0, fill=True) is not None,
                    timeout=15_000)  # fmt: skip
    shown = thumbnails.pixmap(zoe.crops[0], size, 1.0, fill=True).toImage().pixelColor(20, 20)
    assert abs(shown.red() - 128) < 3


def test_what_enrolling_has_to_say_is_said(
    window: Window, filled: Small, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filled.library.people, "_eyes", Seeing(filled, 1))
    photos = [tmp_path / "one.jpg", tmp_path / "two.heic", tmp_path / "group.jpg"]
    window.people.add_photos(photos[:1], "Ann")
    qtbot.waitUntil(lambda: "1 photo taken" in window.toast.text, timeout=20_000)
    assert "looks the same" not in window.toast.text
    # Photos from telephones are let in, and those that cannot be used are told of.
    window.people.add_photos(photos[1:], "Berta")
    qtbot.waitUntil(lambda: "“Ann” looks the same." in window.toast.text, timeout=20_000)
    assert "group.jpg shows 2 faces of about the same size" in window.toast.text


def test_videos_dropped_on_the_panel_are_left_to_the_window(window: Window, tmp_path: Path) -> None:
    assert not drop(window, tmp_path / "film.mp4")
    assert not drop(window, tmp_path / "one.jpg", tmp_path / "film.mp4")


def test_other_names_are_given_on_the_page(window: Window, filled: Small, qtbot: QtBot) -> None:
    number = card_of(window, 3).person_id  # type: ignore[attr-defined]
    window.people.name(number, "Ann")
    window.people.open(number)
    qtbot.waitUntil(lambda: window.people.shows_page, timeout=20_000)
    field = window.people.page.others
    qtbot.waitUntil(field.isVisible, timeout=20_000)
    field.setText(" 앤 ,Annie,, 앤")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "alias" in filled.library.people.undoable(), timeout=20_000)
    person = filled.library.people.find("annie")
    assert (set(person.aliases), person.full_name) == ({"앤", "Annie"}, "Ann (앤)")
    field.setFocus()
    field.setText("half a na")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ", ".join(field._names)
    assert set(field.typed()) == {"앤", "Annie"}


def test_a_face_is_moved_to_a_name(window: Window, filled: Small, qtbot: QtBot) -> None:
    number = card_of(window, 3).person_id  # type: ignore[attr-defined]
    window.people.name(number, "Ann")
    window.people.open(number)
    qtbot.waitUntil(lambda: window.people.shows_page, timeout=20_000)
    page = window.people.page
    page.crops.setCurrentIndex(page.crops.faces.index(0, 0))
    page._move.click()
    dialog = window.people.findChild(NameDialog)
    assert dialog is not None
    QTest.keyClicks(dialog.field, "Bo")
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names(filled) == ["Ann", "Bo"], timeout=20_000)
    assert filled.library.people.find("Bo").track_count == 1
    qtbot.waitUntil(lambda: page.crops.faces.rowCount() == 2, timeout=20_000)


def test_what_is_kept_is_said_once(window: Window, filled: Small, qtbot: QtBot) -> None:
    first = window.people.first_use
    assert first.isVisible()
    assert str(filled.library.directories.library.name) in first.text.text()
    first.fine.click()
    qtbot.waitUntil(lambda: not first.isVisible(), timeout=20_000)
    assert filled.library.people.explained
    window.people.reload()
    qtbot.wait(200)
    assert not first.isVisible()


def test_recognition_is_switched_off_and_all_faces_erased(
    window: Window, filled: Small, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.people.first_use.off.click()
    panel = window.people
    qtbot.waitUntil(lambda: panel._stack.currentWidget() is panel.off, timeout=20_000)
    assert not filled.library.people.enabled
    assert "4 faces" in panel.off.text.text()
    monkeypatch.setattr("heimdex.ui.people.panel.confirm_erasing", lambda parent: True)
    panel.off.erase.click()
    qtbot.waitUntil(lambda: filled.library.people.stored_faces() == 0, timeout=20_000)
    qtbot.waitUntil(lambda: not panel.off.erase.isVisible(), timeout=20_000)
    panel.off.on.click()
    qtbot.waitUntil(lambda: panel._stack.currentWidget() is panel._empty, timeout=20_000)
    assert filled.library.people.enabled


def test_switching_off_takes_an_open_page_away(window: Window, filled: Small, qtbot: QtBot) -> None:
    panel = window.people
    panel.open(card_of(window, 3).person_id)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: panel.shows_page, timeout=20_000)
    panel.actions_.switch(False)
    qtbot.waitUntil(lambda: panel._stack.currentWidget() is panel.off, timeout=20_000)
    panel.open(panel.page.person_id)
    qtbot.wait(300)
    assert panel._stack.currentWidget() is panel.off


def test_forgetting_tells_what_went(
    window: Window, filled: Small, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = card_of(window, 3).person_id  # type: ignore[attr-defined]
    window.people.name(number, "Ann")
    qtbot.waitUntil(lambda: names(filled) == ["Ann"], timeout=20_000)
    backup = filled.library.database.directory / "library-v1-20200101-000000.backup"
    backup.write_bytes(b"Ann")
    monkeypatch.setattr("heimdex.ui.people.panel.confirm_forgetting", lambda parent: True)
    window.people.page.forget_asked.emit(number)
    qtbot.waitUntil(lambda: "3 faces" in window.toast.text, timeout=10_000)
    assert "1 automatic backup" in window.toast.text
    assert names(filled) == []
    assert not backup.exists()


def test_the_settings_switch_recognition_and_erase(
    window: Window, filled: Small, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert window.session is not None
    page = PeopleSettings(window.theme, window.session)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: page.stored.text() == "4 faces are stored.", timeout=20_000)
    assert page.on.isChecked()
    page.on.click()
    qtbot.waitUntil(lambda: not filled.library.people.enabled, timeout=20_000)
    assert not Settings.load(filled.library.directories.home).face_recognition
    monkeypatch.setattr("heimdex.ui.people.settings_page.confirm_erasing", lambda parent: True)
    page.erase.click()
    qtbot.waitUntil(lambda: page.stored.text() == "0 faces are stored.", timeout=10_000)
    assert not page.erase.isEnabled()
    page.on.click()
    qtbot.waitUntil(lambda: filled.library.people.enabled, timeout=20_000)
    assert Settings.load(filled.library.directories.home).face_recognition
