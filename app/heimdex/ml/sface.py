"""SFace: the face embedder of the Starter set.

Zhong et al., "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition", 2021, as
OpenCV's model zoo publishes it. Running it is `face_embedding`'s affair.
"""

from pathlib import Path

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import face_embedding, face_samples, graphs
from heimdex.ml.acceleration.cases import Case, mean_cosine
from heimdex.ml.manifests import Manifest
from heimdex.ml.store import ModelStore

_OPSET = 21
"""That of the published file."""
_KEEP_FLOAT = ("conv_1_", "conv_2_")
"""The layers that see the picture itself: with them int8 gives .984 of likeness, without .994, for
a tenth more time."""


def convert(source: Path, target: Path) -> None:
    """Make the published graph take any number of RGB crops as bytes.

    The file declares 175 inputs, most of them weights or read by nobody, and a batch of one; its
    weights are packed as int8 in blocks, which OpenVINO cannot read. `ModelUnavailable` when
    `source` is no such graph.
    """
    model = graphs.read(source)
    graphs.drop_unused_inputs(model.graph)
    if [value.name for value in model.graph.input] != ["data"]:
        raise ModelUnavailable(f"{source.name} is no SFace graph; download it again.")
    graphs.free_batch(model.graph)
    graphs.split_prelu(model.graph)
    graphs.take_pixels(model.graph)
    graphs.write(graphs.simplified(model, _OPSET), target)


def tuning_cases(store: ModelStore, _manifest: Manifest) -> list[Case]:
    """The network on aligned crops in batches."""
    return [
        Case(
            face_embedding.GRAPH,
            lambda: face_samples.crops(store.resources),
            mean_cosine(),
            face_embedding.GATE,
            _KEEP_FLOAT,
        )
    ]
