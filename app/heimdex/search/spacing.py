"""Parts Korean words that were typed without the space between them: 해변말고, 엄마나오는거.

Which endings part a word is told by `negations`, whose names there are by `names`; where Korean
is written without any spaces but with none of these, it is left as it is.
"""

from heimdex.search.names import Names, Token
from heimdex.search.negations import run_on, run_on_name
from heimdex.search.reading import Reading


def part_words(reading: Reading, names: Names) -> None:
    """Put the parts of such words in their place among the tokens of `reading`."""
    parted: list[Token] = []
    for token in reading.tokens:
        rest = token
        while (at := _border(rest, names)) is not None:
            parted.append(_cut(rest, 0, at))
            rest = _cut(rest, at, len(rest.text))
        parted.append(rest)
    reading.tokens = parted


def _border(token: Token, names: Names) -> int | None:
    for at in run_on_name(token.text):
        if names.find([_cut(token, 0, at)]):
            return at
    return run_on(token.text)


def _cut(token: Token, first: int, end: int) -> Token:
    return Token(token.text[first:end], token.start + first, token.start + end)
