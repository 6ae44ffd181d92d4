"""`heimdex people photos`: the photos somebody was enrolled with, looked at and taken away.

What a photo means for whom it made known is the people room's work.
"""

import argparse
from pathlib import Path

from heimdex.cli.output import counted
from heimdex.cli.people_output import called
from heimdex.cli.session import opened
from heimdex.domain.errors import UserError

_PNG = b"\x89PNG"


def photos_(options: argparse.Namespace) -> int:
    """List somebody's photos, write them to a folder, or take some away."""
    with opened(options) as library:
        people = library.people
        person = people.find(options.who)
        photos = people.photos(person.id)
        wrong = [number for number in options.remove if number > len(photos)]
        if wrong:
            raise UserError(
                f"{called(person)} has no photo {wrong[0]}, but {counted(len(photos), 'photo')}."
            )
        if options.to is not None:
            for number, photo in enumerate(photos, 1):
                print(_written(options.to, f"{person.id}-{number}", photo.crop))
        if options.remove:
            people.remove_photos(person.id, {photos[number - 1].id for number in options.remove})
            photos = people.photos(person.id)
    print(f"{called(person)} is known by {counted(len(photos), 'photo')}.")
    return 0


def _written(folder: Path, stem: str, crop: bytes) -> Path:
    """The file that a photo was written to. Raises UserError where that cannot be."""
    path = folder / (stem + (".png" if crop.startswith(_PNG) else ".jpg"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(crop)
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}).") from error
    return path
