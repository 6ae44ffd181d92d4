"""One contract for every recogniser, on real weights and real sound."""

import logging
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from engine_choice import Choice, sound
from numpy.typing import NDArray

from heimdex.domain.engines import SpeechRecognizer
from heimdex.domain.errors import Cancelled, ModelUnavailable, UserError
from heimdex.domain.speech import Segment
from heimdex.ml import factory, hearing, manifests
from heimdex.ml.runtime import Compute
from heimdex.ml.speech import WhisperRecognizer, open_ctranslate
from heimdex.ml.store import ModelStore
from media_factory import tone

RATE = 16_000
Samples = NDArray[np.float32]


@pytest.fixture(scope="module", params=["base"])
def recognizer(
    request: pytest.FixtureRequest, choice: Choice, store: ModelStore
) -> Iterator[SpeechRecognizer]:
    engine = factory.speech(choice.but(asr_model=request.param, threads=2), store)
    engine.load()
    yield engine
    engine.unload()


def heard(
    engine: SpeechRecognizer, *windows: tuple[int, Samples], language: str | None = None
) -> list[tuple[str, Segment]]:
    return list(engine.transcribe(windows, language, lambda done_ms: None))


def plain(text: str) -> str:
    return re.sub(r"[^\w ]", "", text.casefold())


def test_speech_is_written_down_with_its_times(
    recognizer: SpeechRecognizer, spoken: Samples
) -> None:
    reported: list[int] = []
    answers = list(recognizer.transcribe([(60_000, spoken)], None, reported.append))
    assert {language for language, _ in answers} == {"en"}
    segments = [segment for _, segment in answers]
    assert [segment.index for segment in segments] == list(range(len(segments)))
    text = plain(" ".join(segment.text for segment in segments))
    for phrase in ("portrait of an astronaut", "the first woman to command", "countdown began"):
        assert phrase in text
    end_ms = 60_000 + round(len(spoken) / 16)
    every = [word for segment in segments for word in segment.words]
    starts = [word.start_ms for word in every]
    assert starts == sorted(starts)
    assert all(60_000 <= word.start_ms <= word.end_ms <= end_ms for word in every)
    assert all(word.text == word.text.strip() != "" for word in every)
    assert all(0 <= word.probability <= 1 for word in every)
    assert all(
        segment.start_ms == segment.words[0].start_ms
        and segment.end_ms >= segment.words[-1].end_ms
        and plain(segment.text).split() == plain(" ".join(w.text for w in segment.words)).split()
        for segment in segments
    )
    assert reported == sorted(reported)
    assert reported[-1] == end_ms


def test_words_stand_where_the_sound_is(recognizer: SpeechRecognizer, spoken: Samples) -> None:
    """Moved by a known silence, everything moves by just that."""
    silence = np.zeros(2 * RATE, np.float32)
    plainly = [word for _, segment in heard(recognizer, (0, spoken)) for word in segment.words]
    moved = np.concatenate([silence, spoken])
    later = [word for _, segment in heard(recognizer, (0, moved)) for word in segment.words]
    times = {word.text: word.start_ms for word in later}
    shifts = [times[w.text] - w.start_ms for w in plainly if w.text in times]
    assert np.median(shifts) == pytest.approx(2000, abs=60)
    loud = hearing.loudness(spoken) > -40
    first = int(np.flatnonzero(loud)[0]) * 10
    assert plainly[0].start_ms == pytest.approx(first, abs=150)


