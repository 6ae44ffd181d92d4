"""Sentences whose right second is known, asked of the golden library."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from golden_library import DAY, Golden

from heimdex.domain.errors import Cancelled, UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.search import EvidenceKind, Filters
from heimdex.domain.vectors import Neighbour, Space, SpaceKind, Vectors
from heimdex.search.sight import SEEN_AT_MOST

SPEECH = [
    ("two years of negotiations", "talk.mp4", 4.2),
    ("they came to an agreement after long talks", "talk.mp4", 4.2),
    ("more money for education", "talk.mp4", 30),
    ("케이크 촛불", "birthday.mp4", 5),
    ("제주도 여행", "birthday.mp4", 9),
    ("비행기표를 예약한다는 말", "birthday.mp4", 13),
    ("물을 끓이고 소금을 넣는다", "cooking.mp4", 2),
    ("someone says happy birthday mum", "birthday.mp4", 1),
]


@pytest.mark.parametrize(("sentence", "file", "start_s"), SPEECH)
def test_what_is_said_is_found_at_its_sentence(golden: Golden, sentence, file, start_s):
    result = golden.ask(sentence)
    found, at = golden.place(result.moments[0])
    assert found == file
    assert abs(at - start_s) <= 1.5
    assert result.moments[0].evidence[0].kind is EvidenceKind.SPEECH


SIGHT = [
    ("a dog on the beach", "holiday/beach.mp4", 0),
    ("sailboat", "holiday/beach.mp4", 6),
    ("해 지는 산", "holiday/beach.mp4", 12),
    ("children in a classroom", "talk.mp4", 20),
]


@pytest.mark.parametrize(("sentence", "file", "start_s"), SIGHT)
def test_what_is_seen_is_found_at_its_shot(golden: Golden, sentence, file, start_s):
    moment = golden.ask(sentence).moments[0]
    assert golden.place(moment) == (file, start_s)
    assert moment.evidence[0].kind is EvidenceKind.VISUAL
    assert moment.score <= SEEN_AT_MOST
    assert moment.scene is not None


PEOPLE = [
    ("Obama", [("talk.mp4", 0.0)]),
    ("오바마가 나오는 장면", [("talk.mp4", 0.0)]),
    ("엄마는", [("birthday.mp4", 0.0), ("holiday/beach.mp4", 6.0)]),
    ("my mom", [("birthday.mp4", 0.0), ("holiday/beach.mp4", 6.0)]),
    ("지훈이", [("birthday.mp4", 9.0)]),
    ("엄마 -birthday", [("birthday.mp4", 0.0), ("holiday/beach.mp4", 6.0)]),
]


@pytest.mark.parametrize(("sentence", "places"), PEOPLE)
def test_a_name_finds_where_the_person_is(golden: Golden, sentence, places):
    result = golden.ask(sentence)
    assert sorted(golden.place(m) for m in result.moments) == sorted(places)
    assert not result.no_good_match
    assert all(m.evidence[0].kind is EvidenceKind.PERSON for m in result.moments)


def test_somebody_and_something_said_meet_in_time(golden: Golden):
    result = golden.ask("오바마가 협상에 대해 말하는 장면")
    moment = result.moments[0]
    assert golden.place(moment) == ("talk.mp4", 4.2)
    assert not result.no_good_match
    assert {e.kind for e in moment.evidence} >= {EvidenceKind.SPEECH, EvidenceKind.PERSON}
    assert "Barack Obama" in moment.people


def test_somebody_who_is_not_there_when_it_is_said_is_no_match(golden: Golden):
    result = golden.ask("Obama says that the budget for the schools will be doubled")
    assert result.no_good_match
    assert ("talk.mp4", 30.0) in [golden.place(m) for m in result.moments]
    right = golden.ask("Joe Biden says that the budget for the schools will be doubled")
    assert golden.place(right.moments[0]) == ("talk.mp4", 30.0)
    assert not right.no_good_match


def test_somebody_and_something_seen_meet_in_time(golden: Golden):
    moment = golden.ask("엄마가 배를 타는 장면").moments[0]
    assert golden.place(moment) == ("holiday/beach.mp4", 6.0)


def test_people_who_are_never_together(golden: Golden):
    result = golden.ask("엄마랑 지훈이가 같이 나오는 영상")
    assert [golden.place(m) for m in result.moments if m.score >= 0.5] == []


def test_quoted_words_are_exact(golden: Golden):
    result = golden.ask('"a good teacher"')
    assert [golden.place(m) for m in result.moments] == [("talk.mp4", 34.5)]
    text, matches = result.moments[0].evidence[0].text, result.moments[0].evidence[0].matches
    assert [text[a:b] for a, b in matches] == ["a good teacher"]
    missing = golden.ask('"a good student"')
    assert missing.no_good_match
    assert all(m.score < 0.5 for m in missing.moments)


def test_matched_words_are_marked_and_timed(golden: Golden):
    evidence = golden.ask("negotiations agreement").moments[0].evidence[0]
    marked = [evidence.text[a:b] for a, b in evidence.matches]
    assert marked == ["negotiations", "agreement"]
    # "negotiations" is the fifth of ten words from 4.2 s to 9 s.
    assert evidence.at_ms == pytest.approx(4200 + 4 * 480, abs=5)


def test_excluded_words_are_left_out(golden: Golden):
    with_it = {golden.place(m)[0] for m in golden.ask("dog").moments}
    assert {"cooking.mp4", "holiday/beach.mp4"} <= with_it
    without = golden.ask("dog -kitchen").moments
    assert all("kitchen" not in e.text for m in without for e in m.evidence)
    assert golden.place(without[0]) == ("holiday/beach.mp4", 0.0)
    on_land = golden.ask("엄마 지훈 말고").query
    assert on_land.excluded_people == (golden.ids["지훈"],)


def test_what_must_not_be_seen(golden: Golden):
    shown = [golden.place(m) for m in golden.ask("the sea, but not a sailing boat").moments]
    assert ("holiday/beach.mp4", 6.0) not in shown


@pytest.mark.parametrize(
    "sentence",
    ["quantum entanglement of photons", "주식 시장 폭락", "someone explains how to knit"],
)
def test_nothing_fits_is_said(golden: Golden, sentence):
    result = golden.ask(sentence)
    assert result.no_good_match
    assert all(m.score < 0.5 for m in result.moments)


def test_filters(golden: Golden):
    def files(sentence, **limits):
        moments = golden.ask(sentence, filters=Filters(**limits)).moments
        return {golden.place(m)[0] for m in moments}

    holiday = golden.folder / "media" / "holiday"
    assert files("dog", folder=holiday) == {"holiday/beach.mp4"}
    assert files("dog", folder=golden.folder / "nowhere") == set()
    assert files("dog", after=350 * DAY) == {"cooking.mp4"}
    assert files("dog", after=300 * DAY, before=400 * DAY) == {"holiday/beach.mp4"}
    spoken = golden.ask("dog", filters=Filters(kinds=frozenset({EvidenceKind.SPEECH})))
    assert {e.kind for m in spoken.moments for e in m.evidence} == {EvidenceKind.SPEECH}
    seen = golden.ask("dog", filters=Filters(kinds=frozenset({EvidenceKind.VISUAL})))
    assert {e.kind for m in seen.moments for e in m.evidence} == {EvidenceKind.VISUAL}
    mom = frozenset({golden.ids["엄마"]})
    assert golden.place(golden.ask("boat", filters=Filters(people=mom)).moments[0]) == (
        "holiday/beach.mp4",
        6.0,
    )
    assert len(golden.ask("", filters=Filters(people=mom)).moments) == 2


def test_moments_are_whole_and_ordered(golden: Golden):
    for sentence in [*(s for s, *_ in SPEECH), *(s for s, *_ in SIGHT), "water", "엄마"]:
        result = golden.ask(sentence)
        passing = [m.score >= 0.5 for m in result.moments]
        assert passing == sorted(passing, reverse=True)
        assert result.no_good_match == (not any(passing))
        for moment in result.moments:
            assert 0 <= moment.start_ms < moment.end_ms
            assert 0 <= moment.score <= 1
            assert moment.evidence
            for evidence in moment.evidence:
                assert moment.start_ms <= evidence.at_ms <= moment.end_ms
                assert all(0 <= a < b <= len(evidence.text) for a, b in evidence.matches)
        spans = [(m.video_id, m.start_ms, m.end_ms) for m in result.moments]
        assert len(spans) == len(set(spans))


def test_n_is_kept_and_the_same_question_has_the_same_answer(golden: Golden):
    assert len(golden.ask("water", n=1).moments) == 1
    assert golden.ask("water").moments == golden.ask("water").moments


def test_a_moment_finds_others_like_it(golden: Golden):
    beach = next(v for v, name in golden.names.items() if name == "holiday/beach.mp4")
    others = golden.searcher.similar(beach, 7_000)
    assert all(
        m.video_id != beach or m.end_ms <= 1_000 or m.start_ms >= 12_000 for m in others.moments
    )
    with pytest.raises(UserError, match="not been indexed"):
        golden.searcher.similar(VideoId("f" * 32), 0)


def test_a_picture_finds_what_looks_like_it(golden: Golden, tmp_path: Path):
    picture = tmp_path / "boat.jpg"
    picture.write_text("a sailing boat on the sea")
    result = golden.searcher.by_image(picture)
    assert golden.place(result.moments[0]) == ("holiday/beach.mp4", 6.0)
    assert not result.no_good_match


def test_a_search_can_be_given_up(golden: Golden):
    with pytest.raises(Cancelled):
        golden.ask("water", cancelled=lambda: True)


def test_a_large_library_goes_through_the_index_with_the_same_answers(
    golden: Golden, monkeypatch: pytest.MonkeyPatch
):
    sentences = [s for s, *_ in SPEECH] + [s for s, *_ in SIGHT]
    exact = [golden.place(golden.ask(s).moments[0]) for s in sentences]
    index = golden.index
    monkeypatch.setattr(index, "_asked_from", 0)
    index.sync(golden.database)
    asked: list[SpaceKind] = []
    query = index.query

    def counted(space: Space, vector: Vectors, n: int) -> list[Neighbour]:
        asked.append(space.kind)
        return query(space, vector, n)

    monkeypatch.setattr(index, "query", counted)
    assert [golden.place(golden.ask(s).moments[0]) for s in sentences] == exact
    assert asked.count(SpaceKind.PASSAGE) >= len(sentences)
    assert asked.count(SpaceKind.SCENE) >= len(sentences)
    before = len(asked)
    golden.ask("water", filters=Filters(after=0))
    assert len(asked) == before  # what is limited is compared


@pytest.fixture
def empty(tmp_path: Path, towers) -> Iterator[Golden]:
    library = Golden(tmp_path, towers)
    yield library
    library.database.close()


def test_an_empty_library_answers_without_asking_a_model(empty: Golden):
    asked = len(empty.towers.asked)
    result = empty.ask("a dog on the beach")
    assert result.moments == ()
    assert result.no_good_match
    assert len(empty.towers.asked) == asked
    assert not empty.ask("").no_good_match
