"""A small file beside the vector index that says whose it is and whether opening it ended.

What follows from a bad mark is decided by `chroma`.
"""

import json
from pathlib import Path
from typing import Any

from heimdex.storage.database import Database

LAYOUT = 1
"""Raised when what `chroma` writes changes: older folders are then rebuilt."""


class IndexMark:
    """Damaged index files can end the process while they are opened; the mark remembers it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder.with_name(folder.name + ".json")

    def complaint(self, database: Database) -> str:
        """Why the folder must not be opened; "" when it may be."""
        if not self._folder.exists():
            return ""
        try:
            found = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict):
            return "nobody knows where it is from"
        if found.get("opening"):
            return "the last attempt to open it did not end"
        if {**found, "opening": True} != _content(database, opening=True):
            return "it is of another library or another version"
        return ""

    def write(self, database: Database, *, opening: bool) -> None:
        """Say that the folder is being opened, or that this ended. Raises OSError."""
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(_content(database, opening=opening)), "utf-8")
        part.replace(self._file)


def _content(database: Database, *, opening: bool) -> dict[str, Any]:
    row = database.read().execute("SELECT value FROM library WHERE key = 'id'").fetchone()
    return {"layout": LAYOUT, "library": str(row["value"]), "opening": opening}
