"""Leaves nothing of deleted rows on the disk: neither in free pages, nor in the log, nor in copies
of the database that the program made by itself.

What is deleted is decided by whoever deletes; copies that a person made are theirs to keep.
"""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from heimdex.domain.errors import UserError
from heimdex.storage.backups import DAMAGED, FOLDER_NAME
from heimdex.storage.database import FILE_NAME, Database

_TRIES = 40
_PAUSE_S = 0.05

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What was done. `rewritten`: the whole file was written anew, so that nothing can be left in
    it. Otherwise what was deleted was only overwritten in its place, which misses what SQLite
    moved inside a page before. `copies`: how many automatic backups were removed, because they
    held what is to be gone."""

    rewritten: bool
    copies: int


@contextmanager
def overwriting(database: Database) -> Iterator[None]:
    """What this thread deletes meanwhile is overwritten with zeros, whatever it costs.

    Does nothing for a transaction that has begun already: enter it first.
    """
    connection = database.read()
    before = connection.execute("PRAGMA secure_delete").fetchone()[0]
    connection.execute("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA secure_delete = {'FAST' if before == 2 else int(before)}")


def scrub(database: Database) -> Scrubbed:
    """Write the database anew without what was deleted, empty its log, remove automatic backups.

    Not inside a transaction. Waits until a backup that is just being made is done. A library of
    some gigabytes takes a minute and needs as much free space for that time; without it the file
    stays as large as it is.
    """
    with database.copying:
        rewritten = _rewrite(database)
        _empty_log(database)
        return Scrubbed(rewritten, _remove_copies(database.directory))


def automatic_copies(directory: Path) -> list[Path]:
    """The backups that the program made by itself, also half-made ones, and databases that were
    set aside because a backup took their place."""
    stem = Path(FILE_NAME).stem
    found = [*directory.glob(f"{stem}*.backup"), *directory.glob(f"{stem}*.backup.part*")]
    found += [*directory.glob(f"{stem}-{DAMAGED}-*"), *directory.glob(f"{FILE_NAME}.restoring*")]
    found += (directory / FOLDER_NAME).glob("*")
    return sorted(path for path in found if path.is_file())


def _rewrite(database: Database) -> bool:
    try:
        database.read().execute("VACUUM")
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
        _log.warning("the database could not be written anew: %s", error)
        return False
    return True


def _empty_log(database: Database) -> None:
    connection = database.read()
    for _ in range(_TRIES):
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if not busy:
            return
        # Another thread reads just now; the log cannot be cut off under it.
        time.sleep(_PAUSE_S)
    _log.warning("the log of the database is emptied when the library is closed")


def _remove_copies(directory: Path) -> int:
    copies = automatic_copies(directory)
    for copy in copies:
        try:
            copy.unlink()
        except OSError as error:
            raise UserError(
                f"The backup {copy} still holds what was erased and cannot be deleted "
                f"({error.strerror}); delete it yourself."
            ) from error
    return len(copies)
