"""What is taken in when files and folders are added by name, and what is told of the rest."""

import os
import socket
from pathlib import Path

import pytest
from small_library import Library, content_id, put, states

from heimdex.domain.errors import MediaError, UserError
from heimdex.domain.stages import JobState
from heimdex.indexing import walk as walking
from heimdex.indexing.walk import walk


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
