"""Judges what a recogniser says it heard: which language, what to believe, where sentences end.

Running the recogniser is left to `listening`; nothing here needs a model.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.speech import Segment, Word

_MOST_REPEATS: Final = 3
_SENTENCE_ENDS: Final = (".", "?", "!", "。", "？", "！", "…")
_LONG_MS: Final = 8000
_PAUSE_MS: Final = 1200
_QUIET_DB: Final = 25.0
"""So much under its loudest moment a word has not begun or is over."""
_LEAST_WORD_MS: Final = 40
_SILENCE_DB: Final = -70.0
_SLACK_MS: Final = 30
_LEAST_CUT_MS: Final = 80
"""Shorter quiet at a word's edge may be a consonant."""
_REST: Final = 80
_REST_FINISHED: Final = 200
_PROGRESS: Final = 50
_SOFT_DB: Final = 30.0
_REAL_PAUSE: Final = 15
_SCRAP: Final = 25
_MOST_LONGER: Final = 30
"""In frames of 10 ms."""


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word in seconds from its view's start; `text` with the space before it, if there is one."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class HeardSegment:
    """About a sentence, between the time stamps that the model itself gave, in seconds."""

    start: float
    end: float
    words: tuple[HeardWord, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer of the model for one view.

    `finished`: the model says that nobody speaks after the last word. `silence`: how sure it is
    that nobody speaks at all, 0..1. `repetitive`: nothing better than a loop was to be had.
    """

    segments: tuple[HeardSegment, ...]
    finished: bool
    silence: float
    repetitive: bool = False

    @property
    def end(self) -> float:
        """Where the last word ends, in seconds; 0 when there is none."""
        return max((word.end for part in self.segments for word in part.words), default=0.0)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word on the track's clock and how it joins the one before: Chinese has no spaces."""

    word: Word
    spaced: bool = True


@dataclass(slots=True)
class LanguageVotes:
    """Adds up what the model thinks of the first views; long ones count for more."""

    _seconds: float = 0.0
    _views: int = 0
    _shares: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, shares: Mapping[str, float], seconds: float) -> None:
        """Take one view into account: probability by ISO 639-1 code."""
        for code, share in shares.items():
            self._shares[code] += share * seconds
        self._seconds += seconds
        self._views += 1

    @property
    def language(self) -> str:
        """The likeliest language so far; "" when nothing was heard."""
        return max(self._shares, key=lambda code: self._shares[code], default="")

    @property
    def settled(self) -> bool:
        """Whether more views would hardly change it."""
        if self._views >= 4:
            return True
        sure = self._shares[self.language] / self._seconds if self._seconds else 0.0
        return self._seconds >= 5 and sure >= 0.9


def believed(
    heard: Heard, start_ms: int, seconds: float, levels: NDArray[np.float32]
) -> list[Segment]:
    """What can be believed of an answer, on the clock of the track, about a sentence each.

    The view begins at `start_ms`; `levels`: its loudness in dB every 10 ms, see `loudness`.
    """
    found: list[Segment] = []
    said: set[tuple[str, ...]] = set()
    last = start_ms
    borders = [*(part.words[0].start for part in heard.segments[1:]), seconds]
    for part, border in zip(heard.segments, borders, strict=False):
        tight = tightened(part, levels, border)
        spoken = list(_on_track(tight, start_ms, start_ms + round(seconds * 1000), last))
        if heard.repetitive:
            spoken = without_loops(spoken)
            if _says_nothing_new(spoken, said):
                continue
        if not spoken or _is_invented(spoken, heard.silence):
            continue
        found += sentences(spoken)
        last = spoken[-1].word.start_ms
    return found


def _says_nothing_new(spoken: list[Spoken], said: set[tuple[str, ...]]) -> bool:
    """Whether a segment of an answer in loops only turns over what was in it before; it is noted
    down in `said` either way."""
    texts = [item.word.text.casefold().strip(".,?!") for item in spoken]
    threes = {tuple(texts[at : at + 3]) for at in range(max(1, len(texts) - 2))}
    known = len(threes & said)
    said |= threes
    return known * 2 >= len(threes)


