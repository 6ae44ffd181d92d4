"""Sorts face tracks to people: who is recognised, who founds a new group, who stays unknown.

Reads nothing and writes nothing; `sorting` hands in tracks and vectors and stores the result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from heimdex.domain.engines import Thresholds
from heimdex.domain.faces import FaceTrack, TrackRef
from heimdex.domain.ids import PersonId
from heimdex.domain.vectors import Vectors
from heimdex.people.clustering import cluster
from heimdex.people.gallery import Gallery
from heimdex.people.replay import SAME_BOX, overlap

FOUNDS = 0.35
"""Quality from which a track may found a group; a blurred face resembles everybody a little."""

GLIMPSE = 0.5
"""The same for a face that only one sample shows: a detector sees a face in a wall now and then,
but seldom twice."""

POOR_MARGIN = 0.05
"""How much more alike a poorer track must be to join somebody."""

AMBIGUOUS = 0.03
"""Two named people this near each other in likeness: better unknown than wrong."""

TOGETHER_MS = 400
"""Two faces on screen together for this long are two people."""


@dataclass(frozen=True, slots=True)
class Face:
    """A track to be placed; `not_of` are people it must not go to."""

    ref: TrackRef
    track: FaceTrack
    not_of: frozenset[PersonId] = frozenset()


@dataclass(slots=True)
class Placement:
    """Who got which faces, with their similarities; `founded` are new groups, by face number."""

    recognised: dict[int, tuple[PersonId, float]] = field(default_factory=dict)
    founded: list[list[tuple[int, float]]] = field(default_factory=list)

    def left(self, faces: Sequence["Face"]) -> list[int]:
        """The faces, by number, that are nobody's yet."""
        return [row for row in range(len(faces)) if row not in self.recognised]


def are_two(a: Face, b: Face) -> bool:
    """Whether two tracks are on screen together, so that they cannot be one person."""
    if a.ref.video_id != b.ref.video_id or a.ref == b.ref:
        return False
    shared = min(a.track.end_ms, b.track.end_ms) - max(a.track.start_ms, b.track.start_ms)
    # Overlapping boxes are one face followed twice.
    return shared >= TOGETHER_MS and overlap(a.track.box, b.track.box) < SAME_BOX


def recognise(
    faces: Sequence[Face],
    vectors: Vectors,
    gallery: Gallery,
    thresholds: Thresholds,
    named: frozenset[PersonId],
    taken: Mapping[PersonId, Sequence[Face]],
) -> Placement:
    """Give faces (vectors n × d, row by row) to the people of `gallery` whom they show.

    `taken`: the faces of the same videos that people have already; nobody is on screen twice at
    once. A face that could as well be another of the `named` stays nobody's.
    """
    placement = Placement()
    if not faces or not len(gallery):
        return placement
    together = {person_id: list(theirs) for person_id, theirs in taken.items()}
    similarities = gallery.similarities(vectors)
    for row, face in enumerate(faces):
        for person_id in face.not_of:
            if person_id in gallery.position:
                similarities[row, gallery.position[person_id]] = -1.0
    is_named = np.array([person_id in named for person_id in gallery.ids])
    rows, columns = np.nonzero(similarities >= thresholds.match)
    order = np.lexsort((columns, rows, -similarities[rows, columns]))
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        face, person_id = faces[row], gallery.ids[column]
        likeness = float(similarities[row, column])
        if row in placement.recognised or likeness < _needed(face, thresholds):
            continue
        rivals = similarities[row] > likeness - AMBIGUOUS
        if is_named[column] and int((rivals & is_named).sum()) > 1:
            continue
        theirs = together.setdefault(person_id, [])
        if any(are_two(face, other) for other in theirs):
            continue
        theirs.append(face)
        placement.recognised[row] = (person_id, likeness)
    return placement


def found(
    placement: Placement, faces: Sequence[Face], vectors: Vectors, thresholds: Thresholds
) -> None:
    """Form new groups of the faces that `placement` leaves over; poor ones may join, not found."""
    left = placement.left(faces)
    founders = [row for row in left if _may_found(faces[row].track)]
    if founders:
        _found(placement, faces, vectors, founders, thresholds)
        _join_new(placement, faces, vectors, left, thresholds)


def _found(
    placement: Placement,
    faces: Sequence[Face],
    vectors: Vectors,
    founders: Sequence[int],
    thresholds: Thresholds,
) -> None:
    apart: list[tuple[int, int]] = []
    by_video: dict[str, list[int]] = {}
    for at, face in enumerate(founders):
        by_video.setdefault(faces[face].ref.video_id, []).append(at)
    for group in by_video.values():
        apart += [
            (a, b)
            for i, a in enumerate(group)
            for b in group[i + 1 :]
            if are_two(faces[founders[a]], faces[founders[b]])
        ]
    labels = cluster(vectors[list(founders)], thresholds.match, apart)
    groups: list[list[int]] = [[] for _ in range(int(labels.max()) + 1)]
    for at, label in enumerate(labels.tolist()):
        groups[label].append(founders[at])
    for rows in groups:
        centre = vectors[rows].sum(axis=0)
        centre /= max(float(np.linalg.norm(centre)), 1e-6)
        placement.founded.append([(row, float(vectors[row] @ centre)) for row in rows])


def _join_new(
    placement: Placement,
    faces: Sequence[Face],
    vectors: Vectors,
    rest: Sequence[int],
    thresholds: Thresholds,
) -> None:
    poor = [row for row in rest if not _may_found(faces[row].track)]
    if not poor:
        return
    centres = np.stack([vectors[[r for r, _ in rows]].sum(axis=0) for rows in placement.founded])
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-6)
    likeness = vectors[poor] @ centres.T
    for at, row in enumerate(poor):
        group = int(likeness[at].argmax())
        members = placement.founded[group]
        if likeness[at, group] >= _needed(faces[row], thresholds) and not any(
            are_two(faces[row], faces[other]) for other, _ in members
        ):
            members.append((row, float(likeness[at, group])))


def _may_found(track: FaceTrack) -> bool:
    return track.quality >= (FOUNDS if track.detections > 1 else GLIMPSE)


def _needed(face: Face, thresholds: Thresholds) -> float:
    return thresholds.match + (POOR_MARGIN if face.track.quality < FOUNDS else 0.0)
