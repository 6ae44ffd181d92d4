"""Makes long videos that cost little: minutes of real pictures, speech and silence, many times.

The packets of these minutes are copied, so that hours are made in seconds and each hour is decoded,
looked at and listened to like any other.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

_UNIT_S = 180
_SIZE = (256, 144)
_RATE = 5
_SHOWN_S = 6
"""So long each original is seen, and the first of them heard."""
_SOUND_RATE = 16_000


def make_unit(originals: Sequence[Path], target: Path) -> None:
    """Three minutes: the beginning of each original, then a still picture without a sound."""
    import av

    pictures = [picture for original in originals for picture in _pictures(original)]
    pictures = pictures[: _UNIT_S * _RATE]
    still = np.full((_SIZE[1], _SIZE[0], 3), 96, np.uint8)
    pictures += [still] * (_UNIT_S * _RATE - len(pictures))
    sound = np.zeros(_UNIT_S * _SOUND_RATE, np.int16)
    heard = _sound(originals[0])[: _SHOWN_S * _SOUND_RATE]
    sound[: len(heard)] = heard
    with av.open(str(target), "w") as out:
        video: Any = out.add_stream("mpeg4", rate=_RATE)
        video.width, video.height = _SIZE
        video.pix_fmt = "yuv420p"
        audio: Any = out.add_stream("pcm_s16le", rate=_SOUND_RATE, layout="mono")
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        step = _SOUND_RATE // 4
        for at in range(0, len(sound), step):
            heard_frame = av.AudioFrame.from_ndarray(
                sound[at : at + step].reshape(1, -1), format="s16", layout="mono"
            )
            heard_frame.sample_rate = _SOUND_RATE
            heard_frame.pts = at
            out.mux(audio.encode(heard_frame))
        out.mux(audio.encode(None))


def make_long_video(unit: Path, target: Path, seconds: float, number: int) -> None:
    """The unit so often that `seconds` are full; `number` makes its bytes differ from others'."""
    import av

    with av.open(str(unit)) as source, av.open(str(target), "w") as out:
        out.metadata["title"] = f"long video {number}"
        streams = {s.index: out.add_stream_from_template(s) for s in source.streams}
        packets = [
            (
                p.stream.index,
                p.pts,
                p.dts,
                p.time_base or Fraction(1, 1000),
                p.is_keyframe,
                bytes(p),
            )
            for p in source.demux()
            if p.pts is not None and p.dts is not None
        ]
        for turn in range(max(1, round(seconds / _UNIT_S))):
            for stream, pts, dts, base, key, data in packets:
                time_base = base or Fraction(1, 1000)
                packet = av.Packet(data)
                shift = round(turn * _UNIT_S / time_base)
                packet.pts, packet.dts = pts + shift, dts + shift
                packet.time_base = time_base
                packet.is_keyframe = key
                packet.stream = streams[stream]
                out.mux(packet)


def _pictures(original: Path) -> list[Any]:
    import av

    found: list[Any] = []
    with av.open(str(original)) as source:
        for frame in source.decode(video=0):
            if frame.time is not None and frame.time * _RATE >= len(found):
                shown = frame.reformat(*_SIZE, format="rgb24")
                found.append(shown.to_ndarray())
            if len(found) == _SHOWN_S * _RATE:
                break
    return found


def _sound(original: Path) -> Any:
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=_SOUND_RATE)
    parts = []
    with av.open(str(original)) as source:
        for frame in source.decode(audio=0):
            parts += [each.to_ndarray().reshape(-1) for each in resampler.resample(frame)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)
