"""A query while it is taken apart: its words, its quoted phrases and what is already understood.

What the parts mean is left to `parse` and the modules that it asks.
"""

import re
import unicodedata
from dataclasses import dataclass, field

from heimdex.search.names import Token

LONGEST = 1_000
"""Characters of a query that are read; nobody types more, but somebody pastes a book."""

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_PHRASE = re.compile(
    r'"([^"]*)"|“([^”]*)”|„([^“”]*)[“”]|«([^»]*)»|「([^」]*)」|『([^』]*)』|＂([^＂]*)＂'
    # Single ones are apostrophes as well: they quote where they hug at least two letters.
    r"|(?<!\w)‘([^‘]{2,}?)(?<!\s)’(?![A-Za-z0-9])"
    r"|(?<!\w)'(?![\s\d])([^']{2,}?(?:\w'\w[^']*?)*)(?<!\s)'(?![A-Za-z0-9])"
)
_SAYING = re.compile(r"\s?이?라(?:고|는|며|면서|던)(?![가-힣])")
"""What hangs on a Korean quotation: "…"라고, '…' 이라는."""

_EMPTY = re.compile(r"\([ \t]*\)|\[[ \t]*\]")
"""Brackets whose words have all been understood."""

_ADDRESS = re.compile(
    r"(?<!\S)[a-zA-Z]{1,10}://\S+|(?<!\S)(?:[A-Za-z]:[\\/]|\\\\|~?/)\S*[\\/]\S*"
    r"|(?<!\S)[^\s@]{1,64}@[^\s@]{1,64}\.\w+"
    r"|(?<![^\s/\\\"“”])[^\s/\\\"“”]{1,200}\.(?:mp4|m4v|mov|avi|mkv|webm|wmv|mpe?g|3gp|mts|m2ts|jpe?g|png)(?!\w)",
    re.IGNORECASE,
)
"""Web addresses, paths and file names: the words in them are parts of a name."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quoted phrase at [start, end), marks included; `text` is "" where nothing is inside."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class Reading:
    """The normalised text; `used` marks the characters that have found their place, `quoted`
    those inside quotation marks and addresses, which are taken as they stand."""

    text: str
    phrases: list[Quoted] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    used: list[bool] = field(default_factory=list)
    quoted: list[bool] = field(default_factory=list)

    def take(self, start: int, end: int) -> None:
        """Mark [start, end) as understood."""
        self.used[start:end] = [True] * (end - start)

    def free(self, token: Token) -> bool:
        """Whether nobody has taken the word yet."""
        return not self.used[token.start]

    def open(self, start: int, end: int) -> bool:
        """Whether nobody has taken any of [start, end), and nothing of it is quoted."""
        return not any(self.used[start:end]) and not any(self.quoted[start:end])

    def left(self, start: int = 0, end: int | None = None) -> str:
        """What nobody has taken of [start, end), on one line."""
        pairs = zip(self.text[start:end], self.used[start:end], strict=True)
        left = "".join(" " if used else letter for letter, used in pairs)
        return " ".join(_EMPTY.sub(" ", left).split())


def read(text: str) -> Reading:
    """Normalise `text` (NFC, printable, at most `LONGEST` long) and find words and phrases."""
    # Lone surrogates (a broken paste) cannot be encoded by anything further down.
    clean = text[:LONGEST].encode("utf-8", "replace").decode("utf-8")
    clean = unicodedata.normalize("NFC", clean)
    clean = "".join(c if c.isprintable() else " " for c in clean)
    reading = Reading(clean, used=[False] * len(clean), quoted=[False] * len(clean))
    for found in _PHRASE.finditer(clean):
        phrase = " ".join(next((g for g in found.groups() if g is not None), "").split())
        # Quotation marks around nothing searchable are only noise.
        start, end = found.span()
        saying = _SAYING.match(clean, end)
        end = saying.end() if saying else end
        reading.phrases.append(Quoted(start, end, phrase if WORD.search(phrase) else ""))
    addresses = [found.span() for found in _ADDRESS.finditer(clean)]
    for start, end in [*((q.start, q.end) for q in reading.phrases), *addresses]:
        reading.quoted[start:end] = [True] * (end - start)
    reading.tokens = [
        Token(found.group(), *found.span())
        for found in WORD.finditer(clean)
        if not reading.quoted[found.start()]
    ]
    return reading
