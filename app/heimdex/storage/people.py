"""Rows and transactions about people: who there is, which tracks are theirs, what was decided.

Who somebody is (clustering, thresholds, what merging means) is decided by the people room; face
vectors of tracks are read through `VectorStore`, crops through `Artefacts`.
Decisions, photos and undo are in `decisions`, `photos` and `people_snapshot` beside it.
"""

import json
import sqlite3
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from heimdex.domain.errors import UserError
from heimdex.domain.faces import (
    Appearance,
    FaceTrack,
    Person,
    TrackRef,
)
from heimdex.domain.ids import PersonId, VideoId
from heimdex.storage.decisions import DecisionStore
from heimdex.storage.photos import PhotoStore
from heimdex.storage.stages import face_track


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


_PERSON = """
SELECT p.*,
    (SELECT count(*) FROM assignments a WHERE a.person_id = p.id) AS track_count,
    (SELECT count(DISTINCT video_id) FROM assignments a WHERE a.person_id = p.id) AS video_count,
    (SELECT json_group_array(alias) FROM
        (SELECT alias FROM aliases l WHERE l.person_id = p.id ORDER BY alias)) AS aliases
FROM people p
"""


def name_key(name: str) -> str:
    """The form in which names are compared: NFKC, case folded, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class PeopleStore(DecisionStore, PhotoStore):
    """Small steps, each atomic; put several into `with store.transaction():` to make them one."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All calls inside become one transaction; an exception undoes all of them."""
        with self._database.write():
            yield

    # People

    def create_person(self, name: str | None = None) -> PersonId:
        """A new person, unnamed or named. Raises UserError when the name is taken or empty."""
        with self._database.write() as connection:
            person_id = PersonId(
                connection.execute(
                    "INSERT INTO people (created_at) VALUES (?)", (int(time.time()),)
                ).lastrowid
                or 0
            )
            if name is not None:
                self.rename(person_id, name)
        return person_id

    def rename(self, person_id: PersonId, name: str | None) -> None:
        """Give, change or (None) take away a name. Raises UserError when somebody else has the
        name, also as an alias; merging them is the caller's decision."""
        with self._database.write() as connection:
            if name is None:
                shown = key = None
            else:
                shown, key = self._free_name(person_id, name)
                connection.execute(
                    "DELETE FROM aliases WHERE alias_key = ? AND person_id = ?", (key, person_id)
                )
            self._update(
                connection,
                "UPDATE people SET name = ?, name_key = ? WHERE id = ?",
                (shown, key, person_id),
                person_id,
            )

    def set_aliases(self, person_id: PersonId, aliases: Iterable[str]) -> None:
        """Replace the other names of a person. Raises UserError when one belongs to another."""
        with self._database.write() as connection:
            own = self.person(person_id)
            if own is None:
                raise KeyError(person_id)
            connection.execute("DELETE FROM aliases WHERE person_id = ?", (person_id,))
            for alias in aliases:
                shown, key = self._free_name(person_id, alias)
                if own.name is None or key != name_key(own.name):
                    connection.execute(
                        "INSERT OR REPLACE INTO aliases (alias_key, alias, person_id)"
                        " VALUES (?, ?, ?)",
                        (key, shown, person_id),
                    )

    def hide(self, person_id: PersonId, hidden: bool = True) -> None:
        """Leave a person out of lists, or show them again."""
        with self._database.write() as connection:
            self._update(
                connection,
                "UPDATE people SET hidden = ? WHERE id = ?",
                (hidden, person_id),
                person_id,
            )

    def set_portrait(self, person_id: PersonId, track: TrackRef | None) -> None:
        """Choose the track whose crop shows the person; None lets the best one be chosen."""
        video_id, index = (None, None) if track is None else (track.video_id, track.index)
        with self._database.write() as connection:
            self._update(
                connection,
                "UPDATE people SET portrait_video = ?, portrait_track = ? WHERE id = ?",
                (video_id, index, person_id),
                person_id,
            )

    def delete_person(self, person_id: PersonId) -> None:
        """Forget a person with names, photos and decisions; the tracks are nobody's again."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM people WHERE id = ?", (person_id,))

    def delete_empty(self) -> list[PersonId]:
        """Delete unnamed people without a track, a photo or a decision; returns who went."""
        with self._database.write() as connection:
            rows = connection.execute(
                "DELETE FROM people WHERE name IS NULL"
                " AND id NOT IN (SELECT person_id FROM assignments)"
                " AND id NOT IN (SELECT person_id FROM photos)"
                " AND id NOT IN (SELECT person_id FROM decisions) RETURNING id"
            ).fetchall()
        return [PersonId(row["id"]) for row in rows]

    def merge_people(self, keep: PersonId, gone: PersonId) -> None:
        """Move all that `gone` has to `keep` and delete `gone`. `keep` keeps its name; the name
        and aliases of `gone` become aliases. A decision that keeps both apart is dropped."""
        if keep == gone:
            return
        with self._database.write() as connection:
            kept, other = self.person(keep), self.person(gone)
            if kept is None or other is None:
                raise KeyError(keep if kept is None else gone)
            for table in ("assignments", "photos", "aliases", "decisions"):
                connection.execute(
                    f"UPDATE {table} SET person_id = ? WHERE person_id = ?",
                    (keep, gone),
                )
            # "A is somebody" and "A is not B" about one face contradict each other after A = B.
            connection.execute(
                "DELETE FROM decisions WHERE person_id = ?1 AND kind = 'is_not' AND EXISTS"
                " (SELECT 1 FROM decisions d WHERE d.person_id = ?1 AND d.kind = 'is'"
                " AND d.video_id = decisions.video_id AND d.at_ms = decisions.at_ms"
                " AND d.x1 = decisions.x1 AND d.y1 = decisions.y1)",
                (keep,),
            )
            connection.execute("DELETE FROM people WHERE id = ?", (gone,))
            if other.name is not None:
                if kept.name is None:
                    self.rename(keep, other.name)
                else:
                    self.set_aliases(keep, [*kept.aliases, *other.aliases, other.name])

    def person(self, person_id: PersonId) -> Person | None:
        """One person."""
        row = self._database.read().execute(_PERSON + "WHERE p.id = ?", (person_id,)).fetchone()
        return None if row is None else self._person(row)

    def people(self, hidden: bool = True) -> list[Person]:
        """Everybody: named first, by name, then the others, most tracks first; without the
        hidden ones if `hidden` is False."""
        rows = self._database.read().execute(
            _PERSON + "WHERE ? OR NOT p.hidden"
            " ORDER BY p.name IS NULL, p.name_key, track_count DESC, p.id",
            (hidden,),
        )
        return [self._person(row) for row in rows]

    def named(self) -> list[Person]:
        """Everybody who has a name and is not hidden, by name: who a query can be about."""
        rows = self._database.read().execute(
            _PERSON + "WHERE p.name IS NOT NULL AND NOT p.hidden ORDER BY p.name_key"
        )
        return [self._person(row) for row in rows]

    def find_person(self, name: str) -> Person | None:
        """Who has this name or alias, in any case and spacing."""
        key = name_key(name)
        row = (
            self._database.read()
            .execute(
                _PERSON + "WHERE p.name_key = ?1 OR p.id IN"
                " (SELECT person_id FROM aliases WHERE alias_key = ?1)",
                (key,),
            )
            .fetchone()
        )
        return None if row is None else self._person(row)

    # Tracks

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

    def _free_name(self, person_id: PersonId, name: str) -> tuple[str, str]:
        shown = " ".join(name.split())
        key = name_key(shown)
        if not key:
            raise UserError("A name must have at least one letter.")
        holder = self.find_person(shown)
        if holder is not None and holder.id != person_id:
            raise UserError(f"Somebody is called {shown!r} already.")
        return shown, key

    def _update(
        self,
        connection: sqlite3.Connection,
        statement: str,
        values: Sequence[object],
        person_id: PersonId,
    ) -> None:
        if connection.execute(statement, values).rowcount == 0:
            raise KeyError(person_id)

    def _person(self, row: sqlite3.Row) -> Person:
        portrait = self._portrait(row)
        return Person(
            id=PersonId(row["id"]),
            name=row["name"],
            aliases=tuple(json.loads(row["aliases"])),
            track_count=row["track_count"],
            video_count=row["video_count"],
            portrait=portrait,
            hidden=bool(row["hidden"]),
        )

    def _portrait(self, row: Mapping[str, object] | sqlite3.Row) -> TrackRef | None:
        """The chosen track while it is theirs, otherwise the one with the best crop."""
        best = (
            self._database.read()
            .execute(
                "SELECT a.video_id, a.track FROM assignments a JOIN face_tracks t"
                " ON t.video_id = a.video_id AND t.idx = a.track WHERE a.person_id = ?1"
                " ORDER BY a.video_id = ?2 AND a.track = ?3 DESC, t.quality DESC,"
                " a.video_id, a.track LIMIT 1",
                (row["id"], row["portrait_video"], row["portrait_track"]),
            )
            .fetchone()
        )
        return None if best is None else TrackRef(VideoId(best["video_id"]), best["track"])


def _assignment(row: sqlite3.Row) -> Assignment:
    return Assignment(
        track=TrackRef(VideoId(row["video_id"]), row["track"]),
        person_id=PersonId(row["person_id"]),
        source=Source(row["source"]),
        similarity=row["similarity"],
    )
