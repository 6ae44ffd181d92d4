import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small_library import Library, content_id, put

from heimdex.domain.errors import Cancelled, MediaError, UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.media import FileState
from heimdex.domain.stages import JobState, Stage
from heimdex.indexing import walk as walking
from heimdex.indexing.reach import UNREACHABLE
from heimdex.indexing.walk import walk


def states(library: Library) -> dict[str, str]:
    return {file.path.name: file.state.value for file in library.catalogue.files()}


def rescan_only(library: Library, folder: Path):
    [known] = [f for f in library.catalogue.folders() if f.path == folder]
    return library.scanner.scan(known)


# Adding


def test_a_folder_is_added_with_everything_in_it(library: Library, videos: Path) -> None:
    for name in ("a.mp4", "B.MOV", "deep/er/c.mkv", "sound.m4a"):
        put(videos / name)
    for name in ("notes.txt", ".hidden.mp4", ".git/d.mp4", "$RECYCLE.BIN/e.mp4", "Thumbs.db"):
        put(videos / name)
    report = library.scanner.add([videos])
    names = {"a.mp4", "B.MOV", "c.mkv", "sound.m4a"}
    assert {video.path.name for video in library.catalogue.videos()} == names
    assert len(report.added) == report.queued == 4
    assert report.unchanged == 0
    assert report.problems == []
    [folder] = library.catalogue.folders()
    assert (folder.path, folder.watched) == (videos, True)
    assert all(f.folder_id == folder.id for f in library.catalogue.files())
    assert library.jobs.counts()[JobState.QUEUED] == 4


def test_a_single_file_is_tried_whatever_its_name(library: Library, videos: Path) -> None:
    file = put(videos / ".clip.bin")
    report = library.scanner.add([file, file])
    assert len(report.added) == 1
    [known] = library.catalogue.files()
    assert known.folder_id is None
    assert library.catalogue.folders() == []


def test_adding_twice_changes_nothing(library: Library, videos: Path) -> None:
    put(videos / "a.mp4")
    library.scanner.add([videos])
    report = library.scanner.add([videos, videos / "a.mp4"])
    assert not report.any_change
    assert report.queued == 0
    assert len(library.fingerprints.read) == 1


def test_bad_paths_are_told_one_by_one_and_the_rest_goes_on(
    library: Library, videos: Path, tmp_path: Path
) -> None:
    good = put(videos / "good.mp4")
    empty = put(videos / "empty.mp4", b"x")
    empty.write_bytes(b"")
    os.utime(empty, (1, 1))
    without = tmp_path / "without"
    put(without / "notes.txt")
    report = library.scanner.add([tmp_path / "nothing.mp4", without, empty, good])
    assert [p.path.name for p in report.problems] == ["nothing.mp4", "without", "empty.mp4"]
    texts = [p.message for p in report.problems]
    assert "no file or folder" in texts[0]
    assert "no videos or sound recordings" in texts[1]
    assert "is empty" in texts[2]
    assert [v.path for v in library.catalogue.videos()] == [good]
    assert library.catalogue.folders() == []


def test_nothing_to_add_is_an_error(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no file or folder"):
        library.scanner.add([tmp_path / "a.mp4"])
    with pytest.raises(UserError, match=r"Nothing could be added: .*a\.mp4.*b\.mp4"):
        library.scanner.add([tmp_path / "a.mp4", tmp_path / "b.mp4"])
    with pytest.raises(UserError, match="no videos"):
        library.scanner.add([put(tmp_path / "texts" / "a.txt").parent])
    with pytest.raises(UserError, match="Nothing to add"):
        library.scanner.add([])
    assert library.catalogue.folders() == []


@pytest.mark.parametrize(
    "name", ["line\nbreak.mp4", "\udcff\udc80.mp4", "한글 영상.mp4", "a'\"%;.mp4"]
)
def test_odd_names(library: Library, videos: Path, name: str) -> None:
    put(videos / name, "odd")
    report = library.scanner.add([videos])
    assert len(report.added) == 1
    [known] = library.catalogue.files()
    assert known.path == videos / name
    assert not library.scanner.rescan().any_change
    with pytest.raises(UserError) as caught:
        library.scanner.add([videos / f"no {name}"])
    assert "\n" not in str(caught.value)
    str(caught.value).encode()


def test_names_that_no_file_can_have(library: Library, videos: Path) -> None:
    for name in ("a\0b.mp4", "x" * 5000 + ".mp4"):
        with pytest.raises(UserError):
            library.scanner.add([videos / name])


def test_pipes_sockets_and_devices_do_not_hold_us(library: Library, videos: Path) -> None:
    os.mkfifo(videos / "pipe.mp4")
    put(videos / "a.mp4")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.relpath(videos / "s.mp4"))
    listener.close()
    assert len(library.scanner.add([videos]).added) == 1
    for path in (videos / "pipe.mp4", Path("/dev/zero")):
        with pytest.raises(UserError, match="neither a file nor a folder"):
            library.scanner.add([path])


