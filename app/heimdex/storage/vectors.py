"""Keeps embeddings, one row for a video and a space, and searches them exactly.

Making vectors is `ml`'s work; approximate search over many of them is `chroma`'s.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Neighbour, Space, SpaceKind, VectorBatch, Vectors
from heimdex.storage.compact import Compact, CompactStore
from heimdex.storage.database import Database
from heimdex.storage.vector_rows import STORED, TIME, read_batch

CACHE_BYTES = 512 * 1024 * 1024
"""Whole matrices are kept for the next search up to this size in all."""

INDEXED = frozenset({SpaceKind.PASSAGE, SpaceKind.SCENE})
"""What the vector index holds. Frames are too many for it; faces are compared exactly, and a copy
of them elsewhere would only be one more to erase when somebody is forgotten."""


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Vectors of one space from several videos, stacked; row i belongs to item `index[i]` of
    `videos[owner[i]]` and stands for `start_ms[i]`..`end_ms[i]`. Read-only: it is shared.
    """

    space: Space
    vectors: Vectors
    videos: tuple[VideoId, ...]
    owner: NDArray[np.int32]
    index: NDArray[np.int32]
    start_ms: NDArray[np.int32]
    end_ms: NDArray[np.int32]
    offsets: NDArray[np.int64]
    """Rows of `videos[v]` are `offsets[v]` up to `offsets[v + 1]`."""

    def __len__(self) -> int:
        return len(self.vectors)

    def neighbours(self, query: Vectors, n: int) -> list[Neighbour]:
        """The `n` rows most similar to `query` (d,), best first, equals in stored order."""
        count = min(n, len(self.vectors))
        if count <= 0:
            return []
        similarity = self.vectors @ np.asarray(query, np.float32)
        if count < len(similarity):
            rows = np.argpartition(-similarity, count - 1)[:count]
        else:
            rows = np.arange(count)
        rows = rows[np.lexsort((rows, -similarity[rows]))]
        return [self._neighbour(int(row), float(similarity[row])) for row in rows]

    def _neighbour(self, row: int, similarity: float) -> Neighbour:
        return Neighbour(
            video_id=self.videos[self.owner[row]],
            index=int(self.index[row]),
            start_ms=int(self.start_ms[row]),
            end_ms=int(self.end_ms[row]),
            similarity=similarity,
        )


@dataclass(slots=True)
class _Cached:
    changes: int
    matrix: Matrix
    change_of: dict[VideoId, int]


