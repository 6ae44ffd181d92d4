"""Measures how well people are told apart, grouped and recognised, on faces whose names are known.

The program's own rules decide (`placing`, `clustering`, `gallery`); where the faces come from, and
how the figures are shown, is the command line's affair.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Thresholds
from heimdex.domain.faces import FaceTrack, TrackRef
from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Vectors
from heimdex.people.gallery import Gallery, Votes
from heimdex.people.placing import Face, Placement, found, recognise

ENROLLED = (1, 2, 3, 5)
"""Photos a person is enrolled with, as published."""

KEPT_OUT = 4
"""One of so many people is a stranger in a round."""

_BOX = (0.3, 0.3, 0.6, 0.6)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Faces whose names are known: vectors (n × d), labels (n, whole numbers), quality (n)."""

    vectors: Vectors
    labels: NDArray[np.int64]
    quality: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Separation:
    """Pairs of one person and of two: mean and spread of their similarities, which share of each
    passes the model's `match`, and the threshold that would part them best, with the mean of the
    two shares it gets right."""

    same: int
    different: int
    same_mean: float
    same_spread: float
    different_mean: float
    different_spread: float
    same_accepted: float
    different_accepted: float
    best: float
    best_accuracy: float


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups against names: over pairs of faces, and B-cubed (the mean over faces of how pure and
    how complete each one's group is; Bagga & Baldwin 1998)."""

    groups: int
    people: int
    pair_precision: float
    pair_recall: float
    cubed_precision: float
    cubed_recall: float


@dataclass(frozen=True, slots=True)
class Identification:
    """Naming faces after enrolling people with `enrolled` photos each. `precision`: of the faces
    that got a name those that got the right one; `recall`: of the enrolled people's other faces
    those that got theirs; `strangers`: share of faces of people nobody enrolled that got a name,
    None where there were none. A quarter of the people are kept out in each round to be strangers.
    """

    enrolled: int
    people: int
    probes: int
    precision: float
    recall: float
    strangers: float | None


def separation(sample: Sample, match: float) -> Separation:
    """How far apart one person's faces and two people's faces are, over all pairs."""
    similarity = (sample.vectors @ sample.vectors.T)[np.triu_indices(len(sample), 1)]
    alike = (sample.labels[:, None] == sample.labels)[np.triu_indices(len(sample), 1)]
    same, different = np.sort(similarity[alike]), np.sort(similarity[~alike])
    steps = np.unique(similarity)
    kept = 1 - np.searchsorted(same, steps) / max(len(same), 1)
    left = np.searchsorted(different, steps) / max(len(different), 1)
    accuracy = (kept + left) / 2
    best = int(accuracy.argmax()) if len(steps) else 0
    return Separation(
        len(same),
        len(different),
        *_mean_and_spread(same),
        *_mean_and_spread(different),
        float((same >= match).mean()) if len(same) else 0.0,
        float((different >= match).mean()) if len(different) else 0.0,
        float(steps[best]) if len(steps) else 0.0,
        float(accuracy[best]) if len(steps) else 0.0,
    )


def grouping(sample: Sample, thresholds: Thresholds) -> Grouping:
    """Group the faces as those of new videos are; a face that stays unknown is a group of one."""
    placement = Placement()
    found(placement, _faces(sample), sample.vectors, thresholds)
    groups = np.arange(len(sample)) + len(sample)
    for number, members in enumerate(placement.founded):
        groups[[row for row, _ in members]] = number
    return compare(groups, sample.labels)


def compare(groups: NDArray[np.int64], labels: NDArray[np.int64]) -> Grouping:
    """Groups (n, whole numbers) against labels (n)."""
    together = groups[:, None] == groups
    alike = labels[:, None] == labels
    both = (together & alike).sum(axis=1)
    pairs = int(both.sum()) - len(labels)
    joined, wanted = int(together.sum()) - len(labels), int(alike.sum()) - len(labels)
    return Grouping(
        len(np.unique(groups)),
        len(np.unique(labels)),
        pairs / joined if joined else 1.0,
        pairs / wanted if wanted else 1.0,
        float((both / together.sum(axis=1)).mean()) if len(labels) else 1.0,
        float((both / alike.sum(axis=1)).mean()) if len(labels) else 1.0,
    )


def identification(
    sample: Sample, enrolled: int, thresholds: Thresholds, rounds: int = 20, seed: int = 1
) -> Identification | None:
    """Enrol everybody who has more than `enrolled` faces with some of them, drawn anew in each
    round, and name the rest. None when nobody has enough.
    """
    labels, counts = np.unique(sample.labels, return_counts=True)
    people = labels[counts > enrolled]
    if not len(people):
        return None
    random = np.random.default_rng(seed)
    named = right = probes = strangers = taken = 0
    for _ in range(rounds):
        chosen = random.permutation(people)[len(people) // KEPT_OUT :]
        given = np.concatenate(
            [
                random.choice(np.flatnonzero(sample.labels == label), enrolled, replace=False)
                for label in chosen
            ]
        )
        rest = np.setdiff1d(np.arange(len(sample)), given)
        answers = _name(sample, given, rest, thresholds)
        known = np.isin(sample.labels[rest], chosen)
        named += int((answers >= 0).sum())
        right += int((answers == sample.labels[rest]).sum())
        probes += int(known.sum())
        strangers += int((~known).sum())
        taken += int(((answers >= 0) & ~known).sum())
    return Identification(
        enrolled,
        len(people),
        probes // rounds,
        right / named if named else 1.0,
        right / probes if probes else 0.0,
        taken / strangers if strangers else None,
    )


def _name(
    sample: Sample, given: NDArray[np.int64], rest: NDArray[np.int64], thresholds: Thresholds
) -> NDArray[np.int64]:
    """Whose each face of `rest` is taken for, −1 for nobody's."""
    dims = sample.vectors.shape[1]
    votes = Votes.of(sample.vectors[given], sample.labels[given])
    gallery = Gallery(votes, Votes.none(dims), Votes.none(dims), thresholds)
    probes = Sample(sample.vectors[rest], sample.labels[rest], sample.quality[rest])
    named = frozenset(gallery.ids)
    placed = recognise(_faces(probes), probes.vectors, gallery, thresholds, named, {})
    answers = np.full(len(rest), -1, np.int64)
    for row, (person_id, _) in placed.recognised.items():
        answers[row] = int(person_id)
    return answers


def _faces(sample: Sample) -> Sequence[Face]:
    """Each as if it were the one face of a video of its own."""
    return [
        Face(TrackRef(VideoId(f"{at:032x}"), 0), FaceTrack(0, 0, 0, 0, _BOX, float(quality), 2))
        for at, quality in enumerate(sample.quality)
    ]


def _mean_and_spread(values: NDArray[np.float32]) -> tuple[float, float]:
    return (float(values.mean()), float(values.std())) if len(values) else (0.0, 0.0)


def crowd(tracks: int, people: int, dims: int, seed: int = 1) -> Sample:
    """Made-up faces as a good model gives them: about 0.7 alike for one person, near 0 for two."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(people, dims))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    labels = random.integers(0, people, tracks)
    vectors = centres[labels] + random.normal(size=(tracks, dims)) * 0.62 / dims**0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    quality = random.uniform(0.2, 0.95, tracks)
    return Sample(vectors.astype(np.float32), labels, quality.astype(np.float32))
