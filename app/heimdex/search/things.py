"""Finds the things in a sentence that the eyes know by name, and says whether frames show them.

Eyes that were trained on names (`domain.engines.Concepts`) see nothing of much that is asked for:
there a low similarity does not mean that it is not there. Of these things it does. What follows
from that for an answer is decided by `look` and `searcher`.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Concepts, Thing
from heimdex.search.korean import has_hangul, stem
from heimdex.search.nearest import best_rows
from heimdex.storage.compact import Among, Compact

LIKELY = 16
"""The frames nearest to a thing, in which it is looked for; 8 were enough for every thing of the
starter eyes."""

_WORD = re.compile(r"[^\W_]+")
_HISSED = re.compile(r"(?:s|x|z|ch|sh)es$")
_COUNTS = frozenset("한 두 세 네 다섯 여섯 일곱 여덟 아홉 열 몇 여러".split())
_COUNTED = "개"
"""A dog, and what things are counted by: 병 세 개 has no dog in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The things that a vision engine can judge."""

    concepts: Concepts
    _by_words: dict[tuple[str, ...], Thing]

    @classmethod
    def of(cls, concepts: Concepts) -> "Known":
        """`concepts` made ready for sentences."""
        named = {_words(name): thing for thing in concepts.things for name in thing.words}
        return cls(concepts, named)

    def named_in(self, text: str) -> dict[str, Thing]:
        """The things that `text` names, in its order, each once, by the name that was used; the
        longer name wins."""
        typed = _words(text)
        forms = [_forms(word) for word in typed]
        found: dict[str, Thing] = {}
        at = 0
        while at < len(typed):
            for length in (3, 2, 1):
                name = self._at(typed, forms, at, length)
                if name is not None:
                    thing = self._by_words[name]
                    if thing not in found.values():
                        found[" ".join(name)] = thing
                    at += length - 1
                    break
            at += 1
        return found

    def shares(self, cosines: NDArray[np.float32], thing: Thing) -> NDArray[np.float32]:
        """Of what each picture is taken for, the share that is the thing, 0..1, (n,); `cosines`:
        of the pictures to all concepts, n × concepts."""
        heat = cosines / self.concepts.heat
        heat = np.exp(heat - heat.max(axis=1, keepdims=True))
        share: NDArray[np.float32] = heat[:, thing.concepts].sum(axis=1) / heat.sum(axis=1)
        return share

    def taken_for(
        self, frames: Compact, rows: NDArray[np.int64], things: Sequence[Thing]
    ) -> NDArray[np.float32]:
        """Of what some frames are taken for, the share of each of some things, (things, rows)."""
        cosines = frames.similarities(rows, self.concepts.directions)
        return np.stack([self.shares(cosines, thing) for thing in things])

    def weights(self, shares: NDArray[np.float32]) -> NDArray[np.float32]:
        """0 for what may as well be absent, 1 for a frame that is nothing but the thing; between
        them it is the order of magnitude that counts."""
        large = np.log(np.maximum(shares, 1e-9)) / math.log(self.concepts.least)
        return np.maximum(0.0, 1 - large).astype(np.float32)

    def is_anywhere(self, thing: Thing, frames: Compact, among: Among | None) -> bool:
        """Whether one of the frames may show it, of those in `among`, where given."""
        middle = self.concepts.directions[list(thing.concepts)].sum(axis=0)
        middle /= max(float(np.linalg.norm(middle)), 1e-9)
        near = best_rows(frames.similarity(middle, among), LIKELY)
        shares = self.taken_for(frames, near, [thing])
        return bool(len(near)) and bool(shares.max() >= self.concepts.least)

    def _at(
        self, typed: Sequence[str], forms: Sequence[tuple[str, ...]], at: int, length: int
    ) -> tuple[str, ...] | None:
        if at + length > len(typed):
            return None
        before = tuple(typed[at : at + length - 1])
        for last in forms[at + length - 1]:
            counted = last == _COUNTED and at > 0 and typed[at - 1] in _COUNTS
            if (*before, last) in self._by_words and not counted:
                return (*before, last)
        return None


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _forms(word: str) -> tuple[str, ...]:
    """The word, and what it may be a form of."""
    if has_hangul(word):
        return tuple(dict.fromkeys((word, stem(word), word.removesuffix("들"), _short(word))))
    if len(word) > 4 and word.endswith("ies"):
        return (word, word[:-3] + "y", word[:-1])
    if len(word) > 4 and _HISSED.search(word):
        return (word, word[:-2], word[:-1])
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return (word, word[:-1])
    return (word,)


def _short(word: str) -> str:
    """Names of one syllable, which `stem` leaves alone: 개와, 곰이, 뱀을."""
    return word[0] if len(word) == 2 and word[1] in "가이은는을를와과의도만" else word
