import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from small_library import Library, put
from watchdog.observers.polling import PollingObserver

from heimdex.domain.ids import FolderId
from heimdex.domain.media import FileState, Folder
from heimdex.indexing import watch
from heimdex.indexing.walk import look_at
from heimdex.indexing.watch import Watcher

STABLE_S = 0.6


class Hints:
    def __init__(self) -> None:
        self.got: list[Folder] = []
        self.times: list[float] = []
        self.drives = threading.Event()

    def __call__(self, folder: Folder | None) -> None:
        if folder is None:
            # Whoever mounts something on this machine makes one.
            self.drives.set()
            return
        self.times.append(time.monotonic())
        self.got.append(folder)

    def wait(self, count: int = 1, seconds: float = 30.0) -> bool:
        end = time.monotonic() + seconds
        while len(self.got) < count and time.monotonic() < end:
            time.sleep(0.02)
        return len(self.got) >= count


def folder_of(path: Path, number: int = 1, watched: bool = True) -> Folder:
    return Folder(FolderId(number), path, watched, FileState.ONLINE)


@pytest.fixture
def hints() -> Hints:
    return Hints()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_TICK_S", 0.1)
    monkeypatch.setattr(watch, "_DEBOUNCE_S", 0.3)
    monkeypatch.setattr(watch, "_ROOTS_EVERY_S", 0.3)
    monkeypatch.setattr(watch, "_POLLING_S", 0.2)


@pytest.fixture
def watching(hints: Hints) -> Iterator[Callable[..., Watcher]]:
    before = set(threading.enumerate())
    made: list[Watcher] = []

    def make(*folders: Folder, **options: Any) -> Watcher:
        watcher = Watcher(folders, hints, STABLE_S, **options)
        watcher.start()
        made.append(watcher)
        time.sleep(0.3)
        return watcher

    yield make
    for watcher in made:
        watcher.stop()
        watcher.stop()
    assert set(threading.enumerate()) <= before


def test_a_new_file_is_told_once_it_stands_still(
    videos: Path, hints: Hints, watching: Callable[..., Watcher]
) -> None:
    watching(folder_of(videos))
    file = videos / "new.mp4"
    started = time.monotonic()
    with file.open("wb") as stream:
        while time.monotonic() - started < 1.2:
            stream.write(b"more")
            stream.flush()
            time.sleep(0.05)
    assert hints.got == []
    assert hints.wait()
    assert hints.times[0] - started >= 1.2 + STABLE_S - 0.2
    time.sleep(0.5)
    assert len(hints.got) == 1


def test_files_deep_below_and_moves_and_deletions_are_told(
    videos: Path, hints: Hints, watching: Callable[..., Watcher]
) -> None:
    deep = put(videos / "a" / "b" / "old.mp4")
    watching(folder_of(videos))
    deep.rename(deep.with_name("new.mp4"))
    assert hints.wait(1)
    time.sleep(0.8)
    count = len(hints.got)
    deep.with_name("new.mp4").unlink()
    assert hints.wait(count + 1)


def test_what_heimdex_writes_into_its_library_is_no_hint(
    videos: Path, hints: Hints, watching: Callable[..., Watcher]
) -> None:
    library = videos / "library"
    (library / "artefacts").mkdir(parents=True)
    watching(folder_of(videos), library=library)
    for number in range(5):
        (library / "artefacts" / f"{number}").mkdir()
    (library / "backups").mkdir()
    time.sleep(0.8)
    assert hints.got == []
    (videos / "artefacts").mkdir()
    assert hints.wait(1)


def test_a_folder_that_is_moved_in_is_told(
    videos: Path, tmp_path: Path, hints: Hints, watching: Callable[..., Watcher]
) -> None:
    whole = put(tmp_path / "else" / "a.mp4").parent
    watching(folder_of(videos))
    whole.rename(videos / "moved in")
    assert hints.wait()


