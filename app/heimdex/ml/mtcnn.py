"""MTCNN: faces by three small networks, each looking closer at what the one before let through.

Zhang et al. 2016, with the thresholds and the pyramid of the paper. Slower than RetinaFace where a
picture is busy. Following faces and choosing crops is left to the stages.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.faces import FaceDetection
from heimdex.domain.media import RgbImage
from heimdex.ml import boxes, mtcnn_graphs, runtime
from heimdex.ml.boxes import Floats
from heimdex.ml.described import Described
from heimdex.ml.manifests import Manifest
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

convert = mtcnn_graphs.convert

_CELL, _STRIDE = 12, 2
"""What the proposal network sees at once and how far apart its answers are, in pixels."""
_PYRAMID = 0.709
"""Each level has half the area of the one before."""
_PROPOSAL, _REFINED = 0.6, 0.7
"""Least scores after the first two networks; the last one's is the manifest's."""
_OVERLAP_LEVEL, _OVERLAP = 0.5, 0.7
_CANDIDATES = 512
"""At most this many boxes go on to the next network; only crowds and texture have more."""


class Mtcnn(Described):
    """A `FaceDetector`."""

    def __init__(
        self,
        store: ModelStore,
        manifest: Manifest,
        compute: Compute,
        *,
        edge: int = 640,
        smallest: int = 20,
    ) -> None:
        """`edge`: the longest side that pictures are brought down to; `smallest`: the least edge of
        a face in such a picture. Both in pixels."""
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._edge = edge
        self._smallest = smallest
        self._least = manifest.limits().match
        self._sessions: dict[str, InferenceSession] = {}

    def load(self) -> None:
        """Open the graphs; `ModelUnavailable` when one is missing or damaged."""
        if self._sessions:
            return
        self._sessions = {
            name: runtime.onnx_session(
                self._store.path(self.model_id, f"{name}.onnx"), self._compute, self.model_id
            )
            for name in mtcnn_graphs.NETWORKS
        }

    def unload(self) -> None:
        """Let the graphs go."""
        self._sessions = {}

    def detect(self, images: Sequence[RgbImage]) -> list[list[FaceDetection]]:
        """Faces of each picture, best first."""
        self.load()
        return [self._detect(image) for image in images]

    def _detect(self, image: RgbImage) -> list[FaceDetection]:
        size = boxes.fitted_size(image, self._edge)
        small = boxes.resized(image, size)
        candidates = _squared(self._propose(small))
        candidates = _squared(self._refine(small, candidates))
        found, scores, landmarks = self._decide(small, candidates)
        return boxes.detections(found, scores, landmarks, size)

    def _propose(self, image: RgbImage) -> Floats:
        """Boxes and scores (n × 5) of everything that looks a little like a face."""
        height, width = image.shape[:2]
        levels = [np.empty((0, 5), np.float32)]
        scale = _CELL / self._smallest
        while min(height, width) * scale >= _CELL:
            size = (round(width * scale), round(height * scale))
            offsets, scores = runtime.run(
                self._sessions["pnet"], pixels=boxes.resized(image, size)[None]
            )
            levels.append(_proposals(offsets[0], scores[0, 1], width / size[0], height / size[1]))
            scale *= _PYRAMID
        together = np.concatenate(levels)
        kept = boxes.suppress(together[:, :4], together[:, 4], _OVERLAP)
        return together[kept[:_CANDIDATES]]

    def _refine(self, image: RgbImage, candidates: Floats) -> Floats:
        if not len(candidates):
            return candidates
        offsets, scores = runtime.run(
            self._sessions["rnet"], pixels=_patches(image, candidates, 24)
        )
        chosen = scores[:, 1] > _REFINED
        moved = _moved(candidates[chosen], offsets[chosen], scores[chosen, 1])
        return moved[boxes.suppress(moved[:, :4], moved[:, 4], _OVERLAP)]

    def _decide(self, image: RgbImage, candidates: Floats) -> tuple[Floats, Floats, Floats]:
        """Boxes, scores and landmarks (n × 5 × 2) of what is a face."""
        if not len(candidates):
            nothing = np.empty(0, np.float32)
            return nothing.reshape(0, 4), nothing, nothing.reshape(0, 5, 2)
        offsets, points, scores = runtime.run(
            self._sessions["onet"], pixels=_patches(image, candidates, 48)
        )
        chosen = scores[:, 1] > self._least
        candidates, points = candidates[chosen], points[chosen]
        # The five x come before the five y.
        corner, extent = candidates[:, None, :2], candidates[:, None, 2:4] - candidates[:, None, :2]
        landmarks = corner + points.reshape(-1, 2, 5).transpose(0, 2, 1) * extent
        moved = _moved(candidates, offsets[chosen], scores[chosen, 1])
        kept = boxes.suppress(moved[:, :4], moved[:, 4], _OVERLAP, smaller=True)
        return moved[kept, :4], moved[kept, 4], landmarks[kept]


def _proposals(offsets: Floats, scores: Floats, x_scale: float, y_scale: float) -> Floats:
    """Boxes and scores (n × 5, in pixels of the picture) of one level of the pyramid."""
    rows, columns = np.nonzero(scores > _PROPOSAL)
    corner = np.stack([columns, rows], axis=1).astype(np.float32) * _STRIDE
    cells = np.hstack([corner, corner + _CELL]) + offsets[:, rows, columns].T * _CELL
    cells *= np.array([x_scale, y_scale, x_scale, y_scale], np.float32)
    found = scores[rows, columns]
    kept = boxes.suppress(cells, found, _OVERLAP_LEVEL)[:_CANDIDATES]
    return np.column_stack([cells[kept], found[kept]])


def _moved(candidates: Floats, offsets: Floats, scores: Floats) -> Floats:
    """Boxes with their edges moved by fractions of their size, and new scores."""
    extent = candidates[:, 2:4] - candidates[:, :2]
    return np.column_stack([candidates[:, :4] + offsets * np.tile(extent, 2), scores])


def _squared(candidates: Floats) -> Floats:
    """Boxes made square around their middle, by the longer side."""
    middle = (candidates[:, :2] + candidates[:, 2:4]) / 2
    half = (candidates[:, 2:4] - candidates[:, :2]).max(axis=1, keepdims=True) / 2
    return np.hstack([middle - half, middle + half, candidates[:, 4:]])


def _patches(image: RgbImage, candidates: Floats, edge: int) -> NDArray[np.uint8]:
    """What is in each box, `edge` pixels square; black where a box reaches beyond the picture."""
    patches = np.zeros((len(candidates), edge, edge, 3), np.uint8)
    height, width = image.shape[:2]
    for patch, (x1, y1, x2, y2) in zip(
        patches, np.rint(candidates[:, :4]).astype(int), strict=True
    ):
        square = np.zeros((max(1, y2 - y1), max(1, x2 - x1), 3), np.uint8)
        left, top, right, bottom = max(0, x1), max(0, y1), min(width, x2), min(height, y2)
        if right > left and bottom > top:
            square[top - y1 : bottom - y1, left - x1 : right - x1] = image[top:bottom, left:right]
        patch[:] = boxes.resized(square, (edge, edge))
    return patches
