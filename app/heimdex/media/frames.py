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
from heimdex.media.hdr import is_hdr, to_sdr
from heimdex.media.opening import demuxed, limit_pixels, milliseconds, opened, origin
from heimdex.media.probe import clockwise, displayed_size

SMALL_EDGE = 256
"""Longest side of the picture that shot detection sees; PySceneDetect scales to about this."""

_RESET_S = 10
"""Seconds that time may run back by before it counts as a new clock rather than damage."""
_UNSPECIFIED, _BT709 = 2, 1
"""Colour matrices of ISO 23091-2."""

_log = logging.getLogger(__name__)


class DecodedFrame:
    """One frame in presentation order; pictures are made only when they are asked for."""

    __slots__ = ("_aspect", "_frame", "_scaler", "at_ms")

    def __init__(self, frame: Any, at_ms: int, aspect: Fraction, scaler: Any) -> None:
        self._frame = frame
        self._aspect = aspect
        self._scaler = scaler
        self.at_ms = at_ms

    def small(self) -> NDArray[np.uint8]:
        """A BGR picture with a longest side of `SMALL_EDGE`, not turned: for shot detection."""
        width, height = self._frame.width, self._frame.height
        scale = min(1.0, SMALL_EDGE / max(width, height))
        # One scaler for all frames keeps its tables; it is used for this size alone.
        picture: NDArray[np.uint8] = self._scaler.reformat(
            self._frame,
            width=max(2, round(width * scale)),
            height=max(2, round(height * scale)),
            format="bgr24",
            interpolation="FAST_BILINEAR",
            threads=1,
        ).to_ndarray()
        return picture

    def picture(self, edge: int) -> RgbImage:
        """The upright RGB picture in square pixels, longest side at most `edge`.

        Ten bits become eight; brightness coded for HDR screens is brought to what others show.
        """
        frame = self._frame
        wide, high = displayed_size(frame.width, frame.height, self._aspect, 0)
        scale = min(1.0, edge / max(wide, high))
        picture: RgbImage = frame.reformat(
            width=max(1, round(wide * scale)),
            height=max(1, round(high * scale)),
            format="rgb24",
            src_colorspace=_colour_matrix(frame),
            interpolation="AREA" if scale < 1 else "BICUBIC",
            threads=1,
        ).to_ndarray()
        if is_hdr(frame.color_trc):
            picture = to_sdr(picture, frame.color_trc)
        return np.ascontiguousarray(np.rot90(picture, -(clockwise(frame) // 90)))


def decode(path: Path, info: MediaInfo, threads: int = 2) -> Iterator[DecodedFrame]:
    """Yield every frame of the first picture track, in order, decoded once.

    None is left out to save time: a shot may begin on any frame, and leaving out those that no
    other refers to would move its beginning by up to three. Damaged frames are passed over. A
    frame may be kept a while by the caller, but each holds its full decoded picture. Raises
    MediaError when there is no picture or none can be decoded.
    """
    if not info.video:
        raise MediaError(f"{path.name} has no picture.")
    with opened(path) as container:
        found = False
        for frame in _frames(container, info.video[0].index, threads):
            found = True
            yield frame
        if not found:
            raise MediaError(f"No picture of {path.name} can be decoded: it is damaged.")


def frame_at(path: Path, info: MediaInfo, at_ms: int, edge: int) -> tuple[int, RgbImage]:
    """The frame that is on screen at `at_ms`, and its own time in ms.

    Before the first frame that is the first one, behind the last the last. Raises MediaError when
    no frame can be decoded.
    """
    if not info.video:
        raise MediaError(f"{path.name} has no picture.")
    # Seeking may land too late (files without an index) or behind everything (cut-off files).
    for back_ms in (0, 2_000, 10_000, 60_000, at_ms):
        best: DecodedFrame | None = None
        with opened(path) as container:
            stream = container.streams[info.video[0].index]
            from_ms = max(0, at_ms - back_ms)
            if from_ms > 0:
                _seek(container, stream, origin(container) + Fraction(from_ms, 1000))
            for frame in _frames(container, stream.index, 1):
                if frame.at_ms > at_ms and (best is not None or from_ms > 0):
                    break
                best = frame
                if frame.at_ms >= at_ms:
                    break
            if best is not None:
                return best.at_ms, best.picture(edge)
        if from_ms == 0:
            break
    raise MediaError(f"No picture of {path.name} can be decoded: it is damaged.")


def _seek(container: Any, stream: Any, seconds: Fraction) -> None:
    import av

    try:
        container.seek(int(seconds / stream.time_base), stream=stream, backward=True)
    except av.FFmpegError:
        # Some files cannot seek; decoding from the start finds the frame as well.
        _log.debug("a file cannot seek, reading it from its start")


def _colour_matrix(frame: Any) -> int | None:
    """FFmpeg takes an unmarked picture for standard definition; high definition is BT.709."""
    unmarked = frame.colorspace == _UNSPECIFIED
    return _BT709 if unmarked and min(frame.width, frame.height) >= 720 else None


def _frames(container: Any, index: int, threads: int) -> Iterator[DecodedFrame]:
    import av
    from av.video.reformatter import VideoReformatter

    stream = container.streams[index]
    if stream.codec_context is None:
        return
    limit_pixels(stream)
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = threads
    start = origin(container)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    step = 1 / Fraction(rate) if rate > 0 else Fraction(1, 25)
    scaler = VideoReformatter()
    last: Fraction | None = None
    bad = 0
    for packet in _packets(container, stream):
        try:
            decoded = packet.decode()
        except av.FFmpegError:
            bad += 1
            continue
        for frame in decoded:
            if frame.is_corrupt:
                bad += 1
                continue
            if frame.pts is None:
                at = Fraction(0) if last is None else last + step
            else:
                at = frame.pts * frame.time_base - start
            if last is not None and at < last - _RESET_S:
                # Joined recordings start their clock anew; what follows goes on where it stood.
                start -= last + step - at
                at = last + step
            if at < 0 or (last is not None and at <= last):
                # Before the start, or time standing still: an encoder's run-in, a doubled frame.
                continue
            last = at
            yield DecodedFrame(frame, milliseconds(at), aspect, scaler)
    if bad:
        _log.info("%d damaged frames were passed over", bad)


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """Packets until the end, or until the file breaks off."""
    import av

    packets = demuxed(container, stream)
    while True:
        try:
            yield next(packets)
        except StopIteration:
            return
        except av.FFmpegError:
            _log.info("a file breaks off before its end")
            return
