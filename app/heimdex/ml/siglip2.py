"""SigLIP 2 base, patch 16, 224 pixels: pictures and sentences of a hundred languages in one space.

Tschannen et al. 2025, from Google's own checkpoint. One text tower speaks every language; the
engine's shape is left to `dual_encoder`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import safetensors_file
from heimdex.ml.acceleration.cases import Case, mean_cosine
from heimdex.ml.acceleration.graph import Arrays
from heimdex.ml.acceleration.opening import open_graph
from heimdex.ml.dual_encoder import (
    TEXT_GATE,
    DualEncoder,
    GraphImages,
    ImageTower,
    TextTower,
    calibration_queries,
    device_for,
    image_case,
)
from heimdex.ml.framing import Framing, Kernel, Resize
from heimdex.ml.manifests import Manifest
from heimdex.ml.networks import text_tower, vit
from heimdex.ml.runtime import CPU, Compute
from heimdex.ml.store import ModelStore
from heimdex.ml.tokens import Tokens

WEIGHTS: Final = "model.safetensors"
IMAGE, TEXT, TABLE, POSITIONS = "image.onnx", "text.onnx", "tokens.npy", "positions.npy"
TOKENIZER: Final = "tokenizer.json"

MEAN: Final = (0.5, 0.5, 0.5)
DEVIATION: Final = (0.5, 0.5, 0.5)
LENGTH: Final = 64
END: Final = "<eos>"
PAD: Final = "<pad>"

_FRAMING = Framing(224, Resize.SQUASH, Kernel.BILINEAR)


def engine(store: ModelStore, manifest: Manifest, compute: Compute) -> DualEncoder:
    """The engine, which opens nothing yet; text runs on the processor, as of `openclip`."""

    def open_images() -> ImageTower:
        device = device_for(compute.device, manifest.id)
        if device != CPU:
            from heimdex.ml.reference.vision import Siglip2Images

            weights = safetensors_file.read(store.path(manifest.id, WEIGHTS))
            return Siglip2Images(weights, device, manifest.id)
        graph = open_graph(store, manifest.id, IMAGE, Compute(CPU, compute.threads))
        return GraphImages(graph)

    def open_texts() -> TextTower:
        return SiglipText(store, manifest.id, Compute(CPU, compute.threads))

    return DualEncoder(manifest, _FRAMING, open_images, open_texts, compute.threads)


def convert(folder: Path) -> None:
    """Write graphs and tables out of the published checkpoint in `folder`.

    `ModelUnavailable` when it is not the one.
    """
    checkpoint = safetensors_file.read(folder / WEIGHTS)
    try:
        vit.write_siglip(checkpoint, folder / IMAGE, MEAN, DEVIATION)
        text_tower.write_siglip(checkpoint, folder / TEXT, folder / TABLE, folder / POSITIONS)
    except ValueError as error:
        raise ModelUnavailable(
            f"The weights of SigLIP 2 do not have the form that was expected ({error}); download "
            "them again."
        ) from error


def tuning_cases(store: ModelStore, manifest: Manifest) -> list[Case]:
    """What holds for quick forms of both towers."""

    def sentences() -> list[Arrays]:
        reader = _Reader(store, manifest.id)
        queries = calibration_queries(store.resources)
        return [reader.inputs(queries[at : at + 4]) for at in range(0, len(queries), 4)]

    return [
        image_case(IMAGE, _FRAMING, store.resources),
        Case(TEXT, sentences, mean_cosine(), TEXT_GATE),
    ]


class SiglipText:
    """SigLIP 2's text tower."""

    def __init__(self, store: ModelStore, model_id: str, compute: Compute) -> None:
        self._reader = _Reader(store, model_id)
        self._graph = open_graph(store, model_id, TEXT, compute)

    def run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `TextTower`."""
        vectors: NDArray[np.float32] = self._graph.run(self._reader.inputs(texts))[0]
        return vectors


class _Reader:
    """Sentences to what the graph takes in."""

    def __init__(self, store: ModelStore, model_id: str) -> None:
        path = store.path(model_id, TOKENIZER)
        # Trained on lower case; an end, no beginning, and padding to the full length after it.
        self._tokens = Tokens(path, model_id, LENGTH, end=END, lower=True)
        # Mapped: of 400 MB only the rows of words that occur are ever read.
        self._words: NDArray[np.float16] = np.load(store.path(model_id, TABLE), mmap_mode="r")
        self._places: NDArray[np.float32] = np.load(store.path(model_id, POSITIONS))

    def inputs(self, texts: Sequence[str]) -> Arrays:
        ids = np.array(self._tokens.padded(texts, PAD), np.int64)
        embedded = self._words[ids].astype(np.float32) + self._places[:LENGTH]
        return {text_tower.EMBEDDED: embedded}
