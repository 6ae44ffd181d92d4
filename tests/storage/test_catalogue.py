import os
import sys
from pathlib import Path

import pytest
from storage_samples import PASSAGES, faces, passages, probe, run, scenes, video_id

from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.media import FileState
from heimdex.domain.stages import Stage
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import Database
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

DAY = 10**9 * 86_400


def test_a_folder_added_twice_is_one(catalogue: Catalogue, tmp_path: Path) -> None:
    first = catalogue.add_folder(tmp_path / "여름", watched=False)
    again = catalogue.add_folder(tmp_path / "여름", watched=True)
    assert first.id == again.id
    assert again.watched
    assert catalogue.folders() == [again]


def test_a_copy_is_one_video_in_two_places(catalogue: Catalogue, tmp_path: Path) -> None:
    first = catalogue.put_file(tmp_path / "a.mp4", video_id(1), None, 5, DAY)
    second = catalogue.put_file(tmp_path / "b.mp4", video_id(1), None, 5, DAY)
    [video] = catalogue.videos()
    assert video.path == tmp_path / "a.mp4"
    assert video.recorded_at == 86_400  # the file's time stamp, before the probe
    catalogue.set_file_state([first.id], FileState.MISSING)
    [video] = catalogue.videos()
    assert (video.path, video.state) == (tmp_path / "b.mp4", FileState.ONLINE)
    catalogue.set_file_state([second.id], FileState.OFFLINE)
    [video] = catalogue.videos()
    assert (video.path, video.state) == (tmp_path / "b.mp4", FileState.OFFLINE)


def test_a_rename_keeps_the_video(catalogue: Catalogue, tmp_path: Path) -> None:
    file = catalogue.put_file(tmp_path / "a.mp4", video_id(1), None, 5, DAY)
    moved = catalogue.move_file(file.id, tmp_path / "휴가.mp4")
    assert (moved.id, moved.video_id) == (file.id, file.video_id)
    assert catalogue.video_at(tmp_path / "a.mp4") is None
    assert catalogue.videos()[0].title == "휴가"


def test_changed_content_replaces_the_video_that_is_nowhere_else(
    catalogue: Catalogue, stages: StageStore, library: Path, tmp_path: Path
) -> None:
    catalogue.put_file(tmp_path / "a.mp4", video_id(1), None, 5, DAY)
    stages.commit(video_id(1), probe(), run(1, Stage.PROBE))
    assert Artefacts(library).poster(video_id(1)).exists()
    catalogue.put_file(tmp_path / "a.mp4", video_id(2), None, 6, 2 * DAY)
    assert [video.id for video in catalogue.videos()] == [video_id(2)]
    assert not Artefacts(library).poster(video_id(1)).exists()


def test_changed_content_leaves_the_other_copy(catalogue: Catalogue, tmp_path: Path) -> None:
    catalogue.put_file(tmp_path / "a.mp4", video_id(1), None, 5, DAY)
    catalogue.put_file(tmp_path / "b.mp4", video_id(1), None, 5, DAY)
    catalogue.put_file(tmp_path / "a.mp4", video_id(2), None, 6, DAY)
    assert {video.id for video in catalogue.videos()} == {video_id(1), video_id(2)}


