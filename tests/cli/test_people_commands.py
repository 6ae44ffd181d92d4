"""`heimdex people` on the sample: what a person says about faces, and how it all goes for good."""

import re
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from command import Indexed

NAME = "Eileen Qzx"


def faces(library: Indexed, who: str) -> set[str]:
    """The names of the videos somebody is in."""
    shown = library("people", "show", who, "--json").json()[0]
    return {Path(each["video"]).name for each in shown["appearances"]}


@pytest.fixture(scope="module")
def once_named(
    sample_library: Indexed, starter_models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Indexed:
    """Somebody has a name; never changed by a test (see `named`)."""
    library = tmp_path_factory.mktemp("named") / "library"
    shutil.copytree(sample_library.library, library)
    copy = replace(sample_library, library=library)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEIMDEX_MODELS", str(starter_models))
        everybody = copy("people", "list", "--json").json()
        most = max(everybody, key=lambda person: person["faces"])
        assert copy("people", "name", most["id"], NAME).code == 0
    return copy


@pytest.fixture
def named(once_named: Indexed, starter_models: Path, tmp_path: Path) -> Indexed:
    """A copy that a test may change."""
    shutil.copytree(once_named.library, tmp_path / "library")
    return replace(once_named, library=tmp_path / "library")


def test_what_is_stored_is_said_once_and_not_into_json(library_copy: Indexed) -> None:
    first = library_copy("people", "list")
    assert "nothing leaves this computer" in first.err
    assert str(library_copy.library) in first.err
    again = library_copy("people", "list")
    assert (again.code, again.err) == (0, "")


def test_both_names_are_shown_and_found(named: Indexed) -> None:
    done = named("people", "alias", NAME, "아일린")
    assert f"{NAME} (아일린)" in done.out
    assert f"{NAME} (아일린)" in named("people", "list").out
    [person] = [p for p in named("people", "list", "--json").json() if p["name"] == NAME]
    assert (person["second_name"], person["aliases"]) == ("아일린", ["아일린"])
    assert faces(named, "아일린") == {"astronaut.mp4", "deep-field.mp4"}
    found = named("search", "아일린이 나오는 장면", "--json").json()[0]
    assert found["hits"][0]["people"] == [NAME]


def test_a_face_is_moved_and_a_portrait_chosen(named: Indexed) -> None:
    moved = named("people", "move", NAME, "deep-field.mp4@0:12", "--to", "Somebody Else")
    assert moved.code == 0, moved.err
    assert "Somebody Else" in moved.out
    assert faces(named, NAME) == {"astronaut.mp4"}
    assert faces(named, "somebody else") == {"deep-field.mp4"}
    chosen = named("people", "portrait", NAME, "astronaut.mp4@0:02")
    assert chosen.code == 0, chosen.err
    wrong = named("people", "portrait", NAME, "deep-field.mp4@0:12")
    assert wrong.code == 1
    assert "not on screen" in wrong.err
    for _ in range(2):
        assert named("people", "undo").code == 0
    assert faces(named, NAME) == {"astronaut.mp4", "deep-field.mp4"}


def test_a_frame_enrols(library_copy: Indexed) -> None:
    done = library_copy("people", "enroll", "Eileen", "--at", "astronaut.mp4@0:02")
    assert done.code == 0, done.err
    assert "1 face named. Eileen:" in done.out
    assert faces(library_copy, "Eileen") == {"astronaut.mp4", "deep-field.mp4"}
    nothing = library_copy("people", "enroll", "Eileen")
    assert nothing.code == 1
    assert "at least one photo" in nothing.err


def test_doubts_are_listed_where_nobody_can_answer(named: Indexed) -> None:
    done = named("people", "suggest", "--json")
    assert done.code == 0
    assert all({"person", "likeness", "pictures"} <= set(each) for each in done.json())
    assert named("people", "suggest").code == 0
    # Kept as a person's word: the two are not joined by naming them alike … unless somebody merges.
    other = named("people", "split", NAME, "deep-field.mp4@0:12")
    number = other.out.partition(":")[0]
    done = named("people", "different", NAME, number)
    assert done.code == 0, done.err
    assert f"{number} is not {NAME}" in done.out
    # A face is found by its second also while search finds nobody.
    assert named("people", "off").code == 0
    chosen = named("people", "portrait", NAME, "astronaut.mp4@0:02")
    assert chosen.code == 0, chosen.err
    moved = named("people", "move", number, "deep-field.mp4@0:12", "--to", NAME)
    assert moved.code == 0, moved.err
    assert named("people", "on").code == 0


def test_switched_off_search_finds_nobody_and_indexing_looks_for_nobody(
    named: Indexed, short_sample: Path
) -> None:
    off = named("people", "off")
    assert off.code == 0, off.err
    assert "kept; --erase erases them" in off.out
    found = named("search", NAME, "--json").json()[0]
    assert not any(hit["people"] for hit in found["hits"])
    copy = named.videos.parent / "off"
    copy.mkdir(exist_ok=True)
    fresh = copy / "fresh.mp4"
    # The same face in another file.
    shutil.copy(short_sample / "astronaut.mp4", fresh)
    assert named("add", fresh).code == 0
    stages = named("index", "--json").json()
    assert {each["stage"] for each in stages if "stage" in each} >= {"scenes", "vision"}
    assert "faces" not in {each["stage"] for each in stages if "stage" in each}
    on = named("people", "on")
    assert on.code == 0, on.err
    stages = named("index", "--json").json()
    assert "faces" in {each["stage"] for each in stages if each.get("video") == str(fresh)}
    assert faces(named, NAME) == {"astronaut.mp4", "deep-field.mp4", "fresh.mp4"}
    shutil.rmtree(copy)


def test_erasing_everything_asks_and_leaves_no_name_in_any_file(named: Indexed) -> None:
    refused = named("people", "off", "--erase")
    assert refused.code == 1
    assert "--yes" in refused.err
    done = named("people", "off", "--erase", "--yes")
    assert done.code == 0, done.err
    assert "all names are erased" in done.out
    connection = sqlite3.connect(named.library / "library.sqlite3")
    for table in ("people", "face_tracks", "photos", "decisions", "journal"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
    connection.close()
    for file in named.library.rglob("*"):
        if file.is_file():
            assert NAME.encode() not in file.read_bytes(), file
    assert not list(named.library.rglob("face-*.jpg"))


def test_forgetting_says_what_it_cannot_reach(named: Indexed) -> None:
    (named.library / "library-v1-20200101-000000.backup").write_bytes(NAME.encode())
    done = named("people", "forget", NAME, "--yes")
    assert done.code == 0, done.err
    assert re.search(r"[1-9]\d* automatic backups? that held it went", done.out)
    assert "Backups you made yourself are not touched" in done.out
    kept = named.library.rglob("*.backup")  # One made afterwards may be there, without the person.
    assert not [copy for copy in kept if NAME.encode() in copy.read_bytes()]


def test_of_several_faces_on_a_frame_it_is_said_which_are_there(named: Indexed) -> None:
    right = named("people", "enroll", NAME, "--at", "astronaut.mp4@0:02", "--face", "1")
    assert right.code == 0, right.err
    wrong = named("people", "enroll", NAME, "--at", "astronaut.mp4@0:02", "--face", "7")
    assert wrong.code == 1
    assert "there is no face 7" in wrong.err


def test_photos_are_written_to_be_looked_at_and_taken_away(
    library_copy: Indexed, tmp_path: Path
) -> None:
    frames = Path(__file__).resolve().parents[2] / "resources" / "calibration" / "frames"
    photos = [frames / "astronaut-0.jpg", frames / "astronaut-3.jpg"]
    assert library_copy("people", "enroll", "Eileen", *photos).code == 0
    done = library_copy("people", "photos", "Eileen", "--to", tmp_path / "new")
    assert "is known by 2 photos" in done.out
    written = [Path(line) for line in done.out.splitlines()[:2]]
    assert all(path.is_file() and path.parent == tmp_path / "new" for path in written)
    wrong = library_copy("people", "photos", "Eileen", "--remove", "3")
    assert (wrong.code, "no photo 3, but 2 photos" in wrong.err) == (1, True)
    assert "known by 1 photo." in library_copy("people", "photos", "Eileen", "--remove", "1").out
    library_copy("people", "photos", "Eileen", "--to", tmp_path / "left")
    [left] = (tmp_path / "left").iterdir()
    assert left.read_bytes() == written[1].read_bytes()
    assert "photo" in library_copy("people", "undo").out
    assert "known by 2 photos." in library_copy("people", "photos", "Eileen").out
