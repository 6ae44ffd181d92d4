"""Feeds Heimdex files that were broken on purpose and looks how it takes them.

Breaking them is left to `mutating`, the command around it to `bench_torture`.
"""

import hashlib
import json
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from heimdex.cli.output import note
from heimdex.cli.torture_running import LONGEST_RUN_S, Outcome, children, finish, start

_HANG_S = 120.0
"""No stage of a file of a few seconds may take longer, whatever is wrong with it."""
_EACH_S = 30.0
"""A run of many files may take so long for each, on a machine that is busy with other things."""


@dataclass(kw_only=True)
class Fed(Outcome):
    """What became of the broken files. What `FAULTS` names must stay empty or 0."""

    FAULTS: ClassVar[tuple[str, ...]] = ("changed", "unclear", "left", "problems")

    files: int = 0
    indexed: int = 0
    """Videos; the same bytes under two names are one."""
    failed: int = 0
    refused: int = 0
    """Not taken into the library at all: empty, no file, not to be read."""
    left: int = 0
    """Jobs that still waited at the end: the queue must have gone on."""
    slowest_s: float = 0.0
    peak_mb: int = 0
    """Of the program and its children, the largest of them."""
    changed: list[str] = field(default_factory=list)
    """Originals whose bytes or time are not what they were."""
    unclear: list[str] = field(default_factory=list)
    """Reasons that are no sentence for a person."""
    reasons: dict[str, int] = field(default_factory=dict)


def feed(folder: Path, media: Path, count: int, seed: int) -> Fed:
    """Index `count` broken files."""
    from heimdex.cli.mutating import mutate, shorten

    done = Fed()
    bases, broken, library = folder / "bases", folder / "broken", folder / "fed"
    bases.mkdir()
    broken.mkdir()
    note("making broken files …")
    short = shorten(sorted(media.iterdir()), bases)
    made = mutate(short, broken, count, seed)
    done.files = len(made)
    before = states(broken)
    note("indexing them …")
    with _measured(done, max(LONGEST_RUN_S, count * _EACH_S)) as watch:
        watch(start(library, "add", str(broken)))
        printed = watch(start(library, "index", "--json"))
    done.changed = [path for path, held in before.items() if state(Path(path)) != held]
    _read_stages(printed, done)
    _read_library(library, done)
    return done


@contextmanager
def _measured(done: Fed, longest_s: float) -> Iterator[Any]:
    """Runs programs to their end and notes the memory of the largest process among them."""
    from heimdex.hosts.memory import resident_bytes

    def watch(child: "subprocess.Popen[str]") -> str:
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(0.5):
                for pid in (child.pid, *children(child.pid)):
                    done.peak_mb = max(done.peak_mb, (resident_bytes(pid) or 0) // 2**20)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            result = finish(child, longest_s)
        finally:
            ended.set()
            thread.join()
        if result.crash:
            done.problems.append(f"the program {result.crash}")
        return result.out

    yield watch


def _read_stages(printed: str, done: Fed) -> None:
    for line in printed.splitlines():
        stage = json.loads(line)
        if "stage" not in stage:
            continue
        done.slowest_s = max(done.slowest_s, stage["seconds"])
        if stage["seconds"] > _HANG_S:
            done.problems.append(f"{stage['stage']} took {stage['seconds']} s")


def _read_library(library: Path, done: Fed) -> None:
    from heimdex.domain.stages import JobState
    from heimdex.storage.catalogue import Catalogue
    from heimdex.storage.database import FILE_NAME, Database
    from heimdex.storage.jobs import JobStore

    database = Database.open(library / FILE_NAME)
    try:
        done.problems += database.verify()
        done.refused = done.files - len(Catalogue(database).files())
        names = sorted((v.path.name for v in Catalogue(database).videos()), key=len, reverse=True)
        reasons: Counter[str] = Counter()
        for job in JobStore(database).jobs():
            if job.state is JobState.DONE:
                done.indexed += 1
            elif job.state is JobState.FAILED:
                done.failed += 1
                reasons[_reason(job.error, names)] += 1
                if not _is_clear(job.error):
                    done.unclear.append(job.error)
            else:
                done.left += 1
        done.reasons = dict(reasons.most_common())
    finally:
        database.close()


def _reason(error: str, names: Sequence[str]) -> str:
    """A reason without the name of the file, so that they can be counted."""
    for name in names:
        error = error.replace(name, "…")
    return error


def _is_clear(error: str) -> bool:
    """A sentence, and none that says we do not know what happened."""
    technical = ("internal error", "Error:", "Errno", "annot allocate", "nvalid argument")
    return error.endswith(".") and not any(words in error for words in technical)


def states(folder: Path) -> dict[str, tuple[Any, ...]]:
    """What can be compared later of everything in and below a folder, by its path."""
    return {str(path): state(path) for path in sorted(folder.rglob("*"))}


def state(path: Path) -> tuple[Any, ...]:
    """Bytes and time of a regular file; what else it is of another."""
    try:
        found = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    except OSError:
        return ("cannot be read",)
    return (found.st_mode, found.st_mtime_ns, content)
