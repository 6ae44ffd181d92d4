"""Makes small media files with PyAV whose every frame says its own number.

What a test expects of a clip comes back beside it (`Clip`); reading files is left to the code
under test.

The upright picture carries, in normalised coordinates so that it survives any scaling: a strip of
twelve black or white cells along the bottom (the frame's number in Gray code, so that one cell
changes a frame), coloured corner marks (red top left, green top right) that prove which way is
up, and a background colour per shot.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RgbImage = NDArray[np.uint8]

BITS = 12
STRIP = 0.14
"""Height of the number strip as a part of the picture's height."""
MARK = 0.12
"""Edge of the corner marks as a part of the picture's width and height."""

SHOT_COLOURS: tuple[tuple[int, int, int], ...] = (
    (40, 90, 190),
    (200, 150, 30),
    (60, 170, 80),
    (180, 60, 160),
    (120, 120, 120),
    (20, 160, 180),
)

ENCODERS = {
    "h264": "libx264",
    "hevc": "libx265",
    "vp8": "libvpx",
    "vp9": "libvpx-vp9",
    "av1": "libsvtav1",
    "mpeg4": "mpeg4",
    "mpeg2": "mpeg2video",
    "mjpeg": "mjpeg",
    "prores": "prores_ks",
    "ffv1": "ffv1",
}
_ENCODER_OPTIONS = {
    "h264": {"preset": "veryfast", "crf": "20"},
    "hevc": {"preset": "ultrafast", "crf": "20", "x265-params": "log-level=none:pools=1"},
    "vp8": {"deadline": "realtime", "cpu-used": "8", "b": "2M"},
    "vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "20", "b": "0"},
    # Presets above 9 of SVT-AV1 4.1 write streams that dav1d rejects in places.
    "av1": {"preset": "8", "crf": "25", "svtav1-params": "lp=1"},
    "mpeg4": {"qscale": "3"},
}


@dataclass(frozen=True, slots=True)
class Clip:
    """A file that was made, and what is true of it."""

    path: Path
    times_ms: tuple[int, ...]
    """Presentation time of each frame, counted from the first, as `media` tells times: the first
    whole millisecond not before it. Matroska keeps rounded milliseconds, so may be 1 earlier."""
    duration_ms: int
    cuts_ms: tuple[int, ...]
    """Time of the first frame of each shot but the first."""
    width: int
    height: int
    """Upright size in pixels."""


def draw(number: int, width: int, height: int, colour: Sequence[int]) -> RgbImage:
    """The upright picture of frame `number`, height × width × 3."""
    image = np.empty((height, width, 3), np.uint8)
    image[:] = np.asarray(colour, np.uint8)
    mark_h, mark_w = max(1, round(height * MARK)), max(1, round(width * MARK))
    image[:mark_h, :mark_w] = (255, 0, 0)
    image[:mark_h, -mark_w:] = (0, 255, 0)
    gray = number ^ (number >> 1)
    top = height - max(2, round(height * STRIP))
    for bit in range(BITS):
        left, right = round(bit * width / BITS), round((bit + 1) * width / BITS)
        image[top:, left:right] = 255 if gray >> (BITS - 1 - bit) & 1 else 0
    return image


