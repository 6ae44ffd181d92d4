"""What is believed of what a recogniser hears, without any model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from heimdex.domain.speech import Segment
from heimdex.ml import hearing
from heimdex.ml.hearing import Heard, HeardSegment, HeardWord, LanguageVotes

RATE = 16_000


def words(text: str, start: float = 0.0, each: float = 0.4, sure: float = 0.9) -> HeardSegment:
    spoken = tuple(
        HeardWord(f" {word}", start + number * each, start + (number + 1) * each, sure)
        for number, word in enumerate(text.split())
    )
    return HeardSegment(spoken[0].start, spoken[-1].end, spoken)


def levels(seconds: float, loud: float = -20.0) -> NDArray[np.float32]:
    return np.full(round(seconds * 100), loud, np.float32)


def believe(*parts: HeardSegment, seconds: float = 30.0, **more: object) -> list[Segment]:
    heard = Heard(tuple(parts), finished=True, **{"silence": 0.0, **more})  # type: ignore[arg-type]
    return hearing.believed(heard, 10_000, seconds, levels(seconds))


def test_words_get_the_clock_of_the_track() -> None:
    (segment,) = believe(words("one two", 1.0))
    assert segment.text == "one two"
    assert (segment.start_ms, segment.end_ms) == (11_000, 11_800)
    assert [(word.start_ms, word.text) for word in segment.words] == [
        (11_000, "one"),
        (11_400, "two"),
    ]


def test_words_without_spaces_are_joined_without() -> None:
    part = HeardSegment(0, 1, (HeardWord("今日", 0, 0.5, 0.9), HeardWord("は", 0.5, 1, 0.9)))
    (segment,) = believe(part)
    assert segment.text == "今日は"


def test_nothing_is_invented_where_nobody_speaks() -> None:
    invented = words("thanks for watching", sure=0.4)
    assert believe(invented, silence=0.8) == []
    assert believe(words("a b c", sure=0.1)) == []
    assert believe(words("... ♪")) == []
    assert len(believe(invented, silence=0.1)) == 1
    assert len(believe(words("somebody whispers", sure=0.8), silence=0.8)) == 1


def test_loops_are_cut_when_the_answer_is_one() -> None:
    loop = words("I will go there " + "so sorry " * 30, each=0.1)
    (segment,) = believe(loop, repetitive=True)
    assert segment.text == "I will go there" + " so sorry" * 3
    # Sung or chanted words stay as long as the model is not stuck.
    assert believe(loop)[0].text.count("sorry") > 20


def test_segments_that_turn_over_the_same_words_are_dropped() -> None:
    parts = [words("I am going to the left to the right", number * 3.0) for number in range(8)]
    assert len(believe(*parts, repetitive=True)) == 1
    assert len(believe(*parts)) == 8


@given(
    st.lists(
        st.tuples(st.floats(-5, 40), st.floats(-5, 40), st.floats(0, 1)), min_size=1, max_size=30
    )
)
def test_times_are_in_order_and_inside_whatever_the_model_says(
    spoken: list[tuple[float, float, float]],
) -> None:
    heard = [
        HeardWord(f" w{n}", max(0, a), max(0, b), 0.5 + p / 2) for n, (a, b, p) in enumerate(spoken)
    ]
    part = HeardSegment(0, 30, tuple(heard))
    segments = believe(part)
    flat = [word for segment in segments for word in segment.words]
    assert len(flat) in (0, len(spoken))
    starts = [word.start_ms for word in flat]
    assert starts == sorted(starts)
    assert all(10_000 <= word.start_ms <= word.end_ms <= 40_000 for word in flat)
    assert all(
        s.start_ms <= s.words[0].start_ms and s.end_ms >= s.words[-1].end_ms for s in segments
    )


def test_a_long_segment_is_cut_at_sentences_and_pauses() -> None:
    part = words("This is the first sentence. " * 4 + "and then no more", each=0.5)
    assert [segment.text for segment in believe(part)] == [
        *["This is the first sentence."] * 4,
        "and then no more",
    ]
    assert len(believe(words("Short. It stays. One piece."))) == 1


def test_a_word_begins_where_it_is_heard_and_not_where_the_one_before_ends() -> None:
    sound = levels(4, -80)
    sound[:100] = -20
    sound[200:250] = -20
    part = HeardSegment(0, 4, (HeardWord(" one", 0, 0.9, 1), HeardWord(" two", 0.9, 2.4, 1)))
    heard = Heard((part,), finished=True, silence=0)
    (segment,) = hearing.believed(heard, 0, 4.0, sound)
    first, second = segment.words
    assert first.end_ms == pytest.approx(1000, abs=40)
    assert second.start_ms == pytest.approx(2000, abs=60)
    assert second.end_ms == pytest.approx(2500, abs=120)


def test_the_first_word_does_not_reach_back_over_a_long_wait() -> None:
    part = words("I am searching for someone", 3.0, 0.3)
    late = HeardSegment(3.0, part.end, (HeardWord(" I", 0.0, 3.3, 0.9), *part.words[1:]))
    (segment,) = believe(late)
    assert segment.start_ms >= 12_500


def test_what_the_model_left_out_is_listened_to_again() -> None:
    loud, seconds = levels(20), 20
    stopped = Heard((words("only the beginning"),), finished=False, silence=0)
    again = hearing.unheard(stopped, loud)
    assert again == pytest.approx(stopped.end * RATE, abs=200)
    quiet = loud.copy()
    quiet[120:] = -90
    assert hearing.unheard(stopped, quiet) == 0
    whole = Heard((words("w " * 49, each=0.4),), finished=False, silence=0)
    assert whole.end > seconds - 0.5
    assert hearing.unheard(whole, loud) == 0
    assert hearing.unheard(Heard((), finished=True, silence=0.9), loud) == 0


def test_cuts_are_made_where_it_is_quiet() -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 70 * RATE).astype(np.float32)
    samples[24 * RATE : 24 * RATE + 8000] = 0
    samples[50 * RATE : 50 * RATE + 8000] = 0
    borders = hearing.quiet_cuts(samples, 30 * RATE)
    assert borders[0] == 0
    assert borders[-1] == len(samples)
    assert borders[1] / RATE == pytest.approx(24.25, abs=0.3)
    assert borders[2] / RATE == pytest.approx(50.25, abs=0.3)
    assert hearing.quiet_cuts(samples[: 5 * RATE], 30 * RATE) == [0, 5 * RATE]
    assert hearing.quiet_cuts(samples[:0], 30 * RATE) == [0]


def test_the_language_is_what_most_of_the_speech_says() -> None:
    votes = LanguageVotes()
    votes.add({"ja": 0.6, "ko": 0.4}, 2.0)
    assert not votes.settled
    votes.add({"ko": 0.95, "ja": 0.05}, 28.0)
    assert votes.language == "ko"
    assert votes.settled
    unsure = LanguageVotes()
    for _ in range(4):
        assert not unsure.settled
        unsure.add({"en": 0.5, "cy": 0.45}, 30.0)
    assert unsure.settled
    assert LanguageVotes().language == ""


def test_words_that_pile_up_in_one_spot_were_not_said() -> None:
    assert believe(words("this was never said by anybody", 29.9, each=0.0001)) == []
    assert len(believe(words("quick quick", each=0.08))) == 1
