"""Finds passages, and text on the screen, by their words, in Korean as in English, with SQLite's
FTS5.

What counts as a word is said by `wordforms`; reading a whole query (people, dates, quotes, NOT) and
weighing words against meaning is left to `search`.
"""

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from heimdex.domain.ids import VideoId
from heimdex.storage.database import Database, Stamp
from heimdex.storage.wordforms import distinct, is_dense, terms, variants, words

_MOST_TERMS = 64
"""Of a query; more words than anybody types, and far below SQLite's limits."""

_WEIGHED = 10_000
"""About so many rows are weighed for one query; a thousand take a millisecond."""
_MANY = 8
"""Where at least one in so many videos will do, the words are not asked for those alone."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The tables of one kind of text: the rows, their words, and how often each word is there."""

    rows: str
    words: str
    vocabulary: str
    called: str


PASSAGES = Shelf("passages", "passage_terms", "passage_vocabulary", "passages")
OCR_LINES = Shelf("ocr_lines", "ocr_terms", "ocr_vocabulary", "lines of text on screen")
SHELVES = (PASSAGES, OCR_LINES)


@dataclass(frozen=True, slots=True)
class LexicalHit:
    """A passage (or line on the screen) that holds words of the query."""

    video_id: VideoId
    index: int
    """Of the passage or line in its video."""
    start_ms: int
    end_ms: int
    text: str
    score: float
    """BM25, larger is better; only comparable within one query."""
    coverage: float
    """0..1: how much of the query is there, rare words counting more; 1.0 is all of it."""


class Lexicon:
    """Word search over one shelf. Never raises on any text."""

    def __init__(self, database: Database, shelf: Shelf = PASSAGES) -> None:
        self._database = database
        self._shelf = shelf
        self._kept: tuple[Stamp, tuple[int, int]] | None = None

    def beside(self, shelf: Shelf) -> "Lexicon":
        """The same library's word search over another shelf."""
        return Lexicon(self._database, shelf)

    def search(
        self,
        groups: Sequence[Sequence[str]],
        limit: int,
        videos: Iterable[VideoId] | None = None,
    ) -> list[LexicalHit]:
        """Passages that hold any term of `groups` (from `groups` or `terms`; one group a word),
        best BM25 first; of some videos only, if given. Where common terms would give more than
        10,000 rows beside those of rarer ones, the rarer ones must be there.

        `coverage` says how much is there: in each group the share of its terms, and the groups
        weighed by how rare they are in the library.
        """
        wanted = [kept for group in groups if (kept := distinct(group))]
        flat = distinct(term for group in wanted for term in group)[:_MOST_TERMS]
        if not flat or limit <= 0:
            return []
        with self._database.snapshot() as connection:
            often = self._often(connection, wanted)
            weights = self._weights(often, wanted)
            sought = [v for term in _rarest(flat, often) for v in variants(term)]
            match = "terms : (" + " OR ".join(map(_quoted, sought)) + ")"
            rows = _matching(connection, self._shelf, match, limit, videos)
        return [_hit(row, wanted, weights) for row in rows]

    def phrase(
        self, text: str, limit: int, videos: Iterable[VideoId] | None = None
    ) -> list[LexicalHit]:
        """Passages that hold the words of `text` next to each other in this order.

        The last word may go on if it is Korean ("생일 축하" finds 생일 축하해).
        """
        sequence = words(text)[:_MOST_TERMS]
        if not sequence or limit <= 0:
            return []
        match = f"words : {_quoted(' '.join(sequence))}"
        if is_dense(sequence[-1][-1]):
            match += " *"
        with self._database.snapshot() as connection:
            rows = _matching(connection, self._shelf, match, limit, videos)
        return [_hit(row, [], []) for row in rows]

    def weights(self, groups: Sequence[Sequence[str]]) -> list[float]:
        """How much each group says: more the rarer its rarest term is on the shelf."""
        with self._database.snapshot() as connection:
            wanted = [distinct(group) for group in groups]
            return self._weights(self._often(connection, wanted), wanted)

    def vocabulary(self) -> list[str]:
        """Every word on the shelf, once."""
        rows = self._database.read().execute(
            f"SELECT DISTINCT term FROM {self._shelf.vocabulary} WHERE col = 'terms'"
        )
        return [row[0] for row in rows]

    def state(self) -> tuple[int, int]:
        """Another pair of numbers whenever rows came or went; cheap."""
        stamp = self._database.stamp()
        kept = self._kept
        if kept is None or kept[0] != stamp:
            rows = f"SELECT count(*), coalesce(max(id), 0) FROM {self._shelf.rows}"
            count, last = self._database.read().execute(rows).fetchone()
            kept = self._kept = (stamp, (count, last))
        return kept[1]

    def _often(
        self, connection: sqlite3.Connection, groups: Sequence[Sequence[str]]
    ) -> dict[str, int]:
        """In how many rows each term stands."""
        terms = dict.fromkeys(term for group in groups for term in group)
        return {term: _frequency(connection, self._shelf, term) for term in terms}

    def _weights(self, often: Mapping[str, int], groups: Sequence[Sequence[str]]) -> list[float]:
        """Inverse document frequency of each group's rarest term, as in BM25 but never below 0."""
        total, _ = self.state()
        rarest = [min([total, *(often[term] for term in group)]) for group in groups]
        return [math.log(1 + (total - each + 0.5) / (each + 0.5)) for each in rarest]


