import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from heimdex.domain.errors import LibraryBusy, UserError
from heimdex.storage.lock import LibraryLock

HOLD = (
    "import sys, time; from pathlib import Path; from heimdex.storage.lock import LibraryLock\n"
    "lock = LibraryLock(Path(sys.argv[1])).acquire(); print('held', flush=True)\n"
    "time.sleep(float(sys.argv[2]))\n"
)


def holder(library: Path, seconds: float) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(library), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.wait()
    assert child.stdout is not None
    child.stdout.close()


def test_a_second_process_is_told_who_holds_it(library: Path) -> None:
    child = holder(library, 60)
    try:
        with pytest.raises(LibraryBusy) as caught:
            LibraryLock(library).acquire()
        assert caught.value.pid == child.pid
        assert f"process {child.pid}" in str(caught.value)
        assert LibraryLock(library).owner() == child.pid
    finally:
        end(child)


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_the_lock_of_a_killed_process_is_stale(library: Path) -> None:
    child = holder(library, 60)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert (library / "lock").read_text().strip() == str(child.pid)  # it left its pid behind
    assert LibraryLock(library).owner() is None
    with LibraryLock(library):
        assert LibraryLock(library).owner() == os.getpid()
    end(child)


def test_waiting_for_the_other_process(library: Path) -> None:
    child = holder(library, 0.3)
    lock = LibraryLock(library).acquire(wait_s=20)
    lock.release()
    end(child)


def test_one_process_does_not_get_it_twice(library: Path) -> None:
    first = LibraryLock(library).acquire()
    assert first.acquire() is first
    with pytest.raises(LibraryBusy) as caught:
        LibraryLock(library).acquire()
    assert caught.value.pid == os.getpid()
    first.release()
    first.release()
    with LibraryLock(library):
        pass


def test_children_do_not_keep_it(library: Path) -> None:
    lock = LibraryLock(library).acquire()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        lock.release()
        with LibraryLock(library):
            pass
    finally:
        child.kill()
        child.wait()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be opened"):
        LibraryLock(tmp_path / "none").acquire()
    assert LibraryLock(tmp_path / "none").owner() is None
