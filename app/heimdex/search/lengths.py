"""Finds how long a video shall be: "longer than 5 minutes", 10분 이상, `<30s`, short clips.

What else of the sentence is taken is told by the caller.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from heimdex.domain.search import Length

SHORT_MS = 60_000
"""A "short" video has at most this."""

LONG_MS = 600_000
"""A "long" one has at least this."""

_UNIT = r"(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|초|분|시간)(?![A-Za-z])"
_WHOLE = r"(?:seconds?|minutes?|hours?)(?![A-Za-z])"
_WORDS = {
    word: at
    for at, word in enumerate("one two three four five six seven eight nine ten".split(), 1)
} | {"a": 1, "an": 1, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "half an": 0.5}
_KO_WORDS = {
    word: at for at, word in enumerate("한 두 세 네 다섯 여섯 일곱 여덟 아홉 열".split(), 1)
}
_WORD = "|".join(sorted((word.replace(" ", r"\s+") for word in _WORDS), key=len, reverse=True))
_ONE = (
    rf"(?:\d{{1,4}}(?:\.\d+)?\s*{_UNIT}|(?:{_WORD})\s+{_WHOLE}"
    rf"|(?:{'|'.join(_KO_WORDS)})\s?시간(?:\s?반)?)"
)
_AMOUNT = rf"{_ONE}(?:\s*(?:and\s+)?\d{{1,2}}\s*{_UNIT})?"
_PART = re.compile(
    rf"(\d{{1,4}}(?:\.\d+)?|{_WORD}|{'|'.join(_KO_WORDS)})[\s-]*({_UNIT})", re.IGNORECASE
)
_VIDEO = r"(?:videos?|clips?|recordings?|footage)\b"
_LONG = r"(?:\s+(?:long|in\s+length))?(?![A-Za-z0-9])"

_THAT = r"(?:that\s+(?:is|are)\s+)?"
_LEAST = _THAT + r"(?:longer\s+than|more\s+than|over|at\s+least)\s+|longer:\s?|[>≥]=?\s?"
_MOST = _THAT + r"(?:shorter\s+than|less\s+than|under|at\s+most)\s+|shorter:\s?|[<≤]=?\s?"
_RULES = tuple(
    (re.compile(pattern, re.IGNORECASE), side)
    for pattern, side in (
        (rf"(?<!\w)between\s+(?P<a>\d+(?:\s*{_UNIT})?)\s+and\s+(?P<b>{_AMOUNT}){_LONG}", "both"),
        (
            rf"(?<![\d가-힣])(?P<a>\d+(?:\s*{_UNIT})?)\s*[~∼–-]\s*(?P<b>{_ONE})\s*(?:짜리|long)",
            "both",
        ),
        (
            rf"(?<![\w가-힣])(?P<a>{_ONE})\s*(?:에서|부터)\s*(?P<b>{_ONE})\s*(?:사이|까지)(?:의|인)?",
            "both",
        ),
        (rf"(?<!\w)(?:{_LEAST})(?P<b>{_AMOUNT}){_LONG}", "least"),
        (rf"(?<!\w)(?:{_MOST})(?P<b>{_AMOUNT}){_LONG}", "most"),
        (rf"(?<!\w)(?P<b>{_AMOUNT})\s+or\s+(?:longer|more)\b", "least"),
        (rf"(?<!\w)(?P<b>{_AMOUNT})\s+or\s+(?:shorter|less)\b", "most"),
        (
            rf"(?<![\w])(?P<b>{_AMOUNT})\s*(?:이상|초과|넘는|넘게|보다\s*더?\s*긴)(?:의|인)?(?![가-힣])",
            "least",
        ),
        (
            rf"(?<![\w])(?P<b>{_AMOUNT})\s*(?:이하|미만|이내|안\s?되는|보다\s*더?\s*짧은)(?:의|인)?(?![가-힣])",
            "most",
        ),
        (rf"(?<![\w])(?P<b>{_AMOUNT})\s?짜리", "about"),
        (
            rf"(?<!\w)(?P<b>\d{{1,3}}[\s-](?:second|minute|min|hour))(?:[\s-]long)?(?=\s+{_VIDEO})",
            "about",
        ),
        (rf"(?<!\w)(?P<b>{_ONE})\s+long(?!\w)", "about"),
        (rf"(?<!\w)(?:short|brief)(?=\s+{_VIDEO})|짧은(?=\s*(?:영상|동영상|비디오|클립))", "short"),
        (rf"(?<!\w)long(?=\s+{_VIDEO})|(?<![가-힣])긴(?=\s*(?:영상|동영상|비디오|클립))", "long"),
    )
)


@dataclass(frozen=True, slots=True)
class Measured:
    """[start, end) of the sentence says how long."""

    start: int
    end: int
    length: Length


def find_lengths(text: str, free: Callable[[int, int], bool]) -> list[Measured]:
    """Lengths of `text`; none overlap. `free(start, end)`: whether nobody has taken a part yet."""
    found: list[Measured] = []
    for pattern, side in _RULES:
        for match in pattern.finditer(text):
            start, end = match.span()
            if free(start, end) and all(end <= f.start or start >= f.end for f in found):
                found.append(Measured(start, end, _length(match, side)))
    return sorted(found, key=lambda each: each.start)


def _length(match: re.Match[str], side: str) -> Length:
    if side == "short":
        return Length(None, SHORT_MS)
    if side == "long":
        return Length(LONG_MS, None)
    amount = _milliseconds(match["b"])
    if side == "least":
        return Length(amount, None)
    if side == "most":
        return Length(None, amount)
    if side == "about":
        # 5분짜리 may have 4:40 or 5:30.
        return Length(amount * 4 // 5, amount * 6 // 5)
    first = match["a"]
    least = (
        _milliseconds(first) if _PART.search(first) else _milliseconds(first + _unit(match["b"]))
    )
    return Length(min(least, amount), max(least, amount))


def _unit(amount: str) -> str:
    part = _PART.search(amount)
    return part[2] if part else "s"


def _milliseconds(amount: str) -> int:
    total = 0.0
    for number, unit in _PART.findall(amount):
        low = " ".join(number.casefold().split())
        count = float(low) if low[0].isdigit() else _WORDS.get(low) or _KO_WORDS.get(low, 1)
        total += count * _UNITS[unit.casefold()[0]]
    if amount.endswith("반"):
        total += _UNITS["시"] / 2
    return round(total)


_UNITS = {"s": 1_000, "초": 1_000, "m": 60_000, "분": 60_000, "h": 3_600_000, "시": 3_600_000}
