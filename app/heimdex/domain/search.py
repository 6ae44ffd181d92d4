"""A query as understood, and the moments that answer it."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from heimdex.domain.ids import PersonId, SavedSearchId, VideoId


class EvidenceKind(StrEnum):
    """Why a moment was found."""

    SPEECH = "speech"
    VISUAL = "visual"
    TEXT = "text"
    """Words on the screen."""
    PERSON = "person"


class Sort(StrEnum):
    """The order of the answers."""

    RELEVANCE = "relevance"
    DATE = "date"
    """Newest recording first; what is no match stays behind what is."""


@dataclass(frozen=True, slots=True)
class Period:
    """[after, before) in Unix seconds; None leaves that side open."""

    after: int | None = None
    before: int | None = None

    def holds(self, at: int) -> bool:
        """Whether the second lies in it."""
        return (self.after is None or at >= self.after) and (
            self.before is None or at < self.before
        )


@dataclass(frozen=True, slots=True)
class When:
    """A date as it was written: any of its periods will do ("March" is one a year). `yearly`:
    it comes again every year."""

    periods: tuple[Period, ...]
    yearly: bool = False

    def holds(self, at: int) -> bool:
        """Whether the second lies in one of the periods."""
        return any(period.holds(at) for period in self.periods)


@dataclass(frozen=True, slots=True)
class Length:
    """How long a whole video may be: [least_ms, most_ms]; None leaves that side open."""

    least_ms: int | None = None
    most_ms: int | None = None

    def holds(self, duration_ms: int) -> bool:
        """Whether a video of this length will do."""
        return (self.least_ms is None or duration_ms >= self.least_ms) and (
            self.most_ms is None or duration_ms <= self.most_ms
        )


@dataclass(frozen=True, slots=True)
class Filters:
    """Limits set beside the sentence. Dates are Unix seconds, half-open [after, before)."""

    kinds: frozenset[EvidenceKind] = frozenset()
    """Empty means every kind."""
    folder: Path | None = None
    after: int | None = None
    before: int | None = None
    people: frozenset[PersonId] = frozenset()
    length: Length = Length()


class ChipKind(StrEnum):
    """What a recognised part of a sentence is."""

    PERSON = "person"
    PHRASE = "phrase"
    WORDS = "words"
    """Words that must not be there; always negated."""
    TERM = "term"
    """A part of `a + b − c`."""
    DATE = "date"
    FOLDER = "folder"
    LENGTH = "length"
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of the sentence that was recognised: [start, end) of `Query.text`.

    `text`: what it stands for, in the person's words. `value`: the id, When, Length, EvidenceKind
    or folder name behind it. `negated`: it rules out. `written`: it was written as an operator
    (`-dog`, `"…"`, `folder:x`) and has no other reading; the rest may have been meant as words,
    and is taken as such when `plain` is among the question's plain words.
    """

    kind: ChipKind
    text: str
    start: int
    end: int
    value: PersonId | When | Length | EvidenceKind | str | None = None
    negated: bool = False
    written: bool = False
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """One part of `a + b − c`."""

    text: str
    minus: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What is asked of one kind of evidence (`said: peace`); of any, where `kind` is None."""

    kind: EvidenceKind | None
    meaning: str
    phrases: tuple[str, ...] = ()


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
    text: str = ""
    """`raw` as it was read (normalised, cut); the chips count its characters."""
    chips: tuple[Chip, ...] = ()
    """What was recognised, in the order of the sentence."""
    dates: tuple[When, ...] = ()
    excluded_dates: tuple[When, ...] = ()
    lengths: tuple[Length, ...] = ()
    folders: tuple[str, ...] = ()
    """Names of folders (any part of a path will do), as they were written."""
    excluded_folders: tuple[str, ...] = ()
    any_person: bool = False
    """Any of `people` will do ("Anna or Berta"); otherwise all of them must be there."""
    kinds: frozenset[EvidenceKind] = frozenset()
    """Asked for in the sentence (`said:`); empty means every kind."""
    terms: tuple[Term, ...] = ()
    """Not empty where the sentence is a sum, `a + b − c`."""
    parts: tuple[Part, ...] = ()
    """Not empty where different things are asked of different kinds: they must meet in time."""


@dataclass(frozen=True, slots=True)
class Like:
    """An example to be like, or with `minus` to be unlike: a picture file, or the frame of a
    video at a millisecond."""

    picture: Path | None = None
    video_id: VideoId | None = None
    at_ms: int = 0
    minus: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Everything a person asks at once; what a saved search keeps.

    `plain`: words of the sentence that are to be taken as words although they look like a name, a
    date, …
    """

    text: str = ""
    plain: tuple[str, ...] = ()
    likes: tuple[Like, ...] = ()
    filters: Filters = field(default_factory=Filters)
    sort: Sort = Sort.RELEVANCE

    @property
    def empty(self) -> bool:
        """Whether nothing is asked yet."""
        return not self.text.strip() and not self.likes


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A question under a name; it is asked again each time. `seen`: the moments (video, start, end
    in ms) that were there when it was last looked at."""

    id: SavedSearchId
    name: str
    question: Question
    created_at: int
    seen: tuple[tuple[VideoId, int, int], ...] = ()


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
    recorded_at: int | None = None
    """Of its video, in Unix seconds; see `Video.recorded_at`."""
    also_ms: tuple[int, ...] = ()
    """Where else in the same shot it was found, by time."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Moments, best first.

    `no_good_match`: nothing reaches the cut, and it would have been found if it were there: nothing
    fits. `unsure`: nothing reaches the cut, but the eyes in use cannot judge what was asked for, so
    that it may be there all the same. With either the moments are only the nearest there are; they
    are never both true. `missing`: what was asked for and seen in no video, where that is why
    nothing fits. `dropped`: chips that were left aside because nothing was found with them.
    """

    query: Query
    moments: tuple[Moment, ...]
    no_good_match: bool
    took_ms: float
    dropped: tuple[Chip, ...] = ()
    unsure: bool = False
    missing: tuple[str, ...] = ()

    @property
    def only_near(self) -> bool:
        """Whether no moment is a match."""
        return self.no_good_match or self.unsure


class SuggestionKind(StrEnum):
    """What is offered."""

    SAVED = "saved"
    PERSON = "person"
    FOLDER = "folder"
    RECENT = "recent"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`text` is shown; `sentence` is what the field holds once it is chosen. Of a saved search it
    is the name, since it is more than a sentence."""

    kind: SuggestionKind
    text: str
    sentence: str