def test_link_loops_end_and_a_file_keeps_its_direct_path(library: Library, videos: Path) -> None:
    put(videos / "sub" / "a.mp4")
    (videos / "aaa").symlink_to(videos)
    (videos / "sub" / "loop").symlink_to(videos / "sub")
    (videos / "alias").symlink_to(videos / "sub")
    (videos / "link.mp4").symlink_to(videos / "sub" / "a.mp4")
    (videos / "broken.mp4").symlink_to(videos / "nowhere.mp4")
    (videos / "self.mp4").symlink_to(videos / "self.mp4")
    report = library.scanner.add([videos])
    assert len(report.added) == 1
    assert [f.path for f in library.catalogue.files()] == [videos / "sub" / "a.mp4"]


def test_links_out_of_the_folder_are_followed(
    library: Library, videos: Path, tmp_path: Path
) -> None:
    put(tmp_path / "else" / "a.mp4")
    put(tmp_path / "single.mp4")
    (videos / "there").symlink_to(tmp_path / "else")
    (videos / "b.mp4").symlink_to(tmp_path / "single.mp4")
    library.scanner.add([videos])
    found = {f.path for f in library.catalogue.files()}
    assert found == {videos / "there" / "a.mp4", videos / "b.mp4"}
    assert not library.scanner.rescan().any_change


def test_a_folder_named_again_through_a_link_is_no_second_one(
    library: Library, videos: Path, tmp_path: Path
) -> None:
    put(videos / "sub" / "a.mp4")
    library.scanner.add([videos])
    link, inside = tmp_path / "link", tmp_path / "inside"
    link.symlink_to(videos)
    inside.symlink_to(videos / "sub")
    report = library.scanner.add([link, inside, inside / "a.mp4", link / "sub"])
    assert (report.added, report.copied) == ([], [])
    assert [f.path for f in library.catalogue.folders()] == [videos, videos / "sub"]
    assert [f.path for f in library.catalogue.files()] == [videos / "sub" / "a.mp4"]


def test_a_library_in_a_watched_folder_is_not_looked_through(videos: Path) -> None:
    put(videos / "a.mp4")
    put(videos / "artefacts" / "b.mp4")
    put(videos / "heimdex" / "artefacts" / "36" / "poster.mp4")
    put(videos / "heimdex" / "c.mp4")
    put(videos / "heimdex" / "library.sqlite3")
    assert {file.path.name for file in walk(videos).files} == {"a.mp4", "b.mp4", "c.mp4"}


def test_typescript_is_no_video(videos: Path) -> None:
    put(videos / "main.ts", b"G" + b"import { Gate } from './Gate'\n" * 200)
    put(videos / "tv.ts", (b"\x47" + bytes(187)) * 10)
    put(videos / "camera.ts", b"\0\0\0\0" + (b"\x47" + bytes(191)) * 10)
    assert {file.path.name for file in walk(videos).files} == {"tv.ts", "camera.ts"}


def test_what_cannot_be_read_is_told(library: Library, videos: Path) -> None:
    put(videos / "a.mp4")
    put(videos / "bad.mp4")

    def refuse(path: Path):
        if path.name == "bad.mp4":
            raise PermissionError(13, "Permission denied")
        if path.name == "broken.mp4":
            raise MediaError("broken.mp4 is damaged.")
        return content_id(path.read_bytes())

    library.fingerprints.instead = refuse
    report = library.scanner.add([videos])
    assert len(report.added) == 1
    assert "bad.mp4 cannot be read (permission denied)." in report.problems[0].message
    put(videos / "broken.mp4")
    assert library.scanner.rescan().problems[1].message == "broken.mp4 is damaged."


