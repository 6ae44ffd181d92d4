"""Rows and transactions about people: who there is, what they are called, who is hidden.

Who somebody is (clustering, thresholds, what merging means) is decided by the people room; face
vectors of tracks are read through `VectorStore`, crops through `Artefacts`. Whose the tracks are,
decisions, photos and undo are in `assignments`, `decisions`, `photos` and `people_snapshot`.
"""

import json
import sqlite3
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from heimdex.domain.errors import UserError
from heimdex.domain.faces import Person, TrackRef
from heimdex.domain.ids import PersonId
from heimdex.storage.assignments import AssignmentStore
from heimdex.storage.decisions import DecisionStore
from heimdex.storage.heritage import HeritageStore
from heimdex.storage.photos import PhotoStore
from heimdex.storage.scrub import Scrubbed, overwriting, scrub
from heimdex.storage.searches import erase_names

_PERSON = """
SELECT p.*,
    (SELECT count(*) FROM assignments a WHERE a.person_id = p.id) AS track_count,
    (SELECT count(DISTINCT video_id) FROM assignments a WHERE a.person_id = p.id) AS video_count,
    (SELECT json_group_array(alias) FROM
        (SELECT alias FROM aliases l WHERE l.person_id = p.id ORDER BY alias)) AS aliases
FROM people p
"""

_OF_A_PERSON = (
    "assignments",
    "photos",
    "aliases",
    "decisions",
    "former_assignments",
    "inherited_tracks",
    "inherited_words",
)


LONGEST_NAME = 120
"""Characters; longer is a slip of the clipboard, and no list could show it."""

_UNSEEN = frozenset("\u200b\u2060\ufeff\u00ad")
# They turn round the order of whatever is written behind them, the rest of a list included.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def name_key(name: str) -> str:
    """The form in which names are compared: NFKC, case folded, single spaces, only what is seen."""
    return " ".join(unicodedata.normalize("NFKC", clean_name(name)).casefold().split())


def clean_name(name: str) -> str:
    """A name in single spaces, without characters that nobody sees or types."""
    return " ".join(
        "".join(
            " " if letter.isspace() else letter
            for letter in name
            if letter.isspace()
            or not (letter in _UNSEEN or letter in _TURNING or unicodedata.category(letter) == "Cc")
        ).split()
    )


