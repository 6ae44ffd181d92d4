"""Takes text apart into the forms in which words are kept and compared, Korean as English.

Two-syllable Korean nouns are the rule and come with particles attached (생일 → 생일을, 생일이), so
plain words miss them and FTS5's trigrams find nothing shorter than three. Here every word of a
script written without spaces between all its words is indexed whole and as its bigrams. Keeping and
finding them is `lexicon`'s work.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

PARTICLES = (
    "에서는 에서도 으로는 으로도 에게서 한테서 까지는 부터는 이라고 이라는 "
    "에는 에도 에만 에서 에게 한테 께서 으로 까지 부터 처럼 보다 마다 조차 "
    "밖에 이나 이랑 이란 라고 라는 하고 "
    "은 는 이 가 을 를 에 의 도 만 로 와 과 랑 나 야 께"
).split()
"""Korean particles that follow a noun without a space, longest first."""

_ONE_SYLLABLE_PARTICLES = tuple(p for p in PARTICLES if len(p) == 1)
_DENSE = (
    (0x1100, 0x11FF),
    (0x3040, 0x30FF),
    (0x3130, 0x318F),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)


def words(text: str) -> list[str]:
    """The words of `text` in order, in the form they are compared in: NFKC, case folded, without
    punctuation; a change between dense script and others ends a word (BTS는 → bts, 는)."""
    return list(_words(text))


# One search takes hundreds of texts apart, word by word, and most words were there before.
@lru_cache(maxsize=1 << 15)
def _words(text: str) -> tuple[str, ...]:
    found: list[str] = []
    word: list[str] = []
    dense_before = False
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    for at, character in enumerate(folded):
        if unicodedata.category(character)[0] in "LNM":
            dense = is_dense(character)
            if word and dense is not dense_before:
                found.append("".join(word))
                word = []
            word.append(character)
            dense_before = dense
        elif character in "'’" and word and not dense_before and _letter_at(folded, at + 1):
            continue  # don't, it's: one word
        elif word:
            found.append("".join(word))
            word = []
    if word:
        found.append("".join(word))
    return tuple(found)


def terms(text: str) -> list[str]:
    """What `text` is indexed by: its words lower-cased, the bigrams of Hangul (and kana, Han)
    words, and the singular of English plurals. In order, with repetitions."""
    return [term for word in words(text) for term in _terms_of(word)]


def groups(text: str) -> list[list[str]]:
    """What to look for when somebody types `text`: for each of its words the terms that a text
    with this word, in whatever inflection and spacing, holds.

    Particles are taken off (생일을 → 생일). A compound may be written apart (생일파티, 생일 파티),
    so where that covers it a word stands for its bigrams without overlap.
    """
    found: list[list[str]] = []
    before = ""
    for word in words(text):
        glued = before and not is_dense(before[-1])
        if not is_dense(word[0]):
            found.append([_singular(word)])
        elif not (glued and word in PARTICLES):
            stem = _without_particle(word)
            found.append([stem] if len(stem) < 3 else _cover(stem))
        before = word
    return found


@lru_cache(maxsize=1 << 12)
def is_dense(character: str) -> bool:
    """Whether it belongs to a script whose words run together: Hangul, kana, Han."""
    code = ord(character)
    return code >= 0x1100 and any(low <= code <= high for low, high in _DENSE)


def _letter_at(text: str, at: int) -> bool:
    return at < len(text) and unicodedata.category(text[at])[0] == "L" and not is_dense(text[at])


def _terms_of(word: str) -> list[str]:
    if is_dense(word[0]):
        if len(word) < 3:
            return [word]
        return [word, *(word[i : i + 2] for i in range(len(word) - 1))]
    singular = _singular(word)
    return [word] if singular == word else [word, singular]


def _singular(word: str) -> str:
    """The S-stemmer: three rules for English plurals (D. Harman, JASIS 42, 1991)."""
    if len(word) < 4 or not word.isascii() or not word.endswith("s"):
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if not word.endswith(("us", "ss")):
        return word[:-1]
    return word


def _without_particle(word: str) -> str:
    for particle in PARTICLES:
        if word.endswith(particle) and len(word) - len(particle) >= 2:
            return word[: -len(particle)]
    return word


def _cover(word: str) -> list[str]:
    """Bigrams that cover a word: side by side, the last one overlapping if the length is odd."""
    starts = list(range(0, len(word) - 1, 2))
    if len(word) % 2:
        starts.append(len(word) - 2)
    return distinct(word[i : i + 2] for i in starts)


def variants(term: str) -> list[str]:
    """A one-syllable noun (물) is found with a particle (물을), without finding 물건."""
    if len(term) == 1 and is_dense(term):
        return [term, *(term + particle for particle in _ONE_SYLLABLE_PARTICLES)]
    return [term]


def distinct(items: Iterable[str]) -> list[str]:
    """The words of several texts, each once, in order: what `terms` cannot produce cannot be in an
    index either, and must not reach FTS5's syntax."""
    return list(dict.fromkeys(term for item in items for term in words(item)))
