"""Keeps the embeddings in Chroma and answers "what is near this" from there, approximately.

SQLite is the truth and this is a copy: any doubt about it ends in a rebuild, and exact rescoring,
comparing all meanwhile, and in libraries that are small enough for that, are left to the caller
(`compact`). The only module that imports chromadb, at first use, because that takes a second.
"""

import logging
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from heimdex.domain.errors import HeimdexError
from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Neighbour, Space, SpaceKind, VectorBatch, Vectors
from heimdex.storage import index_check
from heimdex.storage.database import Database
from heimdex.storage.index_entries import Unsound, collection_name, entry_id, faults, nearest
from heimdex.storage.index_mark import IndexMark
from heimdex.storage.outbox import Pending, pending, refill, sent, settle_empty_spaces
from heimdex.storage.vector_rows import read_batch

FOLDER_NAME = "chroma"

ASKED_FROM: Final = 1 << 28
"""Numbers (vectors × dims) in one space from which on the index is asked: half a million vectors of
512. Comparing all of them takes 9 ms there, grows with the library and finds no less, so a smaller
library is better asked that way: see docs/search.md."""

# With a change of ids, metadata or these settings goes a new index_mark.LAYOUT. With 160 in the
# place of 800 only .947 of the ten nearest of 250,000 were found, in nearly the same time.
_HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 800, "max_neighbors": 24}
_CHUNK = 2000
"""Vectors told to Chroma in one call, below its limit of about 5,000."""

_log = logging.getLogger(__name__)

Report = Callable[[int, int], None]
"""Called with (videos done, videos in all)."""


class IndexNotReady(HeimdexError):
    """The index is being opened, checked or rebuilt; search the stored vectors exactly instead."""


class VectorIndex:
    """One collection a space, but for `vectors.INDEXED` kinds only. Queries may come from any
    thread.

    Nothing is opened before the first `sync`; what is to be told waits in the outbox. Chroma's
    files can make the process crash where they are damaged, so a mark is left while they are
    opened and tested (see `index_mark`).
    """

    def __init__(self, path: Path, asked_from: int = ASKED_FROM) -> None:
        self._path = path
        self._asked_from = asked_from
        self._mark = IndexMark(path)
        self._working = threading.RLock()
        self._using = threading.Condition()
        self._queries = 0
        self._thread: threading.Thread | None = None
        self._again = False
        self._ready = False
        self._closing = False
        self._client: Any = None
        self._collections: dict[str, Any] = {}

    @property
    def ready(self) -> bool:
        """Whether `query` can answer now."""
        return self._ready

    def serves(self, numbers: int) -> bool:
        """Whether it is asked where so many numbers would have to be compared."""
        return numbers >= self._asked_from

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
            with faults():
                return nearest(collection, vector, n)
        except Unsound as error:
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
                except Unsound as error:
                    _log.warning("vector index fails (%s); rebuilding", error)
                    return self.rebuild(database, report)
            try:
                with self._marked(database):
                    self._open()
                    told = self._settle(database, report)
            except Unsound as error:
                _log.warning("vector index is not sound (%s); rebuilding", error)
                return self.rebuild(database, report)
            self._ready = not self._closing
            return told

    def sync_soon(self, database: Database) -> None:
        """`sync` on a thread of its own, because opening a large index takes seconds and filling
        one many minutes; search compares all vectors until then. Nothing is opened where there is
        nothing to tell and nobody will ask."""
        if not (self._ready or self._is_asked(database) or pending(database, 1)[0]):
            return
        with self._using:
            self._again = True
            if self._closing or (self._thread is not None and self._thread.is_alive()):
                return
            self._thread = threading.Thread(
                target=self._keep_up, args=(database,), name="heimdex-vector-index", daemon=True
            )
            self._thread.start()

    def verify(self, database: Database) -> list[str]:
        """Compare all ids in the index with SQLite, and search for some; returns the problems."""
        with self._working:
            try:
                with self._marked(database):
                    self._open()
                    problems = index_check.differences(database, self._collections)
                    if not problems:
                        index_check.check(database, self._collections, untold=True)
            except Unsound as error:
                return [f"the vector index is damaged ({error})"]
            return problems

    def rebuild(self, database: Database, report: Report | None = None) -> int:
        """Drop the index and fill it again from the stored vectors; returns for how many entries.

        If it is interrupted, the next `sync` goes on with what is missing. Raises IndexNotReady
        when the index cannot be written.
        """
        with self._working:
            self._discard(database)
            try:
                with self._marked(database):
                    self._open()
                    told = self._settle(database, report)
            except Unsound as error:
                raise self._unwritable(error) from error
            self._ready = not self._closing
            return told

    def close(self) -> None:
        """Finish what is being told, then close; a rebuild stops early. Idempotent."""
        self._closing = True
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        with self._working:
            self._stop_queries()
            self._disconnect()
            self._closing = False

    def _keep_up(self, database: Database) -> None:
        while True:
            with self._using:
                if self._closing or not self._again:
                    # Said while nobody can ask for another round that would not be made.
                    self._thread = None
                    return
                self._again = False
            try:
                self.sync(database)
            except (HeimdexError, OSError, sqlite3.Error):
                _log.exception("the vector index was not updated; search does without")

    def _is_asked(self, database: Database) -> bool:
        """Whether a space that is searched has so many numbers that `serves` is true."""
        largest = database.read().execute(
            "SELECT max(numbers) FROM (SELECT sum(v.items) * s.dims AS numbers FROM spaces s"
            " JOIN vectors v ON v.space_id = s.id WHERE s.key NOT LIKE ? GROUP BY s.id)",
            (f"{SpaceKind.FACE}/%",),
        )
        return self.serves(largest.fetchone()[0] or 0)

    def _discard(self, database: Database) -> None:
        """Delete the index; everything is to be told again."""
        self._stop_queries()
        self._disconnect()
        refill(database)
        try:
            if self._path.is_dir():
                shutil.rmtree(self._path)
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(error.strerror or error) from error
        self._mark.forget()

    def _unwritable(self, reason: object) -> IndexNotReady:
        return IndexNotReady(
            f"The vector index cannot be written to {self._path} ({reason}); search goes on "
            "without it, a little slower."
        )

    def _stop_queries(self) -> None:
        with self._using:
            self._ready = False
            self._using.wait_for(lambda: self._queries == 0)

    def _disconnect(self) -> None:
        self._collections = {}
        client, self._client = self._client, None
        if client is not None:
            try:
                with faults():
                    client.close()
            except Unsound as error:
                _log.warning("closing the vector index: %s", error)

    @contextmanager
    def _marked(self, database: Database) -> Iterator[None]:
        """Refuse a folder that crashed the last time or belongs elsewhere; mark it meanwhile."""
        if self._client is None:
            complaint = self._mark.complaint(database)
            if complaint:
                raise Unsound(complaint)
        with faults(), self._mark.opening(database):
            yield

    def _open(self) -> None:
        if self._client is not None:
            return
        with faults():
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
            with faults():
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
                index_check.check(database, self._collections)
                break
            except Unsound:
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
            if not told and not self._ready:
                self._mark.went_on(database)
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
                    ids.extend(entry_id(entry.video_id, i) for i in range(count))
                gone.extend(entry_id(entry.video_id, i) for i in range(count, entry.reach))
            with faults():
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
            with faults():
                self._client.delete_collection(collection_name(key))
