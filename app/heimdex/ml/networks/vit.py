"""The image towers of CLIP (Radford et al. 2021) and SigLIP 2 (Tschannen et al. 2025) as graphs.

What a picture is before it is cut into patches is left to the engines, text to `text_tower`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.networks import encoder
from heimdex.ml.networks.building import Network, Tensors
from heimdex.ml.networks.encoder import CLIP, HEAD, HUB

PIXELS = "pixels"
VECTORS = "vectors"

_EPSILON = 1e-5
_SIGLIP_EPSILON = 1e-6


def write_clip(
    tensors: Tensors, path: Path, mean: Sequence[float], deviation: Sequence[float]
) -> None:
    """CLIP's ViT with OpenAI's activation, of a checkpoint as open_clip names it.

    Input `pixels` uint8 (n, size, size, 3) RGB, output `vectors` float32 (n, dims) of unit length.
    `mean` and `deviation` are of pixels between 0 and 1. ValueError when a tensor is missing or
    does not fit.
    """
    network = Network(tensors, "visual.")
    kernel = network.tensor("conv1.weight")
    width = len(kernel)
    positions = network.tensor("positional_embedding")
    side = round((len(positions) - 1) ** 0.5)
    x = _patches(network, kernel, None, side, mean, deviation)
    # The class token is the same for every picture, and so is what is added to it.
    first = network.tensor("class_embedding") + positions[0]
    x = network.add("Add", x, network.constant("positions", positions[None, 1:]))
    x = network.add("Concat", _once_a_row(network, x, first[None, None], width), x, axis=1)
    x = network.layer_norm(x, "ln_pre", _EPSILON)
    x = encoder.layers(network, x, CLIP, "", width, Network.quick_gelu, _EPSILON)
    x = network.add("Gather", x, network.constant("first", 0, np.int64), axis=1)
    x = network.layer_norm(x, "ln_post", _EPSILON)
    projection = network.tensor("proj")
    x = network.matmul(x, "proj", projection)
    network.output(network.unit(x), VECTORS, ["n", projection.shape[1]])
    network.write("clip-image", path)


def write_siglip(
    tensors: Tensors, path: Path, mean: Sequence[float], deviation: Sequence[float]
) -> None:
    """SigLIP's ViT with its pooling head, of a checkpoint as transformers names it.

    See `write_clip`.
    """
    network = Network(tensors, "vision_model.")
    kernel = network.tensor("embeddings.patch_embedding.weight")
    width = len(kernel)
    positions = network.tensor("embeddings.position_embedding.weight")
    bias = network.tensor("embeddings.patch_embedding.bias")
    x = _patches(network, kernel, bias, round(len(positions) ** 0.5), mean, deviation)
    x = network.add("Add", x, network.constant("positions", positions[None]))
    x = encoder.layers(network, x, HUB, "", width, Network.gelu_tanh, _SIGLIP_EPSILON)
    x = network.layer_norm(x, "post_layernorm", _SIGLIP_EPSILON)
    x = _pooled(network, x, width)
    network.output(network.unit(x), VECTORS, ["n", width])
    network.write("siglip-image", path)


def _patches(
    network: Network,
    kernel: NDArray[np.float32],
    bias: NDArray[np.float32] | None,
    side: int,
    mean: Sequence[float],
    deviation: Sequence[float],
) -> str:
    """Pixels to side² patches n × side² × width.

    A convolution whose stride is its size is one product over the patches as they lie in the
    picture, and (pixel / 255 - mean) / deviation goes into its weights: the product's input are
    the bytes themselves, which int8 arithmetic takes without any loss.
    """
    width, channels, size, _ = kernel.shape
    if channels != 3 or kernel.shape[3] != size:
        raise ValueError("the patches of this checkpoint are no squares of three colours")
    std = np.asarray(deviation, np.float64).reshape(1, 3, 1, 1)
    shift = np.asarray(mean, np.float64).reshape(1, 3, 1, 1) / std
    exact = kernel.astype(np.float64)
    weight = (exact / (255 * std)).transpose(2, 3, 1, 0).reshape(size * size * 3, width)
    offset = -(exact * shift).sum(axis=(1, 2, 3)) + (0 if bias is None else bias)
    pixels = network.input(PIXELS, "UINT8", ["n", side * size, side * size, 3])
    x = network.add("Reshape", pixels, network.integers(-1, side, size, side, size * 3))
    x = network.add("Transpose", x, perm=[0, 1, 3, 2, 4])
    x = network.add("Reshape", x, network.integers(-1, side * side, size * size * 3))
    x = network.add("Cast", x, to=1)
    return network.matmul(x, "patches", weight.astype(np.float32), offset.astype(np.float32))


def _once_a_row(
    network: Network,
    like: str,
    token: NDArray[np.float32],
    width: int,
) -> str:
    """A token (1 × 1 × width) once for each row of `like`."""
    rows = network.add("Shape", like, start=0, end=1)
    shape = network.add("Concat", rows, network.integers(1, width), axis=0)
    return network.add("Expand", network.constant("token", token), shape)


def _pooled(network: Network, x: str, width: int) -> str:
    """Attention of one learnt query over all patches, and one more layer (MAP head)."""
    weight = network.tensor("head.attention.in_proj_weight")
    bias = network.tensor("head.attention.in_proj_bias")
    probe = network.tensor("head.probe").reshape(1, 1, width)
    # The query is the same for every picture, so its projection is a constant.
    query = probe @ weight[:width].T + bias[:width]
    both = network.matmul(x, "head.key_value", weight[width:].T, bias[width:])
    key, value = network.split(both, 2)
    x = network.attend(_once_a_row(network, x, query, width), key, value, width // HEAD, width)
    x = network.linear(x, "head.attention.out_proj")
    y = network.layer_norm(x, "head.layernorm", _SIGLIP_EPSILON)
    y = network.gelu_tanh(network.linear(y, "head.mlp.fc1"))
    x = network.add("Add", x, network.linear(y, "head.mlp.fc2"))
    return network.add("Reshape", x, network.integers(-1, width))
