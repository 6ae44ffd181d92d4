"""Keeps copies of a library's database that thin out with age, proves each one, and restores from
one.

When it is time to make one is asked by `upkeep`; the copies that a migration makes are its own.
"""

import itertools
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from heimdex.domain.errors import HeimdexError, LibraryDamaged, UserError
from heimdex.storage import migrations
from heimdex.storage.damage import DamageMark
from heimdex.storage.database import FILE_NAME, Database

FOLDER_NAME = "backups"
DAMAGED = "damaged"
"""Part of the name that a database gets when another takes its place."""

_STEM = Path(FILE_NAME).stem
_STAMP = "%Y%m%d-%H%M%S"
_HOUR, _DAY, _WEEK, _MONTH = 3600, 86_400, 7 * 86_400, 30 * 86_400
_KEPT = ((_HOUR, 6), (_DAY, 7), (_WEEK, 4), (_MONTH, 6))
"""Of each length of time, how many of its stretches keep their newest copy."""
_FUTURE_S = 300.0
_SHARE = 4
"""All copies together may take a quarter of the disk's free space; the newest stays in any case."""
_DERIVED = ("chroma", "compact")
"""Folders that are made anew from the database."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backup:
    """One copy: its file, when it was made (Unix seconds) and its size in bytes."""

    path: Path
    made_at: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What took the database's place, and where the former one is now (None: there was none)."""

    backup: Path
    former: Path | None
    videos: int
    people: int


class Backups:
    """The copies in the folder `backups` of one library folder."""

    def __init__(self, directory: Path, now: Callable[[], float] = time.time) -> None:
        self.directory = directory
        self.folder = directory / FOLDER_NAME
        self._now = now

    def all(self) -> list[Backup]:
        """Every copy that can be restored, newest first: these and those of migrations. A copy
        from the future comes last: it was made before the clock was set right."""
        files = [*self.folder.glob(f"{_STEM}-*.backup"), *self.directory.glob(f"{_STEM}-*.backup")]
        return self._sorted(files)

    def require_database(self) -> None:
        """Raise LibraryDamaged when the database is gone or empty although there are copies of it,
        as after a power cut or a clean-up. An empty library would look as if all were lost, and
        its copies would thin out the true ones."""
        database = self.directory / FILE_NAME
        if database.exists() and (database.is_dir() or database.stat().st_size):
            return
        if self.all():
            raise LibraryDamaged(
                f"The library's database {database} is gone, but there are backups of it; `heimdex "
                "library restore` puts the newest sound one in its place. Your videos are not "
                "affected."
            )

    def is_due(self) -> bool:
        """Whether the newest copy is over an hour old and something was written since then."""
        now = self._now()
        # A copy from the future says that the clock went back, and nothing about its age.
        made = [each.made_at for each in self._rotating() if each.made_at <= now + _FUTURE_S]
        if not made:
            return True
        newest = max(made)
        return now - newest >= _HOUR and self._written_at() > newest

    def make(self, database: Database) -> Backup:
        """Make a copy, prove it by restoring it to a temporary file, and drop what is too many.

        Reads from a snapshot, so that others go on writing. Raises UserError when there is no room
        or the copy is no good; the earlier ones then stay.
        """
        with database.copying:
            try:
                return self._make(database)
            except OSError as error:
                raise UserError(
                    f"No backup can be made in {self.folder} ({error.strerror or error}); free "
                    "some space or check the permissions."
                ) from error

    def _make(self, database: Database) -> Backup:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._clear()
        self._require_room(database.path)
        now = self._now()
        stamp = datetime.fromtimestamp(now).strftime(_STAMP)
        target = self.folder / f"{_STEM}-{stamp}.backup"
        # `.new` until it is proved: what is called a backup can be relied on.
        fresh = target.with_suffix(".new")
        try:
            database.backup(fresh)
            prove(fresh)
            os.utime(fresh, (now, now))
            fresh.replace(target)
        except (HeimdexError, OSError):
            fresh.unlink(missing_ok=True)
            raise
        self.thin()
        return _backup(target)

    def thin(self) -> list[Path]:
        """Delete what `kept` does not want, and the oldest where they take too much room."""
        copies = self._rotating()
        wanted = set(kept((c.made_at for c in copies), self._now()))
        keep = [c for c in copies if c.made_at in wanted]
        room = shutil.disk_usage(self.folder).free + sum(c.bytes for c in copies)
        while len(keep) > 1 and sum(c.bytes for c in keep) > room // _SHARE:
            keep.pop()
        gone = [c.path for c in copies if c not in keep]
        for path in gone:
            path.unlink(missing_ok=True)
        return gone

    def restore(self, chosen: Path | None = None) -> Restored:
        """Put a copy in the database's place; without `chosen`, the newest that is sound.

        The caller holds the library's lock and has nothing open. The former database is kept
        beside it under another name. Raises UserError when there is no sound copy.
        """
        candidates = [chosen] if chosen is not None else [each.path for each in self.all()]
        if not candidates:
            raise UserError(
                f"There is no backup in {self.folder}; name one, or move {FILE_NAME} away to start "
                "a new library. Your videos are not affected."
            )
        reasons: list[str] = []
        for path in candidates:
            prepared = self.directory / f"{FILE_NAME}.restoring"
            try:
                videos, people = _prepare(path, prepared)
            except UserError as error:
                _remove(prepared)
                reasons.append(str(error))
                continue
            try:
                former = self._set_aside()
                prepared.replace(self.directory / FILE_NAME)
            except OSError as error:
                _remove(prepared)
                raise UserError(
                    f"The backup cannot be put in its place ({error.strerror or error}); check "
                    f"that you may write to {self.directory}."
                ) from error
            DamageMark(self.directory).clear()
            for name in _DERIVED:
                shutil.rmtree(self.directory / name, ignore_errors=True)
            return Restored(path, former, videos, people)
        raise UserError(reasons[0] if len(reasons) == 1 else "No backup is sound: " + reasons[0])

    def _rotating(self) -> list[Backup]:
        return self._sorted(self.folder.glob(f"{_STEM}-*.backup"))

    def _sorted(self, files: Iterable[Path]) -> list[Backup]:
        soon = self._now() + _FUTURE_S
        found = map(_backup, files)
        return sorted(found, key=lambda each: (each.made_at <= soon, each.made_at), reverse=True)

    def _written_at(self) -> float:
        database = self.directory / FILE_NAME
        times = [0.0]
        for path in (database, database.with_name(database.name + "-wal")):
            with suppress(OSError):
                times.append(path.stat().st_mtime)
        return max(times)

    def _clear(self) -> None:
        """Take away what an interrupted attempt left."""
        for leftover in (*self.folder.glob("*.new*"), *self.folder.glob("*.trial*")):
            leftover.unlink(missing_ok=True)

    def _require_room(self, database: Path) -> None:
        # The copy, the trial restore, and something for whoever works at the same time.
        needed = 3 * database.stat().st_size
        if shutil.disk_usage(self.folder).free < needed:
            raise UserError(
                f"The disk that holds {self.directory} has no room for a backup; it needs "
                f"{needed // 1_000_000 + 1} MB."
            )

    def _set_aside(self) -> Path | None:
        """Keep the database with its log under another name; where the disk can give a file two
        names it stays in its place as well, so that there is one at every moment."""
        database = self.directory / FILE_NAME
        stamp = datetime.fromtimestamp(self._now()).strftime(_STAMP)
        if not database.exists():
            return None
        former = database.with_name(f"{_STEM}-{DAMAGED}-{stamp}.sqlite3")
        for number in itertools.count(2):
            if not former.exists():
                break
            former = former.with_name(f"{_STEM}-{DAMAGED}-{stamp}-{number}.sqlite3")
        _fold_log(database)
        # A log that could not be folded in must not be taken for one of the restored file.
        for suffix in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                database.with_name(database.name + suffix).replace(
                    former.with_name(former.name + suffix)
                )
        try:
            former.hardlink_to(database)
        except OSError:
            database.replace(former)
        return former


