"""One search, from a parsed query to ranked moments: which channels are asked, and how what they
find is limited by people, phrases and exclusions.

How a channel finds is left to `retrieve` and `sight`, how moments are ordered to `ranking`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from heimdex.domain.errors import Cancelled
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.search import EvidenceKind, Query
from heimdex.search import retrieve, wording
from heimdex.search.calibration import CUT
from heimdex.search.candidates import Candidate, Ranking, Span
from heimdex.search.moments import inside
from heimdex.search.ranking import Ranked, rank, rank_with
from heimdex.search.retrieve import Speech
from heimdex.search.scope import videos_in
from heimdex.search.sight import Sight, sights
from heimdex.search.towers import QueryTowers, Roll
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.chroma import VectorIndex
from heimdex.storage.lexicon import Lexicon
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

UNHEARD = 0.4
"""What is left of the confidence in a picture where the sentence asks for something said."""

IsCancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything a search reads."""

    catalogue: Catalogue
    stages: StageStore
    vectors: VectorStore
    lexicon: Lexicon
    index: VectorIndex
    people: Roll
    towers: QueryTowers
    sight: Sight

    def speech(self, text: str, videos: frozenset[VideoId] | None) -> Speech:
        """What is said that answers `text`."""
        return Speech(
            self.stages, self.vectors, self.lexicon, self.index, self.towers, text, videos
        )


class Look:
    """One query's way through the channels."""

    def __init__(self, sources: Sources, query: Query, cancelled: IsCancelled) -> None:
        self._sources = sources
        self._query = query
        self._cancelled = cancelled
        self._said = wording.spoken(query.raw) or bool(query.phrases)
        self._videos = videos_in(query.filters, sources.catalogue)
        self._people = tuple(dict.fromkeys([*query.people, *sorted(query.filters.people)]))

    def ranked(self) -> list[Ranked]:
        """Moments, best first. Raises `Cancelled`."""
        query = self._query
        content = bool(query.meaning or query.phrases)
        if not self._people:
            return self._anywhere() if content else []
        there = self._there()
        self._go_on()
        if not there:
            return self._without_them()
        if not content:
            return rank([there])
        spans = [Span(c.video_id, c.start_ms, c.end_ms) for c in there]
        videos = frozenset(span.video_id for span in spans)
        rankings, _ = self._content(videos, spans)
        found = rank_with(there, [inside(each, there) for each in rankings], said=self._said)
        if any(each.score >= CUT for each in found):
            return found
        return [*found, *self._anywhere(near=True)]

    def _anywhere(self, *, near: bool = False) -> list[Ranked]:
        rankings, whole = self._content(self._videos, None)
        return rank(rankings, near=near or not whole)

    def _there(self) -> Ranking:
        found = retrieve.people(self._sources.people, self._people, self._videos)
        return [c for c in found if not _mostly(c, self._absent())]

    def _without_them(self) -> list[Ranked]:
        """The person was never seen: what is said about them, and what else was asked for."""
        query = self._query
        if not query.raw.strip():
            return []
        text = " ".join([*query.people_names, query.meaning, *query.phrases])
        found = rank(self._speech(text, self._videos))
        if query.meaning:
            found += rank([self._seen(query.meaning, self._videos, None)], near=True)
        return sorted(found, key=lambda each: each.score < CUT)

    def _content(
        self, videos: frozenset[VideoId] | None, spans: Sequence[Span] | None
    ) -> tuple[list[Ranking], bool]:
        """What is said and seen, one ranking a channel, and whether all that was quoted is."""
        query = self._query
        if not query.phrases:
            rankings = self._speech(query.meaning, videos)
            return [*rankings, self._seen(query.meaning, videos, spans)], True
        exact = self._phrases(videos)
        if not exact:
            text = " ".join([*query.phrases, query.meaning])
            return [*self._speech(text, videos), self._seen(text, videos, spans)], False
        if not query.meaning:
            return [exact], True
        # Besides exact words the rest of the sentence only says which of the places is meant.
        places = frozenset(candidate.video_id for candidate in exact)
        around = [Span(c.video_id, c.start_ms, c.end_ms) for c in exact]
        others = [
            *self._speech(query.meaning, places),
            self._seen(query.meaning, places, around),
        ]
        beside = [[c for c in other if _touches(c, around)] for other in others]
        return [exact, *beside], True

    def _phrases(self, videos: frozenset[VideoId] | None) -> Ranking:
        if not self._wants(EvidenceKind.SPEECH):
            return []
        found = retrieve.phrases(
            self._sources.stages, self._sources.lexicon, self._query.phrases, videos
        )
        return self._allowed(found)

    def _speech(self, text: str, videos: frozenset[VideoId] | None) -> list[Ranking]:
        if not self._wants(EvidenceKind.SPEECH):
            return []
        speech = self._sources.speech(text, videos)
        words = self._allowed(speech.words())
        self._go_on()
        meaning = self._allowed(speech.meaning())
        self._go_on()
        return [words, meaning]

    def _seen(
        self, text: str, videos: frozenset[VideoId] | None, spans: Sequence[Span] | None
    ) -> Ranking:
        sources = self._sources
        towers = sources.towers
        if not self._wants(EvidenceKind.VISUAL) or not sources.vectors.count(towers.frame_space):
            return []
        query = towers.vision(text)
        limits = towers.vision_limits(query)
        against = [towers.vision(excluded) for excluded in self._query.excluded]
        self._go_on()
        frames = sources.sight.frames(towers.frame_space, towers.scene_space, query, videos)
        found = sights(frames, query, limits, text, against, spans)
        self._go_on()
        if self._said:
            found = [replace(c, confidence=c.confidence * UNHEARD) for c in found]
        return [c for c in found if not _touches(c, self._absent())]

    def _wants(self, kind: EvidenceKind) -> bool:
        return not self._query.filters.kinds or kind in self._query.filters.kinds

    def _allowed(self, ranking: Ranking) -> Ranking:
        """Without what is said together with something excluded, or by somebody excluded."""
        if not (self._query.excluded or self._query.excluded_people) or not ranking:
            return ranking
        spans = [
            span
            for words in self._query.excluded
            for span in retrieve.said_spans(self._sources.lexicon, words, self._videos)
        ]
        absent = self._absent()
        return [c for c in ranking if not _touches(c, spans) and not _mostly(c, absent)]

    def _absent(self) -> list[Span]:
        """Where people are on screen who must not be."""
        ids: list[PersonId] = list(self._query.excluded_people)
        return [
            Span(seen.video_id, seen.start_ms, seen.end_ms)
            for seen in (self._sources.people.appearances(ids, self._videos) if ids else ())
        ]

    def _go_on(self) -> None:
        if self._cancelled():
            raise Cancelled("The search was given up for a newer one.")


def _touches(candidate: Candidate, spans: Sequence[Span]) -> bool:
    return any(
        span.video_id == candidate.video_id and candidate.overlap_ms(span.start_ms, span.end_ms) > 0
        for span in spans
    )


def _mostly(candidate: Candidate, spans: Sequence[Span]) -> bool:
    """Whether more than half of the candidate lies inside one of the spans."""
    return any(
        span.video_id == candidate.video_id
        and 2 * candidate.overlap_ms(span.start_ms, span.end_ms)
        > candidate.end_ms - candidate.start_ms
        for span in spans
    )
