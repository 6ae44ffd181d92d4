"""Two people joined, or kept apart, by picture."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot
from ui_library import Small

from heimdex.domain.ids import PersonId
from heimdex.ui.people.choosing import PersonChooser
from heimdex.ui.people.reading import read_choice
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


@pytest.fixture
def window(filled: Small, open_window: OpenWindow) -> Window:
    made = open_window(filled)
    made.show_panel("people")
    return made


def numbers(filled: Small) -> tuple[PersonId, PersonId]:
    """The group that is seen three times and the one that is seen once."""
    by_count = {p.track_count: p.id for p in filled.library.people.list()}
    return by_count[3], by_count[1]


def press(menu: QMenu, text: str) -> None:
    menu.aboutToShow.emit()
    next(each for each in menu.actions() if each.text() == text).trigger()


def chooser(window: Window, qtbot: QtBot) -> PersonChooser:
    qtbot.waitUntil(lambda: window.people.findChild(PersonChooser) is not None, timeout=20_000)
    found = window.people.findChild(PersonChooser)
    assert isinstance(found, PersonChooser)
    return found


def card_menu(window: Window, person_id: PersonId) -> QMenu:
    card = next(card for card in window.people.cards if card.person_id == person_id)
    return card.findChild(QMenu)


def test_two_groups_without_a_name_are_joined_by_keys_and_come_apart_again(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    often, once = numbers(filled)
    press(card_menu(window, once), "Same person as…")
    dialog = chooser(window, qtbot)
    # Nobody has a name: there is nothing to type.
    assert not dialog.field.isVisible()
    assert dialog.focusWidget() is dialog.list
    assert dialog.done_button.text() == "Join both"
    assert dialog.picked().id == often  # type: ignore[union-attr]
    QTest.keyClick(dialog.list, Qt.Key.Key_Return)
    people = filled.library.people
    qtbot.waitUntil(lambda: [p.track_count for p in people.list()] == [4], timeout=20_000)
    qtbot.waitUntil(lambda: len(window.people.cards) == 1, timeout=20_000)
    assert "Joined" in window.toast.text
    assert not window.people.shows_page
    window.people.undo()
    qtbot.waitUntil(lambda: len(window.people.cards) == 2, timeout=20_000)
    assert numbers(filled) == (often, once)


def test_a_group_is_joined_with_a_name_that_is_found_by_typing(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    often, once = numbers(filled)
    filled.library.people.name(often, "Ann")
    filled.library.people.alias(often, ["안나"])
    window.people.open(once)
    qtbot.waitUntil(lambda: window.people.shows_page, timeout=20_000)
    press(window.people.page._menu, "Same person as…")
    dialog = chooser(window, qtbot)
    QTest.keyClicks(dialog.field, "nobody like that")
    assert dialog.people.rowCount() == 0
    assert not dialog.done_button.isEnabled()
    dialog.field.setText("안")
    assert dialog.done_button.text() == "Join with Ann"
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    people = filled.library.people
    qtbot.waitUntil(lambda: people.find("Ann").track_count == 4, timeout=20_000)
    # The page that was open is of somebody who is Ann now: hers is shown, and stays.
    page = window.people.page
    qtbot.waitUntil(lambda: page.person_id == often, timeout=20_000)
    qtbot.waitUntil(lambda: page.crops.faces.rowCount() == 4, timeout=20_000)
    assert window.people.shows_page


def test_a_whole_group_is_said_not_to_be_somebody(
    window: Window, filled: Small, qtbot: QtBot
) -> None:
    people = filled.library.people
    often, _ = numbers(filled)
    people.name(often, "Ann")
    video = filled.add(filled.clip("doubt.mp4"))
    filled.faces(video, 1, unlike=2.4, turn=55)
    window.people.reload()
    asked = [s for s in people.suggestions() if s.person_id == often and s.group is not None]
    group = asked[0].group
    assert group is not None
    qtbot.waitUntil(
        lambda: any(card.person_id == group for card in window.people.cards), timeout=20_000
    )
    press(card_menu(window, group), "Not the same person as…")
    dialog = chooser(window, qtbot)
    assert dialog.focusWidget() is dialog.field
    QTest.keyClick(dialog.field, Qt.Key.Key_Down)
    assert dialog.focusWidget() is dialog.list
    # Who looks most like these faces comes first.
    assert dialog.picked().id == often  # type: ignore[union-attr]
    assert dialog.done_button.text() == "Not Ann"
    dialog.done_button.click()
    qtbot.waitUntil(lambda: "Kept apart" in window.toast.text, timeout=20_000)
    assert not any({s.person_id, s.group} == {often, group} for s in people.suggestions())
    assert people.find("Ann").track_count == 3
    qtbot.waitUntil(lambda: window.people.everybody.undoable == "reject", timeout=20_000)  # type: ignore[union-attr]
    window.people.undo()
    qtbot.waitUntil(
        lambda: any({s.person_id, s.group} == {often, group} for s in people.suggestions()),
        timeout=20_000,
    )


def test_a_picture_without_a_name_can_be_heard(filled: Small, window: Window, qtbot: QtBot) -> None:
    often, once = numbers(filled)
    press(card_menu(window, often), "Same person as…")
    dialog = chooser(window, qtbot)
    said = dialog.people.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "No name, 1 time in 1 video"
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.wait(50)
    assert numbers(filled) == (often, once)


def test_who_cannot_be_kept_apart_is_not_offered(filled: Small) -> None:
    """A no is kept by faces: two whom only photos show are left out."""
    people = filled.library.people
    store = people._store
    first, second = store.create_person("Ida"), store.create_person("Eva")
    same = {group.person.id for group in read_choice(filled.library, first).others}
    other = {group.person.id for group in read_choice(filled.library, first, shown=True).others}
    assert same - other == {second}
    assert other == set(numbers(filled))
