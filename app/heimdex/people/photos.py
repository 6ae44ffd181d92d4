"""Chooses, in photos that a person hands in, the face that is meant, and keeps the photos' vectors.

Finding and embedding the faces is left to whoever gives `Eyes` (the query host).
"""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from heimdex.domain.engines import Thresholds
from heimdex.domain.errors import EngineFailed, MediaError, ModelUnavailable
from heimdex.domain.faces import PhotoFace
from heimdex.domain.ids import PersonId
from heimdex.domain.vectors import Space, Vectors
from heimdex.people.gallery import Gallery
from heimdex.storage.people import PeopleStore

_log = logging.getLogger(__name__)


class Eyes(Protocol):
    """What finds and embeds faces in pictures."""

    def faces(self, path: Path) -> Sequence[PhotoFace]:
        """Faces of a photo, in any order. Raises MediaError for a file that is no picture."""
        ...

    def embed_faces(self, crops: Sequence[bytes]) -> tuple[Space, Vectors]:
        """Vectors (n × d) of aligned faces that are JPEG or PNG bytes, and their space."""
        ...


CLEARLY_LARGER = 2.0
"""In a photo of several people the face that is meant has so many times the area of the next."""


def read_photos(
    eyes: Eyes, photos: Iterable[Path]
) -> tuple[list[tuple[Path, Sequence[PhotoFace]]], list[tuple[Path, str]]]:
    """The faces of each photo, and the files that are no picture, each with the reason: one spoilt
    file among twenty must not cost the others."""
    read: list[tuple[Path, Sequence[PhotoFace]]] = []
    unread: list[tuple[Path, str]] = []
    for photo in photos:
        try:
            read.append((photo, eyes.faces(photo)))
        except MediaError as error:
            unread.append((photo, str(error)))
    return read, unread


def choose_faces(
    photos: Iterable[tuple[Path, Sequence[PhotoFace]]],
    known: Vectors | None,
    thresholds: Thresholds,
) -> tuple[list[tuple[Path, PhotoFace]], list[tuple[Path, str]]]:
    """One face for each photo, and the photos left out with a sentence that says why.

    `known`: n × d, what the person looks like so far, None for somebody new. Of several faces the
    much larger one is meant, or the one that looks like the person.
    """
    chosen: list[tuple[Path, PhotoFace]] = []
    left_out: list[tuple[Path, str]] = []
    for photo, faces in photos:
        face = _meant(faces, known, thresholds)
        if face is not None:
            chosen.append((photo, face))
        elif faces:
            left_out.append(
                (
                    photo,
                    f"{photo.name} shows {len(faces)} faces of about the same size;"
                    " use a photo with one person.",
                )
            )
        else:
            left_out.append(
                (
                    photo,
                    f"No face was found in {photo.name}; use a photo that shows the face larger.",
                )
            )
    return chosen, left_out


def who_else(
    gallery: Gallery,
    others: Iterable[PersonId],
    faces: Sequence[PhotoFace],
    thresholds: Thresholds,
) -> PersonId | None:
    """Which of the others these faces show as well, None when nobody."""
    vectors = np.stack([face.vector for face in faces])
    means = {
        other: float(gallery.similarity_to(other, vectors).mean())
        for other in others
        if other in gallery.position
    }
    best = max(means, key=lambda other: means[other], default=None)
    return best if best is not None and means[best] >= thresholds.match else None


def embed_photos(store: PeopleStore, eyes: Eyes, space: Space) -> None:
    """Have the present face model look at photos that only an earlier one has seen.

    Not inside a transaction. Where the model cannot be asked now, the next time will do.
    """
    waiting = store.photos_without(space)
    if not waiting:
        return
    try:
        found, vectors = eyes.embed_faces([photo.crop for photo in waiting])
    except (ModelUnavailable, EngineFailed, MediaError) as error:
        _log.warning("photos of people wait for the face model: %s", error)
        return
    with store.transaction():
        for photo, vector in zip(waiting, vectors, strict=True):
            store.put_photo_vector(photo.id, found, vector)


def _meant(
    faces: Sequence[PhotoFace], known: Vectors | None, thresholds: Thresholds
) -> PhotoFace | None:
    if not faces:
        return None
    largest = sorted(faces, key=_area, reverse=True)
    if len(largest) == 1 or _area(largest[0]) >= CLEARLY_LARGER * _area(largest[1]):
        return largest[0]
    if known is None or not len(known):
        return None
    likeness = [float((known @ face.vector).max()) for face in faces]
    best = int(np.argmax(likeness))
    return faces[best] if likeness[best] >= thresholds.match else None


def _area(face: PhotoFace) -> float:
    x1, y1, x2, y2 = face.box
    return max(x2 - x1, 0.0) * max(y2 - y1, 0.0)
