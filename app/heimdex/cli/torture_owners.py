"""Lets programs want one library at the same time, and kills the one that has it.

The command around it is `bench_torture`'s.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from heimdex.cli.output import note
from heimdex.cli.torture_running import Outcome, finish, heimdex, start
from heimdex.domain.errors import UserError

_OPENS_S = 60.0
_RUNS_S = 300.0
_TOGETHER = 4


@dataclass(kw_only=True)
class Contended(Outcome):
    """What became of the programs that wanted a library. `problems` must stay empty."""

    asked: int = 0
    told: int = 0
    """Were told which process has the library, in one line."""
    served: int = 0
    """Got it, because nobody had it at that moment."""
    taken_over: int = 0
    """Times it was there for the next one after its owner was killed."""


def contend(folder: Path, count: int) -> Contended:
    """Have `count` programs ask for a library, some while another has it, some all at once."""
    done = Contended()
    library = folder / "wanted"
    heimdex(library, "status")
    while done.asked < count:
        note(f"{done.asked} of {count} programs have asked …")
        owner = start(library, "index", "--watch")
        try:
            _wait_for(library, owner.pid)
            _ask(library, min(_TOGETHER, count - done.asked), owner.pid, done)
        finally:
            owner.kill()
            owner.communicate()
        # What it left behind must hold nobody up.
        _ask(library, 1, None, done)
        done.taken_over += 1
        if done.asked < count:
            _ask(library, min(_TOGETHER, count - done.asked), None, done)
    return done


def _wait_for(library: Path, pid: int) -> None:
    from heimdex.storage.lock import LibraryLock

    until = time.monotonic() + _OPENS_S
    while LibraryLock(library).owner() != pid:
        if time.monotonic() > until:
            raise UserError("heimdex index --watch did not open its library.")
        time.sleep(0.1)


def _ask(library: Path, count: int, owner: int | None, done: Contended) -> None:
    """Ask `count` times at once; `owner` has the library, or nobody but one of these."""
    children = [start(library, "status") for _ in range(count)]
    mine = {child.pid for child in children} | {owner}
    served = 0
    for child in children:
        ended = finish(child, _RUNS_S)
        done.asked += 1
        lines = ended.said.splitlines()
        if ended.code == 0 and ended.out:
            served += 1
        elif ended.code == 1 and len(lines) == 1 and _names(lines[0], mine):
            done.told += 1
        else:
            told = ended.crash or f"was told: {ended.said[-400:]}"
            done.problems.append(f"a program that wanted the library {told}")
    done.served += served
    if owner is not None and served:
        done.problems.append(f"{served} programs had the library of process {owner}")
    if owner is None and not served:
        done.problems.append("nobody got a library that nobody had")


def _names(line: str, pids: set[int | None]) -> bool:
    """Whether a sentence says which of the processes has the library. Whoever is just taking or
    leaving it may not have a name yet."""
    if "is in use by another process" in line:
        return True
    return any(f"is in use by process {pid}" in line for pid in pids if pid is not None)
