"""Reads which everyday things the starter vision engine can judge, and by which of its concepts.

What it makes of a picture is worked out in `concepts`; finding the things in a sentence, and
comparing frames, is left to search.
"""

import csv
from pathlib import Path

from heimdex.domain.engines import Concepts, Thing
from heimdex.domain.errors import UserError
from heimdex.ml.concepts import SentenceMap
from heimdex.ml.runtime import unit

HEAT = 0.1
LEAST = 0.02
SHOWN = 0.1
"""Shares of what a picture is taken for. Chosen on the half of the questions that is there for it.
On 400 photos with captions one in ten things that are there stays under the first everywhere, and
one in a hundred photos that are rightly found under the second (docs/search.md)."""


def known(mapping: SentenceMap, listed: Path) -> Concepts:
    """What the engine tells apart, with the things of the list. `UserError` for a bad list."""
    things = read(listed, len(mapping.directions))
    return Concepts(unit(mapping.directions), things, HEAT, LEAST, SHOWN)


def read(path: Path, concepts: int) -> tuple[Thing, ...]:
    """The list: a row for each thing, `concepts` the number of classes there are."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
        things = tuple(
            Thing(_words(row["words"]) + _words(row["korean"]), _numbers(row["classes"]))
            for row in rows
        )
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"The list of things {path} cannot be read: {error}.") from error
    if not all(thing.words and thing.concepts for thing in things) or any(
        thing.concepts[-1] >= concepts for thing in things
    ):
        raise UserError(f"The list of things {path} names a thing without words or classes.")
    return things


def _words(cell: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in cell.split(",")) if word)


def _numbers(cell: str) -> tuple[int, ...]:
    """`151-154 273` → 151, 152, 153, 154, 273."""
    numbers: set[int] = set()
    for part in cell.split():
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return tuple(sorted(numbers))
