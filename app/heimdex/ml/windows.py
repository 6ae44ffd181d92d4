"""Cuts the sound of a track into windows of speech that suit a recogniser, at silence.

Where somebody speaks is said by a voice detector; reading the sound is left to the caller. Only one
stretch of sound is held in memory, however long the track.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Report, VoiceDetector
from heimdex.ml.hearing import longest_pause

SAMPLE_RATE: Final = 16_000
_STRETCH: Final = SAMPLE_RATE * 120
"""Samples that the voice detector sees at once."""
_VIEW: Final = SAMPLE_RATE * 30
"""What Whisper sees at once, and costs the same however little of it is speech: a window is filled
view by view."""
_GAP: Final = SAMPLE_RATE * 5
"""A longer silence ends a window: the recogniser must not be asked what nobody said. Shorter ones
are kept, because every view costs the same."""
_PADDING: Final = SAMPLE_RATE // 5
_LONGEST: Final = _VIEW - 2 * _PADDING

Samples = NDArray[np.float32]


def speech_windows(
    blocks: Iterator[Samples], voice: VoiceDetector, report: Report
) -> Iterator[tuple[int, Samples]]:
    """Cut a track into windows of speech: (start in ms, samples).

    Where somebody keeps speaking they are 30 to 60 s long; none is longer, and one that a long
    silence ends may be shorter. A longer window can be cut into two views that Whisper can see.
    """
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
    """The views joined to windows, with a little air around them.

    Windows never overlap: a word in two of them would be said twice.
    """
    parts = _pairs(_views(spans, samples))
    for number, (start, end) in enumerate(parts):
        before = parts[number - 1][1] if number else 0
        after = parts[number + 1][0] if number + 1 < len(parts) else len(samples)
        yield (
            start - min(_PADDING, (start - before) // 2),
            end + min(_PADDING, max(0, after - end) // 2),
        )


def _views(spans: list[tuple[int, int]], samples: Samples) -> list[tuple[int, int]]:
    """Neighbouring spans joined up to the length of a view."""
    views: list[tuple[int, int]] = []
    held: list[tuple[int, int]] = []
    for low, high in _short(spans, samples):
        if held and (low - held[-1][1] > _GAP or high - held[0][0] > _LONGEST):
            count = len(held) if low - held[-1][1] > _GAP else _sentences(held, low, high)
            views.append((held[0][0], held[count - 1][1]))
            held = held[count:]
        held.append((low, high))
    return [*views, (held[0][0], held[-1][1])] if held else views


def _short(spans: list[tuple[int, int]], samples: Samples) -> Iterator[tuple[int, int]]:
    """The spans, cut in their longest pauses where they are longer than a view."""
    for low, high in spans:
        start = low
        while high - start > _LONGEST:
            first = start + _LONGEST * 3 // 4
            cut = first + longest_pause(samples[first : start + _LONGEST])
            yield start, cut
            start = cut
        yield start, high


def _sentences(held: list[tuple[int, int]], low: int, high: int) -> int:
    """How many of the spans that fill a view are best kept together, if another does not fit: up to
    the longest pause in the last third, which is most likely the end of a sentence. What is left
    has to fit with the other one."""
    starts = [start for start, _ in held[1:]] + [low]
    least = held[0][0] + _LONGEST * 2 // 3
    pauses = [
        start - end if end >= least and high - start <= _LONGEST else 0
        for (_, end), start in zip(held, starts, strict=True)
    ]
    longest = max(pauses)
    return pauses.index(longest) + 1 if longest else len(held)


def _pairs(views: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Each view together with the next one, if no long silence is between them and the two,
    silence included, can be cut into views again."""
    longest = 2 * (_VIEW - _PADDING)
    pairs: list[tuple[int, int]] = []
    single = False
    for low, high in views:
        if single and low - pairs[-1][1] <= _GAP and high - pairs[-1][0] <= longest:
            pairs[-1] = (pairs[-1][0], high)
            single = False
        else:
            pairs.append((low, high))
            single = True
    return pairs
