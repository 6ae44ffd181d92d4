"""Smoothing: the network computes the same, and its activations are of one size afterwards."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from heimdex.ml.acceleration.smoothing import smooth
from heimdex.ml.networks.building import Network

WIDTH = 16
LOUD = 5
"""The channel that is far larger than the others."""


def network(path: Path, *, shared: bool = False) -> onnx.ModelProto:
    rng = np.random.default_rng(0)
    gamma = np.ones(WIDTH, np.float32)
    gamma[LOUD] = 50
    tensors = {
        "norm.weight": gamma,
        "norm.bias": rng.normal(size=WIDTH).astype(np.float32),
        "a.weight": rng.normal(size=(8, WIDTH)).astype(np.float32),
        "a.bias": rng.normal(size=8).astype(np.float32),
        "b.weight": rng.normal(size=(8, WIDTH)).astype(np.float32),
        "b.bias": rng.normal(size=8).astype(np.float32),
    }
    net = Network(tensors)
    x = net.layer_norm(net.input("x", "FLOAT", ["n", WIDTH]), "norm", 1e-5)
    y = net.add("Add", net.linear(x, "a"), net.linear(x, "b"))
    net.output(y, "y", ["n", 8])
    if shared:
        net.output(net.gelu(x), "z", ["n", WIDTH])
    net.write("norm", path)
    return onnx.load(str(path))


def run(model: onnx.ModelProto, x: NDArray[np.float32], output: str) -> NDArray[np.float32]:
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    if output not in {value.name for value in opened.graph.output}:
        opened.graph.output.append(onnx.helper.make_tensor_value_info(output, 1, None))
    session = onnxruntime.InferenceSession(opened.SerializeToString())
    return np.asarray(session.run([output], {"x": x})[0])


def test_the_answers_stay_and_the_loud_channel_is_quiet(tmp_path: Path) -> None:
    model = network(tmp_path / "net.onnx")
    norm = next(n for n in model.graph.node if n.op_type == "LayerNormalization").output[0]
    x = np.random.default_rng(1).normal(size=(32, WIDTH)).astype(np.float32)
    before, loud = run(model, x, "y"), np.abs(run(model, x, norm)).max(axis=0)
    assert loud[LOUD] > 20 * np.median(loud)
    assert smooth(model, [{"x": x[:16]}, {"x": x[16:]}]) == 1
    np.testing.assert_allclose(run(model, x, "y"), before, rtol=1e-4, atol=1e-3)
    quiet = np.abs(run(model, x, norm)).max(axis=0)
    assert quiet[LOUD] < 10 * np.median(quiet)


def test_a_norm_that_something_else_reads_stays_as_it_is(tmp_path: Path) -> None:
    model = network(tmp_path / "net.onnx", shared=True)
    bytes_before = model.SerializeToString(deterministic=True)
    assert smooth(model, [{"x": np.ones((1, WIDTH), np.float32)}]) == 0
    assert model.SerializeToString(deterministic=True) == bytes_before


@pytest.mark.parametrize("rows", [1, 7])
def test_a_channel_that_is_always_zero_divides_nothing_by_zero(tmp_path: Path, rows: int) -> None:
    model = network(tmp_path / "net.onnx")
    smooth(model, [{"x": np.zeros((rows, WIDTH), np.float32)}])
    assert np.isfinite(run(model, np.zeros((rows, WIDTH), np.float32), "y")).all()
