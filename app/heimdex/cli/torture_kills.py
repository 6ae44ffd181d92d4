"""Kills Heimdex with SIGKILL at random moments and looks whether anything was lost.

The command around it is `bench_torture`'s; naming people without end, that of `torture_naming`.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from heimdex.cli.output import note
from heimdex.cli.torture_running import (
    LONGEST_RUN_S,
    Outcome,
    children,
    drain,
    heimdex,
    indexed,
    start,
    still_running,
)
from heimdex.domain.errors import UserError

_POLL_S = 0.02
_START_S = 1.0
"""Until a program and its child begin with the first stage, about."""
VICTIMS = ("program", "naming", "host", "window", "owner", "naming and indexing")
"""In turn. The program with all its children at once; a program that names people; a child; the
window with all its children; the program alone, whose children must then go by themselves; a
program that names people while its worker indexes."""

Inventory = dict[str, tuple[Any, ...]]


@dataclass(kw_only=True)
class Killed(Outcome):
    """What the kills did. What `FAULTS` names must stay empty."""

    FAULTS: ClassVar[tuple[str, ...]] = ("lost", "doubled", "redone", "problems")

    landed: dict[str, int] = field(default_factory=dict)
    """Of each of `VICTIMS`, how many were killed before they had ended by themselves."""
    names: int = 0
    """Names and refusals that the program said it had kept before it was killed; all were looked
    for."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    redone: list[str] = field(default_factory=list)


def kill(folder: Path, media: Path, kills: int, chance: random.Random) -> Killed:
    """Kill the indexing program, its children and a program that names people, in turn."""
    done = Killed()
    wanted = inventory(indexed(folder, media))
    whole_s = _START_S + sum(
        held[1] for what, held in wanted.items() if what.startswith("time of ")
    )
    library, people = folder / "library", folder / "people"
    log = folder / "named"
    for number in range(kills):
        victim = VICTIMS[number % len(VICTIMS)]
        note(f"kill {number + 1} of {kills}: {victim}")
        if victim.startswith("naming"):
            also = media if victim != "naming" else None
            after_s = chance.uniform(0.05, whole_s / 2 if also else 1.0)
            _kill_naming(people, log, number, also, after_s)
            _count(done, victim, 1)
            done.names = _compare_names(people, log, done)
            continue
        before = inventory(library) if (library / "library.sqlite3").exists() else None
        if before is None or timeless(before) == timeless(wanted):
            # Everything is done: from the start once more.
            shutil.rmtree(library, ignore_errors=True)
            heimdex(library, "add", str(media))
            before = inventory(library)
        after_s = chance.uniform(0.1, whole_s)
        if victim == "host":
            _count(done, victim, _kill_host(library, after_s, chance))
        else:
            _count(done, victim, _kill_program(library, victim, after_s, done))
        _compare(before, inventory(library), done)
        _verify(library, done)
    if (library / "library.sqlite3").exists():
        heimdex(library, "index", "--json")
        _compare_all(inventory(library), wanted, done)
        verdict = heimdex(library, "library", "verify", "--json", check=False)
        told = json.loads(verdict.splitlines()[-1]) if verdict else {"problems": ["no answer"]}
        done.problems += told["problems"]
    return done


def _count(done: Killed, victim: str, landed: int) -> None:
    done.landed[victim] = done.landed.get(victim, 0) + landed


def _kill_program(library: Path, victim: str, after_s: float, done: Killed) -> int:
    window = victim == "window"
    child = start(library) if window else start(library, "index", "--json")
    reading = threading.Thread(target=drain, args=(child,))
    reading.start()
    landed, hosts = 0, []
    try:
        code = child.wait(after_s)
        if window or code:
            done.problems.append(f"the {victim} ended by itself with {code}")
    except subprocess.TimeoutExpired:
        landed, hosts = 1, children(child.pid)
        for pid in (child.pid, *(hosts if victim != "owner" else ())):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    finally:
        child.kill()
        reading.join()
    if left := still_running(hosts):
        done.problems.append(f"{len(left)} children outlived the {victim}")
    return landed


def _kill_host(library: Path, after_s: float, chance: random.Random) -> int:
    """Kill a child of the indexing program, and let the program go on to its end."""
    child = start(library, "index", "--json")
    killed = 0
    wait_until = time.monotonic() + after_s
    reading = threading.Thread(target=drain, args=(child,))
    reading.start()
    while child.poll() is None and not killed:
        time.sleep(_POLL_S)
        hosts = children(child.pid)
        if time.monotonic() >= wait_until and hosts:
            # It may have left by itself in the meantime; then the next one it is.
            with suppress(ProcessLookupError):
                os.kill(chance.choice(hosts), signal.SIGKILL)
                killed = 1
    try:
        child.wait(LONGEST_RUN_S)
    finally:
        child.kill()
        reading.join()
    return killed


