"""Models of InsightFace's buffalo_l pack, which only who holds a licence may use, from own files.

Guo et al., "Sample and Computation Redistribution for Efficient Face Detection", 2021 (SCRFD), and
Deng et al., "ArcFace", 2019. Who may use them is checked by the store, the embedder runs in
`face_embedding`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.domain.faces import FaceDetection
from heimdex.domain.media import RgbImage
from heimdex.ml import boxes, face_embedding, graphs
from heimdex.ml.acceleration.graph import Graph
from heimdex.ml.acceleration.memory import enough_for
from heimdex.ml.acceleration.opening import open_graph
from heimdex.ml.described import Described
from heimdex.ml.graphs import PIXELS
from heimdex.ml.manifests import Manifest
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

GRAPH = "model.onnx"
_STRIDES = (8, 16, 32)
_ANCHORS = 2
"""At each place, all of the same size; distances are counted from the cell's corner."""
_OUTPUTS = 9
"""Scores, distances and landmarks of the three strides, in this order."""
_OVERLAP = 0.4
_OPSET = 17


class Scrfd(Described):
    """A `FaceDetector`, one picture at a time: the graph knows no batches."""

    def __init__(
        self, store: ModelStore, manifest: Manifest, compute: Compute, *, edge: int = 640
    ) -> None:
        """`edge`: the longest side that pictures are brought down to, in pixels."""
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._edge = edge
        self._least = manifest.limits().match
        self._graph: Graph | None = None

    def load(self) -> None:
        """Open the network; `ModelUnavailable` without a licence, or when it is missing."""
        self._opened()

    def unload(self) -> None:
        """Let the network go."""
        self._graph = None

    def detect(self, images: Sequence[RgbImage]) -> list[list[FaceDetection]]:
        """Faces of each picture, best first. `EngineFailed` when the memory does not suffice."""
        self._opened()
        return [self._detect(image) for image in images]

    def _detect(self, image: RgbImage) -> list[FaceDetection]:
        size = boxes.fitted_size(image, self._edge)
        width, height = size
        cell = _STRIDES[-1]
        padded = np.zeros((1, -(-height // cell) * cell, -(-width // cell) * cell, 3), np.uint8)
        padded[0, :height, :width] = boxes.resized(image, size)
        with enough_for("one picture", self.model_id):
            answers = self._opened().run({PIXELS: padded})
        found, scores, points = self._read(answers, padded.shape[1:3])
        kept = boxes.suppress(found, scores, _OVERLAP)
        return boxes.detections(found[kept], scores[kept], points[kept], size)

    def _read(
        self, answers: Sequence[NDArray[np.float32]], padded: tuple[int, ...]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Boxes, scores and landmarks in pixels of what scores enough, over all strides."""
        found, sure, points = [], [], []
        for level, stride in enumerate(_STRIDES):
            scores, edges, marks = (
                answers[level + 3 * kind].reshape(-1, width)
                for kind, width in enumerate((1, 4, 10))
            )
            rows, columns = padded[0] // stride, padded[1] // stride
            y, x, _ = np.meshgrid(
                np.arange(rows), np.arange(columns), np.arange(_ANCHORS), indexing="ij"
            )
            corner = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32) * stride
            chosen = np.flatnonzero(scores[:, 0] >= self._least)
            corner, away = corner[chosen], edges[chosen] * stride
            found.append(np.hstack([corner - away[:, :2], corner + away[:, 2:]]))
            sure.append(scores[chosen, 0])
            points.append(corner[:, None] + marks[chosen].reshape(-1, 5, 2) * stride)
        return np.concatenate(found), np.concatenate(sure), np.concatenate(points)

    def _opened(self) -> Graph:
        if self._graph is None:
            self._graph = open_graph(self._store, self._manifest.id, GRAPH, self._compute)
        return self._graph


def convert_detector(source: Path, target: Path) -> None:
    """Make `det_10g.onnx` take RGB bytes. `ModelUnavailable` when `source` is no such graph."""
    model = graphs.read(source)
    graphs.drop_unused_inputs(model.graph)
    if len(model.graph.input) != 1 or len(model.graph.output) != _OUTPUTS:
        raise ModelUnavailable(f"{source.name} is no SCRFD graph with landmarks.")
    graphs.take_pixels(model.graph, [127.5] * 3, scale=128.0)
    graphs.write(graphs.simplified(model, _OPSET), target)


def convert_embedder(source: Path, target: Path) -> None:
    """Make `w600k_r50.onnx` take RGB bytes. `ModelUnavailable` when `source` is no such graph."""
    face_embedding.convert(source, target, "ArcFace", bgr=False)
