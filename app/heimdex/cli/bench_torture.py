"""`heimdex bench torture`: kills the program at random moments, feeds it broken files, pulls its
drives, moves its files, contends for its library, takes its room, damages it and uses it for hours.

How is said by `torture_kills`, `_files`, `_drives`, `_moves`, `_owners`, `_room`, `_damage`,
`_window`, `_soak` and `_doors`. All of it is real. Everything happens in folders that are thrown
away.
"""

import argparse
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from heimdex.cli.output import emit
from heimdex.cli.torture_damage import damage
from heimdex.cli.torture_doors import open_doors
from heimdex.cli.torture_drives import pull
from heimdex.cli.torture_files import feed
from heimdex.cli.torture_kills import kill
from heimdex.cli.torture_moves import move
from heimdex.cli.torture_owners import contend
from heimdex.cli.torture_room import deny
from heimdex.cli.torture_running import Outcome
from heimdex.cli.torture_soak import soak
from heimdex.cli.torture_window import use
from heimdex.domain.errors import UserError
from heimdex.domain.media import MEDIA_SUFFIXES

PARTS = (
    "kills",
    "files",
    "pulls",
    "moves",
    "owners",
    "denials",
    "damages",
    "window",
    "soak",
    "doors",
)
_COMMON = ("problems", "seconds")


def define(kinds: Any, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command = kinds.add_parser(
        "torture",
        parents=[shared],
        help="kill it at random moments, feed it broken files, and look what is lost",
        description="Index the sample (or --media) while the program and its children are killed "
        "with SIGKILL at random moments, and while people are named; then index files that were "
        "broken on purpose; then pull a real drive while it is indexed and plug it in elsewhere "
        "(Linux, as root); then move and copy thousands of files; then let programs want one "
        "library at once and kill the one that has it; then take away the disk's room, also under "
        "an open window, the right to write and the clock; damage files of the library; search and "
        "change panels in a real window without a screen, also on a slow disk; let a library grow "
        "by hours of video; and count which doors days of use open: to the network, a shell, a "
        "pickle, the originals, other users. Nothing may be lost, doubled, computed twice, hang, "
        "grow without end or end without a reason. A count of 0 leaves a part out. Works on copies "
        "in folders that are thrown away. Exit code 1 when anything is wrong.",
    )
    command.add_argument("--kills", type=int, default=30, help="how many kills (30)")
    command.add_argument("--files", type=int, default=200, help="how many broken files (200)")
    command.add_argument(
        "--pulls", type=int, default=4, help="how many times a drive is pulled (4)"
    )
    command.add_argument(
        "--moves",
        type=int,
        default=2000,
        help="how many files are moved and written at once (2000)",
    )
    command.add_argument(
        "--owners", type=int, default=18, help="how many programs want one library (18)"
    )
    command.add_argument(
        "--denials",
        type=int,
        default=13,
        help="how many times room, rights or the clock are taken away (13)",
    )
    command.add_argument(
        "--damages",
        type=int,
        default=16,
        help="how many times files of the library are damaged (16)",
    )
    command.add_argument("--searches", type=int, default=200, help="searches in a window (200)")
    command.add_argument("--switches", type=int, default=40, help="changes of its panel (40)")
    command.add_argument(
        "--hours", type=float, default=0.5, help="of video that a library grows by (0.5)"
    )
    command.add_argument("--videos", type=int, default=4, help="in how many files (4)")
    command.add_argument(
        "--days",
        type=int,
        default=1,
        help="of use in which it is counted which doors are tried: network, shells, pickles, "
        "originals, the log, other people's eyes (1)",
    )
    command.add_argument("--only", choices=PARTS, action="append", help="only this part")
    command.add_argument("--media", type=Path, help="a folder of real videos to start from")
    command.add_argument(
        "--pictures", type=Path, help="a folder for pictures of the window on the full disk"
    )
    command.add_argument("--seed", type=int, default=1, help="of everything that is drawn")
    command.add_argument("--json", action="store_true", help="one JSON object")
    command.set_defaults(run=torture_)


def torture_(options: argparse.Namespace) -> int:
    """Run all parts and print what came of each."""
    if os.name == "nt":
        raise UserError("This benchmark needs the signals of Linux or macOS.")
    originals = _originals(options)
    with tempfile.TemporaryDirectory(prefix="heimdex-torture-") as name:
        folder = Path(name)
        media = folder / "originals"
        media.mkdir()
        for original in originals:
            shutil.copy2(original, media)
        chance = random.Random(options.seed)  # noqa: S311 - when to kill is no secret
        whole: dict[str, tuple[float, Callable[[], Outcome]]] = {
            "kills": (options.kills, lambda: kill(folder, media, options.kills, chance)),
            "files": (options.files, lambda: feed(folder, media, options.files, options.seed)),
            "pulls": (options.pulls, lambda: pull(folder, media, options.pulls, chance)),
            "moves": (options.moves, lambda: move(folder, options.moves, chance)),
            "owners": (options.owners, lambda: contend(folder, options.owners)),
            "denials": (
                options.denials,
                lambda: deny(folder, media, options.denials, chance, options.pictures),
            ),
            "damages": (options.damages, lambda: damage(folder, media, options.damages, chance)),
            "window": (
                options.searches + options.switches,
                lambda: use(folder, media, options.searches, options.switches),
            ),
            "soak": (
                options.hours,
                lambda: soak(folder, media, options.hours, max(1, options.videos)),
            ),
            "doors": (options.days, lambda: open_doors(folder, media, options.days, chance)),
        }
        wanted = options.only or PARTS
        chosen = {name: run for name, (count, run) in whole.items() if count and name in wanted}
        parts = {name: _timed(run) for name, run in chosen.items()}
    sound = all(part.is_sound for part in parts.values())
    if options.json:
        emit({"ok": sound} | {n: _told(parts[n]) if n in parts else None for n in PARTS})
    else:
        for part in parts.values():
            _show(part)
    return 0 if sound else 1


def _timed(run: Callable[[], Outcome]) -> Outcome:
    began = time.monotonic()
    part = run()
    part.seconds = round(time.monotonic() - began, 1)
    return part


def _told(part: Outcome) -> dict[str, Any]:
    """Its fields, what is the same in every part at the end."""
    whole = asdict(part)
    own = [name for name in whole if name not in _COMMON]
    return {name: whole[name] for name in (*own, *_COMMON)}


def _originals(options: argparse.Namespace) -> list[Path]:
    from heimdex.cli.session import directories

    folder = options.media or directories(options).resources / "sample"
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in MEDIA_SUFFIXES)
    if not found:
        raise UserError(f"There are no videos in {folder}.")
    return found


def _show(part: Outcome) -> None:
    for name, value in _told(part).items():
        if isinstance(value, dict):
            print(f"{name}:")
            for reason, count in value.items():
                print(f"  {count:5}  {reason}")
        elif isinstance(value, list):
            print(f"{name}: {len(value)}")
            for each in value[:10]:
                print(f"  {each}")
        else:
            print(f"{name}: {value}")
