"""A small file beside the vector index that says whose it is and whether opening it ended.

What follows from a bad mark is decided by `chroma`.
"""

import faulthandler
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from heimdex.storage.database import Database

LAYOUT = 2
"""Raised when what `chroma` writes changes: older folders are then rebuilt."""

_ATTEMPTS: Final = 3
"""So often in a row opening may not end before the files are held to be the reason."""


class IndexMark:
    """Damaged index files can end the process while they are opened; the mark remembers it.

    So does a person who ends it, or a machine that is switched off, and then nothing is damaged:
    a process that crashes leaves its stack in a second file, one that is killed does not.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder.with_name(folder.name + ".json")
        self._crash = folder.with_name(folder.name + ".crash")

    def complaint(self, database: Database) -> str:
        """Why the folder must not be opened; "" when it may be."""
        if not self._folder.exists():
            return ""
        found = self._read()
        if found is None:
            return "nobody knows where it is from"
        if self._crash.exists() and self._crash.stat().st_size:
            return "the last attempt to open it crashed"
        if _attempts(found) >= _ATTEMPTS:
            return f"{_ATTEMPTS} attempts to open it did not end"
        if {**found, "opening": 0} != _content(database, 0):
            return "it is of another library or another version"
        return ""

    @contextmanager
    def opening(self, database: Database) -> Iterator[None]:
        """Leave a mark meanwhile. An error that Python sees was survived: only the end of the
        process leaves it. Raises OSError."""
        self._write(database, _attempts(self._read()) + 1)
        try:
            # Whoever has a handler already writes somewhere else: then attempts are counted only.
            if faulthandler.is_enabled():
                yield
            else:
                with self._crash.open("wb") as trace:
                    faulthandler.enable(trace)
                    try:
                        yield
                    finally:
                        faulthandler.disable()
        finally:
            self.went_on(database)
            self._crash.unlink(missing_ok=True)

    def went_on(self, database: Database) -> None:
        """Opening it led to something: what ends the process now is not counted with what ended
        it before. Raises OSError."""
        self._write(database, 0)

    def forget(self) -> None:
        """The folder is gone."""
        self._file.unlink(missing_ok=True)
        self._crash.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any] | None:
        try:
            found = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _write(self, database: Database, attempts: int) -> None:
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(_content(database, attempts)), "utf-8")
        part.replace(self._file)


def _attempts(found: dict[str, Any] | None) -> int:
    attempts = (found or {}).get("opening")
    # A version that did not count them wrote true.
    return attempts if isinstance(attempts, int) else 0


def _content(database: Database, attempts: int) -> dict[str, Any]:
    """`opening`: attempts in a row that have not ended, 0 when the last one has."""
    row = database.read().execute("SELECT value FROM library WHERE key = 'id'").fetchone()
    return {"layout": LAYOUT, "library": str(row["value"]), "opening": attempts}
