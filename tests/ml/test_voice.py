"""One contract for every voice detector, and how probabilities become spans."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from heimdex.domain.engines import VoiceDetector
from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import factory, manifests, voice
from heimdex.ml.store import ModelStore
from heimdex.ml.voice import SileroVoice, VoiceRules, spans
from media_factory import tone

RATE = voice.SAMPLE_RATE
FRAME = 512
Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def detector(choice: factory.Choices, store: ModelStore) -> Iterator[VoiceDetector]:
    engine = factory.voice(choice, store)
    engine.load()
    yield engine
    engine.unload()


def test_speech_is_found_where_it_is(detector: VoiceDetector, spoken: Samples) -> None:
    before, after = np.zeros(3 * RATE, np.float32), np.zeros(5 * RATE, np.float32)
    found = detector.speech_spans(np.concatenate([before, spoken, after]))
    assert found
    assert found[0][0] > 3 * RATE
    assert found[-1][1] < 3 * RATE + len(spoken) + RATE // 2
    assert sum(end - start for start, end in found) > len(spoken) // 2
    flat = [edge for span in found for edge in span]
    assert flat == sorted(set(flat))


def test_nobody_speaks_in_silence_noise_and_tones(detector: VoiceDetector) -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, 10 * RATE).astype(np.float32)
    for samples in (np.zeros(10 * RATE, np.float32), noise, tone(10), noise[:0], noise[:100]):
        assert detector.speech_spans(samples) == []


def test_long_sound_is_seen_as_short_sound_is(detector: VoiceDetector, spoken: Samples) -> None:
    """The state is carried on where a long sound is cut into batches."""
    assert isinstance(detector, SileroVoice)
    long = np.tile(spoken, 14)
    assert len(long) > 4096 * FRAME
    whole = detector.probabilities(long)
    assert len(whole) == -(-len(long) // FRAME)
    aligned = len(spoken) // FRAME * FRAME
    np.testing.assert_allclose(
        whole[: aligned // FRAME], detector.probabilities(spoken[:aligned]), atol=1e-5
    )
    assert whole[4090:4200].max() > 0.5


def test_missing_weights_are_named(described: dict[str, manifests.Manifest], empty_store) -> None:
    class Nowhere(ModelStore):
        def path(self, model_id: str, file: str):  # type: ignore[override]
            raise ModelUnavailable("It is not installed.", model_id)

    engine = SileroVoice(
        Nowhere(empty_store.models_dir, described), described["silero-vad"], voice.Compute()
    )
    with pytest.raises(ModelUnavailable) as caught:
        engine.speech_spans(np.zeros(RATE, np.float32))
    assert caught.value.model_id == "silero-vad"


RULES = VoiceRules(begin=0.5, end=0.3, least_pause_ms=320, least_speech_ms=96, margin_ms=64)


def made(*parts: tuple[float, int]) -> Samples:
    return np.concatenate([np.full(count, value, np.float32) for value, count in parts])


def test_a_short_pause_does_not_end_a_span_and_a_long_one_does() -> None:
    probabilities = made((0, 10), (0.9, 10), (0.1, 9), (0.9, 10), (0.1, 11), (0.9, 10))
    found = spans(probabilities, len(probabilities) * FRAME, RULES)
    margin = 64 * 16
    assert found == [
        (10 * FRAME - margin, 39 * FRAME + margin),
        (50 * FRAME - margin, 60 * FRAME),
    ]


def test_what_is_unsure_goes_on_but_does_not_begin() -> None:
    assert spans(made((0.4, 50)), 50 * FRAME, RULES) == []
    assert spans(made((0.9, 1), (0.4, 49)), 50 * FRAME, RULES) == [(0, 50 * FRAME)]


def test_a_blip_is_no_speech() -> None:
    assert spans(made((0, 20), (0.9, 2), (0, 20)), 42 * FRAME, RULES) == []


@given(st.lists(st.floats(0, 1), max_size=200), st.integers(0, FRAME - 1))
def test_spans_are_in_order_apart_and_inside(values: list[float], missing: int) -> None:
    length = max(0, len(values) * FRAME - missing)
    found = spans(np.array(values, np.float32), length, RULES)
    assert all(0 <= start < end <= length for start, end in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
