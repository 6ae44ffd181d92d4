"""Proves that the vector index holds what SQLite does: by counting, by searching, id by id.

What is done about an index that does not is left to `chroma`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from heimdex.storage.database import Database
from heimdex.storage.index_entries import Unsound, all_ids, entry_id, faults, nearest
from heimdex.storage.outbox import pending
from heimdex.storage.vector_rows import read_batch
from heimdex.storage.vectors import indexed_counts

_PROBES = 5
"""Stored vectors that must find themselves when an index is opened."""

Collections = Mapping[str, Any]
"""Chroma's collections by the key of their space."""


def check(database: Database, collections: Collections, *, untold: bool = False) -> None:
    """Raise `Unsound` unless counts agree and stored vectors find themselves.

    Counting alone is not enough: Chroma counts in its own SQLite, and an index file that is
    missing or cut short shows only when it is searched. With `untold`, spaces that the index has
    not been told everything about yet need not agree.
    """
    expected = indexed_counts(database)
    behind = {entry.space for entry in pending(database, None)[0]} if untold else set()
    for key, count in expected.items():
        collection = collections.get(key)
        with faults():
            found = 0 if collection is None else collection.count()
        if key in behind:
            count = min(count, found)
        if found != count and key not in behind:
            raise Unsound(f"{key} holds {found} vectors instead of {count}")
        if collection is not None and count:
            _probe(database, key, collection, count)
    extra = set(collections) - set(expected) - behind
    if extra:
        raise Unsound(f"{sorted(extra)[0]} should not be there")


def differences(database: Database, collections: Collections) -> list[str]:
    """What only one of them holds, a sentence a space; what waits to be told is no fault."""
    problems: list[str] = []
    waiting = {(e.video_id, e.space) for e in pending(database, None)[0]}
    for key in sorted(set(collections) | set(indexed_counts(database))):
        rows = database.read().execute(
            "SELECT v.video_id, v.items FROM vectors v JOIN spaces s ON s.id = v.space_id"
            " WHERE s.key = ?",
            (key,),
        )
        there = {
            entry_id(row["video_id"], i)
            for row in rows
            if (row["video_id"], key) not in waiting
            for i in range(row["items"])
        }
        listed: Iterable[str] = all_ids(collections[key]) if key in collections else ()
        held = {each for each in listed if (each.rpartition(":")[0], key) not in waiting}
        if there - held:
            problems.append(f"{key}: {len(there - held)} vectors are not in the index")
        if held - there:
            problems.append(f"{key}: {len(held - there)} vectors in the index do not exist")
    return problems


def _probe(database: Database, key: str, collection: Any, count: int) -> None:
    rows = (
        database.read()
        .execute(
            "SELECT v.*, s.dims FROM vectors v JOIN spaces s ON s.id = v.space_id"
            " WHERE v.id IN (SELECT v.id FROM vectors v JOIN spaces s ON s.id = v.space_id"
            " WHERE s.key = ?1 AND v.items > 0 AND v.video_id NOT IN"
            " (SELECT o.video_id FROM outbox o WHERE o.space = ?1) ORDER BY random() LIMIT ?2)",
            (key, _PROBES),
        )
        .fetchall()
    )
    found = 0
    for row in rows:
        vector = read_batch(row).vectors[-1]
        with faults():
            near = nearest(collection, vector, 10)
        if len(near) < min(10, count):
            raise Unsound(f"{key} finds {len(near)} of {min(10, count)} neighbours")
        found += near[0].similarity > 0.99
    if rows and found * 2 <= len(rows):
        raise Unsound(f"{key} does not find what it holds")
