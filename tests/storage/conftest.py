"""A real library in a temporary folder for every storage test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from storage_samples import video_id

from heimdex.domain.ids import VideoId
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import FILE_NAME, Database
from heimdex.storage.people import PeopleStore
from heimdex.storage.stages import StageStore


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    return folder


@pytest.fixture
def database(library: Path) -> Iterator[Database]:
    opened = Database.open(library / FILE_NAME)
    yield opened
    opened.close()


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database)


@pytest.fixture
def stages(database: Database, library: Path) -> StageStore:
    return StageStore(database, Artefacts(library))


@pytest.fixture
def people(database: Database) -> PeopleStore:
    return PeopleStore(database)


@pytest.fixture
def three_videos(catalogue: Catalogue, tmp_path: Path) -> list[VideoId]:
    ids = [video_id(number) for number in (1, 2, 3)]
    for number, each in enumerate(ids, start=1):
        catalogue.put_file(tmp_path / f"clip {number}.mp4", each, None, 100, 1_650_000_000 * 10**9)
    return ids
