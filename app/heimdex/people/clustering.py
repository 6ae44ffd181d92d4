"""Forms groups of faces that belong to one person; numpy only, no names, no storage.

Which faces may vote, and what a group means to a person, is left to `gallery` and `People`.

Average linkage (UPGMA; Sokal & Michener 1958) on a sparse graph: two groups join while the mean
cosine similarity over all pairs of their faces is at least the face model's own threshold. Means
are exact, from the sums of the unit vectors; only the candidates are thinned, to each face's
nearest neighbours. Single linkage would chain strangers through one blurred crop.
"""

import heapq
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.vectors import Vectors

BLOCK = 1024
"""Rows of the similarity matrix computed at a time: 40 MB at 10,000 faces."""

NEIGHBOURS = 48
"""Candidates kept for each face."""


def near_pairs(
    vectors: Vectors, threshold: float, neighbours: int = NEIGHBOURS
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Pairs (a < b) with similarity ≥ `threshold`, each face with at most `neighbours` of its own.

    `vectors`: n × d, unit length. Returns rows a, rows b and the similarities, by row.
    """
    count = len(vectors)
    keys = [np.zeros(0, np.int64)]
    for start in range(0, count, BLOCK):
        similarities = vectors[start : start + BLOCK] @ vectors.T
        rows = np.arange(len(similarities))
        similarities[rows, start + rows] = -1.0
        if count > neighbours:
            kept = np.argpartition(similarities, -neighbours, axis=1)[:, -neighbours:]
            row, column = np.nonzero(np.take_along_axis(similarities, kept, axis=1) >= threshold)
            other = kept[row, column]
        else:
            row, other = np.nonzero(similarities >= threshold)
        row = row + start
        keys.append(np.minimum(row, other) * count + np.maximum(row, other))
    pairs = np.unique(np.concatenate(keys))
    low, high = np.divmod(pairs, max(count, 1))
    similarity = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), 1 << 16):
        part = slice(start, start + (1 << 16))
        similarity[part] = np.einsum("ij,ij->i", vectors[low[part]], vectors[high[part]])
    return low, high, similarity


def cluster(
    vectors: Vectors, threshold: float, apart: Iterable[tuple[int, int]] = ()
) -> NDArray[np.int32]:
    """Group faces by average linkage.

    `vectors`: n × d, unit length. `apart`: pairs of rows that must never share a group. Returns a
    label a face, 0 … groups − 1, in the order in which the groups first appear; a face that is
    like no other is a group of its own. The same input always gives the same labels. 10,000 faces
    take some seconds on one core.
    """
    count = len(vectors)
    groups = _Groups(vectors, apart)
    first, second, similarity = near_pairs(vectors, threshold)
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        groups.linked[a].add(b)
        groups.linked[b].add(a)
    # (−similarity, a, b, sizes at the time): an entry is stale once one of the two has grown.
    heap = [
        (-s, a, b, 1, 1)
        for s, a, b in zip(similarity.tolist(), first.tolist(), second.tolist(), strict=True)
    ]
    heapq.heapify(heap)
    while heap:
        _, a, b, size_a, size_b = heapq.heappop(heap)
        if groups.sizes[a] != size_a or groups.sizes[b] != size_b:
            continue
        if groups.kept_apart(a, b):
            continue
        for entry in groups.join(a, b, threshold):
            heapq.heappush(heap, entry)
    labels = np.empty(count, np.int32)
    for label, rows in enumerate(sorted((m for m in groups.members if m), key=min)):
        labels[rows] = label
    return labels


class _Groups:
    """Groups while they grow; a group goes by the number of one of its rows, size 0 is gone."""

    def __init__(self, vectors: Vectors, apart: Iterable[tuple[int, int]]) -> None:
        count = len(vectors)
        self.sums = vectors.astype(np.float32, copy=True)
        self.sizes = np.ones(count, np.int64)
        self.members: list[list[int]] = [[row] for row in range(count)]
        self.linked: list[set[int]] = [set() for _ in range(count)]
        self._group_of = np.arange(count)
        self._foes: dict[int, set[int]] = {}
        for a, b in apart:
            self._foes.setdefault(a, set()).add(b)
            self._foes.setdefault(b, set()).add(a)

    def kept_apart(self, a: int, b: int) -> bool:
        """Whether a row of `a` and a row of `b` must never be together."""
        return any(int(self._group_of[foe]) == b for foe in self._foes.get(a, ()))

    def join(self, a: int, b: int, threshold: float) -> list[tuple[float, int, int, int, int]]:
        """Make one group of two; returns its candidates for the heap."""
        keep, drop = (a, b) if len(self.members[a]) >= len(self.members[b]) else (b, a)
        self.sums[keep] += self.sums[drop]
        self.sizes[keep] += self.sizes[drop]
        self.sizes[drop] = 0
        self._group_of[self.members[drop]] = keep
        self.members[keep] += self.members[drop]
        self.members[drop] = []
        foes = self._foes.pop(drop, None)
        if foes:
            self._foes.setdefault(keep, set()).update(foes)
        for other in self.linked[drop]:
            self.linked[other].discard(drop)
            if other != keep:
                self.linked[other].add(keep)
                self.linked[keep].add(other)
        self.linked[drop].clear()
        return self._candidates(keep, threshold)

    def _candidates(self, group: int, threshold: float) -> list[tuple[float, int, int, int, int]]:
        others = np.fromiter(self.linked[group], np.int64, len(self.linked[group]))
        if not len(others):
            return []
        others.sort()
        means = (self.sums[others] @ self.sums[group]) / (self.sizes[others] * self.sizes[group])
        found = []
        for other, mean in zip(others.tolist(), means.tolist(), strict=True):
            if mean >= threshold:
                a, b = min(group, other), max(group, other)
                found.append((-mean, a, b, int(self.sizes[a]), int(self.sizes[b])))
        return found
