"""Takes the disk's room, the right to write and the clock away, and gives them back.

What must come of it: one clear sentence meanwhile, nothing damaged, and going on afterwards. The
disk is `torture_place`'s, the window on it `torture_cramped`'s, the command around it
`bench_torture`'s.
"""

import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from heimdex.cli.output import note
from heimdex.cli.torture_cramped import use_window
from heimdex.cli.torture_kills import inventory, timeless
from heimdex.cli.torture_place import Denied, Place
from heimdex.cli.torture_running import INDEXED, heimdex, indexed
from heimdex.cli.torture_volumes import Unsupported, require_mounts, tmpfs, writable

_DISK_MB = 320
_MODEL = "sface"
_TURN_BACK_S = 400 * 86_400
_WITH_A_CLOCK = """
import runpy, sys, time
shift, offset = int(sys.argv.pop(1)), None
real, real_ns = time.time, time.time_ns
time.time = lambda: real() + shift
time.time_ns = lambda: real_ns() + shift * 10**9
runpy.run_module("heimdex.cli.torture_program", run_name="__main__", alter_sys=True)
"""
"""The program with another clock, as far as Python asks for it."""


def deny(
    folder: Path, media: Path, count: int, chance: random.Random, pictures: Path | None = None
) -> Denied:
    """Every kind of write in turn, `count` in all, each with another bit of room left. Pictures of
    the window go to `pictures`."""
    done = Denied()
    try:
        require_mounts()
    except Unsupported as why:
        done.not_tried = str(why)
        return done
    reference = indexed(folder, media)
    with tmpfs(folder / "small disk", _DISK_MB):
        place = Place(
            folder / "small disk", media, reference, inventory(reference), chance, done, pictures
        )
        shutil.copytree(reference, place.kept)
        for number in range(count):
            kind = list(_KINDS)[number % len(_KINDS)]
            note(f"{number + 1} of {count}: {kind}")
            done.tried[kind] = done.tried.get(kind, 0) + 1
            place.kind = kind
            _KINDS[kind](place)
            place.check_cured()
        if place.fresh.exists():
            _finish(place)
    return done


def _finish(place: Place) -> None:
    """Once more on a full disk, then with room: everything is there, and nothing else."""
    place.kind = "full: index"
    place.done.tried[place.kind] = place.done.tried.get(place.kind, 0) + 1
    _index(place)
    place.use(place.fresh, "index", "--json")
    now = timeless(inventory(place.fresh))
    place.done.lost += [what for what in timeless(place.wanted) if what not in now]
    place.done.problems += [f"{what} is too much" for what in now if what not in place.wanted]
    place.verify(place.fresh)


def _index(place: Place) -> None:
    """Everything that indexing writes: rows, vectors, the index, thumbnails, the log."""
    if place.fresh.exists() and timeless(inventory(place.fresh)) == timeless(place.wanted):
        shutil.rmtree(place.fresh)
    if not place.fresh.exists():
        place.use(place.fresh, "add", str(place.media))
    with place.full(_size(place.kept)):
        place.attempt(place.fresh, "index", "--json")


def _name(place: Place) -> None:
    with place.full(60_000):
        number = place.names + 1
        if place.attempt(place.kept, "people", "name", "#1", f"이름 {number}"):
            place.names = number


def _back_up(place: Place) -> None:
    before = _backups(place)
    with place.full(4 * (place.kept / "library.sqlite3").stat().st_size):
        made = place.attempt(place.kept, "library", "backup")
    left = _backups(place)
    # A new copy may take the place of an older one; one that could not be made takes nobody's.
    if (made and not left) or (not made and before - left):
        place.done.lost.append("a backup")


def _rebuild(place: Place) -> None:
    """Chroma's files, and the pictures that are missing."""
    for picture in sorted((place.kept / "artefacts").rglob("scene-*.jpg"))[:3]:
        picture.unlink()
    with place.full(_size(place.kept / "chroma")):
        place.attempt(place.kept, "library", "rebuild")
    place.use(place.kept, "library", "rebuild")


def _search(place: Place) -> None:
    """The copies of vectors for quick comparison are written by the first search; without room it
    answers all the same."""
    shutil.rmtree(place.kept / "compact", ignore_errors=True)
    with place.full(4096):
        place.attempt(place.kept, "search", "a woman in orange")


def _export(place: Place) -> None:
    target = place.folder / "said.json"
    target.unlink(missing_ok=True)
    arguments = [*_transcript(place), "-o", str(target)]
    with place.full(2048):
        if not place.attempt(place.kept, *arguments) and target.exists():
            place.done.problems.append("half a transcript was left")
    if not target.exists():
        place.use(place.kept, *arguments)
    json.loads(target.read_text("utf-8"))


def _print(place: Place) -> None:
    """Standard output that goes to a file on the full disk."""
    with place.full(1024), (place.folder / "printed").open("wb") as stream:
        place.attempt(place.kept, *_transcript(place), out=stream)


def _transcript(place: Place) -> list[str]:
    first = min(path.name for path in place.media.iterdir())
    return ["transcript", first, "--format", "json"]


def _download(place: Place) -> None:
    """A model, from the folder in which this machine has its models."""
    from heimdex.config.directories import Directories

    here = Directories.resolve().models
    models = place.folder / "models"
    shutil.rmtree(models, ignore_errors=True)
    source = {"HEIMDEX_MODELS": str(models), "HEIMDEX_MODEL_SOURCE": str(here)}
    fetch = ["models", "download", _MODEL, "--yes", "--no-tune"]
    with place.full(40_000_000):
        place.attempt(place.kept, *fetch, environment=source)
    there = {**place.environment, **source}
    heimdex(place.kept, *fetch, environment=there)
    heimdex(place.kept, "models", "verify", _MODEL, environment=there)
    shutil.rmtree(models)


def _settings(place: Place) -> None:
    """A switch that is kept in the settings' file."""
    for switch in ("off", "on"):
        with place.full(8192):
            place.attempt(place.kept, "people", switch)
    place.use(place.kept, "people", "on")


def _read_only(place: Place) -> None:
    """The whole disk cannot be written to, like a card with its switch in the wrong place."""
    with writable(place.folder, False):
        for arguments in (["index"], ["search", "coffee"], ["people", "name", "#1", "Nobody"]):
            if place.attempt(place.kept, *arguments):
                place.done.problems.append(f"{arguments[0]} said nothing of a disk it cannot write")


def _forbid(place: Place) -> None:
    """The library's folder may not be written to. Root may everywhere, so it gives that up."""
    place.kept.chmod(0o500)
    try:
        if place.attempt(place.kept, "index", program=[*_plain_rights(), *INDEXED]):
            place.done.problems.append("a library that may not be written to was indexed")
    finally:
        place.kept.chmod(0o700)


def _turn_back(place: Place) -> None:
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
        if not place.attempt(place.fresh, *arguments, program=clock):
            place.done.problems.append(f"{arguments[0]} failed with another clock")


_KINDS: dict[str, Callable[[Place], None]] = {
    "full: index": _index,
    "full: name": _name,
    "full: window": use_window,
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


def _backups(place: Place) -> set[str]:
    return {path.name for path in (place.kept / "backups").glob("*.backup")}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _plain_rights() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
