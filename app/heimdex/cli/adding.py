"""`heimdex add`: files and folders become a part of the library.

Looking at what is in them is `heimdex index`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from heimdex.cli.arguments import place
from heimdex.cli.output import complain, counted
from heimdex.cli.session import opened

if TYPE_CHECKING:
    from heimdex.indexing.scan import ScanReport


def define(command: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.description = (
        "Add videos, or folders with all videos in and below them. Folders are watched: "
        "new videos are found by themselves. Nothing is copied and no original is ever changed."
    )
    command.epilog = "example: heimdex add ~/Videos /media/drive/holiday.mov"
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder")
    command.add_argument(
        "--no-watch", action="store_true", help="take what is in the folders now, and no more"
    )
    command.set_defaults(run=add)


def add(options: argparse.Namespace) -> int:
    """Add the paths; one line a path that cannot be taken. Exit code 1 when one of those that
    were named could not, although the others were."""
    with opened(options) as library:
        report = library.scanner.add(options.paths, watched=not options.no_watch)
        tell_problems(report)
        print(summary(report))
    named = {place(path) for path in options.paths}
    return 1 if any(place(problem.path) in named for problem in report.problems) else 0


def tell_problems(report: "ScanReport") -> None:
    """One line on standard error for each path that could not be taken."""
    for problem in report.problems:
        complain(problem.message)


def summary(report: "ScanReport") -> str:
    """What a scan found, in one line."""
    parts = [f"{counted(len(report.added), 'new video')} added"]
    for paths, what in (
        (report.copied, "known already from another place"),
        (report.moved, "moved"),
        (report.changed, "changed"),
        (report.back, "back"),
        (report.missing, "no longer there"),
        (report.offline, "offline"),
        (report.waiting, "still being written"),
    ):
        if paths:
            parts.append(f"{_count(paths)} {what}")
    if report.unchanged:
        parts.append(f"{report.unchanged} unchanged")
    line = ", ".join(parts) + "."
    return f"{line} Run `heimdex index` next." if report.queued else line


def _count(paths: Sequence[object]) -> str:
    return str(len(paths))
