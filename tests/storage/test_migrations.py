import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from heimdex.domain.errors import UserError
from heimdex.storage import migrations
from heimdex.storage.database import FILE_NAME, Database
from heimdex.storage.migrations import ALL, KEPT_BACKUPS, Migration, migrate


def test_numbers_have_no_gaps_and_names_differ() -> None:
    assert [migration.number for migration in ALL] == list(range(1, len(ALL) + 1))
    assert len({migration.name for migration in ALL}) == len(ALL)


def test_each_migration_has_a_test_here() -> None:
    """A migration without a test fails."""
    for migration in ALL:
        assert f"test_migration_{migration.number:04d}_" in Path(__file__).read_text("utf-8")


def test_migration_0001_first_light(library: Path) -> None:
    connection = sqlite3.connect(library / FILE_NAME, isolation_level=None)
    connection.row_factory = sqlite3.Row
    assert migrate(connection, library / FILE_NAME, ALL[:1]) == ["first light"]
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 1
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert {
        "library", "folders", "videos", "files", "media_info", "stage_runs", "transcripts",
        "segments", "scenes", "passages", "passage_terms", "face_tracks", "people", "aliases",
        "assignments", "decisions", "photos", "photo_vectors", "journal", "jobs", "spaces",
        "vectors", "outbox",
    } <= tables  # fmt: skip
    assert len(connection.execute("SELECT value FROM library WHERE key = 'id'").fetchone()[0]) == 32
    assert list(library.glob("*.backup")) == []  # there was nothing to back up
    connection.close()


def test_migration_0002_people_by_time(library: Path) -> None:
    path = library / FILE_NAME
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection, path, ALL[:1])
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(
        """
        INSERT INTO videos VALUES ('v', 0);
        INSERT INTO face_tracks VALUES ('v', 0, 0, 900, 400, 0.1, 0.2, 0.3, 0.4, 0.9, 3);
        INSERT INTO face_tracks VALUES ('v', 1, 0, 900, 500, 0.6, 0.2, 0.8, 0.4, 0.8, 3);
        INSERT INTO people (id, name, name_key, portrait_video, portrait_track, created_at)
            VALUES (1, 'A', 'a', 'v', 1, 0), (2, 'B', 'b', 'v', 9, 0), (3, NULL, NULL, NULL, NULL, 0);
        INSERT INTO assignments VALUES ('v', 0, 3, 'auto', 0.7), ('v', 1, 1, 'decided', 1.0);
        INSERT INTO spaces (key, dims, indexed) VALUES ('face/sface/1', 128, 1), ('scene/x/1', 8, 1);
        INSERT INTO outbox (video_id, space, reach) VALUES ('v', 'face/sface/1', 2), ('v', 'scene/x/1', 1);
        """  # noqa: E501 - rows
    )
    assert migrate(connection, path, ALL[:2]) == ["people by time"]
    portraits = connection.execute(
        "SELECT portrait_video, portrait_ms, portrait_x1 FROM people ORDER BY id"
    ).fetchall()
    assert [tuple(row) for row in portraits] == [("v", 500, 0.6), (None,) * 3, (None,) * 3]
    spaces = connection.execute("SELECT key, indexed FROM spaces ORDER BY key").fetchall()
    assert [tuple(row) for row in spaces] == [("face/sface/1", 0), ("scene/x/1", 1)]
    assert [row["space"] for row in connection.execute("SELECT * FROM outbox")] == ["scene/x/1"]
    # Groups are remembered while the faces of a video are replaced; decisions need no memory.
    connection.execute("DELETE FROM face_tracks WHERE video_id = 'v'")
    [former] = connection.execute("SELECT * FROM former_assignments").fetchall()
    assert (former["person_id"], former["at_ms"], former["x1"]) == (3, 400, 0.1)
    # A video that goes takes everything with it.
    connection.execute(
        "INSERT INTO face_tracks VALUES ('v', 0, 0, 900, 400, 0.1, 0.2, 0.3, 0.4, 0.9, 3)"
    )
    connection.execute("INSERT INTO assignments VALUES ('v', 0, 3, 'auto', 0.7)")
    connection.execute("DELETE FROM videos WHERE id = 'v'")
    assert connection.execute("SELECT count(*) FROM former_assignments").fetchone()[0] == 0
    connection.close()


