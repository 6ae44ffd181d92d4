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
from typing import Any

from heimdex.cli.output import note
from heimdex.cli.torture_running import LONGEST_RUN_S, children, drain, heimdex, start
from heimdex.domain.errors import UserError

_POLL_S = 0.02

Inventory = dict[str, tuple[Any, ...]]


@dataclass
class Killed:
    """What the kills did. `lost`, `doubled`, `redone` and `problems` must stay empty."""

    program: int = 0
    host: int = 0
    naming: int = 0
    names: int = 0
    """Names that the program said it had kept before it was killed; all were looked for."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    redone: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


def kill(folder: Path, media: Path, kills: int, chance: random.Random) -> Killed:
    """Kill the indexing program, its children and a program that names people, in turn."""
    done = Killed()
    began = time.monotonic()
    note("indexing once undisturbed, to compare with …")
    reference = folder / "reference"
    heimdex(reference, "add", str(media))
    began_indexing = time.monotonic()
    heimdex(reference, "index", "--json")
    whole_s = time.monotonic() - began_indexing
    wanted = _inventory(reference)
    library, people = folder / "library", folder / "people"
    log = folder / "named"
    for number in range(kills):
        victim = ("program", "naming", "host")[number % 3]
        note(f"kill {number + 1} of {kills}: {victim}")
        if victim == "naming":
            _kill_naming(people, log, number, chance)
            done.naming += 1
            done.names = _compare_names(people, log, done)
            continue
        before = _inventory(library) if (library / "library.sqlite3").exists() else None
        if before is None or _timeless(before) == _timeless(wanted):
            # Everything is done: from the start once more.
            shutil.rmtree(library, ignore_errors=True)
            heimdex(library, "add", str(media))
            before = _inventory(library)
        if victim == "program":
            done.program += _kill_program(library, chance.uniform(0.1, whole_s))
        else:
            done.host += _kill_host(library, chance.uniform(0.1, whole_s), chance)
        _compare(before, _inventory(library), done)
        _verify(library, done)
    if (library / "library.sqlite3").exists():
        heimdex(library, "index", "--json")
        _compare_all(_inventory(library), wanted, done)
        verdict = heimdex(library, "library", "verify", "--json", check=False)
        told = json.loads(verdict.splitlines()[-1]) if verdict else {"problems": ["no answer"]}
        done.problems += told["problems"]
    done.seconds = round(time.monotonic() - began, 1)
    return done


def _kill_program(library: Path, after_s: float) -> int:
    child = start(library, "index", "--json")
    try:
        child.wait(after_s)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return 1
    finally:
        drain(child)
    return 0


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


def _kill_naming(library: Path, log: Path, seed: int, chance: random.Random) -> None:
    command = [sys.executable, "-P", "-m", "heimdex.cli.torture_naming"]
    child = subprocess.Popen(
        [*command, str(library), str(log), str(seed)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        if child.stdout.readline() != "ready\n":
            raise UserError("The program that names people did not start.")
        time.sleep(chance.uniform(0.05, 1.0))
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def _inventory(library: Path) -> Inventory:
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


def _timeless(inventory: Inventory) -> Inventory:
    return {what: held for what, held in inventory.items() if not what.startswith("time of ")}


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
    now, wanted = _timeless(now), _timeless(wanted)
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
    """Everybody has the last name that was kept, or one that was being given; how many names."""
    from heimdex.cli.torture_naming import TRACKS, VIDEOS
    from heimdex.storage.database import FILE_NAME, Database

    allowed: dict[int, set[str]] = {}
    kept = 0
    for line in log.read_text("utf-8").splitlines() if log.exists() else []:
        step, person, name = line.split("\t")
        if step == "wants":
            allowed.setdefault(int(person), {""}).add(name)
        else:
            allowed[int(person)] = {name}
            kept += 1
    database = Database.open(library / FILE_NAME)
    try:
        rows = database.read().execute("SELECT id, coalesce(name, '') FROM people").fetchall()
        found = {row[0]: row[1] for row in rows}
        tracks = database.read().execute("SELECT count(*) FROM assignments").fetchone()[0]
    finally:
        database.close()
    for number, names in allowed.items():
        if found.get(number, "nobody") not in names:
            done.lost.append(f"the name of person {number}: {found.get(number)} not in {names}")
    if tracks > VIDEOS * TRACKS:
        done.doubled.append(f"{tracks} faces are somebody's, of {VIDEOS * TRACKS}")
    _verify(library, done)
    return kept
