"""Compares a question with every vector of a space at one byte a number, fast enough for a million.

A copy of what SQLite holds, kept in memory-mapped files that may be deleted at any time. Exact
vectors of what is found near are `vectors`' affair. Scaling each vector by its own largest number
costs about 0.0005 of a cosine: the order of near neighbours is settled by comparing those again.
"""

import json
import logging
import shutil
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Neighbour, Space, Vectors
from heimdex.storage.compact_files import Block, read_block, write_block
from heimdex.storage.database import Database
from heimdex.storage.vector_rows import read_batch

NOT_THERE: Final = -2.0
"""The similarity of rows that were not asked for or are gone; below every cosine."""

_AT_ONCE: Final = 1 << 16
"""Rows compared in one call: 1 to 2 ms at 512 numbers, after which other threads get their turn."""
_BRIDGE: Final = 1 << 9
"""Rows nobody asked for that are compared nevertheless where they part others: a call of its own
for what lies behind them costs as much."""
_FEW: Final = 8
"""Less than one video in so many is looked up one by one."""
_WORTH_A_FILE: Final = 20_000
_TAIL: Final = 0.2
"""When this share of the rows has changed since the block was made, it is made anew."""
_READ: Final = 500

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Among:
    """Some of the rows of a compact copy. `rows` (n,) says of each whether it is one of them,
    `others` the opposite; `runs` are the [first, last) that hold them all, short gaps bridged."""

    rows: NDArray[np.bool_]
    others: NDArray[np.bool_]
    runs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, rows: NDArray[np.bool_]) -> "Among":
        """The rows for which `rows` is true."""
        return cls(rows, ~rows, _runs(rows))


@dataclass(frozen=True, slots=True, eq=False)
class Compact:
    """All vectors of one space as they were at one moment; shared and never changed.

    Row i is item `index[i]` of `videos[owner[i]]` and stands for `start_ms[i]`..`end_ms[i]`; rows
    of a video lie together and in order. `owner` is -1 for rows whose vectors have changed since.
    """

    space: Space
    videos: tuple[VideoId, ...]
    owner: NDArray[np.int32]
    index: NDArray[np.int32]
    start_ms: NDArray[np.int32]
    end_ms: NDArray[np.int32]
    rows: dict[VideoId, slice]
    blocks: tuple[Block, ...]
    gone: bool
    """Whether there are rows with owner -1."""
    _last: dict[frozenset[VideoId], Among] = field(default_factory=dict)
    """The rows that were asked for last: a filter stays while a sentence is typed."""

    def __len__(self) -> int:
        return len(self.owner)

    @property
    def numbers(self) -> int:
        """How many numbers are compared with a query: vectors × dims."""
        return sum(block.codes.size for block in self.blocks)

    def similarity(self, query: Vectors, among: Among | None = None) -> NDArray[np.float32]:
        """About the cosine of every row to a unit vector (d,), shape (n,); only of the rows in
        `among`, where given, and `NOT_THERE` elsewhere."""
        import simsimd

        found = np.full(len(self), NOT_THERE, np.float32)
        largest = float(np.abs(query).max()) if len(query) else 0.0
        if not largest or not len(self):
            return found
        asked = np.rint(query * (127 / largest)).astype(np.int8)[None]
        runs = ((0, len(self)),) if among is None else among.runs
        at = 0
        for block in self.blocks:
            for first, last in _inside(runs, at, at + len(block)):
                rows = slice(first - at, last - at)
                dots = np.asarray(simsimd.cdist(asked, block.codes[rows], "dot"))
                found[first:last] = dots[0] * (block.scales[rows] * np.float32(largest / 127))
            at += len(block)
        if self.gone:
            found[self.owner < 0] = NOT_THERE
        if among is not None:
            np.copyto(found, NOT_THERE, where=among.others)
        return found

    def similarities(self, rows: NDArray[np.int64], others: Vectors) -> NDArray[np.float32]:
        """About the cosines of some rows to several unit vectors (m, d), shape (len(rows), m)."""
        import simsimd

        found = np.full((len(rows), len(others)), NOT_THERE, np.float32)
        at = 0
        for block in self.blocks:
            here = (rows >= at) & (rows < at + len(block))
            inside = rows[here] - at
            if len(inside):
                # Not `@`: for so few rows its threads cost more than they do, on a busy machine.
                vectors = block.codes[inside] * block.scales[inside, None]
                found[here] = np.asarray(simsimd.cdist(vectors, others, "dot"))
            at += len(block)
        return found

    def neighbour(self, row: int, similarity: float) -> Neighbour:
        """A row that is not gone, as what was found near."""
        return Neighbour(
            self.videos[self.owner[row]],
            int(self.index[row]),
            int(self.start_ms[row]),
            int(self.end_ms[row]),
            similarity,
        )

    def of(self, videos: Collection[VideoId]) -> Among:
        """The rows of some videos."""
        chosen = frozenset(videos)
        among = self._last.get(chosen)
        if among is None:
            among = Among.of(self._rows_of(chosen))
            self._last.clear()
            self._last[chosen] = among
        return among

    def _rows_of(self, chosen: frozenset[VideoId]) -> NDArray[np.bool_]:
        rows = np.zeros(len(self), bool)
        if not self.videos or _FEW * len(chosen) <= len(self.videos):
            for part in (self.rows[v] for v in chosen if v in self.rows):
                rows[part] = True
        else:
            wanted = np.fromiter(map(chosen.__contains__, self.videos), bool, len(self.videos))
            # Rows that are gone count as the last video's here.
            np.take(wanted, self.owner, out=rows, mode="wrap")
            if self.gone:
                rows &= self.owner >= 0
        return rows


