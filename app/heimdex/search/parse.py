"""Takes a sentence apart: people, phrases, exclusions, dates, lengths, folders, kinds, sums.

What is left is meaning. How each of them is written is left to a module of its own. Nothing is
looked up and no model is asked here; understanding the meaning is left to `retrieve`. Nothing that
a person can type raises an error.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeVar, cast

from heimdex.domain.faces import Person
from heimdex.domain.ids import PersonId
from heimdex.domain.search import Chip, ChipKind, EvidenceKind, Length, Part, Query, Term, When
from heimdex.search import wording
from heimdex.search.clock import Clock
from heimdex.search.dates import find_dates
from heimdex.search.exclusions import Exclusions
from heimdex.search.korean import has_hangul
from heimdex.search.lengths import find_lengths
from heimdex.search.names import Names, Token, fold
from heimdex.search.operators import Found, Sign, find_folders, find_operators, find_signs
from heimdex.search.reading import WORD, Reading, read
from heimdex.search.spacing import part_words

V = TypeVar("V")
Free = Callable[[int, int], bool]
"""Whether nobody has taken [start, end) yet."""

_MOST_NAME_WORDS = 6
_JOINT = re.compile(r"\s*(?:or|and|,|이나|나|과|와|이?랑|하고|및|\s)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a sentence is read against: the people and folders there are, and the clock.

    Unnamed and hidden people are never found by name. `plain`: words that are to be taken as words
    although they look like a name, a date … `summed`: signs make a sum without a plus among them,
    because an example stands before them.
    """

    people: Sequence[Person] = ()
    clock: Clock = field(default_factory=lambda: Clock(0))
    folders: Iterable[str] = ()
    plain: frozenset[str] = frozenset()
    summed: bool = False


def parse(
    text: str,
    people: Sequence[Person],
    now: int,
    *,
    plain: Iterable[str] = (),
    folders: Iterable[str] = (),
    summed: bool = False,
    southern: bool = False,
) -> Query:
    """Understand `text` as far as grammar goes.

    `people`, `plain`, `folders`, `summed`: see `Grammar`. `now`: Unix seconds, the clock that words
    like "last summer" are read against, in this machine's time; `southern`: with the seasons
    south of the equator. Filters are set beside the sentence, not here.
    """
    folded = frozenset(" ".join(fold(word).split()) for word in plain)
    grammar = Grammar(people, Clock(now, southern), folders, folded, summed)
    return understand(text, grammar)


def understand(text: str, grammar: Grammar) -> Query:
    """The same with everything in one `Grammar`."""
    reading = read(text)
    chips: list[Chip] = []
    names = Names(grammar.people)
    part_words(reading, names)
    against = _operators(reading, grammar, names, chips)
    _lengths(reading, grammar, chips)
    _dates(reading, grammar, chips)
    signs = find_signs(reading.text, reading.open, always=grammar.summed)
    for sign in signs:
        reading.take(sign.at, sign.at + 1)
    exclusions = Exclusions(reading, names, grammar.plain, against)
    chips += exclusions.chips
    _phrases(reading, signs, chips)
    _people(reading, names, grammar.plain, signs, chips)
    either = _either(reading, chips)
    asked = any(not c.negated and c.kind in (ChipKind.PERSON, ChipKind.PHRASE) for c in chips)
    limited = any(c.kind in _LIMITS or c.negated for c in chips)
    terms = _terms(reading, signs, chips) if signs else []
    if signs:
        meaning = ", ".join(term.text for term in terms if not term.minus)
    else:
        meaning = _meaning(reading, beside_others=asked, beside_limits=limited)
    chips.sort(key=lambda chip: (chip.start, chip.end))
    query = replace(_query(text, reading.text, meaning, tuple(terms), chips), any_person=either)
    return query if signs else replace(query, parts=_parts(reading, chips))


_LIMITS = (ChipKind.DATE, ChipKind.LENGTH, ChipKind.FOLDER, ChipKind.KIND)


