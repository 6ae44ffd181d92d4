"""What everybody looks like: centres, examples and counter-examples, and how like them a face is.

Which faces belong to whom is read by `People`; forming groups of strangers is left to `clustering`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Thresholds
from heimdex.domain.ids import PersonId
from heimdex.domain.vectors import Space, Vectors

FEW_EXAMPLES = 3
"""Up to so many given examples are all believed; of more, those that agree with the centre."""

AUTO_VOTE = 0.5
"""How much a face that was only recognised counts in a centre, beside one a person vouched for."""


@dataclass(frozen=True, slots=True)
class FaceModel:
    """The face model in use: where its vectors are, and its own thresholds."""

    space: Space
    thresholds: Thresholds


@dataclass(slots=True)
class Portrait:
    """The vectors that speak for one person (`given`, `recognised`) and against (`rejected`)."""

    given: list[Vectors] = field(default_factory=list)
    """n × d each: photos, and tracks that a person decided on."""
    recognised: list[Vectors] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    """One for each recognised vector: its similarity when it was recognised."""
    rejected: list[Vectors] = field(default_factory=list)


class Gallery:
    """Portraits of everybody, laid out so that many faces are compared in three matrix products.

    A face's similarity to a person is the larger of its cosine to the person's centre and to the
    best given example. Recognised faces vote in the centre only: were they examples too, one
    mistake would attract the next.
    """

    def __init__(
        self, portraits: Mapping[PersonId, Portrait], dims: int, thresholds: Thresholds
    ) -> None:
        self._thresholds = thresholds
        centres: list[Vectors] = []
        examples: list[Vectors] = []
        rejected: list[Vectors] = []
        self.ids: list[PersonId] = []
        example_of: list[int] = []
        rejected_of: list[int] = []
        for person_id, portrait in portraits.items():
            centre = _centre(portrait)
            if centre is None:
                continue
            at = len(self.ids)
            self.ids.append(person_id)
            centres.append(centre)
            believed = _believed(portrait.given, centre, thresholds.match)
            examples.append(believed)
            example_of += [at] * len(believed)
            for vectors in portrait.rejected:
                rejected.append(vectors)
                rejected_of += [at] * len(vectors)
        self.position = {person_id: at for at, person_id in enumerate(self.ids)}
        self._centres = _stacked(centres, dims)
        self._examples, self._example_of = _stacked(examples, dims), np.array(example_of, np.int64)
        self._rejected, self._rejected_of = (
            _stacked(rejected, dims),
            np.array(rejected_of, np.int64),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def similarities(self, vectors: Vectors) -> NDArray[np.float32]:
        """Faces (n × d, unit length) against everybody: n × people, in the order of `ids`.

        −1 where the face is more like one that a person took away from somebody.
        """
        scores = np.ascontiguousarray((vectors @ self._centres.T).T)
        if len(self._examples):
            np.maximum.at(scores, self._example_of, (vectors @ self._examples.T).T)
        if len(self._rejected):
            against = np.full_like(scores, -1.0)
            np.maximum.at(against, self._rejected_of, (vectors @ self._rejected.T).T)
            scores[(against >= self._thresholds.match) & (against > scores)] = -1.0
        return np.ascontiguousarray(scores.T)


def _centre(portrait: Portrait) -> Vectors | None:
    parts = [vectors.sum(axis=0) for vectors in portrait.given if len(vectors)]
    if portrait.recognised:
        weights = np.array(portrait.weights, np.float32)[:, None] * AUTO_VOTE
        parts.append((np.vstack(portrait.recognised) * weights).sum(axis=0))
    if not parts:
        return None
    total = np.sum(parts, axis=0)
    length = float(np.linalg.norm(total))
    return None if length < 1e-6 else (total / length).astype(np.float32)


def _believed(given: Sequence[Vectors], centre: Vectors, match: float) -> Vectors:
    examples = _stacked(given, len(centre))
    if len(examples) <= FEW_EXAMPLES:
        return examples
    # Naming a group vouches for every face in it, also for one that nobody looked at closely.
    return examples[examples @ centre >= match]


def _stacked(parts: Iterable[Vectors], dims: int) -> Vectors:
    kept = [np.atleast_2d(part) for part in parts if len(part)]
    return np.vstack(kept).astype(np.float32) if kept else np.zeros((0, dims), np.float32)