def test_migration_0003_screen_text(library: Path) -> None:
    path = library / FILE_NAME
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection, path, ALL[:2])
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("INSERT INTO videos VALUES ('v', 0)")
    assert migrate(connection, path, ALL[:3]) == ["screen text"]
    connection.executescript(
        """
        INSERT INTO ocr_lines VALUES (1, 'v', 0, 0, 900, 'EXIT', 0.1, 0.2, 0.3, 0.4, 0.9);
        INSERT INTO ocr_terms (rowid, words, terms) VALUES (1, 'exit', 'exit');
        """
    )
    found = "SELECT rowid FROM ocr_terms WHERE ocr_terms MATCH '\"exit\"'"
    assert [row[0] for row in connection.execute(found)] == [1]
    vocabulary = connection.execute("SELECT DISTINCT term FROM ocr_vocabulary").fetchall()
    assert [row[0] for row in vocabulary] == ["exit"]
    # A video that goes takes its lines and their words with it.
    connection.execute("DELETE FROM videos WHERE id = 'v'")
    assert connection.execute("SELECT count(*) FROM ocr_lines").fetchone()[0] == 0
    assert connection.execute(found).fetchall() == []
    connection.close()


def test_migration_0004_searches(library: Path) -> None:
    path = library / FILE_NAME
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection, path, ALL[:3])
    assert migrate(connection, path, ALL[:4]) == ["searches"]
    insert = "INSERT INTO saved_searches (name, name_key, question, created_at) VALUES (?, ?, ?, 0)"
    connection.execute(insert, ("Beach", "beach", "{}"))
    assert connection.execute("SELECT seen FROM saved_searches").fetchone()[0] == "[]"
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(insert, ("BEACH", "beach", "{}"))
    connection.execute("INSERT INTO recent_searches VALUES ('dog', 'dog', 1)")
    connection.close()


def test_migration_0005_learned_words(library: Path) -> None:
    path = library / FILE_NAME
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection, path, ALL[:4])
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(
        """
        INSERT INTO videos VALUES ('v', 0);
        INSERT INTO spaces VALUES (1, 'passage/x/1', 2, 1, 1);
        INSERT INTO vectors VALUES (7, 'v', 1, 0, 1, x'', x'', x'');
        """
    )
    assert migrate(connection, path, ALL[:5]) == ["learned words"]
    assert connection.execute("SELECT count(*) FROM vectors").fetchone()[0] == 1
    connection.execute("INSERT INTO token_weights VALUES (7, x'00000000', x'', x'')")
    # They go with the vectors beside which they stand, and so with their video.
    connection.execute("DELETE FROM videos WHERE id = 'v'")
    assert connection.execute("SELECT count(*) FROM token_weights").fetchone()[0] == 0
    connection.close()


def test_migration_0006_moving_files(library: Path) -> None:
    path = library / FILE_NAME
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection, path, ALL[:5])
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(
        """
        INSERT INTO videos VALUES ('v', 0);
        INSERT INTO folders (id, path, watched) VALUES (1, '/a', 1);
        INSERT INTO people (id, name, name_key, created_at) VALUES (1, 'A', 'a', 0);
        """
    )
    assert migrate(connection, path, ALL[:6]) == ["moving files"]
    folder = connection.execute("SELECT path, watched, volume, inside FROM folders").fetchone()
    assert tuple(folder) == ("/a", 1, None, None)
    track = "INSERT INTO inherited_tracks VALUES (?, 'v', 0, 9, 4, 0, 0, 1, 1, ?, 0.5, 's', x'')"
    word = "INSERT INTO inherited_words VALUES (NULL, 'v', 'is', 1, 4, 0, 0, 1, 1)"
    connection.execute("INSERT INTO left_out VALUES (1, 'private')")
    connection.execute(track, (1, 1))
    connection.execute(track, (2, None))
    connection.execute(word)
    # Whoever is forgotten is forgotten here too, and so is a video or a folder that goes.
    connection.execute("DELETE FROM people")
    count = "SELECT count(*) FROM {}"
    assert connection.execute(count.format("inherited_tracks")).fetchone()[0] == 1
    assert connection.execute(count.format("inherited_words")).fetchone()[0] == 0
    connection.execute("DELETE FROM videos")
    connection.execute("DELETE FROM folders")
    assert connection.execute(count.format("inherited_tracks")).fetchone()[0] == 0
    assert connection.execute(count.format("left_out")).fetchone()[0] == 0
    connection.close()


