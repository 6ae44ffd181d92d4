import threading
import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from ui_library import Small

from heimdex.domain.errors import Cancelled, ModelUnavailable
from heimdex.domain.ids import VideoId
from heimdex.domain.search import (
    Evidence,
    EvidenceKind,
    Filters,
    Moment,
    Query,
    SearchResult,
)
from heimdex.ui.searching import Searching
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


class Scripted:
    """Answers from a list of moments that hold the words; slow questions are given up when told."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.asked: list[str] = []
        self.given_up: list[str] = []
        self.threads: set[str] = set()

    def search(
        self, text: str, filters: Filters, n: int, cancelled: Callable[[], bool]
    ) -> SearchResult:
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
        found = tuple(m for m in self.moments if any(text in e.text for e in m.evidence))
        kinds = filters.kinds
        found = tuple(m for m in found if not kinds or {e.kind for e in m.evidence} & kinds)
        nearest = () if found else tuple(self.moments[:1])
        query = Query(text, text, people_names=("Ann",) if "Ann" in text else ())
        return SearchResult(query, found or nearest, not found, 1.0)


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
    searching.ask("slow question", now=True)
    qtbot.waitUntil(lambda: scripted.asked == ["slow question"])
    searching.ask("birthday", now=True)
    qtbot.waitUntil(lambda: answers == ["birthday"])
    assert scripted.given_up == ["slow question"]
    assert scripted.threads == {"heimdex-search"}


def test_typing_asks_once_it_pauses(searching: Searching, scripted: Scripted, qtbot: QtBot) -> None:
    with qtbot.waitSignal(searching.answered):
        for end in range(1, 9):
            searching.ask("birthday"[:end])
    assert scripted.asked == ["birthday"]


def test_a_bug_in_search_is_said_and_the_next_question_works(
    searching: Searching, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    with qtbot.waitSignal(searching.failed) as failed:
        searching.ask("broken", now=True)
    assert "ZeroDivisionError" in failed.args[0]
    assert "ZeroDivisionError" in caplog.text
    with qtbot.waitSignal(searching.answered):
        searching.ask("birthday", now=True)


def test_warming_answers_nobody(searching: Searching, scripted: Scripted, qtbot: QtBot) -> None:
    answers: list[object] = []
    searching.answered.connect(answers.append)
    searching.failed.connect(answers.append)
    searching.warm()
    qtbot.waitUntil(lambda: len(scripted.asked) == 1)
    qtbot.wait(50)
    assert answers == []


def with_script(filled: Small, scripted: Scripted) -> Small:
    import dataclasses

    library = dataclasses.replace(filled.library, searcher=scripted)  # type: ignore[arg-type]
    return dataclasses.replace(filled, library=library)


def test_an_answer_is_shown_and_enter_plays_it_at_its_second(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.field.line.setFocus()
    QTest.keyClicks(window.field.line, "birthday")
    qtbot.waitUntil(lambda: window.results.page == "answer", timeout=5000)
    assert window.panel == "search"
    assert window.results.summary.text() == "2 moments in 2 videos"
    line = window.results.list.moments.index(0, 0)
    assert "said: We will see the birthday cake" in line.data(Qt.ItemDataRole.AccessibleTextRole)
    QTest.keyClick(window.field.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.side.view is not None, timeout=5000)
    assert window.side.position == 2000 or window.side.position > 2000
    qtbot.waitUntil(lambda: not window.side.view.surface.image.isNull(), timeout=15_000)  # type: ignore[union-attr]
    assert window.side.position >= 1900
    player = window.side.view.player  # type: ignore[union-attr]
    assert player.path == filled.media / "beach.mp4"


def test_a_click_plays_and_arrows_walk(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.search("birthday")
    qtbot.waitUntil(lambda: window.results.page == "answer", timeout=5000)
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
    qtbot.waitUntil(lambda: window.field.chips == ["Ann"], timeout=5000)
    window.field.clear()
    assert window.field.chips == []
    assert window.results.page == "first"


def test_no_good_match_says_so_and_offers_the_nearest(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.search("submarine")
    qtbot.waitUntil(lambda: window.results.page == "answer", timeout=5000)
    assert window.results.nearest.isVisible()
    assert window.results.list.moments.lines[0].weak
    scripted.moments.clear()
    window.search("submarines")
    qtbot.waitUntil(lambda: window.results.page == "none", timeout=5000)
    assert "submarines" in window.results._none.text.text()


def test_a_missing_model_is_named(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.search("unready")
    qtbot.waitUntil(lambda: window.results.page == "failed", timeout=5000)
    assert "not installed" in window.results._failed.text.text()


def test_a_kind_can_be_chosen(
    filled: Small, scripted: Scripted, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(with_script(filled, scripted))
    window.search("birthday")
    qtbot.waitUntil(lambda: len(window.results.list.moments.lines) == 2, timeout=5000)
    window.results._kinds[EvidenceKind.VISUAL].click()
    qtbot.waitUntil(lambda: len(window.results.list.moments.lines) == 1, timeout=5000)


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
