"""Cuts the sound of a track into windows of speech that suit a recogniser, at silence.

Where somebody speaks is said by a voice detector; reading the sound is left to the caller. Only one
stretch of sound is held in memory, however long the track.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Report, VoiceDetector

SAMPLE_RATE: Final = 16_000
_STRETCH: Final = SAMPLE_RATE * 120
"""Samples that the voice detector sees at once."""
_WINDOW: Final = SAMPLE_RATE * 30
"""Whisper was trained on 30 s; a window is never longer."""
_GAP: Final = SAMPLE_RATE * 5
"""A longer silence ends a window: the recogniser must not be asked what nobody said. Every window
costs it the same, so shorter silences are kept."""
_PADDING: Final = SAMPLE_RATE // 5
_HOP: Final = SAMPLE_RATE // 20

Samples = NDArray[np.float32]


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