def test_windows_share_one_language_and_one_count(
    recognizer: SpeechRecognizer, spoken: Samples
) -> None:
    half = len(spoken) // 2
    cut = half + int(np.argmin(np.abs(hearing.loudness(spoken[half : half + RATE]) + 100))) * 160
    answers = heard(recognizer, (0, spoken[:cut]), (cut // 16, spoken[cut:]))
    assert [segment.index for _, segment in answers] == list(range(len(answers)))
    assert {language for language, _ in answers} == {"en"}
    assert any(segment.start_ms >= cut // 16 for _, segment in answers)


def test_a_window_longer_than_the_network_sees_is_heard_whole(
    recognizer: SpeechRecognizer, spoken: Samples
) -> None:
    pause = np.zeros(RATE, np.float32)
    window = np.concatenate([spoken, pause, spoken, pause, spoken])[: 60 * RATE]
    assert len(window) > 35 * RATE
    text = plain(" ".join(segment.text for _, segment in heard(recognizer, (0, window))))
    assert text.count("portrait of an astronaut") == 3
    assert text.count("countdown") == 3


@pytest.mark.parametrize("language", ["en", "ko", None])
def test_nothing_is_invented_where_nobody_speaks(
    recognizer: SpeechRecognizer, language: str | None
) -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.05, 12 * RATE).astype(np.float32)
    windows = [np.zeros(12 * RATE, np.float32), np.zeros(0, np.float32), noise]
    windows += [noise[:100], tone(8)] if language == "en" else []
    for samples in windows:
        assert heard(recognizer, (0, samples), language=language) == []


def test_no_windows_give_nothing(recognizer: SpeechRecognizer) -> None:
    assert heard(recognizer) == []
    assert heard(recognizer, language="ko") == []


def test_the_same_sound_gives_the_same_text(recognizer: SpeechRecognizer, spoken: Samples) -> None:
    rng = np.random.default_rng(3)
    some = spoken[: 5 * RATE]
    noisy = (some * 0.05 + rng.normal(0, 0.03, len(some))).astype(np.float32)
    assert heard(recognizer, (0, noisy), language="en") == heard(
        recognizer, (0, noisy), language="en"
    )


def test_cancelling_stops_within_a_window(recognizer: SpeechRecognizer, spoken: Samples) -> None:
    def cancel(done_ms: int) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        list(recognizer.transcribe([(0, spoken)], "en", cancel))
    assert heard(recognizer, (0, spoken), language="en")


def test_a_window_that_takes_too_long_is_given_up(
    store: ModelStore,
    described: dict[str, manifests.Manifest],
    spoken: Samples,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Impatient(WhisperRecognizer):
        def _allowed_s(self, seconds: float) -> float:
            return 0.01

    engine = Impatient(store, described["whisper-base"], Compute(threads=2), open_ctranslate)
    long = np.concatenate([spoken, spoken, spoken])
    engine.load()
    with caplog.at_level(logging.WARNING):
        heard(engine, (0, long), language="en")
    assert "took too long" in caplog.text
    assert "astronaut" not in caplog.text


def test_a_language_nobody_speaks_is_refused(recognizer: SpeechRecognizer) -> None:
    with pytest.raises(UserError, match="xx"):
        heard(recognizer, (0, np.zeros(RATE, np.float32)), language="xx")


def test_missing_and_damaged_weights_are_named(
    choice: Choice,
    store: ModelStore,
    empty_store: ModelStore,
    described: dict[str, manifests.Manifest],
    tmp_path: Path,
) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        factory.speech(choice, empty_store).load()
    assert caught.value.model_id == "whisper-base"
    damaged = tmp_path / "damaged"
    shutil.copytree(store.folder("whisper-base"), damaged)
    (damaged / "model.bin").write_bytes(b"\0" * 1000)

    class Damaged(ModelStore):
        def path(self, model_id: str, file: str) -> Path:
            return damaged / file

    engine = factory.speech(choice, Damaged(tmp_path, described, source=""))
    with pytest.raises(ModelUnavailable, match="install the model again"):
        engine.load()


def test_korean_is_recognised_as_korean(recognizer: SpeechRecognizer, shared_media: Path) -> None:
    samples = sound(shared_media / "audio" / "watson_ko-KR_BroadbandModel_sample1.wav")
    answers = heard(recognizer, (0, samples))
    assert {language for language, _ in answers} == {"ko"}
    text = " ".join(segment.text for _, segment in answers)
    assert "호텔" in text
    assert "예약" in text


def test_real_silence_gives_no_text(recognizer: SpeechRecognizer, shared_media: Path) -> None:
    assert heard(recognizer, (0, sound(shared_media / "odd" / "ax_silent_black_10s.mp4"))) == []


def test_a_known_speech_word_for_word(recognizer: SpeechRecognizer, shared_media: Path) -> None:
    samples = sound(shared_media / "audio" / "whisper_jfk.flac")
    text = plain(" ".join(segment.text for _, segment in heard(recognizer, (0, samples))))
    assert text == (
        "and so my fellow americans ask not what your country can do for you "
        "ask what you can do for your country"
    )
