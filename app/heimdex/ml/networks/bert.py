"""The encoder of BERT and its kin (Devlin et al. 2018): attention and a feed-forward layer, each
added to what came in and normalised afterwards.

Embedding tokens before it and pooling after it are left to the module of each network.
"""

from dataclasses import dataclass

import numpy as np

from heimdex.ml.networks.building import Network


@dataclass(frozen=True, slots=True)
class LayerNames:
    """How a checkpoint calls the parts of one layer, after `{layer}` is filled in."""

    layer: str
    query: str
    key: str
    value: str
    attended: str
    attended_norm: str
    widen: str
    narrow: str
    norm: str


BERT = LayerNames(
    layer="encoder.layer.{}",
    query="attention.self.query",
    key="attention.self.key",
    value="attention.self.value",
    attended="attention.output.dense",
    attended_norm="attention.output.LayerNorm",
    widen="intermediate.dense",
    narrow="output.dense",
    norm="output.LayerNorm",
)
"""BERT, RoBERTa and XLM-RoBERTa as transformers writes them."""

DISTILBERT = LayerNames(
    layer="transformer.layer.{}",
    query="attention.q_lin",
    key="attention.k_lin",
    value="attention.v_lin",
    attended="attention.out_lin",
    attended_norm="sa_layer_norm",
    widen="ffn.lin1",
    narrow="ffn.lin2",
    norm="output_layer_norm",
)


def padding(network: Network, mask: str) -> str:
    """b × n of 1 (a token) and 0 (padding), int64, to what is added to attention scores."""
    shaped = network.add("Unsqueeze", network.add("Cast", mask, to=1), network.integers(1, 2))
    # Far below any score, and within the range of bfloat16.
    return network.add("Mul", network.add("Sub", shaped, network.scalar(1.0)), network.scalar(1e9))


def layers(network: Network, names: LayerNames) -> int:
    """How many layers the checkpoint has. ValueError when there is none."""
    count = 0
    while network.has(f"{names.layer.format(count)}.{names.query}.weight"):
        count += 1
    if not count:
        raise ValueError(f"the checkpoint has no {names.layer.format(0)}.{names.query}")
    return count


def encoder(
    network: Network, x: str, mask: str, heads: int, epsilon: float, names: LayerNames = BERT
) -> str:
    """All layers of the checkpoint over b × n × width; `mask` as `padding` gives it."""
    for index in range(layers(network, names)):
        x = _layer(network, x, mask, heads, epsilon, names, names.layer.format(index))
    return x


def _layer(
    network: Network,
    x: str,
    mask: str,
    heads: int,
    epsilon: float,
    names: LayerNames,
    layer: str,
) -> str:
    # One product instead of three: the activations are read, and quantised, once.
    inner = [f"{layer}.{part}" for part in (names.query, names.key, names.value)]
    weight = np.concatenate([network.tensor(f"{part}.weight") for part in inner])
    bias = np.concatenate([network.tensor(f"{part}.bias") for part in inner])
    joined = network.matmul(x, f"{layer}.query_key_value", weight.T, bias)
    query, key, value = network.split(joined, 3)
    attended = network.attend(query, key, value, heads, weight.shape[1], mask)
    attended = network.linear(attended, f"{layer}.{names.attended}")
    x = network.layer_norm(
        network.add("Add", x, attended), f"{layer}.{names.attended_norm}", epsilon
    )
    wide = network.gelu(network.linear(x, f"{layer}.{names.widen}"))
    narrow = network.linear(wide, f"{layer}.{names.narrow}")
    return network.layer_norm(network.add("Add", x, narrow), f"{layer}.{names.norm}", epsilon)
