"""Cuts faces out of pictures and says how fit each crop is to recognise somebody by.

Following a face over time is left to `tracks`, comparing faces to the people room.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.faces import Box, FaceDetection
from heimdex.domain.media import RgbImage
from heimdex.media.pictures import jpeg, sharpness
from heimdex.ml.alignment import align

Point = NDArray[np.float64]

SMALLEST_FACE = 20
"""Pixels of a face's height below which nobody can be told from anybody."""
_GOOD_FACE = 90.0
_GOOD_SHARPNESS = 60.0
_INSIDE = (slice(30, 100), slice(25, 87))
"""Rows and columns of an aligned face from brows to chin. What lies around it says nothing of the
face, and the black where a face leaves the picture has the sharpest edges of all."""
_HARDLY = 0.05
_HIGHEST, _LOWEST = 0.35, 0.8
"""Of the way from the eyes to the mouth: where the nose of a face that looks ahead stands."""
_MARGIN = 0.35
_CROP_WIDTH = 160


@dataclass(frozen=True, slots=True, eq=False)
class FaceCrop:
    """One face of one frame: `aligned` 112 × 112 RGB to embed, `view` JPEG to show."""

    at_ms: int
    box: Box
    quality: float
    aligned: RgbImage
    view: bytes


def crop(image: RgbImage, detection: FaceDetection, at_ms: int) -> FaceCrop | None:
    """Cut one face out; None when it is too small to be anybody's."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = (float(np.clip(value, 0, 1)) for value in detection.box)
    pixels = min((x2 - x1) * width, (y2 - y1) * height)
    if pixels < SMALLEST_FACE:
        return None
    aligned = align(image, detection.landmarks)
    quality = (
        min(1.0, pixels / _GOOD_FACE)
        * min(1.0, sharpness(np.ascontiguousarray(aligned[_INSIDE])) / _GOOD_SHARPNESS) ** 0.5
        * frontality(detection)
        * detection.score
    )
    view = face_view(image, (x1, y1, x2, y2))
    return FaceCrop(at_ms, (x1, y1, x2, y2), float(np.clip(quality, 0, 1)), aligned, view)


def face_view(image: RgbImage, box: Box) -> bytes:
    """The JPEG to show of the face in `box`: a square with some of what is around it."""
    return jpeg(_square(image, box), _CROP_WIDTH)


def fitness(quality: float, seen: float | None) -> float:
    """How fit a crop is, 0..1, from what its picture says and what the face model sees in it
    (`embed_weighed`), half and half: a small face may be clear to the model, and the sharpest wall
    is nobody to it."""
    return quality if seen is None else (quality * seen) ** 0.5


def frontality(detection: FaceDetection) -> float:
    """1 for a face that looks at the camera, towards 0 as it turns away to a side, up or down.

    From where the nose stands between the eyes, and between eyes and mouth: turning the head moves
    it towards one of them.
    """
    left, right, nose, *mouth = (point.astype(np.float64) for point in detection.landmarks)
    aside = _share(left, right, nose)
    down = _share((left + right) / 2, (mouth[0] + mouth[1]) / 2, nose)
    if aside is None or down is None:
        return _HARDLY
    # Noses differ: in 74 good photos nine of ten stood between 0.36 and 0.75 of the way down.
    tilted = max(_HIGHEST - down, down - _LOWEST, 0.0)
    straight = 1.0 - 1.6 * abs(aside - 0.5)
    return float(np.clip(straight * (1.0 - 3.0 * tilted), _HARDLY, 1.0))


def _share(start: Point, end: Point, point: Point) -> float | None:
    """How far along the way from `start` to `end` a point stands; None where there is no way."""
    way = end - start
    length = float(way @ way)
    return None if length <= 1e-12 else float((point - start) @ way) / length


def _square(image: RgbImage, box: Box) -> RgbImage:
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box
    side = max((x2 - x1) * width, (y2 - y1) * height) * (1 + 2 * _MARGIN)
    side = min(side, width, height)
    left = int(np.clip((x1 + x2) / 2 * width - side / 2, 0, width - side))
    top = int(np.clip((y1 + y2) / 2 * height - side / 2, 0, height - side))
    edge = max(1, int(side))
    return np.ascontiguousarray(image[top : top + edge, left : left + edge])
