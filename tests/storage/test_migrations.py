import sqlite3
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
    upgraded(older, Migration(len(ALL) + 1, "notes", add_notes))
    assert len(list(older.parent.glob("*.backup"))) == KEPT_BACKUPS
    assert len(list(older.parent.glob(f"library-v{len(ALL)}-*.backup"))) == 1