class CompactStore:
    """Keeps the compact copies of a library's spaces up to date. Safe to use from any thread."""

    def __init__(self, database: Database, folder: Path | None) -> None:
        """`folder`: for the files of large spaces, made when the first one is written."""
        self._database = database
        self._folder = folder
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[int, Compact]] = {}
        self._blocks: dict[str, Block] = {}

    def space(self, space: Space) -> Compact:
        """The space as it is now; only what has changed since the last time is read."""
        with self._lock:
            changes = self._changes(space)
            kept = self._kept.get(space.key)
            if kept is None or kept[0] != changes:
                kept = (changes, self._made(space))
                self._kept[space.key] = kept
            return kept[1]

    def discard(self) -> None:
        """Delete all copies; they are made anew when they are next asked for. Raises OSError."""
        with self._lock:
            self._kept.clear()
            self._blocks.clear()
            if self._folder is not None and self._folder.exists():
                shutil.rmtree(self._folder)

    def _changes(self, space: Space) -> int:
        row = (
            self._database.read()
            .execute("SELECT changes FROM spaces WHERE key = ?", (space.key,))
            .fetchone()
        )
        return -1 if row is None else int(row["changes"])

    def _made(self, space: Space) -> Compact:
        wanted = self._change_of(space)
        block = self._blocks.get(space.key)
        if block is None and self._folder is not None:
            block = read_block(self._folder, space.key)
        if block is not None:
            same = {
                v: at for at, v in enumerate(block.videos) if wanted.get(v) == block.change_of[v]
            }
            if len(wanted) - len(same) > _TAIL * max(1, len(same)):
                block = None
        if block is None:
            block = self._read(space, wanted)
            if self._folder is not None and len(block) >= _WORTH_A_FILE:
                try:
                    block = write_block(self._folder, space.key, block)
                except OSError as error:
                    _log.warning("the compact vectors are kept in memory only: %s", error)
            same = {v: at for at, v in enumerate(block.videos)}
        self._blocks[space.key] = block
        missing = {v: change for v, change in wanted.items() if v not in same}
        tail = self._read(space, missing) if missing else None
        return _joined(space, block, set(same), tail)

    def _change_of(self, space: Space) -> dict[VideoId, int]:
        """Videos with vectors in the space, and the number of their last change; in the order in
        which they were filmed, so that those of some months, or of one journey, lie together."""
        rows = self._database.read().execute(
            "SELECT v.video_id, v.change FROM vectors v"
            " LEFT JOIN media_info m ON m.video_id = v.video_id"
            " WHERE v.items > 0 AND v.space_id = (SELECT id FROM spaces WHERE key = ?)"
            " ORDER BY coalesce(m.recorded_at, (SELECT min(f.mtime_ns) / 1000000000 FROM files f"
            " WHERE f.video_id = v.video_id)), v.video_id",
            (space.key,),
        )
        return {VideoId(row["video_id"]): int(row["change"]) for row in rows}

    def _read(self, space: Space, wanted: dict[VideoId, int]) -> Block:
        """Read and pack vectors some videos at a time, so that the whole is never there twice."""
        videos = list(wanted)
        blocks = [
            packed
            for at in range(0, len(videos), _READ)
            if (packed := self._packed(space, videos[at : at + _READ])) is not None
        ]
        return Block.joined(blocks)

    def _packed(self, space: Space, videos: list[VideoId]) -> Block | None:
        rows = self._database.read().execute(
            "SELECT v.*, s.dims FROM vectors v JOIN spaces s ON s.id = v.space_id"
            " WHERE s.key = ? AND v.items > 0 AND v.video_id IN (SELECT value FROM json_each(?))",
            (space.key, json.dumps(videos)),
        )
        read = {VideoId(r["video_id"]): (int(r["change"]), read_batch(r)) for r in rows}
        if not read:
            return None
        found = [(video_id, *read[video_id]) for video_id in videos if video_id in read]
        vectors = np.concatenate([batch.vectors for _, _, batch in found])
        largest = np.abs(vectors).max(axis=1, keepdims=True)
        return Block(
            codes=np.rint(vectors * (127 / np.maximum(largest, 1e-9))).astype(np.int8),
            scales=(largest[:, 0] / 127).astype(np.float32),
            start_ms=np.concatenate([batch.start_ms for _, _, batch in found]),
            end_ms=np.concatenate([batch.end_ms for _, _, batch in found]),
            videos=tuple(v for v, _, _ in found),
            counts=np.array([len(batch) for _, _, batch in found], np.int64),
            changes=np.array([change for _, change, _ in found], np.int64),
        )


