"""`heimdex library`: check a library, mend it, back it up, bring it back, move it.

What is compared, copied and rebuilt is the storage room's; originals are never involved.
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from heimdex.cli.arguments import place
from heimdex.cli.consent import agreed
from heimdex.cli.output import complain, counted, emit, note, plain, size, table
from heimdex.cli.session import directories, opened
from heimdex.domain.errors import EngineFailed, MediaError, UserError

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.storage.backups import Backups


def define(group: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    group.description = "Take care of the library itself. The original videos are never touched."
    group.epilog = (
        "examples: heimdex library verify; heimdex library restore --list; "
        "heimdex library relocate /media/old /media/new"
    )
    actions = group.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    verify = actions.add_parser(
        "verify",
        parents=[shared],
        help="check the database, the indexes, the pictures and the backups",
        description="Check the database, compare the indexes of words and vectors with it, look "
        "for pictures that are missing, and restore the newest backup to a temporary file. Changes "
        "nothing. Exit code 1 when something is wrong.",
    )
    verify.add_argument("--json", action="store_true", help="one JSON object")
    verify.set_defaults(run=verify_)
    rebuild = actions.add_parser(
        "rebuild",
        parents=[shared],
        help="make the indexes and lost pictures anew",
        description="Make the indexes of words and vectors anew from the database, and pictures "
        "that are missing from the videos. No model runs, so this takes seconds to minutes.",
    )
    rebuild.add_argument("--no-pictures", action="store_true", help="only the indexes")
    rebuild.set_defaults(run=rebuild_)
    backup = actions.add_parser(
        "backup",
        parents=[shared],
        help="copy the database",
        description="Write a consistent copy of the database: names, transcripts, vectors, all "
        "that indexing found. The indexes and the pictures can be made anew from it and the "
        "videos. Without FILE, one more of the copies that Heimdex keeps by itself in the "
        "library's folder `backups`; each is proved by restoring it to a temporary file.",
    )
    backup.add_argument("file", type=Path, metavar="FILE", nargs="?", help="must not exist yet")
    backup.set_defaults(run=backup_)
    restore = actions.add_parser(
        "restore",
        parents=[shared],
        help="put a backup in the database's place",
        description="Put a copy in the database's place: FILE, or the newest one that is sound. "
        "The database that was there is kept under another name. Asks before. Nothing else is "
        "lost: videos that were indexed since are found and indexed again.",
    )
    restore.add_argument("file", type=Path, metavar="FILE", nargs="?", help="a copy")
    restore.add_argument("--list", action="store_true", help="only list the copies there are")
    restore.add_argument("--yes", action="store_true", help="do not ask")
    restore.add_argument("--json", action="store_true", help="one JSON object")
    restore.set_defaults(run=restore_)
    relocate = actions.add_parser(
        "relocate",
        parents=[shared],
        help="say that videos are in another place now, or move the library itself",
        description="Say that everything below OLD is below NEW now, as when a drive has got "
        "another name: paths change, nothing is indexed again. With --move, put the library folder "
        "itself at another place, where it is opened from then on.",
    )
    relocate.add_argument("old", type=Path, metavar="OLD", nargs="?")
    relocate.add_argument("new", type=Path, metavar="NEW", nargs="?")
    relocate.add_argument("--move", type=Path, metavar="DIR", help="must not exist yet")
    relocate.set_defaults(run=relocate_)


def verify_(options: argparse.Namespace) -> int:
    """Check everything that can be compared."""
    from heimdex.indexing.redrawing import lost_pictures
    from heimdex.storage import backups, lexicon
    from heimdex.storage.soundness import damaged_vectors

    with opened(options) as library:
        # Vectors are not read out of a file that SQLite itself cannot read.
        faults = library.database.verify() or damaged_vectors(library.database)
        problems = [f"database: {fault}" for fault in faults]
        problems += [f"words: {fault}" for fault in lexicon.verify(library.database)]
        problems += [f"index: {fault}" for fault in library.index.verify(library.database)]
        videos = library.catalogue.videos()
        for video in videos:
            missing = lost_pictures(library.stages, library.artefacts, video).count
            if missing:
                problems.append(f"pictures: {missing} of {video.path.name} are missing or damaged")
        copies = library.backups.all()
        for copy in copies[:1]:
            try:
                backups.prove(copy.path)
            except UserError as error:
                problems.append(f"backup: {error}")
    if options.json:
        emit(
            {
                "ok": not problems,
                "videos": len(videos),
                "backups": len(copies),
                "problems": problems,
            }
        )
    elif not problems:
        print(
            f"The library is sound: {counted(len(videos), 'video')}, "
            f"{counted(len(copies), 'backup')}."
        )
    if problems:
        if not options.json:
            print("\n".join(map(plain, problems)))
        complain(f"{counted(len(problems), 'problem')} found; {_remedy(problems)}")
        return 1
    return 0


def rebuild_(options: argparse.Namespace) -> int:
    """Fill the word index and the vector index again, and draw what pictures are missing."""
    from heimdex.storage import lexicon

    with opened(options) as library:
        lexicon.reindex(library.database)
        library.index.rebuild(library.database)
        count = sum(library.vectors.count(space) for space in library.vectors.spaces())
        print(f"The index is made anew from {counted(count, 'stored vector')}.")
        drawn, left = (0, 0) if options.no_pictures else _redraw(library)
    if drawn:
        print(f"{counted(drawn, 'picture')} made anew from the videos.")
    if left:
        complain(
            f"{counted(left, 'picture')} still missing: their videos cannot be reached or read now"
        )
        return 1
    return 0


def backup_(options: argparse.Namespace) -> int:
    """Copy the database."""
    if options.file is None:
        with opened(options) as library:
            made = library.backups.make(library.database)
        print(f"The database is copied to {made.path} ({size(made.bytes)}) and the copy is sound.")
        return 0
    target = place(options.file)
    if target.exists():
        raise UserError(f"{target} is there already; choose another name.")
    if not target.parent.is_dir():
        raise UserError(f"There is no folder {target.parent}.")
    with opened(options) as library:
        library.database.backup(target)
    print(f"The database is copied to {target}.")
    return 0


def restore_(options: argparse.Namespace) -> int:
    """Put a copy in the database's place. The library is not opened: it may be too damaged."""
    from heimdex.storage.backups import Backups
    from heimdex.storage.lock import LibraryLock

    where = directories(options)
    where.prepare()
    backups = Backups(where.library)
    if options.list:
        _show(backups, options.json)
        return 0
    chosen = place(options.file) if options.file is not None else None
    with LibraryLock(where.library):
        if not options.yes and not _may_replace(backups, chosen):
            print("Nothing was changed.")
            return 0
        done = backups.restore(chosen)
    with opened(options) as library:
        # Dropped with the former database: it may have known other vectors.
        library.index.rebuild(library.database)
    if options.json:
        emit(
            {
                "backup": str(done.backup),
                "former": None if done.former is None else str(done.former),
                "videos": done.videos,
                "people": done.people,
            }
        )
        return 0
    print(
        f"The library is as it was in {done.backup.name}: {counted(done.videos, 'video')}, "
        f"{counted(done.people, 'named person', 'named people')}."
    )
    if done.former is not None:
        note(
            f"The former database is kept as {done.former}; delete it when all is well. "
            "Run `heimdex index` to catch up."
        )
    return 0


