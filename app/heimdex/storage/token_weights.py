"""Keeps the weights that a text model gives to the words of passages, and finds passages by them.

Making them is `ml`'s work, saying what a score means is left to search.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Space, SparseBatch, SparseVector
from heimdex.storage.database import Database

_OFFSET: Final = np.dtype("<u4")
_TOKEN: Final = np.dtype("<u4")
_WEIGHT: Final = np.dtype("<f2")

_PATCHED = 0.2
"""Share of a space that may have changed before its lists are made anew."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Item `index` of a video. `score`: the product of both sparse vectors; `share`: how much of
    the query's weight lies on tokens that the item holds, 0..1."""

    video_id: VideoId
    index: int
    score: float
    share: float


class TokenWeights:
    """Reads weights; they are written by the commit of a stage. Safe to use from any thread.

    The lists (token → items that hold it) are kept in memory, about 8 bytes a token of a passage;
    what changed since they were made stands in small lists beside them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._cache: dict[str, _Kept] = {}

    def has(self, space: Space) -> bool:
        """Whether any video of the space has weights."""
        found = self._database.read().execute(
            "SELECT EXISTS (SELECT 1 FROM token_weights)"
            " AND EXISTS (SELECT 1 FROM token_weights w JOIN vectors v ON v.id = w.vectors_id"
            " WHERE v.space_id = (SELECT id FROM spaces WHERE key = ?)) AS found",
            (space.key,),
        )
        return bool(found.fetchone()["found"])

    def batch(self, video_id: VideoId, space: Space) -> SparseBatch | None:
        """The weights of one video's items; None where there are none."""
        row = self._database.read().execute(
            "SELECT w.* FROM token_weights w JOIN vectors v ON v.id = w.vectors_id"
            " WHERE v.video_id = ? AND v.space_id = (SELECT id FROM spaces WHERE key = ?)",
            (video_id, space.key),
        )
        found = row.fetchone()
        return None if found is None else _read(found)

    def search(
        self,
        space: Space,
        query: SparseVector,
        n: int,
        videos: Collection[VideoId] | None = None,
    ) -> list[Weighed]:
        """The `n` items with the highest scores, best first, of some videos only if given; items
        that share no token with the query are left out."""
        total = float(query.weights.sum())
        if not total:
            return []
        kept = self._lists(space)
        found = kept.base.search(query, n, kept.outdated, videos)
        found += kept.patch.search(query, n, frozenset(), videos)
        found.sort(key=lambda each: (-each.score, each.video_id, each.index))
        return found[:n]

    def _lists(self, space: Space) -> "_Kept":
        # The lock also keeps two searches from making the same lists at the same time.
        with self._lock:
            with self._database.snapshot() as connection:
                row = connection.execute(
                    "SELECT changes FROM spaces WHERE key = ?", (space.key,)
                ).fetchone()
                changes = -1 if row is None else int(row["changes"])
                kept = self._cache.get(space.key)
                if kept is None or kept.changes != changes:
                    kept = self._cache[space.key] = _refreshed(connection, space, changes, kept)
            return kept


