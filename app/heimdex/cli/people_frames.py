"""Naming a face on a frame of a video, for `heimdex people enroll NAME --at VIDEO@SECONDS`.

Finding and knowing the faces is the people room's; which one is meant is settled here.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from heimdex.cli.output import clock
from heimdex.cli.people_output import called
from heimdex.domain.errors import UserError

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.domain.faces import Person
    from heimdex.people.frames import FrameFace

_EDGE = 1920


def name_at(library: "Library", name: str, video: str, at_ms: int, number: int | None) -> "Person":
    """Give the face that is meant on this frame to whoever has `name`, known before or new.

    `number` counts the faces from the left. Raises UserError when it is not clear which is meant.
    """
    found = library.catalogue.find_video(video)
    with tempfile.TemporaryDirectory(prefix="heimdex-") as folder:
        picture = _frame(library, video, at_ms, Path(folder))
        faces = library.people.faces_in_frame(found.id, at_ms, picture)
    faces.sort(key=lambda face: face.box[0])
    face = _meant(faces, name, number, f"{found.path.name} at {clock(at_ms)}")
    return library.people.name_in_frame(face, name)


def _meant(faces: Sequence["FrameFace"], name: str, number: int | None, where: str) -> "FrameFace":
    if not faces:
        raise UserError(f"No face was found in {where}; choose a second that shows it larger.")
    if number is not None:
        if number > len(faces):
            raise UserError(f"{where} shows {len(faces)} faces; there is no face {number}.")
        return faces[number - 1]
    if len(faces) == 1:
        return faces[0]
    theirs = [f for f in faces if f.person is not None and name.casefold() in _names(f.person)]
    strangers = [f for f in faces if f.person is None or f.person.name is None]
    for some in (theirs, strangers):
        if len(some) == 1:
            return some[0]
    shown = ", ".join(
        f"{at} {'not known' if f.person is None else called(f.person)}"
        for at, f in enumerate(faces, 1)
    )
    raise UserError(
        f"{where} shows {len(faces)} faces, from the left: {shown}. Say which one with --face."
    )


def _names(person: "Person") -> tuple[str, ...]:
    return tuple(each.casefold() for each in (person.name, *person.aliases) if each)


def _frame(library: "Library", name: str, at_ms: int, folder: Path) -> Path:
    from heimdex.media.frames import frame_at
    from heimdex.media.pictures import jpeg

    video = library.catalogue.find_video(name)
    info = library.catalogue.media_info(video.id)
    if info is None or not info.video:
        raise UserError(f"{video.path.name} has no picture, or was not looked at yet.")
    _, image = frame_at(video.path, info, at_ms, _EDGE)
    picture = folder / f"{video.path.stem}-{at_ms}.jpg"
    picture.write_bytes(jpeg(image, _EDGE, 95))
    return picture
