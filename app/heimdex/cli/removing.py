"""`heimdex remove`: videos and folders go out of the library and stay out; the files stay.

What that means for the catalogue is `indexing.leaving`'s affair.
"""

import argparse
from pathlib import Path

from heimdex.cli.arguments import place
from heimdex.cli.output import complain, counted, emit, note, plain
from heimdex.cli.session import opened
from heimdex.domain.errors import UserError


def define(command: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.description = (
        "Take added folders, parts of them or single videos out of the library, with everything "
        "that was found in them. A part of an added folder is left alone from now on, also when "
        "something new comes into it, until it is added by name. The files stay where they are. "
        "--erase also leaves no trace of what was found in them: the database is written anew, "
        "and the backups that Heimdex made by itself are deleted."
    )
    command.epilog = "example: heimdex remove ~/Videos/private ~/Videos/old.mp4"
    command.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a file or a folder")
    command.add_argument(
        "--missing",
        action="store_true",
        help="forget the videos that were deleted; not those whose drive is away",
    )
    command.add_argument("--list", action="store_true", help="list what is left alone, no more")
    command.add_argument(
        "--erase",
        action="store_true",
        help="leave no trace of what was found, also in what was removed before",
    )
    command.add_argument("--json", action="store_true", help="one JSON object")
    command.set_defaults(run=remove, wrong=command.error)


def remove(options: argparse.Namespace) -> int:
    """Take the paths out; one line for each that is not known. Exit code 1 when one was not."""
    if not (options.paths or options.missing or options.list or options.erase):
        options.wrong("nothing is named; give a PATH, --missing, --list, or --erase")
    from heimdex.bootstrap import erase_removed

    failed = False
    forgotten = 0
    with opened(options) as library:
        for path in map(place, options.paths):
            try:
                forgotten += len(library.leaving.leave(path))
            except UserError as error:
                complain(str(error))
                failed = True
        if options.missing:
            library.scanner.rescan()
            # Not left alone: should they come back, they are taken in again.
            lost = [file.id for file in library.catalogue.lost_files()]
            forgotten += len(library.catalogue.remove_files(lost))
        if options.erase:
            erased = erase_removed(library)
        elif forgotten:
            library.index.sync(library.database)
        folders = {folder.id: folder.path for folder in library.catalogue.folders()}
        left_out = sorted(
            str(folders[folder_id] / part)
            for folder_id, parts in library.whereabouts.left_out().items()
            for part in parts
        )
    if options.json:
        emit({"forgotten": forgotten, "left_out": left_out})
    elif options.list:
        print("\n".join(map(plain, left_out)) if left_out else "Nothing is left alone.")
    else:
        print(f"{counted(forgotten, 'video')} forgotten; the files are where they were.")
        if left_out:
            note(f"{counted(len(left_out), 'path')} left alone; see `heimdex remove --list`.")
    if options.erase and not options.json:
        note(f"No trace is left; {counted(erased.copies, 'automatic backup')} went as well.")
        if not erased.rewritten:
            note("The disk is too full to write the database anew: make room and run it again.")
    return 1 if failed else 0
