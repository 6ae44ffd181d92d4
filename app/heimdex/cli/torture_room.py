"""Takes the disk's room, the right to write and the clock away, and gives them back.

What must come of it: one clear sentence meanwhile, nothing damaged, and going on afterwards. The
disks are `torture_volumes`', the command around it is `bench_torture`'s.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from heimdex.cli.output import note
from heimdex.cli.torture_kills import Inventory, inventory, timeless
from heimdex.cli.torture_running import INDEXED, LONGEST_RUN_S, heimdex, indexed
from heimdex.cli.torture_volumes import Unsupported, require_mounts, tmpfs, writable

_DISK_MB = 320
_PAGE = 4096
_MODEL = "sface"
_TURN_BACK_S = 400 * 86_400
_ABOUT_A_PLACE = ("disk", "space", "room", "written", "write", "permission", "opened", "created")
"""A sentence about such trouble has one of these words."""
_WITH_A_CLOCK = """
import runpy, sys, time
shift, offset = int(sys.argv.pop(1)), None
real, real_ns = time.time, time.time_ns
time.time = lambda: real() + shift
time.time_ns = lambda: real_ns() + shift * 10**9
runpy.run_module("heimdex.cli.torture_program", run_name="__main__", alter_sys=True)
"""
"""The program with another clock, as far as Python asks for it."""


@dataclass
class Denied:
    """What was tried. `lost`, `unclear` and `problems` must stay empty."""

    tried: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    """How many of them ended with a sentence; the others had just room enough, or needed none."""
    said: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    """What was said and is no sentence for a person."""
    problems: list[str] = field(default_factory=list)
    not_tried: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether nothing was lost, and all that was said can be understood."""
        return not (self.lost or self.unclear or self.problems)


@dataclass
class _Place:
    """A small disk with a library that is being indexed, one that is done, and all settings."""

    folder: Path
    media: Path
    wanted: Inventory
    chance: random.Random
    done: Denied
    names: int = 0
    kind: str = ""

    @property
    def fresh(self) -> Path:
        return self.folder / "fresh"

    @property
    def kept(self) -> Path:
        return self.folder / "kept"

    @property
    def environment(self) -> dict[str, str]:
        return {"HEIMDEX_HOME": str(self.folder / "home")}


def deny(folder: Path, media: Path, count: int, chance: random.Random) -> Denied:
    """Every kind of write in turn, `count` in all, each with another bit of room left."""
    done = Denied()
    try:
        require_mounts()
    except Unsupported as why:
        done.not_tried = str(why)
        return done
    reference = indexed(folder, media)
    with tmpfs(folder / "small disk", _DISK_MB):
        place = _Place(folder / "small disk", media, inventory(reference), chance, done)
        shutil.copytree(reference, place.kept)
        for number in range(count):
            kind = list(_KINDS)[number % len(_KINDS)]
            note(f"{number + 1} of {count}: {kind}")
            done.tried[kind] = done.tried.get(kind, 0) + 1
            place.kind = kind
            _KINDS[kind](place)
            _check(place)
        if place.fresh.exists():
            _finish(place)
    return done


def _finish(place: _Place) -> None:
    """Once more on a full disk, then with room: everything is there, and nothing else."""
    _index(place)
    heimdex(place.fresh, "index", "--json", environment=place.environment)
    now = timeless(inventory(place.fresh))
    place.done.lost += [what for what in timeless(place.wanted) if what not in now]
    place.done.problems += [f"{what} is too much" for what in now if what not in place.wanted]
    _verify(place, place.fresh)


def _index(place: _Place) -> None:
    """Everything that indexing writes: rows, vectors, the index, thumbnails, the log."""
    if place.fresh.exists() and timeless(inventory(place.fresh)) == timeless(place.wanted):
        shutil.rmtree(place.fresh)
    if not place.fresh.exists():
        heimdex(place.fresh, "add", str(place.media), environment=place.environment)
    with _full(place, _size(place.kept)):
        _try(place, place.fresh, "index", "--json")


