"""A library and a folder of files for each test of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_library import Library


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    opened = Library(home / "library")
    yield opened
    opened.close()


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    folder.mkdir()
    return folder