class PeopleStore(AssignmentStore, DecisionStore, PhotoStore, HeritageStore):
    """Small steps, each atomic; put several into `with store.transaction():` to make them one."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All calls inside become one transaction; an exception undoes all of them."""
        with self._database.write():
            yield

    @contextmanager
    def overwriting(self) -> Iterator[None]:
        """What is deleted inside leaves no bytes in the file; enter it before a transaction."""
        with overwriting(self._database):
            yield

    def scrub(self) -> Scrubbed:
        """Leave nothing of what was deleted on the disk; not inside a transaction."""
        return scrub(self._database)

    def note(self, key: str) -> str | None:
        """A remark kept about the library, None when there is none."""
        row = (
            self._database.read()
            .execute("SELECT value FROM library WHERE key = ?", (key,))
            .fetchone()
        )
        return None if row is None else str(row["value"])

    def put_note(self, key: str, value: str | None) -> None:
        """Keep a remark about the library, or take it away (None)."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM library WHERE key = ?", (key,))
            if value is not None:
                connection.execute("INSERT INTO library VALUES (?, ?)", (key, value))

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
        """Choose the track whose crop shows the person, kept by its video, time and place; None
        lets the best one be chosen. Raises KeyError when the track is gone."""
        chosen: tuple[object, ...] = (None,) * 6
        if track is not None:
            known = self.track(track)
            if known is None:
                raise KeyError(track)
            chosen = (track.video_id, known.best_ms, *known.box)
        with self._database.write() as connection:
            self._update(
                connection,
                "UPDATE people SET portrait_video = ?, portrait_ms = ?, portrait_x1 = ?,"
                " portrait_y1 = ?, portrait_x2 = ?, portrait_y2 = ? WHERE id = ?",
                (*chosen, person_id),
                person_id,
            )

    def delete_person(self, person_id: PersonId) -> None:
        """Forget a person with names, photos and decisions; the tracks are nobody's again."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM people WHERE id = ?", (person_id,))

    def erase_searches(self, people: Iterable[PersonId], former: Iterable[str] = ()) -> None:
        """Take out saved and recent searches that name these people, or have `former` names."""
        with self._database.write() as connection:
            names = set(former)
            for person_id in people:
                person = self.person(person_id)
                if person is not None:
                    names |= {name for name in (person.name, *person.aliases) if name}
            erase_names(connection, sorted(names))

    def delete_everybody(self) -> None:
        """Forget all people and every step that could bring one back."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM people")
            connection.execute("DELETE FROM journal")

    def delete_empty(self) -> list[PersonId]:
        """Delete unnamed people without a track, a photo or a decision, and without faces that are
        still to be sorted anew or looked at in a new version of a file; returns who went."""
        with self._database.write() as connection:
            rows = connection.execute(
                "DELETE FROM people WHERE name IS NULL"
                " AND id NOT IN (SELECT person_id FROM assignments)"
                " AND id NOT IN (SELECT person_id FROM photos)"
                " AND id NOT IN (SELECT person_id FROM decisions)"
                " AND id NOT IN (SELECT person_id FROM former_assignments)"
                " AND id NOT IN (SELECT person_id FROM inherited_tracks WHERE person_id NOT NULL)"
                " AND id NOT IN (SELECT person_id FROM inherited_words) RETURNING id"
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
            for table in _OF_A_PERSON:
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
        return None if row is None else _person(row, self.portraits(person_id))

    def people(self, hidden: bool = True) -> list[Person]:
        """Everybody: named first, by name, then the others, most tracks first; without the
        hidden ones if `hidden` is False."""
        rows = self._database.read().execute(
            _PERSON + "WHERE ? OR NOT p.hidden"
            " ORDER BY p.name IS NULL, p.name_key, track_count DESC, p.id",
            (hidden,),
        )
        portraits = self.portraits()
        return [_person(row, portraits) for row in rows]

    def named(self) -> list[Person]:
        """Everybody who has a name and is not hidden, by name: who a query can be about. Asked at
        every keystroke, so portraits are not looked up."""
        rows = self._database.read().execute(
            _PERSON + "WHERE p.name IS NOT NULL AND NOT p.hidden ORDER BY p.name_key"
        )
        return [_person(row, {}) for row in rows]

    def groups(self) -> list[PersonId]:
        """Those without a name who are not hidden, oldest first: who may still be recognised."""
        rows = self._database.read().execute(
            "SELECT id FROM people WHERE name IS NULL AND NOT hidden ORDER BY id"
        )
        return [PersonId(row["id"]) for row in rows]

    def name_holders(self) -> frozenset[PersonId]:
        """Everybody who has a name, hidden or not."""
        rows = self._database.read().execute("SELECT id FROM people WHERE name IS NOT NULL")
        return frozenset(PersonId(row["id"]) for row in rows)

    def find_person(self, name: str) -> Person | None:
        """Who has this name or alias, in any case and spacing."""
        # What no text can hold (half a character, off a damaged command line) is nobody's name.
        key = name_key(name).encode("utf-8", "replace").decode()
        row = (
            self._database.read()
            .execute(
                _PERSON + "WHERE p.name_key = ?1 OR p.id IN"
                " (SELECT person_id FROM aliases WHERE alias_key = ?1)",
                (key,),
            )
            .fetchone()
        )
        if row is None:
            return None
        return _person(row, self.portraits(PersonId(row["id"])))

    def _free_name(self, person_id: PersonId, name: str) -> tuple[str, str]:
        shown = clean_name(name)
        key = name_key(shown)
        if not any(unicodedata.category(letter)[0] in "LNS" for letter in key):
            raise UserError("A name must have at least one letter.")
        if len(shown) > LONGEST_NAME:
            raise UserError(
                f"A name may have {LONGEST_NAME} characters; this one has {len(shown)}."
            )
        if any(unicodedata.category(letter) == "Cs" for letter in shown):
            raise UserError("This name has characters that are no text; type it anew.")
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


def _person(row: sqlite3.Row, portraits: Mapping[PersonId, TrackRef]) -> Person:
    return Person(
        id=PersonId(row["id"]),
        name=row["name"],
        aliases=tuple(json.loads(row["aliases"])),
        track_count=row["track_count"],
        video_count=row["video_count"],
        portrait=portraits.get(PersonId(row["id"])),
        hidden=bool(row["hidden"]),
    )
