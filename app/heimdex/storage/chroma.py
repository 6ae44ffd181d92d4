"""Keeps a Chroma index of the vectors and answers "what is near this" from it, approximately.

SQLite is the truth and this is a copy: any doubt about it ends in a rebuild, and exact rescoring
and exact search meanwhile are left to the caller (`vectors.Matrix`). The only module that imports
chromadb, at first use, because that takes a second.
"""

import hashlib
import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from heimdex.domain.errors import HeimdexError
from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Neighbour, Space, VectorBatch, Vectors
from heimdex.storage.database import Database
from heimdex.storage.index_mark import IndexMark
from heimdex.storage.outbox import Pending, pending, refill, sent, settle_empty_spaces
from heimdex.storage.vector_rows import read_batch
from heimdex.storage.vectors import indexed_counts

FOLDER_NAME = "chroma"

# With a change of ids, metadata or these settings goes a new index_mark.LAYOUT.
_HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 160, "max_neighbors": 24}
_CHUNK = 2000
"""Vectors told to Chroma in one call, below its limit of about 5,000."""
_PROBES = 5
"""Stored vectors that must find themselves when an index is opened."""

_log = logging.getLogger(__name__)

Report = Callable[[int, int], None]
"""Called with (videos done, videos in all)."""


class IndexNotReady(HeimdexError):
    """The index is being opened, checked or rebuilt; search the stored vectors exactly instead."""


class _Unsound(Exception):
    """The index does not hold what it should."""


