"""Reads operators of the form `word:` (`said:`, `who:`, `folder:x`, 말:, 폴더:x), the folders a
sentence names, and the signs of a sum (`beach + dog − people`).

Names after `who:` are found by `names`; what is left of the sentence is `parse`'s.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from heimdex.domain.search import EvidenceKind

_KINDS = {
    EvidenceKind.SPEECH: "said says spoken speech 말 대사",
    EvidenceKind.VISUAL: "seen visual looks 장면 모습",
    EvidenceKind.TEXT: "text ocr written 글자 글씨 텍스트",
    EvidenceKind.PERSON: "who person people 사람 인물 누구",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_FOLDERS = ("folder", "in", "dir", "폴더")
_KEYS = "|".join(sorted([*_KIND_OF, *_FOLDERS], key=len, reverse=True))
_OPERATOR = re.compile(
    rf"(?P<not>(?:(?<!\S)[-−–]|\bNOT\s))?(?<![\w:/])({_KEYS}):(?!//|:)", re.IGNORECASE
)
_NOT = ("-", "−", "–", "NOT ")
_VALUE = re.compile(r'\s*"([^"]+)"|\s*“([^”]+)”|([^\s,;]+)')
_SIGN = re.compile(r"(?:^|(?<=\s))([+＋]|[-−–])(?=\s)")
_KO_FOLDER = r"\s*폴더(?:\s?안)?(?:에서|에|의|에\s?있는)?(?![가-힣])"


@dataclass(frozen=True, slots=True)
class Found:
    """An operator at [start, end): a kind, or with `folder` the name of one."""

    start: int
    end: int
    kind: EvidenceKind | None = None
    folder: str = ""
    written: bool = True
    minus: bool = False
    """Ruled out: `-folder:x`, `NOT who:x`."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of a sum at `at`; what follows up to the next sign is added or taken away."""

    at: int
    minus: bool


def find_operators(text: str, free: Callable[[int, int], bool]) -> list[Found]:
    """Operators in order. A folder takes its name along; a kind only says what follows is asked
    of."""
    found: list[Found] = []
    for match in _OPERATOR.finditer(text):
        start, end = match.span()
        if not free(start, end):
            continue
        key = match[2].casefold()
        minus = (match["not"] or "") in _NOT
        if key in _FOLDERS:
            value = _VALUE.match(text, end)
            if value is None:
                continue
            name = next(group for group in value.groups() if group).strip().strip("/\\")
            if name:
                found.append(Found(start, value.end(), folder=name, minus=minus))
        elif text[end:].strip() or text[:start].strip():
            found.append(Found(start, end, kind=_KIND_OF[key], minus=minus))
    return found


def find_folders(text: str, names: Iterable[str], free: Callable[[int, int], bool]) -> list[Found]:
    """`in the holiday folder`, `휴가 폴더에서`: only for folders the library has."""
    found: list[Found] = []
    if "folder" not in text.casefold() and "폴더" not in text:
        return found
    for name in sorted(set(names), key=len, reverse=True):
        each = re.escape(name)
        english = (
            rf"(?<!\w)(?:(?:in|from)\s+)?(?:(?:the|my)\s+)?{each}\s+folder\b"
            rf"|(?<!\w)(?:in|from)\s+(?:(?:the|my)\s+)?folder\s+{each}(?!\w)"
        )
        korean = rf"(?<!\w){each}{_KO_FOLDER}"
        for match in re.finditer(f"{english}|{korean}", text, re.IGNORECASE):
            start, end = match.span()
            if free(start, end) and all(end <= f.start or start >= f.end for f in found):
                found.append(Found(start, end, folder=name, written=False))
    return found


def find_signs(text: str, free: Callable[[int, int], bool], *, always: bool) -> list[Sign]:
    """The signs of a sum, if the sentence is one: it has a plus between spaces or a true minus
    sign, or `always`. A lone hyphen between spaces is a dash."""
    signs = [match for match in _SIGN.finditer(text) if free(*match.span())]
    certain = any(sign[1] in "+＋" for sign in signs) or any(
        sign[1] == "−" and text[: sign.start()].strip() for sign in signs
    )
    if not (always or certain):
        return []
    return [Sign(sign.start(), sign[1] not in "+＋") for sign in signs]