def put_weights(
    connection: sqlite3.Connection, video_id: VideoId, space: Space, batch: SparseBatch | None
) -> None:
    """Store the weights of a video's items beside their vectors, which must be there already, or
    forget earlier ones; part of a stage's commit. ValueError when they do not belong together."""
    row = connection.execute(
        "SELECT id, items FROM vectors WHERE video_id = ?"
        " AND space_id = (SELECT id FROM spaces WHERE key = ?)",
        (video_id, space.key),
    ).fetchone()
    connection.execute("DELETE FROM token_weights WHERE vectors_id = ?", (row["id"],))
    if batch is None:
        return
    offsets = batch.offsets
    if len(batch) != row["items"] or offsets[0] != 0 or (np.diff(offsets) < 0).any():
        raise ValueError(f"{space.key}: {row['items']} items come with {len(batch)} weights")
    if not len(batch.tokens) == len(batch.weights) == offsets[-1]:
        raise ValueError(f"{space.key}: tokens and weights do not belong together")
    if not np.isfinite(batch.weights).all() or (batch.weights <= 0).any():
        raise ValueError(f"{space.key}: not every weight is over 0")
    connection.execute(
        "INSERT INTO token_weights (vectors_id, offsets, tokens, weights) VALUES (?, ?, ?, ?)",
        (
            row["id"],
            np.ascontiguousarray(offsets, _OFFSET).tobytes(),
            np.ascontiguousarray(batch.tokens, _TOKEN).tobytes(),
            np.ascontiguousarray(batch.weights, _WEIGHT).tobytes(),
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Lists:
    """Token → rows that hold it; row r is item `index[r]` of `videos[owner[r]]`.

    `rows` and `weights` are sorted by token; those of `tokens[t]` reach from `starts[t]` up to
    `starts[t + 1]`.
    """

    videos: tuple[VideoId, ...] = ()
    owner: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    index: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    tokens: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    starts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    rows: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    weights: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))

    @classmethod
    def of(cls, batches: Mapping[VideoId, SparseBatch]) -> "_Lists":
        if not batches:
            return cls()
        parts = list(batches.values())
        sizes = [len(part) for part in parts]
        counts = np.concatenate([np.diff(part.offsets) for part in parts])
        tokens = np.concatenate([part.tokens for part in parts])
        rows = np.repeat(np.arange(sum(sizes), dtype=np.int32), counts)
        order = np.argsort(tokens, kind="stable")
        known, first = np.unique(tokens[order], return_index=True)
        return cls(
            tuple(batches),
            np.repeat(np.arange(len(parts), dtype=np.int32), sizes),
            np.concatenate([np.arange(size, dtype=np.int32) for size in sizes]),
            known,
            np.append(first, len(tokens)).astype(np.int64),
            rows[order],
            np.concatenate([part.weights for part in parts])[order],
        )

    def search(
        self,
        query: SparseVector,
        n: int,
        without: Collection[VideoId],
        videos: Collection[VideoId] | None,
    ) -> list[Weighed]:
        """The best items, those of the videos `without` left out."""
        scores = np.zeros(len(self.owner), np.float32)
        shares = np.zeros(len(self.owner), np.float32)
        places = np.searchsorted(self.tokens, query.tokens)
        for token, place, weight in zip(query.tokens, places, query.weights, strict=True):
            if place == len(self.tokens) or self.tokens[place] != token:
                continue
            part = slice(self.starts[place], self.starts[place + 1])
            # Each row stands in a list once, so that nothing is lost in adding this way.
            scores[self.rows[part]] += weight * self.weights[part]
            shares[self.rows[part]] += weight
        kept = np.array(
            [v not in without and (videos is None or v in videos) for v in self.videos], bool
        )
        if not kept.all():
            scores[~kept[self.owner]] = 0
        rows = np.flatnonzero(scores)
        if len(rows) > n:
            rows = rows[np.argpartition(-scores[rows], n - 1)[:n]]
        total = float(query.weights.sum())
        return [
            Weighed(
                self.videos[self.owner[row]],
                int(self.index[row]),
                float(scores[row]),
                min(1.0, float(shares[row]) / total),
            )
            for row in rows
        ]


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """`change_of` is how each video stood when `base` was made; those in `outdated` have changed
    or gone since, and stand in `patch` if they still have weights."""

    changes: int
    change_of: Mapping[VideoId, int]
    base: _Lists
    patch: _Lists
    outdated: frozenset[VideoId]


def _refreshed(
    connection: sqlite3.Connection, space: Space, changes: int, kept: _Kept | None
) -> _Kept:
    now = {
        VideoId(row["video_id"]): int(row["change"])
        for row in connection.execute(
            "SELECT v.video_id, v.change FROM token_weights w JOIN vectors v ON v.id = w.vectors_id"
            " WHERE v.space_id = (SELECT id FROM spaces WHERE key = ?) ORDER BY v.video_id",
            (space.key,),
        )
    }
    old = kept.change_of if kept is not None else {}
    changed = [video_id for video_id, change in now.items() if old.get(video_id) != change]
    outdated = frozenset(v for v, change in old.items() if now.get(v) != change)
    if kept is not None and max(len(changed), len(outdated)) <= _PATCHED * len(now):
        patch = _Lists.of(_batches(connection, space, changed))
        return _Kept(changes, old, kept.base, patch, outdated)
    base = _Lists.of(_batches(connection, space, list(now)))
    return _Kept(changes, now, base, _Lists(), frozenset())


def _batches(
    connection: sqlite3.Connection, space: Space, videos: Sequence[VideoId]
) -> dict[VideoId, SparseBatch]:
    rows = connection.execute(
        "SELECT v.video_id, w.* FROM token_weights w JOIN vectors v ON v.id = w.vectors_id"
        " WHERE v.space_id = (SELECT id FROM spaces WHERE key = ?)"
        " AND v.video_id IN (SELECT value FROM json_each(?)) ORDER BY v.video_id",
        (space.key, json.dumps(list(videos))),
    )
    return {VideoId(row["video_id"]): _read(row) for row in rows}


def _read(row: sqlite3.Row) -> SparseBatch:
    return SparseBatch(
        np.frombuffer(row["offsets"], _OFFSET).astype(np.int64),
        np.frombuffer(row["tokens"], _TOKEN).astype(np.uint32),
        np.frombuffer(row["weights"], _WEIGHT).astype(np.float32),
    )
