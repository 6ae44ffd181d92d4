"""Looking again: what moved, changed, was copied, went away or came back."""

from pathlib import Path

import pytest
from small_library import Library, content_id, put, states

from heimdex.domain.ids import VideoId
from heimdex.domain.media import FileState
from heimdex.domain.stages import JobState, Stage


def test_unchanged_files_are_not_read_again(library: Library, videos: Path) -> None:
    put(videos / "a.mp4")
    put(videos / "b.mp4")
    library.scanner.add([videos])
    library.fingerprints.read.clear()
    report = library.scanner.rescan()
    assert (report.unchanged, report.any_change, report.queued) == (2, False, 0)
    assert library.fingerprints.read == []


@pytest.mark.parametrize("target", ["renamed.mp4", "deep/er/a.mp4"])
def test_a_moved_file_stays_the_same_video(library: Library, videos: Path, target: str) -> None:
    put(videos / "a.mp4", "content")
    library.scanner.add([videos])
    [before] = library.catalogue.videos()
    [file] = library.catalogue.files()
    library.work()
    (videos / target).parent.mkdir(parents=True, exist_ok=True)
    (videos / "a.mp4").rename(videos / target)
    report = library.scanner.rescan()
    assert report.moved == [videos / target]
    assert (report.added, report.missing, report.queued) == ([], [], 0)
    [after] = library.catalogue.videos()
    assert (after.id, after.path) == (before.id, videos / target)
    assert library.catalogue.files()[0].id == file.id
    assert library.stages.transcript(after.id) is not None


def test_a_whole_tree_that_moves_is_not_indexed_again(library: Library, videos: Path) -> None:
    count = 600
    for number in range(count):
        put(videos / f"{number % 20}" / f"{number}.mp4", f"content {number}")
    library.scanner.add([videos])
    before = {file.path.name: file.video_id for file in library.catalogue.files()}
    with library.database.write() as connection:
        for stage in Stage:
            connection.execute(
                "INSERT INTO stage_runs SELECT id, ?, 99, ?, 'done', 0, '', 0 FROM videos",
                (stage, library.models.get(stage, "")),
            )
        connection.execute("DELETE FROM jobs")
    commits = 0

    def count_commits(statement: str) -> None:
        nonlocal commits
        commits += statement == "COMMIT"

    (videos / "moved").mkdir()
    for number in range(20):
        (videos / str(number)).rename(videos / "moved" / f"to {number}")
    library.database.read().set_trace_callback(count_commits)
    report = library.scanner.rescan()
    library.database.read().set_trace_callback(None)
    assert (len(report.moved), report.added, report.missing) == (count, [], [])
    assert {file.path.name: file.video_id for file in library.catalogue.files()} == before
    # Thousands of files wait for the disk a few times, not thousands of times.
    assert commits < 20


def test_a_file_moved_between_folders(library: Library, tmp_path: Path) -> None:
    for target_first in (False, True):
        a, b = tmp_path / f"a{target_first}", tmp_path / f"b{target_first}"
        put(a / "x.mp4", f"moving {target_first}")
        put(b / "other.mp4", f"other {target_first}")
        put(a / "stays.mp4", f"stays {target_first}")
        library.scanner.add([a, b])
        (a / "x.mp4").rename(b / "x.mp4")
        folders = {f.path: f for f in library.catalogue.folders()}
        if target_first:
            moved = library.scanner.scan(folders[b]).moved
            library.scanner.scan(folders[a])
        else:
            library.scanner.scan(folders[a])
            moved = library.scanner.scan(folders[b]).moved
        assert moved == [b / "x.mp4"]
        [known] = library.catalogue.files(video_id=content_id(f"moving {target_first}".encode()))
        assert (known.path, known.folder_id) == (b / "x.mp4", folders[b].id)
        assert known.state is FileState.ONLINE
        assert not library.scanner.rescan().any_change


def test_a_renamed_folder_inside(library: Library, videos: Path) -> None:
    for n in range(5):
        put(videos / "old" / f"{n}.mp4")
    library.scanner.add([videos])
    (videos / "old").rename(videos / "new")
    report = library.scanner.rescan()
    assert len(report.moved) == 5
    assert len(library.catalogue.videos()) == len(library.catalogue.files()) == 5


