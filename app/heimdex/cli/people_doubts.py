"""`heimdex people suggest` and `different`: who may be the same person, and what is said to that.

Finding them is the people room's work.
"""

import argparse
import sys
from typing import TYPE_CHECKING

from heimdex.cli.consent import NO, YES, answer
from heimdex.cli.output import counted, emit
from heimdex.cli.people_output import called, document
from heimdex.cli.session import opened

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.people.suggesting import Suggestion


def suggest_(options: argparse.Namespace) -> int:
    """Ask who may be the same person; only list it where nobody can answer."""
    with opened(options) as library:
        people = library.people
        found = people.suggestions(options.n)
        if options.json or not sys.stdin.isatty():
            for each in found:
                _show(library, each, json=options.json)
            if not found and not options.json:
                print("Nobody is in doubt.")
            return 0
        answered = 0
        for each in found:
            _show(library, each)
            said = answer("Is this the same person? [y]es, [n]o, [s]kip, [q]uit: ")
            if said in {"q", "quit", "ㅂ"}:
                break
            if said in YES:
                people.answer(each, same=True)
            elif said in NO:
                people.answer(each, same=False)
            else:
                continue
            answered += 1
    print(f"{counted(answered, 'answer')} kept; `heimdex people undo` takes the last one back.")
    return 0


def different_(options: argparse.Namespace) -> int:
    """Keep that two are not one person."""
    with opened(options) as library:
        person, other = library.people.find(options.who), library.people.find(options.other)
        library.people.keep_apart(person.id, other.id)
    print(f"{called(other)} is not {called(person)}, and will not be taken for them.")
    return 0


def _show(library: "Library", found: "Suggestion", *, json: bool = False) -> None:
    person = library.people.show(found.person_id).person
    first = found.tracks[0]
    video = library.catalogue.video(first.video_id)
    pictures = [str(library.artefacts.face(r.video_id, r.index)) for r in found.tracks]
    portrait = person.portrait
    known = None if portrait is None else library.artefacts.face(portrait.video_id, portrait.index)
    path = "" if video is None else str(video.path)
    if json:
        emit(
            {
                "person": document(person),
                "person_picture": None if known is None else str(known),
                "other": found.group,
                "faces": len(found.tracks),
                "video": path,
                "pictures": pictures,
                "likeness": round(found.likeness, 4),
            }
        )
        return
    group = None if found.group is None else library.people.show(found.group).person
    who = "a face that is nobody's" if group is None else called(group)
    times = counted(len(found.tracks), "time")
    print(f"{called(person)} and {who} ({times}, {path}): alike by {found.likeness:.2f}")
    print(f"    {known or 'no picture'}\n    {pictures[0]}")
