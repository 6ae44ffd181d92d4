"""Finds what a query rules out: `-word`, `NOT word`, `, not the tower`, `식당은 빼고`, `바다 말고`.

What ruling out does to the answers is left to `retrieve`.
"""

import re
from collections.abc import Sequence

from heimdex.domain.search import Chip, ChipKind
from heimdex.search import wording
from heimdex.search.korean import stem
from heimdex.search.names import Names, Token
from heimdex.search.reading import WORD, Quoted, Reading

_MINUS = "-−–"
_CLAUSE_END = re.compile(r"[,;:.!?]")
_MOST_WORDS = 4
_MOST_NAME_WORDS = 6


class Exclusions:
    """Takes the excluded parts out of a reading; they end up in `chips`, all of them negated.
    `plain`: folded words that are not excluded although they look like it."""

    def __init__(self, reading: Reading, names: Names, plain: frozenset[str] = frozenset()) -> None:
        self.chips: list[Chip] = []
        self._reading = reading
        self._names = names
        self._plain = plain
        for quoted in reading.phrases:
            at = quoted.start - 1
            free = not reading.used[quoted.start]
            if free and at >= 0 and reading.text[at] in _MINUS and _begins(reading.text, at):
                self._quoted(quoted, at, quoted.end)
        for at, token in enumerate(reading.tokens):
            if not reading.free(token):
                continue
            if _has_minus(reading.text, token):
                group = self._hyphenated(at)
                self._words(group, token.start - 1, group[-1].end, written=True)
            elif wording.is_except(token.text):
                self._before(at)
            elif self._is_not(at):
                self._after(at)

    def _quoted(self, quoted: Quoted, start: int, end: int) -> None:
        if quoted.text:
            self.chips.append(
                Chip(ChipKind.WORDS, quoted.text, start, end, negated=True, written=True)
            )
        self._reading.take(start, end)

    def _words(self, tokens: Sequence[Token], start: int, end: int, *, written: bool) -> None:
        plain = " ".join(token.folded for token in tokens)
        if not written and plain in self._plain:
            return
        matches = self._names.find(tokens)
        for match in matches:
            self.chips.append(
                Chip(ChipKind.PERSON, match.name, start, end, match.person_id, True, written, plain)
            )
        # What a name leaves over belongs to the name's clause ("not Obama speaking").
        if not matches:
            words = " ".join(stem(token.text) for token in tokens)
            self.chips.append(Chip(ChipKind.WORDS, words, start, end, None, True, written, plain))
        self._reading.take(start, end)

    def _before(self, at: int) -> None:
        """`식당은 빼고`: what stands before the word is excluded."""
        reading = self._reading
        here = reading.tokens[at]
        for quoted in reversed(reading.phrases):
            between = reading.text[quoted.end : here.start]
            # One particle may stand between: "생일 축하"는 빼고.
            if (
                quoted.end <= here.start
                and len(between.strip()) <= 2
                and " " not in between.strip()
            ):
                if not reading.used[quoted.start]:
                    self._quoted(quoted, quoted.start, here.end)
                return
        first = at - 1
        while first > 0 and at - first < 3 and wording.is_filler(reading.tokens[first].text):
            first -= 1
        if first < 0 or not reading.free(reading.tokens[first]):
            return
        group = [reading.tokens[first]]
        # "…하지 말고" says "instead of doing", which excludes no thing.
        if here.text.startswith("말고") and group[0].text.endswith("지"):
            return
        if first > 0 and reading.free(reading.tokens[first - 1]):
            # A name of two words, "버락 오바마 빼고".
            pair = [reading.tokens[first - 1], group[0]]
            matches = self._names.find(pair)
            if len(matches) == 1 and (matches[0].first, matches[0].last) == (0, 1):
                group = pair
        self._words(group, group[0].start, here.end, written=False)

    def _after(self, at: int) -> None:
        """`NOT word`, `, but not at the restaurant`: what follows is excluded."""
        reading = self._reading
        here = reading.tokens[at]
        for quoted in reading.phrases:
            if quoted.start >= here.end and not WORD.search(reading.text[here.end : quoted.start]):
                self._quoted(quoted, here.start, quoted.end)
                return
        named = self._names.find(reading.tokens[at + 1 : at + 1 + _MOST_NAME_WORDS])
        if here.text == "NOT" and named and named[0].first == 0:
            # However many words somebody's name has, NOT takes all of it.
            last = reading.tokens[at + 1 + named[0].last]
            group = reading.tokens[at + 1 : at + 2 + named[0].last]
            if reading.open(here.end, last.end):
                self._words(group, here.start, last.end, written=True)
                return
        group = []
        end = here.end
        for token in reading.tokens[at + 1 :]:
            gap = reading.text[end : token.start]
            ends = _CLAUSE_END.search(gap) or any(reading.used[end : token.start])
            if (
                ends
                or not reading.free(token)
                or any(end <= quoted.start < token.start for quoted in reading.phrases)
            ):
                break
            if group:
                # The operator takes one word or one capitalised name, a clause some words more.
                one = here.text == "NOT" and not _is_name([group[-1], token])
                if one or wording.is_joint(token.text) or len(group) == _MOST_WORDS:
                    break
            if group or not wording.is_small(token.text):
                group.append(token)
            end = token.end
        if not group:
            return
        start = here.start
        if at > 0 and reading.tokens[at - 1].folded == "but":
            start = reading.tokens[at - 1].start
        self._words(group, start, group[-1].end, written=here.text == "NOT")

    def _is_not(self, at: int) -> bool:
        token = self._reading.tokens[at]
        if token.text == "NOT":
            return True
        if token.folded != "not" or at == 0:
            return False
        before = self._reading.tokens[at - 1]
        # Inside a clause "not" is part of what is said ("ask not what your country can do").
        gap = self._reading.text[before.end : token.start]
        return before.folded == "but" or _CLAUSE_END.search(gap) is not None

    def _hyphenated(self, at: int) -> list[Token]:
        group = [self._reading.tokens[at]]
        for token in self._reading.tokens[at + 1 :]:
            if self._reading.text[group[-1].end : token.start] != "-":
                break
            group.append(token)
        return group


def _begins(text: str, at: int) -> bool:
    return at == 0 or text[at - 1].isspace()


def _has_minus(text: str, token: Token) -> bool:
    at = token.start - 1
    return at >= 0 and text[at] in _MINUS and _begins(text, at) and token.text[0].isalpha()


def _is_name(tokens: Sequence[Token]) -> bool:
    return all(token.text[:1].isupper() for token in tokens)
