import errno
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from heimdex.domain.errors import LibraryBusy, UserError
from heimdex.storage import lock
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
    assert (library / "lock").read_text().split()[0] == str(child.pid)  # it left its pid behind
    assert LibraryLock(library).owner() is None
    with LibraryLock(library):
        assert LibraryLock(library).owner() == os.getpid()
    end(child)


def test_an_owner_on_another_computer_is_told_with_its_name(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = holder(library, 60)
    try:
        monkeypatch.setattr(platform, "node", lambda: "another")
        with pytest.raises(LibraryBusy) as caught:
            LibraryLock(library).acquire()
        assert f"process {child.pid} on the computer " in str(caught.value)
    finally:
        end(child)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root may become another")
@pytest.mark.parametrize("shared", [False, True])
def test_another_user_is_told(library: Path, shared: bool) -> None:
    """Really another user: a child that gives up being root."""
    lock = LibraryLock(library).acquire()
    if shared:
        lock.path.chmod(0o666)
        for folder in (library, *library.parents[:3]):
            folder.chmod(0o755)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            LibraryLock(library).acquire()
            os.write(writer, b"taken")
        except UserError as error:
            os.write(writer, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        sentence = told.read()
    if shared:
        assert sentence.startswith("LibraryBusy: ")
        assert f"process {os.getpid()}" in sentence
    else:
        assert sentence.startswith("UserError: ")
        assert "Permission denied" in sentence
    lock.release()


def test_a_file_system_without_locks_is_refused(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock, "_try_lock", refuse)
    with pytest.raises(UserError, match="cannot lock files"):
        LibraryLock(library).acquire()


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
