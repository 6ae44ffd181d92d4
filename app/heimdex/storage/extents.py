"""Keeps in memory when each video was recorded, how long it is and where its files lie: what
filters ask of thousands of videos with every letter that is typed.

Which videos a filter leaves is decided by `search`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.ids import VideoId
from heimdex.storage.database import Database, Stamp

BEST_FILE = "CASE state WHEN 'online' THEN 0 WHEN 'offline' THEN 1 ELSE 2 END, id"
"""The best place to read a video from is an online one; among those, the first that was added."""

_EXTENT = f"""
SELECT v.id, coalesce(m.recorded_at, f.mtime_ns / 1000000000), coalesce(m.duration_ms, 0)
FROM videos v
JOIN (SELECT video_id, mtime_ns, row_number()
      OVER (PARTITION BY video_id ORDER BY {BEST_FILE}) AS place
      FROM files) f ON f.video_id = v.id AND f.place = 1
LEFT JOIN media_info m ON m.video_id = v.id
"""


class Extent(NamedTuple):
    """One video in time: `recorded_at` as in `Video`, Unix seconds."""

    video_id: VideoId
    recorded_at: int
    duration_ms: int


@dataclass(frozen=True, eq=False)
class Extents:
    """The videos of a library at one moment; shared and never changed.

    `recorded_at` (n,): Unix seconds, as in `Video`; `duration_ms` (n,). `places`: every file's
    video and its path as text.
    """

    videos: tuple[VideoId, ...]
    recorded_at: NDArray[np.int64]
    duration_ms: NDArray[np.int64]
    places: tuple[tuple[VideoId, str], ...]

    def extent(self, row: int) -> Extent:
        """One of the videos."""
        return Extent(self.videos[row], int(self.recorded_at[row]), int(self.duration_ms[row]))

    @cached_property
    def rows(self) -> Mapping[VideoId, int]:
        """Where each video is."""
        return {video_id: row for row, video_id in enumerate(self.videos)}

    @cached_property
    def parents(self) -> Mapping[str, frozenset[VideoId]]:
        """The videos whose files lie in each folder itself, by its path as text."""
        found: dict[str, set[VideoId]] = {}
        for video_id, path in self.places:
            # As texts: a library has tens of thousands of files and few folders.
            found.setdefault(os.path.dirname(path), set()).add(video_id)  # noqa: PTH120
        return {parent: frozenset(videos) for parent, videos in found.items()}


class ExtentStore:
    """Reads them anew when the library has changed. Safe to use from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: tuple[Stamp, Extents] | None = None

    def now(self) -> Extents:
        """The videos as they are."""
        # Asked before reading: what is committed in between is read the next time.
        stamp = self._database.stamp()
        kept = self._kept
        if kept is None or kept[0] != stamp:
            kept = self._kept = (stamp, self._read())
        return kept[1]

    def _read(self) -> Extents:
        with self._database.snapshot() as connection:
            rows = connection.execute(_EXTENT).fetchall()
            files = connection.execute("SELECT video_id, path FROM files").fetchall()
        return Extents(
            tuple(VideoId(row[0]) for row in rows),
            np.array([row[1] for row in rows], np.int64),
            np.array([row[2] for row in rows], np.int64),
            tuple((VideoId(row[0]), row[1]) for row in files),
        )
