"""Rewrites a plain ONNX graph with int8 weights, and int8 activations where a form wants them.

Which forms there are and when each is tried is left to `forms`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.acceleration.graph import Arrays
from heimdex.ml.acceleration.smoothing import smooth

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto

_LEAST_WEIGHTS = 1 << 14
"""Smaller matrices save nothing."""
_EXTERNAL = 1 << 30


def weight_bytes(plain: Path) -> int:
    """Bytes of a graph on disk, with the weights that lie beside it."""
    beside = plain.with_name(f"{plain.name}.data")
    return plain.stat().st_size + (beside.stat().st_size if beside.exists() else 0)


def has_matrix_products(plain: Path) -> bool:
    """Whether a graph multiplies with constant matrices, as transformers do."""
    import onnx

    graph = onnx.load(str(plain), load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    products = [n for n in graph.node if n.op_type == "MatMul" and n.input[1] in weights]
    return len(products) >= 4


def is_packed(plain: Path) -> bool:
    """Whether a graph was written with its matrices as int8 in the first place."""
    import onnx

    graph = onnx.load(str(plain), load_external_data=False).graph
    return any(node.op_type == "DequantizeLinear" for node in graph.node)


def has_convolutions(plain: Path) -> bool:
    """Whether convolutions do a part of a graph's work."""
    import onnx

    graph = onnx.load(str(plain), load_external_data=False).graph
    return len([node for node in graph.node if node.op_type == "Conv"]) >= 4


def quantize_weights(
    plain: Path, target: Path, samples: Sequence[Arrays] = (), keep_float: Sequence[str] = ()
) -> None:
    """Store the constant matrices of products as int8, symmetric, one scale a column.

    OpenVINO then quantises activations while running; every other runtime unpacks the weights.
    With `samples` outliers are smoothed first. Weights that lie beside the graph are read one by
    one: a network of 2 GB needs no more memory than its largest matrix and the quarter that is
    written.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(plain), load_external_data=False)
    if samples:
        smooth(model, samples)
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    done: dict[str, str] = {}
    unpacking = []
    for node in graph.node:
        if node.op_type != "MatMul" or node.input[1] not in weights:
            continue
        name = node.input[1]
        if name not in done:
            tensor = weights[name]
            if len(tensor.dims) != 2 or np.prod(tensor.dims) < _LEAST_WEIGHTS:
                continue
            if name.startswith(tuple(keep_float)) or node.name.startswith(tuple(keep_float)):
                continue
            packed, scale = _packed(_array(tensor, plain.parent))
            done[name] = f"{name}_unpacked"
            graph.initializer.extend(
                [
                    numpy_helper.from_array(packed, f"{name}_int8"),
                    numpy_helper.from_array(scale, f"{name}_scale"),
                ]
            )
            unpacking.append(
                helper.make_node(
                    "DequantizeLinear", [f"{name}_int8", f"{name}_scale"], [done[name]], axis=1
                )
            )
        node.input[1] = done[name]
    read_by_others = {i for node in graph.node for i in node.input}
    kept = [t for t in graph.initializer if t.name not in done or t.name in read_by_others]
    for tensor in kept:
        if tensor.external_data:
            values = _array(tensor, plain.parent)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    nodes = [*unpacking, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    _save(model, target)


def quantize_while_running(plain: Path, target: Path, keep_float: Sequence[str] = ()) -> None:
    """int8 matrices, activations quantised by the graph itself, a tensor at a time."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        str(plain),
        str(target),
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=_excluded(plain, keep_float),
        extra_options={"MatMulConstBOnly": True},
    )


def quantize(
    plain: Path, target: Path, samples: Sequence[Arrays], keep_float: Sequence[str] = ()
) -> None:
    """int8 weights (one scale a channel) and activations (one a tensor) of products and
    convolutions; the scales of activations come from running `samples` through the plain graph.

    What is quantised how was measured (docs/models.md): transformers symmetrically, because zero
    points keep OpenVINO from fusing what follows a product; convolutions with zero points, because
    half of the range would be lost after a ReLU, and only at their inputs, so that additions and
    activations stay float inside the same pass.
    """
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left: Iterator[Arrays] = iter(samples)

        def get_next(self) -> Arrays | None:
            return next(self._left, None)

    convolutions = has_convolutions(plain)
    kinds = ["Conv", "Gemm", "MatMul"] if convolutions else ["MatMul"]
    options: dict[str, object] = {"MatMulConstBOnly": True, "ActivationSymmetric": True}
    source = plain
    if convolutions:
        options |= {
            "ActivationSymmetric": False,
            "WeightSymmetric": True,
            "OpTypesToExcludeOutputQuantization": [*kinds, "Relu", "PRelu", "Clip"],
        }
    else:
        source = _smoothed(plain, target, samples)
    try:
        quantize_static(
            str(source),
            str(target),
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=kinds,
            per_channel=True,
            activation_type=QuantType.QUInt8 if convolutions else QuantType.QInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=_excluded(plain, keep_float),
            extra_options=options,
        )
    finally:
        if source != plain:
            source.unlink()


def _smoothed(plain: Path, target: Path, samples: Sequence[Arrays]) -> Path:
    import onnx

    model = onnx.load(str(plain))
    if not smooth(model, samples):
        return plain
    path = target.with_suffix(".smooth")
    onnx.save(model, str(path))
    return path


def _packed(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """int8 of a matrix (in × out) and the scale of each column."""
    largest = np.abs(matrix).max(axis=0)
    scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.clip(np.rint(matrix / scale), -127, 127).astype(np.int8), scale


def _array(tensor: "TensorProto", folder: Path) -> NDArray[Any]:
    from onnx import numpy_helper

    array: NDArray[Any] = numpy_helper.to_array(tensor, base_dir=str(folder))
    return array


def _excluded(plain: Path, keep_float: Sequence[str]) -> list[str]:
    import onnx

    if not keep_float:
        return []
    graph = onnx.load(str(plain), load_external_data=False).graph
    return [n.name for n in graph.node if n.name.startswith(tuple(keep_float))]


def _save(model: "ModelProto", target: Path) -> None:
    import onnx

    large = sum(len(tensor.raw_data) for tensor in model.graph.initializer) > _EXTERNAL
    onnx.save_model(
        model,
        str(target),
        save_as_external_data=large,
        location=f"{target.name}.data" if large else None,
    )
