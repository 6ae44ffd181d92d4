"""A small disk with libraries on it from which the room, the right to write or the clock is taken,
and what was said and lost then.

What is done on it is `torture_room`'s and `torture_cramped`'s.
"""

import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, ClassVar

from heimdex.cli.torture_kills import Inventory, inventory, timeless
from heimdex.cli.torture_running import INDEXED, Outcome, heimdex, run

_PAGE = 4096
_ABOUT_A_PLACE = ("disk", "space", "room", "written", "write", "permission", "opened", "created")
"""A sentence about such trouble has one of these words, or of those below."""
_IN_KOREAN = ("디스크", "공간", "저장", "권한")


@dataclass(kw_only=True)
class Denied(Outcome):
    """What was tried. What `FAULTS` names must stay empty."""

    FAULTS: ClassVar[tuple[str, ...]] = ("lost", "unclear", "problems")

    tried: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    """How many of them ended with a sentence; the others had just room enough, or needed none."""
    said: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    """What was said and is no sentence for a person."""
    longest_pause_ms: int = 0
    """The longest time for which a window on a full disk did not answer."""
    not_tried: str = ""


@dataclass
class Place:
    """A small disk with a library that is being indexed, one that is done, and all settings."""

    folder: Path
    media: Path
    reference: Path
    """A library in which the media are indexed; only to be copied."""
    wanted: Inventory
    chance: random.Random
    done: Denied
    pictures: Path | None = None
    """Where pictures of the window go."""
    names: int = 0
    kind: str = ""

    @property
    def fresh(self) -> Path:
        """The library that is being indexed."""
        return self.folder / "fresh"

    @property
    def kept(self) -> Path:
        """The library that is done."""
        return self.folder / "kept"

    @property
    def environment(self) -> dict[str, str]:
        """Where programs find the settings."""
        return {"HEIMDEX_HOME": str(self.folder / "home")}

    @contextmanager
    def full(self, at_most: int) -> Iterator[None]:
        """Leave somewhat less than `at_most` bytes on the disk, or nothing at all."""
        ballast = self.folder / "ballast"
        left = self.chance.choice(
            [0, self.chance.randrange(at_most), self.chance.randrange(at_most)]
        )
        free = shutil.disk_usage(self.folder).free
        with ballast.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, max(_PAGE, (free - left) // _PAGE * _PAGE))
        try:
            yield
        finally:
            ballast.unlink()

    def use(self, library: Path, *arguments: str, check: bool = True) -> str:
        """Run a command that nothing is in the way of; gives what it printed."""
        return heimdex(library, *arguments, check=check, environment=self.environment)

    def attempt(
        self,
        library: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = INDEXED,
        out: IO[bytes] | int = subprocess.PIPE,
    ) -> bool:
        """Run a command; whether it did what it should. What it says otherwise is looked at."""
        whole = {**self.environment, **(environment or {})}
        ended = run(library, *arguments, environment=whole, program=program, out=out)
        if ended.crash:
            self.done.problems.append(f"{arguments[0]} {ended.crash}")
        elif ended.code:
            self.hear(ended.refusal, f"nothing but: {ended.said[-300:]}")
        return ended.code == 0

    def hear(self, sentence: str, instead: str = "nothing") -> None:
        """Count what was said; it has to be a sentence about disks and rights. `instead` is what
        there was when there was none."""
        known = (sentence or instead).replace(str(self.folder), "…")
        self.done.failed[self.kind] = self.done.failed.get(self.kind, 0) + 1
        self.done.said[known] = self.done.said.get(known, 0) + 1
        if not sentence or not any(word in sentence for word in (*_ABOUT_A_PLACE, *_IN_KOREAN)):
            self.done.unclear.append(known)

    def verify(self, library: Path) -> None:
        """Note every fault that the library's own check finds."""
        told = self.use(library, "library", "verify", "--json", check=False)
        verdict = json.loads(told.splitlines()[-1]) if told else {"problems": ["no answer"]}
        self.done.problems += verdict["problems"]

    def check_cured(self) -> None:
        """The finished library is as it was, and everybody has their name."""
        self.use(self.kept, "index", "--json")
        self.verify(self.kept)
        now = timeless(inventory(self.kept))
        self.done.lost += [what for what in timeless(self.wanted) if what not in now]
        listed = self.use(self.kept, "people", "list", "--json")
        if self.names and f"이름 {self.names}" not in listed:
            self.done.lost.append(f"the name 이름 {self.names}")
