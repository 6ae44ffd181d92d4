"""The nearest stored vectors to a query: every vector is compared while that is fast, beyond that
the index is asked.

Filtered searches always compare the vectors that pass, and no others (an index with a filter is the
slower way). Both ways give candidates, which are compared again exactly, because one is rounded and
the other about right. What a neighbour means is left to `retrieve`.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Neighbour, Space, Vectors
from heimdex.storage.chroma import IndexNotReady, VectorIndex
from heimdex.storage.compact import NOT_THERE, Compact
from heimdex.storage.vectors import VectorStore

SPARE = 4
"""Candidates taken from the index for each one wanted."""

_ROUNDED_SPARE = 2
"""The same where every vector was compared, only a little rounded."""

_EVERY = 61
"""One number in so many is looked at first. No divisor of a usual count: what stands at the same
place of every scene may be alike."""
_ROOM = 16
"""So many more of them are taken, because chance may put them higher."""


def nearest(
    vectors: VectorStore,
    index: VectorIndex,
    space: Space,
    query: Vectors,
    n: int,
    videos: Collection[VideoId] | None = None,
) -> list[Neighbour]:
    """The `n` vectors of `space` most similar to `query` (d,), best first; of `videos` only, if
    given. Similarities are exact cosines."""
    compact = vectors.compact(space)
    if videos is None and index.serves(compact.numbers):
        try:
            return vectors.rescored(space, query, index.query(space, query, n * SPARE))[:n]
        except IndexNotReady:
            # While the index is opened or rebuilt, comparing all is slower, but it answers.
            pass
    near = compared(compact, query, n * _ROUNDED_SPARE, videos)
    return vectors.rescored(space, query, near)[:n]


def compared(
    compact: Compact, query: Vectors, n: int, videos: Collection[VideoId] | None = None
) -> list[Neighbour]:
    """The `n` vectors most similar by the compact copies; similarities are good to 0.001."""
    similarity = compact.similarity(query, None if videos is None else compact.of(videos))
    return [
        compact.neighbour(row, float(similarity[row])) for row in best_rows(similarity, n).tolist()
    ]


def best_rows(similarity: NDArray[np.float32], n: int) -> NDArray[np.int64]:
    """Rows of the `n` largest numbers, largest first, equal ones in their order; rows that are not
    there are left out."""
    if n <= 0:
        return np.zeros(0, np.int64)
    rows = np.flatnonzero(similarity > _floor(similarity, n))
    if len(rows) < n:
        rows = np.flatnonzero(similarity > NOT_THERE)
    if n < len(rows):
        rows = rows[np.argpartition(similarity[rows], len(rows) - n)[-n:]]
    return rows[np.lexsort((rows, -similarity[rows]))]


def _floor(similarity: NDArray[np.float32], n: int) -> float:
    """A number that probably somewhat more than `n` are above, by looking at a few: parting
    600,000 numbers takes ten times as long as parting those that may be among the best."""
    some = similarity[::_EVERY]
    rank = 2 * n // _EVERY + _ROOM
    if rank >= len(some):
        return NOT_THERE
    return float(np.partition(some, len(some) - rank)[len(some) - rank])
