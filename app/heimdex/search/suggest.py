"""Offers how a sentence may go on while it is typed: saved and recent searches, people, folders,
and words that are said. Asks no model.

What begins as something that is typed, `prefixes` knows; the window shows it and puts in what is
chosen.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from heimdex.domain.search import Suggestion, SuggestionKind
from heimdex.search.korean import has_hangul, stem
from heimdex.search.locate import is_common
from heimdex.search.names import fold
from heimdex.search.prefixes import beginning, begins
from heimdex.search.scope import folder_names
from heimdex.search.slips import is_slip, other_keyboard
from heimdex.search.towers import Roll
from heimdex.storage import vocabulary
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import Database
from heimdex.storage.searches import SearchStore

MOST = 8

_MOST_OF = {"saved": 3, "person": 3, "folder": 2, "recent": 3}
_MOST_NAME_WORDS = 3


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read last. The words are in order; `counts` says in how many passages each is."""

    people: tuple[tuple[str, str], ...] = ()
    """Spelling and the folded form of it."""
    folders: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    age: vocabulary.Age | None = None


class Suggester:
    """Suggestions of one library. `refresh` reads what there is, `suggest` answers from memory and
    is quick; the two may be called from different threads."""

    def __init__(
        self, database: Database, catalogue: Catalogue, people: Roll, searches: SearchStore
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._people = people
        self._searches = searches
        self._known = _Known()

    def refresh(self) -> None:
        """Read people, folders and, where they changed, the words that are said."""
        before = self._known
        people = dict.fromkeys(
            spelling
            for person in self._people.named()
            for spelling in (person.name or "", *person.aliases)
            if spelling
        )
        age = vocabulary.age(self._database)
        words, counts = before.words, before.counts
        if age != before.age:
            words, counts = _counted(vocabulary.spoken_words(self._database))
        self._known = _Known(
            tuple((spelling, fold(spelling)) for spelling in people),
            tuple((name, fold(name)) for name in folder_names(self._catalogue)),
            words,
            counts,
            age,
        )

    def suggest(self, text: str) -> list[Suggestion]:
        """How `text`, typed up to here, may go on, or what may have been meant by it; best first,
        at most `MOST`. For an empty text the searches that were asked lately."""
        known = self._known
        if not text.strip():
            return [_recent(each) for each in self._searches.recent()[:MOST]]
        found: list[Suggestion] = [*self._saved(text), *self._names(text, known)]
        found += self._asked(text)
        found += _words(text, known, MOST - len(found))
        return list({each.sentence: each for each in reversed(found)}.values())[::-1][:MOST]

    def _saved(self, text: str) -> list[Suggestion]:
        typed = fold(text.strip())
        fitting = [
            Suggestion(SuggestionKind.SAVED, saved.name, saved.name)
            for saved in self._searches.saved()
            if _within(fold(saved.name), typed)
        ]
        return fitting[: _MOST_OF["saved"]]

    def _names(self, text: str, known: _Known) -> list[Suggestion]:
        """People and folders whose names begin with the last words."""
        found: list[Suggestion] = []
        for kind, names in (
            (SuggestionKind.PERSON, known.people),
            (SuggestionKind.FOLDER, known.folders),
        ):
            some: dict[str, Suggestion] = {}
            for before, typed in _endings(text):
                for name, folded in names:
                    if folded != typed and _within(folded, typed) and name not in some:
                        put = name if kind is SuggestionKind.PERSON else _in_folder(name)
                        some[name] = Suggestion(kind, name, f"{before}{put} ")
            if not some and kind is SuggestionKind.PERSON:
                some = _meant(text, names)
            found += list(some.values())[: _MOST_OF[kind]]
        return found

    def _asked(self, text: str) -> list[Suggestion]:
        typed = fold(" ".join(text.split()))
        recent = [_recent(each) for each in self._searches.recent() if _goes_on(fold(each), typed)]
        return recent[: _MOST_OF["recent"]]


def _meant(text: str, names: Sequence[tuple[str, str]]) -> dict[str, Suggestion]:
    """People whose names somebody slipped at, or typed with the other keyboard."""
    some: dict[str, Suggestion] = {}
    for before, typed in _endings(text):
        keys = other_keyboard(typed)
        for name, folded in names:
            slipped = any(is_slip(typed, each) for each in (folded, *folded.split()))
            if slipped or (len(keys) > 1 and (folded == keys or _within(folded, keys))):
                some.setdefault(name, Suggestion(SuggestionKind.PERSON, name, f"{before}{name} "))
    return some


def _recent(text: str) -> Suggestion:
    return Suggestion(SuggestionKind.RECENT, text, text)


def _endings(text: str) -> Iterable[tuple[str, str]]:
    """The last words of `text`, longest run first, folded; each with what stands before."""
    if text[-1:].isspace():
        return
    starts = [at for at in range(len(text)) if not text[at].isspace() and _begins_word(text, at)]
    for start in starts[-_MOST_NAME_WORDS:]:
        yield text[:start], fold(text[start:])


def _begins_word(text: str, at: int) -> bool:
    return at == 0 or text[at - 1].isspace() or text[at - 1] in "\"'“(:-"


def _within(name: str, typed: str) -> bool:
    """Whether a name, or one of its words, begins with what is typed."""
    places = [at for at in range(len(name)) if at == 0 or name[at - 1] in " -_."]
    return any(begins(name[at:], typed) for at in places)


def _goes_on(text: str, typed: str) -> bool:
    return text != typed and begins(text, typed)


def _in_folder(name: str) -> str:
    return f'folder:"{name}"' if any(c.isspace() for c in name) else f"folder:{name}"


def _words(text: str, known: _Known, most: int) -> list[Suggestion]:
    endings = list(_endings(text))
    if not endings or most <= 0:
        return []
    before, typed = endings[-1]
    if len(typed) < (1 if has_hangul(typed) else 2):
        return []
    places = [at for at in beginning(known.words, typed) if known.words[at] != typed]
    keys = other_keyboard(typed)
    if not places and len(keys) > 1:
        places = beginning(known.words, keys)
    best = heapq.nsmallest(most, places, key=lambda at: (-known.counts[at], known.words[at]))
    return [
        Suggestion(SuggestionKind.WORD, known.words[at], f"{before}{known.words[at]} ")
        for at in best
    ]


def _counted(spoken: Sequence[tuple[str, int]]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Words worth offering, in order, without the particles they were said with."""
    counts: Counter[str] = Counter()
    for word, passages in spoken:
        bare = stem(word)
        if len(bare) >= (2 if has_hangul(bare) else 3) and not is_common(bare):
            counts[bare] += passages
    words = tuple(sorted(word for word in counts if not word.isdigit()))
    return words, tuple(counts[word] for word in words)
