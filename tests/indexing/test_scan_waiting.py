"""Files that still grow, and what a scan means to the queue."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small_library import Library, content_id, put

from heimdex.domain.errors import Cancelled, UserError
from heimdex.domain.stages import JobState, Stage
from heimdex.indexing.reach import UNREACHABLE

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
