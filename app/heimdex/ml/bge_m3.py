"""BGE-M3 (Chen et al. 2024): sentences of a hundred languages to vectors and to weighted tokens.

The network is written by `networks.xlm_roberta` and runs in the form that `acceleration` found;
the published implementation is left to `reference.text`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.domain.vectors import SparseVector, Vectors
from heimdex.ml import runtime, sentences
from heimdex.ml.acceleration.cases import Case, mean_cosine
from heimdex.ml.acceleration.graph import Arrays
from heimdex.ml.acceleration.memory import enough_for, in_halves
from heimdex.ml.acceleration.opening import open_graph
from heimdex.ml.described import Placing
from heimdex.ml.manifests import Manifest
from heimdex.ml.networks import xlm_roberta
from heimdex.ml.reference import libraries
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore
from heimdex.ml.tokens import Tokens

ENGINE = "bge-m3"
"""What manifests name that are run by this module."""
GRAPH = "encoder.onnx"
WORDS = "words.npy"
TOKENIZER = "tokenizer.json"

LONGEST = 512
"""Tokens that are read of a text. The network takes 8192, but a passage here is 40 words at most,
and a text of that length would be averaged to its topic."""

_TOKENS = 512
"""Of one pass, padding included: larger passes are no faster and need more memory."""
_STEP = 8
"""Lengths are padded to multiples of it: a runtime prepares itself anew for each shape it meets."""
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
_GATE = 0.99


class Network(Protocol):
    """The weights in memory, whoever runs them."""

    @property
    def special(self) -> NDArray[np.int64]:
        """Ids of the tokens that are no part of a text."""
        ...

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text's tokens, with those that mark its ends, at most `LONGEST`."""
        ...

    def run(self, rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors, b × width, and a weight for each token, b × n; padding weighs anything.

        Raises `OutOfMemory` when the rows do not fit; see `memory.in_halves`.
        """
        ...


class BgeM3(Placing):
    """A `SparseTextEmbedder`: without torch on the processor, in torch on CUDA and MPS."""

    def __init__(
        self, store: ModelStore, manifest: Manifest, compute: Compute, *, published: bool = False
    ) -> None:
        """`published`: run the authors' implementation on the processor too, to compare with."""
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._published = published
        self._network: Network | None = None

    def load(self) -> None:
        """Open network and tokenizer; `ModelUnavailable` when they are missing or damaged."""
        self._loaded()

    def unload(self) -> None:
        """Give the memory back."""
        self._network = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, in order; any length, any characters, "" included."""
        return self.embed_sparse(texts)[0]

    def embed_sparse(self, texts: Sequence[str]) -> tuple[Vectors, list[SparseVector]]:
        """As `embed`, and the weights of each text's tokens.

        `EngineFailed` when there is not even memory for one text.
        """
        dense = np.empty((len(texts), self.dims), np.float32)
        sparse: list[SparseVector] = [_NONE] * len(texts)
        if not texts:
            return dense, sparse
        network = self._loaded()
        # Half of a surrogate pair can come out of a badly cut subtitle; it cannot be encoded.
        rows = network.tokens([t.encode("utf-8", "replace").decode("utf-8") for t in texts])
        for group in batches([len(row) for row in rows]):
            for at, vector, weights in self._run(network, rows, group):
                dense[at] = vector
                sparse[at] = token_weights(rows[at], weights, network.special)
        return runtime.unit(dense), sparse

    def _run(
        self, network: Network, rows: Sequence[Sequence[int]], group: Sequence[int]
    ) -> Iterator[tuple[int, NDArray[np.float32], NDArray[np.float32]]]:
        """(text, vector, weight of each token) of a group; one that does not fit is halved."""
        with enough_for("one text", self.model_id):
            parts = in_halves(lambda some: (some, *network.run([rows[at] for at in some])), group)
        for some, dense, weights in parts:
            for at, vector, of_tokens in zip(some, dense, weights, strict=True):
                yield at, vector, of_tokens[: len(rows[at])]

    def _loaded(self) -> Network:
        if self._network is None:
            asked = self._compute.device
            if asked not in (runtime.CPU, runtime.AUTO):
                libraries.load("torch", self.model_id)  # Or say how to install it.
            # On the processor torch need not even be looked for.
            there = [runtime.CPU] if asked == runtime.CPU else libraries.devices()
            device = runtime.choose_device(asked, there, self.model_id)
            if device == runtime.CPU and not self._published:
                compute = replace(self._compute, device=device)
                self._network = _Quick(self._store, self.model_id, compute)
            else:
                from heimdex.ml.reference.text import FlagNetwork

                folder = self._store.path(self.model_id, TOKENIZER).parent
                self._network = FlagNetwork(folder, device, LONGEST, self.model_id)
        return self._network


class _Reader:
    """Texts to what the graph takes in."""

    def __init__(self, store: ModelStore, model_id: str) -> None:
        # As they are: the file itself says how the network wants them cleaned.
        self._tokens = Tokens(store.path(model_id, TOKENIZER), model_id, LONGEST, cleaned=False)
        # Mapped: of half a gigabyte only the rows of words that occur are ever read.
        self._words: NDArray[np.float16] = np.load(store.path(model_id, WORDS), mmap_mode="r")
        self.special = np.array([self._tokens.number(each) for each in _SPECIAL], np.int64)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text's tokens, with those that mark its ends."""
        # One by one: encode_batch starts threads of its own for what takes a millisecond.
        return [self._tokens.cut(text) for text in texts]

    def inputs(self, rows: Sequence[Sequence[int]]) -> Arrays:
        """Texts of about one length as the network reads them."""
        length = -(-max(map(len, rows)) // _STEP) * _STEP
        ids = np.full((len(rows), length), self.special[_SPECIAL.index("<pad>")], np.int64)
        mask = np.zeros((len(rows), length), np.int64)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = row
            mask[at, : len(row)] = 1
        embedded = self._words[ids].astype(np.float32)
        return {xlm_roberta.EMBEDDED: embedded, xlm_roberta.MASK: mask}


class _Quick:
    """A `Network` in the form that was found quickest on this machine."""

    def __init__(self, store: ModelStore, model_id: str, compute: Compute) -> None:
        self._graph = open_graph(store, model_id, GRAPH, compute)
        self._reader = _Reader(store, model_id)
        self.special = self._reader.special
        self.tokens = self._reader.tokens

    def run(self, rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Network`."""
        dense, weights = self._graph.run(self._reader.inputs(rows))
        return dense, weights


def batches(lengths: Sequence[int]) -> list[list[int]]:
    """Texts (by number) that are run together: of like length, so that little is padding."""
    groups: list[list[int]] = []
    # Longest first: what does not fit into memory is found out at once.
    for at in sorted(range(len(lengths)), key=lambda at: (-lengths[at], at)):
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= _TOKENS:
            groups[-1].append(at)
        else:
            groups.append([at])
    return groups


def token_weights(
    row: Sequence[int], weights: NDArray[np.float32], special: NDArray[np.int64]
) -> SparseVector:
    """The largest weight of each token of a text, without those that mark its ends."""
    ids = np.asarray(row, np.int64)
    kept = (weights > 0) & ~np.isin(ids, special)
    ids, weights = ids[kept], weights[kept]
    order = np.argsort(ids, kind="stable")
    tokens, first = np.unique(ids[order], return_index=True)
    largest = np.maximum.reduceat(weights[order], first) if len(tokens) else weights
    return SparseVector(tokens.astype(np.uint32), np.ascontiguousarray(largest, np.float32))


_NONE = SparseVector(np.empty(0, np.uint32), np.empty(0, np.float32))


def convert(folder: Path) -> None:
    """Write the network and the word table out of the published checkpoint, without torch."""
    from heimdex.ml import safetensors_file, torch_checkpoint

    described = xlm_roberta.shape(folder / "config.json")
    whole = folder / "model.safetensors"
    tensors: Any = (
        safetensors_file.read(whole)
        if whole.exists()
        else torch_checkpoint.read(folder / "pytorch_model.bin")
    )
    sparse = torch_checkpoint.read(folder / "sparse_linear.pt")
    try:
        longest = min(LONGEST, described.positions)
        xlm_roberta.write(tensors, sparse, described, longest, folder / GRAPH)
        xlm_roberta.write_words(tensors, folder / WORDS)
    except (ValueError, KeyError) as error:
        raise ModelUnavailable(
            f"The published files of BGE-M3 are not what they should be ({error}); download them "
            "again."
        ) from error


def tuning_cases(store: ModelStore, manifest: Manifest) -> list[Case]:
    """The encoder on real sentences of both languages, in batches as passages are."""

    def samples() -> list[Arrays]:
        reader = _Reader(store, manifest.id)
        rows = reader.tokens(sentences.passages(sentences.read(store.resources)))
        groups = batches([len(row) for row in rows])
        # Long and short ones in both halves: one calibrates, the other is compared.
        mixed = groups[::2] + groups[1::2]
        return [reader.inputs([rows[at] for at in group]) for group in mixed]

    return [Case(GRAPH, samples, mean_cosine(0), _GATE, (xlm_roberta.SPARSE_HEAD,))]
