"""Says whether the bytes that the library knows as a file are there to be read now.

Noticing that files moved or changed, and recording it, is the scanner's work.
"""

import os
import stat
from collections.abc import Sequence

from heimdex.domain.media import MediaFile

UNREACHABLE = "The file cannot be reached at the moment; indexing goes on when it is back."
"""The reason a job is paused with; the scanner resumes jobs that carry it."""

_CLOCK_STEP_NS = 2_000_000_000
"""FAT keeps times in steps of two seconds, and only rounds them once the drive was away."""


def is_reachable(file: MediaFile) -> bool:
    """Whether a regular file of the size and time that were recorded is at its place."""
    try:
        found = os.stat(file.path)  # noqa: PTH116 - any odd name, and no exception but OSError
    except (OSError, ValueError):
        return False
    return (
        stat.S_ISREG(found.st_mode)
        and found.st_size == file.size
        and abs(found.st_mtime_ns - file.mtime_ns) <= _CLOCK_STEP_NS
    )


def reachable_place(files: Sequence[MediaFile]) -> MediaFile | None:
    """The first of a video's places that can be read now."""
    return next((file for file in files if is_reachable(file)), None)
