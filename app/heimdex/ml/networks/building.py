"""The pieces that networks are written with: named weights, nodes, and the layers they share.

What a network looks like is left to the module named for it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[Any]]
"""The arrays of a checkpoint by name."""

OPSET: Final = 17
IR_VERSION: Final = 8
"""Older onnxruntime releases refuse the newest version for no reason of ours."""

_LARGE: Final = 1 << 30
"""Bytes of weights above which they are kept beside the graph: protobuf ends at 2 GiB."""

_SMALL: Final = 1024
"""Bytes of weights that stay in the graph all the same: shapes, which runtimes want at once."""

_PAGE: Final = 4096


class Network:
    """Nodes and weights so far. Every method adds a layer and gives the name of its output."""

    def __init__(self, tensors: Tensors, prefix: str = "") -> None:
        """`prefix` stands before each name that the layers ask for."""
        self.nodes: list[Any] = []
        self.weights: dict[str, NDArray[Any]] = {}
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self._tensors = tensors
        self._prefix = prefix

    # What everything is made of

    def has(self, name: str) -> bool:
        """Whether the checkpoint has a tensor of this name."""
        return self._prefix + name in self._tensors

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A tensor of the checkpoint, float32. ValueError when there is none."""
        try:
            return np.asarray(self._tensors[self._prefix + name], np.float32)
        except KeyError:
            raise ValueError(f"the checkpoint has no {self._prefix + name}") from None

    def constant(self, name: str, values: Any, dtype: Any = np.float32) -> str:
        """A weight of the graph; the same name twice is the same weight.

        Views stay views until `write`, so that a mapped checkpoint is read one tensor at a time.
        """
        if name not in self.weights:
            self.weights[name] = np.asarray(values, dtype)
        return name

    def scalar(self, value: float) -> str:
        """A float constant."""
        return self.constant(f"scalar_{value!r}", np.float32(value))

    def integers(self, *values: int) -> str:
        """A list of int64."""
        return self.constant("ints_" + "_".join(map(str, values)), values, np.int64)

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """One node with one output."""
        from onnx import helper

        name = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def split(self, x: str, parts: int, axis: int = -1) -> list[str]:
        """Equal parts along an axis."""
        from onnx import helper

        names = [f"split_{len(self.nodes)}_{part}" for part in range(parts)]
        # Without sizes opset 17 splits evenly by the number of outputs.
        self.nodes.append(helper.make_node("Split", [x], names, axis=axis))
        return names

    def input(self, name: str, element: str, shape: Sequence[str | int]) -> str:
        """Declare an input; `element` is an ONNX type such as FLOAT, UINT8 or INT64."""
        from onnx import TensorProto, helper

        kind = getattr(TensorProto, element)
        self.inputs.append(helper.make_tensor_value_info(name, kind, list(shape)))
        return name

    def output(self, x: str, name: str, shape: Sequence[str | int]) -> None:
        """Declare a float output."""
        from onnx import TensorProto, helper

        self.add("Identity", x, output=name)
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))

    # Layers

    def planes(self, pixels: str, mean: Sequence[float], deviation: Sequence[float]) -> str:
        """uint8 RGB n × h × w × 3 to float planes n × 3 × h × w, (x / 255 - mean) / deviation."""
        x = self.add("Transpose", pixels, perm=[0, 3, 1, 2])
        x = self.add("Cast", x, to=1)
        std = np.asarray(deviation, np.float32).reshape(1, 3, 1, 1)
        shift = np.asarray(mean, np.float32).reshape(1, 3, 1, 1) / std
        x = self.add("Mul", x, self.constant("pixel_scale", 1 / (255 * std)))
        return self.add("Sub", x, self.constant("pixel_shift", shift))

    def linear(self, x: str, name: str, *, bias: bool = True) -> str:
        """`torch.nn.Linear` over the last axis."""
        return self.matmul(
            x,
            f"{name}.weight",
            self.tensor(f"{name}.weight").T,
            self.tensor(f"{name}.bias") if bias else None,
        )

    def matmul(
        self, x: str, name: str, weight: NDArray[Any], bias: NDArray[Any] | None = None
    ) -> str:
        """x @ weight (in × out) + bias (out)."""
        x = self.add("MatMul", x, self.constant(f"{name}.T", weight))
        return x if bias is None else self.add("Add", x, self.constant(f"{name}.b", bias))

    def layer_norm(self, x: str, name: str, epsilon: float) -> str:
        """`torch.nn.LayerNorm` over the last axis."""
        weight = self.constant(f"{name}.weight", self.tensor(f"{name}.weight"))
        bias = self.constant(f"{name}.bias", self.tensor(f"{name}.bias"))
        return self.add("LayerNormalization", x, weight, bias, axis=-1, epsilon=epsilon)

    def gelu(self, x: str) -> str:
        """x · Φ(x), exact."""
        error = self.add("Erf", self.add("Mul", x, self.scalar(2**-0.5)))
        half = self.add("Mul", x, self.scalar(0.5))
        return self.add("Mul", half, self.add("Add", error, self.scalar(1.0)))

    def gelu_tanh(self, x: str) -> str:
        """The approximation by tanh (Hendrycks and Gimpel 2016), as SigLIP 2 was trained with."""
        cube = self.add("Mul", self.add("Mul", x, x), x)
        inner = self.add("Add", x, self.add("Mul", cube, self.scalar(0.044715)))
        bent = self.add("Tanh", self.add("Mul", inner, self.scalar((2 / np.pi) ** 0.5)))
        half = self.add("Mul", x, self.scalar(0.5))
        return self.add("Mul", half, self.add("Add", bent, self.scalar(1.0)))

    def quick_gelu(self, x: str) -> str:
        """x · σ(1.702 x), as OpenAI's CLIP was trained with."""
        return self.add("Mul", x, self.add("Sigmoid", self.add("Mul", x, self.scalar(1.702))))

    def attend(
        self,
        query: str,
        key: str,
        value: str,
        heads: int,
        width: int,
        mask: str = "",
        *,
        scaled: bool = False,
    ) -> str:
        """Dot-product attention over b × n × width; `mask` is added to the scores, which are
        divided by the root of a head's width, unless the query was (`scaled`)."""
        size = width // heads

        def apart(x: str, perm: list[int]) -> str:
            shaped = self.add("Reshape", x, self.integers(0, -1, heads, size))
            return self.add("Transpose", shaped, perm=perm)

        asking = apart(query, [0, 2, 1, 3])
        if not scaled:
            asking = self.add("Mul", asking, self.scalar(size**-0.5))
        scores = self.add("MatMul", asking, apart(key, [0, 2, 3, 1]))
        if mask:
            scores = self.add("Add", scores, mask)
        x = self.add("MatMul", self.add("Softmax", scores, axis=-1), apart(value, [0, 2, 1, 3]))
        x = self.add("Transpose", x, perm=[0, 2, 1, 3])
        return self.add("Reshape", x, self.integers(0, -1, width))

    def unit(self, x: str) -> str:
        """Rows of length one."""
        return self.add("Div", x, self.add("ReduceL2", x, axes=[-1], keepdims=1))

    # The whole

    def write(self, name: str, path: Path, *, beside: bool = False) -> None:
        """Check the graph and store it; large weights go into `<file>.data` beside it, and all
        but the smallest do with `beside`."""
        import onnx
        from onnx import helper, numpy_helper

        large = beside or sum(weight.nbytes for weight in self.weights.values()) > _LARGE
        if large:
            weights = self._write_beside(path.with_name(f"{path.name}.data"))
        else:
            weights = [
                numpy_helper.from_array(_whole(weight), name)
                for name, weight in self.weights.items()
            ]
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, weights)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        if not large:
            onnx.checker.check_model(model)
        onnx.save_model(model, str(path))
        if large:
            onnx.checker.check_model(str(path))

    def _write_beside(self, path: Path) -> list[Any]:
        """The weights one after the other, and what says where each of them is."""
        from onnx import StringStringEntryProto, TensorProto, helper, numpy_helper

        tensors = []
        with path.open("wb") as out:
            for name, weight in self.weights.items():
                if weight.nbytes < _SMALL:
                    tensors.append(numpy_helper.from_array(_whole(weight), name))
                    continue
                # Aligned to pages, a runtime can map the numbers instead of reading them.
                out.write(bytes(-out.tell() % _PAGE))
                place = {"location": path.name, "offset": out.tell(), "length": weight.nbytes}
                out.write(_whole(weight).data)
                tensor = TensorProto(
                    name=name,
                    data_type=helper.np_dtype_to_tensor_dtype(weight.dtype),
                    dims=weight.shape,
                    data_location=TensorProto.EXTERNAL,
                )
                tensor.external_data.extend(
                    StringStringEntryProto(key=key, value=str(value))
                    for key, value in place.items()
                )
                tensors.append(tensor)
        return tensors


def _whole(weight: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(weight).reshape(weight.shape)