def test_copies_are_one_video_in_two_places(library: Library, videos: Path) -> None:
    put(videos / "a.mp4", "same")
    library.scanner.add([videos])
    put(videos / "b.mp4", "same")
    assert library.scanner.rescan().copied == [videos / "b.mp4"]
    assert len(library.catalogue.videos()) == 1
    assert len(library.catalogue.files()) == 2
    (videos / "a.mp4").unlink()
    library.scanner.rescan()
    [video] = library.catalogue.videos()
    assert (video.path, video.state) == (videos / "b.mp4", FileState.ONLINE)


def test_an_edited_file_is_a_new_video(library: Library, videos: Path) -> None:
    put(videos / "a.mp4", "first")
    library.scanner.add([videos])
    library.work()
    put(videos / "a.mp4", "second cut")
    report = library.scanner.rescan()
    assert report.changed == [videos / "a.mp4"]
    assert report.queued == 1
    [video] = library.catalogue.videos()
    assert video.id == content_id(b"second cut")


def test_an_export_that_takes_the_name_of_its_original(library: Library, videos: Path) -> None:
    put(videos / "a.mp4")
    put(videos / "export.mp4")
    library.scanner.add([videos])
    library.work()
    export = library.catalogue.video_at(videos / "export.mp4")
    assert export is not None
    computed, sorted_before = dict(library.engine.computed), len(library.sorted_faces)
    (videos / "export.mp4").replace(videos / "a.mp4")
    report = library.scanner.rescan()
    assert report.changed == [videos / "a.mp4"]
    assert [video.id for video in library.catalogue.videos()] == [export.id]
    # Nothing is computed, but its faces are sorted once more: it may inherit some names.
    assert report.queued == 1
    assert library.work().done == 1
    assert dict(library.engine.computed) == computed
    assert library.sorted_faces[sorted_before:] == [export.id]
    assert library.scanner.rescan().queued == 0


def inherited(library: Library, video_id: VideoId) -> int:
    query = "SELECT count(*) FROM inherited_tracks WHERE video_id = ?"
    count: int = library.database.read().execute(query, (video_id,)).fetchone()[0]
    return count


def test_a_file_that_is_edited_and_renamed_at_once_may_inherit(
    library: Library, videos: Path
) -> None:
    put(videos / "a.mp4")
    put(videos / "sub" / "c.mp4")
    library.scanner.add([videos])
    library.work()
    (videos / "a.mp4").unlink()
    (videos / "sub" / "c.mp4").unlink()
    put(videos / "b.mp4", "second cut")
    put(videos / "other" / "d.mp4")
    library.scanner.rescan()
    edited = library.catalogue.video_at(videos / "b.mp4")
    assert edited is not None
    assert inherited(library, edited.id) == 1
    # From another folder nothing is: there, any new file would be compared with any old one.
    other = library.catalogue.video_at(videos / "other" / "d.mp4")
    assert other is not None
    assert inherited(library, other.id) == 0
    lost = library.catalogue.file(videos / "a.mp4")
    assert lost is not None
    assert lost.state is FileState.MISSING


def test_a_touched_file_is_read_but_stays(library: Library, videos: Path) -> None:
    put(videos / "a.mp4", "first")
    library.scanner.add([videos])
    put(videos / "a.mp4", "first", age_s=50)
    assert not library.scanner.rescan().any_change
    assert len(library.fingerprints.read) == 2
    library.scanner.rescan()
    assert len(library.fingerprints.read) == 2


def test_a_moved_file_whose_old_name_is_taken_keeps_its_work(
    library: Library, videos: Path
) -> None:
    put(videos / "a.mp4", "first")
    library.scanner.add([videos])
    library.work()
    (videos / "a.mp4").rename(videos / "b.mp4")
    put(videos / "a.mp4", "another")
    report = library.scanner.rescan()
    assert len(report.added) == 1
    first = library.catalogue.video_at(videos / "b.mp4")
    assert first is not None
    assert first.id == content_id(b"first")
    assert Stage.FACES in library.stages.runs(first.id)
    assert library.catalogue.video_at(videos / "a.mp4").id == content_id(b"another")


