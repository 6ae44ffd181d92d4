"""`heimdex library` on an indexed sample: check, break, mend, back up, restore, move."""

import io
import os
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from command import Indexed
from heimdex.cli.main import parse, run
from heimdex.config.directories import Directories
from heimdex.storage.backups import FOLDER_NAME, Backups
from heimdex.storage.database import FILE_NAME, Database


def verify(library: Indexed) -> dict[str, Any]:
    document: dict[str, Any] = library("library", "verify", "--json").json()[0]
    return document


def test_lost_pictures_and_a_lost_index_are_told_and_made_anew(library_copy: Indexed) -> None:
    assert verify(library_copy)["ok"]
    lost = sorted((library_copy.library / "artefacts").rglob("*.jpg"))
    for number, picture in enumerate(lost):
        match number % 3:
            case 0:
                picture.unlink()
            case 1:
                picture.write_bytes(picture.read_bytes()[:300])
            case _:
                picture.write_bytes(b"no picture at all")
    with sqlite3.connect(library_copy.library / FILE_NAME) as connection:
        connection.execute("DELETE FROM passage_terms")
    connection.close()
    told = verify(library_copy)
    assert not told["ok"]
    assert any(problem.startswith("words:") for problem in told["problems"])
    assert sum(problem.startswith("pictures:") for problem in told["problems"]) == 3
    done = library_copy("library", "rebuild")
    assert done.code == 0, done.err
    assert f"{len(lost)} pictures made anew" in done.out
    assert sorted((library_copy.library / "artefacts").rglob("*.jpg")) == lost
    assert all(picture.read_bytes().startswith(b"\xff\xd8\xff") for picture in lost)
    assert verify(library_copy)["problems"] == []


def test_a_damaged_database_is_told_and_restored(library_copy: Indexed) -> None:
    made = library_copy("library", "backup")
    assert made.code == 0, made.err
    [copy] = (library_copy.library / FOLDER_NAME).glob("*.backup")
    listed = library_copy("library", "restore", "--list", "--json").json()[0]["backups"]
    assert [each["path"] for each in listed] == [str(copy)]
    database = library_copy.library / FILE_NAME
    with database.open("r+b") as stream:
        for at in range(4096, database.stat().st_size - 4096, 40_960):
            stream.seek(at)
            stream.write(os.urandom(2048))
    refused = library_copy("status")
    assert refused.code == 1
    assert "heimdex library restore" in refused.err
    unasked = library_copy("library", "restore")
    assert unasked.code == 1
    assert "--yes" in unasked.err
    restored = library_copy("library", "restore", "--yes")
    assert restored.code == 0, restored.err
    assert "3 videos" in restored.out
    assert verify(library_copy)["problems"] == []
    again = library_copy("index", "--json").json()
    assert again[-1]["videos"] == 0  # nothing is computed twice


def test_videos_that_moved_and_a_library_that_moves(
    library_copy: Indexed, tmp_path: Path, starter_models: Path
) -> None:
    new = tmp_path / "다른 드라이브"
    shutil.copytree(library_copy.videos, new, copy_function=shutil.copy2)
    refused = library_copy("library", "relocate", library_copy.videos, tmp_path / "nowhere")
    assert refused.code == 1
    assert "drive connected" in refused.err
    moved = library_copy("library", "relocate", library_copy.videos, new)
    assert moved.code == 0, moved.err
    assert "3 files and 1 folder" in moved.out
    assert "0 videos to index" in moved.out
    done = library_copy("library", "relocate", "--move", tmp_path / "elsewhere")
    assert done.code == 0, done.err
    assert not library_copy.library.exists()
    there = Indexed(tmp_path / "elsewhere", new, library_copy.added, library_copy.indexed)
    assert verify(there)["problems"] == []
    if os.name != "nt":
        assert there.library.stat().st_mode & 0o077 == 0
    assert there("index", "--json").json()[-1]["videos"] == 0


def test_a_usual_library_is_opened_at_its_new_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = Directories.resolve().library
    assert run(parse(["status"])) == 0
    assert run(parse(["library", "relocate", "--move", str(tmp_path / "다른 곳")])) == 0
    assert "Heimdex opens it there" in capsys.readouterr().out
    assert not usual.exists()
    assert run(parse(["status"])) == 0
    assert str(tmp_path / "다른 곳") in capsys.readouterr().out
    assert run(parse(["library", "relocate", "--move", str(usual)])) == 0
    assert run(parse(["status"])) == 0
    assert Directories.resolve().library == usual


class Terminal(io.StringIO):
    """Somebody at the keyboard."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "left"), [("n\n", ["A", "B"]), ("네\n", ["A"])])
def test_restore_asks_before_it_replaces(
    typed: str,
    left: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    database = Database.open(library / FILE_NAME)
    insert = "INSERT INTO people (name, name_key, created_at) VALUES (?1, ?1, 0)"
    with database.write() as connection:
        connection.execute(insert, ("A",))
    Backups(library).make(database)
    with database.write() as connection:
        connection.execute(insert, ("B",))
    database.close()
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert run(parse(["--library", str(library), "library", "restore"])) == 0
    assert "in the database's place?" in capsys.readouterr().out
    connection = sqlite3.connect(library / FILE_NAME)
    assert [row[0] for row in connection.execute("SELECT name FROM people ORDER BY id")] == left
    connection.close()
