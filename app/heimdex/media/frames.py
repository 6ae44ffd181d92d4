"""Decodes the picture of a file in one pass, upright and with exact times.

Where shots begin is left to `shots`; what is on a frame, to the engines.
"""

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import MediaError
from heimdex.domain.media import MediaInfo, RgbImage
from heimdex.media.opening import MAX_PIXELS, milliseconds, opened, origin
from heimdex.media.probe import clockwise, displayed_size

SMALL_EDGE = 256
"""Longest side of the picture that shot detection sees; PySceneDetect scales to about this."""

_log = logging.getLogger(__name__)


class DecodedFrame:
    """One frame in presentation order; pictures are made only when they are asked for."""

    __slots__ = ("_aspect", "_frame", "at_ms")

    def __init__(self, frame: Any, at_ms: int, aspect: Fraction) -> None:
        self._frame = frame
        self._aspect = aspect
        self.at_ms = at_ms

    def small(self) -> NDArray[np.uint8]:
        """A BGR picture with a longest side of `SMALL_EDGE`, not turned: for shot detection."""
        width, height = self._frame.width, self._frame.height
        scale = min(1.0, SMALL_EDGE / max(width, height))
        picture: NDArray[np.uint8] = self._frame.reformat(
            width=max(2, round(width * scale)),
            height=max(2, round(height * scale)),
            format="bgr24",
            interpolation="FAST_BILINEAR",
        ).to_ndarray()
        return picture

    def picture(self, edge: int) -> RgbImage:
        """The upright RGB picture in square pixels, longest side at most `edge`."""
        rotation = clockwise(self._frame)
        wide, high = displayed_size(self._frame.width, self._frame.height, self._aspect, 0)
        scale = min(1.0, edge / max(wide, high))
        picture: RgbImage = self._frame.reformat(
            width=max(2, round(wide * scale)),
            height=max(2, round(high * scale)),
            format="rgb24",
            interpolation="AREA" if scale < 1 else "BICUBIC",
        ).to_ndarray()
        return np.ascontiguousarray(np.rot90(picture, -(rotation // 90)))


def decode(path: Path, info: MediaInfo, threads: int = 2) -> Iterator[DecodedFrame]:
    """Yield every frame of the first picture track, in order, decoded once.

    Damaged frames are passed over. A frame may be kept a while by the caller, but each holds its
    full decoded picture. Raises MediaError when there is no picture or none can be decoded.
    """
    if not info.video:
        raise MediaError(f"{path.name} has no picture.")
    with opened(path) as container:
        yield from _frames(container, info.video[0].index, threads, path.name)


def frame_at(path: Path, info: MediaInfo, at_ms: int, edge: int) -> tuple[int, RgbImage]:
    """The frame that is on screen at `at_ms`, and its own time in ms.

    Raises MediaError when no frame can be decoded.
    """
    if not info.video:
        raise MediaError(f"{path.name} has no picture.")
    with opened(path) as container:
        stream = container.streams[info.video[0].index]
        start = origin(container)
        _seek(container, stream, start + Fraction(at_ms, 1000))
        best: DecodedFrame | None = None
        for frame in _frames(container, stream.index, 1, path.name):
            if best is not None and frame.at_ms > at_ms:
                break
            best = frame
        if best is None:
            raise MediaError(f"{path.name} has no picture at this time.")
        return best.at_ms, best.picture(edge)


def _seek(container: Any, stream: Any, seconds: Fraction) -> None:
    import av

    try:
        container.seek(int(seconds / stream.time_base), stream=stream, backward=True)
    except av.FFmpegError:
        # Some files cannot seek; decoding from the start finds the frame as well.
        _log.debug("a file cannot seek, reading it from its start")


def _frames(container: Any, index: int, threads: int, name: str) -> Iterator[DecodedFrame]:
    import av

    stream = container.streams[index]
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = threads
    start = origin(container)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    step = 1 / Fraction(rate) if rate > 0 else Fraction(1, 25)
    last: Fraction | None = None
    bad = 0
    for packet in _packets(container, stream):
        try:
            decoded = packet.decode()
        except av.FFmpegError:
            bad += 1
            continue
        for frame in decoded:
            if frame.width * frame.height > MAX_PIXELS:
                raise MediaError(f"{name} grows to an impossible picture size; it is damaged.")
            if frame.pts is None:
                at = Fraction(0) if last is None else last + step
            else:
                at = frame.pts * frame.time_base - start
            if last is not None and at <= last:
                # Time standing still or running backwards: a damaged or doubled frame.
                continue
            if at < 0:
                continue
            last = at
            yield DecodedFrame(frame, milliseconds(at), aspect)
    if last is None:
        raise MediaError(f"No picture of {name} can be decoded: it is damaged or encrypted.")
    if bad:
        _log.info("%d damaged packets were passed over", bad)


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """Packets until the end, or until the file breaks off."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            yield next(packets)
        except StopIteration:
            return
        except av.FFmpegError:
            _log.info("a file breaks off before its end")
            return
