"""Finds people's names and aliases among the words of a query.

Which people there are is told by the caller; taking the query apart is left to `parse`.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from heimdex.domain.faces import Person
from heimdex.domain.ids import PersonId
from heimdex.search.korean import has_hangul, is_honorific, is_name_tail

# Names that are also everyday English words: taken for a name only when written like one.
_EVERYDAY = frozenset(
    (
        "amber angel april art august autumn bill bob buck carol chance charity chase chuck clay "
        "cliff crystal daisy dawn dean destiny dick don drew earl eve faith forest frank gene "
        "ginger glen grace grant guy hazel heather herb holly hope hunter iris ivy jack jade "
        "jasmine jean jewel joy june king lance lily mark mason mat max may melody mercy mike "
        "miles misty nick olive page paris pat patience patsy peg penny pepper piper pearl peter "
        "queen randy ray rex rich river rob robin rod rose ruby rusty sage sally sandy savannah "
        "scarlet sky sterling stone storm sue summer sunny tab taylor terry trinity tucker victor "
        "victoria violet wade ward will winter woody man woman boy girl baby host star doctor "
        "teacher"
    ).split()
)
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "sir"})
_POSSESSIVES = frozenset({"my", "our", "우리", "내", "나의", "저희"})
_MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a query: `text` as typed, at [start, end) of the normalised query."""

    text: str
    start: int
    end: int

    @property
    def folded(self) -> str:
        """The form in which words are compared."""
        return fold(self.text)


@dataclass(frozen=True, slots=True)
class NameMatch:
    """Tokens [first, last] name a person, titles and particles included."""

    first: int
    last: int
    person_id: PersonId
    name: str


@dataclass(frozen=True, slots=True)
class _Alias:
    words: tuple[str, ...]
    squeezed: str
    hangul: bool
    person: Person
    rank: int
    """0 the name itself, 1 an alias, 2 one word of the name."""
    needs_capital: bool


def fold(text: str) -> str:
    """Lower case without accents, composed: `José` and `jose` are one name."""
    parts = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(letter for letter in parts if unicodedata.category(letter) != "Mn")
    return unicodedata.normalize("NFC", bare).replace("’", "'")


def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a name; hyphens, dots and spaces part them."""
    spaced = "".join(c if c.isalnum() or c == "'" else " " for c in fold(text))
    return tuple(spaced.split())


class Names:
    """The names and aliases of the people who can be searched for."""

    def __init__(self, people: Sequence[Person]) -> None:
        by_start: dict[str, list[_Alias]] = defaultdict(list)
        for alias in _aliases(people):
            by_start[alias.squeezed[0]].append(alias)
        # Longest first; among equals the name before an alias before a part of a name, then the
        # person who is seen most, then the older one: the same query always means the same person.
        for aliases in by_start.values():
            aliases.sort(
                key=lambda a: (-len(a.squeezed), a.rank, -a.person.track_count, a.person.id)
            )
        self._by_start = dict(by_start)

    def find(self, tokens: Sequence[Token]) -> list[NameMatch]:
        """Every name, from left to right; at each word the longest alias wins. None overlap."""
        folded = [token.folded for token in tokens]
        matches: list[NameMatch] = []
        at = 0
        while at < len(tokens):
            match = self._match_at(tokens, folded, at, matches[-1].last + 1 if matches else 0)
            if match is None:
                at += 1
                continue
            matches.append(match)
            at = match.last + 1
        return matches

    def _match_at(
        self, tokens: Sequence[Token], folded: Sequence[str], at: int, free: int
    ) -> NameMatch | None:
        if not folded[at]:
            return None
        for alias in self._by_start.get(folded[at][0], ()):
            last = _last_word(alias, folded, at)
            if last is None or (alias.needs_capital and not tokens[at].text[:1].isupper()):
                continue
            first = at
            while first > free and folded[first - 1].rstrip(".") in _TITLES | _POSSESSIVES:
                first -= 1
            while last + 1 < len(folded) and is_honorific(folded[last + 1]):
                last += 1
            return NameMatch(first, last, alias.person.id, alias.person.name or "")
        return None


def _aliases(people: Sequence[Person]) -> list[_Alias]:
    named = [p for p in people if p.name and not p.hidden]
    found: list[_Alias] = []
    parts: dict[str, set[PersonId]] = defaultdict(set)
    for person in named:
        for rank, spelling in enumerate((person.name or "", *person.aliases)):
            alias = _alias(spelling, person, min(rank, 1))
            if alias is not None:
                found.append(alias)
            for word in spelling.split():
                if words_of(word):
                    parts["".join(words_of(word))].add(person.id)
    taken = {alias.squeezed for alias in found}
    for person in named:
        spellings = (person.name or "", *person.aliases)
        for word in sorted({w for s in spellings if len(s.split()) > 1 for w in s.split()}):
            alias = _alias(word, person, 2)
            # One word of a name stands for the person only where it can be nobody else.
            if (
                alias is not None
                and alias.squeezed not in taken
                and len(parts[alias.squeezed]) == 1
                and len(alias.squeezed) >= (2 if alias.hangul else 3)
            ):
                found.append(alias)
    return found


def _alias(spelling: str, person: Person, rank: int) -> _Alias | None:
    words = words_of(spelling)
    if not words or len(words) > _MOST_WORDS:
        return None
    squeezed = "".join(words)
    everyday = len(words) == 1 and squeezed in _EVERYDAY
    # Somebody who is called "mom" or "baby" in lower case wants to be found that way.
    needs_capital = everyday and spelling.strip()[:1].isupper()
    return _Alias(words, squeezed, has_hangul(squeezed), person, rank, needs_capital)


def _last_word(alias: _Alias, folded: Sequence[str], at: int) -> int | None:
    """Index of the last word that the alias covers when it begins at word `at`, or None."""
    if not alias.hangul:
        last = at + len(alias.words) - 1
        if last >= len(folded) or tuple(folded[at:last]) != alias.words[:-1]:
            return None
        tail = _tail(folded[last], alias.words[-1])
        return last if tail in ("", "'s", "'") or (tail and _is_korean_tail(tail)) else None
    # Korean names are typed with and without the space.
    joined = ""
    for last in range(at, min(at + _MOST_WORDS, len(folded))):
        joined += folded[last]
        if len(joined) < len(alias.squeezed):
            if not alias.squeezed.startswith(joined):
                return None
            continue
        tail = _tail(joined, alias.squeezed)
        if tail is None:
            return None
        # A name of one syllable would be found at the front of half the dictionary.
        fits = tail == "" or (len(alias.squeezed) > 1 and is_name_tail(tail))
        return last if fits else None
    return None


def _tail(word: str, alias: str) -> str | None:
    return word[len(alias) :] if word.startswith(alias) else None


def _is_korean_tail(tail: str) -> bool:
    return has_hangul(tail) and is_name_tail(tail)
