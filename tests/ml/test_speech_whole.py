"""The whole way from sound to words, voice detection and windows included."""

from collections.abc import Iterator

import numpy as np
import pytest
from engine_choice import Choice
from numpy.typing import NDArray

from heimdex.domain.engines import SpeechRecognizer, VoiceDetector
from heimdex.domain.speech import Segment
from heimdex.ml import factory
from heimdex.ml.store import ModelStore
from heimdex.ml.windows import speech_windows

RATE = 16_000
Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def recognizer(store: ModelStore) -> Iterator[SpeechRecognizer]:
    engine = factory.speech(Choice(threads=2), store)
    engine.load()
    yield engine
    engine.unload()


@pytest.fixture(scope="module")
def voice(store: ModelStore) -> VoiceDetector:
    return factory.voice(Choice(), store)


def written(
    recognizer: SpeechRecognizer, voice: VoiceDetector, sound: Samples, language: str | None
) -> list[Segment]:
    blocks = (sound[at : at + 5 * RATE] for at in range(0, len(sound), 5 * RATE))
    windows = speech_windows(blocks, voice, lambda done_ms: None)
    return [s for _, s in recognizer.transcribe(windows, language, lambda done_ms: None)]


def music(seconds: float) -> Samples:
    """Chords of four notes with overtones, vibrato and a drum, two a second."""
    t = np.arange(round(seconds * RATE)) / RATE
    beat = (t * 2).astype(int)
    within = t * 2 % 1
    sound = np.zeros(len(t))
    for interval in (0, 4, 7, 12):
        root = 110 * 2 ** (np.array([0, 5, 7, 3])[beat % 4] / 12)
        note = root * 2 ** (interval / 12) * (1 + 0.004 * np.sin(2 * np.pi * 5 * t))
        phase = 2 * np.pi * np.cumsum(note) / RATE
        for overtone in (1, 2, 3):
            sound += np.sin(overtone * phase) / overtone * np.exp(-2 * within)
    drum = np.random.default_rng(1).normal(0, 2, len(t)) * np.exp(-30 * within)
    return (0.05 * (sound + drum)).astype(np.float32)


def hum(seconds: float) -> Samples:
    """A machine: noise through a low pass, with the mains in it."""
    noise = np.random.default_rng(2).normal(0, 1, round(seconds * RATE))
    dull = np.convolve(noise, np.full(40, 1 / 40), "same")
    mains = np.sin(2 * np.pi * 100 * np.arange(len(dull)) / RATE)
    return (0.2 * dull + 0.02 * mains).astype(np.float32)


def beeps(seconds: float) -> Samples:
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * 1000 * t) * (t % 1 < 0.2)).astype(np.float32)


@pytest.mark.parametrize("language", ["en", "ko", None])
@pytest.mark.parametrize("make", [music, hum, beeps, lambda s: np.zeros(round(s * RATE))])
def test_nothing_is_written_where_nobody_speaks(
    recognizer: SpeechRecognizer, voice: VoiceDetector, make, language: str | None
) -> None:
    assert written(recognizer, voice, make(20).astype(np.float32), language) == []


def test_speech_between_other_sounds_is_written_and_they_are_not(
    recognizer: SpeechRecognizer, voice: VoiceDetector, spoken: Samples
) -> None:
    sound = np.concatenate([music(10), spoken, np.zeros(7 * RATE, np.float32), beeps(10)])
    segments = written(recognizer, voice, sound, None)
    text = " ".join(segment.text for segment in segments).casefold()
    assert "portrait of an astronaut" in text
    assert "countdown" in text
    assert segments[0].start_ms >= 9_500
    assert segments[-1].end_ms <= 10_500 + len(spoken) // 16


def test_no_more_windows_are_asked_for_than_are_heard_together(
    recognizer: SpeechRecognizer, spoken: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that memory does not grow with the length of the track."""
    recognizer.load()
    monkeypatch.setattr(recognizer._model, "at_once", 2)  # type: ignore[attr-defined]
    asked = 0

    def endless() -> Iterator[tuple[int, Samples]]:
        nonlocal asked
        while True:
            yield 10_000 * asked, spoken[: 4 * RATE]
            asked += 1

    answers = recognizer.transcribe(endless(), "en", lambda done_ms: None)
    most = 0
    for _, segment in answers:
        most = max(most, asked - segment.start_ms // 10_000)
        if segment.start_ms > 30_000:
            break
    assert 1 <= most <= 2
