"""The chips of the search field: as many lines as they need, and a word for what each is."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from heimdex.domain.faces import Person
from heimdex.domain.ids import PersonId
from heimdex.domain.search import Query
from heimdex.search.parse import parse
from heimdex.ui.chips import BETWEEN, CHIP, MOST_LINES
from heimdex.ui.searchfield import BELOW, LOW, MOST_CHIPS, SearchField
from heimdex.ui.theme import Theme

PEOPLE = [
    Person(PersonId(n), name, (), 1, 1, None, False) for n, name in ((1, "Anna"), (2, "Berta"))
]
LONG = 'Anna "two years" in summer 2015, under 10 minutes, said: peace -dog -cat -folder:holiday'


def read(text: str) -> Query:
    return parse(text, PEOPLE, 1_795_860_000)


def field_of(theme: Theme, text: str, width: int) -> SearchField:
    field = SearchField(theme)
    field.resize(width, LOW)
    field.show()
    field.line.setText(text)
    field.understood(read(text))
    QApplication.processEvents()
    return field


def test_every_chip_is_whole_however_narrow_the_window(theme: Theme) -> None:
    for width in (420, 480, 640, 1400):
        field = field_of(theme, LONG, width)
        chips = field.row.chips
        assert len(chips) == 8
        for chip in chips:
            assert chip.width() >= chip.sizeHint().width()
            assert chip.parentWidget().rect().contains(chip.geometry())
        assert field.rect().contains(field.row.geometry())
        assert field.height() <= LOW + MOST_LINES * (CHIP + BETWEEN) + BELOW
        for one in chips:
            assert not any(one.geometry().intersects(o.geometry()) for o in chips if o is not one)
        field.close()


def test_the_chips_of_a_pasted_book_do_not_cover_the_window(theme: Theme) -> None:
    field = field_of(theme, "-dog " * 2000, 900)
    assert len(field.row.chips) == MOST_CHIPS
    assert field.height() < 160
    last = field.row.chips[-1]
    assert last.visibleRegion().isEmpty()
    field.activateWindow()
    field.row.chips[-2].setFocus()
    QTest.keyClick(field.row.chips[-2], Qt.Key.Key_Right)
    assert QApplication.focusWidget() is last
    assert not last.visibleRegion().isEmpty()
    field.close()


def test_a_wider_window_gives_the_lines_back(theme: Theme) -> None:
    field = field_of(theme, LONG, 420)
    high = field.height()
    field.resize(900, field.height())
    QApplication.processEvents()
    assert LOW < field.height() < high
    field.clear()
    assert field.height() == LOW
    field.close()


def test_of_two_people_one_may_do_and_the_chips_say_so(theme: Theme) -> None:
    field = field_of(theme, "Anna or Berta at the sea", 900)
    assert field.chips == ["Anna", "or Berta"]
    field.understood(read("Anna and Berta at the sea"))
    assert field.chips == ["Anna", "Berta"]
    field.close()


def test_what_an_icon_says_is_told_to_those_who_cannot_see_it(theme: Theme) -> None:
    field = field_of(theme, LONG, 900)
    told = {chip.accessibleName(): chip.accessibleDescription() for chip in field.row.chips}
    assert told["Anna"] == "Person"
    assert told["summer 2015"].startswith("Date\n")
    assert told["not dog"] == "Left out"
    assert told["not holiday"] == "Folder"
    assert told["only said"] == "Kind of evidence"
    field.close()


def test_tab_goes_from_the_line_through_the_chips(theme: Theme) -> None:
    field = field_of(theme, LONG, 900)
    field.activateWindow()
    field.line.setFocus()
    for chip in field.row.chips:
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is chip
    QTest.keyClick(field.row.chips[-1], Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is field._picture
    field.close()


def test_beside_the_line_chips_stand_in_its_middle(theme: Theme) -> None:
    field = field_of(theme, "Anna at the sea", 1400)
    assert field.height() == LOW
    [chip] = field.row.chips
    middle = chip.mapTo(field, chip.rect().center()).y()
    line = field.line.mapTo(field, field.line.rect().center()).y()
    assert abs(middle - line) <= 1
    field.close()