def _name(place: _Place) -> None:
    with _full(place, 60_000):
        number = place.names + 1
        if _try(place, place.kept, "people", "name", "#1", f"이름 {number}"):
            place.names = number


def _back_up(place: _Place) -> None:
    before = _backups(place)
    with _full(place, 4 * (place.kept / "library.sqlite3").stat().st_size):
        made = _try(place, place.kept, "library", "backup")
    left = _backups(place)
    # A new copy may take the place of an older one; one that could not be made takes nobody's.
    if (made and not left) or (not made and before - left):
        place.done.lost.append("a backup")


def _rebuild(place: _Place) -> None:
    """Chroma's files, and the pictures that are missing."""
    for picture in sorted((place.kept / "artefacts").rglob("scene-*.jpg"))[:3]:
        picture.unlink()
    with _full(place, _size(place.kept / "chroma")):
        _try(place, place.kept, "library", "rebuild")
    heimdex(place.kept, "library", "rebuild", environment=place.environment)


def _search(place: _Place) -> None:
    """The copies of vectors for quick comparison are written by the first search; without room it
    answers all the same."""
    shutil.rmtree(place.kept / "compact", ignore_errors=True)
    with _full(place, 4096):
        _try(place, place.kept, "search", "a woman in orange")


def _export(place: _Place) -> None:
    target = place.folder / "said.json"
    target.unlink(missing_ok=True)
    arguments = [*_transcript(place), "-o", str(target)]
    with _full(place, 2048):
        if not _try(place, place.kept, *arguments) and target.exists():
            place.done.problems.append("half a transcript was left")
    if not target.exists():
        heimdex(place.kept, *arguments, environment=place.environment)
    json.loads(target.read_text("utf-8"))


def _print(place: _Place) -> None:
    """Standard output that goes to a file on the full disk."""
    with _full(place, 1024), (place.folder / "printed").open("wb") as stream:
        _try(place, place.kept, *_transcript(place), out=stream)


def _transcript(place: _Place) -> list[str]:
    first = min(path.name for path in place.media.iterdir())
    return ["transcript", first, "--format", "json"]


def _download(place: _Place) -> None:
    """A model, from the folder in which this machine has its models."""
    from heimdex.config.directories import Directories

    here = Directories.resolve().models
    models = place.folder / "models"
    shutil.rmtree(models, ignore_errors=True)
    source = {"HEIMDEX_MODELS": str(models), "HEIMDEX_MODEL_SOURCE": str(here)}
    fetch = ["models", "download", _MODEL, "--yes", "--no-tune"]
    with _full(place, 40_000_000):
        _try(place, place.kept, *fetch, environment=source)
    there = {**place.environment, **source}
    heimdex(place.kept, *fetch, environment=there)
    heimdex(place.kept, "models", "verify", _MODEL, environment=there)
    shutil.rmtree(models)


def _settings(place: _Place) -> None:
    """A switch that is kept in the settings' file."""
    for switch in ("off", "on"):
        with _full(place, 8192):
            _try(place, place.kept, "people", switch)
    heimdex(place.kept, "people", "on", environment=place.environment)


def _read_only(place: _Place) -> None:
    """The whole disk cannot be written to, like a card with its switch in the wrong place."""
    with writable(place.folder, False):
        for arguments in (["index"], ["search", "coffee"], ["people", "name", "#1", "Nobody"]):
            if _try(place, place.kept, *arguments):
                place.done.problems.append(f"{arguments[0]} said nothing of a disk it cannot write")


def _forbid(place: _Place) -> None:
    """The library's folder may not be written to. Root may everywhere, so it gives that up."""
    place.kept.chmod(0o500)
    try:
        if _try(place, place.kept, "index", prefix=_plain_rights()):
            place.done.problems.append("a library that may not be written to was indexed")
    finally:
        place.kept.chmod(0o700)