def _query(
    raw: str, text: str, meaning: str, terms: tuple[Term, ...], chips: Sequence[Chip]
) -> Query:
    names = {c.value: c.text for c in _of(chips, ChipKind.PERSON)}
    return Query(
        raw=raw,
        meaning=meaning,
        phrases=_texts(_of(chips, ChipKind.PHRASE)),
        excluded=_texts(_of(chips, ChipKind.WORDS, negated=True)),
        people=cast(tuple[PersonId, ...], _values(_of(chips, ChipKind.PERSON), int)),
        people_names=tuple(names.values()),
        language="ko" if has_hangul(raw) else "en",
        excluded_people=cast(
            tuple[PersonId, ...], _values(_of(chips, ChipKind.PERSON, negated=True), int)
        ),
        text=text,
        chips=tuple(chips),
        dates=_values(_of(chips, ChipKind.DATE), When),
        excluded_dates=_values(_of(chips, ChipKind.DATE, negated=True), When),
        lengths=_values(_of(chips, ChipKind.LENGTH), Length),
        folders=_texts(_of(chips, ChipKind.FOLDER)),
        excluded_folders=_texts(_of(chips, ChipKind.FOLDER, negated=True)),
        kinds=frozenset(_values(_of(chips, ChipKind.KIND), EvidenceKind)),
        terms=terms,
    )


def _of(chips: Sequence[Chip], kind: ChipKind, *, negated: bool = False) -> list[Chip]:
    return [chip for chip in chips if chip.kind is kind and chip.negated is negated]


def _texts(chips: Sequence[Chip]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chip.text for chip in chips))


def _values(chips: Sequence[Chip], kind: type[V]) -> tuple[V, ...]:
    return tuple(dict.fromkeys(chip.value for chip in chips if isinstance(chip.value, kind)))


def _key(text: str) -> str:
    return " ".join(fold(text).split())


# The parts, in the order in which they are looked for


def _operators(reading: Reading, grammar: Grammar, names: Names, chips: list[Chip]) -> list[Found]:
    """Folders and kinds become chips; gives the kinds that stand behind a minus, of which nobody
    has taken anything yet."""
    text = reading.text
    against: list[Found] = []
    # `folder:"My Holiday"` has its quotes to itself.
    free = _unused(reading)
    for found in find_operators(text, free):
        if reading.quoted[found.start]:
            continue
        if found.kind is EvidenceKind.PERSON and not _names_follow(reading, names, found.end):
            continue
        if found.minus and found.kind is not None:
            against.append(found)
            continue
        reading.take(found.start, found.end)
        if found.folder:
            chips.append(_folder(found, ""))
        elif found.kind is not None and found.kind is not EvidenceKind.PERSON:
            chips.append(
                Chip(
                    ChipKind.KIND,
                    text[found.start : found.end],
                    found.start,
                    found.end,
                    found.kind,
                    written=True,
                )
            )
    for found in find_folders(text, grammar.folders, reading.open):
        key = _key(text[found.start : found.end])
        if key not in grammar.plain:
            reading.take(found.start, found.end)
            chips.append(_folder(found, key))
    return against


def _folder(found: Found, plain: str) -> Chip:
    name = found.folder
    written = found.written
    return Chip(ChipKind.FOLDER, name, found.start, found.end, name, found.minus, written, plain)


def _unused(reading: Reading) -> Free:
    return lambda start, end: not any(reading.used[start:end])


def _names_follow(reading: Reading, names: Names, at: int) -> bool:
    """Whether what stands behind `who:` begins with somebody's name."""
    tokens = [token for token in reading.tokens if token.start >= at]
    found = names.find(tokens[:_MOST_NAME_WORDS])
    return bool(found) and found[0].first == 0


def _lengths(reading: Reading, grammar: Grammar, chips: list[Chip]) -> None:
    for found in find_lengths(reading.text, reading.open):
        words = reading.text[found.start : found.end]
        key = _key(words)
        if key not in grammar.plain:
            reading.take(found.start, found.end)
            chips.append(
                Chip(
                    ChipKind.LENGTH,
                    words.strip(),
                    found.start,
                    found.end,
                    found.length,
                    plain=key,
                )
            )


def _dates(reading: Reading, grammar: Grammar, chips: list[Chip]) -> None:
    last = -1
    for found in find_dates(reading.text, grammar.clock, reading.open):
        key = _key(found.text)
        if key in grammar.plain:
            continue
        start = found.start
        if last >= 0 and _JOINT.fullmatch(reading.text, last, start):
            start = last  # "2014 or 2016"
        reading.take(start, found.end)
        last = found.end
        chips.append(
            Chip(
                ChipKind.DATE,
                found.text,
                start,
                found.end,
                found.when,
                found.negated,
                plain=key,
            )
        )


