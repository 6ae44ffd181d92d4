"""Moves, renames and copies thousands of files, writes as many at once, and counts the cost.

Nothing is indexed: the files count as done, so that every job afterwards is one too many. The
command around it is `bench_torture`'s.
"""

import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from heimdex.cli.output import note
from heimdex.cli.torture_running import Outcome

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

_FOLDERS = 50
_COPIES = 10
_WAIT_S = 120.0
_SETTLES_S, _MANY = 3.0, 2000
"""So long the watcher may have to do with so many files after its first hint."""
_BURST = """
import sys
folder, count = sys.argv[1], int(sys.argv[2])
for number in range(count):
    with open(f"{folder}/{number:06d}.mp4", "wb") as stream:
        stream.write(b"first half")
        stream.flush()
        stream.write(b"second half %d" % number)
"""


@dataclass(kw_only=True)
class Moved(Outcome):
    """What became of the files. What `FAULTS` names must stay empty or 0."""

    FAULTS: ClassVar[tuple[str, ...]] = ("indexed_again", "lost", "doubled", "problems")

    files: int = 0
    moves: int = 0
    """Ways in which all of them were moved."""
    indexed_again: int = 0
    lost: int = 0
    doubled: int = 0
    copies_known: int = 0
    slowest_scan_s: float = 0.0
    burst: int = 0
    """Files that were written at once into a watched folder."""
    burst_hints: int = 0
    """Looks at the folder that the watcher asked for."""
    burst_cpu_s: float = 0.0
    """Processor time of the watcher for them."""


def move(folder: Path, count: int, chance: random.Random) -> Moved:
    """Move `count` files in every way, then write as many at once."""
    from heimdex.bootstrap import open_library
    from heimdex.config.directories import Directories
    from heimdex.config.settings import Settings

    done = Moved(files=count, burst=count)
    tree = folder / "clips"
    _write(tree, count)
    where = Directories.resolve(folder / "moved library")
    with open_library(where, Settings.load(where.home)) as library:
        note(f"adding {count} files …")
        library.scanner.add([tree])
        _call_done(library)
        known = {file.video_id for file in library.catalogue.files()}
        for way in (_rename, _shuffle, _rename_whole):
            note(f"moving them: {way.__name__.strip('_').replace('_', ' ')} …")
            tree = way(tree, chance)
            _scan(library, tree, done)
            now = [file.video_id for file in library.catalogue.files()]
            done.lost += len(known.difference(now))
            done.doubled += len(now) - len(set(now))
            done.moves += 1
        files = sorted(tree.rglob("*.mp4"))
        for number, file in enumerate(files[:_COPIES]):
            (tree / f"copy {number}.mp4").write_bytes(file.read_bytes())
        _age(tree)
        report = library.scanner.rescan()
        done.copies_known = len(report.copied)
        done.indexed_again += report.queued
        if done.copies_known != min(_COPIES, count):
            done.problems.append(f"{done.copies_known} copies were known as such")
    note(f"writing {count} files at once …")
    _burst(folder / "burst", count, done)
    return done


def _write(tree: Path, count: int) -> None:
    for number in range(count):
        file = tree / f"{number % _FOLDERS:03d}" / f"{number:06d}.mp4"
        if number < _FOLDERS:
            file.parent.mkdir(parents=True)
        file.write_bytes(b"clip %d" % number)
    _age(tree)


def _age(tree: Path) -> None:
    """Make all files look as if they had been left alone for a while."""
    when = time.time() - 3600
    for file in tree.rglob("*.mp4"):
        if file.stat().st_mtime > when:
            os.utime(file, (when, when))


def _call_done(library: "Library") -> None:
    from heimdex.domain.stages import STAGE_VERSIONS, Stage, StageRun, StageStatus

    models = library.worker.models()
    with library.catalogue.together():
        for video in library.catalogue.videos():
            for stage in Stage:
                library.stages.record(
                    StageRun(
                        video.id,
                        stage,
                        STAGE_VERSIONS[stage],
                        models.get(stage, ""),
                        StageStatus.SKIPPED,
                        0.0,
                        "",
                        1,
                    )
                )
    library.jobs.cancel(job.id for job in library.jobs.jobs())


def _rename(tree: Path, chance: random.Random) -> Path:
    for file in sorted(tree.rglob("*.mp4")):
        file.rename(file.with_name(f"renamed {chance.getrandbits(64):016x}.mp4"))
    return tree


def _shuffle(tree: Path, chance: random.Random) -> Path:
    folders = sorted(each for each in tree.iterdir() if each.is_dir())
    for file in sorted(tree.rglob("*.mp4")):
        file.rename(chance.choice(folders) / file.name)
    return tree


def _rename_whole(tree: Path, chance: random.Random) -> Path:
    return tree.rename(tree.with_name(f"elsewhere {chance.getrandbits(16)}"))


def _scan(library: "Library", tree: Path, done: Moved) -> None:
    began = time.monotonic()
    known = {folder.path for folder in library.catalogue.folders()}
    report = library.scanner.rescan() if tree in known else library.scanner.add([tree])
    for folder in library.catalogue.folders():
        if folder.path != tree:
            library.catalogue.remove_folder(folder.id)
    done.slowest_scan_s = round(max(done.slowest_scan_s, time.monotonic() - began), 1)
    done.indexed_again += report.queued + len(report.added)


def _burst(folder: Path, count: int, done: Moved) -> None:
    from heimdex.domain.ids import FolderId
    from heimdex.domain.media import FileState, Folder
    from heimdex.indexing.watch import Watcher

    folder.mkdir()
    hinted = threading.Event()

    def hint(which: Folder | None) -> None:
        if which is not None:
            done.burst_hints += 1
            hinted.set()

    with Watcher([Folder(FolderId(1), folder, True, FileState.ONLINE)], hint, 1.0):
        time.sleep(1.0)
        before = time.process_time()
        subprocess.run([sys.executable, "-c", _BURST, str(folder), str(count)], check=True)
        if not hinted.wait(_WAIT_S):
            done.problems.append("the watcher did not notice a burst of files")
        time.sleep(min(_SETTLES_S, _SETTLES_S * count / _MANY))
        done.burst_cpu_s = round(time.process_time() - before, 2)
