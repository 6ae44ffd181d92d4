"""What a channel of search hands to fusion: a stretch of a video, how sure, and why.

Finding candidates is `retrieve`'s work, joining them `moments`'.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from heimdex.domain.ids import PersonId, VideoId
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
    knows. `people`: who is seen there.
    """

    channel: Channel
    video_id: VideoId
    start_ms: int
    end_ms: int
    at_ms: int
    confidence: float
    text: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    people: tuple[PersonId, ...] = ()

    def overlap_ms(self, start_ms: int, end_ms: int) -> int:
        """How long the candidate and [start_ms, end_ms) are both there; negative is the gap."""
        return min(self.end_ms, end_ms) - max(self.start_ms, start_ms)


def without(candidate: Candidate, spans: Iterable["Span"], least_ms: int) -> list[Candidate]:
    """What is left of a candidate when `spans` are cut out: pieces of at least `least_ms`."""
    pieces = [(candidate.start_ms, candidate.end_ms)]
    for span in spans:
        if span.video_id == candidate.video_id:
            pieces = [
                piece
                for start, end in pieces
                for piece in ((start, min(end, span.start_ms)), (max(start, span.end_ms), end))
                if piece[0] < piece[1]
            ]
    if pieces == [(candidate.start_ms, candidate.end_ms)]:
        return [candidate]
    return [
        replace(
            candidate,
            start_ms=start,
            end_ms=end,
            at_ms=min(max(candidate.at_ms, start), end - 1),
        )
        for start, end in pieces
        if end - start >= least_ms
    ]


Ranking = list[Candidate]
"""Candidates of one channel, best first."""


@dataclass(frozen=True, slots=True)
class Span:
    """[start_ms, end_ms) of one video."""

    video_id: VideoId
    start_ms: int
    end_ms: int
