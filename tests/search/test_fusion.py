"""Properties of fusion, calibration, joining and localising, without a library."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimdex.domain.engines import Thresholds
from heimdex.domain.ids import VideoId
from heimdex.domain.speech import Segment, Word
from heimdex.search.calibration import CUT, DOUBTFUL, confidence, covered, together
from heimdex.search.candidates import Candidate, Channel
from heimdex.search.explain import joined
from heimdex.search.fuse import K, fuse
from heimdex.search.locate import (
    content_groups,
    locate,
    locate_phrase,
    matches,
    phrase_matches,
    sentences_of,
)
from heimdex.search.moments import gather, inside
from heimdex.search.ranking import rank

RANKINGS = st.lists(
    st.lists(st.tuples(st.integers(0, 12), st.floats(0, 1)), max_size=10), max_size=4
)


@given(RANKINGS)
def test_fusion_keeps_every_item_once_in_order(rankings):
    fused = fuse(rankings)
    assert set(fused) == {item for ranking in rankings for item, _ in ranking}
    assert list(fused.values()) == sorted(fused.values(), reverse=True)
    assert all(0 <= value <= len(rankings) / (K + 1) for value in fused.values())
    assert fuse(rankings) == fused


@given(RANKINGS)
def test_one_more_ranking_never_lowers_an_item(rankings):
    fused = fuse(rankings)
    more = fuse([*rankings, [(0, 1.0)]])
    assert all(more[item] >= value for item, value in fused.items())
    assert more[0] > fused.get(0, 0.0)


@given(st.lists(st.integers(), unique=True, max_size=20))
def test_one_ranking_keeps_its_order(items):
    assert list(fuse([[(item, 1.0) for item in items]])) == items


def test_the_formula_is_that_of_the_paper():
    fused = fuse([[("a", 1.0), ("b", 1.0)], [("b", 1.0), ("a", 0.5), ("b", 1.0)]])
    assert fused["a"] == pytest.approx(1 / 61 + 0.5 / 62)
    assert fused["b"] == pytest.approx(1 / 62 + 1 / 61)
    assert list(fused) == ["b", "a"]


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_confidence_grows_with_similarity(a, b):
    thresholds = Thresholds(match=0.42, suggest=0.28)
    low, high = sorted((a, b))
    assert 0 <= confidence(low, thresholds) <= confidence(high, thresholds) <= 1


def test_confidence_says_half_at_the_engines_own_threshold():
    for thresholds in (Thresholds(0.42, 0.28), Thresholds(0.28, 0.2), Thresholds(0.9, 0.8)):
        assert confidence(thresholds.match, thresholds) == pytest.approx(CUT)
        assert confidence(thresholds.suggest, thresholds) == pytest.approx(DOUBTFUL)
        assert confidence(1.0, thresholds) == 1.0
        assert confidence(-0.3, thresholds) == 0.0


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 12))
def test_coverage_grows_and_stays_below_certain(a, b, words):
    low, high = sorted((a, b))
    assert 0 <= covered(low, words) <= covered(high, words) < 1
    assert covered(low, 0) == 0


@given(st.lists(st.floats(0, 1), max_size=5))
def test_reasons_that_agree_lift_and_never_lower(values):
    total = together(values)
    assert max(values, default=0.0) <= total <= 1.0
    assert together([*values, 0.0]) == pytest.approx(total)


def at(start, end, channel=Channel.WORDS, sure=0.7, video="a"):
    return Candidate(channel, VideoId(video), start, end, start, sure, "text")


CANDIDATES = st.lists(
    st.builds(
        lambda start, length, channel, sure, video: at(start, start + length, channel, sure, video),
        st.integers(0, 60_000),
        st.integers(200, 20_000),
        st.sampled_from(list(Channel)),
        st.floats(0, 1),
        st.sampled_from("ab"),
    ),
    max_size=25,
)


@given(CANDIDATES)
def test_every_candidate_has_a_moment_of_its_video(candidates):
    drafts, place = gather([candidates])
    assert set(place) == set(candidates)
    for candidate, number in place.items():
        draft = drafts[number]
        assert draft.video_id == candidate.video_id
        assert draft.overlap_ms(candidate) >= -1_000
    for draft in drafts:
        assert draft.reasons
        assert draft.start_ms < draft.end_ms


@given(CANDIDATES)
def test_matches_come_first_and_scores_are_calibrated(candidates):
    ranked = rank([[c for c in candidates if c.channel is channel] for channel in Channel])
    passing = [each.score >= CUT for each in ranked]
    assert passing == sorted(passing, reverse=True)
    assert all(0 <= each.score <= 1 for each in ranked)
    assert any(passing) == any(each.score >= CUT for each in ranked)
    best = max((c.confidence for c in candidates), default=0.0)
    assert max((each.score for each in ranked), default=0.0) >= best - 1e-9
    near = rank([candidates], near=True)
    assert all(each.score < CUT for each in near)


def test_a_scene_does_not_move_the_start_of_a_sentence():
    said, seen = at(8_000, 11_000, sure=0.9), at(0, 30_000, Channel.SIGHT, 0.4)
    drafts, _ = gather([[said], [seen]])
    assert [(d.start_ms, d.end_ms) for d in drafts] == [(8_000, 11_000)]
    assert set(drafts[0].reasons) == {Channel.WORDS, Channel.SIGHT}


def test_sentences_that_follow_each_other_are_one_moment_only_when_both_match():
    first, second = at(0, 4_000, sure=0.8), at(4_500, 8_000, sure=0.78)
    assert [(d.start_ms, d.end_ms) for d in gather([[first, second]])[0]] == [(0, 8_000)]
    weak = at(4_500, 8_000, sure=0.3)
    assert len(gather([[first, weak]])[0]) == 2
    far = at(9_000, 12_000, sure=0.8)
    assert len(gather([[first, far]])[0]) == 2


def test_candidates_are_cut_to_when_somebody_is_there():
    there = [at(5_000, 9_000, Channel.PERSON, 0.8)]
    cut = inside([at(2_000, 7_000), at(20_000, 22_000), at(6_000, 7_000, video="b")], there)
    assert [(c.start_ms, c.end_ms, c.at_ms) for c in cut] == [(4_300, 7_000, 4_300)]


def spoken_at(text, start=0, step=400):
    words = tuple(
        Word(start + i * step, start + (i + 1) * step, word, 0.9)
        for i, word in enumerate(text.split())
    )
    return Segment(0, start, words[-1].end_ms, text, words)


def test_locating_starts_at_the_sentence_that_holds_the_words():
    segment = spoken_at("Good evening all. We boil the water now. Then we eat.")
    located = locate([segment], content_groups("boiling water and salt"))
    assert located.text == "We boil the water now."
    assert located.start_ms == 3 * 400
    assert located.at_ms in (4 * 400, 6 * 400)
    assert locate([segment], content_groups("zebra")).start_ms == 0
    assert locate([], content_groups("zebra")) is None


def test_words_said_nearly_as_typed_are_the_place():
    segment = spoken_at("My fellow Americans ask nod what your country can do for you.")
    again = spoken_at("Ask what you can do for your country.", start=9_000)
    text = "ask not what your country can do for you"
    located = locate([segment, again], content_groups(text), text)
    assert (located.start_ms, located.at_ms) == (0, 3 * 400)
    assert located.text == segment.text
    other = "you can do it"
    assert locate([again], content_groups(other), other).start_ms == 9_000


def test_a_pause_parts_sentences_without_full_stops():
    early = Segment(0, 0, 400, "The", (Word(0, 400, "The", 0.9),))
    late = spoken_at("Paris office is special", start=20_000)
    assert [[w.text for w in s] for s in sentences_of([early, late])] == [
        ["The"],
        ["Paris", "office", "is", "special"],
    ]
    assert locate([early, late], content_groups("the Paris office")).start_ms == 20_000


def test_korean_words_are_located_with_particles_and_in_compounds():
    segment = spoken_at("안녕하세요 여러분. 생일 파티를 준비했어요.")
    assert locate([segment], content_groups("생일파티")).start_ms == 800
    text = "생일 파티를 준비했어요"
    marked = [text[a:b] for a, b in matches(text, content_groups("생일을 준비한"))]
    assert marked == ["생일", "준비했어요"]


def test_phrases_are_found_in_order_only():
    segment = spoken_at("We went from the farm to the table. The table was full.")
    located = locate_phrase([segment], "from the farm to the table")
    assert (located.start_ms, located.at_ms) == (0, 800)
    assert locate_phrase([segment], "table the farm") is None
    text = "Happy Birthday, dear! happy birthday"
    assert [text[a:b] for a, b in phrase_matches(text, "happy birthday")] == [
        "Happy Birthday",
        "happy birthday",
    ]
    assert phrase_matches("생일 축하해요", "생일 축하") == ((0, 7),)


@given(st.text(max_size=80), st.text(max_size=30))
def test_marks_lie_inside_the_text(text, query):
    ranges = joined([*matches(text, content_groups(query)), *phrase_matches(text, query)])
    assert all(0 <= start < end <= len(text) for start, end in ranges)
    assert all(before[1] < after[0] for before, after in pairwise(ranges))
