"""Gives videos that carry no date of their own the one in their file's name.

Files that are probed from now on get it there.
"""

import os
import sqlite3
from datetime import datetime

from heimdex.domain.name_dates import recorded_at

NAME = "dates in names"


def upgrade(connection: sqlite3.Connection) -> None:
    """Nothing is probed anew for it: the names are known."""
    now = datetime.now()
    rows = connection.execute(
        "SELECT video_id, path FROM files JOIN media_info USING (video_id)"
        " WHERE recorded_at IS NULL ORDER BY files.id DESC"
    ).fetchall()
    # The first file of a video comes last, and so has the last word.
    connection.executemany(
        "UPDATE media_info SET recorded_at = ? WHERE video_id = ?",
        [
            (moment, video_id)
            for video_id, path in rows
            if (moment := recorded_at(os.path.basename(path), now)) is not None  # noqa: PTH119
        ],
    )
