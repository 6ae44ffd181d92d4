"""What is said: words with their times, segments as recognised, passages as searched."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word. `text` carries no surrounding spaces; `probability` is the model's, 0..1."""

    start_ms: int
    end_ms: int
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of speech as the recogniser cut it, about a sentence."""

    index: int
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that is said in one audio track. `language` is ISO 639-1, "" when nobody speaks."""

    language: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """One or a few neighbouring segments joined to a unit of meaning that is embedded and found."""

    index: int
    start_ms: int
    end_ms: int
    text: str
    first_segment: int
    last_segment: int
