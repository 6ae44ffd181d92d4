"""`heimdex library`: check the library, make its index anew, copy its database.

What is compared and rebuilt is the storage room's; originals are never involved.
"""

import argparse
from pathlib import Path

from heimdex.cli.arguments import place
from heimdex.cli.output import complain, counted, emit
from heimdex.cli.session import opened
from heimdex.domain.errors import UserError


def define(group: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    group.description = "Take care of the library itself. The original videos are never touched."
    actions = group.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    verify = actions.add_parser(
        "verify",
        parents=[shared],
        help="check the database, the vector index and the pictures",
        description="Check the database, compare the vector index with it, and look for pictures "
        "that are missing. Changes nothing. Exit code 1 when something is wrong.",
    )
    verify.add_argument("--json", action="store_true", help="one JSON object")
    verify.set_defaults(run=verify_)
    rebuild = actions.add_parser(
        "rebuild",
        parents=[shared],
        help="make the vector index anew",
        description="Make the vector index anew from the database. No model runs, so this takes "
        "seconds to minutes.",
    )
    rebuild.set_defaults(run=rebuild_)
    backup = actions.add_parser(
        "backup",
        parents=[shared],
        help="copy the database",
        description="Write a consistent copy of the database: names, transcripts, vectors, all "
        "that indexing found. The index and the pictures can be made anew from the videos.",
    )
    backup.add_argument("file", type=Path, metavar="FILE", help="must not exist yet")
    backup.set_defaults(run=backup_)


def verify_(options: argparse.Namespace) -> int:
    """Check everything that can be compared."""
    from heimdex.storage import lexicon

    with opened(options) as library:
        problems = [f"database: {fault}" for fault in library.database.verify()]
        problems += [f"words: {fault}" for fault in lexicon.verify(library.database)]
        problems += [f"index: {fault}" for fault in library.index.verify(library.database)]
        videos = library.catalogue.videos()
        for video in videos:
            missing = sum(
                not library.artefacts.scene(video.id, scene.index).is_file()
                for scene in library.stages.scenes(video.id)
            ) + sum(
                not library.artefacts.face(video.id, track.index).is_file()
                for track in library.stages.tracks(video.id)
            )
            if missing:
                problems.append(f"pictures: {missing} of {video.path.name} are missing")
    if options.json:
        emit({"ok": not problems, "videos": len(videos), "problems": problems})
    elif not problems:
        print(f"The library is sound: {counted(len(videos), 'video')}.")
    if problems:
        if not options.json:
            print("\n".join(problems))
        complain(
            f"{counted(len(problems), 'problem')} found; `heimdex library rebuild` mends an index"
        )
        return 1
    return 0


def rebuild_(options: argparse.Namespace) -> int:
    """Fill the word index and the vector index again."""
    from heimdex.storage import lexicon

    with opened(options) as library:
        lexicon.reindex(library.database)
        library.index.rebuild(library.database)
        count = sum(library.vectors.count(space) for space in library.vectors.spaces())
    print(f"The index is made anew from {counted(count, 'stored vector')}.")
    return 0


def backup_(options: argparse.Namespace) -> int:
    """Copy the database."""
    target = place(options.file)
    if target.exists():
        raise UserError(f"{target} is there already; choose another name.")
    if not target.parent.is_dir():
        raise UserError(f"There is no folder {target.parent}.")
    with opened(options) as library:
        library.database.backup(target)
    print(f"The database is copied to {target}.")
    return 0
