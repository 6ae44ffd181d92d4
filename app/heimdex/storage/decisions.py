"""Keeps what a person said about faces, and how each step can be undone.

What a decision leads to, and what a step is, is left to the people room.
"""

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass

from heimdex.domain.faces import Box, Decision, DecisionKind, TrackRef
from heimdex.domain.ids import DecisionId, PersonId, VideoId
from heimdex.storage import people_snapshot
from heimdex.storage.database import Database

JOURNAL_KEEPS = 200
"""Steps that can be undone."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One step that can be undone; `undo` is whatever the people room wrote, usually a snapshot."""

    id: int
    label: str
    undo: bytes
    created_at: int


class DecisionStore:
    """Decisions and the undo journal; part of `people.PeopleStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_decision(
        self,
        kind: DecisionKind,
        person_id: PersonId,
        video_id: VideoId,
        at_ms: int,
        box: Box,
        *,
        inherited: bool = False,
    ) -> DecisionId:
        """Keep what was said about the face at `box` at `at_ms`. It takes the place of what was
        said of the same person and face, and IS of whatever IS was said of this face.

        `inherited`: it was said about the version that the file had before."""
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM decisions WHERE video_id = ?1 AND at_ms = ?2"
                " AND x1 = ?3 AND y1 = ?4 AND x2 = ?5 AND y2 = ?6"
                " AND (person_id = ?7 OR (kind = 'is' AND ?8 = 'is'))",
                (video_id, at_ms, *box, person_id, kind),
            )
            cursor = connection.execute(
                "INSERT INTO decisions (kind, person_id, video_id, at_ms, x1, y1, x2, y2,"
                " created_at, inherited) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (kind, person_id, video_id, at_ms, *box, int(time.time()), inherited),
            )
        return DecisionId(cursor.lastrowid or 0)

    def decisions(
        self, video_id: VideoId | None = None, person_id: PersonId | None = None
    ) -> list[Decision]:
        """What was said, of one video, one person, or all; oldest first."""
        rows = self._database.read().execute(
            "SELECT * FROM decisions WHERE (?1 IS NULL OR video_id = ?1)"
            " AND (?2 IS NULL OR person_id = ?2) ORDER BY id",
            (video_id, person_id),
        )
        return [
            Decision(
                id=DecisionId(row["id"]),
                kind=DecisionKind(row["kind"]),
                person_id=PersonId(row["person_id"]),
                video_id=VideoId(row["video_id"]),
                at_ms=row["at_ms"],
                box=(row["x1"], row["y1"], row["x2"], row["y2"]),
            )
            for row in rows
        ]

    def decided_videos(self, kind: DecisionKind | None = None) -> list[VideoId]:
        """The videos somebody said something about, or something of this kind."""
        rows = self._database.read().execute(
            "SELECT DISTINCT video_id FROM decisions WHERE ?1 IS NULL OR kind = ?1"
            " ORDER BY video_id",
            (kind,),
        )
        return [VideoId(row["video_id"]) for row in rows]

    def rejected(self) -> tuple[list[tuple[PersonId, TrackRef]], set[VideoId]]:
        """Which tracks are not whose by somebody's word, as far as a track stands exactly where it
        was said; and the videos of which some do not, because their faces were found anew."""
        rows = self._database.read().execute(
            "SELECT d.person_id, d.video_id, t.idx FROM decisions d LEFT JOIN face_tracks t"
            " ON t.video_id = d.video_id AND t.best_ms = d.at_ms AND t.x1 = d.x1 AND t.y1 = d.y1"
            " AND t.x2 = d.x2 AND t.y2 = d.y2 WHERE d.kind = 'is_not' ORDER BY d.id"
        )
        found: list[tuple[PersonId, TrackRef]] = []
        moved: set[VideoId] = set()
        for row in rows:
            if row["idx"] is None:
                moved.add(VideoId(row["video_id"]))
            else:
                ref = TrackRef(VideoId(row["video_id"]), row["idx"])
                found.append((PersonId(row["person_id"]), ref))
        return found, moved

    def snapshot(self, people: Iterable[PersonId]) -> bytes:
        """All rows about these people, to be given back by `restore`; for the journal."""
        with self._database.snapshot() as connection:
            return people_snapshot.take(connection, list(people))

    def restore(
        self, snapshot: bytes, created: Iterable[PersonId] = ()
    ) -> list[people_snapshot.Moved]:
        """Make everything about the people of a snapshot as it was, with the same ids; those in
        `created` came later and go. Tracks and videos that are gone since are passed over, and
        tracks returned."""
        with self._database.write() as connection:
            return people_snapshot.restore(connection, snapshot, list(created))

    def names_in(self, snapshot: bytes, people: Iterable[PersonId]) -> set[str]:
        """The names and aliases that these people have in a snapshot."""
        return people_snapshot.names(snapshot, set(people))

    def journal_append(self, label: str, undo: bytes) -> int:
        """Write down how a step is undone; the oldest beyond `JOURNAL_KEEPS` go."""
        with self._database.write() as connection:
            cursor = connection.execute(
                "INSERT INTO journal (label, undo, created_at) VALUES (?, ?, ?)",
                (label, undo, int(time.time())),
            )
            entry_id = cursor.lastrowid or 0
            connection.execute(
                "DELETE FROM journal WHERE id NOT IN"
                " (SELECT id FROM journal ORDER BY id DESC LIMIT ?)",
                (JOURNAL_KEEPS,),
            )
        return entry_id

    def journal_pop(self) -> JournalEntry | None:
        """Take the newest step out of the journal; None when there is nothing to undo."""
        with self._database.write() as connection:
            row = connection.execute(
                "DELETE FROM journal WHERE id = (SELECT max(id) FROM journal) RETURNING *"
            ).fetchone()
        return None if row is None else _entry(row)

    def journal_remove(self, ids: Iterable[int]) -> None:
        """Drop steps, because what they remember is to be forgotten."""
        with self._database.write() as connection:
            connection.executemany("DELETE FROM journal WHERE id = ?", [(each,) for each in ids])

    def journal(self) -> list[JournalEntry]:
        """The steps that can be undone, newest first."""
        rows = self._database.read().execute("SELECT * FROM journal ORDER BY id DESC")
        return [_entry(row) for row in rows]


def _entry(row: sqlite3.Row) -> JournalEntry:
    return JournalEntry(row["id"], row["label"], row["undo"], row["created_at"])
