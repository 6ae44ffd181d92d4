"""What the vector index has not been told yet, kept in the transaction that made it true.

Triggers write it (see the first migration); telling the index is `chroma`'s affair.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from heimdex.domain.ids import VideoId
from heimdex.storage.database import Database


@dataclass(frozen=True, slots=True)
class Pending:
    """The vectors of a video in a space changed or went; the index may hold items 0..reach-1."""

    video_id: VideoId
    space: str
    reach: int
    seq: int
    """The last change that is covered; a later one is another `Pending`."""


def pending(database: Database, vectors: int | None) -> tuple[list[Pending], int]:
    """What to tell next, oldest first: about `vectors` many (None: all), at least one entry; and
    how many entries are left after these."""
    rows = (
        database.read()
        .execute(
            "SELECT video_id, space, max(reach) AS reach, max(seq) AS seq FROM outbox"
            " GROUP BY video_id, space ORDER BY max(seq)"
        )
        .fetchall()
    )
    chosen: list[Pending] = []
    total = 0
    for row in rows:
        chosen.append(Pending(VideoId(row["video_id"]), row["space"], row["reach"], row["seq"]))
        total += row["reach"]
        if vectors is not None and total >= vectors:
            break
    return chosen, len(rows) - len(chosen)


def sent(database: Database, entries: Iterable[Pending]) -> None:
    """Cross out what was told; a change that came meanwhile stays."""
    with database.write() as connection:
        connection.executemany(
            "DELETE FROM outbox WHERE video_id = ? AND space = ? AND seq <= ?",
            [(entry.video_id, entry.space, entry.seq) for entry in entries],
        )


def refill(database: Database) -> None:
    """Everything has to be told, to an empty index."""
    with database.write() as connection:
        connection.execute("DELETE FROM outbox")
        connection.execute(
            "INSERT INTO outbox (video_id, space, reach) SELECT v.video_id, s.key, v.items"
            " FROM vectors v JOIN spaces s ON s.id = v.space_id WHERE s.indexed"
            " ORDER BY s.id, v.video_id"
        )


def settle_empty_spaces(database: Database, held: Iterable[str]) -> list[str]:
    """Which of the spaces the index holds have no vectors any more; what was to be told about
    spaces without vectors is crossed out, because they go as a whole."""
    with database.write() as connection:
        filled = {
            row["key"]
            for row in connection.execute(
                "SELECT DISTINCT s.key FROM spaces s JOIN vectors v ON v.space_id = s.id"
                " WHERE v.items > 0"
            )
        }
        empty = [
            row["space"]
            for row in connection.execute("SELECT DISTINCT space FROM outbox")
            if row["space"] not in filled
        ]
        connection.executemany("DELETE FROM outbox WHERE space = ?", [(key,) for key in empty])
    return [key for key in held if key not in filled]