def test_a_folder_that_may_not_be_opened_is_left_out(
    library: Library, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(videos / "a.mp4")
    shut = put(videos / "shut" / "b.mp4").parent
    library.scanner.add([videos])

    real_entries, real_stat = walking._entries, walking._stat

    def entries(folder: Path):
        # Permission bits do not hold root, who may run these tests.
        if folder == shut:
            raise PermissionError(13, "Permission denied")
        return real_entries(folder)

    with monkeypatch.context() as patched:
        patched.setattr(walking, "_entries", entries)
        patched.setattr(walking, "_stat", lambda p: None if p.parent == shut else real_stat(p))
        report = library.scanner.rescan()
        assert "may not be opened" in report.problems[0].message
        assert states(library) == {"a.mp4": "online", "b.mp4": "offline"}
    library.scanner.rescan()
    assert states(library)["b.mp4"] == "online"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root may become another")
def test_what_another_user_may_not_open(videos: Path) -> None:
    """Really another user, in a child that gives up being root."""
    put(videos / "a.mp4")
    put(videos / "shut" / "b.mp4").parent.chmod(0o700)
    put(videos / "listed only" / "c.mp4").parent.chmod(0o744)
    for folder in (videos, *videos.parents[:3]):
        folder.chmod(0o755)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            found = walk(videos)
            names = [path.name for path in found.unreadable]
            os.write(writer, f"{[f.path.name for f in found.files]} {names}".encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        assert told.read() == "['a.mp4'] ['listed only', 'shut']"


# Looking again


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


# Growing files


def test_a_growing_file_waits(home: Path, videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(home / "slow", stable_seconds=0.6)
    put(videos / "old.mp4")
    library.scanner.add([videos])
    put(videos / "new.mp4", "part", age_s=0)
    report = library.scanner.rescan()
    assert (report.waiting, report.added) == ([videos / "new.mp4"], [])
    put(videos / "new.mp4", "part and more", age_s=0)
    assert library.scanner.rescan().waiting == [videos / "new.mp4"]
    time.sleep(0.7)
    report = library.scanner.rescan()
    assert report.waiting == []
    assert report.added == [content_id(b"part and more")]
    library.close()


def test_a_time_in_the_future_is_watched_instead(home: Path, videos: Path) -> None:
    library = Library(home / "slow", stable_seconds=0.4)
    put(videos / "old.mp4")
    library.scanner.add([videos])
    put(videos / "new.mp4", "camera with a wrong clock", age_s=-1e6)
    assert library.scanner.rescan().waiting
    time.sleep(0.5)
    assert len(library.scanner.rescan().added) == 1
    library.close()


def test_a_person_need_not_wait_for_a_file_that_stands_still(home: Path, videos: Path) -> None:
    library = Library(home / "slow", stable_seconds=10)
    files = [put(videos / f"{n}.mp4", age_s=0) for n in range(10)]
    started = time.monotonic()
    assert len(library.scanner.add(files).added) == 10
    assert time.monotonic() - started < 9  # Standing still for long enough would take ten.
    library.close()


def test_a_person_is_told_that_a_file_still_grows(home: Path, videos: Path) -> None:
    library = Library(home / "slow", stable_seconds=10)
    file = put(videos / "a.mp4", age_s=0)
    stop = threading.Event()

    def grow() -> None:
        with file.open("ab") as stream:
            while not stop.wait(0.05):
                stream.write(b"more")
                stream.flush()

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        with pytest.raises(UserError, match="still being written"):
            library.scanner.add([file])
    finally:
        stop.set()
        thread.join()
    library.close()


def test_a_file_that_changes_while_it_is_read_waits(library: Library, videos: Path) -> None:
    def read_and_change(path: Path):
        result = content_id(path.read_bytes())
        with path.open("ab") as stream:
            stream.write(b"more")
        return result

    library.fingerprints.instead = read_and_change
    put(videos / "a.mp4")
    report = library.scanner.add([videos])
    assert (report.added, report.waiting) == ([], [videos / "a.mp4"])


# The queue


def test_a_cancelled_video_is_queued_again_only_when_asked(library: Library, videos: Path) -> None:
    put(videos / "a.mp4")
    library.scanner.add([videos])
    [job] = library.jobs.jobs()
    library.jobs.cancel([job.id])
    assert library.scanner.rescan().queued == 0
    assert library.scanner.add([videos / "a.mp4"]).queued == 1


def test_a_new_model_queues_what_it_concerns(library: Library, videos: Path) -> None:
    put(videos / "a.mp4")
    library.scanner.add([videos])
    library.work()
    assert library.scanner.rescan().queued == 0
    library.models[Stage.VISION] = "better eyes/1"
    assert library.scanner.rescan().queued == 1
    library.engine.asked.clear()
    library.work()
    assert library.engine.asked == [(Stage.VISION,)]


def test_jobs_that_waited_for_the_drive_go_on(library: Library, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    put(drive / "a.mp4")
    library.scanner.add([drive])
    drive.rename(tmp_path / "away")
    library.work()
    [job] = library.jobs.jobs()
    assert (job.state, job.error) == (JobState.PAUSED, UNREACHABLE)
    library.scanner.rescan()
    assert library.jobs.jobs()[0].state is JobState.PAUSED
    (tmp_path / "away").rename(drive)
    library.scanner.rescan()
    assert library.jobs.jobs()[0].state is JobState.QUEUED
    assert library.work().done == 1


def test_a_cancelled_scan_keeps_what_it_has(library: Library, videos: Path) -> None:
    for n in range(10):
        put(videos / f"{n}.mp4")
    left = iter([False] * 3)
    with pytest.raises(Cancelled):
        library.scanner.add([videos], cancelled=lambda: next(left, True))
    assert len(library.catalogue.videos()) == 3
    assert library.jobs.counts()[JobState.QUEUED] == 3
    library.scanner.rescan()
    assert len(library.catalogue.videos()) == 10


def test_scans_of_two_threads_take_turns(library: Library, videos: Path) -> None:
    for n in range(30):
        put(videos / f"{n}.mp4")
    errors: list[Exception] = []

    def run(scan: Callable[[], object]) -> None:
        try:
            scan()
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)

    threads = [
        threading.Thread(target=run, args=(scan,))
        for scan in (lambda: library.scanner.add([videos]), library.scanner.rescan) * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert errors == []
    assert len(library.catalogue.videos()) == 30
    assert len(library.jobs.jobs()) == 30
