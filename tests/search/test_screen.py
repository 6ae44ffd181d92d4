"""What is written on the screen is found by its words, also by those that a reader misread."""

from collections.abc import Iterator

import pytest
from golden_library import Described, Golden
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heimdex.domain.ids import VideoId
from heimdex.domain.search import EvidenceKind, Filters, Moment
from heimdex.domain.stages import OcrOutput, Stage, StageRun, StageStatus
from heimdex.search.screen import BETWEEN, LONGEST_MS
from heimdex.storage.lexicon import OCR_LINES, Lexicon

ONLY_TEXT = Filters(kinds=frozenset({EvidenceKind.TEXT}))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, towers: Described) -> Iterator[Golden]:
    library = Golden(tmp_path_factory.mktemp("shown"), towers)
    paris = library.add(
        "paris.mp4",
        [(20, 24, "The office here is an exception within the company.")],
        [(0, 10, "an old street with shop windows"), (10, 40, "a man at a desk")],
    )
    library.write(
        paris,
        [
            (4, 6, "RUE"),
            (4.5, 6, "DE LONDRES"),
            (20, 26, "CARLO"),
            (20, 26, "Vice President - Southern & Eastem Europe"),
            (30, 34, "OMAR"),
            (30, 34, "Software Engineer"),
        ],
    )
    seoul = library.add(
        "seoul.mp4",
        [(1, 4, "오늘은 서울역에서 만나기로 했어요.")],
        [(0, 30, "people in a railway station")],
    )
    library.write(
        seoul,
        [
            (0, 30, "KBS NEWS 9"),
            (5, 9, "서울역 3번 출구"),
            (12, 15, "김민수 기자"),
            (20, 24, "생일을 축하합니다"),
        ],
    )
    tutorial = library.add("tutorial.mp4", (), [(0, 60, "a computer screen with windows")])
    library.write(
        tutorial,
        [
            (2, 50, "The LearningPlatform"),
            (10, 14, "Press and hold the menu button"),
            (14.2, 18, "for six seconds"),
            (30, 34, "Automatic updates"),
        ],
    )
    library.index.sync(library.database)
    yield library
    library.index.close()
    library.database.close()


def text_of(moment: Moment) -> tuple[str, list[str]]:
    """What was on the screen, and the marked parts of it."""
    [reason] = [e for e in moment.evidence if e.kind is EvidenceKind.TEXT]
    return reason.text, [reason.text[start:end] for start, end in reason.matches]


WRITTEN = [
    ("Rue de Londres", "paris.mp4", 4.5),
    ("street sign Rue de Londres", "paris.mp4", 4.5),
    ("Omar the software engineer", "paris.mp4", 30),
    ("3번 출구", "seoul.mp4", 5),
    ("출구", "seoul.mp4", 5),
    ("김민수 기자", "seoul.mp4", 12),
    ("생일 축하 자막", "seoul.mp4", 20),
    ("KBS news", "seoul.mp4", 0),
    ("hold the menu button", "tutorial.mp4", 10),
]


@pytest.mark.parametrize(("sentence", "file", "start_s"), WRITTEN)
def test_what_is_written_is_found_when_all_of_it_is_there(
    shown: Golden, sentence: str, file: str, start_s: float
) -> None:
    result = shown.ask(sentence)
    assert shown.place(result.moments[0]) == (file, start_s)
    assert not result.no_good_match
    assert result.moments[0].evidence[0].kind is EvidenceKind.TEXT
    assert result.moments[0].evidence[0].at_ms == start_s * 1000


def test_lines_that_are_seen_together_are_one_text_with_its_words_marked(shown: Golden) -> None:
    text, marked = text_of(shown.ask("Omar software engineer").moments[0])
    assert text == f"OMAR{BETWEEN}Software Engineer"
    assert marked == ["OMAR", "Software", "Engineer"]
    text, marked = text_of(shown.ask("출구", filters=ONLY_TEXT).moments[0])
    assert (text, marked) == ("서울역 3번 출구", ["출구"])


@pytest.mark.parametrize(
    ("sentence", "marked"),
    [
        ("vice president eastern europe", "Eastem"),  # rn looks like m
        ("automatik updates", "Automatic"),  # a letter
        ("learning platform", "LearningPlatform"),  # a space
        ("s0ftware engineer", "Software"),
    ],
)
def test_words_a_reader_misread_are_found(shown: Golden, sentence: str, marked: str) -> None:
    result = shown.ask(sentence, filters=ONLY_TEXT)
    assert not result.no_good_match
    assert marked in text_of(result.moments[0])[1]


