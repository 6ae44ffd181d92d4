"""`heimdex bench torture`: kills the program at random moments and feeds it broken files, for real.

How is said by `torture_kills` and `torture_files`. Everything happens in folders that are thrown
away.
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
from heimdex.cli.torture_files import Fed, feed
from heimdex.cli.torture_kills import Killed, kill
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
        "broken on purpose. Nothing may be lost, doubled, computed twice, hang or end without a "
        "reason. Works on copies in folders that are thrown away. Exit code 1 when anything is "
        "wrong.",
    )
    command.add_argument("--kills", type=int, default=30, help="how many kills (30)")
    command.add_argument("--files", type=int, default=200, help="how many broken files (200)")
    command.add_argument("--media", type=Path, help="a folder of real videos to start from")
    command.add_argument("--seed", type=int, default=1, help="of everything that is drawn")
    command.add_argument("--json", action="store_true", help="one JSON object")
    command.set_defaults(run=torture_)


def torture_(options: argparse.Namespace) -> int:
    """Run both and print what came of it."""
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
        killed = kill(folder, media, options.kills, chance) if options.kills else None
        fed = feed(folder, media, options.files, options.seed) if options.files else None
    sound = (killed is None or not _faults(killed)) and (fed is None or not _faults(fed))
    if options.json:
        emit(
            {
                "ok": sound,
                "kills": None if killed is None else asdict(killed),
                "files": None if fed is None else asdict(fed),
            }
        )
    else:
        for part in (killed, fed):
            if part is not None:
                _show(part)
    return 0 if sound else 1


def _originals(options: argparse.Namespace) -> list[Path]:
    from heimdex.cli.session import directories

    folder = options.media or directories(options).resources / "sample"
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in MEDIA_SUFFIXES)
    if not found:
        raise UserError(f"There are no videos in {folder}.")
    return found


def _faults(part: Killed | Fed) -> bool:
    if isinstance(part, Killed):
        return bool(part.lost or part.doubled or part.redone or part.problems)
    return bool(part.changed or part.unclear or part.problems or part.left)


def _show(part: Killed | Fed) -> None:
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
