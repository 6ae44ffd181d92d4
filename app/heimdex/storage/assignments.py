"""Rows that say whose each face track is, and when people are therefore on screen.

Who somebody is gets decided by the people room; people themselves are rows of `people`.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from heimdex.domain.faces import Appearance, Box, FaceTrack, TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.storage.database import Database
from heimdex.storage.stages import face_track

SAME_TIME_MS = 500
"""A shot border may be found a few frames elsewhere the next time."""


class Source(StrEnum):
    """Who says whose track it is."""

    AUTO = "auto"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One track belongs to one person; `similarity` is 1.0 where a person decided."""

    track: TrackRef
    person_id: PersonId
    source: Source
    similarity: float


@dataclass(frozen=True, slots=True)
class Former:
    """Whose a face was before the faces of its video were found anew."""

    person_id: PersonId
    similarity: float
    at_ms: int
    box: Box


class AssignmentStore:
    """Whose the tracks are; part of `people.PeopleStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def assign(
        self,
        tracks: Iterable[TrackRef],
        person_id: PersonId,
        source: Source = Source.AUTO,
        similarity: float | Sequence[float] = 1.0,
    ) -> None:
        """Say that tracks are this person's, whoever's they were; one similarity for all or one
        for each. An AUTO assignment leaves DECIDED ones alone; tracks that no longer exist are
        passed over."""
        refs = list(tracks)
        values = [similarity] * len(refs) if isinstance(similarity, float | int) else similarity
        with self._database.write() as connection:
            connection.executemany(
                "INSERT INTO assignments (video_id, track, person_id, source, similarity)"
                " SELECT video_id, idx, ?, ?, ? FROM face_tracks WHERE video_id = ? AND idx = ?"
                " ON CONFLICT (video_id, track) DO UPDATE SET person_id = excluded.person_id,"
                " source = excluded.source, similarity = excluded.similarity"
                " WHERE excluded.source = 'decided' OR assignments.source = 'auto'",
                [
                    (person_id, source, float(value), ref.video_id, ref.index)
                    for ref, value in zip(refs, values, strict=True)
                ],
            )

    def unassign(self, tracks: Iterable[TrackRef]) -> None:
        """Make tracks nobody's."""
        with self._database.write() as connection:
            connection.executemany(
                "DELETE FROM assignments WHERE video_id = ? AND track = ?",
                [(ref.video_id, ref.index) for ref in tracks],
            )

    def assignments(self, video_id: VideoId | None = None) -> dict[TrackRef, Assignment]:
        """Who each track belongs to, in one video or in all; unassigned tracks are left out."""
        rows = self._database.read().execute(
            "SELECT * FROM assignments WHERE ?1 IS NULL OR video_id = ?1 ORDER BY video_id, track",
            (video_id,),
        )
        return {entry.track: entry for entry in map(_assignment, rows)}

    def assigned(self) -> list[tuple[str, int, int, bool, float, float]]:
        """Every assigned track as (video, track, person, decided, similarity, quality), by video
        and track. Plain rows, because there may be a hundred thousand."""
        cursor = self._database.read().cursor()
        cursor.row_factory = None
        return cursor.execute(
            "SELECT a.video_id, a.track, a.person_id, a.source = 'decided', a.similarity,"
            " t.quality FROM assignments a JOIN face_tracks t"
            " ON t.video_id = a.video_id AND t.idx = a.track ORDER BY a.video_id, a.track"
        ).fetchall()

    def tracks_of(self, person_id: PersonId) -> list[Assignment]:
        """The tracks of a person, best crop first."""
        rows = self._database.read().execute(
            "SELECT a.* FROM assignments a JOIN face_tracks t"
            " ON t.video_id = a.video_id AND t.idx = a.track WHERE a.person_id = ?"
            " ORDER BY t.quality DESC, a.video_id, a.track",
            (person_id,),
        )
        return [_assignment(row) for row in rows]

    def unassigned(self, video_id: VideoId | None = None) -> list[TrackRef]:
        """Tracks that are nobody's, of one video or of all."""
        rows = self._database.read().execute(
            "SELECT t.video_id, t.idx FROM face_tracks t LEFT JOIN assignments a"
            " ON a.video_id = t.video_id AND a.track = t.idx"
            " WHERE a.person_id IS NULL AND (?1 IS NULL OR t.video_id = ?1)"
            " ORDER BY t.video_id, t.idx",
            (video_id,),
        )
        return [TrackRef(VideoId(row["video_id"]), row["idx"]) for row in rows]

    def track(self, ref: TrackRef) -> FaceTrack | None:
        """One stored track."""
        row = (
            self._database.read()
            .execute(
                "SELECT * FROM face_tracks WHERE video_id = ? AND idx = ?",
                (ref.video_id, ref.index),
            )
            .fetchone()
        )
        return None if row is None else face_track(row)

    def count_tracks(self) -> int:
        """How many face tracks the library keeps."""
        row = self._database.read().execute("SELECT count(*) AS n FROM face_tracks").fetchone()
        return int(row["n"])

    def delete_tracks(self) -> list[VideoId]:
        """Delete all face tracks; returns the videos that had any."""
        with self._database.write() as connection:
            rows = connection.execute("SELECT DISTINCT video_id FROM face_tracks").fetchall()
            connection.execute("DELETE FROM face_tracks")
            connection.execute("DELETE FROM former_assignments")
            connection.execute("DELETE FROM inherited_tracks")
            connection.execute("DELETE FROM inherited_words")
        return [VideoId(row["video_id"]) for row in rows]

    def former(self, video_id: VideoId) -> list[Former]:
        """Whose the faces of a video were before they were found anew."""
        rows = self._database.read().execute(
            "SELECT * FROM former_assignments WHERE video_id = ? ORDER BY rowid", (video_id,)
        )
        return [
            Former(
                PersonId(row["person_id"]),
                row["similarity"],
                row["at_ms"],
                (row["x1"], row["y1"], row["x2"], row["y2"]),
            )
            for row in rows
        ]

    def drop_former(self, video_id: VideoId) -> None:
        """The new faces are sorted: what they were before is of no use any more."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM former_assignments WHERE video_id = ?", (video_id,))

    def appearances(
        self, people: Iterable[PersonId], videos: Iterable[VideoId] | None = None
    ) -> list[Appearance]:
        """When people are on screen, by video and time; of some videos only, if given."""
        rows = self._database.read().execute(
            "SELECT a.*, t.start_ms, t.end_ms FROM assignments a JOIN face_tracks t"
            " ON t.video_id = a.video_id AND t.idx = a.track"
            " WHERE a.person_id IN (SELECT value FROM json_each(?1))"
            " AND (?2 IS NULL OR a.video_id IN (SELECT value FROM json_each(?2)))"
            " ORDER BY a.video_id, t.start_ms, a.track",
            (json.dumps(list(people)), None if videos is None else json.dumps(list(videos))),
        )
        return [
            Appearance(
                person_id=PersonId(row["person_id"]),
                video_id=VideoId(row["video_id"]),
                track=row["track"],
                start_ms=row["start_ms"],
                end_ms=row["end_ms"],
                similarity=row["similarity"],
            )
            for row in rows
        ]

    def portraits(self, person_id: PersonId | None = None) -> dict[PersonId, TrackRef]:
        """The track that shows each person best: the chosen one, found by its video, time and
        place, or else the one with the best crop."""
        rows = self._database.read().execute(_PORTRAITS, (person_id, SAME_TIME_MS))
        return {
            PersonId(row["person_id"]): TrackRef(VideoId(row["video_id"]), row["track"])
            for row in rows
        }


_PORTRAITS = """
WITH candidates AS (
    SELECT a.person_id, a.video_id, a.track, t.quality,
        a.video_id = p.portrait_video
            AND p.portrait_ms BETWEEN t.start_ms - ?2 AND t.end_ms + ?2 AS chosen,
        abs(t.x1 + t.x2 - p.portrait_x1 - p.portrait_x2)
            + abs(t.y1 + t.y2 - p.portrait_y1 - p.portrait_y2) AS away
    FROM assignments a
    JOIN face_tracks t ON t.video_id = a.video_id AND t.idx = a.track
    JOIN people p ON p.id = a.person_id
    WHERE ?1 IS NULL OR a.person_id = ?1
), ordered AS (
    SELECT person_id, video_id, track, row_number() OVER (
        PARTITION BY person_id
        ORDER BY chosen IS 1 DESC, iif(chosen IS 1, away, 0), quality DESC, video_id, track
    ) AS place
    FROM candidates
)
SELECT person_id, video_id, track FROM ordered WHERE place = 1
"""


def _assignment(row: sqlite3.Row) -> Assignment:
    return Assignment(
        track=TrackRef(VideoId(row["video_id"]), row["track"]),
        person_id=PersonId(row["person_id"]),
        source=Source(row["source"]),
        similarity=row["similarity"],
    )
