"""What is known about a file before any model looks at it, and the shots found in its picture.

All times are integer milliseconds on the presentation clock of the file, counted from its start
(a first time stamp other than zero is subtracted). Sizes are pixels as displayed, after rotation
and sample aspect ratio.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.ids import FileId, FolderId, VideoId

RgbImage = NDArray[np.uint8]
"""Height × width × 3, RGB, upright."""

VIDEO_SUFFIXES = frozenset(
    ".3g2 .3gp .asf .avi .divx .dv .f4v .flv .m2t .m2ts .m2v .m4v .mkv .mov .mp4 .mpe .mpeg .mpg "
    ".mpv .mts .mxf .ogm .ogv .qt .rm .rmvb .ts .vob .webm .wmv".split()
)
AUDIO_SUFFIXES = frozenset(
    ".aac .aif .aiff .amr .flac .m4a .m4b .mka .mp3 .oga .ogg .opus .wav .weba .wma".split()
)
MEDIA_SUFFIXES = VIDEO_SUFFIXES | AUDIO_SUFFIXES
"""What a folder scan picks up, lower case with the dot. A file named outright is always tried."""


class FileState(StrEnum):
    """Whether the bytes of a file can be reached now; never a reason to delete what is known."""

    ONLINE = "online"
    OFFLINE = "offline"
    """Its folder or drive is not there at the moment."""
    MISSING = "missing"
    """Its folder is there, the file is not."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is on its drive, wherever that is mounted."""

    volume: str
    """The identity of the file system: its UUID or serial number, or the name of a share."""
    inside: str
    """The path from the root of that file system, without a slash at either end."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder the person added; `watched` ones pick up new files by themselves."""

    id: FolderId
    path: Path
    watched: bool
    state: FileState


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One place where a video's bytes are. A copy is a second `MediaFile` of the same video."""

    id: FileId
    path: Path
    video_id: VideoId
    folder_id: FolderId | None
    size: int
    mtime_ns: int
    state: FileState


@dataclass(frozen=True, slots=True)
class Video:
    """A video as the library shows it: one content, however many copies there are."""

    id: VideoId
    path: Path
    """The best place to read it from: an online copy if there is one."""
    title: str
    state: FileState
    added_at: int
    """Unix seconds."""
    duration_ms: int
    """0 until probed."""
    recorded_at: int | None
    """Unix seconds from the container's metadata, else from the file's name, else its mtime."""
    width: int
    height: int
    has_audio: bool
    has_video: bool


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One audio stream. `language` is what the container claims, which is often wrong."""

    index: int
    codec: str
    sample_rate: int
    channels: int
    language: str | None


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """One real moving-picture stream (cover pictures are left out)."""

    index: int
    codec: str
    width: int
    height: int
    rotation: int
    """Degrees clockwise to turn the decoded picture by so that it stands upright: 0/90/180/270."""
    frame_rate: float
    """Average frames a second; 0.0 where the file does not say."""
    pixel_format: str


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What probing found. The first entry of each track list is the one that is used."""

    container: str
    duration_ms: int
    video: tuple[VideoTrack, ...]
    audio: tuple[AudioTrack, ...]
    recorded_at: int | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Scene:
    """One shot: `start_ms` inclusive, `end_ms` exclusive, shown by its frame at `key_ms`."""

    index: int
    start_ms: int
    end_ms: int
    key_ms: int


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One sampled frame, upright, at the exact presentation time of the frame in the file."""

    at_ms: int
    image: RgbImage


@dataclass(frozen=True, slots=True)
class Redrawn:
    """Lost pictures made anew: JPEGs in the order in which they were asked for; b"" where the
    moment cannot be decoded."""

    poster: bytes
    scenes: tuple[bytes, ...]
    faces: tuple[bytes, ...]
