"""A library of every schema that there ever was opens, with everything that was in it."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from heimdex.domain.errors import LibraryTooNew
from heimdex.domain.ids import PersonId, VideoId
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.backups import Backups
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import FILE_NAME, Database
from heimdex.storage.jobs import JobStore
from heimdex.storage.migrations import ALL, migrate
from heimdex.storage.people import PeopleStore
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

VIDEO = VideoId("a" * 32)

# What the first schema could hold; later ones only made room for more.
ROWS = """
INSERT INTO folders VALUES (1, '/videos', 1, 'online');
INSERT INTO videos VALUES ('{video}', 5);
INSERT INTO files VALUES (1, '/videos/결혼식.mp4', '{video}', 1, 1000, 7, 'online');
INSERT INTO media_info VALUES ('{video}', 'mp4', 60000, 15, 'wedding', 640, 360, '[]', '[]');
INSERT INTO stage_runs VALUES ('{video}', 'speech', 1, 'whisper@1', 'done', 2.5, '', 9);
INSERT INTO transcripts VALUES ('{video}', 'ko');
INSERT INTO segments VALUES ('{video}', 0, 0, 900, '안녕', '[[0,900,"안녕",0.9]]');
INSERT INTO scenes VALUES ('{video}', 0, 0, 60000, 400);
INSERT INTO passages VALUES (1, '{video}', 0, 0, 900, '안녕', 0, 0);
INSERT INTO face_tracks VALUES ('{video}', 0, 0, 900, 400, 0.1, 0.2, 0.3, 0.4, 0.9, 3);
INSERT INTO people (id, name, name_key, created_at) VALUES (3, '엄마', '엄마', 0);
INSERT INTO aliases VALUES ('mum', 'Mum', 3);
INSERT INTO assignments VALUES ('{video}', 0, 3, 'decided', 1.0);
INSERT INTO decisions VALUES (1, 'is', 3, '{video}', 400, 0.1, 0.2, 0.3, 0.4, 0);
INSERT INTO photos VALUES (1, 3, x'ffd8ffd9', 0);
INSERT INTO spaces (id, key, dims, indexed) VALUES (1, 'passage/x/1', 4, 1);
"""


def historic(path: Path, number: int) -> None:
    """A library as the program of schema `number` left it, filled when it was new."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection, path, ALL[:1])
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(ROWS.format(video=VIDEO))
    connection.execute(
        "INSERT INTO vectors (video_id, space_id, items, change, start_ms, end_ms, vectors)"
        " VALUES (?, 1, 1, 1, ?, ?, ?)",
        (
            VIDEO,
            np.array([0], "<i4").tobytes(),
            np.array([900], "<i4").tobytes(),
            np.array([0.6, 0.8, 0, 0], "<f2").tobytes(),
        ),
    )
    migrate(connection, path, ALL[:number], backed_up=True)
    connection.close()


def schema(path: Path) -> dict[str, str]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, coalesce(sql, '') FROM sqlite_master").fetchall()
    connection.close()
    return dict(rows)


@pytest.mark.parametrize("number", range(1, len(ALL) + 1))
def test_every_historic_library_opens_whole(library: Path, tmp_path: Path, number: int) -> None:
    path = library / FILE_NAME
    historic(path, number)
    database = Database.open(path)
    try:
        assert database.read().execute("PRAGMA user_version").fetchone()[0] == ALL[-1].number
        assert database.verify() == []
        catalogue, people = Catalogue(database), PeopleStore(database)
        stages, vectors = StageStore(database, Artefacts(library)), VectorStore(database)
        [video] = catalogue.videos()
        assert (video.id, video.path.name) == (VIDEO, "결혼식.mp4")
        info = catalogue.media_info(VIDEO)
        assert info is not None
        assert (info.duration_ms, info.title) == (60_000, "wedding")
        transcript = stages.transcript(VIDEO)
        assert transcript is not None
        assert [word.text for word in transcript.segments[0].words] == ["안녕"]
        assert [passage.text for passage in stages.passages(VIDEO)] == ["안녕"]
        assert len(stages.scenes(VIDEO)) == len(stages.tracks(VIDEO)) == 1
        assert list(stages.runs(VIDEO)) == ["speech"]
        mother = people.find_person("mum")
        assert mother is not None
        assert (mother.id, mother.name) == (3, "엄마")
        [decision] = people.decisions(person_id=PersonId(3))
        assert decision.at_ms == 400
        assert len(people.photos(PersonId(3))) == 1
        [space] = vectors.spaces()
        batch = vectors.batch(VIDEO, space)
        assert batch is not None
        assert np.allclose(batch.vectors, [[0.6, 0.8, 0, 0]], atol=1e-3)
        JobStore(database).enqueue([VIDEO])
        # What was there before is beside it, as it was.
        before = list(library.glob("library-v*.backup"))
        assert len(before) == (number < len(ALL))
        for each in before:
            copy = sqlite3.connect(each)
            assert copy.execute("PRAGMA user_version").fetchone()[0] == number
            assert copy.execute("SELECT name FROM people").fetchall() == [("엄마",)]
            copy.close()
    finally:
        database.close()
    new = tmp_path / "new.sqlite3"
    Database.open(new).close()
    assert schema(path) == schema(new)


@pytest.mark.parametrize("number", range(1, len(ALL) + 1))
def test_a_backup_of_every_historic_library_is_restored(library: Path, number: int) -> None:
    copy = library.parent / "copy.backup"
    historic(copy, number)
    before = copy.read_bytes()
    restored = Backups(library).restore(copy)
    assert (restored.videos, restored.people) == (1, 1)
    database = Database.open(library / FILE_NAME)
    assert PeopleStore(database).find_person("엄마") is not None
    database.close()
    assert copy.read_bytes() == before


def test_a_newer_library_is_refused_and_not_touched(library: Path) -> None:
    path = library / FILE_NAME
    historic(path, len(ALL))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")  # as every library of Heimdex is
    connection.execute(f"PRAGMA user_version = {ALL[-1].number + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LibraryTooNew, match="update Heimdex"):
        Database.open(path)
    assert path.read_bytes() == before
    assert list(library.glob("*.backup")) == []
