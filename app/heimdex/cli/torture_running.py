"""Programs that the torture starts, watches and kills, and what every part of it tells in the end.

What is done to them, and what must come of it, is said by the parts, `torture_kills` and so on.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, ClassVar

from heimdex.cli.output import note
from heimdex.domain.errors import UserError

PROGRAM = (sys.executable, "-P", "-m", "heimdex")
"""Heimdex as it is."""
INDEXED = (sys.executable, "-P", "-m", "heimdex.cli.torture_program")
"""The same with a vector index, however small the library."""
LONGEST_RUN_S = 3600.0
_GONE_S = 10.0


@dataclass(kw_only=True)
class Outcome:
    """What a part of the torture counted. Everything that `FAULTS` names must stay empty or 0."""

    FAULTS: ClassVar[tuple[str, ...]] = ("problems",)

    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def faults(self) -> dict[str, Any]:
        """What is there and should not be."""
        return {name: found for name in self.FAULTS if (found := getattr(self, name))}

    @property
    def is_sound(self) -> bool:
        """Whether nothing is there that should not be."""
        return not self.faults


@dataclass(frozen=True)
class Ended:
    """A program that was run to its end. `said` is its standard error."""

    code: int
    out: str
    said: str
    hung: bool = False

    @property
    def crash(self) -> str:
        """How it ended if not as a program should; "" after success and after a clear refusal."""
        if self.hung:
            return "hung and was killed"
        if "Traceback" in self.said or self.code not in (0, 1):
            return f"ended with {self.code}: {self.said[-900:]}"
        return ""

    @property
    def refusal(self) -> str:
        """The last sentence in which it said why it did not do what it should, or ""."""
        lines = [line for line in self.said.splitlines() if line.startswith("heimdex:")]
        return lines[-1] if lines else ""


def run(
    library: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = INDEXED,
    out: IO[bytes] | int = subprocess.PIPE,
    longest_s: float = LONGEST_RUN_S,
) -> Ended:
    """Run the command on a library to its end, however that is."""
    return finish(
        start(library, *arguments, environment=environment, program=program, out=out), longest_s
    )


def finish(child: "subprocess.Popen[str]", longest_s: float = LONGEST_RUN_S) -> Ended:
    """Wait for a program and take what it printed; one that is not through by then is killed."""
    try:
        out, said = child.communicate(timeout=longest_s)
    except subprocess.TimeoutExpired:
        child.kill()
        out, said = child.communicate()
        return Ended(child.returncode, out or "", said, hung=True)
    return Ended(child.returncode, out or "", said)


def start(
    library: Path | None,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = INDEXED,
    out: IO[bytes] | int = subprocess.PIPE,
) -> "subprocess.Popen[str]":
    """Run the command on a library, with its output in pipes; without arguments, the window.
    Without a library the program is run as it is."""
    where = [] if library is None else ["--library", str(library)]
    return subprocess.Popen(
        [*program, *where, *arguments],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **(environment or {})},
        stdout=out,
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
    ended = run(library, *arguments, environment=environment)
    if check and ended.code != 0:
        raise UserError(f"heimdex {arguments[0]} failed: {' '.join(ended.said.split())[-400:]}")
    return ended.out


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
