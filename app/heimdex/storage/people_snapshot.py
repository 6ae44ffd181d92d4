"""Takes all rows about some people out of the database as bytes, and puts them back.

When to take one, and what a step is called that it undoes, is left to the people room.
"""

import base64
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

# In the order in which rows can be put back; each table is deleted through `people`'s cascades.
_TABLES = {
    "people": "id",
    "aliases": "person_id",
    "assignments": "person_id",
    "decisions": "person_id",
    "photos": "person_id",
    "photo_vectors": "photo_id",
}
# Assignments go by a track's number, and numbers change when faces are found anew: so what the
# track was is kept with them.
_TRACK = (
    "(SELECT t.{} FROM face_tracks t WHERE t.video_id = assignments.video_id"
    " AND t.idx = assignments.track) AS {}"
)
_EXTRA = {
    "assignments": "".join(
        ", " + _TRACK.format(column, name)
        for column, name in (
            ("best_ms", "at_ms"),
            *((side, side) for side in ("x1", "y1", "x2", "y2")),
        )
    ),
}
# Rows come back only where what they point to still exists.
_STILL_THERE = {
    "assignments": "EXISTS (SELECT 1 FROM face_tracks t WHERE t.video_id = :video_id"
    " AND t.idx = :track AND t.best_ms = :at_ms)",
    "decisions": "EXISTS (SELECT 1 FROM videos v WHERE v.id = :video_id)",
}


# What an edited file still has to inherit: only whose it was, because it may be gone by then.
_INHERITED = ("inherited_words", "inherited_tracks")


class _Snapshot(msgspec.Struct):
    people: list[int]
    tables: dict[str, list[dict[str, Any]]]
    heirs: dict[str, dict[int, int]] = {}
    """Of each table in `_INHERITED`: id of a row → whose it was."""


def take(connection: sqlite3.Connection, people: Sequence[int]) -> bytes:
    """All rows of `people`, as JSON bytes."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for table, column in _TABLES.items():
        ids = people if column != "photo_id" else [row["id"] for row in tables["photos"]]
        rows = connection.execute(
            f"SELECT *{_EXTRA.get(table, '')} FROM {table} WHERE {column} IN"
            " (SELECT value FROM json_each(?)) ORDER BY 1, 2",
            (msgspec.json.encode(list(ids)).decode(),),
        )
        tables[table] = [{key: _out(row[key]) for key in row.keys()} for row in rows]  # noqa: SIM118
    wanted = msgspec.json.encode(list(people)).decode()
    heirs = {
        table: {
            row["id"]: row["person_id"]
            for row in connection.execute(
                f"SELECT id, person_id FROM {table} WHERE person_id IN"
                " (SELECT value FROM json_each(?))",
                (wanted,),
            )
        }
        for table in _INHERITED
    }
    return msgspec.json.encode(_Snapshot(list(people), tables, heirs))


@dataclass(frozen=True, slots=True)
class Moved:
    """A face that was somebody's and is found under another number or moment since."""

    person_id: int
    video_id: str
    decided: bool
    similarity: float
    at_ms: int
    box: tuple[float, float, float, float]


def restore(connection: sqlite3.Connection, snapshot: bytes, created: Sequence[int]) -> list[Moved]:
    """Delete the people of the snapshot and those in `created`, then put the rows back; returns
    whose faces did not stand any more where they stood."""
    kept = msgspec.json.decode(snapshot, type=_Snapshot)
    gone = {*kept.people, *created}
    moved: list[Moved] = []
    inherited = _inherited(connection, gone, kept.heirs)
    connection.executemany("DELETE FROM people WHERE id = ?", [(each,) for each in gone])
    for table in _TABLES:
        # A step from before a migration may know columns that are gone.
        there = {column["name"] for column in connection.execute(f"PRAGMA table_info({table})")}
        for row in kept.tables[table]:
            columns = ", ".join(column for column in row if column in there)
            values = ", ".join(f":{column}" for column in row if column in there)
            condition = _STILL_THERE.get(table, "1")
            if table == "people":
                _make_name_free(connection, row)
            elif table == "assignments":
                row.setdefault("at_ms", None)
            # A track is theirs again whoever has it by now; an alias stays with who got it since.
            conflict = "IGNORE" if table == "aliases" else "REPLACE"
            done = connection.execute(
                f"INSERT OR {conflict} INTO {table} ({columns}) SELECT {values} WHERE {condition}",
                {column: _in(value) for column, value in row.items()},
            )
            if table == "assignments" and not done.rowcount and row.get("x1") is not None:
                moved.append(_moved(row))
    for statement, rows in inherited:
        connection.executemany(statement, rows)
    return moved


def _moved(row: dict[str, Any]) -> Moved:
    return Moved(
        row["person_id"],
        row["video_id"],
        row["source"] == "decided",
        row["similarity"],
        row["at_ms"],
        (row["x1"], row["y1"], row["x2"], row["y2"]),
    )


def names(snapshot: bytes, people: Collection[int]) -> set[str]:
    """The names and aliases that these people have in a snapshot."""
    tables = msgspec.json.decode(snapshot, type=_Snapshot).tables
    named = {row["name"] for row in tables["people"] if row["id"] in people and row["name"]}
    return named | {row["alias"] for row in tables["aliases"] if row["person_id"] in people}


def _inherited(
    connection: sqlite3.Connection,
    people: Iterable[int],
    heirs: Mapping[str, Mapping[int, int]],
) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """What these people have from versions of files that came after the snapshot, each kind with
    the statement that puts it back for those of them who are there again."""
    wanted = msgspec.json.encode(list(people)).decode()
    found = []
    for table in ("decisions", *_INHERITED):
        only = " AND inherited" if table == "decisions" else ""
        rows = connection.execute(
            f"SELECT * FROM {table} WHERE person_id IN (SELECT value FROM json_each(?)){only}"
            " ORDER BY id",
            (wanted,),
        ).fetchall()
        if not rows:
            continue
        columns = list(rows[0].keys())
        owner = columns.index("person_id")
        values = []
        for row in map(list, rows):
            row[owner] = heirs.get(table, {}).get(row[columns.index("id")], row[owner])
            values.append(tuple(row))
        places = ", ".join(f"?{at + 1}" for at in range(len(columns)))
        statement = (
            f"INSERT OR IGNORE INTO {table} SELECT {places}"
            f" WHERE EXISTS (SELECT 1 FROM people WHERE id = ?{owner + 1})"
        )
        found.append((statement, values))
    return found


def _make_name_free(connection: sqlite3.Connection, row: dict[str, Any]) -> None:
    """Give a person who comes back "Name (2)" when somebody else was given the name since."""
    name, key, number = row["name"], row["name_key"], 1
    taken = "SELECT 1 FROM people WHERE name_key = ?"
    while key is not None and connection.execute(taken, (row["name_key"],)).fetchone():
        number += 1
        row["name"], row["name_key"] = f"{name} ({number})", f"{key} ({number})"


def _out(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _in(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value
