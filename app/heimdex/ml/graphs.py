"""Rewrites ONNX graphs once, when a model is installed, so that running them costs less.

Which rewrite a model needs is its own module's affair; nothing here runs a graph.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

PIXELS = "pixels"
"""The input of a graph that takes pictures: uint8 RGB, n × height × width × 3."""


def read(path: Path) -> "ModelProto":
    """A published graph, or `ModelUnavailable` when the file is none."""
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        model = onnx.load(str(path))
    except DecodeError as error:
        raise ModelUnavailable(f"{path.name} is no ONNX graph; download it again.") from error
    if not model.graph.node or not model.graph.output:
        raise ModelUnavailable(f"{path.name} is an empty ONNX graph; download it again.")
    return model


def write(model: "ModelProto", path: Path) -> None:
    """Check a graph against the specification and store it."""
    import onnx

    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def simplified(model: "ModelProto", opset: int) -> "ModelProto":
    """The same network with everything computed that depends on weights alone, packed weights
    unpacked, normalisations folded into convolutions, in the language of `opset`.

    Published graphs are often exported in an old language, in which int8 has one scale a tensor.
    """
    import onnx
    import onnxruntime
    from onnx import version_converter

    if next(o.version for o in model.opset_import if not o.domain) < opset:
        model = version_converter.convert_version(model, opset)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "simplified.onnx")
        onnxruntime.InferenceSession(model.SerializeToString(), options)
        model = onnx.load(options.optimized_model_filepath)
    spoken = {node.domain for node in model.graph.node}
    kept = [o for o in model.opset_import if o.domain in spoken]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    return model


def drop_unused_inputs(graph: "GraphProto") -> None:
    """Remove inputs that no node reads and those that are only weights.

    onnxruntime asks for every declared input that has no value.
    """
    weights = {tensor.name for tensor in graph.initializer}
    read_by_nodes = {name for node in graph.node for name in node.input}
    kept = [i for i in graph.input if i.name in read_by_nodes and i.name not in weights]
    del graph.input[:]
    graph.input.extend(kept)


def free_batch(graph: "GraphProto") -> None:
    """Let the first dimension of inputs and outputs be any number.

    Shapes that were noted down inside for a batch of one are forgotten.
    """
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    del graph.value_info[:]


def take_pixels(
    graph: "GraphProto",
    mean: Sequence[float] | None = None,
    *,
    bgr: bool = False,
    scale: float = 1.0,
) -> None:
    """Replace the graph's one input of float planes by `PIXELS`.

    `mean`: subtracted, in the order that the network wants its channels; `scale`: divided by after
    that. Within the graph this costs no pass over the pixels of our own.
    """
    from onnx import TensorProto, helper

    (old,) = [value.name for value in graph.input]
    last = "planes"
    # Bytes are turned before they become floats: moving them costs a fifth.
    steps = [helper.make_node("Transpose", [PIXELS], [last], perm=[0, 3, 1, 2])]
    if bgr:
        _add_constant(graph, "bgr_order", np.array([2, 1, 0], np.int64))
        steps.append(helper.make_node("Gather", [last, "bgr_order"], ["planes_bgr"], axis=1))
        last = "planes_bgr"
    target = old if mean is None else "planes_float"
    steps.append(helper.make_node("Cast", [last], [target], to=TensorProto.FLOAT))
    if mean is not None:
        _add_constant(graph, "mean", np.array(mean, np.float32).reshape(1, 3, 1, 1))
        centred = old if scale == 1 else "planes_centred"
        steps.append(helper.make_node("Sub", [target, "mean"], [centred]))
        if scale != 1:
            _add_constant(graph, "pixel_scale", np.array(scale, np.float32))
            steps.append(helper.make_node("Div", [centred, "pixel_scale"], [old]))
    nodes = [*steps, *graph.node]
    del graph.node[:], graph.input[:]
    graph.node.extend(nodes)
    shape = ["batch", "height", "width", 3]
    graph.input.append(helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, shape))


def split_prelu(graph: "GraphProto") -> None:
    """Write PRelu(x) with slope a as a·x + (1 − a)·Relu(x), which is the same.

    onnxruntime has no fast PRelu: it took 19 of 33 ms of a face embedding, and it forces the
    planes out of the blocked layout between any two convolutions.
    """
    from onnx import helper, numpy_helper

    weights = {tensor.name: tensor for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        if node.op_type != "PRelu":
            nodes.append(node)
            continue
        (value, slope), (output,) = node.input, node.output
        rest = f"{slope}_rest"
        _add_constant(graph, rest, 1 - numpy_helper.to_array(weights[slope]))
        nodes += [
            helper.make_node("Relu", [value], [f"{output}_positive"]),
            helper.make_node("Mul", [f"{output}_positive", rest], [f"{output}_rest"]),
            helper.make_node("Mul", [value, slope], [f"{output}_sloped"]),
            helper.make_node("Add", [f"{output}_rest", f"{output}_sloped"], [output]),
        ]
    del graph.node[:]
    graph.node.extend(nodes)


def _add_constant(graph: "GraphProto", name: str, array: NDArray[Any]) -> None:
    from onnx import numpy_helper

    graph.initializer.append(numpy_helper.from_array(array, name))
