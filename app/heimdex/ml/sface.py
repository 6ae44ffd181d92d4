"""SFace: aligned faces to vectors that tell people apart.

Zhong et al., "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition", 2021, as
OpenCV's model zoo publishes it. Aligning is `alignment`'s affair, deciding who it is `people`'s.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from heimdex.domain.engines import Thresholds
from heimdex.domain.errors import ModelUnavailable
from heimdex.domain.media import RgbImage
from heimdex.domain.vectors import Vectors
from heimdex.ml import alignment, graphs, runtime
from heimdex.ml.manifests import Manifest
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_BATCH = 8


class SFace:
    """A `FaceEmbedder`."""

    def __init__(self, store: ModelStore, manifest: Manifest, compute: Compute) -> None:
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._session: InferenceSession | None = None

    @property
    def model_id(self) -> str:
        """Id of the manifest."""
        return self._manifest.id

    @property
    def revision(self) -> str:
        """Revision of weights and preprocessing."""
        return self._manifest.space_revision

    @property
    def dims(self) -> int:
        """Length of a vector."""
        return self._manifest.dims

    @property
    def thresholds(self) -> Thresholds:
        """For the same person, by cosine similarity."""
        return self._manifest.limits()

    def load(self) -> None:
        """Open the graph; `ModelUnavailable` when it is missing or damaged."""
        self._opened()

    def unload(self) -> None:
        """Let the graph go."""
        self._session = None

    def embed(self, crops: Sequence[RgbImage]) -> Vectors:
        """One unit vector a crop of 112 × 112 RGB. ValueError for crops of another size."""
        shape = (alignment.SIZE, alignment.SIZE, 3)
        if wrong := [crop.shape for crop in crops if crop.shape != shape]:
            raise ValueError(f"a face crop must be {shape}, not {wrong[0]}")
        session = self._opened()
        rows = [np.empty((0, self.dims), np.float32)]
        for start in range(0, len(crops), _BATCH):
            (answer,) = runtime.run(session, pixels=np.stack(crops[start : start + _BATCH]))
            rows.append(runtime.unit(answer))
        return np.concatenate(rows)

    def _opened(self) -> "InferenceSession":
        if self._session is None:
            path = self._store.path(self.model_id, "model.onnx")
            self._session = runtime.onnx_session(
                path, self._compute, self.model_id, unpack_weights=True
            )
        return self._session


def convert(source: Path, target: Path) -> None:
    """Make the published graph take any number of RGB crops as bytes.

    The file declares 175 inputs, most of them weights or read by nobody, and a batch of one; the
    weights stay packed as int8. `ModelUnavailable` when `source` is no such graph.
    """
    model = graphs.read(source)
    graphs.drop_unused_inputs(model.graph)
    if [value.name for value in model.graph.input] != ["data"]:
        raise ModelUnavailable(f"{source.name} is no SFace graph; download it again.")
    graphs.free_batch(model.graph)
    graphs.split_prelu(model.graph)
    graphs.take_pixels(model.graph)
    graphs.write(model, target)