class VectorStore:
    """Reads vectors; they are written by the commit of a stage. Safe to use from any thread."""

    def __init__(
        self, database: Database, cache_bytes: int = CACHE_BYTES, folder: Path | None = None
    ) -> None:
        """`folder`: where compact copies of large spaces are kept; without one, in memory only."""
        self._database = database
        self._cache_bytes = cache_bytes
        self._compact = CompactStore(database, folder)
        self._lock = threading.Lock()
        self._cache: dict[str, _Cached] = {}

    @property
    def database(self) -> Database:
        """Where the vectors are."""
        return self._database

    def spaces(self) -> list[Space]:
        """The spaces that hold vectors, in the order in which they came to be."""
        rows = self._database.read().execute(
            "SELECT key FROM spaces s WHERE EXISTS"
            " (SELECT 1 FROM vectors WHERE space_id = s.id) ORDER BY id"
        )
        return [Space.parse(row["key"]) for row in rows]

    def count(self, space: Space) -> int:
        """How many vectors the space holds."""
        row = (
            self._database.read()
            .execute(
                "SELECT coalesce(sum(items), 0) AS n FROM vectors"
                " WHERE space_id = (SELECT id FROM spaces WHERE key = ?)",
                (space.key,),
            )
            .fetchone()
        )
        return int(row["n"])

    def has(self, space: Space) -> bool:
        """Whether the space holds any vector."""
        found = self._database.read().execute(
            "SELECT EXISTS (SELECT 1 FROM vectors WHERE items > 0"
            " AND space_id = (SELECT id FROM spaces WHERE key = ?)) AS found",
            (space.key,),
        )
        return bool(found.fetchone()["found"])

    def videos(self, space: Space) -> frozenset[VideoId]:
        """The videos that have been embedded in this space, those without a vector included."""
        rows = self._database.read().execute(
            "SELECT video_id FROM vectors WHERE space_id = (SELECT id FROM spaces WHERE key = ?)",
            (space.key,),
        )
        return frozenset(VideoId(row["video_id"]) for row in rows)

    def batch(self, video_id: VideoId, space: Space) -> VectorBatch | None:
        """All vectors of one video in one space; None when that stage has not been done."""
        row = (
            self._database.read()
            .execute(
                "SELECT v.*, s.dims FROM vectors v JOIN spaces s ON s.id = v.space_id"
                " WHERE v.video_id = ? AND s.key = ?",
                (video_id, space.key),
            )
            .fetchone()
        )
        return None if row is None else read_batch(row)

    def matrix(self, space: Space, videos: Iterable[VideoId] | None = None) -> Matrix:
        """All vectors of the space, or those of some videos, stacked in the order of the ids.

        The whole matrix is kept and, when vectors change, only what changed is read again; with
        `videos` given it is cut from the kept one, or read alone where none is kept. A space
        nobody has used gives an empty matrix of shape (0, 0).
        """
        if videos is None:
            return self._whole(space)
        wanted = sorted(set(videos))
        with self._lock:
            kept = self._cache.get(space.key)
        if kept is not None and kept.changes == self._changes(space):
            return _cut(kept.matrix, wanted)
        with self._database.snapshot() as connection:
            dims = _dims(connection, space)
            rows = connection.execute(
                "SELECT v.*, ? AS dims FROM vectors v WHERE v.space_id ="
                " (SELECT id FROM spaces WHERE key = ?)"
                " AND v.video_id IN (SELECT value FROM json_each(?))",
                (dims, space.key, json.dumps(wanted)),
            )
            read = {VideoId(row["video_id"]): read_batch(row) for row in rows}
        return _stack(space, dims, read)

    def compact(self, space: Space) -> Compact:
        """All vectors of the space at one byte a number, for comparing with every one of them."""
        return self._compact.space(space)

    def discard_copies(self) -> None:
        """Delete the compact copies, which hold what was removed until they are next made.

        Raises UserError when they cannot be deleted.
        """
        try:
            self._compact.discard()
        except OSError as error:
            raise UserError(
                f"{error.filename or 'A copy of vectors'} cannot be deleted "
                f"({error.strerror or error}); close what uses it and try again."
            ) from error

    def rescored(
        self, space: Space, query: Vectors, candidates: Sequence[Neighbour]
    ) -> list[Neighbour]:
        """The candidates with exact cosines to `query` (d,), best first; those that have gone
        from the library meanwhile are left out. Reads single vectors, not whole videos."""
        connection = self._database.read()
        size = STORED.itemsize * len(query)
        by_video: dict[VideoId, list[Neighbour]] = {}
        for candidate in candidates:
            by_video.setdefault(candidate.video_id, []).append(candidate)
        found: list[Neighbour] = []
        rows = connection.execute(
            "SELECT id, video_id, items, start_ms, end_ms FROM vectors WHERE space_id ="
            " (SELECT id FROM spaces WHERE key = ?)"
            " AND video_id IN (SELECT value FROM json_each(?))",
            (space.key, json.dumps(list(by_video))),
        ).fetchall()
        for row in rows:
            starts = np.frombuffer(row["start_ms"], TIME)
            ends = np.frombuffer(row["end_ms"], TIME)
            with connection.blobopen("vectors", "vectors", row["id"], readonly=True) as blob:
                for each in by_video[VideoId(row["video_id"])]:
                    if each.index >= row["items"]:
                        continue
                    blob.seek(each.index * size)
                    vector = np.frombuffer(blob.read(size), STORED).astype(np.float32)
                    found.append(
                        replace(
                            each,
                            start_ms=int(starts[each.index]),
                            end_ms=int(ends[each.index]),
                            similarity=float(vector @ query),
                        )
                    )
        found.sort(key=lambda each: (-each.similarity, each.video_id, each.index))
        return found

    def drop(self, space: Space) -> None:
        """Forget all vectors of a space, for example of a model that is no longer used."""
        with self._database.write() as connection:
            # Vectors first: their trigger needs the space's row to tell the index.
            connection.execute(
                "DELETE FROM vectors WHERE space_id = (SELECT id FROM spaces WHERE key = ?)",
                (space.key,),
            )

    def _changes(self, space: Space) -> int:
        row = (
            self._database.read()
            .execute("SELECT changes FROM spaces WHERE key = ?", (space.key,))
            .fetchone()
        )
        return -1 if row is None else int(row["changes"])

    def _whole(self, space: Space) -> Matrix:
        # The lock also keeps two searches from reading the same gigabyte at the same time.
        with self._lock:
            kept = self._cache.get(space.key)
            if kept is not None and kept.changes == self._changes(space):
                return kept.matrix
            fresh = self._refresh(space, kept)
            self._cache.pop(space.key, None)
            self._cache[space.key] = fresh
            self._shrink()
            return fresh.matrix

    def _refresh(self, space: Space, kept: _Cached | None) -> _Cached:
        with self._database.snapshot() as connection:
            changes = self._changes(space)
            dims = _dims(connection, space)
            change_of = {
                VideoId(row["video_id"]): int(row["change"])
                for row in connection.execute(
                    "SELECT video_id, change FROM vectors"
                    " WHERE space_id = (SELECT id FROM spaces WHERE key = ?)",
                    (space.key,),
                )
            }
            old = kept.change_of if kept is not None else {}
            stale = [v for v, change in change_of.items() if old.get(v) != change]
            rows = connection.execute(
                "SELECT v.*, ? AS dims FROM vectors v WHERE v.space_id ="
                " (SELECT id FROM spaces WHERE key = ?)"
                " AND v.video_id IN (SELECT value FROM json_each(?))",
                (dims, space.key, json.dumps(stale)),
            )
            parts = {VideoId(row["video_id"]): read_batch(row) for row in rows}
        if kept is not None:
            for at, video_id in enumerate(kept.matrix.videos):
                if video_id in change_of and video_id not in parts:
                    parts[video_id] = _slice(kept.matrix, at)
        return _Cached(changes, _stack(space, dims, parts), change_of)

    def _shrink(self) -> None:
        """Drop the matrices not built for longest until the rest fits."""
        while self._cache and self._size() > self._cache_bytes:
            del self._cache[next(iter(self._cache))]

    def _size(self) -> int:
        return sum(kept.matrix.vectors.nbytes for kept in self._cache.values())


