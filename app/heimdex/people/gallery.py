"""What everybody looks like: centres, examples and counter-examples, and how like them a face is.

Which faces belong to whom is read by `album`; forming groups of strangers is left to `clustering`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Thresholds
from heimdex.domain.ids import PersonId
from heimdex.domain.vectors import Space, Vectors

FEW_EXAMPLES = 3
"""Up to so many given examples are all believed; of more, those that agree with the centre."""

AUTO_VOTE = 0.5
"""How much a face that was only recognised counts in a centre, beside one a person vouched for."""

_BLOCK = 1024
"""Faces compared at a time, so that many against many stay within some tens of MB."""


@dataclass(frozen=True, slots=True)
class FaceModel:
    """The face model in use: where its vectors are, and its own thresholds."""

    space: Space
    thresholds: Thresholds


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """Vectors (n × d, unit length) that say something about people: row i about `owners[i]`, with
    `weights[i]`."""

    vectors: Vectors
    owners: NDArray[np.int64]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, vectors: Vectors, owners: NDArray[np.int64]) -> "Votes":
        """Votes that count in full."""
        return cls(vectors, owners, np.ones(len(owners), np.float32))

    @classmethod
    def none(cls, dims: int) -> "Votes":
        """Nothing said."""
        return cls.of(np.zeros((0, dims), np.float32), np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.owners)


def together(*parts: Votes) -> Votes:
    """Several sets of votes as one; there must be at least one."""
    return Votes(
        np.vstack([part.vectors for part in parts]),
        np.concatenate([part.owners for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )


class Gallery:
    """Everybody's portrait, laid out so that many faces are compared in three matrix products.

    A face's similarity to a person is the larger of its cosine to the person's centre and to the
    best given example. Recognised faces vote in the centre only: were they examples too, one
    mistake would attract the next.
    """

    def __init__(
        self, given: Votes, recognised: Votes, rejected: Votes, thresholds: Thresholds
    ) -> None:
        """`given`: photos, and tracks that a person decided on. `recognised`: tracks that were only
        recognised. `rejected`: tracks that are not the owner's by somebody's word."""
        self._match = thresholds.match
        ids = np.union1d(given.owners, recognised.owners)
        sums = _weighted(given, ids) + AUTO_VOTE * _weighted(recognised, ids)
        lengths = np.linalg.norm(sums, axis=1)
        known = lengths > 1e-6
        self.ids: list[PersonId] = [PersonId(int(each)) for each in ids[known]]
        self.position = {person_id: at for at, person_id in enumerate(self.ids)}
        self._centres = (sums[known] / lengths[known, None]).astype(np.float32)
        self._examples, self._example_of = self._kept(given)
        believed = self._believed()
        self._examples, self._example_of = self._examples[believed], self._example_of[believed]
        self._rejected, self._rejected_of = self._kept(rejected)

    def __len__(self) -> int:
        return len(self.ids)

    def similarities(self, vectors: Vectors) -> NDArray[np.float32]:
        """Faces (n × d, unit length) against everybody: n × people, in the order of `ids`.

        −1 where the face is more like one that a person took away from somebody.
        """
        scores = np.empty((len(vectors), len(self.ids)), np.float32)
        for start in range(0, len(vectors), _BLOCK):
            rows = slice(start, start + _BLOCK)
            scores[rows] = self._compare(vectors[rows])
        return scores

    def similarity_to(self, person_id: PersonId, vectors: Vectors) -> NDArray[np.float32]:
        """The same against one person only: n."""
        if not len(vectors):
            return np.zeros(0, np.float32)
        at = self.position[person_id]
        likeness: NDArray[np.float32] = vectors @ self._centres[at]
        examples = self._examples[self._example_of == at]
        if len(examples):
            likeness = np.maximum(likeness, (vectors @ examples.T).max(axis=1))
        rejected = self._rejected[self._rejected_of == at]
        if len(rejected):
            against = (vectors @ rejected.T).max(axis=1)
            likeness = np.where((against >= self._match) & (against > likeness), -1.0, likeness)
        return likeness.astype(np.float32)

    def likeness_to(self, person_id: PersonId) -> dict[PersonId, float]:
        """How alike the centre of each of the others is; empty when this person is not known."""
        at = self.position.get(person_id)
        if at is None:
            return {}
        likeness = (self._centres @ self._centres[at]).tolist()
        return {each: likeness[row] for each, row in self.position.items() if row != at}

    def between(self, people: Sequence[PersonId]) -> NDArray[np.float32]:
        """How alike the centres of these people are, each with each: n × n."""
        centres = self._centres[[self.position[person_id] for person_id in people]]
        likeness: NDArray[np.float32] = centres @ centres.T
        return likeness

    def _compare(self, vectors: Vectors) -> NDArray[np.float32]:
        scores = self._centres @ vectors.T
        _raise_to(scores, self._examples @ vectors.T, self._example_of)
        if len(self._rejected):
            against = np.full_like(scores, -1.0)
            _raise_to(against, self._rejected @ vectors.T, self._rejected_of)
            scores[(against >= self._match) & (against > scores)] = -1.0
        everybody: NDArray[np.float32] = scores.T
        return everybody

    def _kept(self, votes: Votes) -> tuple[Vectors, NDArray[np.int64]]:
        """Vectors about people who are in the gallery, sorted by their positions."""
        ids = np.array(self.ids, np.int64)
        if not len(ids) or not len(votes):
            return votes.vectors[:0].astype(np.float32), np.zeros(0, np.int64)
        places = np.minimum(np.searchsorted(ids, votes.owners), len(ids) - 1)
        found = np.flatnonzero(ids[places] == votes.owners)
        order = found[np.argsort(places[found], kind="stable")]
        return votes.vectors[order].astype(np.float32), places[order]

    def _believed(self) -> NDArray[np.bool_]:
        # Naming a group vouches for every face in it, also for one that nobody looked at closely.
        counts = np.bincount(self._example_of, minlength=len(self.ids))
        alike = np.einsum("ij,ij->i", self._examples, self._centres[self._example_of])
        believed: NDArray[np.bool_] = (counts[self._example_of] <= FEW_EXAMPLES) | (
            alike >= self._match
        )
        return believed


def _weighted(votes: Votes, ids: NDArray[np.int64]) -> Vectors:
    """The weighted sum of the votes for each of `ids`."""
    vectors = votes.vectors
    if (votes.weights != 1).any():
        vectors = vectors * votes.weights[:, None]
    return _sums(vectors, np.searchsorted(ids, votes.owners), len(ids))


def mean_by_owner(
    values: NDArray[np.float32], owners: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The owners, sorted, and for each the mean of the rows (n × d) that are theirs."""
    ids, places, counts = np.unique(owners, return_inverse=True, return_counts=True)
    means = _sums(values, places, len(ids)) / counts[:, None]
    return ids, means.astype(np.float32)


def _sums(vectors: Vectors, owners: NDArray[np.int64], count: int) -> Vectors:
    sums = np.zeros((count, vectors.shape[1]), np.float32)
    if len(vectors):
        if (np.diff(owners) < 0).any():
            order = np.argsort(owners, kind="stable")
            vectors, owners = vectors[order], owners[order]
        present, starts = np.unique(owners, return_index=True)
        sums[present] = np.add.reduceat(vectors, starts, axis=0)
    return sums


def _raise_to(
    scores: NDArray[np.float32], others: NDArray[np.float32], owners: NDArray[np.int64]
) -> None:
    """Lift each row of `scores` to the largest of the rows of `others` that it owns; `owners` is
    sorted."""
    if len(owners):
        places, starts = np.unique(owners, return_index=True)
        best = np.maximum.reduceat(others, starts, axis=0)
        scores[places] = np.maximum(scores[places], best)