def _kill_naming(library: Path, log: Path, seed: int, media: Path | None, after_s: float) -> None:
    command = [sys.executable, "-P", "-m", "heimdex.cli.torture_naming"]
    given = [str(library), str(log), str(seed), *([str(media)] if media else [])]
    child = subprocess.Popen([*command, *given], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        if child.stdout.readline() != "ready\n":
            raise UserError("The program that names people did not start.")
        time.sleep(after_s)
        if child.poll() is not None:
            raise UserError("The program that names people ended by itself.")
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def inventory(library: Path) -> Inventory:
    """What is in a library, by a name: files, and of each finished stage what it left and when."""
    from heimdex.domain.stages import StageStatus
    from heimdex.storage.artefacts import Artefacts
    from heimdex.storage.catalogue import Catalogue
    from heimdex.storage.database import FILE_NAME, Database
    from heimdex.storage.lock import LibraryLock
    from heimdex.storage.stages import StageStore
    from heimdex.storage.vectors import VectorStore

    found: Inventory = {}
    with LibraryLock(library).acquire(20):
        database = Database.open(library / FILE_NAME)
        try:
            stages = StageStore(database, Artefacts(library))
            vectors = VectorStore(database)
            for file in Catalogue(database).files():
                found[f"file {file.path.name}"] = (file.video_id,)
            for video_id, runs in stages.all_runs().items():
                for stage, run in runs.items():
                    if run.status is StageStatus.DONE:
                        found[f"{stage} of {video_id}"] = ()
                found[f"in {video_id}"] = (
                    len(stages.passages(video_id)),
                    len(stages.scenes(video_id)),
                    len(stages.tracks(video_id)),
                    len(stages.ocr_lines(video_id)),
                    tuple(
                        sorted(
                            (
                                space.key,
                                0 if (b := vectors.batch(video_id, space)) is None else len(b),
                            )
                            for space in vectors.spaces()
                        )
                    ),
                )
            for row in database.read().execute(
                "SELECT video_id, stage, finished_at, seconds FROM stage_runs WHERE status = 'done'"
            ):
                found[f"time of {row[1]} of {row[0]}"] = (row[2], row[3])
        finally:
            database.close()
    return found


def timeless(found: Inventory) -> Inventory:
    """An inventory without when each stage was finished."""
    return {what: held for what, held in found.items() if not what.startswith("time of ")}


def _compare(before: Inventory, now: Inventory, done: Killed) -> None:
    """What was finished before a kill is there after it, and was not computed again."""
    for what, held in before.items():
        if what.startswith("in "):
            continue
        if what not in now:
            done.lost.append(what)
        elif now[what] != held:
            done.redone.append(what)


def _compare_all(now: Inventory, wanted: Inventory, done: Killed) -> None:
    """At the end everything is there as in the library that nobody disturbed, and nothing else."""
    now, wanted = timeless(now), timeless(wanted)
    for what, held in wanted.items():
        if what not in now:
            done.lost.append(what)
        elif now[what] != held:
            done.doubled.append(f"{what}: {now[what]} instead of {held}")
    done.doubled += [what for what in now if what not in wanted]


def _verify(library: Path, done: Killed) -> None:
    from heimdex.storage import lexicon
    from heimdex.storage.database import FILE_NAME, Database

    database = Database.open(library / FILE_NAME)
    try:
        done.problems += database.verify()
        done.problems += lexicon.verify(database)
    finally:
        database.close()


def _compare_names(library: Path, log: Path, done: Killed) -> int:
    """Everybody has the last name that was kept, or one that was being given, and nobody a face
    that was refused; how many of both."""
    from heimdex.cli.torture_naming import TRACKS, VIDEOS
    from heimdex.storage.database import FILE_NAME, Database

    allowed: dict[int, set[str]] = {}
    refused: set[tuple[int, str, int]] = set()
    kept = 0
    for line in log.read_text("utf-8").splitlines() if log.exists() else []:
        step, person, *what = line.split("\t")
        kept += step != "wants"
        if step == "wants":
            # Until the first name is kept, somebody else's naming may take the group in.
            allowed.setdefault(int(person), {"", "nobody"}).add(what[0])
        elif step == "named":
            allowed[int(person)] = {what[0]}
        else:
            refused.add((int(person), what[0], int(what[1])))
    database = Database.open(library / FILE_NAME)
    try:
        reading = database.read()
        rows = reading.execute("SELECT id, coalesce(name, '') FROM people").fetchall()
        found = {row[0]: row[1] for row in rows}
        said = "SELECT person_id, video_id, at_ms FROM decisions WHERE kind = 'is_not'"
        gone = refused - {tuple(row) for row in reading.execute(said)}
        # Those of the fake videos, of which nothing is ever found anew.
        tracks = reading.execute(
            "SELECT count(*) FROM assignments WHERE video_id LIKE '000000000%'"
        ).fetchone()[0]
    finally:
        database.close()
    for number, names in allowed.items():
        if found.get(number, "nobody") not in names:
            done.lost.append(f"the name of person {number}: {found.get(number)} not in {names}")
    done.lost += [f"that a face is not person {person}'s" for person, _, _ in sorted(gone)]
    if tracks > VIDEOS * TRACKS:
        done.doubled.append(f"{tracks} faces are somebody's, of {VIDEOS * TRACKS}")
    _verify(library, done)
    return kept
