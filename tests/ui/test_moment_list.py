"""The list of moments reaches every place that was folded into one."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from heimdex.domain.ids import VideoId
from heimdex.domain.search import Evidence, EvidenceKind, Moment
from heimdex.ui import wording
from heimdex.ui.results.delegate import HEADING, HEIGHT, body, similar_button
from heimdex.ui.results.list import MOST_PLACES, MomentList
from heimdex.ui.theme import Theme

VIDEO = VideoId("a" * 32)


def listed(theme: Theme, qtbot: QtBot, also_ms: tuple[int, ...]) -> MomentList:
    made = MomentList(theme)
    qtbot.addWidget(made)
    seen = Evidence(EvidenceKind.VISUAL, "dog", 0.6, 4000)
    path = Path("/videos/dog.mp4")
    made.moments.replace(
        [
            Moment(
                VIDEO, path, "dog", 4000, 9000, 0.6, (), (seen,), 0, True, also_ms=also_ms,
            )
        ]
    )  # fmt: skip
    return made


def test_other_places_of_the_shot_play_from_the_menu(theme: Theme, qtbot: QtBot) -> None:
    made = listed(theme, qtbot, (0, 61_000))
    menu = made.menu_of(made.moments.index(0, 0))
    texts = [action.text() for action in menu.actions()]
    assert texts == [
        "Play",
        "Play from 0:00, in the same shot",
        "Play from 1:01, in the same shot",
        "More like this moment",
    ]
    played: list[tuple[str, int]] = []
    made.play_requested.connect(lambda video_id, at_ms: played.append((video_id, at_ms)))
    for action in menu.actions()[:3]:
        action.trigger()
    assert played == [(VIDEO, 4000), (VIDEO, 0), (VIDEO, 61_000)]


def test_a_menu_stays_short(theme: Theme, qtbot: QtBot) -> None:
    made = listed(theme, qtbot, tuple(range(0, 60_000, 1000)))
    assert len(made.menu_of(made.moments.index(0, 0)).actions()) == 2 + MOST_PLACES


def moment(start_ms: int, score: float) -> Moment:
    seen = Evidence(EvidenceKind.VISUAL, "dog", score, start_ms)
    path = Path("/videos/dog.mp4")
    return Moment(VIDEO, path, "dog", start_ms, start_ms + 1000, score, (), (seen,), 0, True)


def test_the_less_sure_stand_behind_the_matches_under_a_heading(theme: Theme, qtbot: QtBot) -> None:
    made = MomentList(theme)
    qtbot.addWidget(made)
    made.resize(600, 600)
    made.show()
    made.moments.replace(
        [moment(0, 0.9), moment(1000, 0.6)], [moment(2000, 0.3), moment(3000, 0.2)]
    )
    lines = made.moments.lines
    assert [(line.weak, line.heads) for line in lines] == [
        (False, False),
        (False, False),
        (True, True),
        (True, False),
    ]
    heights = [made.visualRect(made.moments.index(row, 0)).height() for row in range(4)]
    assert heights == [HEIGHT, HEIGHT, HEIGHT + HEADING, HEIGHT]
    role = Qt.ItemDataRole.AccessibleTextRole
    assert "Less sure" in made.moments.index(2, 0).data(role)
    assert "Less sure" not in made.moments.index(0, 0).data(role)


def test_more_like_a_moment_is_asked_where_its_button_is_drawn(theme: Theme, qtbot: QtBot) -> None:
    made = MomentList(theme)
    qtbot.addWidget(made)
    made.resize(600, 600)
    made.show()
    made.moments.replace([moment(0, 0.9)], [moment(2000, 0.3)])
    asked: list[int] = []
    made.similar_requested.connect(lambda _, at_ms: asked.append(at_ms))
    for row in range(2):
        whole = body(made.visualRect(made.moments.index(row, 0)), made.moments.lines[row])
        place = similar_button(whole).center()
        QTest.mouseClick(made.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked == [0, 2000]


def test_where_nothing_matches_there_is_no_heading(theme: Theme, qtbot: QtBot) -> None:
    made = MomentList(theme)
    qtbot.addWidget(made)
    made.moments.replace([], [moment(0, 0.3), moment(1000, 0.2)])
    assert [(line.weak, line.heads) for line in made.moments.lines] == [(True, False)] * 2


def test_a_picture_that_hardly_looks_alike_is_not_said_to(theme: Theme, qtbot: QtBot) -> None:
    alike = Evidence(EvidenceKind.VISUAL, "", 0.9, 0)
    assert wording.evidence_text(alike) == "looks alike"
    assert wording.evidence_text(alike, weak=True) == "at best a little alike"
