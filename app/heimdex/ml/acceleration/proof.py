"""Lets each runtime compute a small network, because one that lost a part is otherwise passed over.

Search and indexing go on without OpenVINO where it does not offer the processor, only slower; an
installation that carries it must not lose it unseen. Real networks are left to the engines.
"""

import tempfile
from pathlib import Path

import numpy as np

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import graphs
from heimdex.ml.acceleration import forms
from heimdex.ml.acceleration.forms import Form, Precision, Runtime
from heimdex.ml.runtime import Compute

_WIDTH = 8


def prove_runtimes() -> list[str]:
    """Have every runtime that models may run in do a product; gives their names.

    `ModelUnavailable` says which one cannot read a network, has no processor to run it on or does
    not get the right numbers.
    """
    if not forms.openvino_offers():
        raise ModelUnavailable(
            "openvino does not offer the processor; one of its parts is missing."
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "product.onnx"
        weights = np.arange(_WIDTH * _WIDTH, dtype=np.float32).reshape(_WIDTH, _WIDTH)
        _write(weights, path)
        given = np.linspace(-1, 1, _WIDTH, dtype=np.float32)[None]
        for runtime in Runtime:
            (got,) = (
                Form(runtime, Precision.FLOAT32).open(path, Compute(), runtime).run({"x": given})
            )
            if not np.allclose(got, given @ weights, rtol=1e-3):
                raise ModelUnavailable(f"{runtime} computes wrong numbers on this processor.")
    return [str(runtime) for runtime in Runtime]


def _write(weights: "np.ndarray[tuple[int, int], np.dtype[np.float32]]", path: Path) -> None:
    from onnx import TensorProto, helper, numpy_helper

    opset = helper.make_opsetid("", 17)
    shape = [1, _WIDTH]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(weights, "w")],
    )
    graphs.write(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