def test_migration_0007_dates_in_names(library: Path) -> None:
    path = library / FILE_NAME
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection, path, ALL[:6])
    for video, recorded_at, names in (
        ("by name", None, ["2019-07-14 12.03.11.mp4", "20200101_000000.mp4"]),
        ("by copy", None, ["IMG_0001.mp4", "VID_20190714_120311.mp4"]),
        ("by itself", 86_400, ["20200102_000000.mp4"]),
        ("unknown", None, ["IMG_0002.mp4"]),
    ):
        connection.execute("INSERT INTO videos VALUES (?, 0)", (video,))
        connection.execute(
            "INSERT INTO media_info VALUES (?, 'mp4', 1, ?, NULL, 1, 1, '[]', '[]')",
            (video, recorded_at),
        )
        for name in names:
            connection.execute(
                "INSERT INTO files (path, video_id, size, mtime_ns) VALUES (?, ?, 1, 1)",
                (f"/20010101_000000/{name}", video),
            )
    assert migrate(connection, path, ALL[:7]) == ["dates in names"]
    rows = connection.execute("SELECT video_id, recorded_at FROM media_info").fetchall()
    moment = int(datetime(2019, 7, 14, 12, 3, 11).timestamp())
    known = {"by name": moment, "by copy": moment, "by itself": 86_400, "unknown": None}
    assert {row["video_id"]: row["recorded_at"] for row in rows} == known
    connection.close()


def add_notes(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE notes (text TEXT NOT NULL) STRICT")
    connection.execute("INSERT INTO notes SELECT name FROM people")


def fail_late(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE half_done (x INTEGER) STRICT")
    connection.execute("DELETE FROM people")
    raise RuntimeError("bug in a migration")


def break_references(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO aliases VALUES ('x', 'x', 4711)")


@pytest.fixture
def older(library: Path) -> Path:
    database = Database.open(library / FILE_NAME)
    with database.write() as connection:
        connection.execute("INSERT INTO people (name, name_key, created_at) VALUES ('a', 'a', 0)")
    database.close()
    return library / FILE_NAME


def upgraded(path: Path, *more: Migration) -> list[str]:
    database = Database(path)
    try:
        return migrate(database.read(), path, (*ALL, *more))
    finally:
        database.close()


def test_a_backup_is_made_before_anything_changes(older: Path) -> None:
    assert upgraded(older, Migration(len(ALL) + 1, "notes", add_notes)) == ["notes"]
    [backup] = older.parent.glob("library-v*.backup")
    copy = sqlite3.connect(backup)
    assert copy.execute("PRAGMA user_version").fetchone()[0] == len(ALL)
    assert copy.execute("SELECT name FROM people").fetchall() == [("a",)]
    copy.close()
    now = sqlite3.connect(older)
    assert now.execute("PRAGMA user_version").fetchone()[0] == len(ALL) + 1
    assert now.execute("SELECT text FROM notes").fetchall() == [("a",)]
    names = [row[0] for row in now.execute("SELECT name FROM migrations ORDER BY number")]
    assert names == [*(migration.name for migration in ALL), "notes"]
    now.close()


@pytest.mark.parametrize(
    ("upgrade", "error"), [(fail_late, RuntimeError), (break_references, sqlite3.IntegrityError)]
)
def test_a_migration_that_fails_changes_nothing(
    older: Path, upgrade: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        upgraded(older, Migration(len(ALL) + 1, "bad", upgrade))  # type: ignore[arg-type]
    database = Database.open(older)
    assert database.read().execute("SELECT name FROM people").fetchone()["name"] == "a"
    assert database.verify() == []
    assert database.read().execute("PRAGMA foreign_keys").fetchone()[0] == 1
    database.close()


def test_nothing_is_migrated_without_a_backup(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(connection: sqlite3.Connection, target: Path) -> None:
        raise UserError("The backup cannot be written.")

    monkeypatch.setattr(migrations, "copy", no_space)
    with pytest.raises(UserError):
        upgraded(older, Migration(len(ALL) + 1, "notes", add_notes))
    database = Database.open(older)  # still opens with the schema it had
    database.close()


def test_backups_do_not_pile_up(older: Path) -> None:
    for i in range(KEPT_BACKUPS + 2):
        (older.parent / f"library-v0-2020010{i}-000000.backup").write_bytes(b"old")
    # Left when the program was killed while it made one.
    for name in (
        "library-v6-20200105-000000.backup.part",
        "library-v6-20200105-000000.backup.part-journal",
    ):
        (older.parent / name).write_bytes(b"half")
    upgraded(older, Migration(len(ALL) + 1, "notes", add_notes))
    assert len(list(older.parent.glob("*.backup"))) == KEPT_BACKUPS
    assert list(older.parent.glob("*.part*")) == []
    assert len(list(older.parent.glob(f"library-v{len(ALL)}-*.backup"))) == 1