def test_an_offline_folder_takes_its_files_along_and_forgets_nothing(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    folder = catalogue.add_folder(tmp_path, watched=True)
    catalogue.put_file(tmp_path / "a.mp4", video_id(1), folder.id, 5, DAY)
    catalogue.put_file(tmp_path / "a.mp4", video_id(1), None, 5, DAY)  # named again, outright
    catalogue.set_folder_state(folder.id, FileState.OFFLINE)
    assert catalogue.videos()[0].state is FileState.OFFLINE
    catalogue.set_folder_state(folder.id, FileState.ONLINE)
    assert catalogue.videos()[0].state is FileState.OFFLINE  # until it has been seen
    assert [file.folder_id for file in catalogue.files(folder.id)] == [folder.id]


def test_removing_a_folder_forgets_what_is_nowhere_else(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    folder = catalogue.add_folder(tmp_path / "drive", watched=True)
    catalogue.put_file(tmp_path / "drive/a.mp4", video_id(1), folder.id, 5, DAY)
    catalogue.put_file(tmp_path / "drive/b.mp4", video_id(2), folder.id, 5, DAY)
    catalogue.put_file(tmp_path / "b.mp4", video_id(2), None, 5, DAY)
    assert catalogue.remove_folder(folder.id) == [video_id(1)]
    assert [video.path for video in catalogue.videos()] == [tmp_path / "b.mp4"]
    assert catalogue.folders() == []


def test_forgetting_a_video_leaves_no_trace(
    database: Database,
    catalogue: Catalogue,
    stages: StageStore,
    library: Path,
    three_videos: list[VideoId],
) -> None:
    one = three_videos[0]
    for output, stage in (
        (probe(), Stage.PROBE),
        (passages("생일 축하해"), Stage.PASSAGES),
        (scenes(2), Stage.SCENES),
        (faces(2), Stage.FACES),
    ):
        stages.commit(one, output, run(1, stage))
    catalogue.remove_video(one)
    assert catalogue.video(one) is None
    assert VectorStore(database).batch(one, PASSAGES) is None
    connection = database.read()
    for table in ("files", "media_info", "passages", "scenes", "face_tracks", "vectors"):
        found = connection.execute(f"SELECT * FROM {table} WHERE video_id = ?", (one,)).fetchall()
        assert found == [], table
    assert connection.execute("SELECT count(*) FROM passage_terms").fetchone()[0] == 0
    assert not any(library.rglob("*.jpg"))
    assert len(catalogue.videos()) == 2


def test_media_info_comes_back_as_it_was(
    catalogue: Catalogue, stages: StageStore, three_videos: list[VideoId]
) -> None:
    assert catalogue.media_info(three_videos[0]) is None
    output = probe()
    stages.commit(three_videos[0], output, run(1, Stage.PROBE))
    assert catalogue.media_info(three_videos[0]) == output.info
    video = catalogue.video(three_videos[0])
    assert video is not None
    assert (video.duration_ms, video.width, video.height) == (9000, 640, 360)
    assert (video.has_video, video.has_audio, video.recorded_at) == (True, True, 1_600_000_000)


def test_a_video_is_found_by_what_a_person_would_type(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.put_file(tmp_path / "x/Birthday.MP4", VideoId("abcdef" + "1" * 26), None, 5, DAY)
    catalogue.put_file(tmp_path / "y/walk.mp4", VideoId("abcdef" + "2" * 26), None, 5, DAY)
    catalogue.put_file(tmp_path / "z/walk.mp4", VideoId("123456" + "3" * 26), None, 5, DAY)
    monkeypatch.chdir(tmp_path / "." if (tmp_path / "x").is_dir() else tmp_path)
    birthday = catalogue.videos()[0]
    for name in ("birthday", "Birthday.MP4", str(birthday.path), "x/Birthday.MP4", birthday.id):
        assert catalogue.find_video(name) == birthday, name
    assert catalogue.find_video("123456").path == tmp_path / "z/walk.mp4"
    with pytest.raises(UserError, match="2 videos are called 'walk'"):
        catalogue.find_video("walk")
    with pytest.raises(UserError, match="2 videos"):
        catalogue.find_video("abcdef")
    with pytest.raises(UserError, match="No video"):
        catalogue.find_video("nothing")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_a_name_that_is_not_utf8_survives(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9 \xff.mp4")
    catalogue.put_file(path, video_id(1), None, 5, DAY)
    [video] = catalogue.videos()
    assert video.path == path
    assert os.fsencode(video.path).endswith(b"caf\xe9 \xff.mp4")
    found = catalogue.file(path)
    assert found is not None
    assert found.path == path
