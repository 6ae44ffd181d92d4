"""The weights that a text model has learnt for the words of passages."""

import sqlite3

NAME = "learned words"

# One row for a row of `vectors`, and gone with it. Item i has the tokens and weights from
# offsets[i] up to offsets[i + 1]: offsets and tokens uint32, weights float16, little-endian.
_WEIGHTS = """
CREATE TABLE token_weights (
    vectors_id INTEGER PRIMARY KEY REFERENCES vectors (id) ON DELETE CASCADE,
    offsets BLOB NOT NULL,
    tokens BLOB NOT NULL,
    weights BLOB NOT NULL
) STRICT
"""


def upgrade(connection: sqlite3.Connection) -> None:
    """Make room for what indexing will bring; nothing stored changes."""
    connection.execute(_WEIGHTS)
