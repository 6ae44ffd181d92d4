"""Sound becomes windows, windows a transcript, a transcript passages; times stay the track's."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from plain_engines import RATE, CountsSeconds, LetterVectors, LoudIsVoice

from heimdex.domain.errors import Cancelled, MediaError
from heimdex.domain.speech import Segment, Transcript
from heimdex.domain.vectors import SpaceKind
from heimdex.indexing.stages.passages import join, run_passages
from heimdex.indexing.stages.speech import run_speech, speech_windows
from heimdex.media.probe import probe
from media_factory import make_audio, make_clip, tone


def ignore(_ms: int) -> None: ...


def talk(spans_s: list[tuple[float, float]], length_s: float) -> np.ndarray:
    samples = np.zeros(int(length_s * RATE), np.float32)
    for start, end in spans_s:
        first, behind = int(start * RATE), int(end * RATE)
        samples[first:behind] = tone(end - start + 1)[: behind - first]
    return samples


def blocks(samples: np.ndarray) -> Iterator[np.ndarray]:
    for first in range(0, len(samples), 10 * RATE):
        yield samples[first : first + 10 * RATE]


def windows(samples: np.ndarray) -> list[tuple[int, int]]:
    found = speech_windows(blocks(samples), LoudIsVoice(), ignore)
    return [(start, start + round(len(part) / 16)) for start, part in found]


def test_windows_hold_all_speech_once() -> None:
    rng = np.random.default_rng(3)
    spans, at = [], 1.0
    while at < 580:
        length = float(rng.uniform(0.5, 12))
        spans.append((round(at, 2), round(at + length, 2)))
        at += length + float(rng.choice([0.5, 1.0, 4.0]))
    samples = talk(spans, 600)

    found = windows(samples)

    assert all(end - start <= 60_000 for start, end in found)
    assert sum(end - start >= 30_000 for start, end in found) > len(found) / 2
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    covered = np.zeros(600_000, bool)
    for start, end in found:
        covered[start:end] = True
    for start, end in spans:
        assert covered[int(start * 1000) : int(end * 1000)].all()


def test_speech_without_a_pause_is_cut_where_it_is_quietest() -> None:
    samples = talk([(0, 200)], 200)
    for at in range(25, 200, 25):
        samples[at * RATE - 800 : at * RATE + 800] *= 0.3

    found = windows(samples)

    assert found[0][0] == 0
    assert all(a[1] == b[0] for a, b in pairwise(found))
    assert all(min(abs(start - 1000 * s) for s in range(0, 201, 25)) < 60 for start, _ in found)


def test_long_silence_is_not_given_to_the_recogniser() -> None:
    found = windows(talk([(100, 103), (119, 121), (500, 502)], 700))

    assert len(found) == 3
    assert sum(end - start for start, end in found) < 9_000


def test_hours_of_silence_take_no_memory() -> None:
    def silence() -> Iterator[np.ndarray]:
        for _ in range(6 * 360):
            yield np.zeros(10 * RATE, np.float32)

    voice = LoudIsVoice()
    reported: list[int] = []

    assert list(speech_windows(silence(), voice, reported.append)) == []
    assert voice.longest <= 130 * RATE
    assert reported == sorted(reported)
    assert reported[-1] == 6 * 3_600_000


def test_a_transcript_is_on_the_clock_of_the_file(tmp_path: Path) -> None:
    clip = make_clip(
        tmp_path / "a.mkv",
        frames=300,
        audio=talk([(0.5, 1.5), (8.0, 9.0)], 10),
        audio_codec="flac",
        audio_start_ms=800,
    )
    recogniser = CountsSeconds()

    output = run_speech(clip.path, probe(clip.path), recogniser, LoudIsVoice(), "ko", ignore)

    assert output.transcript.language == "ko"
    assert [(s.index, s.text) for s in output.transcript.segments] == [(0, "sound"), (1, "sound")]
    starts = [segment.start_ms for segment in output.transcript.segments]
    assert np.abs(np.array(starts) - [1300, 8800]).max() <= 15


def test_progress_is_that_of_the_recogniser_and_never_goes_back(tmp_path: Path) -> None:
    """Reading is done long before; in silence its progress counts."""
    path = tmp_path / "a.wav"
    make_audio(path, talk([(1, 4), (200, 203), (300, 303)], 500))
    info, reported, seen = probe(path), [], []

    class Slow(CountsSeconds):
        def transcribe(self, windows, language, report):  # type: ignore[no-untyped-def]
            for start_ms, samples in list(windows):
                seen.append(max(reported, default=0))
                report(start_ms + len(samples) // 16)
            yield from ()

    run_speech(path, info, Slow(), LoudIsVoice(), "ko", reported.append)

    assert reported == sorted(reported)
    assert len(seen) == 3
    assert all(told <= start for told, start in zip(seen, [1_000, 200_000, 300_000], strict=True))
    assert reported[-1] >= 303_000


def test_nobody_speaks(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.wav", "silence", seconds=30)

    output = run_speech(path, probe(path), CountsSeconds(), LoudIsVoice(), None, ignore)

    assert output.transcript == Transcript("", ())


def test_a_broken_track_is_an_error_not_silence(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", audio="tone", broken_audio="all")

    with pytest.raises(MediaError):
        run_speech(clip.path, probe(clip.path), CountsSeconds(), LoudIsVoice(), None, ignore)


def test_speech_can_be_cancelled(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.wav", "tone", seconds=200)

    def stop(_ms: int) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        run_speech(path, probe(path), CountsSeconds(), LoudIsVoice(), None, stop)


def said(*parts: tuple[float, float, str]) -> list[Segment]:
    return [
        Segment(index, int(start * 1000), int(end * 1000), text, ())
        for index, (start, end, text) in enumerate(parts)
    ]


def test_passages_end_at_pauses_and_sentences() -> None:
    passages = join(
        said(
            (0, 2, "So this is"),
            (2, 5, "the second floor of the old house."),
            (5, 6, "Wait."),
            (6, 8, "Somebody is coming up the stairs"),
            (12, 14, "Good morning."),
        )
    )

    assert [p.text for p in passages] == [
        "So this is the second floor of the old house.",
        "Wait. Somebody is coming up the stairs",
        "Good morning.",
    ]
    assert [(p.first_segment, p.last_segment) for p in passages] == [(0, 1), (2, 3), (4, 4)]
    assert [(p.start_ms, p.end_ms) for p in passages] == [(0, 5000), (5000, 8000), (12000, 14000)]


def test_passages_are_bounded_in_length_and_time() -> None:
    fast = join(said(*((n, n + 1, "word " * 9) for n in range(100))))
    slow = join(said(*((n * 6, n * 6 + 5.5, "slowly") for n in range(40))))

    assert all(len(p.text.split()) <= 40 for p in fast)
    assert all(p.end_ms - p.start_ms <= 20_000 for p in slow)
    assert [p.index for p in slow] == list(range(len(slow)))


def test_passages_and_their_vectors_belong_together() -> None:
    segments = said(*((n * 10, n * 10 + 5, chr(97 + n % 26) * 5) for n in range(150)))

    output = run_passages(Transcript("en", tuple(segments)), LetterVectors())

    assert len(output.passages) == len(output.vectors) == 150
    assert output.space.kind is SpaceKind.PASSAGE
    np.testing.assert_allclose(np.linalg.norm(output.vectors.vectors, axis=1), 1, atol=1e-5)
    for number, row in enumerate(output.vectors.vectors):
        assert row[:26].argmax() == number % 26


def test_silence_has_no_passages() -> None:
    output = run_passages(Transcript("", ()), LetterVectors())

    assert output.passages == ()
    assert output.vectors.vectors.shape == (0, 27)
