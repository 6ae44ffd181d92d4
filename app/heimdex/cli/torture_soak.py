"""Lets a library grow by hours of video under an open window, and looks whether memory stays flat.

The videos go through everything that a person's go through; they are long and cheap, mostly a still
picture and silence. Making them is left to `long_videos`, the command around it to `bench_torture`.
"""

import os
import signal
import sqlite3
import statistics
import subprocess
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from heimdex.cli.long_videos import make_long_video, make_unit
from heimdex.cli.output import note
from heimdex.cli.torture_running import PROGRAM, Outcome, children, drain, heimdex, start
from heimdex.storage.database import FILE_NAME

MAY_GROW_MB = 64
"""Of the median of the last quarter beyond that of the second: a leak of a frame a minute is
hundreds."""
_LOOK_S = 1.0
_PATIENCE_S = 3600.0
"""For one video."""


@dataclass(kw_only=True)
class Soaked(Outcome):
    """What the processes held while the library grew. `problems` must stay empty."""

    hours: float = 0.0
    """Of video, all indexed."""
    videos: int = 0
    shots: int = 0
    """What is in the library at the end."""
    vectors: int = 0
    window_mb: list[int] = field(default_factory=list)
    """The window with its worker's thread: the median while each video was indexed."""
    index_mb: list[int] = field(default_factory=list)
    """The child that decodes and computes, likewise."""
    query_mb: list[int] = field(default_factory=list)
    """The child that answers searches, likewise."""
    peak_mb: dict[str, int] = field(default_factory=dict)
    window_handles: list[int] = field(default_factory=list)
    window_threads: list[int] = field(default_factory=list)


@dataclass
class _Look:
    """What one process held at one moment."""

    role: str
    mb: int
    handles: int
    threads: int


def soak(folder: Path, media: Path, hours: float, count: int) -> Soaked:
    """Index `hours` of video in `count` files, one after another, while a window is open."""
    done = Soaked()
    library, videos, unit = folder / "soaked", folder / "long", folder / "unit.mkv"
    videos.mkdir()
    make_unit(sorted(media.glob("*.mp4")), unit)

    def put(number: int) -> None:
        part = folder / "part.mkv"
        make_long_video(unit, part, hours / count * 3600, number)
        old = time.time() - 3600
        os.utime(part, (old, old))
        part.rename(videos / f"long {number:03d}.mkv")

    put(0)
    heimdex(library, "add", str(videos))
    window = start(library, program=PROGRAM)
    reading = threading.Thread(target=drain, args=(window,))
    reading.start()
    try:
        for number in range(count):
            note(f"video {number + 1} of {count}, {hours / count:.1f} hours")
            if number:
                put(number)
            looks = _watch(window, library, number + 1, done)
            _keep(looks, done)
            if done.problems:
                break
            done.hours = round(done.hours + hours / count, 2)
    finally:
        window.send_signal(signal.SIGKILL)
        window.wait()
        reading.join()
    _compare(done)
    _count(library, done)
    return done


def _watch(
    window: "subprocess.Popen[str]", library: Path, wanted: int, done: Soaked
) -> list[_Look]:
    """Look at the processes until so many videos are indexed."""
    looks: list[_Look] = []
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        looks += _look(window.pid)
        states = _states(library)
        if len(states) >= wanted and set(states) <= {"done", "failed"}:
            break
        if window.poll() is not None:
            done.problems.append(f"the window ended by itself with {window.returncode}")
            break
        if time.monotonic() > deadline:
            done.problems.append(f"a video was not indexed after {_PATIENCE_S:.0f} s")
            break
        time.sleep(_LOOK_S)
    if failed := _states(library).count("failed"):
        done.problems.append(f"{failed} videos failed")
    return looks


def _look(pid: int) -> list[_Look]:
    from heimdex.hosts.memory import resident_bytes

    found = []
    for each in (pid, *children(pid)):
        role = "window" if each == pid else _role(each)
        if role:
            mb = (resident_bytes(each) or 0) // 2**20
            found.append(_Look(role, mb, _entries(each, "fd"), _entries(each, "task")))
    return found


def _role(pid: int) -> str:
    """Which child it is, by its command; "" for one that is just beginning or ending."""
    done = subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    _, found, role = done.stdout.strip().rpartition("--engine-host ")
    return role if found and role in ("index", "query") else ""


def _entries(pid: int, what: str) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/{what}").iterdir())
    except OSError:
        return 0


def _states(library: Path) -> list[str]:
    """The states of all jobs, read beside the window that has the library."""
    uri = f"{(library / FILE_NAME).as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=30)) as reading:
        return [row[0] for row in reading.execute("SELECT state FROM jobs")]


def _keep(looks: list[_Look], done: Soaked) -> None:
    for role, series in (
        ("window", done.window_mb),
        ("index", done.index_mb),
        ("query", done.query_mb),
    ):
        seen = [look.mb for look in looks if look.role == role]
        if seen:
            series.append(round(statistics.median(seen)))
            done.peak_mb[role] = max(done.peak_mb.get(role, 0), *seen)
    last = [look for look in looks if look.role == "window"][-1]
    done.window_handles.append(last.handles)
    done.window_threads.append(last.threads)


def _compare(done: Soaked) -> None:
    """The last quarter beside the second: the first is warming up."""
    for role, series in (
        ("window", done.window_mb),
        ("index", done.index_mb),
        ("query", done.query_mb),
    ):
        quarter = len(series) // 4
        if quarter:
            early = statistics.median(series[quarter : 2 * quarter])
            late = statistics.median(series[-quarter:])
            if late > early + MAY_GROW_MB:
                done.problems.append(f"{role} grew from {early:.0f} to {late:.0f} MB")


def _count(library: Path, done: Soaked) -> None:
    from heimdex.storage.database import Database

    database = Database.open(library / FILE_NAME)
    try:
        done.problems += database.verify()
        reading = database.read()
        done.videos = reading.execute("SELECT count(*) FROM media_info").fetchone()[0]
        done.shots = reading.execute("SELECT count(*) FROM scenes").fetchone()[0]
        done.vectors = reading.execute("SELECT coalesce(sum(items), 0) FROM vectors").fetchone()[0]
    finally:
        database.close()
