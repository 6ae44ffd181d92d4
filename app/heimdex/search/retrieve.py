"""Finds candidates for what is said and for who is there; what is seen is `sight`'s.

Taking the sentence apart was `parse`'s work; joining what is found here is left to `moments`.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from heimdex.domain.engines import Thresholds
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.speech import Segment
from heimdex.domain.vectors import Vectors
from heimdex.search.calibration import CUT, confidence, covered
from heimdex.search.candidates import Candidate, Channel, Ranking, Span
from heimdex.search.locate import Located, content_groups, locate, locate_phrase
from heimdex.search.nearest import nearest
from heimdex.search.towers import QueryTowers, Roll
from heimdex.storage.chroma import VectorIndex
from heimdex.storage.lexicon import Lexicon
from heimdex.storage.stages import StageStore
from heimdex.storage.token_weights import TokenWeights
from heimdex.storage.vectors import VectorStore

DEPTH = 40
"""Passages that each speech channel brings home."""

LEAST = 0.1
"""Confidence below which a passage is not worth looking at."""

PHRASE = 0.95
"""Confidence of exactly the quoted words."""

GAP_MS = 2_000
"""Somebody who is lost for this long (a turned head, a cut away) is still there."""

GLIMPSE_MS = 500
"""Somebody who was seen in one frame only was there for about as long as frames are apart."""

LASTING_MS = 4_000
"""Somebody who is on screen for this long is there for good."""

SPREAD_MS = 60_000
"""Several quoted phrases are looked for this near to each other."""


class Speech:
    """What is said that answers one sentence; remembers where passages were located."""

    def __init__(
        self,
        stages: StageStore,
        vectors: VectorStore,
        weights: TokenWeights,
        lexicon: Lexicon,
        index: VectorIndex,
        towers: QueryTowers,
        text: str,
        videos: Collection[VideoId] | None,
    ) -> None:
        self._stages = stages
        self._vectors = vectors
        self._weights = weights
        self._lexicon = lexicon
        self._index = index
        self._towers = towers
        self._text = text
        self._videos = videos
        self.groups = content_groups(text)
        self._located: dict[tuple[VideoId, int], Located | None] = {}

    def words(self) -> Ranking:
        """Passages that hold words of the sentence, those that hold most of it first."""
        hits = self._lexicon.search(self.groups, DEPTH * 3, self._videos)
        hits.sort(key=lambda hit: (-hit.coverage, -hit.score))
        sure = [(hit, covered(hit.coverage, len(self.groups))) for hit in hits[:DEPTH]]
        return [
            candidate
            for hit, how_sure in sure
            if how_sure >= LEAST
            and (candidate := self._at(Channel.WORDS, hit.video_id, hit.index, how_sure))
        ]

    def meaning(
        self, query: Vectors | None = None, thresholds: Thresholds | None = None
    ) -> Ranking:
        """Passages near in meaning, in whichever language they are spoken; near to `query` (d,)
        with its thresholds where it is given, else to the sentence."""
        space = self._towers.passage_space
        if not self._vectors.has(space):
            return []
        if query is None:
            query = self._towers.passage(self._text)
        near = nearest(self._vectors, self._index, space, query, DEPTH, self._videos)
        thresholds = thresholds or self._towers.passage_thresholds
        sure = [(each, confidence(each.similarity, thresholds)) for each in near]
        return [
            candidate
            for each, how_sure in sure
            if how_sure >= LEAST
            and (candidate := self._at(Channel.MEANING, each.video_id, each.index, how_sure))
        ]

    def learnt(self) -> Ranking:
        """Passages by the words that matter to the text model, those it weighs most first; empty
        where the model has learnt no weights. How sure one is follows from the share of the
        query's weight that it holds, because scores of sparse vectors have no scale of their own.
        """
        space = self._towers.passage_space
        if not self._text or not self._weights.has(space):
            return []
        query = self._towers.passage_weights(self._text)
        if query is None:
            return []
        found = self._weights.search(space, query, DEPTH, self._videos)
        sure = [(each, covered(each.share, len(query.tokens))) for each in found]
        return [
            candidate
            for each, how_sure in sure
            if how_sure >= LEAST
            and (candidate := self._at(Channel.LEARNT, each.video_id, each.index, how_sure))
        ]

    def _at(self, channel: Channel, video_id: VideoId, index: int, sure: float) -> Candidate | None:
        key = (video_id, index)
        if key not in self._located:
            segments = segments_of(self._stages, video_id, index)
            self._located[key] = locate(segments, self.groups, self._text)
        located = self._located[key]
        if located is None:
            return None
        return Candidate(
            channel,
            video_id,
            located.start_ms,
            located.end_ms,
            located.at_ms,
            sure,
            located.text,
        )


def phrases(
    stages: StageStore,
    lexicon: Lexicon,
    wanted: Sequence[str],
    videos: Collection[VideoId] | None,
) -> Ranking:
    """Where the first quoted phrase is said, with all the others said near it."""
    found: Ranking = []
    for at, phrase in enumerate(wanted):
        theirs = _phrase(stages, lexicon, phrase, videos)
        if at == 0:
            found = theirs
        else:
            found = [
                one
                for one in found
                if any(
                    other.video_id == one.video_id
                    and other.overlap_ms(one.start_ms, one.end_ms) >= -SPREAD_MS
                    for other in theirs
                )
            ]
    return found


def said_spans(lexicon: Lexicon, words: str, videos: Collection[VideoId] | None) -> list[Span]:
    """Stretches of speech that hold all of `words`, to be left out."""
    return [
        Span(hit.video_id, hit.start_ms, hit.end_ms)
        for hit in lexicon.search(content_groups(words), DEPTH * 10, videos)
        if hit.coverage >= 0.999
    ]


def people(
    roll: Roll,
    ids: Sequence[PersonId],
    videos: Collection[VideoId] | None,
    either: Collection[PersonId] = (),
) -> Ranking:
    """Stretches where all of `ids` are on screen together, surest and longest first; of those who
    are in `either` as well, one is enough."""
    found: Ranking = []
    together = [[person_id] for person_id in ids if person_id not in either]
    anyone = [person_id for person_id in ids if person_id in either]
    for at, group in enumerate([*together, anyone] if anyone else together):
        theirs = [each for person_id in group for each in _stretches(roll, person_id, videos)]
        found = theirs if at == 0 else _shared(found, theirs)
    sure = [replace(c, confidence=CUT + (c.confidence - CUT) * _lasting(c)) for c in found]
    return sorted(
        sure, key=lambda c: (-c.confidence, c.start_ms - c.end_ms, c.video_id, c.start_ms)
    )


def segments_of(stages: StageStore, video_id: VideoId, index: int) -> Sequence[Segment]:
    """The segments of one passage; none if it has just been replaced."""
    passage = stages.passage(video_id, index)
    if passage is None:
        return ()
    return stages.segments(video_id, passage.first_segment, passage.last_segment)


def _phrase(
    stages: StageStore,
    lexicon: Lexicon,
    phrase: str,
    videos: Collection[VideoId] | None,
) -> Ranking:
    found: Ranking = []
    for hit in lexicon.phrase(phrase, DEPTH, videos):
        segments = segments_of(stages, hit.video_id, hit.index)
        # The recogniser may time words apart that are written together, or the other way round.
        located = locate_phrase(segments, phrase) or locate(segments, content_groups(phrase))
        if located is not None:
            found.append(
                Candidate(
                    Channel.PHRASE,
                    hit.video_id,
                    located.start_ms,
                    located.end_ms,
                    located.at_ms,
                    PHRASE,
                    located.text,
                )
            )
    return found


def _stretches(roll: Roll, person_id: PersonId, videos: Collection[VideoId] | None) -> Ranking:
    match = roll.match_similarity
    found: Ranking = []
    for seen in roll.appearances([person_id], videos):
        end_ms = max(seen.end_ms, seen.start_ms + GLIMPSE_MS)
        share = (seen.similarity - match) / (1 - match)
        sure = CUT + (1 - CUT) * max(0.0, min(1.0, share))
        last = found[-1] if found else None
        if (
            last is not None
            and last.video_id == seen.video_id
            and last.overlap_ms(seen.start_ms, end_ms) >= -GAP_MS
        ):
            found[-1] = replace(
                last, end_ms=max(last.end_ms, end_ms), confidence=max(last.confidence, sure)
            )
        else:
            found.append(
                Candidate(
                    Channel.PERSON,
                    seen.video_id,
                    seen.start_ms,
                    end_ms,
                    seen.start_ms,
                    sure,
                    people=(person_id,),
                )
            )
    return found


def _lasting(candidate: Candidate) -> float:
    """A glimpse is worth less than somebody who stays: it shows less, and is more often wrong."""
    return 0.6 + 0.4 * min(1.0, (candidate.end_ms - candidate.start_ms) / LASTING_MS)


def _shared(some: Ranking, others: Ranking) -> Ranking:
    found: Ranking = []
    for one in some:
        for other in others:
            if one.video_id == other.video_id and one.overlap_ms(other.start_ms, other.end_ms) > 0:
                start_ms = max(one.start_ms, other.start_ms)
                found.append(
                    replace(
                        one,
                        start_ms=start_ms,
                        end_ms=min(one.end_ms, other.end_ms),
                        at_ms=start_ms,
                        confidence=min(one.confidence, other.confidence),
                        people=(*one.people, *other.people),
                    )
                )
    return found
