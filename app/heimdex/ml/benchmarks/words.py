"""How many words two texts differ in, as speech recognition counts it.

Whose text is the truth is the caller's affair.
"""

import unicodedata


def errors(truth: str, text: str) -> tuple[int, int]:
    """Words to insert, delete or replace to get from `text` to `truth`, and the words of `truth`.

    Case, punctuation and the form of characters do not count.
    """
    expected, found = words(truth), words(text)
    return _distance(expected, found), len(expected)


def words(text: str) -> list[str]:
    """Words in their plain form."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = ("" if sign in "'’" else sign if sign.isalnum() else " " for sign in folded)
    return "".join(kept).split()


def _distance(a: list[str], b: list[str]) -> int:
    """Levenshtein's, over words."""
    row = list(range(len(b) + 1))
    for line, left in enumerate(a, 1):
        corner, row[0] = row[0], line
        for column, right in enumerate(b, 1):
            corner, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, corner + (left != right)),
            )
    return row[-1]
