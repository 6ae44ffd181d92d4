"""Finds out what a file holds: its real tracks, how it stands upright, how long and from when.

Decoding beyond the first picture is left to `frames` and `audio`.
"""

from contextlib import suppress
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from heimdex.domain import name_dates
from heimdex.domain.errors import MediaError
from heimdex.domain.media import AudioTrack, MediaInfo, VideoTrack
from heimdex.media.opening import (
    MAX_PIXELS,
    demuxed,
    is_protected,
    limit_pixels,
    milliseconds,
    opened,
    origin,
)

UNKNOWN = "unknown"
"""The codec of a track for which there is no decoder."""
_STILL_CODECS = frozenset({"png", "mjpeg", "bmp", "gif", "webp", "tiff", "jpeg2000"})
_LONGEST_MS = 1000 * 3600 * 1000
_TRIES = 400
"""Packets of a picture track that may fail before it counts as undecodable."""


def probe(path: Path) -> MediaInfo:
    """Describe a media file.

    The first track of each list is the one to use: one that can be decoded before one that
    cannot, the container's default before others, then the largest picture. A track that cannot
    be decoded is kept beside one that can, so that reading it says so instead of hiding it.
    Raises MediaError when nothing in the file can be played.
    """
    with opened(path) as container:
        videos = [s for s in container.streams.video if not _is_still(s)]
        audios = list(container.streams.audio)
        if not videos and not audios:
            raise MediaError(f"{path.name} holds neither moving pictures nor sound.")
        videos.sort(key=lambda s: (s.codec_context is None, not _is_default(s), -_pixels(s)))
        audios.sort(key=lambda s: (s.codec_context is None, _is_aside(s), not _is_default(s)))
        for stream in videos:
            if _pixels(stream) > MAX_PIXELS:
                raise MediaError(
                    f"{path.name} claims a picture of {stream.width} × {stream.height} pixels, "
                    "more than any camera makes; the file is damaged."
                )
        shown = _first_frame(container, videos[0]) if videos else None
        tracks = [_video_track(s, shown if s is videos[0] else None) for s in videos]
        sounds = tuple(_audio_track(s) for s in audios)
        if shown is None and not (sounds and _is_heard(path, sounds[0].index)):
            raise MediaError(_undecodable(path, [*videos, *audios]))
        duration = _duration_ms(container)
        recorded_at = _recorded_at(container)
        if recorded_at is None:
            # Before the time of the file, which is that of a copy or a download.
            recorded_at = name_dates.recorded_at(path.name, datetime.now())
        title = (container.metadata.get("title") or "").strip() or None
        name = container.format.name
    if duration is None or not _reaches(path, duration):
        duration = _scanned_duration_ms(path)
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


def _is_aside(stream: Any) -> bool:
    """A commentary or a track for the blind is not what the video says."""
    import av

    flags = av.stream.Disposition
    aside = flags.comment | flags.descriptions | flags.visual_impaired | flags.karaoke
    return bool(stream.disposition & aside)


def _first_frame(container: Any, stream: Any) -> Any | None:
    """The first picture that can be decoded, which alone knows how it stands; None without any."""
    import av

    if stream.codec_context is None:
        return None
    limit_pixels(stream)
    stream.thread_type = "AUTO"
    packets = demuxed(container, stream)
    for _ in range(_TRIES):
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return None
        with suppress(av.FFmpegError):
            for frame in packet.decode():
                return frame
    return None


def _is_heard(path: Path, index: int) -> bool:
    """Whether anything of a sound track can be decoded."""
    import av

    with opened(path) as container:
        stream = container.streams[index]
        if stream.codec_context is None:
            return False
        packets = demuxed(container, stream)
        for _ in range(_TRIES):
            try:
                packet = next(packets)
            except (StopIteration, av.FFmpegError):
                return False
            with suppress(av.FFmpegError):
                if packet.decode():
                    return True
    return False