def put_terms(connection: sqlite3.Connection, shelf: Shelf, row_id: int, text: str) -> None:
    """Index a row that was just inserted; a trigger takes it out again."""
    connection.execute(
        f"INSERT INTO {shelf.words} (rowid, words, terms) VALUES (?, ?, ?)",
        (row_id, " ".join(words(text)), " ".join(terms(text))),
    )


def reindex(database: Database) -> int:
    """Index everything anew, after damage or a change of `terms`; returns how many rows."""
    count = 0
    with database.write() as connection:
        for shelf in SHELVES:
            connection.execute(f"DELETE FROM {shelf.words}")
            rows = connection.execute(f"SELECT id, text FROM {shelf.rows}").fetchall()
            for row in rows:
                put_terms(connection, shelf, row["id"], row["text"])
            connection.execute(f"INSERT INTO {shelf.words} ({shelf.words}) VALUES ('optimize')")
            count += len(rows)
    return count


def verify(database: Database) -> list[str]:
    """Problems of the word indexes: their own structure, and rows that are not in them."""
    problems: list[str] = []
    with database.write() as connection:
        for shelf in SHELVES:
            try:
                connection.execute(
                    f"INSERT INTO {shelf.words} ({shelf.words}) VALUES ('integrity-check')"
                )
            except sqlite3.DatabaseError as error:
                problems.append(f"the word index of {shelf.called} is damaged ({error})")
            missing = connection.execute(
                f"SELECT count(*) FROM {shelf.rows} WHERE id NOT IN"
                f" (SELECT rowid FROM {shelf.words})"
            ).fetchone()[0]
            if missing:
                problems.append(f"{missing} {shelf.called} are not in the word index")
    return problems


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _frequency(connection: sqlite3.Connection, shelf: Shelf, term: str) -> int:
    row = connection.execute(
        f"SELECT sum(doc) FROM {shelf.vocabulary} WHERE col = 'terms'"
        " AND term IN (SELECT value FROM json_each(?))",
        (json.dumps(variants(term)),),
    ).fetchone()
    return row[0] or 0


def _rarest(terms: Sequence[str], often: Mapping[str, int]) -> list[str]:
    """The terms whose rows are weighed: of words that half of a large library says, nobody waits
    for every row when rarer words of the query tell where to look."""
    kept: list[str] = []
    rows = 0
    for term in sorted(terms, key=lambda term: often[term]):
        rows += often[term]
        if kept and rows > _WEIGHED:
            break
        kept.append(term)
    return kept


def _matching(
    connection: sqlite3.Connection,
    shelf: Shelf,
    match: str,
    limit: int,
    videos: Iterable[VideoId] | None,
) -> list[sqlite3.Row]:
    if videos is None:
        return _best(connection, shelf, match, limit)
    chosen = frozenset(videos)
    there = connection.execute("SELECT count(*) FROM videos").fetchone()[0]
    if _MANY * len(chosen) >= there:
        # Asking of every match which video it is from takes as long as weighing it: where many
        # videos will do, enough of the best of all videos are.
        most = limit * there * 5 // (4 * max(1, len(chosen))) + 1
        rows = _best(connection, shelf, match, most)
        kept = [row for row in rows if row["video_id"] in chosen]
        if len(kept) >= limit or len(rows) < most:
            return kept[:limit]
    return _best(connection, shelf, match, limit, json.dumps(sorted(chosen)))


def _best(
    connection: sqlite3.Connection, shelf: Shelf, match: str, limit: int, chosen: str | None = None
) -> list[sqlite3.Row]:
    """The best rows, of the videos in the JSON list `chosen` only if given."""
    inside = (
        ""
        if chosen is None
        else f" CROSS JOIN {shelf.rows} r ON r.id = {shelf.words}.rowid"
        " AND r.video_id IN (SELECT value FROM json_each(?3))"
    )
    # Only the best are looked up: a match is a number and a score until then.
    return connection.execute(
        "SELECT p.video_id, p.idx, p.start_ms, p.end_ms, p.text, -m.rank AS score"
        f" FROM (SELECT {shelf.words}.rowid AS id, bm25({shelf.words}) AS rank"
        f" FROM {shelf.words}{inside} WHERE {shelf.words} MATCH ?1"
        f" ORDER BY rank, {shelf.words}.rowid LIMIT ?2) m"
        f" JOIN {shelf.rows} p ON p.id = m.id ORDER BY m.rank, m.id",
        (match, limit) if chosen is None else (match, limit, chosen),
    ).fetchall()


@lru_cache(maxsize=1 << 12)
def _terms_in(text: str) -> frozenset[str]:
    return frozenset(terms(text))


def _hit(row: sqlite3.Row, wanted: Sequence[Sequence[str]], weights: Sequence[float]) -> LexicalHit:
    there = _terms_in(row["text"])
    covered = 0.0
    for group, weight in zip(wanted, weights, strict=True):
        held = sum(any(v in there for v in variants(term)) for term in group)
        covered += weight * held / len(group)
    return LexicalHit(
        video_id=VideoId(row["video_id"]),
        index=row["idx"],
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        text=row["text"],
        score=row["score"],
        coverage=covered / sum(weights) if weights else 1.0,
    )