def _may_replace(backups: "Backups", chosen: Path | None) -> bool:
    """Whether a copy may take the database's place; asked only where there is one."""
    from heimdex.storage.database import FILE_NAME

    copies = backups.all()
    if not (backups.directory / FILE_NAME).exists() or not (chosen or copies):
        return True
    if not sys.stdin.isatty():
        raise UserError(
            "A backup would take the database's place and nobody is here to ask; say --yes."
        )
    if chosen is not None:
        what = chosen.name
    else:
        made = datetime.fromtimestamp(copies[0].made_at).strftime("%Y-%m-%d %H:%M")
        what = f"the newest sound backup (the newest is of {made})"
    return agreed(
        f"Put {what} in the database's place? Names given since then are no longer there; the "
        "database of now is kept beside it."
    )


def relocate_(options: argparse.Namespace) -> int:
    """Change paths in the catalogue, or move the library folder."""
    if options.move is not None:
        if options.old is not None:
            raise UserError("Give either OLD and NEW or --move, not both.")
        return _move(options)
    if options.old is None or options.new is None:
        raise UserError("Say from where to where: heimdex library relocate OLD NEW.")
    from heimdex.storage.relocation import relocate

    old, new = place(options.old), place(options.new)
    if not new.exists():
        raise UserError(f"There is nothing at {new}; is the drive connected?")
    with opened(options) as library:
        done = relocate(library.database, old, new)
        # Says of each file whether it is really there; what stayed the same is not read.
        report = library.scanner.rescan()
    print(
        f"{counted(done.files, 'file')} and {counted(done.folders, 'folder')} are now at {new}; "
        f"{counted(report.queued, 'video')} to index."
    )
    return 0


def _move(options: argparse.Namespace) -> int:
    from heimdex.config.directories import keep_place
    from heimdex.storage.lock import LibraryLock
    from heimdex.storage.moving import move_library

    where = directories(options)
    source, target = where.library, place(options.move)
    if target.exists():
        raise UserError(f"{target} is there already; choose another name.")
    if not target.parent.is_dir():
        raise UserError(f"There is no folder {target.parent}.")
    if target.is_relative_to(source):
        raise UserError("A library cannot be moved into itself.")
    with opened(options):
        pass  # sound, up to date, and its log written into the database
    kept = options.library is None
    with LibraryLock(source):
        if kept:
            keep_place(where.home, target)
        try:
            move_library(source, target)
        except UserError:
            if kept:
                keep_place(where.home, source)
            raise
    target.chmod(0o700)
    if kept:
        print(f"The library is now at {target}, and Heimdex opens it there.")
    else:
        print(f"The library is now at {target}; open it with `heimdex --library {target}`.")
    return 0


def _redraw(library: "Library") -> tuple[int, int]:
    """How many pictures were made anew, and how many are still missing."""
    from heimdex.indexing.redrawing import lost_pictures

    drawn = left = 0
    for video in library.catalogue.videos():
        try:
            drawn += library.redrawing.redraw(video)
        except (MediaError, EngineFailed) as error:
            note(str(error))
        left += lost_pictures(library.stages, library.artefacts, video).count
    return drawn, left


def _remedy(problems: list[str]) -> str:
    if any(problem.startswith("database:") for problem in problems):
        return "`heimdex library restore` puts the newest sound backup in the database's place"
    if all(problem.startswith("backup:") for problem in problems):
        return "`heimdex library backup` makes a new one"
    return "`heimdex library rebuild` mends indexes and pictures"


def _show(backups: "Backups", json: bool) -> None:
    copies = backups.all()
    if json:
        emit(
            {
                "backups": [
                    {"path": str(c.path), "made_at": int(c.made_at), "bytes": c.bytes}
                    for c in copies
                ]
            }
        )
        return
    if not copies:
        print(f"There is no backup in {backups.folder} yet.")
        return
    rows = [("MADE", "SIZE", "FILE")]
    for copy in copies:
        made = datetime.fromtimestamp(copy.made_at).strftime("%Y-%m-%d %H:%M")
        rows.append((made, size(copy.bytes), str(copy.path)))
    print(table(rows, right=frozenset({1})))
