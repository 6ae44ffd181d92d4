"""Programs that the torture starts, watches and kills.

What is done to them, and what must come of it, is said by `torture_kills` and `torture_files`.
"""

import subprocess
import sys
from pathlib import Path

from heimdex.domain.errors import UserError

LONGEST_RUN_S = 3600.0


def start(library: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Run the command on a library, with its output in pipes."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "heimdex", "--library", str(library), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )


def heimdex(library: Path, *arguments: str, check: bool = True) -> str:
    """Run the command to its end and give what it printed; UserError when it failed."""
    child = start(library, *arguments)
    out, said = child.communicate(timeout=LONGEST_RUN_S)
    if check and child.returncode != 0:
        raise UserError(f"heimdex {arguments[0]} failed: {' '.join(said.split())[-400:]}")
    return out


def drain(child: "subprocess.Popen[str]") -> None:
    """Read what a program prints until it ends, so that it never waits for us."""
    child.communicate()


def children(pid: int) -> list[int]:
    """Process ids of the children of a process."""
    done = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = (line.split() for line in done.stdout.splitlines())
    return [int(child) for child, parent in pairs if int(parent) == pid]
