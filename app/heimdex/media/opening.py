"""Opens a media file safely and says in a person's words why it cannot be.

Which of its tracks are used is left to `probe`.
"""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from heimdex.domain.errors import MediaError

MAX_PIXELS = 16384 * 8704
"""A larger picture is refused: 8K is 33 million pixels, a forged header may claim billions."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open `path` read-only as a PyAV container and close it again.

    The `file:` prefix keeps FFmpeg from reading a protocol into a file's name, and the whitelist
    from following a playlist to the network. Raises MediaError with the reason.
    """
    import av

    check(path)
    options = {"protocol_whitelist": "file"}
    try:
        name = f"file:{path}"
        name.encode()
        container = av.open(name, metadata_errors="replace", options=options)
    except UnicodeEncodeError:
        # A name that is no valid text: FFmpeg reads through Python's own file object instead.
        with path.open("rb") as file:
            yield from _opened_file(file, path)
        return
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(_why(path, error)) from error
    with container:
        yield container


def _opened_file(file: Any, path: Path) -> Iterator[Any]:
    import av

    try:
        container = av.open(file, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(_why(path, error)) from error
    with container:
        yield container


def check(path: Path) -> None:
    """Raise MediaError unless `path` is a readable file with something in it."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise MediaError(f"{path.name} is not there any more.") from error
    except OSError as error:
        raise MediaError(f"{path.name} cannot be reached ({error.strerror or error}).") from error
    if stat.S_ISDIR(status.st_mode):
        raise MediaError(f"{path.name} is a folder, not a video.")
    if not stat.S_ISREG(status.st_mode):
        # Opening a FIFO would wait for ever.
        raise MediaError(f"{path.name} is not a file.")
    if status.st_size == 0:
        raise MediaError(f"{path.name} is empty (0 bytes); copy or download it again.")


def _why(path: Path, error: Exception) -> str:
    import av

    if isinstance(error, av.PermissionError):
        return f"{path.name} cannot be read: permission is missing. Allow reading it and try again."
    if isinstance(error, av.InvalidDataError | ValueError):
        return (
            f"{path.name} is not a video or sound file, or its beginning is damaged; "
            "try to play it elsewhere and copy it again."
        )
    return f"{path.name} cannot be opened ({getattr(error, 'strerror', None) or error})."


def origin(container: Any) -> Fraction:
    """The time in seconds that counts as the file's start.

    The earliest first time stamp of its tracks; a negative one is an encoder's run-in, and the
    picture of such a file starts at 0.
    """
    starts = [
        stream.start_time * stream.time_base
        for stream in (*container.streams.video, *container.streams.audio)
        if stream.start_time is not None and stream.time_base
    ]
    return max(Fraction(0), min(starts, default=Fraction(0)))


def milliseconds(seconds: Fraction) -> int:
    """Seconds to the first whole millisecond that is not before them.

    Rounded up, so that seeking to the result shows this frame and not the one before it.
    """
    return -((-seconds.numerator * 1000) // seconds.denominator)
