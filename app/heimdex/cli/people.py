"""`heimdex people`: who is in the videos, and what a person says about it.

Recognising and remembering is the people room's; a face is named here by VIDEO@SECONDS.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heimdex.cli.arguments import moment, positive
from heimdex.cli.output import clock, complain, counted, emit, note, seconds, table
from heimdex.cli.people_doubts import different_, suggest_
from heimdex.cli.people_erasing import explain_once, forget_, off_, on_
from heimdex.cli.people_frames import name_at
from heimdex.cli.people_output import called, document, tell
from heimdex.cli.people_photos import photos_
from heimdex.cli.session import opened
from heimdex.domain.errors import UserError
from heimdex.domain.faces import Appearance, Person, TrackRef

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

_EPILOG = """\
WHO is a name, an alias or a number as `people list` shows it.

examples:
  heimdex people list
  heimdex people name 3 "Anna"                 the same person is named in every video at once
  heimdex people enroll "Grandpa" portrait.jpg older.jpg
  heimdex people enroll "Grandpa" --at wedding.mp4@0:42
  heimdex people reject Anna holiday.mp4@1:23  that face is somebody else
  heimdex people undo
"""

_SLACK_MS = 1000
"""How far a second that a person writes may be from the face they mean."""


def define(group: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    group.description = (
        "Who is in the videos. Faces that look alike are grouped by themselves; name a "
        "group once and the person is found everywhere, in videos that are added later as well."
    )
    group.epilog = _EPILOG
    group.set_defaults(run=list_)
    actions = group.add_subparsers(title="actions", metavar="ACTION", dest="action")

    def action(name: str, run: Any, help_: str, *, json: bool = False) -> argparse.ArgumentParser:
        command = actions.add_parser(name, parents=[shared], help=help_, description=help_)
        command.set_defaults(run=run)
        if json:
            command.add_argument("--json", action="store_true", help="one JSON object a line")
        return command

    everybody = action("list", list_, "list everybody, the named ones first", json=True)
    everybody.add_argument("--all", action="store_true", help="also those who are hidden")
    _who(action("show", show, "show when somebody is on screen", json=True))
    name = _who(action("name", name_, "give somebody a name"))
    name.add_argument("name", metavar="NAME", help="a name that exists already joins the two")
    alias = _who(action("alias", alias_, "set other names, which search understands too"))
    alias.add_argument("aliases", nargs="*", metavar="NAME", help="none at all removes them")
    enroll = action("enroll", enroll_, "make somebody known by photos or by a frame of a video")
    enroll.add_argument("name", metavar="NAME")
    enroll.add_argument("photos", nargs="*", type=Path, metavar="PHOTO")
    enroll.add_argument(
        "--at",
        action="append",
        type=moment,
        default=[],
        metavar="VIDEO@SECONDS",
        help="a frame that shows the person",
    )
    enroll.add_argument(
        "--face", type=positive, metavar="N", help="which face of the frame, from the left"
    )
    photos = _who(action("photos", photos_, "look at the photos somebody was enrolled with"))
    photos.add_argument(
        "--to", type=Path, metavar="FOLDER", help="write them there, cut to the face"
    )
    photos.add_argument(
        "--remove",
        nargs="+",
        type=positive,
        default=[],
        metavar="N",
        help="take these away, counted as --to numbers them",
    )
    merge = action("merge", merge_, "two people are one")
    merge.add_argument("keep", metavar="WHO", help="who stays")
    merge.add_argument("gone", metavar="OTHER", help="who becomes a part of them")
    for command in (
        action("split", split, "these faces are somebody else, who is not known yet"),
        action("reject", reject, "these faces are not this person"),
    ):
        _who(command)
        command.add_argument(
            "faces", nargs="+", type=moment, metavar="VIDEO@SECONDS", help="a face of theirs"
        )
    move = _who(action("move", move_, "give these faces of somebody to somebody else"))
    move.add_argument("faces", nargs="+", type=moment, metavar="VIDEO@SECONDS")
    move.add_argument("--to", required=True, metavar="NAME", help="known before, or new")
    portrait = _who(action("portrait", portrait_, "show somebody by this face of theirs"))
    portrait.add_argument(
        "face", nargs="?", type=moment, metavar="VIDEO@SECONDS", help="none: the best one"
    )
    suggest = action(
        "suggest", suggest_, "ask who may be the same person, one after another", json=True
    )
    suggest.add_argument("-n", type=positive, default=20, metavar="N", help="default 20")
    different = _who(action("different", different_, "two people are not one"))
    different.add_argument("other", metavar="OTHER", help="a name, an alias or a number")
    hide = _who(action("hide", hide_, "leave somebody out of the lists and of search"))
    hide.add_argument("--off", action="store_true", help="show them again")
    action("undo", undo, "take back the last step")
    forget = _who(
        action("forget", forget_, "erase somebody for good: name, photos, faces; videos stay")
    )
    forget.add_argument("--yes", "-y", action="store_true", help="do not ask")
    off = action("off", off_, "recognise no faces from now on; search finds nobody by name then")
    off.add_argument("--erase", action="store_true", help="also erase all faces and names")
    off.add_argument("--yes", "-y", action="store_true", help="do not ask")
    action("on", on_, "recognise faces again; `heimdex index` makes up for what was left out")


def _who(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("who", metavar="WHO", help="a name, an alias or a number")
    return command


def list_(options: argparse.Namespace) -> int:
    """Print everybody."""
    with opened(options) as library:
        everything = getattr(options, "all", False)
        # Somebody unnamed whom no video shows any more is kept for what was said of them.
        everybody = [
            person
            for person in library.people.list(hidden=everything)
            if everything or person.name is not None or person.track_count
        ]
        enabled = library.people.enabled
        explain_once(library)
    if not enabled:
        note("Face recognition is switched off; `heimdex people on` switches it on.")
    if getattr(options, "json", False):
        for person in everybody:
            emit(document(person))
        return 0
    if not everybody:
        print("Nobody yet (--all shows who is hidden). Index some videos, or use people enroll.")
        return 0
    rows = [("NUMBER", "NAME", "ALSO", "FACES", "VIDEOS")]
    for person in everybody:
        hidden = "  (hidden)" if person.hidden else ""
        rows.append(
            (
                f"#{person.id}",
                (person.full_name or "–") + hidden,
                ", ".join(person.aliases),
                str(person.track_count),
                str(person.video_count),
            )
        )
    print(table(rows, right=frozenset({0, 3, 4})))
    return 0


def show(options: argparse.Namespace) -> int:
    """Print one person and when they are on screen."""
    with opened(options) as library:
        page = library.people.show(library.people.find(options.who).id)
        places = [(_path(library, a), a) for a in page.appearances]
    if options.json:
        appearances = [
            {
                "video": path,
                "start_s": seconds(a.start_ms),
                "end_s": seconds(a.end_ms),
                "similarity": round(a.similarity, 4),
            }
            for path, a in places
        ]
        emit(document(page.person) | {"photos": page.photos, "appearances": appearances})
        return 0
    person = page.person
    also = f", also {', '.join(person.aliases)}" if person.aliases else ""
    photos = f", {counted(page.photos, 'photo')}" if page.photos else ""
    print(f"#{person.id} {person.name or 'not named'}{also}{photos}")
    rows = [(f"{clock(a.start_ms)}–{clock(a.end_ms)}", path) for path, a in places]
    print(table(rows) if rows else "On screen nowhere.")
    return 0


def name_(options: argparse.Namespace) -> int:
    """Name somebody."""
    with opened(options) as library:
        person = library.people.name(library.people.find(options.who).id, options.name)
    tell(person)
    return 0


def alias_(options: argparse.Namespace) -> int:
    """Set somebody's other names."""
    with opened(options) as library:
        tell(library.people.alias(library.people.find(options.who).id, options.aliases))
    return 0


