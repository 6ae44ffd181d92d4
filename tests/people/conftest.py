from collections.abc import Iterator
from pathlib import Path

import pytest
from people_library import Cast, Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "library"
    folder.mkdir()
    library = Library(folder, Cast())
    yield library
    library.database.close()
