"""Runs Whisper over one view of up to 30 s: encode, decode again while the answer is bad, align.

What of the answer is believed is `hearing`'s affair; which views there are, `speech`'s. The limits
are those of Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022,
section 4.5. Every pass is bounded, so a view can never take long without an end in sight.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.hearing import Heard, HeardSegment, HeardWord

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

SAMPLE_RATE: Final = 16_000
VIEW_S: Final = 30
FRAMES_PER_S: Final = 100
_TOKENS_PER_S: Final = 20
"""More than the fastest Korean speech needs (8 were the most seen, with Whisper's vocabulary)."""
_REPETITIVE: Final = 2.4
_UNSURE: Final = -1.0
_SILENT: Final = 0.6
_PREPENDED: Final = "\"'“¿([{-"
_APPENDED: Final = "\"'.。,，!！?？:：”)]}、"


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Sound of at most 30 s as the network sees it; `start` in samples of its window."""

    start: int
    samples: NDArray[np.float32]
    features: NDArray[np.float32]
    encoded: Any

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Search:
    """How the decoder looks for the likeliest text.

    `no_repeat`: no stretch of so many tokens twice, 0 for no such rule. `penalty`: above 1 a token
    that stood before becomes less likely.
    """

    beam: int
    no_repeat: int = 0
    penalty: float = 1.0


@dataclass(frozen=True, slots=True)
class _Answer:
    """One pass of the decoder. `sureness`: mean log probability of a token."""

    tokens: list[int]
    text: str
    sureness: float
    silence: float

    @property
    def repetition(self) -> float:
        packed = self.text.encode()
        return len(packed) / len(zlib.compress(packed)) if packed else 0.0

    @property
    def is_silence(self) -> bool:
        return self.silence > _SILENT and self.is_bad

    @property
    def is_bad(self) -> bool:
        return self.repetition > _REPETITIVE or self.sureness < _UNSURE


def encode(model: "WhisperModel", start: int, samples: NDArray[np.float32]) -> View:
    """Let the network look at up to 30 s; always the same work, however short the sound is."""
    from faster_whisper.audio import pad_or_trim

    features = model.feature_extractor(samples)[:, : VIEW_S * FRAMES_PER_S]
    return View(start, samples, features, model.encode(pad_or_trim(features)))


def language_shares(model: "WhisperModel", view: View) -> dict[str, float]:
    """Probability of each language by ISO 639-1 code."""
    (answer,) = model.model.detect_language(view.encoded)
    return {token[2:-2]: share for token, share in answer}


def listen(model: "WhisperModel", tokenizer: Any, view: View, searches: Iterator[Search]) -> Heard:
    """What is said in a view, with word times.

    The next of `searches` is tried after each answer that is repetitive or unsure. The paper draws
    lots at rising temperatures there; a wider search without repetitions was found to get as much
    out of bad sound, in less time, and the same each time.
    """
    answers: list[_Answer] = []
    for search in searches:
        answers.append(_decode(model, tokenizer, view, search))
        if answers[-1].is_silence or not answers[-1].is_bad:
            break
    if not answers or answers[-1].is_silence:
        return Heard((), finished=True, silence=answers[-1].silence if answers else 0.0)
    last = answers[-1]
    if last.is_bad:
        plain = [answer for answer in answers if answer.repetition <= _REPETITIVE]
        last = max(plain or answers, key=lambda answer: answer.sureness)
    return Heard(
        _aligned(model, tokenizer, view, last.tokens),
        # One time stamp at the end says that nobody speaks after it.
        finished=_ends_with_one_time(last.tokens, tokenizer.timestamp_begin),
        silence=last.silence,
        repetitive=last.repetition > _REPETITIVE,
    )


def _decode(model: "WhisperModel", tokenizer: Any, view: View, search: Search) -> _Answer:
    prompt = list(tokenizer.sot_sequence)
    most = min(model.max_length - len(prompt), 24 + round(view.seconds * _TOKENS_PER_S))
    (result,) = model.model.generate(
        view.encoded,
        [prompt],
        beam_size=search.beam,
        no_repeat_ngram_size=search.no_repeat,
        repetition_penalty=search.penalty,
        max_length=len(prompt) + most,
        return_scores=True,
        return_no_speech_prob=True,
        suppress_blank=True,
        suppress_tokens=_suppressed(tokenizer),
        max_initial_timestamp_index=round(1.0 / model.time_precision),
    )
    tokens = result.sequences_ids[0]
    # The score is the mean over the tokens without the final one, which was decided on as well.
    sureness = result.scores[0] * len(tokens) / (len(tokens) + 1)
    return _Answer(tokens, tokenizer.decode(tokens).strip(), sureness, result.no_speech_prob)


def _suppressed(tokenizer: Any) -> list[int]:
    """Tokens that are no speech: signs such as ♪ or [ and those that steer the model."""
    steering = (
        tokenizer.transcribe,
        tokenizer.translate,
        tokenizer.sot,
        tokenizer.sot_prev,
        tokenizer.sot_lm,
        tokenizer.no_speech,
    )
    return sorted({*tokenizer.non_speech_tokens, *steering})


def _ends_with_one_time(tokens: list[int], first_time: int) -> bool:
    return len(tokens) > 1 and tokens[-2] < first_time <= tokens[-1]


def _aligned(
    model: "WhisperModel", tokenizer: Any, view: View, tokens: list[int]
) -> tuple[HeardSegment, ...]:
    """Words with times in seconds from the view's start, by the segments that the model made."""
    from faster_whisper.transcribe import merge_punctuations

    segments = _segments(tokens, tokenizer, model.time_precision, view.seconds)
    spoken = [token for _, _, segment in segments for token in segment]
    if not spoken:
        return ()
    (aligned,) = model.find_alignment(tokenizer, [spoken], view.encoded, view.features.shape[-1])
    counts = [len(item["tokens"]) for item in aligned]
    merge_punctuations(aligned, _PREPENDED, _APPENDED)
    borders = np.cumsum([len(segment) for _, _, segment in segments])
    grouped: list[list[HeardWord]] = [[] for _ in segments]
    position = 0
    for item, count in zip(aligned, counts, strict=True):
        if item["word"].strip():
            number = min(int(np.searchsorted(borders, position, side="right")), len(segments) - 1)
            grouped[number].append(
                HeardWord(
                    item["word"],
                    float(item["start"]),
                    float(item["end"]),
                    float(item["probability"]),
                )
            )
        position += count
    return tuple(
        HeardSegment(start, end, tuple(words))
        for (start, end, _), words in zip(segments, grouped, strict=True)
        if words
    )


def _segments(
    tokens: list[int], tokenizer: Any, precision: float, seconds: float
) -> list[tuple[float, float, list[int]]]:
    """Start, end and tokens of the text between time stamps.

    What stands after the last one is a segment too: views are cut where nobody speaks, so it is
    not half a sentence.
    """
    segments: list[tuple[float, float, list[int]]] = []
    text: list[int] = []
    start = 0.0
    for token in tokens:
        if token >= tokenizer.timestamp_begin:
            at = (token - tokenizer.timestamp_begin) * precision
            if text:
                segments.append((start, at, text))
                text = []
            start = at
        elif token < tokenizer.eot:
            text.append(token)
    return [*segments, (start, seconds, text)] if text else segments