def _turn_back(place: _Place) -> None:
    """The clock is a year ahead for one run, and right for the next."""
    shutil.rmtree(place.fresh, ignore_errors=True)
    for shift, arguments in (
        (_TURN_BACK_S, ["add", str(place.media)]),
        (_TURN_BACK_S, ["index", "--json"]),
        (0, ["index", "--json"]),
        (-_TURN_BACK_S, ["library", "backup"]),
        (0, ["library", "backup"]),
        (-_TURN_BACK_S, ["index", "--json"]),
    ):
        clock = [sys.executable, "-P", "-c", _WITH_A_CLOCK, str(shift)]
        if not _try(place, place.fresh, *arguments, program=clock):
            place.done.problems.append(f"{arguments[0]} failed with another clock")


_KINDS: dict[str, Callable[[_Place], None]] = {
    "full: index": _index,
    "full: name": _name,
    "full: backup": _back_up,
    "full: rebuild": _rebuild,
    "full: search": _search,
    "full: export": _export,
    "full: print": _print,
    "full: download": _download,
    "full: settings": _settings,
    "read-only": _read_only,
    "forbidden": _forbid,
    "clock": _turn_back,
}


@contextmanager
def _full(place: _Place, at_most: int) -> Iterator[None]:
    """Leave somewhat less than `at_most` bytes on the disk, or nothing at all."""
    ballast = place.folder / "ballast"
    left = place.chance.choice(
        [0, place.chance.randrange(at_most), place.chance.randrange(at_most)]
    )
    free = shutil.disk_usage(place.folder).free
    with ballast.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(_PAGE, (free - left) // _PAGE * _PAGE))
    try:
        yield
    finally:
        ballast.unlink()


def _try(
    place: _Place,
    library: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
    program: Sequence[str] = INDEXED,
    out: IO[bytes] | int = subprocess.PIPE,
) -> bool:
    """Run the command; whether it did what it should. What it says otherwise is looked at."""
    done = subprocess.run(
        [*prefix, *program, "--library", str(library), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        timeout=LONGEST_RUN_S,
        check=False,
        env={**os.environ, **place.environment, **(environment or {})},
    )
    said = [line for line in done.stderr.splitlines() if line.startswith("heimdex:")]
    if "Traceback" in done.stderr or done.returncode not in (0, 1):
        place.done.problems.append(
            f"{arguments[0]} ended with {done.returncode}: {done.stderr[-900:]}"
        )
    elif done.returncode == 1:
        sentence = said[-1] if said else f"nothing but: {done.stderr[-300:]}"
        known = sentence.replace(str(place.folder), "…")
        place.done.failed[place.kind] = place.done.failed.get(place.kind, 0) + 1
        place.done.said[known] = place.done.said.get(known, 0) + 1
        if not said or not any(word in sentence for word in _ABOUT_A_PLACE):
            place.done.unclear.append(known)
    return done.returncode == 0


def _check(place: _Place) -> None:
    """Cured: the finished library is as it was, and everybody has their name."""
    heimdex(place.kept, "index", "--json", environment=place.environment)
    _verify(place, place.kept)
    now = timeless(inventory(place.kept))
    place.done.lost += [what for what in timeless(place.wanted) if what not in now]
    listed = heimdex(place.kept, "people", "list", "--json", environment=place.environment)
    if place.names and f"이름 {place.names}" not in listed:
        place.done.lost.append(f"the name 이름 {place.names}")


def _verify(place: _Place, library: Path) -> None:
    told = heimdex(
        library, "library", "verify", "--json", check=False, environment=place.environment
    )
    verdict = json.loads(told.splitlines()[-1]) if told else {"problems": ["no answer"]}
    place.done.problems += verdict["problems"]


def _backups(place: _Place) -> set[str]:
    return {path.name for path in (place.kept / "backups").glob("*.backup")}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _plain_rights() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