def put_vectors(
    connection: sqlite3.Connection, video_id: VideoId, space: Space, batch: VectorBatch
) -> None:
    """Store the vectors of a video in a space, replacing earlier ones; part of a stage's commit.

    The outbox and the caches are told by triggers. Raises ValueError on vectors that cannot be
    right: other dims than the space has, unequal lengths, NaN, not of unit length.
    """
    vectors = np.asarray(batch.vectors)
    if vectors.ndim != 2 or not len(vectors) == len(batch.start_ms) == len(batch.end_ms):
        raise ValueError(f"{space.key}: vectors and times do not belong together")
    norms = np.linalg.norm(vectors.astype(np.float32), axis=1)
    if not np.all(np.abs(norms - 1) < 0.01):  # also false for NaN
        raise ValueError(f"{space.key}: not every vector is finite and of unit length")
    row = connection.execute(
        "INSERT INTO spaces (key, dims, indexed, changes) VALUES (?, ?, ?, 1)"
        " ON CONFLICT (key) DO UPDATE SET changes = changes + 1,"
        # An empty batch of a silent video may have come first, without dimensions.
        " dims = CASE dims WHEN 0 THEN excluded.dims ELSE dims END RETURNING id, dims, changes",
        (space.key, vectors.shape[1], space.kind in INDEXED),
    ).fetchone()
    if len(vectors) and row["dims"] != vectors.shape[1]:
        raise ValueError(f"{space.key} has {row['dims']} dimensions, not {vectors.shape[1]}")
    connection.execute(
        "INSERT INTO vectors (video_id, space_id, items, change, start_ms, end_ms, vectors)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (video_id, space_id) DO UPDATE SET"
        " items = excluded.items, change = excluded.change, start_ms = excluded.start_ms,"
        " end_ms = excluded.end_ms, vectors = excluded.vectors",
        (
            video_id,
            row["id"],
            len(vectors),
            row["changes"],
            np.ascontiguousarray(batch.start_ms, TIME).tobytes(),
            np.ascontiguousarray(batch.end_ms, TIME).tobytes(),
            np.ascontiguousarray(vectors, STORED).tobytes(),
        ),
    )


