"""Builds the three networks of MTCNN as ONNX graphs out of their published weights.

Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks",
2016. How the networks work together is `mtcnn`'s affair. The package that carries the weights needs
TensorFlow to run them; the arrays alone need nothing.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import graphs, joblib_arrays

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

_OPSET: Final = 17
_IR_VERSION: Final = 8
_MEAN, _SCALE = 127.5, 128.0


@dataclass(frozen=True, slots=True)
class _Convolution:
    """Convolution without padding, PReLU and, unless 0, pooling with stride 2."""

    pool: int = 0
    padded: bool = False
    """The pool also takes windows that reach over the right and lower edge."""


@dataclass(frozen=True, slots=True)
class _Architecture:
    """`dense`: whether a hidden layer of its own stands before the outputs."""

    convolutions: tuple[_Convolution, ...]
    dense: bool
    outputs: tuple[str, ...]


NETWORKS: Final = {
    "pnet": _Architecture(
        (_Convolution(2, True), _Convolution(), _Convolution()),
        dense=False,
        outputs=("offsets", "scores"),
    ),
    "rnet": _Architecture(
        (_Convolution(3, True), _Convolution(3), _Convolution()),
        dense=True,
        outputs=("offsets", "scores"),
    ),
    "onet": _Architecture(
        (_Convolution(3, True), _Convolution(3), _Convolution(2, True), _Convolution()),
        dense=True,
        outputs=("offsets", "landmarks", "scores"),
    ),
}
"""By the names of the files that hold their weights."""

_WIDTHS: Final = {"offsets": 4, "landmarks": 10, "scores": 2}


def convert(source: Path, target: Path) -> None:
    """Build the network that `source` is named for.

    Input: `pixels`, uint8 RGB n × height × width × 3. Outputs: `offsets` (4), for onet `landmarks`
    (10), `scores` (2, of which the second is that of a face); the proposal network gives each as a
    map n × k × rows × columns, the others as n × k. `ModelUnavailable` when the weights do not fit.
    """
    from onnx import TensorProto, helper

    network = NETWORKS[source.stem]
    weights = joblib_arrays.read(source)
    try:
        nodes, constants = _Builder(weights).build(network)
    except (ValueError, IndexError) as error:
        raise ModelUnavailable(f"{source.name} does not fit {source.stem}.") from error
    grid = [] if network.dense else ["rows", "columns"]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", _WIDTHS[name], *grid])
        for name in network.outputs
    ]
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, ["batch", 3, None, None])
    graph = helper.make_graph(nodes, source.stem, [data], outputs, constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
    )
    graphs.split_prelu(model.graph)
    graphs.take_pixels(model.graph)
    graphs.write(model, target)


class _Builder:
    """Takes the arrays one after the other, in the order in which the layers were made."""

    def __init__(self, weights: list[NDArray[Any]]) -> None:
        self._weights = weights
        self._used = 0
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def build(self, network: _Architecture) -> tuple[list["NodeProto"], list["TensorProto"]]:
        """Nodes and constants of a network; ValueError or IndexError when the arrays do not fit."""
        mean = self._constant("mean_value", np.array(_MEAN, np.float32))
        scale = self._constant("scale_value", np.array(_SCALE, np.float32))
        last = self._node("Div", [self._node("Sub", ["data", mean], "centred"), scale], "scaled")
        for number, layer in enumerate(network.convolutions, 1):
            last = self._convolution(last, f"conv{number}")
            last = self._prelu(last, f"prelu{number}", (-1, 1, 1))
            if layer.pool:
                last = self._pool(last, f"pool{number}", layer)
        if network.dense:
            # The weights were trained on pictures turned over: columns come before rows.
            last = self._node("Transpose", [last], "turned", perm=[0, 3, 2, 1])
            last = self._node("Flatten", [last], "flat")
            last = self._prelu(self._dense(last, "dense"), "prelu_dense", (-1,))
        for name in network.outputs:
            layer_name = name if name != "scores" else "logits"
            make = self._dense if network.dense else self._convolution
            made = make(last, layer_name)
            if name == "scores":
                self._node("Softmax", [made], name, axis=1)
        if self._used != len(self._weights):
            raise ValueError("there are more weights than layers")
        return self._nodes, self._constants

    def _take(self) -> NDArray[np.float32]:
        array = self._weights[self._used]
        self._used += 1
        return np.asarray(array, np.float32)

    def _constant(self, name: str, array: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _convolution(self, last: str, name: str) -> str:
        kernel = self._take().transpose(3, 2, 0, 1)
        inputs = [
            last,
            self._constant(f"{name}_kernel", kernel),
            self._constant(f"{name}_bias", self._take()),
        ]
        return self._node("Conv", inputs, name, kernel_shape=list(kernel.shape[2:]))

    def _dense(self, last: str, name: str) -> str:
        inputs = [
            last,
            self._constant(f"{name}_matrix", self._take()),
            self._constant(f"{name}_bias", self._take()),
        ]
        return self._node("Gemm", inputs, name)

    def _prelu(self, last: str, name: str, shape: tuple[int, ...]) -> str:
        slope = self._constant(f"{name}_slope", self._take().reshape(shape))
        return self._node("PRelu", [last, slope], name)

    def _pool(self, last: str, name: str, layer: _Convolution) -> str:
        return self._node(
            "MaxPool",
            [last],
            name,
            kernel_shape=[layer.pool] * 2,
            strides=[2, 2],
            auto_pad="SAME_UPPER" if layer.padded else "VALID",
        )
