"""Reads a sound track as 16 kHz mono on the clock of the file.

Where somebody speaks, and what is said, is left to the engines.
"""

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import MediaError
from heimdex.domain.media import MediaInfo
from heimdex.media.opening import demuxed, opened, origin

SAMPLE_RATE = 16_000
_BLOCK = SAMPLE_RATE * 10
_SLACK = SAMPLE_RATE * 30 // 1000
"""Samples a time stamp may be off before it is believed to be a gap: coarse stamps jitter."""
_RESET = SAMPLE_RATE * 10
"""Samples that time may run back by before it counts as a new clock rather than an overlap."""

_log = logging.getLogger(__name__)

Samples = NDArray[np.float32]


def read_audio(path: Path, info: MediaInfo, track: int = 0) -> Iterator[Samples]:
    """Yield mono float32 samples in -1..1 at 16 kHz, in blocks of 10 s (the last is shorter).

    Sample n of all blocks is at n / 16 ms of the file, to within 30 ms: a late start and gaps are
    filled with silence, overlaps are dropped. Damaged packets are passed over; raises MediaError
    when nothing of the track can be decoded.
    """
    if not info.audio:
        raise MediaError(f"{path.name} has no sound.")
    clock = _Clock(limit=(info.duration_ms + 60_000) * SAMPLE_RATE // 1000)
    with opened(path) as container:
        start = origin(container)
        stream = container.streams[info.audio[track].index]
        if stream.codec_context is None:
            raise MediaError(f"The sound of {path.name} is in a format that cannot be decoded.")
        decoded = 0
        for at, samples in _resampled(container, stream, start):
            decoded += len(samples)
            yield from clock.place(at, samples)
        if not decoded:
            raise MediaError(f"The sound of {path.name} cannot be decoded: it is damaged.")
    yield from clock.rest()


class _Clock:
    """Lays samples where their time stamps say, in blocks."""

    def __init__(self, limit: int) -> None:
        """`limit`: the last sample number that a time stamp is believed to mean."""
        self._limit = limit
        self._position = 0
        self._shift = 0
        self._begun = False
        self._pending: list[Samples] = []
        self._pending_count = 0

    def place(self, at: int | None, samples: Samples) -> Iterator[Samples]:
        """`at`: the sample number where `samples` belong, None right behind the last ones."""
        if at is not None:
            off = at + self._shift - self._position
            if self._begun and (off < -_RESET or self._position + off > self._limit):
                # Joined recordings start their clock anew, and a stamp far behind the end of the
                # file is damage, not hours of silence: what follows goes on where it stood.
                self._shift -= off
                off = 0
            if off > (_SLACK if self._begun else 0) and self._position + off <= self._limit:
                while off > 0:
                    silence = min(off, _BLOCK)
                    yield from self._add(np.zeros(silence, np.float32))
                    off -= silence
            elif off < (-_SLACK if self._begun else 0):
                samples = samples[min(len(samples), -off) :]
        if len(samples):
            self._begun = True
            yield from self._add(samples)

    def rest(self) -> Iterator[Samples]:
        """What is left at the end."""
        if self._pending_count:
            yield np.concatenate(self._pending)
            self._pending, self._pending_count = [], 0

    def _add(self, samples: Samples) -> Iterator[Samples]:
        self._position += len(samples)
        self._pending.append(samples)
        self._pending_count += len(samples)
        if self._pending_count >= _BLOCK:
            joined = np.concatenate(self._pending)
            whole = len(joined) - len(joined) % _BLOCK
            for first in range(0, whole, _BLOCK):
                yield joined[first : first + _BLOCK]
            self._pending = [joined[whole:]]
            self._pending_count = len(joined) - whole


def _resampled(
    container: Any, stream: Any, start: Fraction
) -> Iterator[tuple[int | None, Samples]]:
    """Pieces at 16 kHz with the sample number that each belongs to, where it is known."""
    import av

    def make() -> Any:
        return av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)

    def placed(pieces: list[Any]) -> Iterator[tuple[int | None, Samples]]:
        for piece in pieces:
            at = None
            if piece.pts is not None:
                at = round((piece.pts * piece.time_base - start) * SAMPLE_RATE)
            samples = np.asarray(piece.to_ndarray().reshape(-1), np.float32)
            # Damaged float formats hold anything.
            yield at, np.clip(np.nan_to_num(samples, copy=False), -1, 1)

    resampler = make()
    shape: tuple[Any, ...] | None = None
    bad = 0
    for frame in _audio_frames(container, stream):
        if frame is None:
            bad += 1
            continue
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        try:
            if shape is not None and now != shape:
                # Broadcasts change from stereo to 5.1 in mid-stream; a resampler knows one shape.
                yield from placed(resampler.resample(None))
                resampler = make()
            shape = now
            pieces = resampler.resample(frame)
        except (av.FFmpegError, ValueError):
            bad += 1
            resampler, shape = make(), None
            continue
        yield from placed(pieces)
    if shape is not None:
        yield from placed(resampler.resample(None))
    if bad:
        _log.warning("%d damaged sound packets were passed over", bad)


def _audio_frames(container: Any, stream: Any) -> Iterator[Any]:
    """Decoded frames, None for each damaged packet, until the end or until the file breaks off."""
    import av

    packets = demuxed(container, stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError:
            _log.info("a sound track breaks off before its end")
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            yield None
