"""Whisper's encoder as a graph: 30 s of log-mel frames to the states that the decoder reads.

Radford et al. 2022, section 2.2; names are those of a CTranslate2 file, which holds the published
weights unchanged in float16. Decoding is left to the runtimes that run the whole model.
"""

from pathlib import Path

import numpy as np

from heimdex.ml.networks.building import Network, Tensors

FRAMES = 3000
"""30 s at 100 a second; the network was trained on this length alone."""

_EPSILON = 1e-5


def write(tensors: Tensors, path: Path) -> None:
    """Store the graph: `features` float32 b × mels × 3000 to `states` float32 b × 1500 × width.

    ValueError when a tensor is missing, for example because the file is of another model.
    """
    network = Network(tensors, "encoder/")
    width, mels, _ = network.tensor("conv1/weight").shape
    heads = int(network.tensor("num_heads"))
    x = network.input("features", "FLOAT", ["batch", mels, FRAMES])
    x = network.gelu(_convolution(network, x, "conv1", 1))
    x = network.gelu(_convolution(network, x, "conv2", 2))
    x = network.add("Transpose", x, perm=[0, 2, 1])
    positions = network.tensor("position_encodings/encodings")
    x = network.add("Add", x, network.constant("positions", positions))
    for index in range(_depth(network)):
        layer = f"layer_{index}/"
        y = _norm(network, x, f"{layer}self_attention/layer_norm")
        y = _attention(network, y, f"{layer}self_attention", heads, width)
        x = network.add("Add", x, y)
        y = _norm(network, x, f"{layer}ffn/layer_norm")
        y = network.gelu(_linear(network, y, f"{layer}ffn/linear_0"))
        x = network.add("Add", x, _linear(network, y, f"{layer}ffn/linear_1"))
    x = _norm(network, x, "layer_norm")
    network.output(x, "states", ["batch", FRAMES // 2, width])
    network.write("whisper-encoder", path)


def _depth(network: Network) -> int:
    count = 0
    while network.has(f"layer_{count}/ffn/linear_0/weight"):
        count += 1
    if not count:
        raise ValueError("the file has no layers of an encoder")
    return count


def _convolution(network: Network, x: str, name: str, stride: int) -> str:
    weight = network.constant(f"{name}.weight", network.tensor(f"{name}/weight"))
    bias = network.constant(f"{name}.bias", network.tensor(f"{name}/bias"))
    return network.add("Conv", x, weight, bias, kernel_shape=[3], pads=[1, 1], strides=[stride])


def _norm(network: Network, x: str, name: str) -> str:
    weight = network.constant(f"{name}.weight", network.tensor(f"{name}/gamma"))
    bias = network.constant(f"{name}.bias", network.tensor(f"{name}/beta"))
    return network.add("LayerNormalization", x, weight, bias, axis=-1, epsilon=_EPSILON)


def _linear(network: Network, x: str, name: str) -> str:
    weight, bias = network.tensor(f"{name}/weight"), network.tensor(f"{name}/bias")
    return network.matmul(x, name, weight.T, bias)


def _attention(network: Network, x: str, name: str, heads: int, width: int) -> str:
    """Every position looks at every other. One over the root of a head's width goes into the
    query's weights, which saves a pass over the states."""
    weights = np.split(network.tensor(f"{name}/linear_0/weight"), 3)
    biases = np.split(network.tensor(f"{name}/linear_0/bias"), 3)
    scale = (width // heads) ** -0.5
    weights[0], biases[0] = weights[0] * scale, biases[0] * scale
    query, key, value = (
        network.matmul(x, f"{name}/{part}", weight.T, bias)
        for part, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True)
    )
    x = network.attend(query, key, value, heads, width, scaled=True)
    return _linear(network, x, f"{name}/linear_1")