def enroll_(options: argparse.Namespace) -> int:
    """Make somebody known by photos, or by their face on a frame."""
    if not options.photos and not options.at:
        raise UserError("Give at least one photo, or --at VIDEO@SECONDS.")
    with opened(options) as library:
        done: list[str] = []
        alike: Person | None = None
        if options.photos:
            enrolment = library.people.enroll(options.name, options.photos)
            person, alike = enrolment.person, enrolment.alike
            for photo, reason in enrolment.left_out:
                complain(f"{photo.name} was left out: {reason}")
            done.append(f"{counted(len(enrolment.used), 'photo')} taken.")
        for video, at_ms in options.at:
            person = name_at(library, options.name, video, at_ms, options.face)
        if options.at:
            done.append(f"{counted(len(options.at), 'face')} named.")
        explain_once(library)
    print(" ".join(done), end=" ")
    tell(person)
    if alike is not None:
        note(
            f"{called(alike)} looks the same. If both are one: heimdex people merge "
            f"{alike.id} {person.id}; if not, say so when `heimdex people suggest` asks."
        )
    elif not person.track_count:
        note("No video shows them clearly yet; they are looked for in every new one.")
    return 0


def merge_(options: argparse.Namespace) -> int:
    """Join two people."""
    with opened(options) as library:
        people = library.people
        tell(people.merge(people.find(options.keep).id, people.find(options.gone).id))
    return 0


