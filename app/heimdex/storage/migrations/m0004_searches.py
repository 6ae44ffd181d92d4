"""Searches that a person keeps under a name, and those they asked lately."""

import sqlite3

NAME = "searches"

# question: JSON of a `Question`. seen: JSON [[video_id, start_ms, end_ms], …], the moments that
# were there when the search was last looked at.
_SAVED = """
CREATE TABLE saved_searches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    question TEXT NOT NULL,
    seen TEXT NOT NULL DEFAULT '[]',
    created_at INTEGER NOT NULL
) STRICT
"""
_RECENT = """
CREATE TABLE recent_searches (
    text_key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    turn INTEGER NOT NULL
) STRICT, WITHOUT ROWID
"""


def upgrade(connection: sqlite3.Connection) -> None:
    """Make room; nothing stored changes."""
    connection.execute(_SAVED)
    connection.execute(_RECENT)
