"""Keeps the photos people are enrolled with, and their vectors.

Finding and aligning the face in a photo, and what a photo proves, is left to the people room.
"""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.ids import PersonId
from heimdex.domain.vectors import Space, Vectors
from heimdex.storage.database import Database


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo somebody was enrolled with: `crop` is the aligned face as JPEG or PNG bytes."""

    id: int
    person_id: PersonId
    crop: bytes


class PhotoStore:
    """Photos by person; part of `people.PeopleStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_photo(self, person_id: PersonId, crop: bytes, space: Space, vector: Vectors) -> int:
        """Keep a photo somebody is enrolled with, and its vector (d,) in one space."""
        with self._database.write() as connection:
            cursor = connection.execute(
                "INSERT INTO photos (person_id, crop, created_at) VALUES (?, ?, ?)",
                (person_id, crop, int(time.time())),
            )
            photo_id = cursor.lastrowid or 0
            self.put_photo_vector(photo_id, space, vector)
        return photo_id

    def put_photo_vector(self, photo_id: int, space: Space, vector: Vectors) -> None:
        """Keep the vector (d,) of a photo in one more space, for a new face model."""
        blob = np.ascontiguousarray(vector, "<f4").tobytes()
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO photo_vectors (photo_id, space, vector) VALUES (?, ?, ?)",
                (photo_id, space.key, blob),
            )

    def photos(self, person_id: PersonId | None = None) -> list[Photo]:
        """The photos of one person or of all."""
        rows = self._database.read().execute(
            "SELECT * FROM photos WHERE ?1 IS NULL OR person_id = ?1 ORDER BY id", (person_id,)
        )
        return [Photo(row["id"], PersonId(row["person_id"]), row["crop"]) for row in rows]

    def photos_with(self, crop: bytes) -> list[Photo]:
        """Photos that are this very picture, whosever."""
        rows = self._database.read().execute(
            "SELECT * FROM photos WHERE crop = ? ORDER BY id", (crop,)
        )
        return [Photo(row["id"], PersonId(row["person_id"]), row["crop"]) for row in rows]

    def remove_photo(self, photo_id: int) -> None:
        """Take one photo away, with its vectors."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM photos WHERE id = ?", (photo_id,))

    def photos_without(self, space: Space) -> list[Photo]:
        """The photos that the face model of this space has not seen yet."""
        rows = self._database.read().execute(
            "SELECT * FROM photos WHERE id NOT IN"
            " (SELECT photo_id FROM photo_vectors WHERE space = ?) ORDER BY id",
            (space.key,),
        )
        return [Photo(row["id"], PersonId(row["person_id"]), row["crop"]) for row in rows]

    def photo_vectors(self, space: Space) -> dict[PersonId, NDArray[np.float32]]:
        """For each person with photos their vectors (n, d) in this space."""
        rows = self._database.read().execute(
            "SELECT p.person_id, v.vector FROM photo_vectors v JOIN photos p ON p.id = v.photo_id"
            " WHERE v.space = ? ORDER BY p.id",
            (space.key,),
        )
        found: dict[PersonId, list[NDArray[np.float32]]] = {}
        for row in rows:
            vector = np.frombuffer(row["vector"], "<f4").astype(np.float32)
            found.setdefault(PersonId(row["person_id"]), []).append(vector)
        return {person_id: np.stack(vectors) for person_id, vectors in found.items()}
