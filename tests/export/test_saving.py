"""A person's file is written whole or not at all, and never over another one unasked."""

import errno
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

from heimdex.domain.errors import UserError
from heimdex.export import save


def no_room(*_: Any, **__: Any) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def no_links(*_: Any, **__: Any) -> NoReturn:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


def test_a_full_disk_leaves_the_earlier_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / f"{'긴 이름 ' * 20}.srt"
    save(file, "old", replace=True)
    with monkeypatch.context() as full:
        full.setattr(Path, "write_text", no_room)
        with pytest.raises(UserError, match="is full; free some space"):
            save(file, "new", replace=True)
    assert file.read_text("utf-8") == "old"
    save(file, "새 자막", replace=True)
    assert file.read_text("utf-8") == "새 자막"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("links", [True, False])
def test_another_file_is_not_written_over_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    file = tmp_path / "holiday.txt"
    save(file, "first", replace=False)
    with pytest.raises(UserError, match="is there already; choose another name"):
        save(file, "second", replace=False)
    assert file.read_text("utf-8") == "first"
    assert list(tmp_path.iterdir()) == [file]


def test_the_name_is_given_once_all_of_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a kill meanwhile leaves no half transcript under the name that was asked for."""
    file = tmp_path / "holiday.txt"
    seen: list[bool] = []
    written = Path.write_text

    def watch(path: Path, *arguments: Any, **named: Any) -> int:
        count = written(path, *arguments, **named)
        seen.append(file.exists())
        return count

    monkeypatch.setattr(Path, "write_text", watch)
    save(file, "all of it", replace=False)
    assert seen == [False]
    assert file.read_text("utf-8") == "all of it"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holiday\.txt cannot be written \(No such file"):
        save(tmp_path / "none" / "holiday.txt", "text", replace=False)
