"""Opens the library's SQLite file and hands out connections and transactions.

What the tables mean is left to the stores beside it; what they look like, to `migrations`.
"""

import logging
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from heimdex.domain.errors import Cancelled, LibraryDamaged, UserError
from heimdex.storage import migrations
from heimdex.storage.damage import DamageMark

FILE_NAME = "library.sqlite3"
"""The database's name inside a library folder."""

_QUICK_CHECK_S = 0.5
"""How long an opening may check the file; a large one is checked whole at leisure (`upkeep`)."""
_LITTLE_ROOM = 1_000_000
"""Bytes; the file beside the log grows by 32,768, and other programs may just have made room."""
_STEPS = 20_000
"""Steps of SQLite's machine between two looks at the clock: a few milliseconds."""

_log = logging.getLogger(__name__)


Stamp = tuple[sqlite3.Connection, int, int]
"""A state of the library: what others have committed by then, and what this connection has."""


class Database:
    """One SQLite file in WAL mode; one connection a thread, one writer at a time.

    Every commit is synced (`synchronous=FULL`): a stage takes seconds to minutes to compute and a
    name is typed by a person, so neither may be lost to a power cut to save a millisecond.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._writing = threading.RLock()
        self.copying = threading.Lock()
        """Held by whoever copies the whole file or writes it anew: a copy that was begun before
        something was erased must be done, and seen, before `scrub` looks for copies."""
        self._registry = threading.Lock()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._closed = False
        self._opened = False

    @property
    def directory(self) -> Path:
        """The library folder the file is in."""
        return self.path.parent

    @classmethod
    def open(cls, path: Path, *, as_it_is: bool = False) -> Self:
        """Open or create the database at `path` and bring its schema up to date.

        A backup is written beside the file before an older one is changed. Raises LibraryTooNew
        (file untouched), LibraryDamaged, or UserError when the file cannot be opened at all.
        `as_it_is`: damage does not keep it closed as long as SQLite can open it and the schema is
        of today.
        """
        database = cls(path)
        try:
            with _explained(path):
                connection = database.read()
                todo = migrations.missing(connection, path)
                if todo or not as_it_is:
                    database.require_sound(None if todo else _QUICK_CHECK_S)
                migrations.migrate(connection, path)
        except BaseException:
            database.close()
            raise
        return database

    def read(self) -> sqlite3.Connection:
        """This thread's connection. Each statement sees the last commit; see also `snapshot`."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
        return connection

    def stamp(self) -> "Stamp":
        """Another one whenever the library may have changed, as this thread sees it; costs some
        microseconds. Those of different threads are never the same."""
        connection = self.read()
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        return connection, version, connection.total_changes

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Several reads that see one and the same state of the library."""
        connection = self.read()
        if connection.in_transaction:
            yield connection
            return
        with _explained(self.path):
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One `BEGIN IMMEDIATE … COMMIT`; any exception rolls everything back.

        Inside another `write` of the same thread it becomes a savepoint of that one, so that
        stores can be combined into one transaction by whoever calls them. Keep it short: compute
        before entering.
        """
        with self._writing, _explained(self.path):
            connection = self.read()
            # SQLite goes on writing to a file that was deleted, and all of it would be lost.
            self._require_there()
            depth = getattr(self._local, "depth", 0)
            if depth:
                begin, commit = f"SAVEPOINT level{depth}", f"RELEASE level{depth}"
                rollback = f"ROLLBACK TO level{depth}"
            else:
                begin, commit, rollback = "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"
            connection.execute(begin)
            self._local.depth = depth + 1
            try:
                yield connection
                connection.execute(commit)
            except BaseException:
                # SQLite rolls back by itself when the disk is full: then there is nothing to do.
                if connection.in_transaction:
                    connection.execute(rollback)
                    if depth:
                        connection.execute(commit)
                raise
            finally:
                self._local.depth = depth

    def require_sound(self, limit_s: float | None = None) -> bool:
        """Raise LibraryDamaged when SQLite finds a fault in the file (`PRAGMA quick_check`).

        With `limit_s` it stops looking after so long; False when it was not through by then.
        """
        deadline = None if limit_s is None else time.monotonic() + limit_s
        with self._stopping(lambda: deadline is not None and time.monotonic() > deadline):
            try:
                found = [row[0] for row in self.read().execute("PRAGMA quick_check(1)")]
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                    return False
                raise
        if found != ["ok"]:
            _log.error("quick_check of %s: %s", self.path.name, found)
            raise LibraryDamaged(_damaged(self.path))
        return True

    def verify(self, cancelled: Callable[[], bool] | None = None) -> list[str]:
        """Every fault of the whole file, in SQLite's words: structure, indexes, foreign keys.

        Raises Cancelled soon after `cancelled()` became true.
        """
        connection = self.read()
        with self._stopping(cancelled):
            try:
                found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(100)")]
                problems = [] if found == ["ok"] else found
                for row in connection.execute("PRAGMA foreign_key_check"):
                    problems.append(f"{row[0]} row {row[1]} points to a missing row of {row[2]}")
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                    raise Cancelled("Cancelled.") from error
                raise
            except sqlite3.DatabaseError as error:
                return [str(error)]
        if cancelled is not None and cancelled():
            raise Cancelled("Cancelled.")
        return problems

    @contextmanager
    def _stopping(self, wanted: Callable[[], bool] | None) -> Iterator[None]:
        """Interrupt this thread's statements once `wanted()` is true."""
        connection = self.read()
        if wanted is not None:
            connection.set_progress_handler(wanted, _STEPS)
        try:
            yield
        finally:
            connection.set_progress_handler(None, 0)

    def backup(self, target: Path) -> None:
        """Write a consistent copy to `target`, which must not exist yet."""
        if target.exists():
            raise UserError(f"{target} exists already; choose another name for the backup.")
        migrations.copy(self.read(), target)

    def close(self) -> None:
        """Close the connections of all threads. Idempotent."""
        with self._registry:
            self._closed = True
            connections = list(self._connections.values())
            self._connections.clear()
        for connection in connections:
            with suppress(sqlite3.Error):
                connection.close()

    def _connect(self) -> sqlite3.Connection:
        with self._registry:
            if self._closed:
                raise sqlite3.ProgrammingError("the library is closed")
            for thread in [t for t in self._connections if not t.is_alive()]:
                self._connections.pop(thread).close()
        if self._opened:
            # Otherwise an empty library would appear beside the one that others have open.
            self._require_there()
        _make_ready(self.path)
        connection = sqlite3.connect(
            self.path,
            isolation_level=None,  # transactions are begun by `write`, never behind its back
            timeout=15,
            check_same_thread=False,  # so that `close` may close what another thread opened
        )
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA temp_store = MEMORY")
            # Overwrites what is deleted where that costs nothing; `scrub` sees to the rest.
            connection.execute("PRAGMA secure_delete = FAST")
            connection.execute("PRAGMA mmap_size = 268435456")
        except BaseException:
            connection.close()
            raise
        with self._registry:
            self._connections[threading.current_thread()] = connection
            self._opened = True
        return connection

    def _require_there(self) -> None:
        if not self.path.exists():
            raise UserError(
                f"The library {self.path.parent} is not there any more; connect its drive or put "
                "the folder back. Until then nothing can be kept."
            )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the faults of disk and file, which are nobody's bug, into errors a person can act on."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        primary = code & 0xFF if code is not None else None
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            if path.name == FILE_NAME:  # no copy that is being looked at
                DamageMark(path.parent).set([str(error)])
            raise LibraryDamaged(_damaged(path)) from error
        if primary == sqlite3.SQLITE_FULL or (primary == sqlite3.SQLITE_IOERR and _is_full(path)):
            raise UserError(
                f"The disk that holds {path.parent} is full; free some space and try again."
            ) from error
        if primary == sqlite3.SQLITE_CANTOPEN:
            raise UserError(
                f"The library {path.parent} cannot be opened; check that the folder exists and "
                "that you may write to it."
            ) from error
        if primary == sqlite3.SQLITE_READONLY:
            raise UserError(_forbidden(path)) from error
        if primary == sqlite3.SQLITE_IOERR:
            raise UserError(
                f"The disk that holds {path.parent} reports an error; check the disk and try again."
            ) from error
        raise


def _make_ready(path: Path) -> None:
    """Create the file so that it is private from its first byte, or see that it may be written to.

    SQLite gives the files beside it the same permissions: those of a file that may only be read
    would keep the library closed when that is long mended.
    """
    if not path.exists():
        with suppress(OSError):
            path.touch(0o600)
        return
    if not os.access(path, os.W_OK):
        raise UserError(_forbidden(path))
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists() and not os.access(beside, os.W_OK):
            with suppress(OSError):
                beside.chmod(path.stat().st_mode & 0o777)


def _forbidden(path: Path) -> str:
    return (
        f"The library {path.parent} cannot be written to; change its permissions or choose "
        "another place."
    )


def _is_full(path: Path) -> bool:
    """What SQLite calls an error of the disk may be that: the file beside the log found no room."""
    try:
        return shutil.disk_usage(path.parent).free < _LITTLE_ROOM
    except OSError:
        return False


def _damaged(path: Path) -> str:
    return (
        f"The library's database {path} is damaged; `heimdex library restore` puts its newest "
        "sound backup in its place. Your videos are not affected."
    )
