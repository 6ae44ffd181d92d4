"""The list of moments reaches every place that was folded into one."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from heimdex.domain.ids import VideoId
from heimdex.domain.search import Evidence, EvidenceKind, Moment
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
