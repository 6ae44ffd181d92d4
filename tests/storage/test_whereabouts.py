from pathlib import Path

import pytest
from storage_samples import video_id

from heimdex.domain.errors import UserError
from heimdex.domain.media import Place
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import Database
from heimdex.storage.whereabouts import Whereabouts, is_in


@pytest.fixture
def whereabouts(database: Database) -> Whereabouts:
    return Whereabouts(database)


def paths(catalogue: Catalogue) -> set[Path]:
    return {file.path for file in catalogue.files()}


def test_places_come_back_as_they_were(
    whereabouts: Whereabouts, catalogue: Catalogue, tmp_path: Path
) -> None:
    folder = catalogue.add_folder(tmp_path, watched=True)
    loose = catalogue.put_file(tmp_path / "a.mp4", video_id(1), None, 5, 5)
    inside = catalogue.put_file(tmp_path / "b.mp4", video_id(2), folder.id, 5, 5)
    assert whereabouts.of_folders() == {}
    place = Place("uuid:1", "odd \udcff/새")
    whereabouts.note_folder(folder.id, place)
    whereabouts.note_files({loose.id: place, inside.id: place})
    assert whereabouts.of_folders() == {folder.id: place}
    assert whereabouts.of_loose_files() == {loose.id: place}
    whereabouts.note_folder(folder.id, None)
    assert whereabouts.of_folders() == {}


def test_folders_exchange_their_places(
    whereabouts: Whereabouts, catalogue: Catalogue, tmp_path: Path
) -> None:
    one, other = (catalogue.add_folder(tmp_path / name, watched=True) for name in ("1", "2"))
    catalogue.put_file(tmp_path / "1" / "a.mp4", video_id(1), one.id, 5, 5)
    catalogue.put_file(tmp_path / "2" / "a.mp4", video_id(2), other.id, 5, 5)
    whereabouts.move_folders({one.id: tmp_path / "2", other.id: tmp_path / "1"})
    assert {f.id: f.path for f in catalogue.folders()} == {
        one.id: tmp_path / "2", other.id: tmp_path / "1",
    }  # fmt: skip
    assert catalogue.file(tmp_path / "2" / "a.mp4").video_id == video_id(1)
    assert catalogue.file(tmp_path / "1" / "a.mp4").video_id == video_id(2)


def test_a_file_outside_of_its_folder_stays(
    whereabouts: Whereabouts, catalogue: Catalogue, tmp_path: Path
) -> None:
    folder = catalogue.add_folder(tmp_path / "a_%", watched=True)
    catalogue.put_file(tmp_path / "a_%" / "1.mp4", video_id(1), folder.id, 5, 5)
    catalogue.put_file(tmp_path / "a_% 2" / "2.mp4", video_id(2), folder.id, 5, 5)
    whereabouts.move_folders({folder.id: tmp_path / "b"})
    assert paths(catalogue) == {tmp_path / "b" / "1.mp4", tmp_path / "a_% 2" / "2.mp4"}


def test_what_is_at_the_new_place(
    whereabouts: Whereabouts, catalogue: Catalogue, tmp_path: Path
) -> None:
    folder = catalogue.add_folder(tmp_path / "old", watched=True)
    catalogue.put_file(tmp_path / "old" / "1.mp4", video_id(1), folder.id, 5, 5)
    # The same bytes, added there by themselves: one of the rows is enough.
    catalogue.put_file(tmp_path / "new" / "1.mp4", video_id(1), None, 5, 5)
    whereabouts.move_folders({folder.id: tmp_path / "new"})
    assert [(f.path, f.folder_id) for f in catalogue.files()] == [
        (tmp_path / "new" / "1.mp4", folder.id)
    ]
    # Others: nothing is moved.
    catalogue.put_file(tmp_path / "third" / "1.mp4", video_id(2), None, 5, 5)
    with pytest.raises(UserError, match="other videos"):
        whereabouts.move_folders({folder.id: tmp_path / "third"})
    catalogue.add_folder(tmp_path / "fourth", watched=True)
    with pytest.raises(UserError, match="Another folder"):
        whereabouts.move_folders({folder.id: tmp_path / "fourth"})
    assert paths(catalogue) == {tmp_path / "new" / "1.mp4", tmp_path / "third" / "1.mp4"}


def test_what_is_left_out_goes_with_its_folder(
    whereabouts: Whereabouts, catalogue: Catalogue, tmp_path: Path
) -> None:
    folder = catalogue.add_folder(tmp_path, watched=True)
    for part in ("a", "a/b", "a b", "c.mp4"):
        whereabouts.leave_out(folder.id, part)
    assert whereabouts.take_in(folder.id, "a")
    assert whereabouts.left_out() == {folder.id: {"a b", "c.mp4"}}
    assert not whereabouts.take_in(folder.id, "c")
    assert whereabouts.take_in(folder.id, "")
    whereabouts.leave_out(folder.id, "a")
    catalogue.remove_folder(folder.id)
    assert whereabouts.left_out() == {}


def test_a_relative_path_is_in_another() -> None:
    assert is_in("a/b", "a")
    assert is_in("a", "a")
    assert is_in("a", "")
    assert not is_in("a b", "a")
    assert not is_in("a", "a/b")