def clockwise(frame: Any) -> int:
    """Degrees clockwise to turn a decoded frame by; FFmpeg counts the other way round."""
    return int(round(-frame.rotation / 90) * 90) % 360


def displayed_size(width: int, height: int, aspect: Fraction, rotation: int) -> tuple[int, int]:
    """Width and height in square pixels after turning."""
    if aspect <= 0 or not Fraction(1, 8) < aspect < 8:
        aspect = Fraction(1)
    wide = max(1, round(width * aspect))
    return (height, wide) if rotation in (90, 270) else (wide, height)


def _video_track(stream: Any, shown: Any | None) -> VideoTrack:
    context = stream.codec_context
    rotation = clockwise(shown) if shown is not None else 0
    aspect = stream.sample_aspect_ratio or Fraction(1)
    wide, high = (context.width or 0, context.height or 0) if context is not None else (0, 0)
    width, height = displayed_size(wide, high, aspect, rotation)
    rate = stream.average_rate or stream.guessed_rate
    return VideoTrack(
        index=stream.index,
        codec=context.name if context is not None else UNKNOWN,
        width=width,
        height=height,
        rotation=rotation,
        frame_rate=float(rate) if rate and 0 < rate < 1000 else 0.0,
        pixel_format=(context.pix_fmt or "") if context is not None else "",
    )


def _audio_track(stream: Any) -> AudioTrack:
    context = stream.codec_context
    language = stream.metadata.get("language")
    return AudioTrack(
        index=stream.index,
        codec=context.name if context is not None else UNKNOWN,
        sample_rate=(context.sample_rate or 0) if context is not None else 0,
        channels=(context.channels or 0) if context is not None else 0,
        language=None if language in (None, "", "und") else language,
    )


def _undecodable(path: Path, streams: list[Any]) -> str:
    if is_protected(path):
        return f"{path.name} is protected against copying (DRM) and cannot be read."
    if all(s.codec_context is None for s in streams):
        return (
            f"{path.name} uses a format that Heimdex cannot decode; "
            "convert it to H.264 to have it indexed."
        )
    return (
        f"{path.name} opens, but nothing in it can be decoded: it is cut off or damaged. "
        "Copy it again if you have another copy."
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


def _reaches(path: Path, duration_ms: int) -> bool:
    """Whether packets are found near the end that the file claims; a cut-off file has none."""
    wanted = Fraction(duration_ms, 1000)
    slack = max(Fraction(3), wanted / 20)
    if wanted <= slack:
        return True
    return _last_stamp(path, wanted - slack) >= wanted - slack


def _scanned_duration_ms(path: Path) -> int:
    """Read through the packets for the last time stamp: slow, but the file does not say."""
    return min(milliseconds(_last_stamp(path, None)), _LONGEST_MS)


def _last_stamp(path: Path, since: Fraction | None) -> Fraction:
    """Seconds at which the last packet ends, reading all of them or those from `since` on."""
    import av

    last = Fraction(0)
    with opened(path) as container:
        start = origin(container)
        streams = [
            s for s in container.streams if s.type in ("video", "audio") and not _is_still_video(s)
        ]
        with suppress(av.FFmpegError):
            if since is not None:
                container.seek(int((start + since) * 1_000_000))
            for packet in demuxed(container, streams):
                if packet.pts is None:
                    continue
                end = (packet.pts + (packet.duration or 0)) * packet.time_base - start
                last = max(last, end)
    return last


def _recorded_at(container: Any) -> int | None:
    """Unix seconds from the metadata; phones put local time with its zone in a key of their own."""
    tables = [container.metadata, *(s.metadata for s in container.streams)]
    for key in ("com.apple.quicktime.creationdate", "creation_time", "date"):
        for table in tables:
            moment = _moment(table.get(key, "").strip())
            if moment is not None:
                return moment
    return None


def _moment(text: str) -> int | None:
    # A year alone says too little, and a camera without a set clock writes the epoch of its format.
    if len(text) < len("2000-01-01"):
        return None
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        if moment.year > 1980:
            return int(moment.timestamp())
    return None
