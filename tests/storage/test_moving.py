"""A library folder that moves, within a disk and to another one."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from heimdex.domain.errors import UserError
from heimdex.storage import moving
from heimdex.storage.database import FILE_NAME, Database
from heimdex.storage.moving import move_library

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "here" / "library"
    (folder / "artefacts").mkdir(parents=True)
    (folder / "artefacts" / "poster.jpg").write_bytes(b"p" * 2_000_000)
    Database.open(folder / FILE_NAME).close()
    return folder


@pytest.fixture
def other_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "_rename", lambda source, target: False)


def is_whole(library: Path) -> bool:
    database = Database.open(library / FILE_NAME)
    try:
        faults = database.verify()
    finally:
        database.close()
    return not faults and (library / "artefacts" / "poster.jpg").stat().st_size == 2_000_000


def test_within_a_disk_it_is_renamed(source: Path, tmp_path: Path) -> None:
    move_library(source, tmp_path / "there")
    assert is_whole(tmp_path / "there")
    assert not source.exists()


@pytest.mark.usefixtures("other_disk")
def test_to_another_disk_it_is_copied_and_the_first_goes(source: Path, tmp_path: Path) -> None:
    move_library(source, tmp_path / "there")
    assert is_whole(tmp_path / "there")
    assert [p.name for p in tmp_path.iterdir() if "there" in p.name] == ["there"]
    assert list(source.parent.iterdir()) == []


@pytest.mark.usefixtures("other_disk")
def test_without_room_nothing_is_begun(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(9, 9, 1_000_000))
    with pytest.raises(UserError, match=r"has no room for the library; it needs 7 MB"):
        move_library(source, tmp_path / "there")
    assert is_whole(source)
    assert not [p for p in tmp_path.iterdir() if "there" in p.name]


@pytest.mark.usefixtures("other_disk")
def test_a_copy_that_fails_half_way_is_taken_away(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path, **_: object) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copy2", full)
        with pytest.raises(UserError, match=r"\(No space left on device\); it is still at"):
            move_library(source, tmp_path / "there")
    assert is_whole(source)
    assert not [p for p in tmp_path.iterdir() if "there" in p.name]
    move_library(source, tmp_path / "there")
    assert is_whole(tmp_path / "there")


@pytest.mark.usefixtures("other_disk")
def test_what_an_interrupted_attempt_left_is_no_obstacle(source: Path, tmp_path: Path) -> None:
    half = tmp_path / ".there.moving"
    half.mkdir()
    (half / FILE_NAME).write_bytes(b"half a library")
    move_library(source, tmp_path / "there")
    assert is_whole(tmp_path / "there")
    assert not half.exists()
