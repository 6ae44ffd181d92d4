"""What is said: sound to stretches of speech, cut at silence, to a transcript.

Finding voice and recognising words are left to the engines; only one stretch of sound is held in
memory, however long the file.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Report, SpeechRecognizer, VoiceDetector
from heimdex.domain.media import MediaInfo
from heimdex.domain.speech import Segment, Transcript
from heimdex.domain.stages import SpeechOutput
from heimdex.media.audio import SAMPLE_RATE, read_audio

_STRETCH = SAMPLE_RATE * 120
"""Samples that the voice detector sees at once."""
_WINDOW = SAMPLE_RATE * 30
"""Whisper was trained on 30 s; a window is never longer."""
_GAP = SAMPLE_RATE * 5
"""A longer silence ends a window: the recogniser must not be asked what nobody said."""
_PADDING = SAMPLE_RATE // 5
_HOP = SAMPLE_RATE // 20

Samples = NDArray[np.float32]


def run_speech(
    path: Path,
    info: MediaInfo,
    recognizer: SpeechRecognizer,
    voice: VoiceDetector,
    language: str | None,
    report: Report,
) -> SpeechOutput:
    """Transcribe the first sound track of `path`.

    `language`: ISO 639-1 to force, None to detect. `report` hears the media time dealt with.
    Raises MediaError when the track cannot be decoded.
    """
    languages: Counter[str] = Counter()
    segments: list[Segment] = []
    progress = _Progress(report)
    windows = progress.watched(speech_windows(read_audio(path, info), voice, progress.read))
    for spoken, segment in recognizer.transcribe(windows, language, progress.heard):
        languages[spoken] += segment.end_ms - segment.start_ms
        segments.append(
            Segment(len(segments), segment.start_ms, segment.end_ms, segment.text, segment.words)
        )
    main = languages.most_common(1)[0][0] if languages else ""
    return SpeechOutput(Transcript(main, tuple(segments)))


class _Progress:
    """One media time out of two: reading runs ahead of recognising by as many windows as the
    recogniser takes together, and must not make progress look better than it is."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._told = 0
        self._waiting_from: int | None = None
        """Start of the first window that is not recognised yet."""
        self._last_end = 0

    def watched(self, windows: Iterator[tuple[int, Samples]]) -> Iterator[tuple[int, Samples]]:
        """The same windows."""
        for start_ms, samples in windows:
            if self._waiting_from is None:
                self._waiting_from = start_ms
            self._last_end = start_ms + len(samples) * 1000 // SAMPLE_RATE
            yield start_ms, samples

    def read(self, done_ms: int) -> None:
        """The track is read so far."""
        self._tell(done_ms if self._waiting_from is None else min(done_ms, self._waiting_from))

    def heard(self, done_ms: int) -> None:
        """The recogniser has come so far."""
        self._waiting_from = None if done_ms >= self._last_end else done_ms
        self._tell(done_ms)

    def _tell(self, done_ms: int) -> None:
        self._told = max(self._told, done_ms)
        self._report(self._told)


def speech_windows(
    blocks: Iterator[Samples], voice: VoiceDetector, report: Report
) -> Iterator[tuple[int, Samples]]:
    """Cut a track into windows of speech: (start in ms, samples), each at most 30 s."""
    held: Samples = np.zeros(0, np.float32)
    first = 0
    ended = False
    while not ended:
        parts, count = [held], len(held)
        while count < _STRETCH:
            block = next(blocks, None)
            if block is None:
                ended = True
                break
            parts.append(block)
            count += len(block)
        held = np.concatenate(parts)
        spans = voice.speech_spans(held) if len(held) else []
        windows = list(_windows(spans, held))
        done = len(held)
        if not ended:
            # What is near the end may go on in what is not read yet: it is looked at again.
            done -= _GAP
            if windows and windows[-1][1] > done and windows[-1][0] > 0:
                done = min(done, windows.pop()[0])
        for start, end in windows:
            done = max(done, end)
            yield (first + start) * 1000 // SAMPLE_RATE, held[start:end]
        held = held[done:]
        first += done
        report(first * 1000 // SAMPLE_RATE)


def _windows(spans: list[tuple[int, int]], samples: Samples) -> Iterator[tuple[int, int]]:
    """Join neighbouring spans up to the length of a window, with a little air around them.

    Windows never overlap: a word in two of them would be said twice.
    """
    longest = _WINDOW - 2 * _PADDING
    parts: list[tuple[int, int]] = []
    for low, high in spans:
        if parts and low - parts[-1][1] <= _GAP and high - parts[-1][0] <= longest:
            parts[-1] = (parts[-1][0], high)
            continue
        start = low
        while high - start > longest:
            cut = _quietest(samples, start + longest * 3 // 4, start + longest)
            parts.append((start, cut))
            start = cut
        parts.append((start, high))
    for number, (start, end) in enumerate(parts):
        before = parts[number - 1][1] if number else 0
        after = parts[number + 1][0] if number + 1 < len(parts) else len(samples)
        yield (
            start - min(_PADDING, (start - before) // 2),
            end + min(_PADDING, max(0, after - end) // 2),
        )


def _quietest(samples: Samples, low: int, high: int) -> int:
    """The middle of the quietest 50 ms between `low` and `high`: where a word is least likely."""
    stretch = samples[low:high]
    count = len(stretch) // _HOP
    energy = np.square(stretch[: count * _HOP]).reshape(count, _HOP).mean(axis=1)
    return low + int(energy.argmin()) * _HOP + _HOP // 2
