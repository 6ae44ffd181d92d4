"""A query as understood, and the moments that answer it."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from heimdex.domain.ids import FolderId, PersonId, VideoId


class EvidenceKind(StrEnum):
    """Why a moment was found."""

    SPEECH = "speech"
    VISUAL = "visual"
    TEXT = "text"
    """Words on the screen."""
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Filters:
    """Limits set beside the sentence. Dates are Unix seconds, half-open [after, before)."""

    kinds: frozenset[EvidenceKind] = frozenset()
    """Empty means every kind."""
    folder: Path | None = None
    after: int | None = None
    before: int | None = None
    people: frozenset[PersonId] = frozenset()


@dataclass(frozen=True, slots=True)
class Query:
    """A sentence taken apart; `meaning` is what is left to be understood by the models."""

    raw: str
    meaning: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    people: tuple[PersonId, ...] = ()
    people_names: tuple[str, ...] = ()
    language: str = "en"
    """ISO 639-1, by script: "ko" when Hangul is present, else "en"."""
    filters: Filters = field(default_factory=Filters)
    excluded_people: tuple[PersonId, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason. `text` is what is shown (the words, the person's name, …); `matches` are the
    character ranges [start, end) in `text` that the query hit literally."""

    kind: EvidenceKind
    text: str
    score: float
    at_ms: int
    matches: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """One answer: a stretch of a video with its evidence, strongest first."""

    video_id: VideoId
    path: Path
    title: str
    start_ms: int
    end_ms: int
    score: float
    """0..1, calibrated: 0.5 is the cut between a match and none."""
    people: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    scene: int | None
    """The scene whose thumbnail shows the moment, if there is a picture."""
    online: bool


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Moments, best first. With `no_good_match` the moments are only the nearest there are."""

    query: Query
    moments: tuple[Moment, ...]
    no_good_match: bool
    took_ms: float


@dataclass(frozen=True, slots=True)
class SearchScope:
    """Which videos a filter leaves; None as `videos` means all of them."""

    videos: frozenset[VideoId] | None
    folder: FolderId | None = None
