"""Pictures of Heimdex's own on which the quick forms of face networks are made and compared.

They are cut, turned and lit anew from the calibration frames, so that few files make many inputs.
What must be alike is said by the engines.
"""

from pathlib import Path

import numpy as np

from heimdex.domain.errors import EngineFailed
from heimdex.domain.media import RgbImage
from heimdex.ml import alignment, boxes
from heimdex.ml.acceleration.graph import Arrays
from heimdex.ml.graphs import PIXELS

FACE = "astronaut-3.jpg"
LANDMARKS = np.array([[199.9, 90.1], [251.8, 93.5], [223.3, 124.0], [195.5, 133.8], [249.5, 136.9]])
"""Of the face in it, in pixels, as RetinaFace finds them."""
_HEAD = (slice(20, 215), slice(125, 325))
"""Rows and columns of the head."""
_BATCH, _BATCHES = 16, 6
_PICTURES = 16
_WIDTH, HEIGHT = 640, 360
PADDED = (384, 640)
"""Height and width of the pictures for detectors."""


def crops(resources: Path) -> list[Arrays]:
    """Batches of aligned faces as embedders see them. Every fourth is no face at all: what a
    detector lets through by mistake must not leave the range that int8 was made for."""
    rng = np.random.default_rng(0)
    frames = _frames(resources)
    batches: list[Arrays] = []
    for _ in range(_BATCHES):
        batch = []
        for number in range(_BATCH):
            if number % 4 == 3:
                frame = frames[sorted(frames)[rng.integers(len(frames))]]
                size = int(rng.integers(60, min(frame.shape[:2])))
                top, left = (int(rng.integers(edge - size + 1)) for edge in frame.shape[:2])
                square = frame[top : top + size, left : left + size]
                crop = boxes.resized(square, (alignment.SIZE, alignment.SIZE))
            else:
                height, width = frames[FACE].shape[:2]
                moved = LANDMARKS + rng.normal(0, 2.5, LANDMARKS.shape)
                crop = alignment.align(frames[FACE], (moved / (width, height)).astype(np.float32))
            batch.append(_varied(crop, rng))
        batches.append({PIXELS: np.stack(batch)})
    return batches


def pictures(resources: Path) -> list[Arrays]:
    """Pictures as detectors see them, one a batch: frames with up to six heads of 25 to 250 pixels
    put into them, upright, some mirrored, in other light."""
    rng = np.random.default_rng(1)
    frames = _frames(resources)
    head = frames[FACE][_HEAD]
    made: list[Arrays] = []
    for number in range(_PICTURES):
        frame = frames[sorted(frames)[number * len(frames) // _PICTURES]]
        whole = np.full((1, *PADDED, 3), 118, np.uint8)
        whole[0, :HEIGHT] = boxes.resized(frame, (_WIDTH, HEIGHT))
        for _ in range(int(rng.integers(1, 7))):
            height = int(rng.integers(25, 250))
            width = height * head.shape[1] // head.shape[0]
            top = int(rng.integers(HEIGHT - height))
            left = int(rng.integers(_WIDTH - width))
            one = _varied(boxes.resized(head, (width, height)), rng)
            whole[0, top : top + height, left : left + width] = one
        made.append({PIXELS: whole})
    return made


def _varied(picture: RgbImage, rng: np.random.Generator) -> RgbImage:
    """The picture mirrored or not, brighter or darker, sometimes blurred, always a little noisy."""
    import cv2

    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    if rng.random() < 0.3:
        picture = np.asarray(cv2.blur(picture, (3, 3)), np.uint8)
    light = picture * rng.uniform(0.5, 1.3) + rng.uniform(-15, 25)
    grain = rng.normal(0, rng.uniform(0, 6), picture.shape)
    return np.clip(light + grain, 0, 255).astype(np.uint8)


def _frames(resources: Path) -> dict[str, RgbImage]:
    import cv2

    frames: dict[str, RgbImage] = {}
    for path in sorted((resources / "calibration" / "frames").glob("*.jpg")):
        read = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        if read is not None:
            frames[path.name] = np.ascontiguousarray(read[..., ::-1])
    if FACE not in frames:
        raise EngineFailed("Heimdex's own pictures to measure models with are missing.")
    return frames
