"""Keeps on which drive things are, what was left out of a folder, and what an edited file inherits.

Recognising drives and deciding what fits a new version are left to the rooms that do it.
"""

import sqlite3

NAME = "moving files"

# Of a folder, and of a file that belongs to none: the identity of the file system it is on, and its
# path inside that. NULL where the file system has no identity, or before it was asked.
_PLACES = (
    "ALTER TABLE folders ADD COLUMN volume TEXT",
    "ALTER TABLE folders ADD COLUMN inside TEXT",
    "ALTER TABLE files ADD COLUMN volume TEXT",
    "ALTER TABLE files ADD COLUMN inside TEXT",
)

# Taken over from the version before: no step that is undone has made it, so none takes it along.
_INHERITED = "ALTER TABLE decisions ADD COLUMN inherited INTEGER NOT NULL DEFAULT 0"

_LEFT_OUT = """
-- What a person wants to be left alone below an added folder: `inside` is relative to it.
CREATE TABLE left_out (
    folder_id INTEGER NOT NULL REFERENCES folders (id) ON DELETE CASCADE,
    inside TEXT NOT NULL,
    PRIMARY KEY (folder_id, inside)
) STRICT, WITHOUT ROWID
"""

_TRACKS = """
-- The faces that the version before this one had, with their vectors (float16 little-endian), until
-- the faces of this version are found and compared with them. person_id: whose they were.
CREATE TABLE inherited_tracks (
    id INTEGER PRIMARY KEY,
    video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    best_ms INTEGER NOT NULL,
    x1 REAL NOT NULL,
    y1 REAL NOT NULL,
    x2 REAL NOT NULL,
    y2 REAL NOT NULL,
    person_id INTEGER REFERENCES people (id) ON DELETE CASCADE,
    similarity REAL NOT NULL,
    space TEXT NOT NULL,
    vector BLOB NOT NULL
) STRICT
"""

_WORDS = """
-- What a person said about them, as in `decisions`; 'portrait' is a face chosen to show somebody.
CREATE TABLE inherited_words (
    id INTEGER PRIMARY KEY,
    video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('is', 'is_not', 'portrait')),
    person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    at_ms INTEGER NOT NULL,
    x1 REAL NOT NULL,
    y1 REAL NOT NULL,
    x2 REAL NOT NULL,
    y2 REAL NOT NULL
) STRICT
"""


def upgrade(connection: sqlite3.Connection) -> None:
    """Make room; where folders are is asked at the next scan."""
    for statement in (*_PLACES, _INHERITED, _LEFT_OUT, _TRACKS, _WORDS):
        connection.execute(statement)
    for table in ("inherited_tracks", "inherited_words"):
        connection.execute(f"CREATE INDEX {table}_by_video ON {table} (video_id)")
        connection.execute(f"CREATE INDEX {table}_by_person ON {table} (person_id)")
