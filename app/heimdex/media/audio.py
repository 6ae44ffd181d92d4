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
from heimdex.media.opening import opened, origin

SAMPLE_RATE = 16_000
_BLOCK = SAMPLE_RATE * 10
_SLACK = SAMPLE_RATE // 10
"""Samples a time stamp may be off before it is believed to be a gap: AAC stamps jitter."""

_log = logging.getLogger(__name__)

Samples = NDArray[np.float32]


def read_audio(path: Path, info: MediaInfo, track: int = 0) -> Iterator[Samples]:
    """Yield mono float32 samples in -1..1 at 16 kHz, in blocks of at most 10 s.

    Sample n of all blocks is at n / 16 ms of the file: a late start and gaps are filled with
    silence, overlaps are dropped. Damaged packets are passed over; raises MediaError when nothing
    of the track can be decoded.
    """
    if not info.audio:
        raise MediaError(f"{path.name} has no sound.")
    clock = _Clock(limit=(info.duration_ms + 60_000) * SAMPLE_RATE // 1000)
    with opened(path) as container:
        start = origin(container)
        stream = container.streams[info.audio[track].index]
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
        self._limit = limit
        self._position = 0
        self._pending: list[Samples] = []
        self._pending_count = 0

    def place(self, at: int | None, samples: Samples) -> Iterator[Samples]:
        """`at`: the sample number where `samples` belong, None right behind the last ones."""
        if at is not None:
            off = at - self._position
            # A stamp far behind the end of the file is damage, not hours of silence.
            if off > _SLACK and at <= self._limit:
                while off > 0:
                    silence = min(off, _BLOCK)
                    yield from self._add(np.zeros(silence, np.float32))
                    off -= silence
            elif off < -_SLACK:
                samples = samples[min(len(samples), -off) :]
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
    import av

    def make() -> Any:
        return av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)

    resampler = make()
    shape: tuple[Any, ...] | None = None
    bad = 0
    for frame in _audio_frames(container, stream):
        if frame is None:
            bad += 1
            continue
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape is not None and now != shape:
            # Broadcasts change from stereo to 5.1 in mid-stream; a resampler knows one shape.
            resampler = make()
        shape = now
        at = None
        if frame.pts is not None:
            at = round((frame.pts * frame.time_base - start) * SAMPLE_RATE)
        try:
            pieces = resampler.resample(frame)
        except (av.FFmpegError, ValueError):
            bad += 1
            resampler = make()
            continue
        samples = [piece.to_ndarray().reshape(-1) for piece in pieces]
        if samples:
            yield at, np.concatenate(samples).astype(np.float32, copy=False)
    for piece in resampler.resample(None) if shape is not None else []:
        yield None, piece.to_ndarray().reshape(-1).astype(np.float32, copy=False)
    if bad:
        _log.info("%d damaged sound packets were passed over", bad)


def _audio_frames(container: Any, stream: Any) -> Iterator[Any]:
    """Decoded frames, None for each damaged packet, until the end or until the file breaks off."""
    import av

    packets = container.demux(stream)
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
