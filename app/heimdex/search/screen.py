"""Finds text on the screen that answers a sentence: the words themselves, and words like them.

What is written on one screen stands in several lines, so those that are seen together count as one
text. Joining it with what is said and seen is left to `moments` and `ranking`.

Readers slip: a letter is taken for another, a space is lost. So of every longer word also those on
the shelf count, a little less, that are one letter away (Levenshtein 1966), look the same to a
reader (rn and m, 0 and o), or have the word and another run together.
"""

import math
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from heimdex.domain.ids import VideoId
from heimdex.domain.ocr import OcrLine
from heimdex.search.calibration import CUT, covered
from heimdex.search.candidates import Candidate, Channel, Ranking, Span
from heimdex.search.locate import content_groups, matches, phrase_matches
from heimdex.storage import wordforms
from heimdex.storage.lexicon import Lexicon
from heimdex.storage.stages import StageStore

DEPTH = 40
"""Screens brought home."""

LINES = 300
_VIDEOS = 60
"""Lines, and videos, looked at for them."""

LEAST = 0.1
"""Confidence below which a screen is not worth looking at."""

PHRASE = 0.95
"""Confidence of exactly the quoted words."""

NEARLY = 0.8
"""What a word counts that is only nearly there."""

LONGEST_MS = 15_000
"""What stays longer is a logo or a heading: the moment is where it appears."""

BETWEEN = " · "
"""Stands between two lines of one screen."""

_SHORTEST = 5
"""Letters; of shorter words too many others are one letter away."""

_MANY = 5_000
_RARE = math.log(1 + 19)
"""Weight of a word that is in one line of twenty."""

_LARGE = 20_000
_AGE_S = 60.0
_END = 2

_TOGETHER_MS = -500
"""Lines that follow each other so closely are one screen: captions come in line by line."""

# Words that say that something is written, and where; they stand on no screen themselves.
_WRITTEN = frozenset(
    (
        "sign signs title titles caption captions subtitle subtitles text texts logo logos screen "
        "banner label headline written reads reading letters words word credits slide "
        "자막 자막이 제목 간판 표지판 글자 글씨 로고 화면 화면에 문구 현수막 적힌 쓰인 써있는 적혀"
    ).split()
)

Group = Sequence[str]


@dataclass(frozen=True, slots=True)
class _Held:
    """A line with how much of each group of the query it holds, 0..1."""

    line: OcrLine
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """The words on the shelf as they were in `state`: (word, how it looks) by the first and by the
    last letters of the latter."""

    state: tuple[int, int]
    read_at: float
    count: int
    by_start: dict[str, list[tuple[str, str]]]
    by_end: dict[str, list[tuple[str, str]]]