class VectorIndex:
    """One collection a space, but for `vectors.INDEXED` kinds only. Queries may come from any
    thread.

    Nothing is opened before the first `sync`, which belongs at the start of a session, off the
    window's thread. Chroma's files can make the process crash where they are damaged, so a mark is
    left while they are opened and tested: if the next start finds the mark, it rebuilds.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = IndexMark(path)
        self._working = threading.RLock()
        self._using = threading.Condition()
        self._queries = 0
        self._ready = False
        self._closing = False
        self._client: Any = None
        self._collections: dict[str, Any] = {}

    @property
    def ready(self) -> bool:
        """Whether `query` can answer now."""
        return self._ready

    def query(self, space: Space, vector: Vectors, n: int) -> list[Neighbour]:
        """About the `n` nearest to a unit vector (d,), best first; similarities are rounded.

        A space without vectors gives nothing. Raises IndexNotReady.
        """
        with self._using:
            if not self._ready:
                raise IndexNotReady("The vector index is not ready yet.")
            self._queries += 1
        try:
            collection = self._collections.get(space.key)
            if collection is None or n <= 0:
                return []
            with _faults():
                return _query(collection, vector, n)
        except _Unsound as error:
            # The next `sync` finds it not ready, opens it anew and rebuilds if need be.
            self._ready = False
            raise IndexNotReady("The vector index is damaged and will be rebuilt.") from error
        finally:
            with self._using:
                self._queries -= 1
                self._using.notify_all()

    def sync(self, database: Database, report: Report | None = None) -> int:
        """Tell the index what has changed since the last time; returns for how many (video, space).

        The first time it also opens and checks the index, and rebuilds it when it is damaged, of
        another library or incomplete. What was told before a crash is told again harmlessly.
        """
        with self._working:
            if self._ready:
                try:
                    return self._replay(database, report)
                except _Unsound as error:
                    _log.warning("vector index fails (%s); rebuilding", error)
                    return self.rebuild(database, report)
            try:
                with self._marked(database):
                    self._open()
                    told = self._settle(database, report)
            except _Unsound as error:
                _log.warning("vector index is not sound (%s); rebuilding", error)
                return self.rebuild(database, report)
            self._ready = not self._closing
            return told

    def verify(self, database: Database) -> list[str]:
        """Compare all ids in the index with SQLite, and search for some; returns the problems."""
        with self._working:
            try:
                with self._marked(database):
                    self._open()
                    problems = self._differences(database)
                    if not problems:
                        self._check(database)
            except _Unsound as error:
                return [f"the vector index is damaged ({error})"]
            return problems

    def rebuild(self, database: Database, report: Report | None = None) -> int:
        """Drop the index and fill it again from the stored vectors; returns for how many entries.

        If it is interrupted, the next `sync` goes on with what is missing. Raises IndexNotReady
        when the index cannot be written.
        """
        with self._working:
            self._stop_queries()
            self._disconnect()
            refill(database)
            shutil.rmtree(self._path, ignore_errors=True)
            try:
                with self._marked(database):
                    self._open()
                    told = self._settle(database, report)
            except _Unsound as error:
                raise IndexNotReady(
                    f"The vector index cannot be written to {self._path} ({error}); search goes "
                    "on without it, a little slower."
                ) from error
            self._ready = not self._closing
            return told

    def close(self) -> None:
        """Finish what is being told, then close; a rebuild stops early. Idempotent."""
        self._closing = True
        with self._working:
            self._stop_queries()
            self._disconnect()
            self._closing = False

    def _stop_queries(self) -> None:
        with self._using:
            self._ready = False
            self._using.wait_for(lambda: self._queries == 0)

    def _disconnect(self) -> None:
        self._collections = {}
        client, self._client = self._client, None
        if client is not None:
            try:
                with _faults():
                    client.close()
            except _Unsound as error:
                _log.warning("closing the vector index: %s", error)

    @contextmanager
    def _marked(self, database: Database) -> Iterator[None]:
        """Refuse a folder that crashed the last time or belongs elsewhere; mark it meanwhile."""
        if self._client is None:
            complaint = self._mark.complaint(database)
            if complaint:
                raise _Unsound(complaint)
        with _faults():
            self._mark.write(database, opening=True)
        try:
            yield
        finally:
            # An error that Python sees was survived: only a crash leaves the mark.
            with _faults():
                self._mark.write(database, opening=False)

    def _open(self) -> None:
        if self._client is not None:
            return
        with _faults():
            import chromadb
            from chromadb.api.shared_system_client import SharedSystemClient
            from chromadb.config import Settings

            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._client = chromadb.PersistentClient(
                    str(self._path), settings=Settings(anonymized_telemetry=False)
                )
            except BaseException:
                # Chroma keeps a half-started system for the path and would hand it out again.
                SharedSystemClient.clear_system_cache()
                raise
            for listed in self._client.list_collections():
                key = (listed.metadata or {}).get("space")
                if key:
                    # Fetched by name, because a listed one comes with an embedding function.
                    self._collections[key] = self._client.get_collection(
                        listed.name, embedding_function=None
                    )

    def _collection(self, key: str) -> Any:
        collection = self._collections.get(key)
        if collection is None:
            with _faults():
                collection = self._client.get_or_create_collection(
                    collection_name(key),
                    embedding_function=None,
                    metadata={"space": key},
                    configuration={"hnsw": _HNSW},
                )
            self._collections[key] = collection
        return collection

    def _settle(self, database: Database, report: Report | None) -> int:
        """Replay and check. A stage that is committed between the two would look like a fault."""
        told = 0
        while not self._closing:
            told += self._replay(database, report)
            try:
                self._check(database)
                break
            except _Unsound:
                if not pending(database, 1)[0]:
                    raise
        return told

    def _replay(self, database: Database, report: Report | None) -> int:
        """Tell what the outbox holds, some videos at a time; each is crossed out once it is told.

        A crash between telling and crossing out makes it be told twice, which changes nothing.
        """
        told = 0
        self._drop_empty(database)
        while not self._closing:
            entries, left = pending(database, _CHUNK)
            if not entries:
                break
            self._tell(database, entries)
            sent(database, entries)
            told += len(entries)
            if report is not None:
                report(told, told + left)
        return told

    def _tell(self, database: Database, entries: list[Pending]) -> None:
        for key in dict.fromkeys(entry.space for entry in entries):
            collection = self._collection(key)
            ids: list[str] = []
            parts: list[tuple[VideoId, VectorBatch]] = []
            gone: list[str] = []
            for entry in entries:
                if entry.space != key:
                    continue
                row = (
                    database.read()
                    .execute(
                        "SELECT v.*, s.dims FROM vectors v JOIN spaces s ON s.id = v.space_id"
                        " WHERE v.video_id = ? AND s.key = ?",
                        (entry.video_id, key),
                    )
                    .fetchone()
                )
                count = 0
                if row is not None:
                    batch = read_batch(row)
                    count = len(batch)
                    parts.append((entry.video_id, batch))
                    ids.extend(_id(entry.video_id, i) for i in range(count))
                gone.extend(_id(entry.video_id, i) for i in range(count, entry.reach))
            with _faults():
                for at in range(0, len(gone), _CHUNK):
                    collection.delete(ids=gone[at : at + _CHUNK])
                if not ids:
                    continue
                vectors = np.concatenate([batch.vectors for _, batch in parts])
                times = [
                    {"s": int(start), "e": int(end)}
                    for _, batch in parts
                    for start, end in zip(batch.start_ms, batch.end_ms, strict=True)
                ]
                for at in range(0, len(ids), _CHUNK):
                    rows = slice(at, at + _CHUNK)
                    collection.upsert(
                        ids=ids[rows], embeddings=vectors[rows], metadatas=times[rows]
                    )

    def _drop_empty(self, database: Database) -> None:
        """Spaces nothing is left of go as a whole; deleting item by item leaves husks behind."""
        for key in settle_empty_spaces(database, self._collections):
            del self._collections[key]
            with _faults():
                self._client.delete_collection(collection_name(key))

    def _check(self, database: Database) -> None:
        """Raise _Unsound unless counts agree and stored vectors find themselves.

        Counting alone is not enough: Chroma counts in its own SQLite, and an index file that is
        missing or cut short shows only when it is searched.
        """
        expected = indexed_counts(database)
        for key, count in expected.items():
            collection = self._collections.get(key)
            with _faults():
                found = 0 if collection is None else collection.count()
            if found != count:
                raise _Unsound(f"{key} holds {found} vectors instead of {count}")
            if collection is not None and count:
                self._probe(database, key, collection, count)
        extra = set(self._collections) - set(expected)
        if extra:
            raise _Unsound(f"{sorted(extra)[0]} should not be there")

    def _probe(self, database: Database, key: str, collection: Any, count: int) -> None:
        rows = (
            database.read()
            .execute(
                "SELECT v.*, s.dims FROM vectors v JOIN spaces s ON s.id = v.space_id"
                " WHERE v.id IN (SELECT v.id FROM vectors v JOIN spaces s ON s.id = v.space_id"
                " WHERE s.key = ? AND v.items > 0 ORDER BY random() LIMIT ?)",
                (key, _PROBES),
            )
            .fetchall()
        )
        found = 0
        for row in rows:
            vector = read_batch(row).vectors[-1]
            with _faults():
                near = _query(collection, vector, 10)
            if len(near) < min(10, count):
                raise _Unsound(f"{key} finds {len(near)} of {min(10, count)} neighbours")
            found += near[0].similarity > 0.99
        if found * 2 <= len(rows):
            raise _Unsound(f"{key} does not find what it holds")

    def _differences(self, database: Database) -> list[str]:
        problems: list[str] = []
        waiting = {(e.video_id, e.space) for e in pending(database, None)[0]}
        for key in sorted(set(self._collections) | set(indexed_counts(database))):
            rows = database.read().execute(
                "SELECT v.video_id, v.items FROM vectors v JOIN spaces s ON s.id = v.space_id"
                " WHERE s.key = ?",
                (key,),
            )
            there = {
                _id(row["video_id"], i)
                for row in rows
                if (row["video_id"], key) not in waiting
                for i in range(row["items"])
            }
            held = {
                each for each in self._all_ids(key) if (each.rpartition(":")[0], key) not in waiting
            }
            if there - held:
                problems.append(f"{key}: {len(there - held)} vectors are not in the index")
            if held - there:
                problems.append(f"{key}: {len(held - there)} vectors in the index do not exist")
        return problems

    def _all_ids(self, key: str) -> Iterator[str]:
        collection = self._collections.get(key)
        if collection is None:
            return
        at = 0
        while True:
            with _faults():
                ids = collection.get(include=[], limit=10_000, offset=at)["ids"]
            if not ids:
                return
            yield from ids
            at += len(ids)


def collection_name(key: str) -> str:
    """A name within Chroma's rules (3–512 of `[a-zA-Z0-9._-]`); the key itself is metadata."""
    return f"{key.partition('/')[0]}-{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def _id(video_id: str, index: int) -> str:
    return f"{video_id}:{index}"


def _query(collection: Any, vector: Vectors, n: int) -> list[Neighbour]:
    found = collection.query(
        query_embeddings=[np.asarray(vector, np.float32)],
        n_results=n,
        include=["distances", "metadatas"],
    )
    neighbours = []
    rows = zip(found["ids"][0], found["distances"][0], found["metadatas"][0], strict=True)
    for name, distance, times in rows:
        video_id, _, index = name.rpartition(":")
        neighbours.append(
            Neighbour(VideoId(video_id), int(index), times["s"], times["e"], 1.0 - distance)
        )
    return neighbours


@contextmanager
def _faults() -> Iterator[None]:
    """Turn whatever Chroma raises into _Unsound: everything it holds can be made again."""
    try:
        yield
    except _Unsound:
        raise
    except Exception as error:
        raise _Unsound(f"{type(error).__name__}: {str(error)[:200]}") from error
    except BaseException as error:
        # A panic in Chroma's Rust core arrives as a BaseException of a type nobody can import.
        if type(error).__name__ != "PanicException":
            raise
        raise _Unsound(f"panic: {str(error)[:200]}") from error
