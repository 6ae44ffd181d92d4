"""Puts a whole library folder at another place, on this disk or another, so that one of the two
places holds all of it at every moment.

The lock is the caller's, and so is telling where the library is to be opened from now on.
"""

import errno
import os
import shutil
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path

from heimdex.domain.errors import UserError
from heimdex.storage.database import FILE_NAME

_SPARE = 4_000_000
"""Bytes that are to be free beyond the library itself: what is opened there writes at once."""


def move_library(source: Path, target: Path) -> None:
    """Move the library folder `source` to `target`, which must not exist.

    The caller holds the library's lock and has nothing open. Between disks it is copied under
    another name, checked, and named `target` when it is whole; only then the source goes. What an
    interrupted attempt left beside `target` is deleted. Raises UserError, and then the library is
    still at `source`.
    """
    copy = target.with_name(f".{target.name}.moving")
    try:
        if copy.exists():
            shutil.rmtree(copy)
        if _rename(source, target):
            return
        needed = sum(file.stat().st_size for file in source.rglob("*") if file.is_file())
        if shutil.disk_usage(target.parent).free < needed + _SPARE:
            raise UserError(
                f"The disk that holds {target.parent} has no room for the library; it needs "
                f"{(needed + _SPARE) // 1_000_000 + 1} MB."
            )
        _copy(source, copy)
        copy.rename(target)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(copy, ignore_errors=True)
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"The library cannot be moved to {target} ({reason}); it is still at {source}."
        ) from error
    # Under another name first: half a library must not be taken for one.
    gone = source.with_name(f".{source.name}.moved")
    with suppress(OSError):
        source = source.rename(gone)
    shutil.rmtree(source, ignore_errors=True)


def _rename(source: Path, target: Path) -> bool:
    """Rename within one disk; False where it must be copied."""
    try:
        source.rename(target)
    except OSError as error:
        # Windows does not rename a folder in which a file is open, as the lock is.
        if error.errno != errno.EXDEV and sys.platform != "win32":
            raise
        return False
    return True


def _copy(source: Path, target: Path) -> None:
    for folder, _, names in os.walk(source):
        there = target / Path(folder).relative_to(source)
        there.mkdir(mode=0o700)
        for name in names:
            shutil.copy2(Path(folder) / name, there / name, follow_symlinks=False)
    database = target / FILE_NAME
    if database.exists():
        with database.open("rb+") as file:
            os.fsync(file.fileno())
        connection = sqlite3.connect(f"{database.as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
        if found != "ok":
            raise OSError(errno.EIO, "the copy is not like the original")
