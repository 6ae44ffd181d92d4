"""EfficientNet-Lite2 (Tan & Le 2019, TensorFlow's "lite" variant) as an ONNX graph of a checkpoint.

Reading the checkpoint and running the graph are left to others.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

INPUT_SIZE = 224
"""The vectors were tuned at this edge; the network itself takes any."""
FEATURES = 1280
CLASSES = 1000

_OPSET = 17
_EPSILON = 1e-3
# First block of each stage and its stride: repeats 1 2 2 3 3 4 1 times 1.2, the ends unscaled.
_STAGES = {0: 1, 1: 2, 4: 2, 7: 2, 11: 1, 15: 2, 20: 1}
_BLOCKS = 21

Tensors = Mapping[str, NDArray[Any]]


def convert(tensors: Tensors, target: Path) -> None:
    """Write the graph made of `tensors`, which are named as in efficientnet-lite-pytorch.

    Input `pixels` uint8 (N, H, W, 3) RGB; outputs `features` float32 (N, 1280), pooled, and
    `logits` (N, 1000). KeyError or ValueError when the tensors are not those of Lite2.
    """
    import onnx

    onnx.save(build(tensors), target)


def build(tensors: Tensors) -> Any:
    """The graph as an `onnx.ModelProto`."""
    from onnx import TensorProto, checker, helper

    graph = _Graph(tensors)
    x = graph.normalise("pixels")
    x = graph.convolve(x, "_conv_stem", "_bn0", stride=2)
    for index in range(_BLOCKS):
        x = _block(graph, x, f"_blocks.{index}.", _STAGES.get(index, 1))
    x = graph.convolve(x, "_conv_head", "_bn1")
    graph.classify(x)
    if graph.channels != FEATURES or len(tensors["_fc.bias"]) != CLASSES:
        raise ValueError("this checkpoint is not an EfficientNet-Lite2 with 1000 classes")
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "efficientnet-lite2",
            [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", "h", "w", 3])],
            [
                helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", FEATURES]),
                helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", CLASSES]),
            ],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        # Older onnxruntime releases refuse the newest IR version for no reason of ours.
        ir_version=8,
    )
    checker.check_model(model)
    return model


def _block(graph: "_Graph", x: str, name: str, stride: int) -> str:
    """Inverted residual: widen, filter each channel, narrow; the lite variant squeezes nothing."""
    before, channels = x, graph.channels
    norms = iter(("_bn0", "_bn1", "_bn2") if graph.has(f"{name}_expand_conv") else ("_bn1", "_bn2"))
    if graph.has(f"{name}_expand_conv"):
        x = graph.convolve(x, f"{name}_expand_conv", name + next(norms))
    x = graph.convolve(x, f"{name}_depthwise_conv", name + next(norms), stride=stride)
    x = graph.convolve(x, f"{name}_project_conv", name + next(norms), clip=False)
    if stride == 1 and channels == graph.channels:
        x = graph.add("Add", x, before)
    return x


class _Graph:
    """Nodes and weights so far; `channels` is the width of the last convolution."""

    def __init__(self, tensors: Tensors) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.channels = 3
        self._tensors = tensors
        self._zero = self._weight("zero", np.float32(0))
        self._six = self._weight("six", np.float32(6))

    def has(self, name: str) -> bool:
        return f"{name}.weight" in self._tensors

    def add(self, kind: str, *inputs: str, outputs: tuple[str, ...] = (), **attributes: Any) -> str:
        from onnx import helper

        names = outputs or (f"{kind.lower()}_{len(self.nodes)}",)
        self.nodes.append(helper.make_node(kind, list(inputs), list(names), **attributes))
        return names[0]

    def normalise(self, pixels: str) -> str:
        from onnx import TensorProto

        x = self.add("Transpose", pixels, perm=[0, 3, 1, 2])
        x = self.add("Cast", x, to=TensorProto.FLOAT)
        # Not folded into the first convolution: its padding is zero after this, not before.
        x = self.add("Sub", x, self._weight("mean", np.float32(127)))
        return self.add("Mul", x, self._weight("scale", np.float32(1 / 128)))

    def convolve(self, x: str, conv: str, norm: str, *, stride: int = 1, clip: bool = True) -> str:
        """Convolution with its batch normalisation folded in, then ReLU6."""
        weight = self._tensors[f"{conv}.weight"].astype(np.float64)
        deviation = np.sqrt(self._tensors[f"{norm}.running_var"].astype(np.float64) + _EPSILON)
        scale = self._tensors[f"{norm}.weight"] / deviation
        bias = self._tensors[f"{norm}.bias"] - self._tensors[f"{norm}.running_mean"] * scale
        width, kernel = weight.shape[0], weight.shape[2]
        x = self.add(
            "Conv",
            x,
            self._weight(f"{conv}.weight", weight * scale[:, None, None, None]),
            self._weight(f"{conv}.bias", bias),
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            group=width if weight.shape[1] == 1 else 1,
            auto_pad="SAME_UPPER",  # TensorFlow's padding: the odd pixel goes right and below
        )
        self.channels = width
        return self.add("Clip", x, self._zero, self._six) if clip else x

    def classify(self, x: str) -> None:
        x = self.add("GlobalAveragePool", x)
        self.add("Flatten", x, outputs=("features",), axis=1)
        weight = self._weight("_fc.weight", self._tensors["_fc.weight"])
        bias = self._weight("_fc.bias", self._tensors["_fc.bias"])
        self.add("Gemm", "features", weight, bias, outputs=("logits",), transB=1)

    def _weight(self, name: str, values: Any) -> str:
        from onnx import numpy_helper

        array = np.ascontiguousarray(values, dtype=np.float32)
        # ascontiguousarray makes scalars one-dimensional, which Clip refuses.
        self.weights.append(numpy_helper.from_array(array.reshape(np.shape(values)), name))
        return name
