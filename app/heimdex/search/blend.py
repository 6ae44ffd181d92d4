"""Makes one query vector a space out of several words, pictures and moments: `a + b − c`.

With u the unit vector of a part and m the similarity at which its engine calls it a match, the sum
is v = n(Σ u/m − ½ Σ u/m over what is taken away), n(x) = x/|x|. Dividing by m lets a picture (alike
from .8) and a word (from .3) weigh the same. Something that is just a match for every part that is
added has v·x = p/|Σ …| for p parts, which so is the match of a sum with examples; what a sum of
words alone can reach its engine says. Taken away is half, because what is unwanted shares much with
what is wanted: at full weight it drives the sum away from both.

Searching with the vector is left to `look`. Spaces: what is seen has every word, picture and moment
with a frame; what is said has words, and moments of recordings without a picture. A space that one
of the added parts has no vector in is not asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from heimdex.domain.engines import Thresholds
from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.search import Like, Query
from heimdex.domain.vectors import Vectors
from heimdex.search.candidates import Ranking, Span
from heimdex.search.sight import ALIKE, SEEN_AT_MOST
from heimdex.search.towers import QueryTowers
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

AROUND_MS = 5_000
"""So near to a moment, what is like it is the moment itself."""

AWAY = 0.5
"""Weight of what is taken away."""

TOGETHER = 0.85
"""What is left of the cut where an example and something else are asked for together: that both
are there at once happens by chance more rarely than either."""

_NOTHING_TO_ADD = (
    "These examples have nothing to compare: one has a picture and another only sound, or all of "
    "them are taken away. Leave one out, or add what shall be there."
)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A unit vector (d,) to search a space with, its thresholds, and how sure it can be at most."""

    vector: Vectors
    limits: Thresholds
    at_most: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    minus: bool
    seen: Asked | None = None
    said: Asked | None = None


class Blend:
    """The parts of one question. Raises `UserError` for a moment that has not been indexed yet and
    for examples that cannot be added, `MediaError` for a file that is no picture."""

    def __init__(
        self,
        stages: StageStore,
        vectors: VectorStore,
        towers: QueryTowers,
        query: Query,
        likes: Sequence[Like],
    ) -> None:
        self._stages = stages
        self._vectors = vectors
        self._towers = towers
        self.text = query.meaning
        """Words to find and to mark in what is said."""
        self._here: list[Span] = []
        self._examples = bool(likes)
        self._parts = [self._example(like) for like in likes]
        words = [(term.text, term.minus) for term in query.terms]
        if not words and query.meaning:
            words = [(query.meaning, False)]
        self._parts += [self._words(text, minus) for text, minus in words]
        if likes and self.seen() is None and self.said() is None:
            raise UserError(_NOTHING_TO_ADD)

    def seen(self) -> Asked | None:
        """What to search frames with; None where that makes no sense."""
        asked = _sum([(part.minus, part.seen) for part in self._parts])
        if asked is None or self._examples:
            return asked
        # A sum of words is a query like any other.
        return replace(asked, limits=self._towers.vision_thresholds)

    def said(self) -> Asked | None:
        """What to search passages with; None where that makes no sense."""
        return _sum([(part.minus, part.said) for part in self._parts])

    def elsewhere(self, ranking: Ranking) -> Ranking:
        """Without the moments that were given as examples."""
        return [
            candidate
            for candidate in ranking
            if not any(
                span.video_id == candidate.video_id
                and candidate.overlap_ms(span.start_ms, span.end_ms) > 0
                for span in self._here
            )
        ]

    def _words(self, text: str, minus: bool) -> _Part:
        towers = self._towers
        seen = said = None
        if self._vectors.has(towers.frame_space):
            vector = towers.vision(text)
            seen = Asked(vector, towers.vision_thresholds, SEEN_AT_MOST)
        if self._vectors.has(towers.passage_space):
            said = Asked(towers.passage(text), towers.passage_thresholds)
        return _Part(minus, seen, said)

    def _example(self, like: Like) -> _Part:
        if like.picture is not None:
            return _Part(like.minus, seen=Asked(self._towers.image(like.picture), ALIKE))
        assert like.video_id is not None, "an example is a picture or a moment"
        return self._moment(like.video_id, like.at_ms, like.minus)

    def _moment(self, video_id: VideoId, at_ms: int, minus: bool) -> _Part:
        batch = self._vectors.batch(video_id, self._towers.frame_space)
        if batch is not None and len(batch):
            row = max(int((batch.start_ms <= at_ms).sum()) - 1, 0)
            self._leave_out(video_id, int(batch.start_ms[row]), int(batch.end_ms[row]))
            return _Part(minus, seen=Asked(batch.vectors[row], ALIKE))
        batch = self._vectors.batch(video_id, self._towers.passage_space)
        passages = self._stages.passages(video_id)
        near = min(
            passages, key=lambda p: max(p.start_ms - at_ms, at_ms - p.end_ms, 0), default=None
        )
        if near is None or batch is None or near.index >= len(batch):
            raise UserError("This moment has not been indexed yet; run `heimdex index`.")
        self._leave_out(video_id, near.start_ms, near.end_ms)
        self.text = self.text or near.text
        limits = self._towers.passage_thresholds
        return _Part(minus, said=Asked(batch.vectors[near.index], limits))

    def _leave_out(self, video_id: VideoId, start_ms: int, end_ms: int) -> None:
        self._here.append(Span(video_id, start_ms - AROUND_MS, end_ms + AROUND_MS))


def _sum(parts: Sequence[tuple[bool, Asked | None]]) -> Asked | None:
    added = [asked for minus, asked in parts if not minus]
    if not added or any(asked is None for asked in added):
        return None
    total = np.zeros_like(added[0].vector)  # type: ignore[union-attr]
    match = suggest = 0.0
    for minus, asked in parts:
        if asked is None:
            continue
        weight = 1.0 / asked.limits.match
        total = total + (-AWAY if minus else 1.0) * weight * asked.vector
        if not minus:
            match += 1.0
            suggest += asked.limits.suggest * weight
    length = float(np.linalg.norm(total))
    if length < 1e-6:
        return None
    eased = TOGETHER if len(added) > 1 else 1.0
    limits = Thresholds(min(eased * match / length, 0.99), min(eased * suggest / length, 0.98))
    at_most = min(asked.at_most for asked in added if asked is not None)
    return Asked((total / length).astype(np.float32), limits, at_most)
