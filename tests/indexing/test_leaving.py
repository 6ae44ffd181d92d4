"""What a person takes out of the library stays out, until a person adds it again."""

from pathlib import Path

import pytest
from small_library import Library, put

from heimdex.domain.errors import UserError
from heimdex.indexing.leaving import Leaving


@pytest.fixture
def leaving(library: Library) -> Leaving:
    return Leaving(library.catalogue, library.whereabouts)


def names(library: Library) -> set[str]:
    return {file.path.name for file in library.catalogue.files()}


def test_a_part_of_a_folder_is_left_alone(library: Library, videos: Path, leaving: Leaving) -> None:
    put(videos / "a.mp4")
    put(videos / "private" / "b.mp4")
    put(videos / "private" / "deep" / "c.mp4")
    put(videos / "private too" / "d.mp4")
    library.scanner.add([videos])
    assert len(leaving.leave(videos / "private")) == 2
    put(videos / "private" / "new.mp4")
    library.scanner.rescan()
    assert names(library) == {"a.mp4", "d.mp4"}
    assert len(library.catalogue.videos()) == 2
    # A folder that moves takes along what was left alone in it.
    [folder] = library.catalogue.folders()
    moved = videos.rename(videos.with_name("moved"))
    library.whereabouts.move_folders({folder.id: moved})
    library.scanner.rescan()
    assert names(library) == {"a.mp4", "d.mp4"}
    # Whoever adds it by name wants it after all, and with it what is inside.
    library.scanner.add([moved / "private"])
    library.scanner.rescan()
    assert names(library) == {"a.mp4", "b.mp4", "c.mp4", "d.mp4", "new.mp4"}
    assert [folder.path for folder in library.catalogue.folders()] == [moved]


def test_a_video_that_was_removed_does_not_come_back(
    library: Library, videos: Path, leaving: Leaving
) -> None:
    put(videos / "a.mp4")
    put(videos / "b.mp4")
    put(videos / "copy of a.mp4", "a.mp4")
    library.scanner.add([videos])
    gone = library.catalogue.video_at(videos / "a.mp4")
    assert gone is not None
    leaving.leave_video(gone.id)
    library.scanner.rescan()
    assert names(library) == {"b.mp4"}
    library.scanner.add([videos / "a.mp4"])
    library.scanner.rescan()
    assert names(library) == {"a.mp4", "b.mp4"}
    # All of it again: the folder itself is named.
    library.scanner.add([videos])
    assert names(library) == {"a.mp4", "b.mp4", "copy of a.mp4"}


def test_a_part_of_what_is_left_out_is_taken_in_alone(
    library: Library, videos: Path, leaving: Leaving
) -> None:
    put(videos / "a.mp4")
    for name in ("b.mp4", "c.mp4", "deep/d.mp4"):
        put(videos / "private" / name)
    library.scanner.add([videos])
    leaving.leave(videos / "private")
    library.scanner.add([videos / "private" / "b.mp4"])
    library.scanner.rescan()
    assert names(library) == {"a.mp4", "b.mp4"}
    library.scanner.add([videos / "private" / "deep"])
    library.scanner.rescan()
    assert names(library) == {"a.mp4", "b.mp4", "d.mp4"}
    leaving.leave(videos / "private")
    library.scanner.rescan()
    assert names(library) == {"a.mp4", "d.mp4"}


def test_a_whole_folder_and_a_single_file(
    library: Library, videos: Path, tmp_path: Path, leaving: Leaving
) -> None:
    put(videos / "a.mp4")
    put(videos / "inner" / "b.mp4")
    loose = put(tmp_path / "loose.mp4")
    library.scanner.add([videos, videos / "inner", loose])
    leaving.leave(loose)
    assert names(library) == {"a.mp4", "b.mp4"}
    leaving.leave(videos)
    assert names(library) == set()
    assert [folder.path for folder in library.catalogue.folders()] == [videos / "inner"]
    library.scanner.rescan()
    assert names(library) == {"b.mp4"}
    with pytest.raises(UserError, match="knows nothing"):
        leaving.leave(tmp_path / "else")