def split(options: argparse.Namespace) -> int:
    """Make a new person of some faces."""
    with opened(options) as library:
        person = library.people.find(options.who)
        tell(library.people.split(_faces(library, person, options.faces)))
    return 0


def reject(options: argparse.Namespace) -> int:
    """Some faces are not this person."""
    with opened(options) as library:
        person = library.people.find(options.who)
        faces = _faces(library, person, options.faces)
        library.people.reject(faces, person.id)
    print(f"{counted(len(faces), 'face')} taken from {called(person)}.")
    return 0


def move_(options: argparse.Namespace) -> int:
    """Give some faces to somebody else."""
    with opened(options) as library:
        person = library.people.find(options.who)
        tell(library.people.move(_faces(library, person, options.faces), options.to))
    return 0


def portrait_(options: argparse.Namespace) -> int:
    """Choose the face somebody is shown by."""
    with opened(options) as library:
        person = library.people.find(options.who)
        face = None if options.face is None else _faces(library, person, [options.face])[0]
        library.people.choose_portrait(person.id, face)
    print(f"{called(person)} is shown by {'the best face' if face is None else 'this face'}.")
    return 0


def hide_(options: argparse.Namespace) -> int:
    """Hide somebody, or show them again."""
    with opened(options) as library:
        person = library.people.find(options.who)
        library.people.hide(person.id, not options.off)
    print(f"{called(person)} is {'shown again' if options.off else 'hidden'}.")
    return 0


def undo(options: argparse.Namespace) -> int:
    """Take back the last step."""
    with opened(options) as library:
        label = library.people.undo()
    print("There is nothing to undo." if label is None else f"Taken back: {label}.")
    return 0


def _faces(library: "Library", person: Person, named: list[tuple[str, int]]) -> list[TrackRef]:
    """The faces of a person at these moments. `UserError` where they are not on screen."""
    faces = []
    # Also while recognition is off, when search finds nobody.
    everywhere = library.people.show(person.id).appearances
    for name, at_ms in named:
        video = library.catalogue.find_video(name)
        there = [a for a in everywhere if a.video_id == video.id]
        near = [a for a in there if a.start_ms - _SLACK_MS <= at_ms <= a.end_ms + _SLACK_MS]
        if not near:
            raise UserError(
                f"{called(person)} is not on screen in {video.path.name} at {clock(at_ms)}; see "
                f"`heimdex people show {person.id}`."
            )
        best = min(near, key=lambda a: max(a.start_ms - at_ms, at_ms - a.end_ms, 0))
        faces.append(TrackRef(video.id, best.track))
    return list(dict.fromkeys(faces))


def _path(library: "Library", appearance: Appearance) -> str:
    video = library.catalogue.video(appearance.video_id)
    return "" if video is None else str(video.path)
