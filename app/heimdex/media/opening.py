"""Opens a media file safely and says in a person's words why it cannot be.

Which of its tracks are used is left to `probe`.
"""

import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from heimdex.domain.errors import MediaError

MAX_PIXELS = 16384 * 8704
"""A larger picture is refused: 8K is 33 million pixels, a forged header may claim billions."""


_FORMATS = (
    "mov mp4 m4a 3gp 3g2 mj2 matroska webm avi mpegts mpegtsraw mpeg mpegvideo dv asf flv "
    "live_flv ogg rm mxf gxf nut nuv nsv wtv swf ivf obu av1 h261 h263 h264 hevc vvc m4v vc1 "
    "vc1test mjpeg mpjpeg cavsvideo dirac yuv4mpegpipe gif apng amv roq smk bink ea film_cpk "
    "pva ty lxf mgsts wav w64 mp3 aac adts ac3 eac3 ac4 dts dtshd truehd mlp flac aiff au caf amr "
    "amrnb amrwb gsm ape wv tta tak mpc mpc8 shn voc opus oma qcp iff latm loas sox wve xwma dsf "
    "iamf iss act"
).split()
"""Only these are opened. FFmpeg goes by content, and would take a playlist, a script that names
other files, or a page of subtitles for a video too."""
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": ",".join(_FORMATS)}
_TIMEOUT_S = 60.0
_HEAD = 1024 * 1024


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open `path` read-only as a PyAV container and close it again.

    The `file:` prefix keeps FFmpeg from reading a protocol into a file's name, and the whitelists
    from following a playlist to other files or the network. Raises MediaError with the reason.
    """
    import av

    check(path)
    with ExitStack() as stack:
        try:
            source: Any = f"file:{path}"
            try:
                source.encode()
            except UnicodeEncodeError:
                # A name that is no valid text: FFmpeg reads through Python's own file instead.
                source = stack.enter_context(path.open("rb"))
            container = stack.enter_context(
                av.open(source, metadata_errors="replace", options=_OPTIONS, timeout=_TIMEOUT_S)
            )
        except (av.FFmpegError, ValueError, OSError) as error:
            raise MediaError(_why(path, error)) from error
        yield container


def demuxed(container: Any, streams: Any) -> Iterator[Any]:
    """The packets of a track or of some, in the file's order.

    A damaged transport stream shows tracks that were not there when it was opened. PyAV trips over
    their packets, and reads on behind them.
    """
    while True:
        try:
            yield from container.demux(streams)
        except IndexError:
            continue
        return


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


def is_protected(path: Path) -> bool:
    """Whether an MP4 says that its samples are encrypted (ISO 23001-7: encv or enca entries)."""
    head = _head(path)
    return head[4:8] == b"ftyp" and (b"encv" in head or b"enca" in head)


def _why(path: Path, error: Exception) -> str:
    import av

    if isinstance(error, av.PermissionError | PermissionError):
        return f"{path.name} cannot be read: permission is missing. Allow reading it and try again."
    if isinstance(error, av.TimeoutError | av.ExitError):
        return f"{path.name} cannot be read: its drive does not answer. Try again later."
    if isinstance(error, av.MemoryError | MemoryError):
        return (
            f"{path.name} asks for more memory than any video needs: the tables in it are damaged. "
            "Copy it again if you have another copy."
        )
    # ArgumentError is what the whitelist of formats answers.
    if not isinstance(error, av.InvalidDataError | av.ArgumentError | ValueError | av.EOFError):
        return f"{path.name} cannot be opened ({getattr(error, 'strerror', None) or error})."
    head = _head(path)
    if is_protected(path):
        return f"{path.name} is protected against copying (DRM) and cannot be read."
    if _is_text(head):
        return f"{path.name} is a text file, whatever its name says, not a video or sound."
    if head[4:8] == b"ftyp" and not _has_index(path):
        return (
            f"{path.name} is incomplete: the part that describes it is missing, as after a "
            "recording or a copy that broke off. Copy it again."
        )
    return (
        f"{path.name} is not a video or sound file, or its beginning is damaged; "
        "try to play it elsewhere and copy it again."
    )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""


def _is_text(head: bytes) -> bool:
    """No control characters and valid UTF-8 (a character may be cut at the end)."""
    if any(byte < 9 or 13 < byte < 27 for byte in head[:4096]):
        return False
    try:
        head[:4096].decode()
    except UnicodeDecodeError as error:
        return len(head) > 4096 and error.start > 4092
    return bool(head)


def _has_index(path: Path) -> bool:
    """Whether the top-level boxes of an MP4 include `moov` (ISO 14496-12, section 4.2)."""
    size = path.stat().st_size
    at = 0
    with path.open("rb") as file:
        for _ in range(1000):
            file.seek(at)
            header = file.read(16)
            if len(header) < 8:
                return False
            if header[4:8] == b"moov":
                return True
            length = int.from_bytes(header[:4], "big")
            if length == 1:
                length = int.from_bytes(header[8:16], "big")
            if length < 8 or at + length > size:
                return False
            at += length
    return False


def limit_pixels(stream: Any) -> None:
    """Let the decoder itself refuse pictures larger than `MAX_PIXELS`, before it takes memory."""
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}


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
