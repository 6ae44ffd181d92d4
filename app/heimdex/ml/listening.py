"""Runs Whisper over views of up to 30 s: encode, decode again while an answer is bad, align.

Which runtime does it is behind `Model`; what of an answer is believed is `hearing`'s affair; which
views there are, `speech`'s. The limits are those of Radford et al., "Robust Speech Recognition via
Large-Scale Weak Supervision", 2022, section 4.5. Every pass is bounded, so a view can never take
long without an end in sight.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.acceleration.memory import in_halves
from heimdex.ml.hearing import Heard, HeardSegment, HeardWord

SAMPLE_RATE: Final = 16_000
VIEW_S: Final = 30
HOP: Final = 160
"""Samples between two frames that the network sees."""
_TOKENS_PER_S: Final = 20
"""More than the fastest Korean speech needs (8 were the most seen, with Whisper's vocabulary)."""
_REPETITIVE: Final = 2.4
_UNSURE: Final = -1.0
_SILENT: Final = 0.6
_PREPENDED: Final = "\"'“¿([{-"
_APPENDED: Final = "\"'.。,，!！?？:：”)]}、"

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Sound of at most 30 s with what the network saw in it (states, 1500 × width); `start` in
    samples of its window."""

    start: int
    samples: Samples
    states: NDArray[Any]

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.samples) / SAMPLE_RATE

    @property
    def frames(self) -> int:
        """Length in frames, at least one."""
        return max(1, min(len(self.samples) // HOP + 1, VIEW_S * SAMPLE_RATE // HOP))

    @property
    def most_tokens(self) -> int:
        """A longer answer would be a loop."""
        return 24 + round(self.seconds * _TOKENS_PER_S)


@dataclass(frozen=True, slots=True)
class Search:
    """How the decoder looks for the likeliest text.

    `no_repeat`: no stretch of so many tokens twice, 0 for no such rule. `penalty`: above 1 a token
    that stood before becomes less likely. `temperature`: above 0 the text is drawn by lot, always
    the same one.
    """

    beam: int
    no_repeat: int = 0
    penalty: float = 1.0
    temperature: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One pass of the decoder. `sureness`: mean log probability of a token; `silence`: probability
    that nobody speaks."""

    tokens: list[int]
    text: str
    sureness: float
    silence: float

    @property
    def repetition(self) -> float:
        """How much shorter the text becomes by packing it."""
        packed = self.text.encode()
        return len(packed) / len(zlib.compress(packed)) if packed else 0.0

    @property
    def is_silence(self) -> bool:
        """Whether nobody speaks."""
        return self.silence > _SILENT and self.is_bad

    @property
    def is_bad(self) -> bool:
        """Whether another search should be tried."""
        return self.repetition > _REPETITIVE or self.sureness < _UNSURE


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word that `tokens` tokens spell, in seconds from the view's start."""

    text: str
    tokens: int
    start: float
    end: float
    probability: float


class Model(Protocol):
    """A Whisper network in some runtime. Calls raise `OutOfMemory` when their views do not fit."""

    @property
    def languages(self) -> Sequence[str]:
        """ISO 639-1 codes; one of them when the model knows no other."""
        ...

    @property
    def searches(self) -> Sequence[Search]:
        """What to try in turn while an answer is bad."""
        ...

    @property
    def at_once(self) -> int:
        """Views that are best decoded together."""
        ...

    @property
    def first_time(self) -> int:
        """Id of the token for 0 s; those after it count up by `precision` seconds."""
        ...

    @property
    def end(self) -> int:
        """Id of the token that ends a text; ids below it spell."""
        ...

    @property
    def precision(self) -> float:
        """Seconds between two time stamps."""
        ...

    def encode(self, samples: Samples) -> NDArray[Any]:
        """States (1500 × width) of up to 30 s; always the same work, however short they are."""
        ...

    def language_shares(self, states: NDArray[Any]) -> dict[str, float]:
        """Probability of each language."""
        ...

    def decode(self, views: Sequence[View], language: str, search: Search) -> list[Answer]:
        """The likeliest text of each view."""
        ...

    def align(self, view: View, language: str, tokens: list[int]) -> list[TimedWord]:
        """When the words that `tokens` spell are said, by cross-attention; in their order."""
        ...


def listen(
    model: Model, views: Sequence[View], language: str, searches: Iterator[Search]
) -> list[Heard]:
    """What is said in each of some views, with word times.

    The next of `searches` is tried for those views whose answer is repetitive or unsure. The paper
    draws lots at rising temperatures there; a wider search without repetitions was found to get as
    much out of bad sound, in less time, and the same each time.
    """
    answers: list[list[Answer]] = [[] for _ in views]
    left = list(range(len(views)))
    for search in searches:
        asked = [views[number] for number in left]
        parts = in_halves(partial(_decode, model, language, search), asked)
        found = [answer for part in parts for answer in part]
        for number, answer in zip(left, found, strict=True):
            answers[number].append(answer)
        left = [n for n in left if answers[n][-1].is_bad and not answers[n][-1].is_silence]
        if not left:
            break
    return [
        _heard(model, view, language, tried) for view, tried in zip(views, answers, strict=True)
    ]


def _decode(model: Model, language: str, search: Search, views: Sequence[View]) -> list[Answer]:
    return model.decode(views, language, search)


def _heard(model: Model, view: View, language: str, answers: Sequence[Answer]) -> Heard:
    """The best of the answers for one view, with its words' times."""
    if not answers or answers[-1].is_silence:
        return Heard((), finished=True, silence=answers[-1].silence if answers else 0.0)
    last = answers[-1]
    if last.is_bad:
        plain = [answer for answer in answers if answer.repetition <= _REPETITIVE]
        last = max(plain or answers, key=lambda answer: answer.sureness)
    return Heard(
        _aligned(model, view, language, last.tokens),
        # One time stamp at the end says that nobody speaks after it.
        finished=_ends_with_one_time(last.tokens, model.first_time),
        silence=last.silence,
        repetitive=last.repetition > _REPETITIVE,
    )


def _ends_with_one_time(tokens: list[int], first_time: int) -> bool:
    return len(tokens) > 1 and tokens[-2] < first_time <= tokens[-1]


def _aligned(
    model: Model, view: View, language: str, tokens: list[int]
) -> tuple[HeardSegment, ...]:
    """Words with times in seconds from the view's start, by the segments that the model made."""
    segments = _segments(model, tokens, view.seconds)
    spoken = [token for _, _, segment in segments for token in segment]
    if not spoken:
        return ()
    borders = np.cumsum([len(segment) for _, _, segment in segments])
    grouped: list[list[HeardWord]] = [[] for _ in segments]
    position = 0
    for word in with_punctuation(model.align(view, language, spoken)):
        if word.text.strip():
            number = min(int(np.searchsorted(borders, position, side="right")), len(segments) - 1)
            grouped[number].append(HeardWord(word.text, word.start, word.end, word.probability))
        position += word.tokens
    return tuple(
        HeardSegment(start, end, tuple(words))
        for (start, end, _), words in zip(segments, grouped, strict=True)
        if words
    )


def with_punctuation(words: Sequence[TimedWord]) -> list[TimedWord]:
    """Signs that were timed like words go to the word they belong to, and leave an empty one."""
    merged = list(words)
    following = len(merged) - 1
    for number in range(len(merged) - 2, -1, -1):
        word, after = merged[number], merged[following]
        if word.text.startswith(" ") and word.text.strip() in _PREPENDED:
            merged[following] = replace(after, text=word.text + after.text)
            merged[number] = replace(word, text="")
        else:
            following = number
    before = 0
    for number in range(1, len(merged)):
        word, sign = merged[before], merged[number]
        if not word.text.endswith(" ") and sign.text in _APPENDED:
            merged[before] = replace(word, text=word.text + sign.text)
            merged[number] = replace(sign, text="")
        else:
            before = number
    return merged


def _segments(
    model: Model, tokens: list[int], seconds: float
) -> list[tuple[float, float, list[int]]]:
    """Start, end and tokens of the text between time stamps.

    What stands after the last one is a segment too: views are cut where nobody speaks, so it is
    not half a sentence.
    """
    segments: list[tuple[float, float, list[int]]] = []
    text: list[int] = []
    start = 0.0
    for token in tokens:
        if token >= model.first_time:
            at = (token - model.first_time) * model.precision
            if text:
                segments.append((start, at, text))
                text = []
            start = at
        elif token < model.end:
            text.append(token)
    return [*segments, (start, seconds, text)] if text else segments