def drop_vectors(
    connection: sqlite3.Connection,
    video_id: VideoId,
    kind: SpaceKind,
    keep: Space | None = None,
) -> None:
    """Delete a video's vectors of one kind in every space but `keep`: their items are gone."""
    connection.execute(
        "DELETE FROM vectors WHERE video_id = ? AND space_id IN"
        " (SELECT id FROM spaces WHERE key LIKE ? AND key <> ?)",
        (video_id, f"{kind}/%", "" if keep is None else keep.key),
    )


def indexed_counts(database: Database) -> dict[str, int]:
    """How many vectors each space has that the vector index should hold; empty ones left out."""
    rows = database.read().execute(
        "SELECT s.key, sum(v.items) AS n FROM spaces s JOIN vectors v ON v.space_id = s.id"
        " WHERE s.indexed GROUP BY s.key HAVING n > 0"
    )
    return {row["key"]: row["n"] for row in rows}


def _dims(connection: sqlite3.Connection, space: Space) -> int:
    row = connection.execute("SELECT dims FROM spaces WHERE key = ?", (space.key,)).fetchone()
    return 0 if row is None else int(row["dims"])


def _slice(matrix: Matrix, at: int) -> VectorBatch:
    rows = slice(int(matrix.offsets[at]), int(matrix.offsets[at + 1]))
    return VectorBatch(matrix.vectors[rows], matrix.start_ms[rows], matrix.end_ms[rows])


def _cut(matrix: Matrix, wanted: list[VideoId]) -> Matrix:
    places = {video_id: at for at, video_id in enumerate(matrix.videos)}
    parts = {v: _slice(matrix, places[v]) for v in wanted if v in places}
    return _stack(matrix.space, matrix.vectors.shape[1], parts)


def _stack(space: Space, dims: int, parts: dict[VideoId, VectorBatch]) -> Matrix:
    videos = tuple(sorted(parts))
    counts = np.array([len(parts[v]) for v in videos], np.int64)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    total = int(offsets[-1])
    vectors = np.empty((total, dims), np.float32)
    start_ms, end_ms = np.empty(total, np.int32), np.empty(total, np.int32)
    for at, video_id in enumerate(videos):
        rows = slice(int(offsets[at]), int(offsets[at + 1]))
        part = parts[video_id]
        vectors[rows], start_ms[rows], end_ms[rows] = part.vectors, part.start_ms, part.end_ms
    owner = np.repeat(np.arange(len(videos), dtype=np.int32), counts)
    index = (np.arange(total, dtype=np.int64) - np.repeat(offsets[:-1], counts)).astype(np.int32)
    for array in (vectors, start_ms, end_ms, owner, index, offsets):
        array.flags.writeable = False
    return Matrix(space, vectors, videos, owner, index, start_ms, end_ms, offsets)
