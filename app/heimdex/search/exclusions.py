"""Finds what a query rules out: `-word`, `NOT word`, `, not the tower`, `식당은 빼고`, `민수 없는`.

The words that do it are recognised by `negations`; what ruling out does to the answers is left to
`look`.
"""

import re
from collections.abc import Sequence

from heimdex.domain.search import Chip, ChipKind
from heimdex.search import wording
from heimdex.search.korean import bare, joins, modifies
from heimdex.search.names import Names, Token
from heimdex.search.negations import Negation, is_thing, negation
from heimdex.search.operators import Found
from heimdex.search.reading import WORD, Quoted, Reading

_MINUS = "-−–"
_CLAUSE_END = re.compile(r"[,;:.!?()\[\]]")
_MOST_WORDS = 4
_MOST_NAME_WORDS = 6


class Exclusions:
    """Takes the excluded parts out of a reading; they end up in `chips`, all of them negated.
    `plain`: folded words that are not excluded although they look like it. `against`: operators
    whose words are ruled out (`-said:`)."""

    def __init__(
        self,
        reading: Reading,
        names: Names,
        plain: frozenset[str] = frozenset(),
        against: Sequence[Found] = (),
    ) -> None:
        self.chips: list[Chip] = []
        self._reading = reading
        self._names = names
        self._plain = plain
        self._spoken = wording.spoken(reading.text)
        for operator in against:
            self._operator(operator)
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
                continue
            found = negation(reading.text, reading.tokens, at)
            if found is None:
                continue
            if found.before:
                self._before(found)
            else:
                self._after(found)

    def _quoted(self, quoted: Quoted, start: int, end: int) -> None:
        if quoted.text:
            self.chips.append(
                Chip(ChipKind.WORDS, quoted.text, start, end, negated=True, written=True)
            )
        self._reading.take(start, end)

    def _operator(self, found: Found) -> None:
        """`-who:Anna`, `-said:peace`, `-text:"exit"`."""
        reading = self._reading
        for quoted in reading.phrases:
            if quoted.start >= found.end and not reading.text[found.end : quoted.start].strip():
                self._quoted(quoted, found.start, quoted.end)
                return
        tokens = [token for token in reading.tokens if token.start >= found.end]
        if not tokens or reading.text[found.end : tokens[0].start].strip():
            return
        named = self._names.find(tokens[:_MOST_NAME_WORDS])
        first = bool(named) and named[0].first == 0
        group = tokens[: named[0].last + 1 if first else 1]
        self._words(group, found.start, group[-1].end, written=True)

    def _words(
        self,
        tokens: Sequence[Token],
        start: int,
        end: int,
        *,
        written: bool,
        subject: bool = False,
    ) -> None:
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
            *front, last = (token.text for token in tokens)
            words = " ".join([*front, last if written else bare(last, subject=subject)])
            self.chips.append(Chip(ChipKind.WORDS, words, start, end, None, True, written, plain))
        self._reading.take(start, end)

    def _before(self, found: Negation) -> None:
        """`식당은 빼고`, `군인은 안 나오는`: what stands before the words is excluded."""
        reading = self._reading
        here, end = reading.tokens[found.at], reading.tokens[found.last].end
        for quoted in reversed(reading.phrases):
            between = reading.text[quoted.end : here.start]
            # One particle may stand between: "생일 축하"는 빼고.
            if (
                quoted.end <= here.start
                and len(between.strip()) <= 2
                and " " not in between.strip()
            ):
                if not reading.used[quoted.start]:
                    self._quoted(quoted, quoted.start, end)
                return
        first = found.at - 1
        if found.named and first > 0 and reading.tokens[first].folded in ("is", "are", "was"):
            first -= 1
        while first > 0 and found.at - first < 3 and wording.is_filler(reading.tokens[first].text):
            first -= 1
        if first < 0 or not reading.free(reading.tokens[first]):
            return
        group = [reading.tokens[first]]
        # "…하지 말고" says "instead of doing", which excludes no thing.
        if here.text.startswith("말") and group[0].text.endswith("지"):
            return
        if found.named and not self._names.find(group):
            return
        if found.soft and not self._meant(group[0]):
            return
        if first > 0 and reading.free(reading.tokens[first - 1]):
            # A name of two words, "버락 오바마 빼고".
            pair = [reading.tokens[first - 1], group[0]]
            matches = self._names.find(pair)
            if len(matches) == 1 and (matches[0].first, matches[0].last) == (0, 1):
                group, first = pair, first - 1
        while not self._names.find(group) and first > 0 and self._belongs(first - 1):
            first -= 1
            group = [reading.tokens[first], *group]
        self._words(
            group, group[0].start, end, written=False, subject=found.last > found.at or found.soft
        )
        while first > 0 and self._joined(first - 1):
            first -= 1
            token = reading.tokens[first]
            self._words([token], token.start, token.end, written=False)

    def _meant(self, token: Token) -> bool:
        """Whether 없는 and its like rule a word out; they are often only part of what is said."""
        if self._names.find([token]):
            return not self._spoken or token.text.endswith(("은", "는"))
        return not self._spoken and is_thing([bare(token.text)])

    def _belongs(self, at: int) -> bool:
        """Whether a token says which of the things behind it: 빨간 차 빼고."""
        reading = self._reading
        token, following = reading.tokens[at], reading.tokens[at + 1]
        gap = reading.text[token.end : following.start]
        return reading.free(token) and not gap.strip() and modifies(token.text)

    def _joined(self, at: int) -> bool:
        """Whether a token is excluded together with the one behind it: 강아지와 고양이는 빼고."""
        reading = self._reading
        token, following = reading.tokens[at], reading.tokens[at + 1]
        gap = reading.text[token.end : following.start]
        if not reading.free(token) or len(gap.strip()) > 1:
            return False
        if "," in gap:
            return bool(self._names.find([token]) and self._names.find([following]))
        return not gap.strip() and joins(token.text)

    def _after(self, found: Negation) -> None:
        """`NOT word`, `, but not at the restaurant`: what follows is excluded."""
        reading = self._reading
        at = found.last
        start, end = reading.tokens[found.at].start, reading.tokens[at].end
        for quoted in reading.phrases:
            if quoted.start >= end and not WORD.search(reading.text[end : quoted.start]):
                self._quoted(quoted, start, quoted.end)
                return
        following = reading.tokens[at + 1 : at + 1 + _MOST_NAME_WORDS]
        named = self._names.find(following)
        if (found.operator or found.near) and named and named[0].first == 0:
            # However many words somebody's name has, NOT takes all of it.
            group = following[: named[0].last + 1]
            if reading.open(end, group[-1].end):
                self._words(group, start, group[-1].end, written=found.operator)
                return
        if found.named:
            return
        group = self._following(found, end)
        words = [token.text for token in group]
        doing = reading.tokens[at].folded != "without"
        if not group or (found.soft and (self._spoken or not is_thing(words, doing=doing))):
            return
        if found.at > 0 and reading.tokens[found.at - 1].folded == "but":
            start = reading.tokens[found.at - 1].start
        self._words(group, start, group[-1].end, written=found.operator)

    def _following(self, found: Negation, end: int) -> list[Token]:
        """The words that a negation takes."""
        reading = self._reading
        group: list[Token] = []
        for token in reading.tokens[found.last + 1 :]:
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
                one = found.operator and not _is_name([group[-1], token])
                if one or wording.is_joint(token.text) or len(group) == _MOST_WORDS:
                    break
                if found.near and wording.is_preposition(token.text):
                    break
            if group or not wording.is_small(token.text):
                group.append(token)
            end = token.end
        return group

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
