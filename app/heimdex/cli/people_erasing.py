"""`heimdex people forget`, `off` and `on`: what is kept about faces, and how it goes for good.

Erasing is the people room's work.
"""

import argparse
import sys
from typing import TYPE_CHECKING

from heimdex.cli.consent import agreed
from heimdex.cli.output import counted, note
from heimdex.cli.people_output import called
from heimdex.cli.session import opened
from heimdex.domain.errors import UserError

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.people.erasure import Forgotten


def forget_(options: argparse.Namespace) -> int:
    """Erase somebody for good, after asking."""
    with opened(options) as library:
        person = library.people.find(options.who)
        if not options.yes:
            if not sys.stdin.isatty():
                raise UserError("This cannot be undone and nobody is here to ask; say --yes.")
            faces = counted(person.track_count, "face")
            if not agreed(f"Erase {called(person)} and {faces} for good?"):
                print("Nothing was erased.")
                return 0
        done = library.people.forget(person.id)
    print(f"{called(person)} is forgotten.")
    _tell_erased(done)
    return 0


def off_(options: argparse.Namespace) -> int:
    """Recognise no faces any more, and erase those stored if that is wanted."""
    from heimdex.bootstrap import switch_faces

    with opened(options) as library:
        stored = library.people.stored_faces()
        if options.erase and not options.yes:
            if not sys.stdin.isatty():
                raise UserError("Erasing cannot be undone and nobody is here to ask; say --yes.")
            if not agreed(f"Erase {counted(stored, 'face')} and all names for good?"):
                print("Nothing was changed.")
                return 0
        switch_faces(library, on=False)
        done = library.people.erase_everything() if options.erase else None
    print("Face recognition is off.")
    if done is not None:
        print(f"{counted(done.faces, 'face')} and all names are erased.")
        _tell_erased(done)
    elif stored:
        print(f"{counted(stored, 'face')} found before are kept; --erase erases them.")
    return 0


def on_(options: argparse.Namespace) -> int:
    """Recognise faces again."""
    from heimdex.bootstrap import switch_faces

    with opened(options) as library:
        switch_faces(library, on=True)
        explain_once(library)
    print("Face recognition is on. Run `heimdex index` for the videos that were left out.")
    return 0


def explain_once(library: "Library") -> None:
    """Say what is stored about faces, and where, the first time there is anything to say it of."""
    people = library.people
    if people.enabled and not people.explained and people.stored_faces():
        note(
            "Faces: a small picture and a list of numbers of each are kept in "
            f"{library.directories.library}, with the names you give; nothing leaves this "
            "computer. "
            "`heimdex people forget` erases one person, `heimdex people off --erase` everybody."
        )
        people.mark_explained()


def _tell_erased(done: "Forgotten") -> None:
    if done.backups:
        print(f"{counted(done.backups, 'automatic backup')} that held it went as well.")
    print("Backups you made yourself are not touched; delete them if they hold it.")
    if not done.rewritten:
        note("The disk was too full to clean the database; that is done at the next start.")
