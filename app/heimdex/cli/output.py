"""How answers look on the terminal: JSON lines, clock times, sizes, emphasis.

What is said is the commands' affair.
"""

import io
import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from heimdex.domain.amounts import size as size

_JOINING = "\u200c\u200d"
"""Between the parts of an emoji and of some scripts."""


def prepare_streams() -> None:
    """Write UTF-8 wherever the output goes, and never fail on a file name that is not text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # In JSON the replacement \\udcXX is the right escape of such a byte.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def emit(document: Any) -> None:
    """One JSON object on a line of its own, handed on at once."""
    print(json.dumps(document, ensure_ascii=False), flush=True)


def plain(text: str) -> str:
    """Names and words out of videos as they may be written to a terminal: one line, and what would
    steer the terminal, or turn the order of letters round, escaped."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in _JOINING else c.encode("unicode_escape").decode() for c in text
    )


def complain(sentence: str) -> None:
    """One clear line on standard error."""
    print(f"heimdex: {plain(' '.join(sentence.split()))}", file=sys.stderr, flush=True)


def note(sentence: str) -> None:
    """Something worth knowing that is not the answer; kept off standard output."""
    print("\n".join(map(plain, sentence.split("\n"))), file=sys.stderr, flush=True)


def clock(at_ms: int) -> str:
    """0:07, 12:34 or 1:02:03."""
    seconds = at_ms // 1000
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def seconds(at_ms: int) -> float:
    """Milliseconds as the seconds of the JSON shapes."""
    return at_ms / 1000


def counted(count: int, one: str, many: str = "") -> str:
    """1 video, 2 videos."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def bold(text: str) -> str:
    """Emphasised on a terminal, plain elsewhere."""
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def marked(text: str, matches: Iterable[tuple[int, int]]) -> str:
    """`text` with the ranges emphasised."""
    out, last = [], 0
    for start, end in sorted(matches):
        if start < last:
            continue
        out += [plain(text[last:start]), bold(plain(text[start:end]))]
        last = end
    return "".join([*out, plain(text[last:])])


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """Columns of equal width, two spaces apart; those in `right` are set flush right."""
    if not rows:
        return ""
    rows = [list(map(plain, row)) for row in rows]
    widths = [max(_columns(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = []
        for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - _columns(cell))
            cells.append(space + cell if i in right else cell + space)
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _columns(text: str) -> int:
    """How many columns of a terminal `text` takes; Hangul, kana and Han letters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
