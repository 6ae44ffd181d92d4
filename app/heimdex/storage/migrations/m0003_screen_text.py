"""Text on the screen: its lines and the words they are found by."""

import sqlite3

NAME = "screen text"

_LINES = """
CREATE TABLE ocr_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    x1 REAL NOT NULL,
    y1 REAL NOT NULL,
    x2 REAL NOT NULL,
    y2 REAL NOT NULL,
    confidence REAL NOT NULL,
    UNIQUE (video_id, idx)
) STRICT
"""

# As `passage_terms`: filled by the lexicon, which makes the tokens.
_TERMS = "CREATE VIRTUAL TABLE ocr_terms USING fts5 (words, terms, tokenize = 'ascii')"
_VOCABULARY = "CREATE VIRTUAL TABLE ocr_vocabulary USING fts5vocab (ocr_terms, col)"
_DELETED = """
CREATE TRIGGER ocr_lines_deleted AFTER DELETE ON ocr_lines BEGIN
    DELETE FROM ocr_terms WHERE rowid = old.id;
END
"""


def upgrade(connection: sqlite3.Connection) -> None:
    """Make room for what indexing will read; nothing stored changes."""
    for statement in (_LINES, _TERMS, _VOCABULARY, _DELETED):
        connection.execute(statement)