def _joined(space: Space, block: Block, alive: set[VideoId], tail: Block | None) -> Compact:
    """The block's rows that are still true, and the tail's behind them."""
    blocks = (block,) if tail is None else (block, tail)
    videos: list[VideoId] = []
    owners, indexes = [], []
    rows: dict[VideoId, slice] = {}
    at = 0
    for number, each in enumerate(blocks):
        numbers = np.empty(len(each.videos), np.int32)
        for place, (video_id, count) in enumerate(
            zip(each.videos, each.counts.tolist(), strict=True)
        ):
            if number == 0 and video_id not in alive:
                numbers[place] = -1
            else:
                numbers[place] = len(videos)
                rows[video_id] = slice(at, at + count)
                videos.append(video_id)
            at += count
        owners.append(np.repeat(numbers, each.counts))
        starts = np.cumsum(each.counts) - each.counts
        indexes.append((np.arange(len(each)) - np.repeat(starts, each.counts)).astype(np.int32))
    return Compact(
        space=space,
        videos=tuple(videos),
        owner=np.concatenate(owners),
        index=np.concatenate(indexes),
        start_ms=np.concatenate([each.start_ms for each in blocks]),
        end_ms=np.concatenate([each.end_ms for each in blocks]),
        rows=rows,
        blocks=blocks,
        gone=len(alive) < len(block.videos),
    )


def _runs(rows: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    edges = np.flatnonzero(np.diff(rows, prepend=False, append=False))
    firsts, lasts = edges[::2], edges[1::2]
    if not len(firsts):
        return ()
    apart = firsts[1:] - lasts[:-1] > _BRIDGE
    starts = firsts[np.concatenate([[True], apart])]
    stops = lasts[np.concatenate([apart, [True]])]
    return tuple(zip(starts.tolist(), stops.tolist(), strict=True))


def _inside(runs: Iterable[tuple[int, int]], start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The rows [start, stop) that belong to `runs`, in pieces that do not take long."""
    for run in runs:
        first, last = max(run[0], start), min(run[1], stop)
        for at in range(first, last, _AT_ONCE):
            yield at, min(at + _AT_ONCE, last)
