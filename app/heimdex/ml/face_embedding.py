"""Aligned faces to vectors, by a network that takes their bytes: what all face embedders share.

How a published file becomes such a network is the models' own modules' affair; aligning is
`alignment`'s, deciding who it is `people`'s.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.domain.media import RgbImage
from heimdex.domain.vectors import Vectors
from heimdex.ml import alignment, graphs, runtime
from heimdex.ml.acceleration.graph import Graph
from heimdex.ml.acceleration.memory import enough_for, in_halves
from heimdex.ml.acceleration.opening import open_graph
from heimdex.ml.described import Placing
from heimdex.ml.graphs import PIXELS
from heimdex.ml.manifests import Manifest
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

GRAPH = "model.onnx"
"""Takes `PIXELS`, n × 112 × 112 × 3 RGB, and gives n × dims."""
BATCH = 16
"""Faces of one pass; larger passes are no faster."""
GATE = 0.99
"""Least mean cosine of a quick form to the plain one."""

_OPSET = 17

Open = Callable[[ModelStore, Manifest, Compute], Graph]


def plainly(store: ModelStore, manifest: Manifest, compute: Compute) -> Graph:
    """The model's network in the form that was found quickest."""
    return open_graph(store, manifest.id, GRAPH, compute)


class GraphFaceEmbedder(Placing):
    """A `FaceEmbedder`."""

    def __init__(
        self, store: ModelStore, manifest: Manifest, compute: Compute, *, opening: Open = plainly
    ) -> None:
        """`opening`: where another runtime than the graph's may have to be chosen."""
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._open = opening
        self._graph: Graph | None = None

    def load(self) -> None:
        """Open the network; `ModelUnavailable` when it is missing or damaged."""
        self._opened()

    def unload(self) -> None:
        """Let the network go."""
        self._graph = None

    def embed(self, crops: Sequence[RgbImage]) -> Vectors:
        """One unit vector a crop of 112 × 112 RGB, in order.

        ValueError for crops of another size, `EngineFailed` when there is no memory for even one.
        """
        return runtime.unit(self._raw(crops))

    def embed_weighed(
        self, crops: Sequence[RgbImage]
    ) -> tuple[Vectors, NDArray[np.float32] | None]:
        """The same, and how much of a face each is, by the length that the network gives a vector:
        a crop that it learnt nothing from stays short (Meng et al., "MagFace", CVPR 2021; Kim et
        al., "AdaFace", CVPR 2022). None where the manifest has no `lengths`."""
        raw = self._raw(crops)
        limits = self._manifest.lengths
        if limits is None:
            return runtime.unit(raw), None
        beyond = np.linalg.norm(raw, axis=1) - limits.nobody
        seen = np.clip(beyond / (limits.clear - limits.nobody), 0.0, 1.0)
        return runtime.unit(raw), seen.astype(np.float32)

    def _raw(self, crops: Sequence[RgbImage]) -> Vectors:
        shape = (alignment.SIZE, alignment.SIZE, 3)
        if wrong := [crop.shape for crop in crops if crop.shape != shape]:
            raise ValueError(f"a face crop must be {shape}, not {wrong[0]}")
        rows = [np.empty((0, self.dims), np.float32)]
        with enough_for("one face", self.model_id):
            for start in range(0, len(crops), BATCH):
                pixels = np.stack(crops[start : start + BATCH])
                rows += in_halves(lambda some: self._opened().run({PIXELS: some})[0], pixels)
        return np.concatenate(rows)

    def _opened(self) -> Graph:
        if self._graph is None:
            self._graph = self._open(self._store, self._manifest, self._compute)
        return self._graph


def convert(source: Path, target: Path, title: str, *, bgr: bool) -> None:
    """Make a published graph, which takes planes in -1..1, take the bytes of any number of crops.

    `bgr`: it was trained on pictures with blue first. Bringing vectors to length one is left to the
    engine. `ModelUnavailable` when `source` is no such graph.
    """
    model = graphs.read(source)
    graphs.drop_unused_inputs(model.graph)
    taken = [[d.dim_value for d in v.type.tensor_type.shape.dim] for v in model.graph.input]
    if len(taken) != 1 or taken[0][1:] != [3, alignment.SIZE, alignment.SIZE]:
        raise ModelUnavailable(f"{source.name} is no graph of {title}; download it again.")
    # Some exports give the vector's length beside it.
    del model.graph.output[1:]
    graphs.free_batch(model.graph)
    graphs.take_pixels(model.graph, [127.5] * 3, bgr=bgr, scale=127.5)
    model = graphs.simplified(model, _OPSET)
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    for number, node in enumerate(convolutions):
        # The first layer and the first unit, as `adaface` names them to keep them in float.
        node.name = f"body.0.{number}" if number < 3 else f"conv.{number}"
    graphs.write(model, target)
