"""Finds the words of a query inside what was said, to the word: where to start, what to mark.

Which passage to look at was decided before; how evidence is shown is `explain`'s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from heimdex.domain.speech import Segment, Word
from heimdex.storage import wordforms

PAUSE_MS = 600
"""Silence that parts two sentences where the recogniser wrote no full stop."""

LEAST_WORDS = 3
"""Fewer words in a row are said by chance."""

_ENDS = (".", "?", "!", "。", "？", "！", "…")

# Words that stand in every sentence: they find nothing, though a phrase may need them.
_COMMON = frozenset(
    (
        "a an the and or but of to in on at for from with by as is are was were be been being am "
        "it its this that these those there here he she they we you i me my your his her our "
        "their them us him do does did doing done have has had having will would can could "
        "should may might not no so if then than too very just about into over under out up down "
        "off who whom which what when where why how all any some each every one someone somebody "
        "something while during scene clip video show showing shows seen"
    ).split()
) | frozenset(
    (
        "있는 있다 하는 하다 것 거 수 등 및 그 이 저 그리고 또 더 좀 잘 에서 에게 으로 대해 대한 "
        "관한 위 위의 앞 앞의 안 안의 옆 뒤 때 중 나오는 말하는 보이는 장면 영상 모습 "
        "사람 어떤 무슨"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Located:
    """[start_ms, end_ms) of speech; `at_ms` is where the first matched word (or it all) begins,
    `text` what is said there."""

    start_ms: int
    end_ms: int
    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class _Sentence:
    words: tuple[Word, ...]
    parts: frozenset[str]
    """The terms in it, as the lexicon keeps them."""

    def holds(self, group: Sequence[str]) -> bool:
        """Whether half of a word's terms are in it: compounds are written in many ways."""
        return bool(group) and 2 * sum(term in self.parts for term in group) >= len(group)


def is_common(word: str) -> bool:
    """Whether a word (in the lexicon's form) stands in every sentence and finds nothing."""
    return word in _COMMON


def content_groups(text: str) -> list[list[str]]:
    """The lexicon's groups of those words of `text` that say something; of all if none does."""
    kept = [word for word in wordforms.words(text) if word not in _COMMON]
    return wordforms.groups(" ".join(kept)) or wordforms.groups(text)


def locate(
    segments: Sequence[Segment], groups: Sequence[Sequence[str]], text: str = ""
) -> Located | None:
    """The sentences of `segments` that hold most of `groups`, or all of them when none does.

    `segments`: those of one passage, in order. `text`: the query itself; where it is said nearly
    word for word, that is the place. Otherwise starts at the first sentence that holds a word
    which no better sentence holds. None where nothing is said.
    """
    sentences = [_sentence(words) for words in sentences_of(segments)]
    if not sentences:
        return None
    verbatim = _verbatim(segments, text)
    if verbatim is not None:
        return _around(segments, *verbatim)
    held = [{at for at, group in enumerate(groups) if s.holds(group)} for s in sentences]
    best = max(range(len(sentences)), key=lambda at: (len(held[at]), -at))
    if not held[best]:
        return _located(sentences, 0, len(sentences) - 1, ())
    first = last = best
    found = set(held[best])
    # Neighbours belong to the answer while they add words that are not there yet.
    while first > 0 and held[first - 1] - found:
        first -= 1
        found |= held[first]
    while last + 1 < len(sentences) and held[last + 1] - found:
        last += 1
        found |= held[last]
    return _located(sentences, first, last, [groups[at] for at in sorted(held[first])])


def locate_phrase(segments: Sequence[Segment], phrase: str) -> Located | None:
    """Where the words of `phrase` are said one after the other, from the start of their sentence;
    None where they are not."""
    wanted = wordforms.words(phrase)
    words = [word for segment in segments for word in _timed(segment)]
    pieces = [(piece, at) for at, word in enumerate(words) for piece in wordforms.words(word.text)]
    for start in range(len(pieces) - len(wanted) + 1):
        run = [piece for piece, _ in pieces[start : start + len(wanted)]]
        if wanted and _same(run, wanted):
            first, last = pieces[start][1], pieces[start + len(wanted) - 1][1]
            return _around(segments, words[first], words[last])
    return None


def matches(text: str, groups: Iterable[Sequence[str]]) -> tuple[tuple[int, int], ...]:
    """Character ranges of the words of `text` that hold a term of a group, in order."""
    wanted = {term for group in groups for term in group}
    ranges = []
    for start, end in _spaced(text):
        if not wanted.isdisjoint(wordforms.terms(text[start:end])):
            left = len(text[start:end]) - len(text[start:end].lstrip(_SIGNS))
            right = len(text[start:end]) - len(text[start:end].rstrip(_SIGNS))
            ranges.append((start + left, end - right))
    return tuple(r for r in ranges if r[0] < r[1])


