"""XLM-RoBERTa (Conneau et al. 2019) with the two heads of BGE-M3 (Chen et al. 2024) that are used
here: the first token's state as the sentence's vector, and a weight for every token.

Tokens, and the rows of the word table that belong to them, are left to the engine: the table is
two thirds of what a small encoder weighs, and only a few of its rows are ever looked at.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml.networks import bert
from heimdex.ml.networks.building import Network, Tensors

EMBEDDED, MASK = "embedded", "mask"
"""Inputs: rows of the word table, float b × n × width; 1 for a token and 0 for padding, int64."""
DENSE, WEIGHTS = "dense", "weights"
"""Outputs: unit vectors, b × width; a weight of 0 or more for each token, b × n."""

_WORDS = "embeddings.word_embeddings.weight"
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Shape:
    """What `config.json` says and the tensors alone do not. Positions start after `padding`."""

    heads: int
    epsilon: float
    padding: int
    positions: int


def shape(config: Path) -> Shape:
    """Read `config.json`. `ModelUnavailable` when it is not the one of an XLM-RoBERTa."""
    try:
        values = json.loads(config.read_text("utf-8"))
        if values["model_type"] != "xlm-roberta" or values["hidden_act"] != "gelu":
            raise ValueError(f"it describes {values['model_type']}")
        return Shape(
            int(values["num_attention_heads"]),
            float(values["layer_norm_eps"]),
            int(values["pad_token_id"]),
            int(values["max_position_embeddings"]) - int(values["pad_token_id"]) - 1,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(
            f"{config.name} does not describe an XLM-RoBERTa ({error!r}); download it again."
        ) from error


def write(tensors: Tensors, sparse: Tensors, described: Shape, longest: int, path: Path) -> None:
    """Store the network for at most `longest` tokens, its weights beside it in `<path>.data`.
    ValueError when tensors do not fit.

    `tensors` are those of the checkpoint, `sparse` those of `sparse_linear.pt`.
    """
    network = Network(tensors, _prefix(tensors))
    positions = network.tensor("embeddings.position_embeddings.weight")
    first = described.padding + 1
    width = positions.shape[1]
    # There is one type of token; its row is the same everywhere.
    places = positions[first : first + longest] + network.tensor(
        "embeddings.token_type_embeddings.weight"
    )
    x = network.input(EMBEDDED, "FLOAT", ["batch", "length", width])
    mask = bert.padding(network, network.input(MASK, "INT64", ["batch", "length"]))
    length = network.add("Slice", network.add("Shape", x), network.integers(1), network.integers(2))
    table = network.constant("positions", places)
    placed = network.add("Slice", table, network.integers(0), length, network.integers(0))
    x = network.add("Add", x, placed)
    x = network.layer_norm(x, "embeddings.LayerNorm", described.epsilon)
    x = bert.encoder(network, x, mask, described.heads, described.epsilon)
    one = network.constant("first_token", 0, np.int64)
    network.output(network.unit(network.add("Gather", x, one, axis=1)), DENSE, ["batch", width])
    head = Network(sparse)
    weight, bias = head.tensor("weight"), head.tensor("bias")
    if weight.shape != (1, width) or bias.shape != (1,):
        raise ValueError(f"the head of the weights has the shape {weight.shape}")
    scores = network.add("Relu", network.matmul(x, SPARSE_HEAD, weight.T, bias))
    network.output(
        network.add("Squeeze", scores, network.integers(-1)), WEIGHTS, ["batch", "length"]
    )
    network.write("xlm-roberta", path, beside=True)


SPARSE_HEAD = "sparse_linear"
"""Name of the head's weights: one column, which there is nothing to gain by shrinking."""


def _prefix(tensors: Tensors) -> str:
    """Checkpoints of a model with a head call the encoder `roberta`."""
    return next((prefix for prefix in ("", "roberta.") if f"{prefix}{_WORDS}" in tensors), "")


def write_words(tensors: Tensors, path: Path) -> None:
    """Store the word table, vocabulary × width, as float16 in numpy's format."""
    words = tensors[f"{_prefix(tensors)}{_WORDS}"]
    stored: np.memmap[Any, np.dtype[np.float16]] = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.float16, shape=words.shape
    )
    for start in range(0, len(words), _CHUNK):
        stored[start : start + _CHUNK] = words[start : start + _CHUNK]
    stored.flush()
