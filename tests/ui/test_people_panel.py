from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from ui_library import Small

from heimdex.domain.ids import PersonId
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
    qtbot.waitUntil(lambda: window.people.people.people.rowCount() == 1, timeout=5000)
    person = window.people.everybody.named[0].person  # type: ignore[union-attr]
    assert (person.name, person.track_count, person.video_count) == ("Ann", 3, 2)
    assert len(window.people.cards) == 1
    assert "Ann" in window.toast.text
    # Also where somebody looks at one of the videos.
    window.side.show_video(filled.videos["party.mp4"])
    qtbot.waitUntil(lambda: window.side.details is not None, timeout=5000)
    assert [name for _, name in window.side.details.people] == ["Ann"]  # type: ignore[union-attr]
    window.side.details = None
    window.people.undo()
    qtbot.waitUntil(lambda: names(filled) == [], timeout=5000)


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
    qtbot.waitUntil(lambda: len(window.people.cards) == 1, timeout=5000)
    assert window.people.cards[0] is typing
    assert typing.field.text() == "Bo"  # type: ignore[attr-defined]


def test_a_name_that_exists_is_completed_and_merges(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    window.people.name(card_of(window, 3).person_id, "Ann")  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: window.people.people.people.rowCount() == 1, timeout=5000)
    card = card_of(window, 1)
    assert card.field.completer().model().stringList() == ["Ann"]  # type: ignore[attr-defined]
    window.people.name(card.person_id, "ann")  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: window.people.cards == [], timeout=5000)
    assert window.people.everybody.named[0].person.track_count == 4  # type: ignore[union-attr]
    assert "part of" in window.toast.text


def test_a_page_lists_faces_and_appearances_which_play(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    window.people.open(card_of(window, 3).person_id)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: window.people.shows_page, timeout=5000)
    page = window.people.page
    assert page.crops.faces.rowCount() == 3
    # Two tracks of the first video with no gap between them are one appearance.
    assert page.moments.moments.rowCount() == 2
    page.moments.setCurrentIndex(page.moments.moments.index(0, 0))
    assert page.moments.play_first()
    qtbot.waitUntil(lambda: window.side.details is not None, timeout=5000)
    assert window.side.video_id == page.moments.moments.lines[0].moment.video_id


def test_not_this_person_takes_a_face_out_and_undo_brings_it_back(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    number = card_of(window, 3).person_id  # type: ignore[attr-defined]
    window.people.name(number, "Ann")
    window.people.open(number)
    qtbot.waitUntil(lambda: window.people.shows_page, timeout=5000)
    page = window.people.page
    page.crops.setCurrentIndex(page.crops.faces.index(0, 0))
    assert page._not.text() == "Not Ann"
    page._not.click()
    qtbot.waitUntil(lambda: page.crops.faces.rowCount() == 2, timeout=5000)
    window.people.undo()
    qtbot.waitUntil(lambda: page.crops.faces.rowCount() == 3, timeout=5000)


def test_hiding_and_merging(window: Window, filled: Small, qtbot: QtBot) -> None:
    one, two = (card_of(window, n).person_id for n in (3, 1))  # type: ignore[attr-defined]
    window.people.name(one, "Ann")
    window.people.name(two, "Bo")
    qtbot.waitUntil(lambda: window.people.people.people.rowCount() == 2, timeout=5000)
    window.people.merge(one, two)
    qtbot.waitUntil(lambda: window.people.people.people.rowCount() == 1, timeout=5000)
    assert filled.library.people.list()[0].aliases == ("Bo",)
    window.people._hide(one, True)
    qtbot.waitUntil(lambda: window.people._hidden.text() == "Show 1 hidden", timeout=5000)
    assert filled.library.people.list() == ()
    window.people._hidden.click()
    qtbot.waitUntil(lambda: window.people.people.people.rowCount() == 1, timeout=5000)
    window.people._hide(one, False)
    qtbot.waitUntil(lambda: len(filled.library.people.list()) == 1, timeout=5000)


def test_a_person_who_is_gone_brings_the_list_back(window: Window, qtbot: QtBot) -> None:
    window.people.open(PersonId(999))
    qtbot.wait(200)
    assert not window.people.shows_page


def test_nobody_yet(small: Small, open_window: OpenWindow) -> None:
    window = open_window(small)
    window.show_panel("people")
    assert window.people._stack.currentWidget() is window.people._empty
