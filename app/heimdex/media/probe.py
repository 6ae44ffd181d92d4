"""Finds out what a file holds: its real tracks, how it stands upright, how long and from when.

Decoding beyond the first picture is left to `frames` and `audio`.
"""

from contextlib import suppress
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from heimdex.domain.errors import MediaError
from heimdex.domain.media import AudioTrack, MediaInfo, VideoTrack
from heimdex.media.opening import MAX_PIXELS, milliseconds, opened, origin

_STILL_CODECS = frozenset({"png", "mjpeg", "bmp", "gif", "webp", "tiff", "jpeg2000"})
_LONGEST_MS = 1000 * 3600 * 1000
_TRIES = 400
"""Packets of a picture track that may fail before it counts as undecodable."""


def probe(path: Path) -> MediaInfo:
    """Describe a media file.

    A track that cannot be decoded at all is left out; the first of each list is the one to use:
    the container's default, otherwise the largest picture. Raises MediaError when nothing in the
    file can be played.
    """
    with opened(path) as container:
        videos = [s for s in container.streams.video if not _is_still(s)]
        audios = list(container.streams.audio)
        if not videos and not audios:
            raise MediaError(f"{path.name} holds neither moving pictures nor sound.")
        videos.sort(key=lambda s: (not _is_default(s), -_pixels(s)))
        for stream in videos:
            if _pixels(stream) > MAX_PIXELS:
                raise MediaError(
                    f"{path.name} claims a picture of {stream.width} × {stream.height} pixels, "
                    "more than any camera makes; the file is damaged."
                )
        decodable = [s for s in videos if s.codec_context is not None]
        tracks = [t for t in (_video_track(container, s) for s in decodable[:1]) if t]
        tracks += [_described(s, 0, Fraction(1)) for s in decodable[1:]] if tracks else []
        sounds = tuple(_audio_track(s) for s in audios if s.codec_context is not None)
        if not tracks and not sounds:
            raise MediaError(_undecodable(path, container, videos))
        duration = _duration_ms(container)
        recorded_at = _recorded_at(container)
        title = (container.metadata.get("title") or "").strip() or None
        name = container.format.name
    if duration is None:
        duration = _scanned_duration_ms(path)
    if duration <= 0 and not tracks:
        raise MediaError(f"{path.name} is cut off: no sound is left in it; copy it again.")
    return MediaInfo(name, max(duration, 1), tuple(tracks), sounds, recorded_at, title)


def _is_still(stream: Any) -> bool:
    """A cover picture is a video stream to FFmpeg."""
    import av

    if stream.disposition & av.stream.Disposition.attached_pic:
        return True
    context = stream.codec_context
    name = context.name if context is not None else ""
    return name in _STILL_CODECS and not stream.average_rate


def _is_default(stream: Any) -> bool:
    import av

    return bool(stream.disposition & av.stream.Disposition.default)


def _pixels(stream: Any) -> int:
    context = stream.codec_context
    return (context.width or 0) * (context.height or 0) if context is not None else 0


def _video_track(container: Any, stream: Any) -> VideoTrack | None:
    """Decode until the first picture, which alone knows how it stands and how wide its pixels are.

    None when no picture comes.
    """
    import av

    stream.thread_type = "AUTO"
    failures = 0
    with suppress(av.EOFError):
        packets = container.demux(stream)
        while failures < _TRIES:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except av.FFmpegError:
                break
            try:
                for frame in packet.decode():
                    if frame.width * frame.height > MAX_PIXELS:
                        return None
                    aspect = stream.sample_aspect_ratio or Fraction(1)
                    return _described(stream, clockwise(frame), aspect)
            except av.FFmpegError:
                pass
            failures += 1
    return None


def clockwise(frame: Any) -> int:
    """Degrees clockwise to turn a decoded frame by; FFmpeg counts the other way round."""
    return int(round(-frame.rotation / 90) * 90) % 360


def displayed_size(width: int, height: int, aspect: Fraction, rotation: int) -> tuple[int, int]:
    """Width and height in square pixels after turning."""
    if aspect <= 0 or not Fraction(1, 8) < aspect < 8:
        aspect = Fraction(1)
    wide = max(1, round(width * aspect))
    return (height, wide) if rotation in (90, 270) else (wide, height)


def _described(stream: Any, rotation: int, aspect: Fraction) -> VideoTrack:
    context = stream.codec_context
    width, height = displayed_size(context.width or 0, context.height or 0, aspect, rotation)
    rate = stream.average_rate or stream.guessed_rate
    return VideoTrack(
        index=stream.index,
        codec=context.name,
        width=width,
        height=height,
        rotation=rotation,
        frame_rate=float(rate) if rate and 0 < rate < 1000 else 0.0,
        pixel_format=context.pix_fmt or "",
    )


def _audio_track(stream: Any) -> AudioTrack:
    context = stream.codec_context
    language = stream.metadata.get("language")
    return AudioTrack(
        index=stream.index,
        codec=context.name,
        sample_rate=context.sample_rate or 0,
        channels=context.channels or 0,
        language=None if language in (None, "", "und") else language,
    )


def _undecodable(path: Path, container: Any, videos: list[Any]) -> str:
    if any(s.codec_context is None for s in (*videos, *container.streams.audio)):
        return (
            f"{path.name} uses a video format that Heimdex cannot decode yet; "
            "convert it to H.264 to have it indexed."
        )
    return (
        f"{path.name} opens, but no picture in it can be decoded: it is encrypted, cut off or "
        "damaged. Copy it again if you have another copy."
    )


def _duration_ms(container: Any) -> int | None:
    """What the file says, None when it does not or when nobody could believe it."""
    start = origin(container)
    ends = [
        stream.duration * stream.time_base + max(Fraction(0), _start(stream) - start)
        for stream in (*container.streams.video, *container.streams.audio)
        if stream.duration and stream.time_base and not _is_still_video(stream)
    ]
    if container.duration:
        ends.append(Fraction(container.duration, 1_000_000))
    if not ends:
        return None
    longest = milliseconds(max(ends))
    return longest if 0 < longest <= _LONGEST_MS else None


def _is_still_video(stream: Any) -> bool:
    return stream.type == "video" and _is_still(stream)


def _start(stream: Any) -> Fraction:
    if stream.start_time is None:
        return Fraction(0)
    return Fraction(stream.start_time * stream.time_base)


def _scanned_duration_ms(path: Path) -> int:
    """Read through the packets for the last time stamp: slow, but the file does not say."""
    import av

    last = Fraction(0)
    with opened(path) as container:
        start = origin(container)
        streams = [s for s in container.streams if s.type in ("video", "audio")]
        with suppress(av.FFmpegError):
            for packet in container.demux(streams):
                if packet.pts is None:
                    continue
                end = (packet.pts + (packet.duration or 0)) * packet.time_base - start
                last = max(last, end)
    return min(milliseconds(last), _LONGEST_MS)


def _recorded_at(container: Any) -> int | None:
    """Unix seconds from the container's metadata; phones put local time with its zone elsewhere."""
    for key in ("com.apple.quicktime.creationdate", "creation_time", "date"):
        value = container.metadata.get(key, "").strip()
        if len(value) < 10:
            continue
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            # A camera without a set clock writes the epoch of its format.
            if moment.year > 1980:
                return int(moment.timestamp())
    return None
