"""Keeps what an edited file inherits from the version before it, until its own faces are found: the
faces that were found in that one, whose they were, and what was said about them.

Which of it still fits is decided by the people room.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heimdex.domain.faces import Box
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.vectors import Space, Vectors
from heimdex.storage.database import Database
from heimdex.storage.vector_rows import STORED

PORTRAIT = "portrait"
"""The kind of a word that says: this face is to show the person. The others are decisions'."""

_BOX = "x1, y1, x2, y2"


@dataclass(frozen=True, slots=True)
class OldTrack:
    """A face of the version before, and whose it was, if anybody's."""

    start_ms: int
    end_ms: int
    best_ms: int
    box: Box
    person_id: PersonId | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Word:
    """What a person said about a face of the version before; `kind` is one of a decision's, or
    `PORTRAIT`."""

    kind: str
    person_id: PersonId
    at_ms: int
    box: Box


@dataclass(frozen=True, slots=True)
class Heritage:
    """What one video inherits; `vectors` are those of `tracks`, n × d."""

    tracks: Sequence[OldTrack]
    vectors: Vectors
    words: Sequence[Word]


class HeritageStore:
    """What is inherited; part of `people.PeopleStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def heritage(self, video_id: VideoId, space: Space) -> Heritage:
        """What a video inherits, with the faces as the model of `space` saw them."""
        connection = self._database.read()
        tracks = connection.execute(
            "SELECT * FROM inherited_tracks WHERE video_id = ? AND space = ? ORDER BY id",
            (video_id, space.key),
        ).fetchall()
        words = connection.execute(
            "SELECT * FROM inherited_words WHERE video_id = ? ORDER BY id", (video_id,)
        )
        vectors = [np.frombuffer(row["vector"], STORED).astype(np.float32) for row in tracks]
        return Heritage(
            tracks=[
                OldTrack(
                    row["start_ms"],
                    row["end_ms"],
                    row["best_ms"],
                    _box(row),
                    None if row["person_id"] is None else PersonId(row["person_id"]),
                    row["similarity"],
                )
                for row in tracks
            ],
            vectors=np.stack(vectors) if vectors else np.zeros((0, 0), np.float32),
            words=[
                Word(row["kind"], PersonId(row["person_id"]), row["at_ms"], _box(row))
                for row in words
            ],
        )

    def drop_heritage(self, video_id: VideoId | None = None) -> None:
        """What fitted was taken over: the rest, of one video or of all, is of no use any more."""
        with self._database.write() as connection:
            for table in ("inherited_tracks", "inherited_words"):
                connection.execute(
                    f"DELETE FROM {table} WHERE ?1 IS NULL OR video_id = ?1", (video_id,)
                )

    def add_former(
        self, video_id: VideoId, person_id: PersonId, similarity: float, at_ms: int, box: Box
    ) -> None:
        """Remember whose a face was, as if the faces of this video were found anew."""
        with self._database.write() as connection:
            connection.execute(
                f"INSERT INTO former_assignments (video_id, person_id, similarity, at_ms, {_BOX})"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (video_id, person_id, similarity, at_ms, *box),
            )


def bequeath(connection: sqlite3.Connection, old: VideoId, new: VideoId) -> None:
    """Hand what is known about the faces of a video on to the one that took its place in a file;
    part of the transaction in which that is recorded."""
    for table, columns in (
        ("inherited_tracks", f"start_ms, end_ms, best_ms, {_BOX}, person_id, similarity, space,"
         " vector"),
        ("inherited_words", f"kind, person_id, at_ms, {_BOX}"),
    ):  # fmt: skip
        # Edited once more before its own faces were found.
        connection.execute(
            f"INSERT INTO {table} (video_id, {columns}) SELECT ?, {columns} FROM {table}"
            " WHERE video_id = ? ORDER BY id",
            (new, old),
        )
    tracks = connection.execute(
        "SELECT t.*, a.person_id, a.similarity FROM face_tracks t LEFT JOIN assignments a"
        " ON a.video_id = t.video_id AND a.track = t.idx WHERE t.video_id = ? ORDER BY t.idx",
        (old,),
    ).fetchall()
    for space in connection.execute(
        "SELECT s.key, s.dims, v.items, v.vectors FROM vectors v JOIN spaces s"
        " ON s.id = v.space_id WHERE v.video_id = ? AND s.key LIKE 'face/%'",
        (old,),
    ).fetchall():
        vectors = np.frombuffer(space["vectors"], STORED).reshape(space["items"], space["dims"])
        connection.executemany(
            f"INSERT INTO inherited_tracks (video_id, start_ms, end_ms, best_ms, {_BOX}, person_id,"
            " similarity, space, vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    new,
                    row["start_ms"],
                    row["end_ms"],
                    row["best_ms"],
                    *_box(row),
                    row["person_id"],
                    row["similarity"] or 0.0,
                    space["key"],
                    vectors[row["idx"]].tobytes(),
                )
                for row in tracks
                if row["idx"] < space["items"]
            ],
        )
    connection.execute(
        f"INSERT INTO inherited_words (video_id, kind, person_id, at_ms, {_BOX})"
        f" SELECT ?, kind, person_id, at_ms, {_BOX} FROM decisions WHERE video_id = ? ORDER BY id",
        (new, old),
    )
    connection.execute(
        f"INSERT INTO inherited_words (video_id, kind, person_id, at_ms, {_BOX})"
        " SELECT ?, ?, id, portrait_ms, portrait_x1, portrait_y1, portrait_x2, portrait_y2"
        " FROM people WHERE portrait_video = ? AND portrait_ms IS NOT NULL",
        (new, PORTRAIT, old),
    )


def _box(row: sqlite3.Row) -> Box:
    return (row["x1"], row["y1"], row["x2"], row["y2"])
