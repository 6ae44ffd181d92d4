"""A share whose server is gone: a FUSE mount that nobody serves, so that whoever asks waits. Root
only."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MNT_FORCE = 1
_MNT_DETACH = 2


def refusal() -> str:
    """Why there can be none here; empty when there can."""
    if sys.platform != "linux" or not Path("/dev/fuse").exists():
        return "needs FUSE"
    return "" if os.geteuid() == 0 else "only root may mount a share"


@contextmanager
def silent(point: Path) -> Iterator[bool]:
    """While inside, everything at `point` hangs; gives False where the kernel does not let us."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={descriptor},rootmode=40000,user_id=0,group_id=0"
    done = libc.mount(b"nas:/videos", os.fsencode(point), b"fuse.sshfs", 0, options.encode())
    try:
        yield done == 0
    finally:
        # Closing the connection ends all waiting with an error.
        os.close(descriptor)
        if done == 0:
            libc.umount2(os.fsencode(point), _MNT_FORCE | _MNT_DETACH)
