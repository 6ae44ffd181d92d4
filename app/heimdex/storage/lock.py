"""Makes sure that one process at a time owns a library.

What a second process does instead (raise the first one's window, wait, give up) is left to it.
"""

import os
import platform
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from heimdex.domain.errors import LibraryBusy, UserError

FILE_NAME = "lock"
_LOCKED_BYTE = 1 << 20
"""On Windows a locked range cannot be read by others, so the lock is far behind the pid."""


class LibraryLock:
    """An operating-system lock on `lock` in the library folder, with the owner's pid in the file
    and below it the name of its computer, because a library may be on a share.

    The system releases the lock when its process ends, however it ends: a file left by a crash is
    stale by itself and is simply taken over. The file is never deleted, because deleting it while
    another process is about to lock it would give both the lock.
    """

    def __init__(self, library_dir: Path) -> None:
        self.path = library_dir / FILE_NAME
        self._descriptor: int | None = None

    def acquire(self, wait_s: float = 0.0) -> Self:
        """Take the lock, trying for `wait_s` seconds. Raises LibraryBusy with the owner's pid, or
        UserError where the lock cannot be opened, or the file system has no locks."""
        if self._descriptor is not None:
            return self
        deadline = time.monotonic() + wait_s
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise UserError(
                f"The library {self.path.parent} cannot be opened ({error.strerror}); check that "
                "the folder exists and that you may write to it."
            ) from error
        try:
            while not _try_lock(descriptor):
                if time.monotonic() >= deadline:
                    raise self._busy()
                time.sleep(0.05)
        except OSError as error:
            os.close(descriptor)
            raise UserError(
                f"The file system of {self.path.parent} cannot lock files "
                f"({error.strerror or error}), so that two programs could spoil the library; keep "
                "it on a disk of this computer."
            ) from error
        except LibraryBusy:
            os.close(descriptor)
            raise
        # On a full disk nobody can be told who it is, but the lock holds.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, f"{os.getpid()}\n{platform.node()}\n".encode())
        self._descriptor = descriptor
        return self

    def release(self) -> None:
        """Give the lock back. Idempotent."""
        if self._descriptor is None:
            return
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        _unlock(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = None

    def owner(self) -> int | None:
        """The pid of the process that holds the lock; None when nobody does (a stale file)."""
        try:
            descriptor = os.open(self.path, os.O_RDWR)
        except OSError:
            return None
        try:
            if _try_lock(descriptor):
                _unlock(descriptor)
                return None
            return self._written()[0]
        finally:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _busy(self) -> LibraryBusy:
        pid, computer = self._written()
        who = f"process {pid}" if pid else "another process"
        if computer and computer != platform.node():
            who += f" on the computer {computer}"
        return LibraryBusy(
            f"The library {self.path.parent} is in use by {who}; close that Heimdex or wait "
            "until it is done.",
            pid,
        )

    def _written(self) -> tuple[int | None, str]:
        """The owner's pid and computer, as far as the file says."""
        try:
            pid, *computer = self.path.read_text("utf-8").splitlines()
            return int(pid), computer[0] if computer else ""
        except (OSError, ValueError):
            return None, ""  # the owner is just writing it


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
