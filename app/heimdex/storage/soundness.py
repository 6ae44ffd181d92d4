"""Finds damage in stored vectors, which SQLite cannot see: a byte changed in a value is a value.

Every vector has length one, so damaged ones show by their length. The structure of the file is
checked by `database`, the copies of the vectors by `index_check`.
"""

import sqlite3
from collections.abc import Callable

import numpy as np

from heimdex.domain.errors import Cancelled
from heimdex.storage.database import Database
from heimdex.storage.vector_rows import STORED, TIME

_MAY_DIFFER = 0.02
"""Half precision moves a length by a thousandth."""


def damaged_vectors(database: Database, cancelled: Callable[[], bool] = lambda: False) -> list[str]:
    """A sentence for each video and space whose vectors cannot be right.

    Reads all of them, one video at a time. Raises Cancelled soon after `cancelled()` became true.
    """
    problems: list[str] = []
    reading = database.read()
    for row in reading.execute(
        "SELECT v.id, v.video_id, s.key, s.dims, v.items FROM vectors v"
        " JOIN spaces s ON s.id = v.space_id ORDER BY v.id"
    ).fetchall():
        if cancelled():
            raise Cancelled("Cancelled.")
        held = reading.execute(
            "SELECT vectors, start_ms, end_ms FROM vectors WHERE id = ?", (row["id"],)
        ).fetchone()
        if held is not None and not _is_sound(held, row["items"], row["dims"]):
            problems.append(f"the vectors {row['key']} of video {row['video_id']} are damaged")
    return problems


def _is_sound(held: sqlite3.Row, items: int, dims: int) -> bool:
    sizes = (
        (held["vectors"], items * dims * STORED.itemsize),
        (held["start_ms"], items * TIME.itemsize),
        (held["end_ms"], items * TIME.itemsize),
    )
    if any(len(blob) != size for blob, size in sizes):
        return False
    vectors = np.frombuffer(held["vectors"], STORED).astype(np.float32).reshape(items, dims)
    lengths = np.linalg.norm(vectors, axis=1)
    starts, ends = (np.frombuffer(held[name], TIME) for name in ("start_ms", "end_ms"))
    # Written so that a length which is no number is not sound either.
    return bool((np.abs(lengths - 1) < _MAY_DIFFER).all() and (starts <= ends).all())