def phrase_matches(text: str, phrase: str) -> tuple[tuple[int, int], ...]:
    """Character ranges where `phrase` is said in `text`."""
    wanted = wordforms.words(phrase)
    pieces = [
        (piece, start, end)
        for start, end in _spaced(text)
        for piece in wordforms.words(text[start:end])
    ]
    found = []
    for at in range(len(pieces) - len(wanted) + 1):
        run = pieces[at : at + len(wanted)]
        if wanted and _same([piece for piece, _, _ in run], wanted):
            stretch = text[run[0][1] : run[-1][2]]
            left = len(stretch) - len(stretch.lstrip(_SIGNS))
            right = len(stretch) - len(stretch.rstrip(_SIGNS))
            found.append((run[0][1] + left, run[-1][2] - right))
    return tuple(found)


def sentences_of(segments: Sequence[Segment]) -> list[list[Word]]:
    """Cut speech at full stops and pauses; a segment without word times is one sentence."""
    sentences: list[list[Word]] = []
    for segment in segments:
        for word in _timed(segment):
            last = sentences[-1][-1] if sentences else None
            if last is None or last.text.endswith(_ENDS) or word.start_ms - last.end_ms >= PAUSE_MS:
                sentences.append([])
            sentences[-1].append(word)
    return sentences


_SIGNS = " .,;:!?…\"'“”‘’()[]«»「」『』、。，！？-–—"


def _timed(segment: Segment) -> Sequence[Word]:
    if segment.words:
        return segment.words
    text = segment.text.strip()
    return [Word(segment.start_ms, segment.end_ms, text, 1.0)] if text else []


def _sentence(words: Sequence[Word]) -> _Sentence:
    return _Sentence(tuple(words), frozenset(wordforms.terms(" ".join(w.text for w in words))))


def _located(
    sentences: Sequence[_Sentence], first: int, last: int, groups: Sequence[Sequence[str]]
) -> Located:
    words = [word for sentence in sentences[first : last + 1] for word in sentence.words]
    hit = next(
        (
            word
            for word in words
            if any(set(group) & set(wordforms.terms(word.text)) for group in groups)
        ),
        words[0],
    )
    text = " ".join(word.text for word in words)
    return Located(words[0].start_ms, max(words[-1].end_ms, words[0].start_ms), hit.start_ms, text)


def _around(segments: Sequence[Segment], first: Word, last: Word) -> Located:
    sentences = sentences_of(segments)
    begin = next(at for at, words in enumerate(sentences) if first in words)
    end = next(at for at, words in enumerate(sentences) if last in words)
    words = [word for sentence in sentences[begin : end + 1] for word in sentence]
    text = " ".join(word.text for word in words)
    return Located(words[0].start_ms, words[-1].end_ms, first.start_ms, text)


def _verbatim(segments: Sequence[Segment], text: str) -> tuple[Word, Word] | None:
    """First and last of the words that follow `text` most closely, if at least half of it does.

    Local alignment (Smith & Waterman 1981) over words: 2 for the same word, −1 for one that is
    different, too many or missing, so that a word heard wrongly does not break a sentence in two.
    """
    wanted = wordforms.words(text)
    spoken = [
        (piece, word)
        for segment in segments
        for word in _timed(segment)
        for piece in wordforms.words(word.text)
    ]
    if len(wanted) < LEAST_WORDS or len({p for p, _ in spoken} & set(wanted)) < LEAST_WORDS:
        return None
    above = [(0, 0)] * (len(spoken) + 1)
    best = (0, 0, 0)
    for word in wanted:
        row = [(0, 0)]
        for at, (piece, _) in enumerate(spoken):
            score, start = above[at]
            cell = (score + (2 if piece == word else -1), start if score else at)
            # Compared one by one: this is the innermost loop of a search.
            for other in (above[at + 1], row[at]):
                if other[0] - 1 > cell[0]:
                    cell = (other[0] - 1, other[1])
            row.append(cell if cell[0] >= 0 else (0, at))
            if row[-1][0] > best[0]:
                best = (row[-1][0], row[-1][1], at)
        above = row
    if best[0] < max(len(wanted), 2 * LEAST_WORDS):
        return None
    return spoken[best[1]][1], spoken[best[2]][1]


def _same(run: Sequence[str], wanted: Sequence[str]) -> bool:
    # The last word may go on (생일 축하 finds 생일 축하해), as in the lexicon's own phrase search.
    if list(run[:-1]) != list(wanted[:-1]):
        return False
    last = wanted[-1]
    return run[-1] == last or ("가" <= last[-1] <= "힣" and run[-1].startswith(last))


def _spaced(text: str) -> list[tuple[int, int]]:
    """Where the words of `text` between spaces are."""
    places = []
    at = 0
    for part in text.split():
        start = text.index(part, at)
        at = start + len(part)
        places.append((start, at))
    return places
