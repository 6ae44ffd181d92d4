"""The nearest stored vectors to a query: exact while that is fast, through the index beyond.

Filtered searches are always exact over the vectors that pass (an index with a filter is the slower
way); large unfiltered ones take the index's candidates and compare those again exactly, since the
index answers about right and rounded. What a neighbour means is left to `retrieve`.
"""

from collections.abc import Collection

import numpy as np

from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Neighbour, Space, Vectors
from heimdex.storage.chroma import IndexNotReady, VectorIndex
from heimdex.storage.vectors import VectorStore

EXACT_UP_TO = 100_000
"""Vectors that are compared one by one: about 20 ms at 512 dimensions on one core."""

SPARE = 4
"""Candidates taken from the index for each one wanted."""


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
    if videos is None and vectors.count(space) > EXACT_UP_TO:
        try:
            return rescored(vectors, space, query, index.query(space, query, n * SPARE))[:n]
        except IndexNotReady:
            # While the index is opened or rebuilt an exact search is slow, but it answers.
            pass
    return vectors.matrix(space, videos).neighbours(query, n)


def rescored(
    vectors: VectorStore, space: Space, query: Vectors, candidates: list[Neighbour]
) -> list[Neighbour]:
    """The same candidates with similarities from the stored vectors, best first; those that have
    gone from the library since the index heard of them are left out."""
    by_video: dict[VideoId, list[Neighbour]] = {}
    for candidate in candidates:
        by_video.setdefault(candidate.video_id, []).append(candidate)
    found: list[Neighbour] = []
    for video_id, theirs in by_video.items():
        batch = vectors.batch(video_id, space)
        if batch is None:
            continue
        rows = np.array([each.index for each in theirs if each.index < len(batch)], np.int64)
        for row, similarity in zip(
            rows.tolist(), (batch.vectors[rows] @ query).tolist(), strict=True
        ):
            start, end = int(batch.start_ms[row]), int(batch.end_ms[row])
            found.append(Neighbour(video_id, row, start, end, similarity))
    found.sort(key=lambda each: (-each.similarity, each.video_id, each.index))
    return found
