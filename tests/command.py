"""The real command in a process of its own, and what a run of it printed.

For every test that wants the command line as a person has it; which library is up to the test.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Done:
    """How a run of the command ended."""

    code: int
    out: str
    err: str

    def json(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines; fails when anything else is on it."""
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Done]


def run_heimdex(*arguments: object, env: dict[str, str] | None = None, timeout: int = 400) -> Done:
    """`python -m heimdex …` with the test's environment."""
    child = subprocess.run(
        [sys.executable, "-m", "heimdex", *map(str, arguments)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        timeout=timeout,
        check=False,
        env=os.environ | (env or {}),
    )
    return Done(child.returncode, child.stdout, child.stderr)


@dataclass(frozen=True)
class Indexed:
    """A library in which the sample was indexed by the command, and what that printed."""

    library: Path
    videos: Path
    added: Done
    indexed: Done

    def __call__(self, *arguments: object) -> Done:
        """The command on this library."""
        return run_heimdex("--library", self.library, *arguments)
