"""Takes a sentence apart: people, quoted phrases, exclusions; what is left is meaning.

Nothing is looked up and no model is asked here; understanding the meaning is left to `retrieve`.
Nothing that a person can type raises an error.
"""

from collections.abc import Sequence

from heimdex.domain.faces import Person
from heimdex.domain.search import Query
from heimdex.search import wording
from heimdex.search.exclusions import Exclusions
from heimdex.search.korean import has_hangul
from heimdex.search.names import NameMatch, Names, Token
from heimdex.search.reading import WORD, Reading, read


def parse(text: str, people: Sequence[Person], now: int) -> Query:
    """Understand `text` as far as grammar goes.

    `people`: everybody who may be meant; unnamed and hidden ones are never found by name.
    `now`: Unix seconds, the clock that words like "last summer" are to be read against; no such
    word is read yet. Filters are set beside the sentence, not here.
    """
    reading = read(text)
    names = Names(people)
    exclusions = Exclusions(reading, names)
    phrases = [q.text for q in reading.phrases if q.text and not reading.used[q.start]]
    for quoted in reading.phrases:
        reading.take(quoted.start, quoted.end)
    found = _people(reading, names)
    return Query(
        raw=text,
        meaning=_meaning(reading, beside_others=bool(found or phrases)),
        phrases=tuple(dict.fromkeys(phrases)),
        excluded=tuple(dict.fromkeys(exclusions.texts)),
        people=tuple({match.person_id: match.name for match in found}),
        people_names=tuple({match.person_id: match.name for match in found}.values()),
        language="ko" if has_hangul(text) else "en",
        excluded_people=tuple(dict.fromkeys(exclusions.people)),
    )


def _people(reading: Reading, names: Names) -> list[NameMatch]:
    """Names among the free words; phrases and exclusions part the sentence into runs."""
    runs: list[list[Token]] = []
    end = -1
    for token in reading.tokens:
        if not reading.free(token):
            continue
        if end < 0 or any(reading.used[end : token.start]):
            runs.append([])
        runs[-1].append(token)
        end = token.end
    found: list[NameMatch] = []
    for run in runs:
        for match in names.find(run):
            found.append(match)
            reading.take(run[match.first].start, run[match.last].end)
    return found


def _meaning(reading: Reading, *, beside_others: bool) -> str:
    left = reading.left()
    if not WORD.search(left):
        return ""
    return wording.core(left, beside_others=beside_others) or ("" if beside_others else left)
