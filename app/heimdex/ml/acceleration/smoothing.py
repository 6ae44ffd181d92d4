"""Makes activations easy to quantise by moving their outliers into the weights that follow.

SmoothQuant (Xiao et al. 2023) between a layer norm and the products that read it: the norm's
channels are divided by s, the rows of the products' weights multiplied by s, so that the network
computes what it did before. Quantising is left to `quantizing`.

Trained transformers have a few channels that are tens of times larger than the rest, and one scale
for all of them leaves the rest no digits. Measured with such channels put into a ViT-B/32: static
int8 agreed with fp32 to a cosine of .965 before smoothing and .9996 after it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.acceleration.graph import Arrays

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

_STRENGTH = 0.5
"""How much of the difference goes into the weights; the paper's alpha, at its default."""
_LEAST = 1e-5


def smooth(model: "ModelProto", samples: Sequence[Arrays]) -> int:
    """Rewrite a float graph in place; gives how many norms were smoothed.

    `samples` are real inputs; the graph, its weights inside, is run on them once. Norms that feed
    anything but products with constant weights stay as they are.
    """
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    found = _norms(model, weights)
    if not found:
        return 0
    largest = _largest(model, [norm.output[0] for norm, _ in found], samples)
    for norm, products in found:
        matrices = [_array(weights[product.input[1]]) for product in products]
        of_weights = np.max([np.abs(matrix).max(axis=1) for matrix in matrices], axis=0)
        scale = np.maximum(largest[norm.output[0]], _LEAST) ** _STRENGTH
        scale /= np.maximum(of_weights, _LEAST) ** (1 - _STRENGTH)
        for name in norm.input[1:]:
            _replace(weights[name], _array(weights[name]) / scale)
        for product, matrix in zip(products, matrices, strict=True):
            _replace(weights[product.input[1]], matrix * scale[:, None])
    return len(found)


def _norms(
    model: "ModelProto", weights: "dict[str, TensorProto]"
) -> "list[tuple[NodeProto, list[NodeProto]]]":
    """Layer norms with the products that alone read them; no weight is read twice."""
    readers: dict[str, list[NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    outputs = {value.name for value in model.graph.output}

    def private(name: str) -> bool:
        return name in weights and len(readers[name]) == 1

    found = []
    for norm in model.graph.node:
        if norm.op_type != "LayerNormalization" or norm.output[0] in outputs:
            continue
        products = readers.get(norm.output[0], [])
        fits = products and all(
            product.op_type == "MatMul"
            and product.input[0] == norm.output[0]
            and private(product.input[1])
            and len(weights[product.input[1]].dims) == 2
            for product in products
        )
        if fits and all(private(name) for name in norm.input[1:]):
            found.append((norm, products))
    return found


def _largest(
    model: "ModelProto", names: Sequence[str], samples: Sequence[Arrays]
) -> dict[str, NDArray[np.float32]]:
    """The largest magnitude of each channel of some values inside the graph."""
    import onnxruntime
    from onnx import ModelProto, TensorProto, helper

    opened = ModelProto()
    opened.CopyFrom(model)
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names]
    opened.graph.output.extend(outputs)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        opened.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    largest: dict[str, NDArray[np.float32]] = {}
    for sample in samples:
        for name, values in zip(names, session.run(list(names), dict(sample)), strict=True):
            rows = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0)
            largest[name] = np.maximum(largest.get(name, rows), rows)
    return largest


def _array(tensor: "TensorProto") -> NDArray[np.float32]:
    from onnx import numpy_helper

    return np.asarray(numpy_helper.to_array(tensor), np.float32)


def _replace(tensor: "TensorProto", values: NDArray[np.floating]) -> None:
    from onnx import numpy_helper

    tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float32), tensor.name))
