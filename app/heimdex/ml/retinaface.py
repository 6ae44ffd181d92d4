"""RetinaFace, with a mobilenet 0.25 or a ResNet-50 behind it: every face of a picture in one pass.

Deng et al., "RetinaFace: Single-stage Dense Face Localisation in the Wild", 2019; anchors and
variances as in the published training configuration, which both share. Following faces from frame
to frame and choosing crops is left to the stages.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.domain.faces import FaceDetection
from heimdex.domain.media import RgbImage
from heimdex.ml import boxes, face_samples, graphs, runtime, torch_checkpoint
from heimdex.ml.acceleration.cases import Case, Outputs
from heimdex.ml.acceleration.graph import Graph
from heimdex.ml.acceleration.memory import enough_for, in_halves
from heimdex.ml.acceleration.opening import open_graph
from heimdex.ml.described import Described
from heimdex.ml.graphs import PIXELS
from heimdex.ml.manifests import Manifest
from heimdex.ml.networks import retinaface_resnet
from heimdex.ml.networks.building import Tensors
from heimdex.ml.networks.retinaface_resnet import Intake
from heimdex.ml.reference import libraries
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

GRAPH = "model.onnx"
_OPSET = 17
_STRIDES = (8, 16, 32)
_ANCHORS = ((16, 32), (64, 128), (256, 512))
"""Edges of the square anchors at each stride, in pixels."""
_CENTRE_VARIANCE, _SIZE_VARIANCE = 0.1, 0.2
_OVERLAP = 0.4
EDGE = 640
"""The longest side that pictures are brought down to, in pixels."""
_CANDIDATES = 400
"""More than this many anchors over the threshold are a crowd; the best of them are looked at."""
_GPU_BATCH = 8
"""On a processor pictures go one by one: together they fall out of its cache, a third slower."""
_MEAN_BGR = (104.0, 117.0, 123.0)
_FILLING = (123, 117, 104)
"""RGB of what pictures are filled up with: the mean colour of all trainings, of ternaus's to one
step, which the networks see as nothing at all."""
ORIGINAL, TERNAUS = "detection_Resnet50_Final.pth", "retinaface_resnet50_2020-07-20.pth"
"""The ResNet-50 of Pytorch_Retinaface, as facexlib publishes it, and `retinaface-pytorch`'s."""
INTAKES = {
    ORIGINAL: Intake((123 / 255, 117 / 255, 104 / 255), (1 / 255,) * 3, bgr=True),
    TERNAUS: Intake((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
"""How each of these checkpoints was fed."""
_PARALLEL = "module."
"""What torch puts before each name when it trains on several graphics processors."""
_GATE = 0.9
_SURE = 0.2
"""How far below the threshold a face of the other form is still looked for."""


class RetinaFace(Described):
    """A `FaceDetector`. Faces of about 12 pixels and more, in the picture as it is fed."""

    def __init__(
        self, store: ModelStore, manifest: Manifest, compute: Compute, *, edge: int = EDGE
    ) -> None:
        """`edge`: the longest side that pictures are brought down to, in pixels."""
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._edge = edge
        self._least = manifest.limits().match
        self._graph: Graph | None = None

    def load(self) -> None:
        """Open the network; `ModelUnavailable` when it is missing or damaged."""
        self._opened()

    def use(self, graph: Graph) -> None:
        """Run this network instead of the one that was found quickest, to compare both."""
        self._graph = graph

    def unload(self) -> None:
        """Let the network go."""
        self._graph = None

    def detect(self, images: Sequence[RgbImage]) -> list[list[FaceDetection]]:
        """Faces of each picture, best first. Pictures of one size go through together.

        `EngineFailed` when there is no memory for even one.
        """
        self._opened()
        found: list[list[FaceDetection]] = [[] for _ in images]
        together = 1 if self._compute.device == runtime.CPU else _GPU_BATCH
        for size, indices in boxes.by_size(images, self._edge).items():
            for start in range(0, len(indices), together):
                some = indices[start : start + together]
                batch = _padded([boxes.resized(images[index], size) for index in some])
                offsets, scores, landmarks = self._run(batch)
                for row, index in enumerate(some):
                    found[index] = boxes.detections(
                        *read(
                            offsets[row], scores[row], landmarks[row], batch.shape[1:3], self._least
                        ),
                        size,
                    )
        return found

    def _run(self, batch: NDArray[np.uint8]) -> Outputs:
        graph = self._opened()
        with enough_for("one picture", self.model_id):
            parts = in_halves(lambda some: graph.run({PIXELS: some}), batch)
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

    def _opened(self) -> Graph:
        if self._graph is None:
            self._graph = _open(self._store, self._manifest, self._compute)
        return self._graph


def read(
    offsets: NDArray[np.float32],
    scores: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    padded: tuple[int, ...],
    least: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Boxes (n × 4), scores (n) and landmarks (n × 5 × 2) in pixels of the faces that score
    `least`, best first, out of the network's answer for one picture of `padded` height and width.

    Offsets (anchors × 4), the second of two `scores` and `landmarks` (× 10) belong to the anchors.
    """
    chosen = np.flatnonzero(scores[:, 1] >= least)
    if len(chosen) > _CANDIDATES:
        chosen = chosen[np.argsort(-scores[chosen, 1])[:_CANDIDATES]]
    found = _boxes(offsets, chosen, padded)
    anchors = _anchors(padded[0], padded[1])[chosen]
    points = landmarks[chosen].reshape(-1, 5, 2) * _CENTRE_VARIANCE
    points = anchors[:, None, :2] + points * anchors[:, None, 2:]
    kept = boxes.suppress(found, scores[chosen, 1], _OVERLAP)
    return found[kept], scores[chosen, 1][kept], points[kept]


def _boxes(
    offsets: NDArray[np.float32], chosen: NDArray[np.intp], padded: tuple[int, ...]
) -> NDArray[np.float32]:
    """The boxes of some anchors. Offsets are relative to the anchors."""
    anchors = _anchors(padded[0], padded[1])[chosen]
    centres, sizes = anchors[:, :2], anchors[:, 2:]
    middle = centres + offsets[chosen, :2] * _CENTRE_VARIANCE * sizes
    extent = sizes * np.exp(offsets[chosen, 2:] * _SIZE_VARIANCE)
    found: NDArray[np.float32] = np.hstack([middle - extent / 2, middle + extent / 2])
    return found


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
    """One array of pictures, filled up on the right and below to whole cells of the last grid."""
    cell = _STRIDES[-1]
    height, width = images[0].shape[:2]
    filled = [-(-edge // cell) * cell for edge in (height, width)]
    colour = np.array(_FILLING, np.uint8)
    batch = np.empty((len(images), *filled, 3), np.uint8)
    batch[:, height:] = colour
    batch[:, :height, width:] = colour
    for row, image in enumerate(images):
        batch[row, :height, :width] = image
    return batch


def convert(source: Path, target: Path) -> None:
    """Make the published mobilenet take RGB bytes as they are decoded instead of float BGR planes
    less the training mean. `ModelUnavailable` when `source` is no such graph."""
    model = graphs.read(source)
    outputs = [value.name for value in model.graph.output]
    if outputs != ["loc", "conf", "landmarks"]:
        raise ModelUnavailable(f"{source.name} is no RetinaFace graph; download it again.")
    graphs.take_pixels(model.graph, _MEAN_BGR, bgr=True)
    graphs.write(graphs.simplified(model, _OPSET), target)


def convert_resnet(folder: Path) -> None:
    """Write the ResNet-50 out of the published checkpoint in `folder`. `ModelUnavailable` when
    there is none, or when it holds another network."""
    source = checkpoint(folder)
    if source is None:
        raise ModelUnavailable("There is no RetinaFace checkpoint here; download it again.")
    try:
        retinaface_resnet.write(*weights(source), folder / GRAPH)
    except (ValueError, IndexError) as error:
        raise ModelUnavailable(
            f"{source.name} is not the ResNet-50 of RetinaFace ({error}); download it again."
        ) from error


def checkpoint(folder: Path) -> Path | None:
    """The ResNet-50's published file in a folder, None where the mobilenet lies."""
    return next((folder / name for name in INTAKES if (folder / name).exists()), None)


def weights(source: Path) -> tuple[Tensors, Intake]:
    """The tensors of a published ResNet-50 as its module names them, and how it was fed.
    `ModelUnavailable` when it is no checkpoint of plain tensors."""
    tensors = torch_checkpoint.read(source)
    return {name.removeprefix(_PARALLEL): tensors[name] for name in tensors}, INTAKES[source.name]


def tuning_cases(store: ModelStore, manifest: Manifest) -> list[Case]:
    """The network on pictures with heads of many sizes: the same faces must be found."""
    least = manifest.limits().match

    def likeness(plain: Sequence[Outputs], quick: Sequence[Outputs]) -> float:
        return agreement(plain, quick, least)

    return [
        Case(
            GRAPH, lambda: face_samples.pictures(store.resources), likeness, _GATE, ("body.conv1",)
        )
    ]


def agreement(plain: Sequence[Outputs], quick: Sequence[Outputs], least: float) -> float:
    """Mean overlap of the faces found by either with the best fitting box of the other, in 0..1.

    A face near the threshold may fall to one side of it in one form and to the other in the other,
    so its counterpart is looked for further down, and among all anchors that see it: which of them
    is the best may be a matter of the last digit. Where neither finds any face, what the scores
    have in common is taken instead, because there is nothing else to compare.
    """
    overlaps: list[float] = []
    for one, other in ((plain, quick), (quick, plain)):
        for mine, theirs in zip(one, other, strict=True):
            for offsets, scores, landmarks, moved, sure, _ in zip(*mine, *theirs, strict=True):
                padded = face_samples.PADDED
                there = _boxes(moved, np.flatnonzero(sure[:, 1] >= least - _SURE), padded)
                for box in read(offsets, scores, landmarks, padded, least)[0]:
                    overlaps.append(float(boxes.overlaps(box, there).max()) if len(there) else 0.0)
    if overlaps:
        return float(np.mean(overlaps))
    pairs = zip(plain, quick, strict=True)
    return 1 - float(max(np.abs(mine[1] - theirs[1]).max() for mine, theirs in pairs))


def _open(store: ModelStore, manifest: Manifest, compute: Compute) -> Graph:
    """torch where a graphics processor is asked for and the checkpoint is a torch one."""
    if compute.device != runtime.CPU:
        source = checkpoint(store.path(manifest.id, GRAPH).parent)
        if source is not None:
            device = runtime.choose_device(compute.device, libraries.devices(), manifest.id)
            if device != runtime.CPU:
                from heimdex.ml.reference.faces import RetinaFaceNetwork

                return RetinaFaceNetwork(*weights(source), device, manifest.id)
    return open_graph(store, manifest.id, GRAPH, compute)
