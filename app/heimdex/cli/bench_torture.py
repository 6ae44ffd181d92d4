"""`heimdex bench torture`: kills the program at random moments, feeds it broken files, pulls its
drives and moves its files, for real.

How is said by `torture_kills`, `_files`, `_drives` and `_moves`. Everything happens in folders that
are thrown away.
"""

import argparse
import os
import random
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from heimdex.cli.output import emit
from heimdex.cli.torture_drives import Pulled, pull
from heimdex.cli.torture_files import Fed, feed
from heimdex.cli.torture_kills import Killed, kill
from heimdex.cli.torture_moves import Moved, move
from heimdex.domain.errors import UserError
from heimdex.domain.media import MEDIA_SUFFIXES


def define(kinds: Any, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command = kinds.add_parser(
        "torture",
        parents=[shared],
        help="kill it at random moments, feed it broken files, and look what is lost",
        description="Index the sample (or --media) while the program and its children are killed "
        "with SIGKILL at random moments, and while people are named; then index files that were "
        "broken on purpose; then pull a real drive while it is indexed and plug it in elsewhere "
        "(Linux, as root); then move and copy thousands of files. Nothing may be lost, doubled, "
        "computed twice, hang or end without a reason. Works on copies in folders that are thrown "
        "away. Exit code 1 when anything is wrong.",
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
    command.add_argument("--media", type=Path, help="a folder of real videos to start from")
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
        parts: dict[str, Killed | Fed | Pulled | Moved] = {}
        if options.kills:
            parts["kills"] = kill(folder, media, options.kills, chance)
        if options.files:
            parts["files"] = feed(folder, media, options.files, options.seed)
        if options.pulls:
            parts["pulls"] = pull(folder, media, options.pulls, chance)
        if options.moves:
            parts["moves"] = move(folder, options.moves, chance)
    sound = not any(_faults(part) for part in parts.values())
    if options.json:
        names = ("kills", "files", "pulls", "moves")
        emit({"ok": sound} | {n: asdict(parts[n]) if n in parts else None for n in names})
    else:
        for part in parts.values():
            _show(part)
    return 0 if sound else 1


def _originals(options: argparse.Namespace) -> list[Path]:
    from heimdex.cli.session import directories

    folder = options.media or directories(options).resources / "sample"
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in MEDIA_SUFFIXES)
    if not found:
        raise UserError(f"There are no videos in {folder}.")
    return found


def _faults(part: Killed | Fed | Pulled | Moved) -> bool:
    if isinstance(part, Killed):
        return bool(part.lost or part.doubled or part.redone or part.problems)
    if isinstance(part, Fed):
        return bool(part.changed or part.unclear or part.problems or part.left)
    return not part.is_sound


def _show(part: Killed | Fed | Pulled | Moved) -> None:
    for name, value in asdict(part).items():
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
