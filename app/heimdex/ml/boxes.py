"""What face detectors share: fitting pictures to a size, overlap of boxes, and the finished record.

The networks and how their outputs are read are the detectors' own affair. Boxes here are n × 4
arrays x1, y1, x2, y2 in pixels of the picture that the network saw, unless said otherwise.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.faces import FaceDetection
from heimdex.domain.media import RgbImage

Floats = NDArray[np.float32]


def fitted_size(image: RgbImage, edge: int) -> tuple[int, int]:
    """Width and height of the picture when its longest side is at most `edge` pixels."""
    height, width = image.shape[:2]
    scale = min(1.0, edge / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def resized(image: RgbImage, size: tuple[int, int]) -> RgbImage:
    """The picture at `size` (width, height): averaged to shrink it, interpolated to enlarge it."""
    import cv2

    height, width = image.shape[:2]
    if (width, height) == size:
        return image
    shrinks = size[0] * size[1] < width * height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)


def by_size(images: Sequence[RgbImage], edge: int) -> dict[tuple[int, int], list[int]]:
    """Which pictures have the same fitted size and can go through a network together."""
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, image in enumerate(images):
        groups[fitted_size(image, edge)].append(index)
    return groups


def overlaps(box: Floats, others: Floats, *, smaller: bool = False) -> Floats:
    """Intersection of one box with n others, over their union or, with `smaller`, over the smaller
    of the two."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:4], others[:, 2:4])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    area = float(np.prod(box[2:4] - box[:2]))
    areas = np.prod(others[:, 2:4] - others[:, :2], axis=1)
    whole = np.minimum(area, areas) if smaller else area + areas - shared
    result: Floats = shared / np.maximum(whole, np.float32(1e-9))
    return result


def suppress(
    boxes: Floats, scores: Floats, limit: float, *, smaller: bool = False
) -> NDArray[np.intp]:
    """Indices of the boxes that stay, best first: greedy non-maximum suppression at `limit`."""
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size:
        best, order = order[0], order[1:]
        kept.append(int(best))
        order = order[overlaps(boxes[best], boxes[order], smaller=smaller) <= limit]
    return np.array(kept, np.intp)


def detections(
    boxes: Floats, scores: Floats, landmarks: Floats, size: tuple[int, int]
) -> list[FaceDetection]:
    """Records of faces found in a picture of `size` (width, height), best first.

    `landmarks` is n × 5 × 2 in pixels. Boxes are cut at the picture's border; what lies wholly
    outside is left out.
    """
    order = np.argsort(-scores, kind="stable")
    scale = np.array(size, np.float32)
    found = []
    for index in order:
        x1, y1, x2, y2 = np.clip(boxes[index] / np.tile(scale, 2), 0.0, 1.0).tolist()
        if x2 > x1 and y2 > y1:
            points = (landmarks[index] / scale).astype(np.float32)
            found.append(FaceDetection((x1, y1, x2, y2), float(scores[index]), points))
    return found
