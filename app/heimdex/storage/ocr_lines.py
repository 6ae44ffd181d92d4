"""Keeps the text on the screen of a video: one row a line, with the words it is found by.

When they are written and which stage they belong to is `stages`' affair.
"""

import json
import sqlite3
from collections.abc import Collection

from heimdex.domain.ids import VideoId
from heimdex.domain.ocr import OcrLine
from heimdex.storage.lexicon import OCR_LINES, put_terms


def put(connection: sqlite3.Connection, video_id: VideoId, lines: tuple[OcrLine, ...]) -> None:
    """Store the lines of a video in place of those there are."""
    connection.execute("DELETE FROM ocr_lines WHERE video_id = ?", (video_id,))
    for line in lines:
        cursor = connection.execute(
            "INSERT INTO ocr_lines"
            " (video_id, idx, start_ms, end_ms, text, x1, y1, x2, y2, confidence)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                video_id,
                line.index,
                line.start_ms,
                line.end_ms,
                line.text,
                *line.box,
                line.confidence,
            ),
        )
        put_terms(connection, OCR_LINES, cursor.lastrowid or 0, line.text)


def read(
    connection: sqlite3.Connection, video_id: VideoId, indexes: Collection[int] | None = None
) -> tuple[OcrLine, ...]:
    """The lines of a video, in order of appearance; only those numbered so, if given."""
    rows = connection.execute(
        "SELECT * FROM ocr_lines WHERE video_id = ?1"
        " AND (?2 IS NULL OR idx IN (SELECT value FROM json_each(?2))) ORDER BY idx",
        (video_id, None if indexes is None else json.dumps(sorted(indexes))),
    )
    return tuple(map(_line, rows))


def _line(row: sqlite3.Row) -> OcrLine:
    return OcrLine(
        index=row["idx"],
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        text=row["text"],
        box=(row["x1"], row["y1"], row["x2"], row["y2"]),
        confidence=row["confidence"],
    )
