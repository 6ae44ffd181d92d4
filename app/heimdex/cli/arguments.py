"""What people write on the command line, read into what the rooms take.

Which command takes what is said in the command's own module.
"""

import argparse
import os
import re
from datetime import datetime
from pathlib import Path


class Help(argparse.HelpFormatter):
    """Wraps paragraphs as usual and leaves examples, which have lines of their own, as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" not in text:
            return super()._fill_text(text, width, indent)
        return "\n".join(indent + line for line in text.splitlines())


def positive(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


def place(text: str | Path) -> Path:
    """A file or folder as the library knows it: absolute, without `..`, symbolic links kept."""
    return Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 - keeps symbolic links


def day(text: str) -> int:
    """A year, month or day (2025, 2025-03, 2025-03-14) as the Unix second it begins at."""
    for form in ("%Y-%m-%d", "%Y-%m", "%Y"):
        try:
            return int(datetime.strptime(text, form).astimezone().timestamp())
        except (ValueError, OverflowError, OSError):
            continue
    raise argparse.ArgumentTypeError(f"{text!r} is not a date; write 2025, 2025-03 or 2025-03-14")


def duration(text: str) -> int:
    """90, 90s, 5m, 1h30m or 1:30 in milliseconds."""
    low = text.strip().casefold()
    clock = re.fullmatch(r"(?:(\d+):)?(\d+):(\d\d)", low)
    spelt = re.fullmatch(
        r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)s?)?", low
    )
    found = clock or (spelt if low else None)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a length; write 90s, 5m or 1h30m")
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return round((hours * 3600 + minutes * 60 + seconds) * 1000)


def moment(text: str) -> tuple[str, int]:
    """VIDEO@SECONDS or VIDEO@MINUTES:SECONDS as the video's name and a time in ms."""
    video, at, when = text.rpartition("@")
    match = re.fullmatch(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)", when)
    if not at or not video or not match:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a moment; write VIDEO@SECONDS, for example holiday.mp4@83"
        )
    hours, minutes, rest = match.groups(default="0")
    return video, round((int(hours) * 3600 + int(minutes) * 60 + float(rest)) * 1000)
