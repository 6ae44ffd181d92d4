"""Graphs are written as they were described, small ones in one file, large ones beside it."""

from pathlib import Path

import numpy as np
import pytest

from heimdex.ml import runtime
from heimdex.ml.networks import building
from heimdex.ml.networks.building import Network

TENSORS = {
    "net.one.weight": np.arange(24, dtype=np.float32).reshape(4, 6) / 24,
    "net.one.bias": np.linspace(-1, 1, 4, dtype=np.float32),
    "net.norm.weight": np.full(4, 2, np.float32),
    "net.norm.bias": np.full(4, 0.5, np.float32),
}


def small_network() -> Network:
    network = Network(TENSORS, "net.")
    x = network.input("x", "FLOAT", ["batch", 6])
    x = network.layer_norm(network.linear(x, "one"), "norm", 1e-5)
    network.output(network.unit(x), "y", ["batch", 4])
    return network


def expected(x: np.ndarray) -> np.ndarray:
    y = x @ TENSORS["net.one.weight"].T + TENSORS["net.one.bias"]
    y = (y - y.mean(1, keepdims=True)) / np.sqrt(y.var(1, keepdims=True) + 1e-5) * 2 + 0.5
    return y / np.linalg.norm(y, axis=1, keepdims=True)


@pytest.mark.parametrize("beside", [False, True])
def test_a_graph_computes_what_was_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: bool
) -> None:
    monkeypatch.setattr(building, "_SMALL", 64)
    path = tmp_path / "small.onnx"
    small_network().write("small", path, beside=beside)
    assert (tmp_path / "small.onnx.data").exists() == beside
    session = runtime.onnx_session(path, runtime.Compute(), "small")
    x = np.random.default_rng(1).normal(size=(3, 6)).astype(np.float32)
    (y,) = runtime.run(session, x=x)
    np.testing.assert_allclose(y, expected(x), atol=1e-5)


def test_a_mapped_tensor_is_not_read_before_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "weight.bin"
    mapped = np.memmap(file, np.float32, mode="w+", shape=(4, 6))
    network = Network({"net.one.weight": mapped}, "net.")
    network.linear("x", "one", bias=False)
    mapped[:] = TENSORS["net.one.weight"]
    (kept,) = network.weights.values()
    np.testing.assert_array_equal(kept, TENSORS["net.one.weight"].T)


def test_a_tensor_that_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match=r"net\.two\.weight"):
        small_network().linear("x", "two")
