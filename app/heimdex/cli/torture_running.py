"""Programs that the torture starts, watches and kills.

What is done to them, and what must come of it, is said by `torture_kills` and `torture_files`.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from heimdex.cli.output import note
from heimdex.domain.errors import UserError

PROGRAM = (sys.executable, "-P", "-m", "heimdex")
"""Heimdex as it is."""
INDEXED = (sys.executable, "-P", "-m", "heimdex.cli.torture_program")
"""The same with a vector index, however small the library."""
LONGEST_RUN_S = 3600.0
_GONE_S = 10.0


def start(
    library: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = INDEXED,
) -> "subprocess.Popen[str]":
    """Run the command on a library, with its output in pipes; without arguments, the window."""
    return subprocess.Popen(
        [*program, "--library", str(library), *arguments],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )


def heimdex(
    library: Path,
    *arguments: str,
    check: bool = True,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run the command to its end and give what it printed; UserError when it failed."""
    child = start(library, *arguments, environment=environment)
    out, said = child.communicate(timeout=LONGEST_RUN_S)
    if check and child.returncode != 0:
        raise UserError(f"heimdex {arguments[0]} failed: {' '.join(said.split())[-400:]}")
    return out


def indexed(folder: Path, media: Path) -> Path:
    """A library in which the media are indexed, made at the first call; to be copied only."""
    library = folder / "indexed"
    if not library.exists():
        note("indexing once undisturbed …")
        heimdex(library, "add", str(media))
        heimdex(library, "index", "--json")
    return library


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


def still_running(pids: Iterable[int]) -> list[int]:
    """Which of these processes are still there after a while; one that nobody has buried yet
    counts as gone."""
    left = list(pids)
    deadline = time.monotonic() + _GONE_S
    while left and time.monotonic() < deadline:
        done = subprocess.run(
            ["ps", "-o", "pid=,stat=", "-p", ",".join(map(str, left))],
            capture_output=True,
            text=True,
            check=False,
        )
        pairs = (line.split() for line in done.stdout.splitlines())
        left = [int(pid) for pid, state in pairs if not state.startswith("Z")]
        time.sleep(0.05)
    return left