class Screen:
    """The text on the screens of a library, and search over it. Never raises on any text."""

    def __init__(self, stages: StageStore, shelf: Lexicon) -> None:
        self._stages = stages
        self._shelf = shelf
        self._known: _Known | None = None

    def written(self, text: str, videos: Collection[VideoId] | None) -> Ranking:
        """Screens that hold words of `text`, those that hold most of it first."""
        groups = _asked_for(text)
        near = [self._near(group) for group in groups]
        found: Ranking = []
        weights = self._shelf.weights(groups)
        total = sum(weights) or 1.0
        for video_id, lines in self._hits(groups, near, videos).items():
            for screen in self._screens(video_id, lines, groups, near):
                best = [max(shares) for shares in zip(*(h.shares for h in screen), strict=True)]
                share = sum(w * b for w, b in zip(weights, best, strict=True)) / total
                sure = covered(share, len(groups))
                if len(groups) == 1 and best[0] <= NEARLY and not _looks_so(groups[0], screen):
                    sure = min(sure, CUT - 0.01)
                if sure >= LEAST:
                    terms = [*groups, *(list(each) for each in near)]
                    found.append(_candidate(video_id, screen, sure, terms))
        return sorted(found, key=lambda c: (-c.confidence, c.video_id, c.start_ms))[:DEPTH]

    def phrases(self, wanted: Sequence[str], videos: Collection[VideoId] | None) -> Ranking:
        """Screens that show every phrase of `wanted`, each with its words in their order."""
        found: Ranking = []
        if not wanted:
            return found
        groups = [group for phrase in wanted for group in wordforms.groups(phrase)]
        near: list[frozenset[str]] = [frozenset()] * len(groups)
        for video_id, lines in self._hits(groups, near, videos).items():
            for screen in self._screens(video_id, lines, groups, near):
                shown = [line.text for line in _in_order(held.line for held in screen)]
                text = BETWEEN.join(shown)
                if all(phrase_matches(text, phrase) for phrase in wanted):
                    found.append(_candidate(video_id, screen, PHRASE, groups))
        return found[:DEPTH]

    def spans(self, words: str, videos: Collection[VideoId] | None) -> list[Span]:
        """Where all of `words` are on the screen, to be left out."""
        groups = content_groups(words)
        near: list[frozenset[str]] = [frozenset()] * len(groups)
        return [
            Span(video_id, min(h.line.start_ms for h in screen), max(h.line.end_ms for h in screen))
            for video_id, lines in self._hits(groups, near, videos).items()
            for screen in self._screens(video_id, lines, groups, near)
            if all(max(s) >= 1 for s in zip(*(h.shares for h in screen), strict=True))
        ]

    def _hits(
        self,
        groups: Sequence[Group],
        near: Sequence[frozenset[str]],
        videos: Collection[VideoId] | None,
    ) -> dict[VideoId, list[int]]:
        """The lines that hold anything of it, by video, the most fitting first.

        On a large shelf words that are everywhere bring no lines of their own: sorting all of
        them would take longer than everything else.
        """
        wide = [[*group, *sorted(more)] for group, more in zip(groups, near, strict=True)]
        if self._shelf.state()[0] > _MANY:
            weights = self._shelf.weights(groups)
            rare = [g for g, weight in zip(wide, weights, strict=True) if weight >= _RARE]
            if found := self._lines(rare, videos):
                return found
        return self._lines(wide, videos)

    def _lines(
        self, groups: Sequence[Group], videos: Collection[VideoId] | None
    ) -> dict[VideoId, list[int]]:
        found: dict[VideoId, list[int]] = {}
        for hit in self._shelf.search(groups, LINES, videos):
            if hit.video_id in found or len(found) < _VIDEOS:
                found.setdefault(hit.video_id, []).append(hit.index)
        return found

    def _screens(
        self,
        video_id: VideoId,
        lines: Collection[int],
        groups: Sequence[Group],
        near: Sequence[frozenset[str]],
    ) -> list[list[_Held]]:
        """Lines of one video that hold something of it, those seen together joined."""
        held = []
        for line in self._stages.ocr_lines(video_id, lines):
            there = set(wordforms.terms(line.text))
            shares = tuple(_share(there, g, more) for g, more in zip(groups, near, strict=True))
            if any(shares):
                held.append(_Held(line, shares))
        screens: list[list[_Held]] = []
        seen: set[frozenset[int]] = set()
        for one in sorted(held, key=lambda h: (-sum(h.shares), h.line.start_ms)):
            together = [other for other in held if _overlap_ms(one.line, other.line) > _TOGETHER_MS]
            screen = _needed(one, together)
            key = frozenset(h.line.index for h in screen)
            if not any(key <= other for other in seen):
                seen.add(key)
                screens.append(screen)
        return screens

    def _near(self, group: Group) -> frozenset[str]:
        """Words on the shelf that may be the group's one word, misread."""
        if len(group) != 1 or len(group[0]) < _SHORTEST:
            return frozenset()
        word = group[0]
        if not word.isascii() and "가" <= word[0] <= "힣":
            return frozenset()  # Bigrams forgive a misread syllable by themselves.
        looks = _looks(word)
        known = self._vocabulary()
        # One letter that differs is in one half of the word, so the other end is the same.
        ends = {*known.by_start.get(looks[:_END], ()), *known.by_end.get(looks[-_END:], ())}
        return frozenset(
            other
            for other, other_looks in ends
            if other != word
            and (_one_apart(looks, other_looks) or _run_together(looks, other_looks))
        )

    def _vocabulary(self) -> "_Known":
        """The longer words on the shelf; read again when lines came or went, a large shelf not for
        every video that is indexed meanwhile."""
        state, now = self._shelf.state(), time.monotonic()
        known = self._known
        if known is None or (
            known.state != state and (known.count <= _LARGE or now - known.read_at >= _AGE_S)
        ):
            known = _known(self._shelf.vocabulary(), state, now)
            self._known = known
        return known


