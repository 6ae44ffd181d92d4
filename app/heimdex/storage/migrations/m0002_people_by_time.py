"""Keeps by video and time what is known about faces, and faces out of the vector index.

A portrait was kept by a track's number and a group by nothing at all, so both were lost when a
video was looked at again. Sorting the new tracks is left to the people room.
"""

import sqlite3

NAME = "people by time"

_PORTRAIT = ("x1", "y1", "x2", "y2")

_FORMER = """
-- Whose the faces of a video were before they were found anew, by time and box; read and emptied
-- when the new tracks are sorted. Decisions need no such memory: they are kept by time themselves.
CREATE TABLE former_assignments (
    video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    similarity REAL NOT NULL,
    at_ms INTEGER NOT NULL,
    x1 REAL NOT NULL,
    y1 REAL NOT NULL,
    x2 REAL NOT NULL,
    y2 REAL NOT NULL
) STRICT
"""

# The video is still there unless the tracks go because it goes.
_REMEMBER = """
CREATE TRIGGER face_tracks_replaced BEFORE DELETE ON face_tracks
WHEN EXISTS (SELECT 1 FROM videos WHERE id = old.video_id) BEGIN
    INSERT INTO former_assignments
    SELECT video_id, person_id, similarity, old.best_ms, old.x1, old.y1, old.x2, old.y2
    FROM assignments
    WHERE video_id = old.video_id AND track = old.idx AND source = 'auto';
END
"""


def upgrade(connection: sqlite3.Connection) -> None:
    """Rewrite the portraits, add the memory of groups, take face vectors out of the index."""
    connection.execute("ALTER TABLE people ADD COLUMN portrait_ms INTEGER")
    for column in _PORTRAIT:
        connection.execute(f"ALTER TABLE people ADD COLUMN portrait_{column} REAL")
    connection.execute(
        "UPDATE people SET (portrait_ms, portrait_x1, portrait_y1, portrait_x2, portrait_y2) ="
        " (SELECT best_ms, x1, y1, x2, y2 FROM face_tracks"
        " WHERE video_id = portrait_video AND idx = portrait_track)"
    )
    connection.execute("UPDATE people SET portrait_video = NULL WHERE portrait_ms IS NULL")
    connection.execute("ALTER TABLE people DROP COLUMN portrait_track")
    connection.execute(_FORMER)
    connection.execute("CREATE INDEX former_by_video ON former_assignments (video_id)")
    connection.execute("CREATE INDEX former_by_person ON former_assignments (person_id)")
    connection.execute(_REMEMBER)
    # Faces are compared exactly; a second copy of them would only be one more to erase. The index
    # finds a space in it that should not be there and makes itself anew.
    connection.execute("UPDATE spaces SET indexed = 0 WHERE key LIKE 'face/%'")
    connection.execute("DELETE FROM outbox WHERE space LIKE 'face/%'")