def _is_invented(spoken: list[Spoken], silence: float) -> bool:
    """Whether the model speaks where it hears nobody.

    It is sure of nobody speaking and unsure of the words it gives all the same, or it has no idea
    what they are, or when they were said: words that were not heard pile up in one spot.
    """
    if not any(letter.isalnum() for item in spoken for letter in item.word.text):
        return True
    lasts = max(item.word.end_ms for item in spoken) - spoken[0].word.start_ms
    if lasts < _LEAST_WORD_MS * len(spoken):
        return True
    sureness = sum(item.word.probability for item in spoken) / len(spoken)
    return (silence > 0.6 and sureness < 0.5) or sureness < 0.25


def _on_track(
    words: tuple[HeardWord, ...], start_ms: int, end_ms: int, last: int
) -> Iterator[Spoken]:
    """Words in milliseconds, none before the one before it, all within the view."""
    for item in words:
        start = min(max(last, start_ms + round(item.start * 1000)), end_ms)
        end = min(max(start, start_ms + round(item.end * 1000)), end_ms)
        word = Word(start, end, item.text.strip(), item.probability)
        yield Spoken(word, item.text[:1].isspace())
        last = start


def loudness(samples: NDArray[np.float32], rate: int = 16_000) -> NDArray[np.float32]:
    """Level of each 10 ms in dB of full scale, at least -100."""
    step = rate // 100
    frames = samples[: len(samples) // step * step].reshape(-1, step).astype(np.float64)
    level = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-10)
    return np.asarray(level, np.float32)


def unheard(heard: Heard, levels: NDArray[np.float32]) -> int:
    """Where to listen again, in samples of the view; 0 when there is nothing left to hear.

    The model sometimes stops in the middle. What follows its last word is listened to once more
    when it is long enough and about as loud as the rest, and for longer still when the model
    itself says that it has finished.
    """
    end = round(heard.end * 100)
    least = _REST_FINISHED if heard.finished else _REST
    if not heard.segments or end < _PROGRESS or len(levels) - end < least:
        return 0
    power = np.convolve(10 ** (levels / 10), np.full(30, 1 / 30), "same")
    rest = power[end + 20 :]
    if np.mean(rest > power.max() * 10 ** (-_SOFT_DB / 10)) * len(rest) < least / 2:
        return 0
    return end * 160


def quiet_cuts(samples: NDArray[np.float32], most: int, rate: int = 16_000) -> list[int]:
    """Borders, first and last sample included, that leave no more than `most` samples between two.

    Each is put into the longest pause in the last third of what would fit; the last one into the
    longest pause anywhere, as long as neither side of it is too long.
    """
    borders = [0]
    while (left := len(samples) - borders[-1]) > most:
        reach = left - most if left <= 2 * most else most * 2 // 3
        low, high = borders[-1] + reach, borders[-1] + most
        borders.append(low + longest_pause(samples[low:high], rate))
    return [*borders, len(samples)] if len(samples) else borders


