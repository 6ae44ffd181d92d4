from pathlib import Path

import pytest
from storage_samples import video_id

from heimdex.domain.errors import UserError
from heimdex.domain.media import Place
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import Database
from heimdex.storage.relocation import relocate
from heimdex.storage.whereabouts import Whereabouts


def places(catalogue: Catalogue) -> list[Path]:
    return [file.path for file in catalogue.files()]


def test_everything_below_moves_and_nothing_beside_it(
    database: Database, catalogue: Catalogue, tmp_path: Path
) -> None:
    old, new = tmp_path / "drive_%", tmp_path / "새 드라이브"
    folder = catalogue.add_folder(old, watched=True)
    inner = catalogue.add_folder(old / "in", watched=False)
    catalogue.put_file(old / "in" / "a.mp4", video_id(1), inner.id, 5, 5)
    catalogue.put_file(old / "b\udcff.mp4", video_id(2), folder.id, 5, 5)
    whereabouts = Whereabouts(database)
    whereabouts.note_folder(folder.id, Place("uuid:1", "drive"))
    catalogue.put_file(tmp_path / "drive_% 2" / "c.mp4", video_id(3), None, 5, 5)
    catalogue.put_file(tmp_path / "drive_xy" / "d.mp4", video_id(4), None, 5, 5)
    done = relocate(database, old, new)
    assert (done.files, done.folders) == (2, 2)
    assert {f.path for f in catalogue.folders()} == {new, new / "in"}
    assert set(places(catalogue)) == {
        new / "in" / "a.mp4",
        new / "b\udcff.mp4",
        tmp_path / "drive_% 2" / "c.mp4",
        tmp_path / "drive_xy" / "d.mp4",
    }
    assert [f.folder_id for f in catalogue.files(inner.id)] == [inner.id]
    # The new place may be on another drive: what was known of the old one no longer holds.
    assert whereabouts.of_folders() == {}
    assert {v.id for v in catalogue.videos()} == {video_id(n) for n in (1, 2, 3, 4)}


def test_into_a_folder_of_itself_and_back(
    database: Database, catalogue: Catalogue, tmp_path: Path
) -> None:
    catalogue.put_file(tmp_path / "a.mp4", video_id(1), None, 5, 5)
    catalogue.put_file(tmp_path / "deep" / "a.mp4", video_id(2), None, 5, 5)
    relocate(database, tmp_path, tmp_path / "deep")
    assert places(catalogue) == [tmp_path / "deep" / "a.mp4", tmp_path / "deep" / "deep" / "a.mp4"]
    relocate(database, tmp_path / "deep", tmp_path)
    assert places(catalogue) == [tmp_path / "a.mp4", tmp_path / "deep" / "a.mp4"]


def test_what_the_library_knows_there_is_not_overwritten(
    database: Database, catalogue: Catalogue, tmp_path: Path
) -> None:
    catalogue.put_file(tmp_path / "old" / "a.mp4", video_id(1), None, 5, 5)
    catalogue.put_file(tmp_path / "new" / "a.mp4", video_id(2), None, 5, 5)
    with pytest.raises(UserError, match="already knows"):
        relocate(database, tmp_path / "old", tmp_path / "new")
    with pytest.raises(UserError, match="knows nothing"):
        relocate(database, tmp_path / "elsewhere", tmp_path / "new")
    with pytest.raises(UserError, match="the same"):
        relocate(database, tmp_path / "old", tmp_path / "old")
    assert places(catalogue) == [tmp_path / "new" / "a.mp4", tmp_path / "old" / "a.mp4"]


def test_one_file_by_itself(database: Database, catalogue: Catalogue, tmp_path: Path) -> None:
    catalogue.put_file(tmp_path / "a.mp4", video_id(1), None, 5, 5)
    assert relocate(database, tmp_path / "a.mp4", tmp_path / "b.mp4").files == 1
    assert places(catalogue) == [tmp_path / "b.mp4"]