def read_number(image: RgbImage) -> int:
    """The frame number burned into an upright picture of any size."""
    height, width = image.shape[:2]
    row = image[height - max(1, round(height * STRIP / 2))].astype(int).mean(axis=-1)
    gray = 0
    for bit in range(BITS):
        centre = (bit + 0.5) * width / BITS
        reach = max(1, width // (BITS * 4))
        gray = gray << 1 | int(row[int(centre - reach) : int(centre + reach)].mean() > 127)
    number = 0
    while gray:
        number ^= gray
        gray >>= 1
    return number


def is_upright(image: RgbImage) -> bool:
    """Whether the corner marks are where an upright picture has them."""
    height, width = image.shape[:2]
    y, x = max(0, int(height * MARK / 2)), max(0, int(width * MARK / 2))
    left, right = image[y, x].astype(int), image[y, width - 1 - x].astype(int)
    return bool(
        left[0] > 150 and left[1] < 110 and right[1] > 150 and right[0] < 110 and left[2] < 110
    )


def tone(seconds: float, rate: int = 16000, hertz: float = 440.0) -> NDArray[np.float32]:
    """A steady sine, mono."""
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(
        np.float32
    )


def clicks(seconds: float, rate: int = 16000, every_s: float = 0.5) -> NDArray[np.float32]:
    """Silence with a 5 ms full-scale burst at every multiple of `every_s`, to check the clock."""
    samples = np.zeros(int(seconds * rate), np.float32)
    burst = int(0.005 * rate)
    for start in np.arange(0, seconds, every_s):
        at = round(float(start) * rate)
        samples[at : at + burst] = 0.9 * np.sign(np.sin(np.arange(len(samples[at : at + burst]))))
    return samples


def make_clip(
    path: Path,
    *,
    codec: str = "h264",
    size: tuple[int, int] = (320, 180),
    frames: int = 50,
    fps: Fraction | int = 25,
    times_ms: Sequence[int] | None = None,
    shots: Sequence[int] = (),
    picture: Callable[[int], RgbImage] | None = None,
    rotation: int = 0,
    pixel_format: str | None = None,
    sample_aspect: Fraction | None = None,
    gop: int = 12,
    b_frames: int | None = None,
    start_ms: int = 0,
    audio: NDArray[np.float32] | str | None = None,
    audio_rate: int = 48000,
    audio_codec: str | None = None,
    audio_start_ms: int = 0,
    audio_gaps_ms: Sequence[tuple[int, int]] = (),
    broken_audio: str = "",
    cover: bool = False,
    metadata: dict[str, str] | None = None,
    colour: dict[str, int] | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Clip:
    """Encode a clip whose container follows from the suffix of `path`.

    `size`: upright size. `times_ms`: variable frame rate, one time per frame. `shots`: numbers of
    the frames that start a new shot. `picture`: own upright RGB picture of a frame instead of the
    numbered card. `rotation`: degrees clockwise that a player has to turn the stored picture by.
    `start_ms`: shifts all time stamps. `audio`: mono samples at 16 kHz, "tone", "clicks",
    "silence" or None; `audio_gaps_ms`: stretches that are left out of the track.
    `broken_audio`: "some" spoils a third of the packets, "all" every one of them.
    `cover`: adds a still PNG as an attached picture (Matroska).
    `colour`: colour_trc, colour_primaries, colorspace, color_range numbers of FFmpeg.
    """
    import av

    os.environ.setdefault("SVT_LOG", "-1")  # Or every AV1 clip prints a page.
    width, height = size
    turned = rotation % 180 != 0
    stored = (height, width) if turned else (width, height)
    if times_ms is not None:
        frames = len(times_ms)
        base, stamps = Fraction(1, 1000), [int(t) for t in times_ms]
    else:
        base, stamps = 1 / Fraction(fps), list(range(frames))
    times = tuple(ceil(stamp * base * 1000) for stamp in stamps)
    last = stamps[-1] + (1 if times_ms is None or frames < 2 else stamps[-1] - stamps[-2])
    duration_ms = round(last * base * 1000)
    with av.open(
        str(path), "w", options=container_options or {}, format=_container(path)
    ) as output:
        output.metadata.update(metadata or {})
        if cover:
            _attach_cover(output)
        stream: Any = output.add_stream(
            ENCODERS.get(codec, codec),
            rate=Fraction(fps) if times_ms is None else 30,
            options={**_ENCODER_OPTIONS.get(codec, {}), **(options or {})},
        )
        stream.width, stream.height = stored
        stream.pix_fmt = pixel_format or _pixel_format(codec)
        stream.codec_context.time_base = base
        stream.time_base = base
        stream.codec_context.thread_count = 1
        stream.gop_size = gop
        if b_frames is not None:
            stream.codec_context.max_b_frames = b_frames
        if sample_aspect is not None:
            stream.codec_context.sample_aspect_ratio = sample_aspect
        for key, value in (colour or {}).items():
            setattr(stream.codec_context, key, value)
        if rotation:
            # The matrix says how far the picture is turned counter-clockwise.
            stream.set_display_rotation(-rotation)
        sound = None
        if audio is not None:
            sound = _add_audio(output, path, audio_codec, audio_rate)
        shift = round(Fraction(start_ms, 1000) / base)
        shot = 0
        packets: list[Any] = []
        for number in range(frames):
            shot += number in shots
            upright = (
                picture(number)
                if picture is not None
                else draw(number, width, height, SHOT_COLOURS[shot % len(SHOT_COLOURS)])
            )
            image = np.ascontiguousarray(np.rot90(upright, rotation // 90))
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            for key, value in (colour or {}).items():
                setattr(frame, key, value)
            frame = frame.reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = stamps[number] + shift, base
            packets += stream.encode(frame)
        packets += stream.encode(None)
        if sound is not None:
            samples = _samples(audio, duration_ms / 1000)
            packets += _encode_audio(
                sound, samples, audio_rate, start_ms + audio_start_ms, audio_gaps_ms, broken_audio
            )
        # Interleaved by hand (the sort is stable): the muxer's own queue is limited.
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            output.mux(packet)
    return Clip(path, times, duration_ms, tuple(times[i] for i in shots), width, height)


def make_audio(
    path: Path,
    samples: NDArray[np.float32] | str = "tone",
    *,
    seconds: float = 2.0,
    rate: int = 16000,
    codec: str | None = None,
    gaps_ms: Sequence[tuple[int, int]] = (),
    broken: str = "",
    metadata: dict[str, str] | None = None,
) -> Path:
    """Encode an audio-only file; `samples` are mono at 16 kHz or a name as for `make_clip`."""
    import av

    with av.open(str(path), "w", format=_container(path)) as output:
        output.metadata.update(metadata or {})
        sound = _add_audio(output, path, codec, rate)
        for packet in _encode_audio(sound, _samples(samples, seconds), rate, 0, gaps_ms, broken):
            output.mux(packet)
    return path


def cut(source: Path, target: Path, seconds: float) -> Path:
    """The beginning of a file, not encoded again."""
    import av

    with av.open(str(source)) as whole, av.open(str(target), "w") as part:
        streams = {each.index: part.add_stream_from_template(each) for each in whole.streams}
        for packet in whole.demux():
            if packet.pts is not None and packet.pts * packet.time_base < seconds:
                packet.stream = streams[packet.stream.index]
                part.mux(packet)
    return target


def truncate(path: Path, fraction: float) -> Path:
    """Cut a file off after `fraction` of its bytes, as an interrupted copy does."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    return path


def corrupt(path: Path, start: float, length: int, seed: int = 1) -> Path:
    """Overwrite `length` bytes from `start` (a fraction of the file) with noise."""
    data = bytearray(path.read_bytes())
    at = int(len(data) * start)
    noise = np.random.default_rng(seed).integers(0, 256, length, np.uint8).tobytes()
    data[at : at + length] = noise[: len(data) - at]
    path.write_bytes(bytes(data))
    return path


def _container(path: Path) -> str | None:
    return {".mkv": "matroska", ".m4a": "ipod", ".mts": "mpegts", ".ts": "mpegts"}.get(path.suffix)


def _pixel_format(codec: str) -> str:
    return {"mjpeg": "yuvj420p", "prores": "yuv422p10le"}.get(codec, "yuv420p")


def _samples(audio: NDArray[np.float32] | str | None, seconds: float) -> NDArray[np.float32]:
    if isinstance(audio, np.ndarray):
        return audio.astype(np.float32)
    if audio == "tone":
        return tone(seconds)
    if audio == "clicks":
        return clicks(seconds)
    return np.zeros(int(seconds * 16000), np.float32)


def _add_audio(output: Any, path: Path, codec: str | None, rate: int) -> Any:
    chosen = codec or {".webm": "libopus", ".wav": "pcm_s16le", ".flac": "flac"}.get(
        path.suffix, "aac"
    )
    stream = output.add_stream(chosen, rate=rate)
    stream.layout = "mono"
    return stream


def _encode_audio(
    stream: Any,
    samples: NDArray[np.float32],
    rate: int,
    start_ms: int,
    gaps_ms: Sequence[tuple[int, int]],
    broken: str,
) -> list[Any]:
    """Packets of `samples` (16 kHz), with stretches left out and, if asked, spoilt payloads."""
    import av

    wanted = np.interp(
        np.arange(len(samples) * rate // 16000) / rate, np.arange(len(samples)) / 16000, samples
    )
    packets: list[Any] = []
    block = stream.codec_context.frame_size or 1024
    for at in range(0, len(wanted), block):
        middle = (at + block / 2) * 1000 / rate
        if any(start <= middle < end for start, end in gaps_ms):
            continue
        piece = np.round(wanted[at : at + block] * 32767).astype(np.int16)[None, :]
        frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
        frame.sample_rate = rate
        frame.pts = at + start_ms * rate // 1000
        frame.time_base = Fraction(1, rate)
        packets += _encode_one(stream, frame, rate)
    packets += stream.encode(None)
    if not broken:
        return packets
    noise = np.random.default_rng(7)
    spoilt = []
    for number, packet in enumerate(packets):
        if broken == "some" and number % 3 != 1:
            spoilt.append(packet)
            continue
        bad = av.Packet(noise.integers(0, 256, max(8, packet.size), np.uint8).tobytes())
        bad.stream, bad.time_base = packet.stream, packet.time_base
        bad.pts, bad.dts, bad.duration = packet.pts, packet.dts, packet.duration
        spoilt.append(bad)
    return spoilt


def _encode_one(stream: Any, frame: Any, rate: int) -> list[Any]:
    """Encode one block, bringing it to the sample format that the encoder takes."""
    import av

    target = stream.codec_context.format.name
    if target == "s16":
        return list(stream.encode(frame))
    resampler = av.AudioResampler(format=target, layout="mono", rate=rate)
    packets: list[Any] = []
    for converted in [*resampler.resample(frame), *resampler.resample(None)]:
        packets += stream.encode(converted)
    return packets


def _attach_cover(output: Any) -> None:
    """A still picture stored as an attachment, as music players and downloaders do."""
    import cv2

    card = np.zeros((90, 160, 3), np.uint8)
    card[:] = (0, 0, 200)
    _, png = cv2.imencode(".png", card)
    output.add_attachment("cover.png", "image/png", png.tobytes())
