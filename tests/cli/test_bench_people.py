"""`heimdex bench people` on a face of the sample whose answers are known, and on made-up tracks."""

import shutil
from pathlib import Path

import pytest

from command import Command
from heimdex.media.frames import frame_at
from heimdex.media.pictures import jpeg
from heimdex.media.probe import probe


@pytest.fixture
def people(tmp_path: Path, sample_media: Path) -> Path:
    """One face under two names: as a clip and as a photo. No model can part these "two"."""
    clip = sample_media / "astronaut.mp4"
    folder = tmp_path / "people"
    for name in ("Anna", "Berta"):
        (folder / name).mkdir(parents=True)
    shutil.copy(clip, folder / "Anna")
    _, image = frame_at(clip, probe(clip), 1_000, 1280)
    (folder / "Berta" / "photo.jpg").write_bytes(jpeg(image, 1280, 95))
    (folder / "Berta" / "empty.jpg").write_bytes(jpeg(image[:64, :64], 64))
    return folder


def test_one_face_under_two_names_is_told_as_it_is(
    heimdex: Command, people: Path, starter_models: Path
) -> None:
    done = heimdex("bench", "people", people, "--json", env={"HEIMDEX_MODELS": str(starter_models)})
    assert done.code == 0, done.err
    [found] = done.json()
    assert (found["people"], found["files"]) == (2, 3)
    assert found["without_face"] == ["Berta/empty.jpg"]
    assert found["separation"]["different"] >= 1
    assert found["separation"]["different_accepted"] == 1.0
    assert found["separation"]["different_mean"] > 0.7
    assert found["grouping"]["groups"] == 1
    assert found["grouping"]["pair_precision"] < 1.0
    assert "sorting" not in found


def test_made_up_tracks_are_sorted_into_their_people(heimdex: Command) -> None:
    done = heimdex("bench", "people", "--tracks", "400")
    assert done.code == 0, done.err
    assert "Sorting 400 made-up tracks of 12 people into 12 groups" in done.out
    assert "ms (CPU" in done.out


def test_a_folder_without_people_is_refused(heimdex: Command, tmp_path: Path) -> None:
    done = heimdex("bench", "people", tmp_path / "none")
    assert (done.code, done.out) == (1, "")
    assert "is not a folder" in done.err
    lone = tmp_path / "lone"
    (lone / "Anna").mkdir(parents=True)
    done = heimdex("bench", "people", lone)
    assert (done.code, done.out) == (1, "")
    assert "two people" in done.err
