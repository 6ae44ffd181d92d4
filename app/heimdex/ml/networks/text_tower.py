"""The text towers of CLIP and SigLIP 2 as graphs, from embedded tokens on.

The tables of tokens are looked up outside, in a file that is mapped and not read: of the 800 MB of
SigLIP's a query needs a few rows. Cutting text into tokens is left to `tokens`, images to `vit`.
"""

from pathlib import Path

import numpy as np

from heimdex.ml.networks import encoder
from heimdex.ml.networks.building import Network, Tensors
from heimdex.ml.networks.encoder import CLIP, HUB
from heimdex.ml.networks.vit import VECTORS

EMBEDDED = "embedded"
ENDS = "ends"

_EPSILON = 1e-5
_SIGLIP_EPSILON = 1e-6
_NEVER = -1e9


def write_clip(tensors: Tensors, graph: Path, table: Path, positions: Path) -> None:
    """CLIP's text tower of a checkpoint as open_clip names it.

    Inputs `embedded` float32 (n, length, width): token plus position, and `ends` int64 (n, 1):
    where each text's end token is. Output `vectors` float32 (n, dims) of unit length. A token sees
    only those before it, so that nothing has to stand behind the end. ValueError when a tensor is
    missing or does not fit.
    """
    network = Network(tensors)
    width = _keep_tables(
        network, "token_embedding.weight", table, "positional_embedding", positions
    )
    x = network.input(EMBEDDED, "FLOAT", ["n", "length", width])
    ends = network.input(ENDS, "INT64", ["n", 1])
    mask = _causal(network, x, len(network.tensor("positional_embedding")))
    x = encoder.layers(network, x, CLIP, "", width, Network.quick_gelu, _EPSILON, mask)
    x = network.add("GatherND", x, ends, batch_dims=1)
    x = network.layer_norm(x, "ln_final", _EPSILON)
    projection = network.tensor("text_projection")
    x = network.matmul(x, "text_projection", projection)
    network.output(network.unit(x), VECTORS, ["n", projection.shape[1]])
    network.write("clip-text", graph)


def write_siglip(tensors: Tensors, graph: Path, table: Path, positions: Path) -> None:
    """SigLIP's text tower of a checkpoint as transformers names it.

    Input `embedded` float32 (n, 64, width), padded as in training: padding is seen, and the last
    place is what stands for the text. Output and errors as of `write_clip`.
    """
    network = Network(tensors, "text_model.")
    width = _keep_tables(
        network,
        "embeddings.token_embedding.weight",
        table,
        "embeddings.position_embedding.weight",
        positions,
    )
    x = network.input(EMBEDDED, "FLOAT", ["n", "length", width])
    x = encoder.layers(network, x, HUB, "", width, Network.gelu_tanh, _SIGLIP_EPSILON)
    x = network.add("Gather", x, network.constant("last", -1, np.int64), axis=1)
    x = network.layer_norm(x, "final_layer_norm", _SIGLIP_EPSILON)
    x = network.linear(x, "head")
    network.output(network.unit(x), VECTORS, ["n", len(network.tensor("head.bias"))])
    network.write("siglip-text", graph)


def _keep_tables(network: Network, tokens: str, table: Path, places: str, positions: Path) -> int:
    """Store the tables of tokens (half precision) and positions; gives their width."""
    words, order = network.tensor(tokens), network.tensor(places)
    if words.ndim != 2 or order.ndim != 2 or words.shape[1] != order.shape[1]:
        raise ValueError("the tables of tokens and positions do not belong together")
    np.save(table, words.astype(np.float16), allow_pickle=False)
    np.save(positions, order, allow_pickle=False)
    return int(words.shape[1])


def _causal(network: Network, x: str, longest: int) -> str:
    """What is added to the scores so that no token sees a later one, as large as x needs it."""
    whole = np.triu(np.full((longest, longest), _NEVER, np.float32), 1)
    length = network.add("Shape", x, start=1, end=2)
    ends = network.add("Concat", length, length, axis=0)
    return network.add(
        "Slice",
        network.constant("causal", whole),
        network.integers(0, 0),
        ends,
        network.constant("both_axes", [0, 1], np.int64),
    )
