"""Reads which words are said in the library, and in how many passages each.

Finding passages by words is the lexicon's work, offering words to somebody who types, search's.
"""

from heimdex.storage.database import Database

Age = tuple[int, int]
"""Changes whenever passages came or videos went."""


def age(database: Database) -> Age:
    """How old the words are; cheap."""
    connection = database.read()
    added = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'passages'"
    ).fetchone()[0]
    return int(added), int(connection.execute("SELECT count(*) FROM videos").fetchone()[0])


def spoken_words(database: Database) -> list[tuple[str, int]]:
    """Every word as it is said (in the lexicon's form) with the number of its passages; reads the
    whole word index, which takes a moment in a large library."""
    rows = database.read().execute(
        "SELECT term, doc FROM passage_vocabulary WHERE col = 'words' ORDER BY term"
    )
    return [(row["term"], row["doc"]) for row in rows]
