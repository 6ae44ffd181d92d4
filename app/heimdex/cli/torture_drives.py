"""Pulls a real drive while Heimdex indexes what is on it, plugs it in elsewhere, and looks what is
lost. Linux, and only as root.

The command around it is `bench_torture`'s.
"""

import json
import random
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from heimdex.cli.output import note
from heimdex.cli.torture_kills import Inventory, inventory, timeless
from heimdex.cli.torture_running import Outcome, finish, heimdex, start
from heimdex.cli.torture_volumes import Unsupported, require_mounts

_TORN_S = 1.0
"""So long a drive that is torn out is still listed as mounted, and every read fails."""


@dataclass(kw_only=True)
class Pulled(Outcome):
    """What pulling the drive did. What `FAULTS` names must stay empty."""

    FAULTS: ClassVar[tuple[str, ...]] = ("lost", "doubled", "redone", "blamed", "problems")

    pulls: int = 0
    torn: int = 0
    """Of them: reads failed before the drive was unmounted, as when a cable is torn out."""
    interrupted: int = 0
    """Of them: something on the drive was not finished yet."""
    answered: int = 0
    """Of them: a search found something on the drive while it was away, and said that it is."""
    stages: int = 0
    """Finished before a pull; each was looked for afterwards."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    redone: list[str] = field(default_factory=list)
    blamed: list[str] = field(default_factory=list)
    """Videos that failed because their drive was gone."""
    skipped: str = ""
    """Why nothing was pulled here."""


def pull(folder: Path, media: Path, pulls: int, chance: random.Random) -> Pulled:
    """Index a drive and a folder of this computer, a library for each pull."""
    done = Pulled()
    try:
        require_mounts()
        image = _image(folder, media)
        here = folder / "here"
        here.mkdir()
        first = sorted(media.iterdir())[0]
        # The same pictures under another title, so that it is a video of its own.
        (here / f"of this computer{first.suffix}").write_bytes(first.read_bytes() + b"\0" * 8)
        note("indexing a drive once undisturbed, to compare with …")
        wanted, whole_s = _undisturbed(folder, image, here)
        for number in range(pulls):
            torn = number % 2 == 1
            note(f"pull {number + 1} of {pulls}" + (", torn out" if torn else ""))
            after_s = chance.uniform(0.1, 1.0) * whole_s
            _pull_once(folder / f"pull {number}", image, here, wanted, torn, after_s, done)
    except Unsupported as why:
        done.skipped = f"a drive is not pulled here: {why}"
    return done


def _image(folder: Path, media: Path) -> Path:
    image, point = folder / "drive.img", folder / "filling"
    size = sum(each.stat().st_size for each in media.iterdir())
    with image.open("wb") as file:
        file.truncate(size * 2 + (16 << 20))
    _run("mkfs.ext4", "-q", "-F", str(image))
    _mount(image, point)
    try:
        (point / "clips").mkdir()
        for each in media.iterdir():
            shutil.copy2(each, point / "clips")
    finally:
        _run("umount", str(point))
    return image


def _undisturbed(folder: Path, image: Path, here: Path) -> tuple[Inventory, float]:
    point, library = folder / "undisturbed", folder / "quiet"
    _mount(image, point)
    try:
        heimdex(library, "add", str(point / "clips"), str(here))
        began = time.monotonic()
        heimdex(library, "index", "--json")
        return inventory(library), time.monotonic() - began
    finally:
        _run("umount", str(point))


def _pull_once(
    folder: Path,
    image: Path,
    here: Path,
    wanted: Inventory,
    torn: bool,
    after_s: float,
    done: Pulled,
) -> None:
    folder.mkdir()
    library, first, second = folder / "library", folder / "first", folder / "second"
    own = folder / "drive.img"
    shutil.copy(image, own)
    _mount(own, first)
    heimdex(library, "add", str(first / "clips"), str(here))
    child = start(library, "index", "--json")
    time.sleep(after_s)
    if torn:
        # Behind the mount the bytes are gone: what is not in memory cannot be read any more.
        subprocess.run(["truncate", "-s", "64K", str(own)], check=True)
        (Path("/proc/sys/vm/drop_caches")).write_text("1")
        time.sleep(_TORN_S)
    _run("umount", "-l", str(first))
    first.rmdir()
    ended = finish(child)
    if ended.crash:
        done.problems.append(f"the program {ended.crash}")
    if ended.hung:
        return
    done.pulls += 1
    done.torn += torn
    before = inventory(library)
    done.stages += sum(what.startswith("time of ") for what in before)
    _look_while_away(library, before, first, wanted, done)
    # What fits into memory was cut off with the bytes: the drive is plugged in from its copy.
    shutil.copy(image, own)
    _mount(own, second)
    try:
        heimdex(library, "index", "--json", check=False)
        now = inventory(library)
        _compare(before, now, wanted, done)
        status: dict[str, Any] = json.loads(heimdex(library, "status", "--json"))
        away = [f["video"] for f in status["files"] if f["state"] != "online"]
        done.problems += [f"still away when it is back: {video}" for video in away]
    finally:
        _run("umount", str(second))


def _look_while_away(
    library: Path, before: Inventory, point: Path, wanted: Inventory, done: Pulled
) -> None:
    status: dict[str, Any] = json.loads(heimdex(library, "status", "--json"))
    done.interrupted += status["jobs"]["paused"] > 0
    for file in status["files"]:
        on_drive = Path(file["video"]).is_relative_to(point)
        if file["job"] == "failed":
            done.blamed.append(f"{file['video']}: {file['error']}")
        if on_drive != (file["state"] == "offline") and file["job"] == "paused":
            done.problems.append(f"{file['video']} is {file['state']} while its drive is away")
        if not on_drive and file["job"] != "done":
            done.problems.append(f"{file['video']} of this computer is {file['job']}")
    missing = [what for what in wanted if what.startswith("file ") and what not in before]
    done.lost += [f"{what} while the drive was away" for what in missing]
    # The look at the disk that every run begins with finds the drive gone.
    heimdex(library, "index", "--json", check=False)
    said = heimdex(library, "search", "a", "-n", "50")
    on_drive_hits = [line for line in said.splitlines() if str(point) in line]
    done.answered += bool(on_drive_hits)
    if any("not reachable now" not in line for line in on_drive_hits):
        done.problems.append("a search does not say that what it found is away")


def _compare(before: Inventory, now: Inventory, wanted: Inventory, done: Pulled) -> None:
    for what, held in before.items():
        if what not in now:
            done.lost.append(what)
        elif what.startswith("time of ") and now[what] != held:
            done.redone.append(what)
    complete, present = timeless(wanted), timeless(now)
    done.lost += [what for what in complete if what not in present and what not in done.lost]
    done.doubled += [what for what in present if what not in complete]


def _mount(image: Path, point: Path) -> None:
    point.mkdir(exist_ok=True)
    _run("mount", "-o", "loop", str(image), str(point))


def _run(*command: str) -> None:
    if shutil.which(command[0]) is None:
        raise Unsupported(f"{command[0]} is not there")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unsupported(f"{command[0]} failed: {' '.join(done.stderr.split())[:200]}")
