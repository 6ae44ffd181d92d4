import os
import sqlite3
import threading
from pathlib import Path

import pytest

from heimdex.domain.errors import LibraryDamaged, LibraryTooNew, UserError
from heimdex.storage.database import FILE_NAME, Database


def people_names(database: Database) -> list[str]:
    return [row["name"] for row in database.read().execute("SELECT name FROM people ORDER BY id")]


def add(connection: sqlite3.Connection, name: str) -> None:
    connection.execute(
        "INSERT INTO people (name, name_key, created_at) VALUES (?, ?, 0)", (name, name)
    )


def test_every_connection_is_durable_and_checks_references(database: Database) -> None:
    connection = database.read()
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    tables = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
        " AND name NOT LIKE '%terms%' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    assert len(tables) > 15
    assert [row["name"] for row in tables if "STRICT" not in row["sql"]] == []


def test_an_exception_undoes_the_whole_write(database: Database) -> None:
    def write_and_fail() -> None:
        with database.write() as connection:
            add(connection, "a")
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert people_names(database) == []
    with database.write() as connection:
        add(connection, "b")
    assert people_names(database) == ["b"]


def test_a_write_inside_a_write_is_a_part_of_it(database: Database) -> None:
    def inner_fails() -> None:
        with database.write() as inner:
            add(inner, "lost")
            raise KeyError("boom")

    with database.write() as outer:
        add(outer, "kept")
        with pytest.raises(KeyError):
            inner_fails()
        with database.write() as inner:
            add(inner, "also kept")
    assert people_names(database) == ["kept", "also kept"]

    def outer_fails() -> None:
        with database.write():
            with database.write() as inner:
                add(inner, "gone with the outer one")
            raise KeyError("boom")

    with pytest.raises(KeyError):
        outer_fails()
    assert people_names(database) == ["kept", "also kept"]


def test_threads_write_one_after_the_other_and_read_their_own_snapshot(database: Database) -> None:
    def work(number: int) -> None:
        for i in range(20):
            with database.write() as connection:
                add(connection, f"{number}-{i}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    with database.snapshot() as connection:
        before = connection.execute("SELECT count(*) FROM people").fetchone()[0]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert connection.execute("SELECT count(*) FROM people").fetchone()[0] == before == 0
    assert len(people_names(database)) == 80


def test_connections_of_finished_threads_are_closed(database: Database) -> None:
    for _ in range(10):
        thread = threading.Thread(target=database.read)
        thread.start()
        thread.join()
    assert len(database._connections) <= 2


def test_a_closed_database_stays_closed(library: Path) -> None:
    database = Database.open(library / FILE_NAME)
    database.close()
    database.close()
    failures: list[Exception] = []

    def read() -> None:
        try:
            database.read()
        except sqlite3.ProgrammingError as error:
            failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert len(failures) == 1


@pytest.mark.parametrize("at", [0, 4096, "middle"])
def test_a_damaged_file_is_refused_in_one_sentence(library: Path, at: int | str) -> None:
    path = library / FILE_NAME
    database = Database.open(path)
    with database.write() as connection:
        for i in range(3000):
            add(connection, f"person {i}")
    database.close()
    size = path.stat().st_size
    place = size // 2 if at == "middle" else int(at)
    with path.open("r+b") as stream:
        stream.seek(place)
        stream.write(os.urandom(8192))
    with pytest.raises(LibraryDamaged) as caught:
        Database.open(path)
    assert "damaged" in str(caught.value)
    assert "backup" in str(caught.value)
    assert path.stat().st_size == size


def test_something_else_under_the_name_is_refused(library: Path) -> None:
    (library / FILE_NAME).write_text("My diary\n" * 500)
    with pytest.raises(LibraryDamaged):
        Database.open(library / FILE_NAME)
    assert (library / FILE_NAME).read_text().startswith("My diary")


def test_a_newer_library_is_left_untouched(library: Path) -> None:
    path = library / FILE_NAME
    database = Database.open(path)
    with database.write() as connection:
        connection.execute("PRAGMA user_version = 999")
    database.close()
    before = path.read_bytes()
    with pytest.raises(LibraryTooNew, match="newer Heimdex"):
        Database.open(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere"):
        Database.open(tmp_path / "nowhere" / FILE_NAME)


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be moved away there")
def test_a_library_that_vanishes_takes_no_more_and_no_other_appears(
    database: Database, library: Path
) -> None:
    away = library.with_name("away")
    library.rename(away)
    with pytest.raises(UserError, match="is not there any more"), database.write() as connection:
        add(connection, "nobody would ever see this")
    refused: list[Exception] = []

    def look() -> None:
        try:
            database.read()
        except UserError as error:
            refused.append(error)

    library.mkdir()  # an empty mount point
    for _ in range(2):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert len(refused) == 2
    assert list(library.iterdir()) == []
    library.rmdir()
    away.rename(library)
    with database.write() as connection:
        add(connection, "Ada")
    assert people_names(database) == ["Ada"]


def test_a_full_disk_is_said_and_nothing_is_half_written(database: Database) -> None:
    connection = database.read()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    def fill() -> None:
        with database.write() as writing:
            for i in range(5000):
                add(writing, f"person {i}")

    with pytest.raises(UserError, match="full"):
        fill()
    connection.execute("PRAGMA max_page_count = 1073741823")
    assert people_names(database) == []
    assert database.verify() == []


def test_a_backup_is_a_whole_library_and_never_overwrites(
    database: Database, tmp_path: Path
) -> None:
    with database.write() as connection:
        add(connection, "엄마")
    database.backup(tmp_path / "copy.db")
    copy = Database.open(tmp_path / "copy.db")
    assert people_names(copy) == ["엄마"]
    copy.close()
    with pytest.raises(UserError, match="exists already"):
        database.backup(tmp_path / "copy.db")
