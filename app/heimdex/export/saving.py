"""Puts a text into a file of the person's, whole or not at all.

What the text says is left to the modules beside this one.
"""

import errno
import os
from pathlib import Path

from heimdex.domain.errors import UserError

_LONGEST_STEM = 40
"""Characters: a file that is just being written needs a name that fits everywhere."""


def save(path: Path, text: str, *, replace: bool) -> None:
    """Write `text` as UTF-8 under another name, and give it the name `path` when it is whole.

    With `replace` it takes the place of a file that is there; otherwise that is a UserError, as is
    every failure. Then an earlier file is still there, and no half of the new one, even where the
    program is killed meanwhile.
    """
    part = path.with_name(f"{path.stem[:_LONGEST_STEM]}.{os.getpid()}.part")
    try:
        try:
            part.write_text(text, encoding="utf-8")
            if replace:
                part.replace(path)
            else:
                _name_anew(part, path)
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError:
        raise UserError(f"{path} is there already; choose another name.") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"The disk that holds {path.parent} is full; free some space and try again."
            ) from error
        raise UserError(f"{path} cannot be written ({error.strerror}).") from error


def _name_anew(part: Path, path: Path) -> None:
    """Raises FileExistsError where the name is taken, also by who took it just now."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:
        # A disk without second names for one file (FAT) cannot be asked both at once.
        if os.path.lexists(path):
            raise FileExistsError from None
        part.replace(path)
