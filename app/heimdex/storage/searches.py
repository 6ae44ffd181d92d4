"""Keeps the searches a person saved under a name, and the last ones they asked.

What a question finds, and what of it is new, is the search room's work.
"""

import re
import sqlite3
import time
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from heimdex.domain.errors import UserError
from heimdex.domain.ids import SavedSearchId, VideoId
from heimdex.domain.search import Question, SavedSearch
from heimdex.storage.database import Database
from heimdex.storage.paths import path_text, text_path

KEPT = 50
"""Recent searches that are kept."""

Span = tuple[VideoId, int, int]
"""A moment: video, start and end in ms."""


class SearchStore:
    """Saved and recent searches of one library; each call is atomic."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, name: str, question: Question, seen: Iterable[Span] = ()) -> SavedSearch:
        """Keep a question under a name; one that had the name before is replaced. Raises UserError
        when the name or the question is empty."""
        shown = " ".join(name.split())
        if not shown:
            raise UserError("A saved search needs a name.")
        with self._database.write() as connection:
            row = connection.execute(
                "INSERT INTO saved_searches (name, name_key, question, seen, created_at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (name_key) DO UPDATE SET"
                " name = excluded.name, question = excluded.question, seen = excluded.seen"
                " RETURNING *",
                (shown, _key(shown), _encode(question), _encode(list(seen)), int(time.time())),
            ).fetchone()
        return _saved(row)

    def saved(self) -> list[SavedSearch]:
        """All saved searches, by name."""
        rows = self._database.read().execute("SELECT * FROM saved_searches ORDER BY name_key")
        return [_saved(row) for row in rows]

    def find(self, name: str) -> SavedSearch:
        """The saved search of this name. Raises UserError when there is none."""
        row = (
            self._database.read()
            .execute("SELECT * FROM saved_searches WHERE name_key = ?", (_key(name),))
            .fetchone()
        )
        if row is None:
            raise UserError(f"No search is saved as {name!r}; see `heimdex searches list`.")
        return _saved(row)

    def rename(self, search_id: SavedSearchId, name: str) -> None:
        """Give another name. Raises UserError when it is empty or taken."""
        shown = " ".join(name.split())
        if not shown:
            raise UserError("A saved search needs a name.")
        with self._database.write() as connection:
            taken = connection.execute(
                "SELECT 1 FROM saved_searches WHERE name_key = ? AND id <> ?",
                (_key(shown), search_id),
            ).fetchone()
            if taken:
                raise UserError(f"Another search is saved as {shown!r} already.")
            connection.execute(
                "UPDATE saved_searches SET name = ?, name_key = ? WHERE id = ?",
                (shown, _key(shown), search_id),
            )

    def mark_seen(self, search_id: SavedSearchId, seen: Iterable[Span]) -> None:
        """Remember what is there now; only what comes later is new."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE saved_searches SET seen = ? WHERE id = ?", (_encode(list(seen)), search_id)
            )

    def remove(self, search_id: SavedSearchId) -> None:
        """Forget a saved search."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM saved_searches WHERE id = ?", (search_id,))

    # Recent ones

    def remember(self, text: str) -> None:
        """Note that a sentence was asked; the same sentence is listed once."""
        shown = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
        if not shown:
            return
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO recent_searches (text_key, text, turn) VALUES"
                " (?, ?, (SELECT coalesce(max(turn), 0) + 1 FROM recent_searches))"
                " ON CONFLICT (text_key) DO UPDATE SET text = excluded.text, turn = excluded.turn",
                (_key(shown), shown),
            )
            connection.execute(
                "DELETE FROM recent_searches WHERE turn <="
                " (SELECT max(turn) FROM recent_searches) - ?",
                (KEPT,),
            )

    def recent(self) -> list[str]:
        """The last sentences that were asked, newest first."""
        rows = self._database.read().execute("SELECT text FROM recent_searches ORDER BY turn DESC")
        return [row["text"] for row in rows]

    def forget_recent(self, text: str | None = None) -> None:
        """Forget one recent sentence, or all."""
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM recent_searches WHERE ?1 IS NULL OR text_key = ?1",
                (None if text is None else _key(text),),
            )


def erase_names(connection: sqlite3.Connection, names: Sequence[str]) -> None:
    """Take out every search that speaks of one of `names`; part of forgetting a person."""
    keys = [re.escape(key) for name in names if (key := _key(name))]
    if not keys:
        return
    # Korean particles may follow a name; letters of another word may not.
    named = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(keys)})(?![a-z0-9])")
    for row in connection.execute("SELECT id, name, question FROM saved_searches").fetchall():
        if named.search(_key(f"{row['name']} {row['question']}")):
            connection.execute("DELETE FROM saved_searches WHERE id = ?", (row["id"],))
    for row in connection.execute("SELECT text_key FROM recent_searches").fetchall():
        if named.search(row["text_key"]):
            connection.execute("DELETE FROM recent_searches WHERE text_key = ?", tuple(row))


def _key(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _saved(row: sqlite3.Row) -> SavedSearch:
    return SavedSearch(
        id=SavedSearchId(row["id"]),
        name=row["name"],
        question=msgspec.json.decode(row["question"], type=Question, dec_hook=_path),
        created_at=row["created_at"],
        seen=msgspec.json.decode(row["seen"], type=tuple[Span, ...]),
    )


def _encode(value: object) -> str:
    return msgspec.json.encode(value, enc_hook=_text).decode()


def _text(value: Any) -> str:
    if isinstance(value, Path):
        return path_text(value)
    raise NotImplementedError(type(value))


def _path(expected: type, value: Any) -> Any:
    if expected is Path:
        return text_path(value)
    raise NotImplementedError(expected)
