"""Real small disks for the torture: one that is full, one that is slow. Linux, and only as root.

What is done on them is left to `torture_room` and `torture_window`.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_BLKIO = Path("/sys/fs/cgroup/blkio")
"""Where the first generation of control groups bounds block devices."""


_NEW_MOUNTS = 0x00020000
"""CLONE_NEWNS of unshare(2)."""


class Unsupported(Exception):
    """This machine does not let us have such a disk; the text says why."""


def require_mounts() -> None:
    """Raise Unsupported where file systems cannot be mounted. From now on what this process mounts
    is seen by it and its children alone, and is gone with it, however it ends."""
    if not sys.platform.startswith("linux"):
        raise Unsupported("it needs Linux")
    if os.geteuid() != 0:
        raise Unsupported("only root may mount file systems")
    _part_from_others()


@cache
def _part_from_others() -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_MOUNTS) != 0:
        raise Unsupported(f"mounting is not allowed here ({os.strerror(ctypes.get_errno())})")
    _run("mount", "--make-rprivate", "/")


@contextmanager
def tmpfs(place: Path, size_mb: float) -> Iterator[None]:
    """A file system in memory of so many megabytes at `place`."""
    require_mounts()
    place.mkdir(mode=0o700, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={int(size_mb * 1024)}k,mode=0700", "none", str(place))
    try:
        yield
    finally:
        _run("umount", str(place))


@contextmanager
def writable(place: Path, allowed: bool) -> Iterator[None]:
    """Mount a file system for reading only, or for writing again, for a while."""
    modes = ("rw", "ro") if allowed else ("ro", "rw")
    _run("mount", "-o", f"remount,{modes[0]}", str(place))
    try:
        yield
    finally:
        _run("mount", "-o", f"remount,{modes[1]}", str(place))


@contextmanager
def mounted_image(image: Path, place: Path, size_mb: int) -> Iterator[Path]:
    """An ext4 file system in a file, made anew unless `size_mb` is 0; gives its block device."""
    require_mounts()
    for tool in ("losetup", "mkfs.ext4"):
        if shutil.which(tool) is None:
            raise Unsupported(f"{tool} is not there")
    if size_mb:
        with image.open("wb") as stream:
            stream.truncate(size_mb * 2**20)
        _run("mkfs.ext4", "-q", str(image))
    device = _run("losetup", "-f", "--show", str(image)).strip()
    try:
        place.mkdir(exist_ok=True)
        _run("mount", device, str(place))
    finally:
        # It goes with the last mount of it, also when we are killed.
        _run("losetup", "-d", device)
    try:
        yield Path(device)
    finally:
        _run("umount", str(place))


@contextmanager
def throttled(device: Path, bytes_s: int, reads_s: int) -> Iterator[Sequence[str]]:
    """Bound how fast a block device is read; gives the beginning of a command that is bound."""
    if not (_BLKIO / "blkio.throttle.read_bps_device").exists():
        raise Unsupported("the kernel has no blkio control group of the first generation")
    group = _BLKIO / f"heimdex-{os.getpid()}"
    group.mkdir()
    try:
        number = Path("/sys/block", device.name, "dev").read_text().strip()
        (group / "blkio.throttle.read_bps_device").write_text(f"{number} {bytes_s}")
        (group / "blkio.throttle.read_iops_device").write_text(f"{number} {reads_s}")
        yield ["sh", "-c", f'echo $$ > "{group}/cgroup.procs"; exec "$@"', "sh"]
    finally:
        group.rmdir()


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unsupported(f"{command[0]} failed: {' '.join(done.stderr.split())[:200]}")
    return done.stdout
