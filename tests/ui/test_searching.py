import dataclasses
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QInputMethodEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from ui_library import Small

from heimdex.domain.errors import Cancelled, ModelUnavailable
from heimdex.domain.faces import Person
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.search import (
    Evidence,
    EvidenceKind,
    Filters,
    Length,
    Like,
    Moment,
    Period,
    Query,
    Question,
    SearchResult,
    Sort,
)
from heimdex.search.parse import parse
from heimdex.search.watching import SavedSearches
from heimdex.storage.searches import SearchStore
from heimdex.ui import language, offers
from heimdex.ui.examples import purge
from heimdex.ui.menus import ChipMenu, DaysDialog
from heimdex.ui.results.delegate import similar_button
from heimdex.ui.results.saving import NameSearch
from heimdex.ui.searching import Searching
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


ANN = Person(PersonId(1), "Ann", (), 1, 1, None, False)
NOW = 1_795_860_000
"""28 November 2026"""


class Scripted:
    """Answers from a list of moments that hold the words; slow questions are given up when told."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.asked: list[str] = []
        self.questions: list[Question] = []
        self.given_up: list[str] = []
        self.threads: set[str] = set()

    def understand(self, question: Question) -> Query:
        return parse(question.text, [ANN], NOW, plain=question.plain, summed=bool(question.likes))

    def ask(self, question: Question, n: int, cancelled: Callable[[], bool]) -> SearchResult:
        text, filters = question.text, question.filters
        self.questions.append(question)
        self.asked.append(text)
        self.threads.add(threading.current_thread().name)
        if text.startswith("slow"):
            end = time.monotonic() + 5
            while time.monotonic() < end:
                if cancelled():
                    self.given_up.append(text)
                    raise Cancelled("given up")
                time.sleep(0.005)
        if text == "broken":
            raise ZeroDivisionError
        if text == "unready":
            raise ModelUnavailable("The text model is not installed; run: heimdex models", "x")
        query = self.understand(question)
        words = query.meaning or " ".join(query.phrases)
        found = tuple(m for m in self.moments if any(words in e.text for e in m.evidence))
        kinds = filters.kinds
        found = tuple(m for m in found if not kinds or {e.kind for e in m.evidence} & kinds)
        nearest = () if found else tuple(self.moments[:1])
        unsure = text.startswith("knitting")
        missing = ("tiger",) if text.startswith("tiger") else ()
        shown = found or nearest
        return SearchResult(query, shown, not (found or unsure), 1.0, (), unsure, missing)


@pytest.fixture
def scripted(filled: Small) -> Scripted:
    made = Scripted()
    for name, start, text, kind in (
        ("beach.mp4", 2000, "We will see the birthday cake tomorrow.", EvidenceKind.SPEECH),
        ("party.mp4", 1000, "birthday cake", EvidenceKind.VISUAL),
    ):
        marks = ((text.index("birthday"), text.index("birthday") + 8),)
        path = filled.media / name
        reason = Evidence(kind, text, 0.8, start, marks)
        made.moments.append(
            Moment(
                VideoId(filled.videos[name]), path, path.stem, start, start + 1500, 0.8, (),
                (reason,), 0, True,
            )
        )  # fmt: skip
    return made


@pytest.fixture
def searching(scripted: Scripted) -> Searching:
    made = Searching(scripted)
    yield made  # type: ignore[misc]
    assert made.close()


def test_only_the_latest_question_is_answered(
    searching: Searching, scripted: Scripted, qtbot: QtBot
) -> None:
    answers: list[str] = []
    searching.answered.connect(lambda result: answers.append(result.query.raw))
    searching.ask(Question("slow question"), now=True)
    qtbot.waitUntil(lambda: scripted.asked == ["slow question"])
    searching.ask(Question("birthday"), now=True)
    qtbot.waitUntil(lambda: answers == ["birthday"])
    assert scripted.given_up == ["slow question"]
    assert scripted.threads == {"heimdex-search"}


def test_typing_asks_once_it_pauses(searching: Searching, scripted: Scripted, qtbot: QtBot) -> None:
    with qtbot.waitSignal(searching.answered):
        for end in range(1, 9):
            searching.ask(Question("birthday"[:end]))
    assert scripted.asked == ["birthday"]


def test_a_bug_in_search_is_said_and_the_next_question_works(
    searching: Searching, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    with qtbot.waitSignal(searching.failed) as failed:
        searching.ask(Question("broken"), now=True)
    assert "ZeroDivisionError" in failed.args[0]
    assert "ZeroDivisionError" in caplog.text
    with qtbot.waitSignal(searching.answered):
        searching.ask(Question("birthday"), now=True)


def test_warming_answers_nobody(searching: Searching, scripted: Scripted, qtbot: QtBot) -> None:
    answers: list[object] = []
    searching.answered.connect(answers.append)
    searching.failed.connect(answers.append)
    searching.warm()
    qtbot.waitUntil(lambda: len(scripted.asked) == 1)
    qtbot.wait(50)
    assert answers == []


def with_script(filled: Small, scripted: Scripted) -> Small:
    library = dataclasses.replace(filled.library, searcher=scripted)  # type: ignore[arg-type]
    return dataclasses.replace(filled, library=library)


def test_an_answer_is_shown_and_enter_plays_it_at_its_second(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.field.line.setFocus()
    QTest.keyClicks(window.field.line, "birthday")
    qtbot.waitUntil(lambda: window.results.page == "answer", timeout=20_000)
    assert window.panel == "search"
    assert window.results.summary.text() == "2 moments in 2 videos"
    line = window.results.list.moments.index(0, 0)
    assert "said: We will see the birthday cake" in line.data(Qt.ItemDataRole.AccessibleTextRole)
    QTest.keyClick(window.field.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.side.view is not None, timeout=20_000)
    assert window.side.position >= 2000
    qtbot.waitUntil(lambda: not window.side.view.surface.image.isNull(), timeout=15_000)  # type: ignore[union-attr]
    assert window.side.position >= 1900
    player = window.side.view.player  # type: ignore[union-attr]
    assert player.path == filled.media / "beach.mp4"


def test_a_click_plays_and_arrows_walk(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.search("birthday")
    qtbot.waitUntil(lambda: window.results.page == "answer", timeout=20_000)
    QTest.keyClick(window.field.line, Qt.Key.Key_Down)
    QTest.keyClick(window.results.list, Qt.Key.Key_Down)
    assert window.results.list.currentIndex().row() == 1
    place = window.results.list.visualRect(window.results.list.moments.index(1, 0)).center()
    QTest.mouseClick(window.results.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: window.side.video_id == filled.videos["party.mp4"])
    qtbot.waitUntil(lambda: window.side.view is not None)
    assert window.side.position >= 1000


def test_understood_people_become_chips_and_clear_with_the_field(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.search("Ann birthday")
    qtbot.waitUntil(lambda: window.field.chips == ["Ann"], timeout=20_000)
    window.field.clear()
    assert window.field.chips == []
    assert window.results.page == "first"


def asked(window: Window, scripted: Scripted, qtbot: QtBot, text: str) -> Question:
    """The question after `text` was typed and answered."""
    window.search(text)
    qtbot.waitUntil(lambda: scripted.asked[-1:] == [text.strip()], timeout=20_000)
    qtbot.waitUntil(lambda: window.results.page != "first", timeout=20_000)
    return scripted.questions[-1]


def test_a_chip_that_was_not_meant_is_words_again(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    asked(window, scripted, qtbot, "birthday in 2015")
    qtbot.waitUntil(lambda: window.field.chips == ["2015"], timeout=20_000)
    chip = window.field.row.chips[0]
    assert "2015" in chip.toolTip()
    QTest.keyClick(chip, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: scripted.questions[-1].plain == ("2015",), timeout=20_000)
    assert window.field.text == "birthday in 2015"
    qtbot.waitUntil(lambda: window.field.chips == [], timeout=20_000)


def test_an_operator_goes_with_its_chip_and_backspace_at_the_start_takes_the_last(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    asked(window, scripted, qtbot, "birthday -dog folder:beach")
    qtbot.waitUntil(lambda: window.field.chips == ["not dog", "beach"], timeout=20_000)
    window.field.line.setFocus()
    window.field.line.setCursorPosition(0)
    QTest.keyClick(window.field.line, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: scripted.asked[-1] == "birthday -dog", timeout=20_000)
    qtbot.waitUntil(lambda: window.field.chips == ["not dog"], timeout=20_000)


def test_a_chip_is_changed_in_its_menu(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    asked(window, scripted, qtbot, "birthday in 2015 again")
    qtbot.waitUntil(lambda: window.field.chips == ["2015"], timeout=20_000)
    window.field.row.chips[0].opened.emit()
    [menu] = [m for m in window.field.findChildren(ChipMenu) if m.isVisible()]
    offered = {action.text(): action for action in menu.actions()}
    assert {"last summer", "this year"} <= set(offered)
    offered["last summer"].trigger()
    qtbot.waitUntil(lambda: scripted.asked[-1] == "birthday last summer again", timeout=20_000)
    menu.close()


def test_every_offer_is_understood_in_both_languages(qapp: QApplication) -> None:
    resources = Path(__file__).resolve().parents[2] / "resources"
    try:
        for code in ("en", "ko"):
            language.install(qapp, resources, code)
            for offer in offers.times():
                assert len(parse(offer.words, [], NOW).dates) == 1, offer
            for offer in offers.lengths():
                assert len(parse(offer.words, [], NOW).lengths) == 1, offer
            for offer in offers.kinds():
                assert parse(f"{offer.words} x", [], NOW).kinds
            known = offers.Known(("Ann",), ("my beach", "party"))
            for offer in offers.people(known):
                assert parse(offer.words, [ANN], NOW).people == (1,)
            for offer in offers.folders(known):
                assert parse(offer.words, [], NOW).folders == (offer.label,)
    finally:
        language.install(qapp, resources, "en")


def test_a_limit_beside_the_answers_goes_into_the_sentence(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    asked(window, scripted, qtbot, "birthday")
    menu = window.results.limits.menus["clock"].menu()
    menu.aboutToShow.emit()
    menu.actions()[0].trigger()
    qtbot.waitUntil(
        lambda: scripted.asked[-1] == "birthday shorter than 30 seconds", timeout=20_000
    )
    qtbot.waitUntil(lambda: window.field.chips == ["shorter than 30 seconds"], timeout=20_000)
    window.results.limits.order.setCurrentIndex(1)
    qtbot.waitUntil(lambda: scripted.questions[-1].sort is Sort.DATE, timeout=20_000)


def test_days_are_chosen_in_a_dialog(qtbot: QtBot) -> None:
    dialog = DaysDialog(Period(), None)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.first.setDate(QDate(2015, 7, 31))
    dialog.last.setDate(QDate(2015, 7, 1))
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog._finish()
    assert chosen.args == ["2015-07-01 ~ 2015-07-31"]
    [when] = parse(chosen.args[0], [], NOW).dates
    assert len(when.periods) == 1


def test_many_chips_stand_below_the_line(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    low = window.field.height()
    asked(window, scripted, qtbot, "Ann birthday 2015 folder:beach -dog longer than 5 minutes")
    qtbot.waitUntil(lambda: len(window.field.chips) == 5, timeout=20_000)
    assert window.field.height() > low
    qtbot.waitUntil(lambda: all(c.isVisible() for c in window.field.row.chips), timeout=20_000)
    window.field.clear()
    assert window.field.height() == low


def test_more_like_a_moment_and_a_picture_and_words(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(with_script(filled, scripted))
    asked(window, scripted, qtbot, "birthday")
    index = window.results.list.moments.index(0, 0)
    place = similar_button(window.results.list.visualRect(index)).center()
    QTest.mouseClick(window.results.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    beach = VideoId(filled.videos["beach.mp4"])
    qtbot.waitUntil(
        lambda: scripted.questions[-1].likes == (Like(video_id=beach, at_ms=2000),), timeout=5000
    )
    assert window.field.text == ""
    qtbot.waitUntil(lambda: window.field.chips == ["beach 0:02"], timeout=20_000)
    picture = tmp_path / "cat.png"
    window.asking.find_pictures([picture])
    qtbot.waitUntil(lambda: window.field.chips == ["beach 0:02", "cat.png"], timeout=20_000)
    window.field.line.setFocus()
    QTest.keyClicks(window.field.line, "- birthday")
    qtbot.waitUntil(lambda: scripted.asked[-1] == "- birthday", timeout=20_000)
    assert len(scripted.questions[-1].likes) == 2
    qtbot.waitUntil(lambda: "birthday" in window.field.chips, timeout=20_000)
    window.field.row.chips[0].removed.emit()
    qtbot.waitUntil(
        lambda: scripted.questions[-1].likes == (Like(picture=picture),), timeout=20_000
    )


def test_the_frame_that_is_shown_is_found(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    beach = VideoId(filled.videos["beach.mp4"])
    window.play(beach, 3000)
    qtbot.waitUntil(lambda: window.side._similar.isVisible(), timeout=20_000)
    window.side.view.player.pause()  # type: ignore[union-attr]
    window.side._similar.click()
    qtbot.waitUntil(lambda: len(scripted.questions) == 1, timeout=20_000)
    [like] = scripted.questions[0].likes
    assert like.video_id == beach
    assert abs(like.at_ms - 3000) < 1000
    assert window.panel == "search"


def test_dropped_pictures_are_searched_with_and_videos_added(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(with_script(filled, scripted))
    pictures = [tmp_path / "one.JPG", tmp_path / "two.png"]
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in pictures])
    where, buttons = QPointF(300, 30), Qt.MouseButton.LeftButton
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    window.dragEnterEvent(QDragEnterEvent(where.toPoint(), copy, data, buttons, none))
    assert window._drop.isVisible()
    window.dropEvent(QDropEvent(where, copy, data, buttons, none))
    qtbot.waitUntil(lambda: len(scripted.questions) == 1, timeout=20_000)
    assert [like.picture for like in scripted.questions[0].likes] == pictures
    qtbot.waitUntil(lambda: window.field.chips == ["one.JPG", "two.png"], timeout=20_000)


def test_a_picture_is_pasted_and_kept(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot, qapp: QApplication
) -> None:
    window = open_window(with_script(filled, scripted))
    image = QImage(32, 20, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    qapp.clipboard().setImage(image)
    window.field.line.setFocus()
    QTest.keySequence(window.field.line, QKeySequence(QKeySequence.StandardKey.Paste))
    qtbot.waitUntil(lambda: len(scripted.questions) == 1, timeout=20_000)
    [like] = scripted.questions[-1].likes
    assert like.picture is not None
    assert QImage(str(like.picture)).size() == image.size()
    assert like.picture.is_relative_to(filled.library.directories.library)
    purge(filled.library.directories.library, [])
    assert not like.picture.exists()
    qapp.clipboard().setText("birthday")
    window.field.clear()
    QTest.keySequence(window.field.line, QKeySequence(QKeySequence.StandardKey.Paste))
    assert window.field.text == "birthday"


def test_suggestions_are_offered_and_chosen_by_the_keys(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.field.line.setFocus()
    QTest.keyClicks(window.field.line, "the birt")
    offered = window.field.suggestions
    qtbot.waitUntil(lambda: "birthday" in offered.texts, timeout=20_000)
    QTest.keyClick(window.field.line, Qt.Key.Key_Down)
    assert offered.current is not None
    QTest.keyClick(window.field.line, Qt.Key.Key_Return)
    assert window.field.text == "the birthday "
    assert not offered.isVisible()
    QTest.keyClicks(window.field.line, "ca")
    qtbot.waitUntil(lambda: bool(offered.texts), timeout=20_000)
    QTest.keyClick(window.field.line, Qt.Key.Key_Escape)
    assert not offered.isVisible()
    assert window.field.text == "the birthday ca"


def test_half_a_korean_syllable_is_suggested_for(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot, qapp: QApplication
) -> None:
    window = open_window(with_script(filled, scripted))
    window.field.line.setFocus()
    qapp.sendEvent(window.field.line, QInputMethodEvent("새", []))
    qtbot.waitUntil(lambda: "생일" in window.field.suggestions.texts, timeout=20_000)
    assert window.field.text == ""
    QTest.keyClick(window.field.line, Qt.Key.Key_Down)
    QTest.keyClick(window.field.line, Qt.Key.Key_Tab)
    assert window.field.text == "생일 "
    assert window.field.line.up_to_here == "생일 "


def test_a_search_is_saved_listed_opened_renamed_and_removed(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    small = with_script(filled, scripted)
    saved = SavedSearches(SearchStore(small.library.database), scripted)  # type: ignore[arg-type]
    library = dataclasses.replace(small.library, searches=saved)
    window = open_window(dataclasses.replace(small, library=library))
    asked(window, scripted, qtbot, "Ann birthday")
    window.results.limits.kinds[EvidenceKind.SPEECH].click()
    qtbot.waitUntil(lambda: bool(scripted.questions[-1].filters.kinds), timeout=20_000)
    window.field.save_wanted.emit()
    [dialog] = window.findChildren(NameSearch)
    assert dialog.field.text() == "Ann birthday"
    dialog.field.setText("Parties")
    dialog._finish()
    qtbot.waitUntil(lambda: len(saved.store.saved()) == 1, timeout=20_000)
    window.results.limits.kinds[EvidenceKind.SPEECH].click()
    saved.store.mark_seen(saved.store.find("parties").id, [])
    window.field.clear()
    lines = window.results.saved.lines
    qtbot.waitUntil(lambda: bool(window.results.saved.lines), timeout=20_000)
    assert window.results.page == "first"
    qtbot.waitUntil(lambda: window.results.saved.lines[0].badge == "1 new", timeout=20_000)
    [line] = window.results.saved.lines
    assert line.saved.name == "Parties"
    QTest.mouseClick(line, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: scripted.asked[-1] == "Ann birthday", timeout=20_000)
    assert window.results.limits.kinds[EvidenceKind.SPEECH].isChecked()
    qtbot.waitUntil(lambda: "1 new" in window.results.summary.text(), timeout=20_000)
    qtbot.waitUntil(lambda: len(saved.store.find("parties").seen) == 1, timeout=20_000)
    window.asking._rename_to(line.saved, "Feste")
    qtbot.waitUntil(lambda: [s.name for s in saved.store.saved()] == ["Feste"], timeout=20_000)
    window.asking._remove(line.saved)
    qtbot.waitUntil(lambda: saved.store.saved() == [], timeout=20_000)
    assert lines is not None


def test_limits_of_the_command_line_become_words() -> None:
    filters = Filters(
        folder=Path("/videos/my holiday"),
        after=int(datetime(2015, 1, 1).timestamp()),
        people=frozenset({PersonId(1)}),
        length=Length(60_000, None),
    )
    words = " ".join(offers.as_words(filters, {PersonId(1): "Ann"}))
    query = parse(words, [ANN], NOW)
    assert query.people == (1,)
    assert query.folders == ("videos/my holiday",)
    assert query.lengths == (Length(60_000, None),)
    assert query.dates[0].periods == (Period(filters.after, None),)
    assert query.meaning == ""


def test_no_good_match_says_so_and_offers_the_nearest(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.search("submarine")
    qtbot.waitUntil(lambda: window.results.page == "answer", timeout=20_000)
    assert window.results.nearest.isVisible()
    assert window.results.list.moments.lines[0].weak
    scripted.moments.clear()
    window.search("submarines")
    qtbot.waitUntil(lambda: window.results.page == "none", timeout=20_000)
    assert "submarines" in window.results._none.text.text()


def test_what_is_no_match_is_not_counted_as_one(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    scripted.moments[1] = replace(scripted.moments[1], score=0.2)
    window = open_window(with_script(filled, scripted))
    window.search("birthday")
    qtbot.waitUntil(lambda: window.results.page == "answer", timeout=20_000)
    assert [line.weak for line in window.results.list.moments.lines] == [False, True]
    assert window.results.summary.text() == "1 moment in 1 video · 1 less sure"
    assert not window.results.nearest.isVisible()


def test_what_the_eyes_cannot_judge_is_not_called_missing(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.search("submarine")
    qtbot.waitUntil(lambda: window.results.page == "answer", timeout=20_000)
    said = window.results.nearest.text
    window.search("knitting")
    qtbot.waitUntil(lambda: window.results.nearest.text != said, timeout=20_000)
    assert "picture model" in window.results.nearest.text
    window.search("tiger in a cage")
    qtbot.waitUntil(lambda: "“tiger”" in window.results.nearest.text, timeout=20_000)
    assert window.results.nearest.isVisible()
    assert window.results.list.moments.lines[0].weak


def test_a_missing_model_is_named(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.search("unready")
    qtbot.waitUntil(lambda: window.results.page == "failed", timeout=20_000)
    assert "not installed" in window.results._failed.text.text()


def test_a_kind_can_be_chosen(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.search("birthday")
    qtbot.waitUntil(lambda: len(window.results.list.moments.lines) == 2, timeout=20_000)
    window.results.limits.kinds[EvidenceKind.VISUAL].click()
    qtbot.waitUntil(lambda: len(window.results.list.moments.lines) == 1, timeout=20_000)


def test_the_note_says_what_the_vision_engine_sees(filled: Small, open_window: OpenWindow) -> None:
    window = open_window(filled)
    window.show_panel("search")
    assert window.results.page == "first"
    assert window.results.vision_note.isVisible()
    assert "hardly sees people" in window.results.vision_note.text


@pytest.mark.usefixtures("starter_models")
def test_a_real_search_finds_what_is_said(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(filled)
    window.search("“birthday cake”")
    qtbot.waitUntil(lambda: window.results.page == "answer", timeout=60_000)
    best = window.results.list.moments.lines[0].moment
    assert best.video_id == filled.videos["beach.mp4"]
    assert abs(best.start_ms - 2000) <= 1500
    assert window.field.chips == ["“birthday cake”"]
