"""How the vectors of one video stand in a row of the table `vectors`.

Which rows are read, and what for, is left to the modules that read them.
"""

import sqlite3
from typing import Final

import numpy as np

from heimdex.domain.vectors import VectorBatch

STORED: Final = np.dtype("<f2")
"""Half precision: a cosine is good to 0.0005."""
TIME: Final = np.dtype("<i4")


def read_batch(row: sqlite3.Row) -> VectorBatch:
    """Vectors and times from a row of `vectors` joined with the `dims` of its space."""
    vectors = np.frombuffer(row["vectors"], STORED).astype(np.float32)
    return VectorBatch(
        vectors=vectors.reshape(row["items"], row["dims"]),
        start_ms=np.frombuffer(row["start_ms"], TIME).astype(np.int32),
        end_ms=np.frombuffer(row["end_ms"], TIME).astype(np.int32),
    )