def test_many_events_are_few_hints(
    videos: Path, hints: Hints, watching: Callable[..., Watcher]
) -> None:
    watching(folder_of(videos))
    started = time.monotonic()
    for n in range(200):
        (videos / f"{n}.mp4").write_bytes(b"x")
    written_s = time.monotonic() - started
    assert hints.wait()
    time.sleep(1.0)
    assert len(hints.got) <= 2 + written_s / STABLE_S


def test_a_burst_of_thousands_is_looked_at_a_few_times(
    videos: Path, hints: Hints, watching: Callable[..., Watcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand files at once are 40,000 events or so; see `heimdex bench torture --events`."""
    looked = []
    monkeypatch.setattr(watch, "look_at", lambda path: looked.append(path) or look_at(path))
    watching(folder_of(videos))
    started = time.monotonic()
    for n in range(3000):
        with (videos / f"{n}.mp4").open("wb") as stream:
            stream.write(b"x")
            stream.flush()
            stream.write(b"y")
    assert hints.wait(seconds=60)
    time.sleep(2.0)
    assert len(hints.got) <= 2 + (time.monotonic() - started) / 2
    # Not each of them at every tick, only when it is told of and once its time has come.
    assert len(looked) <= 3000 * 8


def test_a_share_is_polled(
    videos: Path,
    hints: Hints,
    watching: Callable[..., Watcher],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What others do on a share makes no events here."""
    monkeypatch.setattr(watch.Drives, "is_remote", lambda self, path: path == videos)
    watcher = watching(folder_of(videos))
    assert isinstance(watcher._roots[FolderId(1)].observer, PollingObserver)
    (videos / "a.mp4").write_bytes(b"x")
    assert hints.wait()


def test_a_drive_that_is_plugged_in_elsewhere_is_looked_for(
    tmp_path: Path,
    hints: Hints,
    watching: Callable[..., Watcher],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = ["nothing"]
    monkeypatch.setattr(watch.drives, "signature", lambda: list(table))
    watching(folder_of(tmp_path / "gone"))
    time.sleep(0.5)
    assert not hints.drives.is_set()
    table.append("a drive")
    assert hints.drives.wait(6.0)


def test_what_is_no_media_or_hidden_is_not_told(
    videos: Path, hints: Hints, watching: Callable[..., Watcher]
) -> None:
    put(videos / "a.mp4")
    watching(folder_of(videos))
    (videos / "notes.txt").write_text("x")
    (videos / ".hidden.mp4").write_text("x")
    (videos / "a.mp4").read_bytes()
    time.sleep(STABLE_S + 1.0)
    assert hints.got == []


def test_unwatched_folders_are_left_alone_until_the_update(
    videos: Path, hints: Hints, watching: Callable[..., Watcher]
) -> None:
    watcher = watching(folder_of(videos, watched=False))
    (videos / "a.mp4").write_bytes(b"x")
    time.sleep(1.2)
    assert hints.got == []
    watcher.update([folder_of(videos)])
    time.sleep(0.4)
    (videos / "b.mp4").write_bytes(b"x")
    assert hints.wait()
    watcher.update([])
    time.sleep(0.4)
    hints.got.clear()
    (videos / "c.mp4").write_bytes(b"x")
    time.sleep(1.2)
    assert hints.got == []


def test_a_drive_that_comes_and_goes_is_told(
    tmp_path: Path, hints: Hints, watching: Callable[..., Watcher]
) -> None:
    drive = tmp_path / "drive"
    watching(folder_of(drive))
    time.sleep(0.5)
    assert hints.got == []
    put(drive / "a.mp4")
    assert hints.wait(1)
    time.sleep(1.0)
    count = len(hints.got)
    drive.rename(tmp_path / "unplugged")
    assert hints.wait(count + 1)
    time.sleep(1.0)
    count = len(hints.got)
    (tmp_path / "unplugged").rename(drive)
    assert hints.wait(count + 1)
    time.sleep(1.0)
    count = len(hints.got)
    (drive / "new.mp4").write_bytes(b"x")
    assert hints.wait(count + 1)


def test_the_timer_hints_too(videos: Path, hints: Hints, watching: Callable[..., Watcher]) -> None:
    watching(folder_of(videos), rescan_every_s=0.5)
    assert hints.wait(2)


def test_looking_again_later(videos: Path, hints: Hints, watching: Callable[..., Watcher]) -> None:
    watcher = watching(folder_of(videos))
    started = time.monotonic()
    watcher.look_again(folder_of(videos))
    assert hints.wait()
    assert hints.times[0] - started >= STABLE_S


def test_polling_takes_over_at_the_systems_limit(
    videos: Path,
    hints: Hints,
    watching: Callable[..., Watcher],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(self: object, *args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr(watch.Observer, "schedule", full)
    watcher = watching(folder_of(videos))
    assert isinstance(watcher._roots[FolderId(1)].observer, PollingObserver)
    assert "limit" in caplog.text
    (videos / "a.mp4").write_bytes(b"x")
    assert hints.wait()


def test_a_hint_that_fails_does_not_end_the_watching(
    videos: Path, watching: Callable[..., Watcher], hints: Hints
) -> None:
    def fail(folder: Folder | None) -> None:
        hints(folder)
        raise RuntimeError("a bug in a scan")

    watcher = Watcher([folder_of(videos)], fail, STABLE_S, rescan_every_s=0.3)
    with watcher:
        assert hints.wait(2)


def test_stop_comes_at_once_and_can_be_started_again(videos: Path, hints: Hints) -> None:
    watcher = Watcher([folder_of(videos)], hints, STABLE_S)
    for _ in range(2):
        watcher.start()
        time.sleep(0.3)
        started = time.monotonic()
        watcher.stop()
        assert time.monotonic() - started < 10
    (videos / "a.mp4").write_bytes(b"x")
    time.sleep(0.5)
    assert hints.got == []


def test_odd_names_are_no_trouble(
    videos: Path, hints: Hints, watching: Callable[..., Watcher]
) -> None:
    watching(folder_of(videos))
    put(videos / "\udcff\n\udc80.mp4")
    os.mkfifo(videos / "pipe.mp4")
    assert hints.wait()


def test_from_a_new_file_to_a_video(home: Path, videos: Path) -> None:
    """Scanner and watcher together: a recording that is copied in ends up in the library."""
    library = Library(home / "whole", stable_seconds=STABLE_S)
    put(videos / "first.mp4")
    library.scanner.add([videos])

    def scan(folder: Folder | None) -> None:
        if folder is not None and library.scanner.scan(folder).waiting:
            watcher.look_again(folder)

    watcher = Watcher(library.catalogue.folders(), scan, STABLE_S)
    with watcher:
        time.sleep(0.3)
        put(videos / "new" / "second.mp4", age_s=-1000)
        end = time.monotonic() + 40
        while len(library.catalogue.videos()) < 2 and time.monotonic() < end:
            time.sleep(0.05)
    assert len(library.catalogue.videos()) == 2
    library.close()


def test_polling_takes_over_when_the_system_gives_no_watcher(
    watching: Callable[..., Watcher], hints: Hints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux also limits how many programs may watch at all, which ended the watching for good."""

    def refuse() -> None:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    monkeypatch.setattr(watch, "Observer", refuse)
    watching(folder_of(tmp_path))
    put(tmp_path / "a.mp4")
    assert hints.wait()


def test_stopping_while_it_is_being_started(
    hints: Hints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window closes while another thread starts the watching: `stop` must not wait for a
    thread that does not run yet, and nothing may go on afterwards."""
    begun = threading.Event()

    start = threading.Thread.start

    def slow(thread: threading.Thread) -> None:
        if thread.name == "watcher":
            begun.set()
            time.sleep(0.2)
        start(thread)

    watcher = Watcher([folder_of(tmp_path)], hints, STABLE_S)
    monkeypatch.setattr(threading.Thread, "start", slow)
    starting = threading.Thread(target=watcher.start)
    starting.start()
    assert begun.wait(20)
    watcher.stop()
    starting.join(20)
    assert not [thread for thread in threading.enumerate() if thread.name == "watcher"]
