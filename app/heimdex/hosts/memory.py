"""How much memory a process has and the machine has left, and giving it back.

What is done when there is too little is left to the callers.
"""

import ctypes
import gc
import os
import subprocess
import sys
from pathlib import Path

_PROC = Path("/proc")


def resident_bytes(pid: int) -> int | None:
    """Resident memory of a process, from /proc on Linux and `ps` on other Unix systems."""
    if sys.platform == "win32":
        return None
    if _PROC.is_dir():
        try:
            pages = int((_PROC / str(pid) / "statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            return None
        return pages * os.sysconf("SC_PAGE_SIZE")
    try:
        answer = subprocess.run(
            ["/bin/ps", "-o", "rss=", "-p", str(pid)], capture_output=True, timeout=5, check=True
        )
        return int(answer.stdout) * 1024
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def available_bytes() -> int | None:
    """Memory that the machine could hand out without swapping; None where it does not say."""
    try:
        lines = (_PROC / "meminfo").read_text().splitlines()
        (line,) = (line for line in lines if line.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    except (OSError, IndexError, ValueError):
        return None


def give_back_memory() -> None:
    """Return what was freed to the system; glibc otherwise keeps it for later."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
