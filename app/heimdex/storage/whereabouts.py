"""Keeps on which drive added folders and single files are, what is left out of a folder, and moves
folders when their drive is mounted elsewhere.

Recognising a drive is left to the indexing room; a move that a person orders is `relocation`'s.
"""

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from heimdex.domain.errors import UserError
from heimdex.domain.ids import FileId, FolderId
from heimdex.domain.media import Place
from heimdex.storage.database import Database
from heimdex.storage.paths import part_text, path_text, text_part

_ASIDE = "\x01"
"""No path begins with it: rows that move step aside first, because they may exchange places."""


class Whereabouts:
    """Places of folders and of files that belong to none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_folders(self) -> dict[FolderId, Place]:
        """Where each folder was on its drive when it was last seen, as far as that is known."""
        rows = self._database.read().execute(
            "SELECT id, volume, inside FROM folders WHERE volume IS NOT NULL"
        )
        return {FolderId(row["id"]): _place(row) for row in rows}

    def of_loose_files(self) -> dict[FileId, Place]:
        """The same of files that belong to no folder."""
        rows = self._database.read().execute(
            "SELECT id, volume, inside FROM files WHERE volume IS NOT NULL AND folder_id IS NULL"
        )
        return {FileId(row["id"]): _place(row) for row in rows}

    def note_folder(self, folder_id: FolderId, place: Place | None) -> None:
        """Remember where a folder is; None when its drive has no identity."""
        self._note("folders", folder_id, place)

    def note_files(self, places: Mapping[FileId, Place]) -> None:
        """Remember where single files are."""
        with self._database.write():
            for file_id, place in places.items():
                self._note("files", file_id, place)

    def move_folders(self, moves: Mapping[FolderId, Path]) -> None:
        """Give folders new paths, and all their files with them, in one transaction; folders may
        exchange places. What the library knows of the same bytes at a new path gives way.

        Raises UserError, and changes nothing, when another folder, or another video, has a path.
        """
        with self._database.write() as connection:
            before = {
                folder_id: str(row["path"])
                for folder_id in moves
                if (row := _folder(connection, folder_id)) is not None
            }
            for folder_id, old in before.items():
                connection.execute(
                    "UPDATE folders SET path = ? || path WHERE id = ?", (_ASIDE, folder_id)
                )
                # A file that was moved out of the folder by name stays where it is.
                below = old.rstrip(os.sep) + os.sep
                connection.execute(
                    "UPDATE files SET path = ?1 || path WHERE folder_id = ?2"
                    " AND substr(path, 1, length(?3)) = ?3",
                    (_ASIDE, folder_id, below),
                )
            for folder_id, old in before.items():
                _bring(connection, folder_id, old, path_text(moves[folder_id]))

    # What is left out

    def left_out(self) -> dict[FolderId, frozenset[str]]:
        """What a person wants to be left alone in each folder, as paths relative to it."""
        found: dict[FolderId, set[str]] = {}
        for row in self._database.read().execute("SELECT folder_id, inside FROM left_out"):
            found.setdefault(FolderId(row["folder_id"]), set()).add(text_part(row["inside"]))
        return {folder_id: frozenset(parts) for folder_id, parts in found.items()}

    def leave_out(self, folder_id: FolderId, inside: str) -> None:
        """Leave something below a folder alone from now on."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO left_out VALUES (?, ?)", (folder_id, part_text(inside))
            )

    def take_in(self, folder_id: FolderId, inside: str) -> bool:
        """Look again at something that was left out, with everything in it; whether anything was.
        What is around it stays out."""
        found = False
        with self._database.write() as connection:
            for known in self.left_out().get(folder_id, frozenset()):
                if is_in(known, inside):
                    connection.execute(
                        "DELETE FROM left_out WHERE folder_id = ? AND inside = ?",
                        (folder_id, part_text(known)),
                    )
                    found = True
        return found

    def _note(self, table: str, number: int, place: Place | None) -> None:
        volume, inside = (None, None) if place is None else (place.volume, part_text(place.inside))
        with self._database.write() as connection:
            connection.execute(
                f"UPDATE {table} SET volume = ?, inside = ? WHERE id = ?", (volume, inside, number)
            )


def is_in(inside: str, outer: str) -> bool:
    """Whether one relative path is another or below it; "" is the folder itself."""
    return not outer or inside == outer or inside.startswith(outer + "/")


def _bring(connection: sqlite3.Connection, folder_id: FolderId, old: str, new: str) -> None:
    taken = connection.execute("SELECT id FROM folders WHERE path = ?", (new,)).fetchone()
    if taken is not None:
        raise UserError(f"Another folder of the library is at {new}.")
    connection.execute("UPDATE folders SET path = ? WHERE id = ?", (new, folder_id))
    after = new.rstrip(os.sep) + os.sep
    length = len(_ASIDE) + len(old.rstrip(os.sep)) + 1
    connection.execute(
        "DELETE FROM files WHERE id IN (SELECT resident.id FROM files mover JOIN files resident"
        " ON resident.path = ?1 || substr(mover.path, ?2 + 1)"
        " AND resident.video_id = mover.video_id"
        " WHERE mover.folder_id = ?3 AND substr(mover.path, 1, 1) = ?4)",
        (after, length, folder_id, _ASIDE),
    )
    try:
        connection.execute(
            "UPDATE files SET path = ? || substr(path, ? + 1)"
            " WHERE folder_id = ? AND substr(path, 1, 1) = ?",
            (after, length, folder_id, _ASIDE),
        )
    except sqlite3.IntegrityError as error:
        raise UserError(f"The library knows other videos in {new}.") from error


def _folder(connection: sqlite3.Connection, folder_id: FolderId) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT path FROM folders WHERE id = ?", (folder_id,)
    ).fetchone()
    return row


def _place(row: sqlite3.Row) -> Place:
    return Place(row["volume"], text_part(row["inside"]))
