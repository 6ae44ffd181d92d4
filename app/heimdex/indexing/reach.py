"""Says whether the bytes that the library knows as a file are there to be read now.

Noticing that files moved or changed, and recording it, is the scanner's work.
"""

import errno
import os
import stat
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from heimdex.domain.media import MediaFile

UNREACHABLE = "The file cannot be reached at the moment; indexing goes on when it is back."
"""The reason a job is paused with; the scanner resumes jobs that carry it."""

_CLOCK_STEP_NS = 2_000_000_000
"""FAT keeps times in steps of two seconds, and only rounds them once the drive was away."""
_ANSWER_S = 5.0
_GOING_S = 3.0
"""So long after its first failed read a pulled drive may still be listed as mounted."""
_BLOCK = 4096

_asking: dict[Path, threading.Thread] = {}
_asking_lock = threading.Lock()


def is_reachable(file: MediaFile) -> bool:
    """Whether a regular file of the size and time that were recorded is at its place."""
    try:
        found = os.stat(file.path)  # noqa: PTH116 - any odd name, and no exception but OSError
    except (OSError, ValueError):
        return False
    return (
        stat.S_ISREG(found.st_mode)
        and found.st_size == file.size
        and abs(found.st_mtime_ns - file.mtime_ns) <= _CLOCK_STEP_NS
    )


def reachable_place(files: Sequence[MediaFile]) -> MediaFile | None:
    """The first of a video's places that can be read now."""
    return next((file for file in files if answers(file.path.parent) and is_reachable(file)), None)


def is_lost(file: MediaFile) -> bool:
    """Whether a file went away, or its drive, however well the system still remembers both.

    A name and a size may come out of a cache, so the file is read. Where that fails and the drive
    does not go away within seconds, the file itself is at fault.
    """
    if not answers(file.path.parent) or not is_reachable(file):
        return True
    if _reads(file):
        return False
    until = time.monotonic() + _GOING_S
    while time.monotonic() < until:
        if not is_reachable(file) or _is_unplugged(file.path):
            return True
        time.sleep(0.1)
    return False


def is_left_empty(path: Path, root: Path) -> bool:
    """Whether what is left of a lost file's place below `root` is an empty folder, or a link to
    nowhere: a drive that was mounted or linked there leaves that behind, as somebody may who
    deletes everything in a folder. Both count as away."""
    for parent in path.parents:
        if parent == root:
            return False
        if parent.is_symlink() and not parent.exists():
            return True
        try:
            with os.scandir(parent) as entries:
                return next(entries, None) is None
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return True
    return False


def answers(path: Path) -> bool:
    """Whether the file system at `path` says anything at all, if only that nothing is there.

    A share whose server is gone can hold whoever asks for as long as it likes: that is a thread of
    its own, and nobody asks again while it waits.
    """
    with _asking_lock:
        before = _asking.get(path)
        if before is not None and before.is_alive():
            return False
        thread = threading.Thread(target=_ask, args=(path,), name="heimdex-reach", daemon=True)
        _asking[path] = thread
        thread.start()
    thread.join(_ANSWER_S)
    with _asking_lock:
        if thread.is_alive():
            return False
        if _asking.get(path) is thread:
            del _asking[path]
    return True


def _ask(path: Path) -> None:
    try:
        os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return


def _reads(file: MediaFile) -> bool:
    """Whether both ends of a file can be read from its drive, not from memory."""
    try:
        descriptor = os.open(file.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return False
    try:
        for at in (0, max(file.size - _BLOCK, 0)):
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(descriptor, at, _BLOCK, os.POSIX_FADV_DONTNEED)
            os.lseek(descriptor, at, os.SEEK_SET)
            os.read(descriptor, _BLOCK)
    except OSError as error:
        return error.errno not in (errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE)
    finally:
        os.close(descriptor)
    return True


def _is_unplugged(path: Path) -> bool:
    """Whether the device under a mount is gone although the mount is still listed (Linux)."""
    if sys.platform != "linux":
        return False
    try:
        device = os.stat(path).st_dev  # noqa: PTH116
    except OSError:
        return True
    # Devices without a number of their own (btrfs, shares) cannot be asked that way.
    major, minor = os.major(device), os.minor(device)
    return major != 0 and not os.path.lexists(f"/sys/dev/block/{major}:{minor}")
