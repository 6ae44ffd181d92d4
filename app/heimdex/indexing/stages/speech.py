"""What is said: the sound of a file through windows of speech to a transcript.

Finding voice and recognising words are left to the engines, cutting windows to `ml.windows`.
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
from heimdex.ml.windows import speech_windows

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