def _phrases(reading: Reading, signs: Sequence[Sign], chips: list[Chip]) -> None:
    for quoted in reading.phrases:
        if reading.used[quoted.start]:
            continue
        if quoted.text:
            minus = _minus_at(signs, quoted.start)
            kind = ChipKind.WORDS if minus else ChipKind.PHRASE
            chips.append(
                Chip(kind, quoted.text, quoted.start, quoted.end, None, minus, written=True)
            )
        reading.take(quoted.start, quoted.end)


def _people(
    reading: Reading,
    names: Names,
    plain: frozenset[str],
    signs: Sequence[Sign],
    chips: list[Chip],
) -> None:
    """Names among the free words; phrases and all that is understood part the sentence into
    runs."""
    runs: list[list[Token]] = []
    end = -1
    for token in reading.tokens:
        if not reading.free(token):
            continue
        if end < 0 or any(reading.used[end : token.start]):
            runs.append([])
        runs[-1].append(token)
        end = token.end
    for run in runs:
        for match in names.find(run):
            start, end = run[match.first].start, run[match.last].end
            key = _key(reading.text[start:end])
            if key in plain:
                continue
            reading.take(start, end)
            minus = _minus_at(signs, start)
            chips.append(
                Chip(
                    ChipKind.PERSON,
                    match.name,
                    start,
                    end,
                    match.person_id,
                    minus,
                    plain=key,
                )
            )


_OR = re.compile(r"\s*,?\s*(?:or|또는|혹은|아니면)\s*", re.IGNORECASE)


def _either(reading: Reading, chips: Sequence[Chip]) -> bool:
    """Whether any of the people will do ("Obama or Biden", 오바마나 바이든); takes the words that
    say so."""
    people = sorted(_of(chips, ChipKind.PERSON), key=lambda chip: chip.start)
    pairs = list(pairwise(people))
    said = False
    for one, other in pairs:
        gap = reading.text[one.end : other.start]
        said = _OR.fullmatch(gap) is not None or (gap.isspace() and one.plain.endswith("나"))
        if not said and gap.strip() != ",":
            return False
    if not said:
        return False  # Of "Anna, Berta" nobody says that one is enough.
    for one, other in pairs:
        reading.take(one.end, other.start)
    return bool(pairs)


def _minus_at(signs: Sequence[Sign], at: int) -> bool:
    before = [sign for sign in signs if sign.at < at]
    return bool(before) and before[-1].minus


def _terms(reading: Reading, signs: Sequence[Sign], chips: list[Chip]) -> list[Term]:
    """The parts of a sum; what is a name or a phrase in it has been taken already."""
    borders = [*(sign.at for sign in signs), len(reading.text)]
    parts = [(0, borders[0], False)]
    parts += [(sign.at, end, sign.minus) for sign, end in zip(signs, borders[1:], strict=True)]
    terms: list[Term] = []
    for start, end, minus in parts:
        left = reading.left(start, end)
        words = wording.core(left, beside_others=False) if WORD.search(left) else ""
        if words and not wording.says_nothing(words):
            terms.append(Term(words, minus))
            chips.append(Chip(ChipKind.TERM, words, start, end, None, minus, written=True))
    return terms


def _parts(reading: Reading, chips: Sequence[Chip]) -> tuple[Part, ...]:
    """What is asked of each kind, where that is more than one thing."""
    kinds = [chip for chip in chips if chip.kind is ChipKind.KIND]
    borders = [0, *(chip.start for chip in kinds), len(reading.text)]
    parts: list[Part] = []
    for at, (start, end) in enumerate(pairwise(borders)):
        kind = kinds[at - 1].value if at else None
        left = reading.left(start, end)
        words = wording.core(left, beside_others=True) if WORD.search(left) else ""
        phrases = [c for c in _of(chips, ChipKind.PHRASE) if start <= c.start < end]
        if words or phrases:
            known = kind if isinstance(kind, EvidenceKind) else None
            parts.append(Part(known, words, _texts(phrases)))
    return tuple(parts) if len({part.kind for part in parts}) > 1 else ()


def _meaning(reading: Reading, *, beside_others: bool, beside_limits: bool) -> str:
    left = reading.left()
    if not WORD.search(left):
        return ""
    meaning = wording.core(left, beside_others=beside_others)
    if beside_limits and wording.says_nothing(meaning):
        return ""
    return meaning or ("" if beside_others else left)
