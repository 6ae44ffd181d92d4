"""Opens a model's network in the form that was found quickest on this machine.

Finding it out is left to `tuning`; a form that is missing or does not start is replaced by the
plain one, with a warning.
"""

from heimdex.ml.acceleration.graph import Graph, OnnxGraph
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore


def open_graph(store: ModelStore, model_id: str, name: str, compute: Compute) -> Graph:
    """The network in the model's file `name`, for example `image.onnx`.

    Raises `ModelUnavailable` when the model is missing or damaged, or the device is not there.
    """
    return OnnxGraph(store.path(model_id, name), compute, model_id)
