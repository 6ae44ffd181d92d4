"""Makes the small pictures that the window shows: JPEGs, posters, and photos that are handed in.

Where they are kept is left to storage.
"""

import struct
from pathlib import Path

import numpy as np

from heimdex.domain.errors import MediaError
from heimdex.domain.media import MediaInfo, RgbImage
from heimdex.media.frames import frame_at
from heimdex.media.opening import check

POSTER_WIDTH = 640
_DARK = 24.0
_LARGEST_PHOTO = 4096
_FRAME_HEADERS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a JPEG's SOF segments, which hold its size (ITU-T T.81, table B.1)."""
_MOST_PIXELS = 300_000_000
"""More than any camera takes: a picture that needs a gigabyte is a slip or a trap."""


def jpeg(image: RgbImage, width: int, quality: int = 82) -> bytes:
    """Encode an RGB picture as JPEG, scaled down to at most `width` pixels across."""
    import cv2

    height, wide = image.shape[:2]
    if wide > width:
        size = (width, max(1, round(height * width / wide)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise MediaError("A picture could not be saved as JPEG.")
    return bytes(data)


def poster(path: Path, info: MediaInfo) -> bytes:
    """A JPEG that stands for the whole video: an early frame that is not black. b"" for sound."""
    if not info.video:
        return b""
    best: tuple[float, RgbImage] | None = None
    for share in (0.1, 0.3, 0.5, 0.0):
        _, image = frame_at(path, info, int(min(info.duration_ms * share, 60_000)), POSTER_WIDTH)
        light = float(image.mean())
        if best is None or light > best[0]:
            best = (light, image)
        if light > _DARK and float(image.std()) > 8:
            break
    assert best is not None
    return jpeg(best[1], POSTER_WIDTH)


def photo(path: Path) -> RgbImage:
    """Read a photo upright (EXIF orientation), longest side at most 4096 pixels.

    Raises MediaError when it is not a picture that can be read.
    """
    import cv2

    check(path)
    data = np.fromfile(path, np.uint8)
    if (pixels := _claimed_pixels(data.data)) > _MOST_PIXELS:
        raise MediaError(
            f"{path.name} has {pixels // 1_000_000} million pixels; use a smaller copy of it."
        )
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error:  # larger than OpenCV reads at all
        image = None
    if image is None:
        raise MediaError(f"{path.name} is not a picture that Heimdex can read; use JPEG or PNG.")
    scale = _LARGEST_PHOTO / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    upright: RgbImage = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return upright


def _claimed_pixels(data: memoryview) -> int:
    """How many pixels a PNG or JPEG says it has, before any of them is decoded; 0 where it is
    neither, or says nothing that can be read."""
    if bytes(data[:8]) == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return int(width * height)
    if bytes(data[:2]) != b"\xff\xd8":
        return 0
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # may be repeated to fill
            at += 1
        elif marker in _FRAME_HEADERS:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return int(width * height)
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0


def decoded(data: bytes) -> RgbImage:
    """The picture in JPEG or PNG bytes that Heimdex made itself. Raises MediaError."""
    import cv2

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise MediaError("A stored picture cannot be read.")
    picture: RgbImage = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return picture


def sharpness(image: RgbImage) -> float:
    """Variance of the Laplacian of the grey picture: larger is sharper (Pech-Pacheco 2000)."""
    import cv2

    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())