def _fold_log(database: Path) -> None:
    """Write the log into the database, where it is sound enough for that."""
    try:
        connection = sqlite3.connect(database, isolation_level=None)
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
    except sqlite3.Error as error:
        _log.info("the former database keeps its log: %s", error)


def kept(made: Iterable[float], now: float) -> list[float]:
    """Which of the times of copies to keep, newest first.

    The newest copy of each of the last six hours, seven days, four weeks and six months in which
    there is one; a stretch is counted from the epoch, so that what was kept once stays the choice.
    A copy from the future is kept: the clock was wrong then, or is now.
    """
    times = sorted(set(made), reverse=True)
    wanted = {at for at in times if at > now} | set(times[:1])
    for length, count in _KEPT:
        newest: dict[int, float] = {}
        for at in times:
            newest.setdefault(int(at // length), at)
        wanted |= set(sorted(newest.values(), reverse=True)[:count])
    return sorted(wanted, reverse=True)


def prove(backup: Path) -> None:
    """Restore a copy into a temporary file beside it and look into it. Raises UserError."""
    trial = backup.with_name(backup.name + ".trial")
    try:
        _prepare(backup, trial)
    finally:
        _remove(trial)


def _prepare(backup: Path, target: Path) -> tuple[int, int]:
    """Make a database of a copy at `target`, brought up to date and checked whole; how many videos
    and named people are in it."""
    _remove(target)
    if not backup.is_file():
        raise UserError(f"There is no backup {backup}.")
    try:
        # A copy that a person made of a file in use may have its log beside it; any other is one
        # file, and reading it leaves nothing behind.
        alone = not backup.with_name(backup.name + "-wal").exists()
        access = "mode=ro&immutable=1" if alone else "mode=ro"
        source = sqlite3.connect(f"{backup.absolute().as_uri()}?{access}", uri=True)
        try:
            migrations.copy(source, target)
        finally:
            source.close()
        _bring_up_to_date(target)
        database = Database.open(target)
        try:
            faults = database.verify()
            if faults:
                raise UserError(f"The backup {backup.name} is damaged ({faults[0]}).")
            reading = database.read()
            videos = reading.execute("SELECT count(*) FROM videos").fetchone()[0]
            people = reading.execute("SELECT count(*) FROM people WHERE name IS NOT NULL")
            return int(videos), int(people.fetchone()[0])
        finally:
            database.close()
    except sqlite3.Error as error:
        raise UserError(f"The backup {backup.name} cannot be read ({error}).") from error
    except UserError as error:
        if backup.name in str(error):
            raise
        raise UserError(f"The backup {backup.name} cannot be used: {error}") from error


def _bring_up_to_date(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        migrations.migrate(connection, path, backed_up=True)
    finally:
        connection.close()


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", ".part"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _backup(path: Path) -> Backup:
    found = path.stat()
    return Backup(path, found.st_mtime, found.st_size)