def test_a_misread_word_counts_less_than_the_word(shown: Golden) -> None:
    exact = shown.ask("automatic updates", filters=ONLY_TEXT).moments[0].score
    nearly = shown.ask("automatik updates", filters=ONLY_TEXT).moments[0].score
    assert nearly < exact


def test_of_one_word_alone_another_letter_makes_another_word(shown: Golden) -> None:
    for sentence in ("updater", "automatik", "softwave"):
        found = shown.ask(sentence, filters=ONLY_TEXT)
        assert found.no_good_match, sentence
    for sentence in ("eastern", "s0ftware"):  # What looks the same to a reader is a match.
        assert not shown.ask(sentence, filters=ONLY_TEXT).no_good_match, sentence


def test_short_and_other_words_are_not_taken_for_each_other(shown: Golden) -> None:
    for sentence in ("mend", "rude", "platforms of the station", "exception"):
        for moment in shown.ask(sentence, filters=ONLY_TEXT).moments:
            assert moment.score < 0.5, sentence


def test_quoted_words_are_found_in_order_also_over_two_lines(shown: Golden) -> None:
    for sentence in ('"rue de londres"', '"menu button for six seconds"', '"서울역 3번"'):
        result = shown.ask(sentence)
        assert not result.no_good_match, sentence
        assert result.moments[0].evidence[0].kind is EvidenceKind.TEXT
        assert text_of(result.moments[0])[1]
    backwards = shown.ask('"londres de rue"')
    assert backwards.no_good_match


def test_the_kind_can_be_asked_for(shown: Golden) -> None:
    said = Filters(kinds=frozenset({EvidenceKind.SPEECH}))
    assert shown.first("서울역", filters=ONLY_TEXT) == ("seoul.mp4", 5.0)
    assert shown.first("서울역", filters=said) == ("seoul.mp4", 1.0)
    for moment in shown.ask("Rue de Londres", filters=said).moments:
        assert all(e.kind is EvidenceKind.SPEECH for e in moment.evidence)


def test_what_is_said_is_not_answered_by_what_is_written(shown: Golden) -> None:
    moments = shown.ask("somebody talks about Rue de Londres").moments
    assert all(moment.score < 0.5 for moment in moments)


def test_excluded_words_are_excluded_on_the_screen_too(shown: Golden) -> None:
    assert shown.first("3번 출구") == ("seoul.mp4", 5.0)
    for moment in shown.ask("3번 출구 -서울역").moments:
        assert shown.place(moment) != ("seoul.mp4", 5.0)


def test_a_logo_is_a_moment_where_it_appears_not_the_whole_video(shown: Golden) -> None:
    moment = shown.ask("KBS news", filters=ONLY_TEXT).moments[0]
    assert (moment.start_ms, moment.end_ms) == (0, LONGEST_MS)


def test_only_some_videos_are_searched_where_a_filter_says_so(shown: Golden) -> None:
    folder = Filters(folder=shown.folder / "media" / "elsewhere")
    assert shown.ask("Rue de Londres", filters=folder).moments == ()


def test_text_that_was_read_again_replaces_what_was_known(
    tmp_path_factory: pytest.TempPathFactory, towers: Described
) -> None:
    library = Golden(tmp_path_factory.mktemp("again"), towers)
    video = library.add("a.mp4", (), [(0, 5, "a wall")])
    library.write(video, [(1, 3, "Eastem")])
    assert text_of(library.ask("eastern", filters=ONLY_TEXT).moments[0])[0] == "Eastem"
    run = StageRun(VideoId(video), Stage.OCR, 1, "", StageStatus.DONE, 1.0, "", 1)
    library.stages.commit(video, OcrOutput(()), run)
    assert library.ask("eastern", filters=ONLY_TEXT).moments == ()
    library.write(video, [(1, 3, "Western")])
    assert library.ask("western", filters=ONLY_TEXT).moments[0].score >= 0.5
    library.catalogue.remove_video(video)
    assert library.ask("western", filters=ONLY_TEXT).moments == ()
    assert Lexicon(library.database, OCR_LINES).vocabulary() == []
    library.index.close()
    library.database.close()


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(codec=None), max_size=40))
def test_nothing_that_can_be_typed_raises(shown: Golden, text: str) -> None:
    screen = shown.searcher._sources.screen
    for moment in screen.written(text, None):
        assert 0 <= moment.confidence <= 1
        assert all(0 <= a < b <= len(moment.text) for a, b in moment.marks)
    screen.phrases([text], None)
    screen.spans(text, None)
