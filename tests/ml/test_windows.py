"""Tracks are cut into windows of 30 to 60 s of speech, at silence."""

from itertools import pairwise

import numpy as np
import pytest
from engine_choice import Choice
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from heimdex.domain.engines import VoiceDetector
from heimdex.ml import factory, hearing
from heimdex.ml.store import ModelStore
from heimdex.ml.windows import speech_windows

RATE = 16_000
VIEW = 30 * RATE
Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def voice(store: ModelStore) -> VoiceDetector:
    return factory.voice(Choice(), store)


def cut(sound: Samples, voice: VoiceDetector) -> list[tuple[int, Samples]]:
    blocks = (sound[at : at + 5 * RATE] for at in range(0, len(sound), 5 * RATE))
    return list(speech_windows(blocks, voice, lambda done_ms: None))


def test_who_keeps_speaking_is_cut_at_silence_every_30_to_60_seconds(
    voice: VoiceDetector, spoken: Samples
) -> None:
    pause = np.zeros(RATE, np.float32)
    sound = np.tile(np.concatenate([spoken, pause]), 1 + 200 * RATE // (len(spoken) + RATE))
    windows = cut(sound, voice)
    lengths = [len(samples) / RATE for _, samples in windows]
    assert len(windows) >= 3
    assert all(30 <= length <= 60 for length in lengths[:-1])
    for start_ms, samples in windows:
        np.testing.assert_array_equal(samples, sound[start_ms * 16 :][: len(samples)])
        assert hearing.loudness(samples[: RATE // 10]).max() < -40
        assert hearing.loudness(samples[-RATE // 10 :]).max() < -40
    ends = [start + len(samples) // 16 for start, samples in windows]
    assert all(end <= start for end, (start, _) in zip(ends, windows[1:], strict=False))


def test_a_long_silence_ends_a_window(voice: VoiceDetector, spoken: Samples) -> None:
    silence = np.zeros(8 * RATE, np.float32)
    windows = cut(np.concatenate([spoken, silence, spoken]), voice)
    assert len(windows) == 2
    assert all(len(samples) <= len(spoken) for _, samples in windows)


class Told:
    """Knows where somebody speaks: where a sample is 1."""

    def speech_spans(self, samples: Samples) -> list[tuple[int, int]]:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], samples, [0]])))
        return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


@settings(max_examples=40, deadline=None)
@given(turns=st.lists(st.tuples(st.floats(0.1, 9), st.floats(0.3, 90)), min_size=1, max_size=8))
def test_all_speech_is_in_one_window_that_two_views_can_see(
    turns: list[tuple[float, float]],
) -> None:
    parts = [np.full(round(s * RATE), v, np.float32) for turn in turns for v, s in enumerate(turn)]
    sound = np.concatenate(parts)
    heard = np.zeros(len(sound), np.int8)
    for start_ms, samples in cut(sound, Told()):
        assert len(samples) <= 2 * VIEW
        views = [b - a for a, b in pairwise(hearing.quiet_cuts(samples, VIEW))]
        assert len(views) <= 2
        assert max(views) <= VIEW
        heard[start_ms * 16 : start_ms * 16 + len(samples)] += 1
    # The start of a window is given in whole milliseconds.
    rounding = 16 * len(heard) // VIEW + 64 * len(turns)
    assert (heard > 1).sum() <= rounding
    assert ((heard == 0) & (sound == 1)).sum() <= rounding
