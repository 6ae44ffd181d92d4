"""RetinaFace with a mobilenet 0.25 backbone: every face of a picture in one pass.

Deng et al., "RetinaFace: Single-stage Dense Face Localisation in the Wild", 2019; anchors and
variances as in the published training configuration. Following faces from frame to frame and
choosing crops is left to the stages.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.domain.faces import FaceDetection
from heimdex.domain.media import RgbImage
from heimdex.ml import boxes, graphs, runtime
from heimdex.ml.manifests import Manifest
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_STRIDES = (8, 16, 32)
_ANCHORS = ((16, 32), (64, 128), (256, 512))
"""Edges of the square anchors at each stride, in pixels."""
_CENTRE_VARIANCE, _SIZE_VARIANCE = 0.1, 0.2
_OVERLAP = 0.4
_CANDIDATES = 400
"""More than this many anchors over the threshold are a crowd; the best of them are looked at."""
_GPU_BATCH = 8
"""On a processor pictures go one by one: together they fall out of its cache, a third slower."""
_MEAN_BGR = (104.0, 117.0, 123.0)


class RetinaFace:
    """A `FaceDetector`. Faces of about 12 pixels and more, in the picture as it is fed."""

    def __init__(
        self, store: ModelStore, manifest: Manifest, compute: Compute, *, edge: int = 640
    ) -> None:
        """`edge`: the longest side that pictures are brought down to, in pixels."""
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._edge = edge
        self._least = manifest.limits().match
        self._session: InferenceSession | None = None

    @property
    def model_id(self) -> str:
        """Id of the manifest."""
        return self._manifest.id

    @property
    def revision(self) -> str:
        """Revision of weights and preprocessing."""
        return self._manifest.space_revision

    def load(self) -> None:
        """Open the graph; `ModelUnavailable` when it is missing or damaged."""
        self._opened()

    def unload(self) -> None:
        """Let the graph go."""
        self._session = None

    def detect(self, images: Sequence[RgbImage]) -> list[list[FaceDetection]]:
        """Faces of each picture, best first. Pictures of one size go through together."""
        session = self._opened()
        found: list[list[FaceDetection]] = [[] for _ in images]
        together = 1 if self._compute.device == runtime.CPU else _GPU_BATCH
        for size, indices in boxes.by_size(images, self._edge).items():
            for start in range(0, len(indices), together):
                some = indices[start : start + together]
                batch = _padded([boxes.resized(images[index], size) for index in some])
                offsets, scores, landmarks = runtime.run(session, pixels=batch)
                for row, index in enumerate(some):
                    found[index] = self._read(
                        offsets[row], scores[row, :, 1], landmarks[row], batch.shape[1:3], size
                    )
        return found

    def _opened(self) -> "InferenceSession":
        if self._session is None:
            path = self._store.path(self.model_id, "model.onnx")
            self._session = runtime.onnx_session(path, self._compute, self.model_id)
        return self._session

    def _read(
        self,
        offsets: NDArray[np.float32],
        scores: NDArray[np.float32],
        landmarks: NDArray[np.float32],
        padded: tuple[int, ...],
        size: tuple[int, int],
    ) -> list[FaceDetection]:
        """The network's answer for one picture. Offsets are relative to the anchors."""
        chosen = np.flatnonzero(scores >= self._least)
        if len(chosen) > _CANDIDATES:
            chosen = chosen[np.argsort(-scores[chosen])[:_CANDIDATES]]
        anchors = _anchors(padded[0], padded[1])[chosen]
        centres, sizes = anchors[:, :2], anchors[:, 2:]
        middle = centres + offsets[chosen, :2] * _CENTRE_VARIANCE * sizes
        extent = sizes * np.exp(offsets[chosen, 2:] * _SIZE_VARIANCE)
        found = np.hstack([middle - extent / 2, middle + extent / 2])
        points = landmarks[chosen].reshape(-1, 5, 2) * _CENTRE_VARIANCE
        points = centres[:, None] + points * sizes[:, None]
        kept = boxes.suppress(found, scores[chosen], _OVERLAP)
        return boxes.detections(found[kept], scores[chosen][kept], points[kept], size)


@lru_cache(maxsize=8)
def _anchors(height: int, width: int) -> NDArray[np.float32]:
    """All anchors of a picture as centre x, centre y, width, height in pixels, in the order of the
    network's outputs: by stride, row, column, size."""
    levels = []
    for stride, edges in zip(_STRIDES, _ANCHORS, strict=True):
        rows, columns = -(-height // stride), -(-width // stride)
        y, x, edge = np.meshgrid(np.arange(rows), np.arange(columns), edges, indexing="ij")
        centre = [(x + 0.5) * stride, (y + 0.5) * stride]
        levels.append(np.stack([*centre, edge, edge], axis=-1).reshape(-1, 4))
    return np.concatenate(levels).astype(np.float32)


def _padded(images: Sequence[RgbImage]) -> NDArray[np.uint8]:
    """One array of pictures, filled up on the right and below to whole cells of the coarsest grid.

    The filling has the mean colour, which the network sees as nothing at all.
    """
    cell = _STRIDES[-1]
    height, width = images[0].shape[:2]
    filled = [-(-edge // cell) * cell for edge in (height, width)]
    colour = np.array(_MEAN_BGR[::-1], np.uint8)
    batch = np.empty((len(images), *filled, 3), np.uint8)
    batch[:, height:] = colour
    batch[:, :height, width:] = colour
    for row, image in enumerate(images):
        batch[row, :height, :width] = image
    return batch


def convert(source: Path, target: Path) -> None:
    """Make the published graph take RGB bytes as they are decoded instead of float BGR planes less
    the training mean. `ModelUnavailable` when `source` is no such graph."""
    model = graphs.read(source)
    outputs = [value.name for value in model.graph.output]
    if outputs != ["loc", "conf", "landmarks"]:
        raise ModelUnavailable(f"{source.name} is no RetinaFace graph; download it again.")
    graphs.take_pixels(model.graph, _MEAN_BGR, bgr=True)
    graphs.write(model, target)
