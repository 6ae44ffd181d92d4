"""Words that begin as something that is being typed, in the middle of a Hangul syllable too.

Whoever types 생일 passes through ㅅ, 새, 생 and 생이: each of them must find it. What the words are
is told by the caller.
"""

from bisect import bisect_left
from collections.abc import Sequence

_FIRST = 0xAC00
_LAST = 0xD7A3
_FINALS = 28
_OF_INITIAL = 21 * _FINALS
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FINAL = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_DOUBLE = {
    "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ",
    "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ", "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
}  # fmt: skip
_END = "\U0010ffff"

Range = tuple[str, str]
"""[low, high] of words in the order of their code points."""


def ranges(typed: str) -> list[Range]:
    """Where words that begin with `typed` (folded, NFC) stand in an ordered list."""
    if not typed:
        return []
    head, last = typed[:-1], typed[-1]
    if last in _INITIALS:
        return [_initial(head, last)]
    if not _FIRST <= ord(last) <= _LAST:
        return [(typed, typed + _END)]
    final = (ord(last) - _FIRST) % _FINALS
    open_syllable = ord(last) - final
    if final == 0:
        return [(typed, head + chr(open_syllable + _FINALS - 1) + _END)]
    consonant = _FINAL[final]
    found = [(typed, typed + _END)]
    # The final consonant may become the first of two (갑 on the way to 값) …
    for double, parts in _DOUBLE.items():
        if parts[0] == consonant:
            longer = head + chr(open_syllable + _FINAL.index(double))
            found.append((longer, longer + _END))
    # … or the first of the next syllable (갑 on the way to 가방).
    pair = _DOUBLE.get(consonant, " " + consonant)
    kept, moved = pair[0], pair[1]
    if moved in _INITIALS:
        found.append(_initial(head + chr(open_syllable + _FINAL.index(kept)), moved))
    return found


def begins(word: str, typed: str) -> bool:
    """Whether a folded word begins with what is typed."""
    return any(low <= word <= high for low, high in ranges(typed))


def beginning(ordered: Sequence[str], typed: str) -> list[int]:
    """Places in an ordered list of folded words that begin with what is typed."""
    found: list[int] = []
    for low, high in ranges(typed):
        found += range(bisect_left(ordered, low), bisect_left(ordered, high))
    return found


def _initial(head: str, consonant: str) -> Range:
    first = _FIRST + _INITIALS.index(consonant) * _OF_INITIAL
    # The consonant alone is listed before all of its syllables.
    return head + chr(first), head + chr(first + _OF_INITIAL - 1) + _END
