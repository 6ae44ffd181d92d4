"""Writes file paths as text that SQLite can hold, and reads them back byte for byte.

Which paths belong into the library is left to the scanner.
"""

import os
from pathlib import Path

# Linux allows file names that are not UTF-8. Python shows their odd bytes as lone surrogates
# (PEP 383), which SQLite's UTF-8 text cannot hold; each has a place in the private use area.
_TO_TEXT = {0xDC00 + byte: 0xF700 + byte for byte in range(0x80, 0x100)}
_TO_PATH = {text: surrogate for surrogate, text in _TO_TEXT.items()}


def path_text(path: Path | str) -> str:
    """The absolute form of `path` as it stands in the database."""
    absolute = os.path.abspath(path)  # noqa: PTH100 - keeps symbolic links as the person has them
    return part_text(absolute)


def part_text(part: str) -> str:
    """A part of a path as it stands in the database."""
    return part.translate(_TO_TEXT)


def text_part(text: str) -> str:
    """The part that `part_text` was given."""
    return text.translate(_TO_PATH)


def text_path(text: str) -> Path:
    """The path that `path_text` was given."""
    return Path(text_part(text))
