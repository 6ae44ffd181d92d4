"""Folders that are taken out, drives that are away, and who has the library: by command."""

import sqlite3
from pathlib import Path

from command import Command, Indexed
from heimdex.storage.database import FILE_NAME
from heimdex.storage.lock import LibraryLock


def test_removed_and_away(library_copy: Indexed, tmp_path: Path) -> None:
    kept, gone = sorted(library_copy.videos.glob("*.mp4"))[:2]
    done = library_copy("remove", gone, tmp_path / "nothing")
    assert done.code == 1
    assert "1 video forgotten" in done.out
    assert "knows nothing at" in done.err
    assert gone.exists()
    library_copy("index")
    assert library_copy("remove", "--list").out.strip() == str(gone)
    files = {each["video"] for each in library_copy("status", "--json").json()[0]["files"]}
    assert str(kept) in files
    assert str(gone) not in files
    # The folder is away: what is in it is found, and it is said that it cannot be reached.
    away = library_copy.videos.rename(library_copy.videos.with_name("away"))
    try:
        library_copy("index")
        found = library_copy("search", "the", "-n", "20")
        assert found.out.count("(not reachable now)") == found.out.count(str(library_copy.videos))
        assert "(not reachable now)" in found.out
        hits = library_copy("search", "the", "--json").json()[0]["hits"]
        assert {hit["reachable"] for hit in hits} == {False}
        assert "(offline)" in library_copy("status").out
    finally:
        away.rename(library_copy.videos)


def test_what_was_deleted_is_forgotten_by_one_command(library_copy: Indexed) -> None:
    kept, gone, *_ = sorted(library_copy.videos.glob("*.mp4"))
    aside = gone.rename(gone.with_name("aside"))
    assert "1 video forgotten" in library_copy("remove", "--missing").out
    files = {each["video"] for each in library_copy("status", "--json").json()[0]["files"]}
    assert str(kept) in files
    assert str(gone) not in files
    aside.rename(gone)
    assert "1 new video" in library_copy("index").err
    # Of a folder that is away nothing is forgotten.
    away = library_copy.videos.rename(library_copy.videos.with_name("away"))
    assert "0 videos forgotten" in library_copy("remove", "--missing").out
    away.rename(library_copy.videos)


def traces(library: Path, words: str) -> list[str]:
    files = [path for path in library.rglob("*") if path.is_file()]
    return [path.name for path in files if words.encode() in path.read_bytes()]


def test_nothing_is_left_of_what_is_removed_and_erased(library_copy: Indexed) -> None:
    with sqlite3.connect(library_copy.library / FILE_NAME) as connection:
        row = "SELECT video_id, text FROM passages ORDER BY length(text) DESC LIMIT 1"
        video, words = connection.execute(row).fetchone()
        path = connection.execute("SELECT path FROM files WHERE video_id = ?", (video,)).fetchone()
    connection.close()
    library_copy("library", "backup")
    assert len(traces(library_copy.library, words[:40])) > 1
    done = library_copy("remove", path[0], "--erase")
    assert done.code == 0, done.err
    assert "automatic backup" in done.err
    assert traces(library_copy.library, words[:40]) == []
    assert not list((library_copy.library / "artefacts").rglob(f"{video}/*"))
    assert library_copy("library", "verify", "--json").json()[0]["problems"] == []


def test_a_command_is_told_who_has_the_library(heimdex: Command, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    with LibraryLock(library):
        refused = heimdex("--library", library, "status")
        assert refused.code == 1
        assert "is in use by process" in refused.err
        assert len(refused.err.splitlines()) == 1
    assert heimdex("--library", library, "status").code == 0
