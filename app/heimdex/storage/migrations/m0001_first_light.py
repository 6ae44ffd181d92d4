"""The first schema: catalogue, what the stages find, people, jobs, vectors and their outbox.

Later changes to any table are later migrations; this one stays as it is.
"""

import sqlite3
import uuid

NAME = "first light"

CATALOGUE = """
CREATE TABLE library (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE folders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    watched INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'online'
) STRICT;

-- A video is its content: the id is the fingerprint.
CREATE TABLE videos (
    id TEXT PRIMARY KEY,
    added_at INTEGER NOT NULL
) STRICT;

-- Where a video's bytes are; a copy is a second row.
CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    folder_id INTEGER REFERENCES folders (id) ON DELETE SET NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'online'
) STRICT;
CREATE INDEX files_by_video ON files (video_id);
CREATE INDEX files_by_folder ON files (folder_id);

-- The tracks are JSON arrays of VideoTrack and AudioTrack; width and height are as displayed.
CREATE TABLE media_info (
    video_id TEXT PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
    container TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    recorded_at INTEGER,
    title TEXT,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    video_tracks TEXT NOT NULL,
    audio_tracks TEXT NOT NULL
) STRICT;
"""

FOUND = """
CREATE TABLE stage_runs (
    video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    version INTEGER NOT NULL,
    model TEXT NOT NULL,
    status TEXT NOT NULL,
    seconds REAL NOT NULL,
    error TEXT NOT NULL,
    finished_at INTEGER NOT NULL,
    PRIMARY KEY (video_id, stage)
) STRICT, WITHOUT ROWID;

CREATE TABLE transcripts (
    video_id TEXT PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
    language TEXT NOT NULL
) STRICT;

-- words: JSON [[start_ms, end_ms, text, probability], …]
CREATE TABLE segments (
    video_id TEXT NOT NULL REFERENCES transcripts (video_id) ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (video_id, idx)
) STRICT;

CREATE TABLE scenes (
    video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    key_ms INTEGER NOT NULL,
    PRIMARY KEY (video_id, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    first_segment INTEGER NOT NULL,
    last_segment INTEGER NOT NULL,
    UNIQUE (video_id, idx)
) STRICT;

-- Filled by the lexicon, which makes the tokens: `words` in order for phrases, `terms` for
-- everything else. The ascii tokenizer only splits at the spaces between them.
CREATE VIRTUAL TABLE passage_terms USING fts5 (words, terms, tokenize = 'ascii');
CREATE VIRTUAL TABLE passage_vocabulary USING fts5vocab (passage_terms, col);
CREATE TRIGGER passages_deleted AFTER DELETE ON passages BEGIN
    DELETE FROM passage_terms WHERE rowid = old.id;
END;

CREATE TABLE face_tracks (
    video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    best_ms INTEGER NOT NULL,
    x1 REAL NOT NULL,
    y1 REAL NOT NULL,
    x2 REAL NOT NULL,
    y2 REAL NOT NULL,
    quality REAL NOT NULL,
    detections INTEGER NOT NULL,
    PRIMARY KEY (video_id, idx)
) STRICT, WITHOUT ROWID;
"""

PEOPLE = """
-- name_key and alias_key are the folded forms by which a name is looked up.
CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT,
    name_key TEXT UNIQUE,
    hidden INTEGER NOT NULL DEFAULT 0,
    portrait_video TEXT,
    portrait_track INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE aliases (
    alias_key TEXT PRIMARY KEY,
    alias TEXT NOT NULL,
    person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_by_person ON aliases (person_id);

-- Whose track it is: 'auto' by clustering, 'decided' by a person.
CREATE TABLE assignments (
    video_id TEXT NOT NULL,
    track INTEGER NOT NULL,
    person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    source TEXT NOT NULL CHECK (source IN ('auto', 'decided')),
    similarity REAL NOT NULL,
    PRIMARY KEY (video_id, track),
    FOREIGN KEY (video_id, track) REFERENCES face_tracks (video_id, idx) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX assignments_by_person ON assignments (person_id);

-- What a person said about a face, by video, time and box: it outlives tracks and models.
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('is', 'is_not')),
    person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    at_ms INTEGER NOT NULL,
    x1 REAL NOT NULL,
    y1 REAL NOT NULL,
    x2 REAL NOT NULL,
    y2 REAL NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX decisions_by_video ON decisions (video_id);
CREATE INDEX decisions_by_person ON decisions (person_id);

-- Photos a person enrolled somebody with: the aligned crop, so that a new model can embed it too.
CREATE TABLE photos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    crop BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX photos_by_person ON photos (person_id);
CREATE TABLE photo_vectors (
    photo_id INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
    space TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (photo_id, space)
) STRICT, WITHOUT ROWID;

-- What can be undone, newest last; `undo` is written and read by the people room.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    undo BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
"""

JOBS = """
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    position REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_live_job_a_video ON jobs (video_id)
    WHERE state IN ('queued', 'running', 'paused');
CREATE INDEX jobs_in_order ON jobs (state, position, id);
"""

VECTORS = """
-- `changes` counts what happened to the vectors of a space, so that caches know their age.
CREATE TABLE spaces (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    dims INTEGER NOT NULL,
    indexed INTEGER NOT NULL,
    changes INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One row for all vectors of a video in a space: vectors float16 little-endian, `items` × dims;
-- start_ms and end_ms int32 little-endian.
CREATE TABLE vectors (
    id INTEGER PRIMARY KEY,
    video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    space_id INTEGER NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
    items INTEGER NOT NULL,
    change INTEGER NOT NULL,
    start_ms BLOB NOT NULL,
    end_ms BLOB NOT NULL,
    vectors BLOB NOT NULL,
    UNIQUE (video_id, space_id)
) STRICT;
CREATE INDEX vectors_by_space ON vectors (space_id, video_id, change, items);

-- What the vector index has not been told yet: that the vectors of a video in a space are others
-- now, or gone (then no row of `vectors` is left). `reach` is how many items of them the index may
-- hold, so that those which are gone can be deleted by their names.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id TEXT NOT NULL,
    space TEXT NOT NULL,
    reach INTEGER NOT NULL
) STRICT;

-- Triggers, so that no way of changing vectors (a commit, a cascade from a forgotten video) can
-- forget to tell the index or the caches.
CREATE TRIGGER vectors_inserted AFTER INSERT ON vectors BEGIN
    INSERT INTO outbox (video_id, space, reach)
    SELECT new.video_id, key, new.items FROM spaces WHERE id = new.space_id AND indexed;
END;
CREATE TRIGGER vectors_updated AFTER UPDATE ON vectors BEGIN
    INSERT INTO outbox (video_id, space, reach)
    SELECT new.video_id, key, max(old.items, new.items)
    FROM spaces WHERE id = new.space_id AND indexed;
END;
CREATE TRIGGER vectors_deleted AFTER DELETE ON vectors BEGIN
    INSERT INTO outbox (video_id, space, reach)
    SELECT old.video_id, key, old.items FROM spaces WHERE id = old.space_id AND indexed;
    UPDATE spaces SET changes = changes + 1 WHERE id = old.space_id;
END;
"""


def upgrade(connection: sqlite3.Connection) -> None:
    """Create everything in an empty file and give the library its identity."""
    for script in (CATALOGUE, FOUND, PEOPLE, JOBS, VECTORS):
        for statement in _statements(script):
            connection.execute(statement)
    connection.execute("INSERT INTO library VALUES ('id', ?)", (uuid.uuid4().hex,))


def _statements(script: str) -> list[str]:
    """Split a script; `executescript` would commit the transaction the migration runs in."""
    statements: list[str] = []
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements
