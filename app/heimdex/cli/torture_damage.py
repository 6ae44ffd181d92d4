"""Damages the files of a library for real, and looks whether it is found, told and mended.

What is checked and how it is mended are the library's own commands; `bench_torture` is around it.
"""

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from heimdex.cli.output import note
from heimdex.cli.torture_kills import Inventory, inventory, timeless
from heimdex.cli.torture_running import Outcome, heimdex, indexed, run
from heimdex.storage.backups import FOLDER_NAME
from heimdex.storage.database import FILE_NAME

_PAGE = 4096
_NAME = "누군가"
_FOUND_BY = "a woman in orange"


@dataclass(kw_only=True)
class Damaged(Outcome):
    """What became of the damage. What `FAULTS` names must stay empty."""

    FAULTS: ClassVar[tuple[str, ...]] = ("unnoticed", "lost", "problems")

    tried: dict[str, int] = field(default_factory=dict)
    noticed: dict[str, int] = field(default_factory=dict)
    """How often the check told it, or the library did not open and said so."""
    harmless: dict[str, int] = field(default_factory=dict)
    """How often nothing was told and everything was there: what is damaged was in no use, or had
    been made anew before anybody looked."""
    unnoticed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def damage(folder: Path, media: Path, count: int, chance: random.Random) -> Damaged:
    """Damage a library `count` times in turn, each time in another copy of it."""
    done = Damaged()
    whole = folder / "whole"
    shutil.copytree(indexed(folder, media), whole)
    heimdex(whole, "people", "name", "#1", _NAME)
    heimdex(whole, "library", "backup")
    wanted = _contents(whole)
    library = folder / "damaged"
    for number in range(count):
        kind = list(_KINDS)[number % len(_KINDS)]
        note(f"damage {number + 1} of {count}: {kind}")
        done.tried[kind] = done.tried.get(kind, 0) + 1
        shutil.rmtree(library, ignore_errors=True)
        shutil.copytree(whole, library)
        _KINDS[kind](library, chance)
        _mend(library, kind, wanted, done)
    return done


def _mend(library: Path, kind: str, wanted: "_Contents", done: Damaged) -> None:
    """Do what the program says until the check is content; then everything must be there."""
    code, told, said = _verify(library, done)
    noticed = code != 0
    if not noticed and _contents(library) == wanted:
        done.harmless[kind] = done.harmless.get(kind, 0) + 1
        return
    if not noticed:
        done.unnoticed.append(kind)
        return
    done.noticed[kind] = done.noticed.get(kind, 0) + 1
    for command, asked in (("restore", "library restore"), ("rebuild", ""), ("backup", "backup:")):
        if asked in said or any(asked in problem for problem in told):
            arguments = ["library", command, *(["--yes"] if command == "restore" else [])]
            heimdex(library, *arguments, check=False)
    heimdex(library, "index", "--json", check=False)
    code, told, said = _verify(library, done)
    if code:
        done.problems.append(f"{kind}: still {'; '.join(told) or said}")
        return
    now = _contents(library)
    if now != wanted:
        done.lost += [
            f"{kind}: {what}" for what in wanted.inventory if what not in now.inventory
        ] or [f"{kind}: {now.hits} hits, {now.names} names"]


@dataclass
class _Contents:
    inventory: Inventory
    names: list[str]
    hits: int


def _contents(library: Path) -> _Contents:
    listed = heimdex(library, "people", "list", "--json", check=False)
    people = [json.loads(line) for line in listed.splitlines()]
    answer = heimdex(library, "search", _FOUND_BY, "--json", check=False)
    hits = json.loads(answer.splitlines()[-1])["hits"] if answer else []
    names = [str(each["name"]) for each in people if each.get("name")]
    return _Contents(timeless(inventory(library)), names, len(hits))


def _verify(library: Path, done: Damaged) -> tuple[int, list[str], str]:
    """Exit code, problems and what was said by `library verify`."""
    ended = run(library, "library", "verify", "--json")
    if ended.crash:
        done.problems.append(f"verify {ended.crash}")
    told = json.loads(ended.out.splitlines()[-1])["problems"] if ended.out else []
    return ended.code, told, ended.said


def _overwrite(path: Path, chance: random.Random, size: int, times: int, begin: int = 0) -> None:
    """Random bytes at random places."""
    length = path.stat().st_size
    with path.open("r+b") as stream:
        for _ in range(times):
            stream.seek(chance.randrange(min(begin, length - 1), length))
            stream.write(chance.randbytes(min(size, length - stream.tell())))


def _pages(library: Path, chance: random.Random) -> None:
    _overwrite(library / FILE_NAME, chance, _PAGE, chance.choice([1, 3, 20]), _PAGE)


def _head(library: Path, chance: random.Random) -> None:
    with (library / FILE_NAME).open("r+b") as stream:
        stream.write(chance.randbytes(100))


def _cut(library: Path, chance: random.Random) -> None:
    path = library / FILE_NAME
    with path.open("r+b") as stream:
        stream.truncate(chance.randrange(path.stat().st_size))


def _index_files(library: Path, chance: random.Random) -> None:
    files = [path for path in sorted((library / "chroma").rglob("*")) if path.is_file()]
    path = chance.choice(files)
    if chance.random() < 0.4:
        path.unlink()
    elif path.stat().st_size:
        _overwrite(path, chance, _PAGE, 4)


def _index_gone(library: Path, chance: random.Random) -> None:
    for path in list((library / "chroma").iterdir()):
        if chance.random() < 0.7:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _copies(library: Path, chance: random.Random) -> None:
    for path in sorted((library / "compact").rglob("*")):
        if path.is_file() and path.stat().st_size and chance.random() < 0.7:
            _overwrite(path, chance, 512, 4)


def _pictures(library: Path, chance: random.Random) -> None:
    files = sorted((library / "artefacts").rglob("*.jpg"))
    for path in chance.sample(files, min(3, len(files))):
        match chance.randrange(3):
            case 0:
                path.unlink()
            case 1:
                path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])
            case _:
                path.write_bytes(chance.randbytes(2000))


def _backup(library: Path, chance: random.Random) -> None:
    for path in (library / FOLDER_NAME).glob("*.backup"):
        _overwrite(path, chance, _PAGE, 20)


_KINDS: dict[str, Callable[[Path, random.Random], None]] = {
    "pages of the database": _pages,
    "files of the vector index": _index_files,
    "pictures": _pictures,
    "the database cut off": _cut,
    "copies of vectors": _copies,
    "the backup": _backup,
    "the head of the database": _head,
    "parts of the vector index gone": _index_gone,
}
