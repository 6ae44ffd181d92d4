"""Tells the catalogue that everything below one folder is now below another.

Whether the files are there is found out by the next scan; nothing is read, moved or computed here.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from heimdex.domain.errors import UserError
from heimdex.storage.database import Database
from heimdex.storage.paths import path_text


@dataclass(frozen=True, slots=True)
class Relocated:
    """How many files and added folders have a new path."""

    files: int
    folders: int


def relocate(database: Database, before: Path, after: Path) -> Relocated:
    """Rewrite the paths of all files and folders at or below `before`, in one transaction.

    Raises UserError when nothing is known there, or when a new path is taken by another file that
    the library knows.
    """
    old, new = path_text(before), path_text(after)
    if old == new:
        raise UserError("The old place and the new one are the same.")
    # Compared as text up to a separator: `/videos` must not take `/videos 2` along, and LIKE would
    # read meaning into % and _.
    below = old.rstrip(os.sep) + os.sep
    start = new.rstrip(os.sep) + os.sep
    counts: dict[str, int] = {}
    with database.write() as connection:
        for table in ("files", "folders"):
            moving = f"FROM {table} WHERE path = ?1 OR substr(path, 1, length(?2)) = ?2"
            taken = connection.execute(
                f"SELECT path FROM {table} WHERE path IN (SELECT CASE WHEN path = ?1 THEN ?3"
                f" ELSE ?4 || substr(path, length(?2) + 1) END {moving})"
                f" AND NOT (path = ?1 OR substr(path, 1, length(?2)) = ?2) LIMIT 1",
                (old, below, new, start),
            ).fetchone()
            if taken is not None:
                raise UserError(
                    f"The library already knows {taken['path']}; remove it first "
                    "(`heimdex remove`), or let `heimdex add` find what moved."
                )
            # Where one of the places lies inside the other, a row may get the path that another
            # still has: they step aside first.
            connection.execute(
                f"UPDATE {table} SET path = char(1) || path WHERE path = ?1"
                " OR substr(path, 1, length(?2)) = ?2",
                (old, below),
            )
            # On which drive they are now is asked at the next scan: it may be a copy of the old.
            counts[table] = connection.execute(
                f"UPDATE {table} SET volume = NULL, inside = NULL,"
                " path = CASE WHEN path = char(1) || ?1 THEN ?3"
                " ELSE ?4 || substr(path, length(?2) + 2) END WHERE substr(path, 1, 1) = char(1)",
                (old, below, new, start),
            ).rowcount
        if not any(counts.values()):
            raise UserError(f"The library knows nothing in {before}.")
    return Relocated(counts["files"], counts["folders"])
