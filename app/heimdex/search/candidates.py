"""What a channel of search hands to fusion: a stretch of a video, how sure, and why.

Finding candidates is `retrieve`'s work, joining them `moments`'.
"""

from dataclasses import dataclass
from enum import StrEnum

from heimdex.domain.ids import VideoId
from heimdex.domain.search import EvidenceKind


class Channel(StrEnum):
    """A way of finding; each gives one ranking."""

    PHRASE = "phrase"
    """The quoted words, in their order."""
    WORDS = "words"
    LEARNT = "learnt"
    """Words that the text model has learnt to weigh."""
    MEANING = "meaning"
    """Passages near in meaning."""
    SIGHT = "sight"
    TEXT = "text"
    """Words on the screen."""
    PERSON = "person"

    @property
    def kind(self) -> EvidenceKind:
        """What a candidate of this channel is evidence of."""
        if self is Channel.SIGHT:
            return EvidenceKind.VISUAL
        if self is Channel.TEXT:
            return EvidenceKind.TEXT
        return EvidenceKind.PERSON if self is Channel.PERSON else EvidenceKind.SPEECH


@dataclass(frozen=True, slots=True)
class Candidate:
    """[start_ms, end_ms) of a video answers the query through one channel.

    `confidence`: 0..1, 0.5 is the engine's cut. `at_ms`: where to look at it. `text`: what is
    shown as the reason; `marks`: the character ranges in it that the query hit, where the channel
    knows.
    """

    channel: Channel
    video_id: VideoId
    start_ms: int
    end_ms: int
    at_ms: int
    confidence: float
    text: str = ""
    marks: tuple[tuple[int, int], ...] = ()

    def overlap_ms(self, start_ms: int, end_ms: int) -> int:
        """How long the candidate and [start_ms, end_ms) are both there; negative is the gap."""
        return min(self.end_ms, end_ms) - max(self.start_ms, start_ms)


Ranking = list[Candidate]
"""Candidates of one channel, best first."""


@dataclass(frozen=True, slots=True)
class Span:
    """[start_ms, end_ms) of one video."""

    video_id: VideoId
    start_ms: int
    end_ms: int
