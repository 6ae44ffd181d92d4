"""Turns a face upright and to the size that face embedders were trained on, by its five landmarks.

Finding the landmarks and embedding the crop are left to the engines; no model runtime is used here.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.media import RgbImage

SIZE: Final = 112
"""Edge of an aligned crop in pixels."""

TEMPLATE: Final[NDArray[np.float64]] = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
"""Where ArcFace's aligned faces have left eye, right eye, nose and the corners of the mouth, as
seen in the picture, in pixels of the crop (Deng et al. 2019, as in the published training data)."""


def similarity_transform(
    source: NDArray[np.floating], target: NDArray[np.floating]
) -> NDArray[np.float64]:
    """The rotation, uniform scale and shift that bring `source` nearest to `target`.

    Both n × 2; the result is 2 × 3. Least squares without mirroring, after Umeyama, "Least-squares
    estimation of transformation parameters between two point patterns", PAMI 1991. Points that all
    coincide give a transform of scale 0, as there is no size to take.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    source_mean, target_mean = source.mean(0), target.mean(0)
    source_centred, target_centred = source - source_mean, target - target_mean
    covariance = target_centred.T @ source_centred / len(source)
    left, spread, right = np.linalg.svd(covariance)
    signs = np.ones(2)
    if np.linalg.det(left) * np.linalg.det(right) < 0:
        signs[-1] = -1
    rotation = left @ np.diag(signs) @ right
    variance = (source_centred**2).sum() / len(source)
    scale = float(spread @ signs) / variance if variance > 0 else 0.0
    shift = target_mean - scale * rotation @ source_mean
    return np.column_stack([scale * rotation, shift])


def align(image: RgbImage, landmarks: NDArray[np.float32]) -> RgbImage:
    """The face with these landmarks (5 × 2, normalised) as 112 × 112 RGB.

    What lies outside of the picture is black. A face much larger than the crop is brought down
    with area averaging first, because a plain warp would skip pixels.
    """
    import cv2

    height, width = image.shape[:2]
    # A pixel's own coordinates are those of its middle; normalised ones count from the edge.
    points = np.asarray(landmarks, np.float64) * (width, height) - 0.5
    matrix = similarity_transform(points, TEMPLATE)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if 0 < scale < 0.5:
        image, origin, factor = _shrunken_surroundings(image, points, scale)
        points = (points - origin + 0.5) * factor - 0.5
        matrix = similarity_transform(points, TEMPLATE)
    return np.asarray(
        cv2.warpAffine(image, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR), dtype=np.uint8
    )


def _shrunken_surroundings(
    image: RgbImage, points: NDArray[np.float64], scale: float
) -> tuple[RgbImage, NDArray[np.float64], NDArray[np.float64]]:
    """The part of the picture around a large face, brought to about the crop's size.

    Gives that part, its origin in the picture and the factors in x and y.
    """
    import cv2

    # As far as the crop's farthest corner is from the middle of the landmarks, at any rotation.
    reach = np.hypot(SIZE / 2, TEMPLATE[:, 1].mean()) * 1.05 / scale
    height, width = image.shape[:2]
    low = np.floor(np.clip(points.mean(0) - reach, 0, (width, height))).astype(int)
    high = np.ceil(np.clip(points.mean(0) + reach, 0, (width, height))).astype(int)
    part = image[low[1] : high[1], low[0] : high[0]]
    if not part.size:
        return image, np.zeros(2), np.ones(2)
    size = np.maximum(1, np.round((high - low) * scale)).astype(int)
    small = cv2.resize(part, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), low.astype(np.float64), size / (high - low)
