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
from heimdex.search.blend import Asked, Blend
from heimdex.search.calibration import CUT
from heimdex.search.candidates import Candidate, Ranking, Span, without
from heimdex.search.datings import Datings
from heimdex.search.moments import inside
from heimdex.search.ranking import Ranked, rank, rank_with
from heimdex.search.retrieve import Speech
from heimdex.search.scope import videos_in
from heimdex.search.screen import Screen
from heimdex.search.sight import SEEN_AT_MOST, Sight, sights, weighed
from heimdex.search.things import Known
from heimdex.search.towers import QueryTowers, Roll
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.chroma import VectorIndex
from heimdex.storage.lexicon import Lexicon
from heimdex.storage.stages import StageStore
from heimdex.storage.token_weights import TokenWeights
from heimdex.storage.vectors import VectorStore

UNHEARD = 0.4
"""What is left of the confidence in a picture, or in text on it, where the sentence asks for
something said."""

LEAST_MS = 1_000
"""A piece of somebody's stretch that is worth showing."""

IsCancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything a search reads."""

    catalogue: Catalogue
    stages: StageStore
    vectors: VectorStore
    weights: TokenWeights
    lexicon: Lexicon
    index: VectorIndex
    people: Roll
    towers: QueryTowers
    sight: Sight
    screen: Screen
    datings: Datings

    def speech(self, text: str, videos: frozenset[VideoId] | None) -> Speech:
        """What is said that answers `text`."""
        return Speech(
            self.stages,
            self.vectors,
            self.weights,
            self.lexicon,
            self.index,
            self.towers,
            text,
            videos,
        )


class Look:
    """One query's way through the channels."""

    def __init__(
        self,
        sources: Sources,
        query: Query,
        cancelled: IsCancelled,
        blend: Blend | None = None,
        within: frozenset[VideoId] | None = None,
    ) -> None:
        """`blend`: what is asked with, where that is more than the words of the sentence. `within`:
        the videos that the towers answer for, None for all."""
        self._sources = sources
        self._query = query
        self._cancelled = cancelled
        self._blend = blend
        spoken = wording.spoken(query.raw) or bool(query.phrases)
        kinds = query.filters.kinds
        # Words that are asked for by kind (`said:`, `text:`) must be there; `seen:` asks for none.
        words_only = bool(kinds) and kinds <= {EvidenceKind.SPEECH, EvidenceKind.TEXT}
        self._said = words_only or (spoken and kinds != {EvidenceKind.VISUAL})
        self._videos = _both(videos_in(query, sources.catalogue, sources.datings), within)
        self._people = tuple(dict.fromkeys([*query.people, *sorted(query.filters.people)]))
        self._nobody = False
        self._missing: tuple[str, ...] | None = None

    def ranked(self) -> list[Ranked]:
        """Moments, best first. Raises `Cancelled`."""
        query = self._query
        content = bool(query.meaning or query.phrases or self._blend)
        if not self._people:
            return self._anywhere() if content else []
        there = self._there()
        self._go_on()
        if not there:
            self._nobody = True
            return self._without_them()
        if not content:
            return rank([there])
        spans = [Span(c.video_id, c.start_ms, c.end_ms) for c in there]
        videos = frozenset(span.video_id for span in spans)
        rankings, _ = self._content(videos, spans)
        found = rank_with(there, [inside(each, there) for each in rankings], said=self._said)
        if self.missing():
            return [replace(each, score=min(each.score, CUT - 0.01)) for each in found]
        if any(each.score >= CUT for each in found):
            return found
        return [*found, *self._anywhere(near=True)]

    def can_judge(self) -> bool:
        """Whether what was not found is not there, as far as anybody can tell who has seen all
        that the models have. Words, people and examples they judge by their thresholds. Eyes that
        were trained on names of things can only tell that one of these is missing."""
        return self._nobody or self._known() is None or bool(self.missing())

    def _known(self) -> Known | None:
        """What the eyes know by name, where the sentence may be about a sight and they know no
        more than that."""
        sources = self._sources
        asked = self._blend is None and bool(self._query.meaning)
        if self._said or not asked or not self._wants(EvidenceKind.VISUAL):
            return None
        if not sources.vectors.has(sources.towers.frame_space):
            return None
        concepts = sources.towers.concepts()
        return None if concepts is None else sources.sight.known(concepts)

    def missing(self) -> tuple[str, ...]:
        """What the sentence names and the eyes know by name, but have seen in no frame."""
        if self._missing is None:
            known = self._known()
            space = self._sources.towers.frame_space
            named = {} if known is None else known.named_in(self._query.meaning)
            self._missing = tuple(
                name
                for name, thing in named.items()
                if known is not None
                and not self._sources.sight.is_anywhere(space, known, thing, self._videos)
            )
        return self._missing

    def _anywhere(self, *, near: bool = False) -> list[Ranked]:
        rankings, whole = self._content(self._videos, None)
        return rank(rankings, near=near or not whole)

    def _there(self) -> Ranking:
        query = self._query
        either = query.people if query.any_person else ()
        found = retrieve.people(self._sources.people, self._people, self._videos, either)
        if not found or not (query.excluded or query.excluded_people):
            return found
        there = frozenset(candidate.video_id for candidate in found)
        spans = [*unwanted(self._sources, query, there), *self._unseen(there)]
        return [piece for each in found for piece in without(each, spans, LEAST_MS)]

    def _unseen(self, videos: frozenset[VideoId]) -> list[Span]:
        """Where something excluded is surely seen."""
        sources = self._sources
        towers = sources.towers
        if not sources.vectors.has(towers.frame_space):
            return []
        spans: list[Span] = []
        for words in self._query.excluded:
            vector = towers.vision(words)
            frames = sources.sight.frames(towers.frame_space, towers.scene_space, vector, videos)
            seen = sights(frames, towers.vision_thresholds, words)
            spans += [Span(c.video_id, c.start_ms, c.end_ms) for c in seen if c.confidence >= CUT]
            self._go_on()
        return spans

    def _without_them(self) -> list[Ranked]:
        """The person was never seen: what is said about them, and what else was asked for."""
        query = self._query
        if not query.raw.strip():
            return []
        text = " ".join([*query.people_names, query.meaning, *query.phrases])
        found = rank([*self._speech(text, self._videos), self._written(text, self._videos)])
        if query.meaning:
            found += rank([self._seen(query.meaning, self._videos, None)], near=True)
        return sorted(found, key=lambda each: each.score < CUT)

    def _content(
        self, videos: frozenset[VideoId] | None, spans: Sequence[Span] | None
    ) -> tuple[list[Ranking], bool]:
        """What is said and seen, one ranking a channel, and whether all that was quoted is."""
        query = self._query
        if not query.phrases:
            return self._all_of(query.meaning, videos, spans), True
        exact = [self._phrases(videos), self._shown(videos)]
        if not any(exact):
            text = " ".join([*query.phrases, query.meaning])
            return self._all_of(text, videos, spans), False
        if not query.meaning and self._blend is None:
            return exact, True
        # Besides exact words the rest of the sentence only says which of the places is meant.
        around = [Span(c.video_id, c.start_ms, c.end_ms) for each in exact for c in each]
        places = frozenset(span.video_id for span in around)
        others = self._all_of(query.meaning, places, around)
        beside = [[c for c in other if _touches(c, around)] for other in others]
        return [*exact, *beside], True

    def _all_of(
        self, text: str, videos: frozenset[VideoId] | None, spans: Sequence[Span] | None
    ) -> list[Ranking]:
        """`text` said, written and seen."""
        return [
            *self._speech(text, videos),
            self._written(text, videos),
            self._seen(text, videos, spans),
        ]

    def _phrases(self, videos: frozenset[VideoId] | None) -> Ranking:
        if not self._wants(EvidenceKind.SPEECH):
            return []
        found = retrieve.phrases(
            self._sources.stages, self._sources.lexicon, self._query.phrases, videos
        )
        return self._allowed(found)

    def _shown(self, videos: frozenset[VideoId] | None) -> Ranking:
        """The quoted words on the screen."""
        if not self._wants(EvidenceKind.TEXT):
            return []
        return self._allowed(self._sources.screen.phrases(self._query.phrases, videos))

    def _written(self, text: str, videos: frozenset[VideoId] | None) -> Ranking:
        """Words on the screen; an example (a picture, a moment) has none to look for."""
        if not self._wants(EvidenceKind.TEXT) or not text:
            return []
        found = self._allowed(self._sources.screen.written(text, videos))
        self._go_on()
        if self._said and self._wants(EvidenceKind.SPEECH):
            found = [replace(c, confidence=c.confidence * UNHEARD) for c in found]
        return found

    def _speech(self, text: str, videos: frozenset[VideoId] | None) -> list[Ranking]:
        if not self._wants(EvidenceKind.SPEECH):
            return []
        blend = self._blend
        asked = None
        if blend is not None:
            asked, text = blend.said(), blend.text
            if asked is None:
                return []
        speech = self._sources.speech(text, videos)
        # The words of a recording that is only an example need not be said again.
        given = blend is None or bool(self._query.meaning)
        words = self._elsewhere(speech.words()) if given else []
        self._go_on()
        near = speech.meaning(asked.vector, asked.limits) if asked else speech.meaning()
        meaning = self._elsewhere(near)
        learnt = self._elsewhere(speech.learnt()) if given else []
        self._go_on()
        return [words, meaning, learnt]

    def _seen(
        self, text: str, videos: frozenset[VideoId] | None, spans: Sequence[Span] | None
    ) -> Ranking:
        sources = self._sources
        towers = sources.towers
        if not self._wants(EvidenceKind.VISUAL) or not sources.vectors.has(towers.frame_space):
            return []
        asked = self._asked_to_see(text)
        if asked is None:
            return []
        against = [towers.vision(excluded) for excluded in self._query.excluded]
        self._go_on()
        frames = sources.sight.frames(
            towers.frame_space, towers.scene_space, asked.vector, videos, against, spans
        )
        found = sights(frames, asked.limits, text, asked.at_most)
        known = self._known()
        if self._blend is not None:
            found = self._blend.elsewhere(found)
        elif known is not None:
            found = weighed(found, frames, known, tuple(known.named_in(text).values()))
        self._go_on()
        if self._said:
            found = [replace(c, confidence=c.confidence * UNHEARD) for c in found]
        return [c for c in found if not _touches(c, self._absent())]

    def _asked_to_see(self, text: str) -> Asked | None:
        if self._blend is not None:
            return self._blend.seen()
        query = self._sources.towers.vision(text)
        return Asked(query, self._sources.towers.vision_thresholds, SEEN_AT_MOST)

    def _elsewhere(self, ranking: Ranking) -> Ranking:
        """What is allowed, without the moments that are the example."""
        allowed = self._allowed(ranking)
        return allowed if self._blend is None else self._blend.elsewhere(allowed)

    def _wants(self, kind: EvidenceKind) -> bool:
        return not self._query.filters.kinds or kind in self._query.filters.kinds

    def _allowed(self, ranking: Ranking) -> Ranking:
        """Without what is there together with something excluded that is said or written, or with
        somebody excluded."""
        query = self._query
        minus = [term.text for term in query.terms if term.minus]
        if not (query.excluded or minus or query.excluded_people) or not ranking:
            return ranking
        spans = said_or_written(self._sources, [*query.excluded, *minus], self._videos)
        absent = self._absent()
        return [c for c in ranking if not _touches(c, spans) and not _mostly(c, absent)]

    def _absent(self) -> list[Span]:
        """Where people are on screen who must not be."""
        return on_screen(self._sources, self._query.excluded_people, self._videos)

    def _go_on(self) -> None:
        if self._cancelled():
            raise Cancelled("The search was given up for a newer one.")


def unwanted(sources: Sources, query: Query, videos: frozenset[VideoId] | None) -> list[Span]:
    """Where something excluded is said or written, or somebody excluded is on screen."""
    return [
        *said_or_written(sources, query.excluded, videos),
        *on_screen(sources, query.excluded_people, videos),
    ]


def said_or_written(
    sources: Sources, some: Sequence[str], videos: frozenset[VideoId] | None
) -> list[Span]:
    """Where any of some words are said or stand on the screen."""
    return [
        span
        for words in some
        for span in (
            *retrieve.said_spans(sources.lexicon, words, videos),
            *sources.screen.spans(words, videos),
        )
    ]


def on_screen(
    sources: Sources, people: Sequence[PersonId], videos: frozenset[VideoId] | None
) -> list[Span]:
    """Where any of some people are on screen."""
    if not people:
        return []
    seen = sources.people.appearances(list(people), videos)
    return [Span(each.video_id, each.start_ms, each.end_ms) for each in seen]


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


def _both(
    some: frozenset[VideoId] | None, others: frozenset[VideoId] | None
) -> frozenset[VideoId] | None:
    """The videos in both sets, where None stands for all."""
    return others if some is None else some if others is None else some & others