def test_exchanged_names_keep_the_work_of_both(library: Library, videos: Path) -> None:
    put(videos / "a.mp4", "one")
    put(videos / "b.mp4", "number two")
    put(videos / "c.mp4", "and number three")
    library.scanner.add([videos])
    library.work()
    (videos / "a.mp4").rename(videos / "t")
    (videos / "b.mp4").rename(videos / "a.mp4")
    (videos / "c.mp4").rename(videos / "b.mp4")
    (videos / "t").rename(videos / "c.mp4")
    library.scanner.rescan()
    for name, content in (("a", b"number two"), ("b", b"and number three"), ("c", b"one")):
        video = library.catalogue.video_at(videos / f"{name}.mp4")
        assert video is not None
        assert video.id == content_id(content)
        assert library.stages.runs(video.id)[Stage.FACES]
    assert len(library.catalogue.files()) == 3
    assert library.jobs.counts()[JobState.QUEUED] == 0


def test_a_missing_file_and_its_return(library: Library, videos: Path, tmp_path: Path) -> None:
    put(videos / "a.mp4")
    put(videos / "b.mp4")
    library.scanner.add([videos])
    library.work()
    (videos / "a.mp4").rename(tmp_path / "away")
    assert library.scanner.rescan().missing == [videos / "a.mp4"]
    assert states(library) == {"a.mp4": "missing", "b.mp4": "online"}
    assert not library.scanner.rescan().any_change
    (tmp_path / "away").rename(videos / "a.mp4")
    report = library.scanner.rescan()
    assert report.back == [videos / "a.mp4"]
    assert report.queued == 0
    assert len(library.fingerprints.read) == 2


@pytest.mark.parametrize("mount_point_stays", [False, True])
def test_a_drive_that_goes_and_comes(
    library: Library, tmp_path: Path, mount_point_stays: bool
) -> None:
    drive = tmp_path / "drive"
    put(drive / "a.mp4")
    put(drive / "deep" / "b.mp4")
    library.scanner.add([drive])
    library.work()
    drive.rename(tmp_path / "unplugged")
    if mount_point_stays:
        drive.mkdir()
    report = library.scanner.rescan()
    assert len(report.offline) == 2
    assert set(states(library).values()) == {"offline"}
    assert library.catalogue.folders()[0].state is FileState.OFFLINE
    assert len(library.catalogue.videos()) == 2
    assert not library.scanner.rescan().any_change
    if mount_point_stays:
        drive.rmdir()
    (tmp_path / "unplugged").rename(drive)
    report = library.scanner.rescan()
    assert len(report.back) == 2
    assert library.catalogue.folders()[0].state is FileState.ONLINE
    assert len(library.fingerprints.read) == 2
    assert library.jobs.counts()[JobState.DONE] == 2


def test_a_drive_at_another_place_finds_its_work(library: Library, tmp_path: Path) -> None:
    put(tmp_path / "D" / "a.mp4")
    library.scanner.add([tmp_path / "D"])
    library.work()
    (tmp_path / "D").rename(tmp_path / "E")
    library.scanner.rescan()
    report = library.scanner.add([tmp_path / "E"])
    assert report.added == []
    assert report.queued == 0
    [video] = library.catalogue.videos()
    assert video.path == tmp_path / "E" / "a.mp4"


def test_files_added_by_themselves_are_looked_after(library: Library, tmp_path: Path) -> None:
    file = put(tmp_path / "place" / "a.mp4")
    library.scanner.add([file])
    file.rename(tmp_path / "place" / "away")
    assert library.scanner.rescan().missing == [file]
    (tmp_path / "place").rename(tmp_path / "else")
    library.scanner.rescan()
    assert states(library) == {"a.mp4": "offline"}
    put(file, "changed")
    report = library.scanner.rescan()
    assert report.changed == [file]


def test_a_file_added_by_name_below_a_folder_is_not_lost(library: Library, videos: Path) -> None:
    put(videos / "a.mp4")
    odd = put(videos / "clip.bin")
    library.scanner.add([videos, odd])
    library.scanner.rescan()
    assert states(library) == {"a.mp4": "online", "clip.bin": "online"}
    odd.unlink()
    library.scanner.rescan()
    assert states(library)["clip.bin"] == "missing"


def test_nested_folders_do_not_fight(library: Library, videos: Path) -> None:
    put(videos / "sub" / "a.mp4")
    put(videos / "b.mp4")
    library.scanner.add([videos / "sub"])
    library.scanner.add([videos])
    assert len(library.catalogue.files()) == 2
    assert not library.scanner.rescan().any_change
    (videos / "sub" / "a.mp4").rename(videos / "a.mp4")
    report = library.scanner.rescan()
    assert report.moved == [videos / "a.mp4"]
    assert len(library.catalogue.files()) == 2
    assert report.missing == []
