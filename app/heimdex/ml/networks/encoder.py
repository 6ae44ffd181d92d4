"""The transformer encoder that CLIP and SigLIP are made of: a norm before each half of a layer.

Layers that normalise afterwards, as BERT's do, are left to `bert`; what stands before and behind
the layers, to `vit` and `text_tower`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.networks.building import Network

HEAD = 64
"""Width of an attention head in every published CLIP and SigLIP."""

Activation = Callable[[Network, str], str]


@dataclass(frozen=True, slots=True)
class Names:
    """What the parts of layer number `{}` are called in a checkpoint.

    `attention` has one `in_proj_weight` for query, key and value together; where `separate` is
    set there are three linear layers of these names instead.
    """

    layer: str = "transformer.resblocks.{}."
    norm: str = "ln_1"
    attention: str = "attn"
    out: str = "attn.out_proj"
    second_norm: str = "ln_2"
    widen: str = "mlp.c_fc"
    narrow: str = "mlp.c_proj"
    separate: tuple[str, str, str] | None = None


CLIP = Names()
"""As openai/CLIP and open_clip name them."""

HUB = Names(
    layer="encoder.layers.{}.",
    norm="layer_norm1",
    out="self_attn.out_proj",
    second_norm="layer_norm2",
    widen="mlp.fc1",
    narrow="mlp.fc2",
    separate=("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
)
"""As transformers names them."""


def depth(network: Network, names: Names, prefix: str) -> int:
    """How many layers the checkpoint has. ValueError when there is none."""
    count = 0
    while network.has(f"{prefix}{names.layer.format(count)}{names.norm}.weight"):
        count += 1
    if not count:
        raise ValueError(f"the checkpoint has no {prefix}{names.layer.format(0)}{names.norm}")
    return count


def layers(
    network: Network,
    x: str,
    names: Names,
    prefix: str,
    width: int,
    activation: Activation,
    epsilon: float,
    mask: str = "",
) -> str:
    """All layers over x (b × n × width)."""
    for index in range(depth(network, names, prefix)):
        layer = prefix + names.layer.format(index)
        y = network.layer_norm(x, layer + names.norm, epsilon)
        y = _attention(network, y, names, layer, width, mask)
        x = network.add("Add", x, network.linear(y, layer + names.out))
        y = network.layer_norm(x, layer + names.second_norm, epsilon)
        y = activation(network, network.linear(y, layer + names.widen))
        x = network.add("Add", x, network.linear(y, layer + names.narrow))
    return x


def _attention(network: Network, x: str, names: Names, layer: str, width: int, mask: str) -> str:
    """Every position looks at every other; `mask` is added to the scores.

    One over the root of a head's width goes into the query's weights, which saves a pass.
    """
    heads, parts = width // HEAD, _projections(network, names, layer, width)
    weight, bias = parts[0]
    parts[0] = (weight * HEAD**-0.5, bias * HEAD**-0.5)
    query, key, value = (
        network.matmul(x, f"{layer}{part}", weight.T, bias)
        for part, (weight, bias) in zip(("query", "key", "value"), parts, strict=True)
    )
    return network.attend(query, key, value, heads, width, mask, scaled=True)


def _projections(
    network: Network, names: Names, layer: str, width: int
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Weight (width × width) and bias of query, key and value."""
    if names.separate is None:
        name = f"{layer}{names.attention}.in_proj"
        weights = network.tensor(f"{name}_weight")
        biases = network.tensor(f"{name}_bias")
        if weights.shape != (3 * width, width) or biases.shape != (3 * width,):
            raise ValueError(f"{name} of the checkpoint has another shape than its layer")
        return list(zip(np.split(weights, 3), np.split(biases, 3), strict=True))
    return [
        (network.tensor(f"{layer}{part}.weight"), network.tensor(f"{layer}{part}.bias"))
        for part in names.separate
    ]
