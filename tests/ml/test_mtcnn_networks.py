"""MTCNN's three networks give what the layers of its package give, computed plainly in torch."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from heimdex.domain.media import RgbImage
from heimdex.ml import boxes, joblib_arrays
from heimdex.ml.acceleration import forms
from heimdex.ml.graphs import PIXELS
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

torch = pytest.importorskip("torch")


class Layers:
    """The package's layers, one call a layer, in the order in which its arrays are stored."""

    def __init__(self, arrays: list[NDArray[Any]]) -> None:
        self._left = [torch.tensor(np.array(array, np.float32)) for array in arrays]

    def convolve(self, x: Any) -> Any:
        kernel, bias = self._left.pop(0), self._left.pop(0)
        return torch.nn.functional.conv2d(x, kernel.permute(3, 2, 0, 1), bias)

    def prelu(self, x: Any) -> Any:
        return torch.nn.functional.prelu(x, self._left.pop(0).flatten())

    def dense(self, x: Any) -> Any:
        matrix, bias = self._left.pop(0), self._left.pop(0)
        return x @ matrix + bias

    def done(self) -> bool:
        return not self._left


def pool(x: Any, size: int, *, same: bool) -> Any:
    """Keras' pooling with stride 2: "same" fills up on the right and below."""
    if same:
        height, width = x.shape[2:]
        extra = [max((-(-n // 2) - 1) * 2 + size - n, 0) for n in (width, height)]
        pads = [extra[0] // 2, extra[0] - extra[0] // 2, extra[1] // 2, extra[1] - extra[1] // 2]
        x = torch.nn.functional.pad(x, pads, value=-torch.inf)
    return torch.nn.functional.max_pool2d(x, size, 2)


def proposal(layers: Layers, x: Any) -> list[Any]:
    x = pool(layers.prelu(layers.convolve(x)), 2, same=True)
    x = layers.prelu(layers.convolve(x))
    x = layers.prelu(layers.convolve(x))
    return [layers.convolve(x), torch.softmax(layers.convolve(x), dim=1)]


def refinement(layers: Layers, x: Any) -> list[Any]:
    x = pool(layers.prelu(layers.convolve(x)), 3, same=True)
    x = pool(layers.prelu(layers.convolve(x)), 3, same=False)
    x = layers.prelu(layers.convolve(x))
    x = x.permute(0, 3, 2, 1).flatten(1)
    x = layers.prelu(layers.dense(x))
    return [layers.dense(x), torch.softmax(layers.dense(x), dim=1)]


def output(layers: Layers, x: Any) -> list[Any]:
    x = pool(layers.prelu(layers.convolve(x)), 3, same=True)
    x = pool(layers.prelu(layers.convolve(x)), 3, same=False)
    x = pool(layers.prelu(layers.convolve(x)), 2, same=True)
    x = layers.prelu(layers.convolve(x))
    x = x.permute(0, 3, 2, 1).flatten(1)
    x = layers.prelu(layers.dense(x))
    return [layers.dense(x), layers.dense(x), torch.softmax(layers.dense(x), dim=1)]


@pytest.mark.parametrize(
    ("name", "network", "edge"),
    [("pnet", proposal, 97), ("rnet", refinement, 24), ("onet", output, 48)],
)
def test_a_network_computes_its_packages_layers(
    name: str, network: Any, edge: int, store: ModelStore, astronaut: RgbImage
) -> None:
    pixels = np.stack(
        [boxes.resized(astronaut[top : top + 180, 200:380], (edge, edge)) for top in (0, 90, 180)]
    )
    layers = Layers(joblib_arrays.read(store.path("mtcnn", f"{name}.lz4")))
    planes = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    wanted = network(layers, (planes - 127.5) / 128)
    assert layers.done()
    graph = forms.PLAIN.open(store.path("mtcnn", f"{name}.onnx"), Compute(), "mtcnn")
    for found, same in zip(graph.run({PIXELS: pixels}), wanted, strict=True):
        np.testing.assert_allclose(found, same.numpy(), atol=2e-5)
