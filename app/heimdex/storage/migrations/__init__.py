"""Brings a library's schema from the version it has to the one this program needs.

Each migration is a numbered module with a `NAME` and an `upgrade(connection)`; it is never edited
once released. What the tables are for is said in the migration that makes them.
"""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from heimdex.domain.errors import LibraryTooNew, UserError
from heimdex.storage.migrations import (
    m0001_first_light,
    m0002_people_by_time,
    m0003_screen_text,
    m0004_searches,
    m0005_learned_words,
    m0006_moving_files,
    m0007_dates_in_names,
)

KEPT_BACKUPS = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Migration:
    """`upgrade` runs inside a transaction and leads from version `number - 1` to `number`."""

    number: int
    name: str
    upgrade: Callable[[sqlite3.Connection], None]


ALL: tuple[Migration, ...] = (
    Migration(1, m0001_first_light.NAME, m0001_first_light.upgrade),
    Migration(2, m0002_people_by_time.NAME, m0002_people_by_time.upgrade),
    Migration(3, m0003_screen_text.NAME, m0003_screen_text.upgrade),
    Migration(4, m0004_searches.NAME, m0004_searches.upgrade),
    Migration(5, m0005_learned_words.NAME, m0005_learned_words.upgrade),
    Migration(6, m0006_moving_files.NAME, m0006_moving_files.upgrade),
    Migration(7, m0007_dates_in_names.NAME, m0007_dates_in_names.upgrade),
)


def missing(
    connection: sqlite3.Connection, path: Path, known: Sequence[Migration] = ALL
) -> list[Migration]:
    """The migrations the file at `path` has not seen. Raises LibraryTooNew when it has seen more
    than this program knows."""
    version = _version(connection)
    if version > known[-1].number:
        raise LibraryTooNew(
            f"The library {path.parent} was written by a newer Heimdex; update Heimdex to open it."
        )
    return [migration for migration in known if migration.number > version]


def migrate(
    connection: sqlite3.Connection,
    path: Path,
    known: Sequence[Migration] = ALL,
    *,
    backed_up: bool = False,
) -> list[str]:
    """Run what is missing, each migration in its own transaction; returns the names of those run.

    `PRAGMA user_version` is the truth about where a file stands; the table `migrations` records
    when each was run. A copy is made first unless the file is `backed_up` (is one itself). Raises
    LibraryTooNew, or UserError when the backup cannot be written.
    """
    todo = missing(connection, path, known)
    version = _version(connection)
    if version and todo and not backed_up:
        _back_up(connection, path, version)
    for migration in todo:
        _run(connection, migration)
    return [migration.name for migration in todo]


def copy(connection: sqlite3.Connection, target: Path) -> None:
    """Write a consistent copy of the open database to `target`. Raises UserError."""
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        # As private as what is copied, wherever the copy lies.
        part.touch(0o600)
        copied = sqlite3.connect(part)
        try:
            connection.backup(copied)
            # One file by itself, which can be read without writing beside it.
            copied.execute("PRAGMA journal_mode = DELETE")
        finally:
            copied.close()
        part.replace(target)
    except (OSError, sqlite3.OperationalError) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"The backup {target} cannot be written ({reason}); free some space or check the "
            "permissions."
        ) from error


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> None:
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.stem}-v{version}-{stamp}.backup")
    # What an interrupted attempt left is as large as the library, and nobody would miss it.
    for left in path.parent.glob(f"{path.stem}-v*.backup.part*"):
        left.unlink()
    copy(connection, target)
    _log.info("backed up schema version %d to %s", version, target.name)
    # A library takes gigabytes: the newest few are enough to go back.
    for old in sorted(path.parent.glob(f"{path.stem}-v*.backup"), key=_age)[:-KEPT_BACKUPS]:
        old.unlink()


def _age(file: Path) -> float:
    return file.stat().st_mtime


def _run(connection: sqlite3.Connection, migration: Migration) -> None:
    # Rebuilding a table that others refer to needs the constraints off, and that can only be
    # switched outside a transaction; foreign_key_check makes up for it before the commit.
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        connection.execute("BEGIN EXCLUSIVE")
        try:
            migration.upgrade(connection)
            connection.execute(
                "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY,"
                " name TEXT NOT NULL, run_at INTEGER NOT NULL) STRICT"
            )
            connection.execute(
                "INSERT INTO migrations VALUES (?, ?, CAST(strftime('%s') AS INTEGER))",
                (migration.number, migration.name),
            )
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise sqlite3.IntegrityError(
                    f"migration {migration.name} breaks {len(broken)} references"
                )
            connection.execute(f"PRAGMA user_version = {migration.number:d}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    finally:
        connection.execute("PRAGMA foreign_keys = ON")
    _log.info("schema is now at version %d (%s)", migration.number, migration.name)