def longest_pause(samples: NDArray[np.float32], rate: int = 16_000) -> int:
    """The middle of the longest stretch that is about as quiet as it gets here: most likely between
    two sentences, which a recogniser should hear whole."""
    levels = loudness(samples, rate)
    if not levels.size:
        return 0
    smooth = np.convolve(levels, np.full(5, 1 / 5), "same") if levels.size >= 5 else levels
    quiet, loud = np.percentile(smooth, (5, 90))
    first, last = max(_runs(smooth <= quiet + (loud - quiet) / 4), key=lambda run: run[1] - run[0])
    return ((first + last) * 10 // 2 + (0 if last - first > 1 else 5)) * rate // 1000


def is_silent(samples: NDArray[np.float32]) -> bool:
    """Whether nothing at all is to be heard; the model would make something up."""
    levels = loudness(samples)
    return not levels.size or float(levels.max()) < _SILENCE_DB


def tightened(
    part: HeardSegment, levels: NDArray[np.float32], border: float
) -> tuple[HeardWord, ...]:
    """Words of a segment without the quiet, and without other people's sounds, around them.

    `border`: where the next segment begins, in seconds.

    Whisper lets a word begin where the one before ends, pause included, and the first one often
    far too early; the model's own time stamps and the sound itself know better.
    """
    words = list(part.words)
    lengths = [word.end - word.start for word in words if word.end > word.start]
    usual = min(0.7, float(np.median(lengths))) if lengths else 0.0
    first, last = words[0], words[-1]
    if first.end - first.start > 2 * usual and first.end > part.start > first.start + 0.5:
        words[0] = replace(first, start=max(part.start, first.start))
    if last.end - last.start > 2 * usual and last.start < part.end < last.end - 0.5:
        words[-1] = replace(words[-1], end=part.end)
    tight = [_tightened(word, levels) for word in words]
    borders = [*(word.start for word in tight[1:]), border]
    tight = [_prolonged(word, end, levels) for word, end in zip(tight, borders, strict=True)]
    longest = max(2 * usual, 0.6)
    if tight[0].end - tight[0].start > longest:
        tight[0] = replace(tight[0], start=tight[0].end - longest)
    return tuple(tight)


def _tightened(word: HeardWord, levels: NDArray[np.float32]) -> HeardWord:
    first, last = round(word.start * 100), round(word.end * 100)
    own = levels[first:last]
    if not own.size:
        return word
    loud = own > own.max() - _QUIET_DB
    runs = _runs(loud)
    # What stands before or after a real pause and is short belongs to the neighbour.
    while len(runs) > 1 and runs[0][1] - runs[0][0] <= _SCRAP and _gap(runs[0], runs[1]):
        runs.pop(0)
    while len(runs) > 1 and runs[-1][1] - runs[-1][0] <= _SCRAP and _gap(runs[-2], runs[-1]):
        runs.pop()
    before, after = 10 * runs[0][0], 10 * (len(own) - runs[-1][1])
    start = word.start + (before - _SLACK_MS) / 1000 if before >= _LEAST_CUT_MS else word.start
    end = word.end - (after - _SLACK_MS) / 1000 if after >= _LEAST_CUT_MS else word.end
    return replace(word, start=start, end=end)


def _prolonged(word: HeardWord, border: float, levels: NDArray[np.float32]) -> HeardWord:
    """The word up to where its sound dies away before a pause, at most to `border`; Whisper ends
    words too early."""
    first, last = round(word.start * 100), round(word.end * 100)
    own = levels[first:last]
    reach = levels[last : min(round(border * 100), last + _MOST_LONGER)]
    if not own.size or not reach.size:
        return word
    quiet = np.flatnonzero(reach <= own.max() - _QUIET_DB)
    # Without a pause in reach, what is heard is the next word already.
    return replace(word, end=(last + int(quiet[0])) / 100) if quiet.size else word


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches [start, end) of true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _gap(before: tuple[int, int], after: tuple[int, int]) -> bool:
    return after[0] - before[1] >= _REAL_PAUSE


def without_loops(spoken: list[Spoken]) -> list[Spoken]:
    """Words less what repeats one stretch of 1 to 8 words over and over: three times are kept."""
    texts = [item.word.text.casefold() for item in spoken]
    kept: list[Spoken] = []
    position = 0
    while position < len(spoken):
        length, repeats = _loop_at(texts, position)
        if repeats > _MOST_REPEATS:
            kept += spoken[position : position + length * _MOST_REPEATS]
            position += length * repeats
        else:
            kept.append(spoken[position])
            position += 1
    return kept


def _loop_at(texts: list[str], position: int) -> tuple[int, int]:
    """Length and count of the stretch that repeats over the most words from here."""
    best = (1, 1)
    for length in range(1, 9):
        stretch = texts[position : position + length]
        repeats, at = 1, position + length
        while texts[at : at + length] == stretch:
            repeats += 1
            at += length
        if repeats > 1 and repeats * length > best[0] * best[1]:
            best = (length, repeats)
    return best


def sentences(spoken: list[Spoken]) -> Iterator[Segment]:
    """Words as one segment or, if that were long, one a sentence and one after each pause.

    Whisper sometimes gives half a minute as one; a search should find the sentence.
    """
    long = spoken[-1].word.end_ms - spoken[0].word.start_ms > _LONG_MS
    part: list[Spoken] = []
    for item, after in zip(spoken, (*spoken[1:], None), strict=True):
        part.append(item)
        ends = len(part) > 1 and item.word.text.endswith(_SENTENCE_ENDS)
        if after is None or (
            long and (ends or after.word.start_ms - item.word.end_ms >= _PAUSE_MS)
        ):
            yield _segment(part)
            part = []


def _segment(spoken: list[Spoken]) -> Segment:
    text = "".join(f" {item.word.text}" if item.spaced else item.word.text for item in spoken)
    words = tuple(item.word for item in spoken)
    end_ms = max(word.end_ms for word in words)
    return Segment(0, words[0].start_ms, end_ms, text.strip(), words)