def _known(vocabulary: Iterable[str], state: tuple[int, int], now: float) -> _Known:
    words = [(word, _looks(word)) for word in vocabulary if len(word) >= _SHORTEST - 1]
    by_start: dict[str, list[tuple[str, str]]] = {}
    by_end: dict[str, list[tuple[str, str]]] = {}
    for pair in words:
        by_start.setdefault(pair[1][:_END], []).append(pair)
        by_end.setdefault(pair[1][-_END:], []).append(pair)
    return _Known(state, now, len(words), by_start, by_end)


def _asked_for(text: str) -> list[list[str]]:
    """The groups of what may be written; words like "sign" only say that it is."""
    words = text.split()
    kept = [word for word in words if not _WRITTEN.issuperset(wordforms.words(word))]
    return content_groups(" ".join(kept)) or content_groups(text)


def _share(there: set[str], group: Group, near: frozenset[str]) -> float:
    exact = sum(term in there for term in group) / len(group) if group else 0.0
    # Half of a compound is another word.
    exact = exact if exact >= 0.5 else 0.0
    return max(exact, NEARLY if not near.isdisjoint(there) else 0.0)


def _looks_so(group: Group, screen: Sequence[_Held]) -> bool:
    """Whether a word is there that looks like the one that is asked for, or holds it. Where it is
    the only one, another letter makes another word of it (share of shark) as often as a slip."""
    looks = _looks(group[0])
    return any(
        _looks(term) == looks or _run_together(looks, _looks(term))
        for held in screen
        for term in wordforms.terms(held.line.text)
    )


def _needed(one: _Held, together: Sequence[_Held]) -> list[_Held]:
    """`one` with those lines beside it that bring what is not there yet."""
    screen = [one]
    best = list(one.shares)
    for other in sorted(together, key=lambda h: (-sum(h.shares), h.line.start_ms)):
        if any(share > so_far for share, so_far in zip(other.shares, best, strict=True)):
            screen.append(other)
            best = [max(pair) for pair in zip(best, other.shares, strict=True)]
    return screen


def _candidate(
    video_id: VideoId, screen: Sequence[_Held], sure: float, groups: Iterable[Group]
) -> Candidate:
    lines = _in_order(held.line for held in screen)
    # The moment begins when all of it is there.
    start_ms = max(line.start_ms for line in lines)
    end_ms = max(min(line.end_ms for line in lines), start_ms + 1)
    text = BETWEEN.join(line.text for line in lines)
    return Candidate(
        Channel.TEXT,
        video_id,
        start_ms,
        min(end_ms, start_ms + LONGEST_MS),
        start_ms,
        sure,
        text,
        matches(text, groups),
    )


def _in_order(lines: Iterable[OcrLine]) -> list[OcrLine]:
    """As they are read: from above to below, what stands in one row from left to right."""
    rows: list[list[OcrLine]] = []
    for line in sorted(lines, key=lambda line: (line.box[1] + line.box[3], line.box[0])):
        first = rows[-1][0].box if rows else None
        middle = (line.box[1] + line.box[3]) / 2
        if first is not None and first[1] < middle < first[3]:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.box[0])]


def _overlap_ms(one: OcrLine, other: OcrLine) -> int:
    return min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)


_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b", "|": "l"})


def _looks(word: str) -> str:
    """Letters that a reader takes for each other made one."""
    return word.replace("rn", "m").replace("vv", "w").replace("cl", "d").translate(_ALIKE)


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter changed, added or left out makes `other` of `one`."""
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < _SHORTEST - 1:
        return False
    if one == other:
        return True
    at = 0
    while at < min(len(one), len(other)) and one[at] == other[at]:
        at += 1
    if len(one) == len(other):
        return one[at + 1 :] == other[at + 1 :]
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[at + 1 :] == shorter[at:]


def _run_together(word: str, other: str) -> bool:
    """Whether `other` is the word and another one without the space between."""
    if len(other) < len(word) + _SHORTEST:
        return False
    return other.startswith(word) or other.endswith(word)
