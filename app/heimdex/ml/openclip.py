"""OpenCLIP's ViT-B-32 with OpenAI's weights: pictures, English, and every other language.

English goes through CLIP's own text tower (Radford et al. 2021), which knows nothing else. For all
other languages there is a second one that was taught to put their sentences where CLIP's puts the
English ones (Reimers and Gurevych 2020; clip-ViT-B-32-multilingual-v1). The engine's shape is left
to `dual_encoder`.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import runtime, safetensors_file, tokens, torch_checkpoint
from heimdex.ml.acceleration.cases import Case
from heimdex.ml.acceleration.graph import Graph, OnnxGraph
from heimdex.ml.acceleration.opening import open_graph
from heimdex.ml.dual_encoder import (
    DualEncoder,
    GraphImages,
    ImageTower,
    TextTower,
    device_for,
    image_case,
)
from heimdex.ml.framing import Framing, Resize
from heimdex.ml.manifests import Manifest
from heimdex.ml.networks import text_tower, vit
from heimdex.ml.query_text import (
    POSITIONS,
    TABLE,
    TEXT,
    TOKENIZER,
    GraphText,
    Wording,
    text_case,
)
from heimdex.ml.runtime import CPU, Compute
from heimdex.ml.store import ModelStore
from heimdex.ml.tokens import CLIP_END, CLIP_START, Tokens

MULTILINGUAL: Final = "clip-multilingual"
"""The model whose text tower speaks the other languages."""
WEIGHTS: Final = "open_clip_model.safetensors"
ORIGINAL: Final = "ViT-B-32.pt"
MERGES: Final = "bpe_simple_vocab_16e6.txt.gz"
IMAGE: Final = "image.onnx"
PROJECTION: Final = "dense.safetensors"

MEAN: Final = (0.48145466, 0.4578275, 0.40821073)
DEVIATION: Final = (0.26862954, 0.26130258, 0.27577711)

Opener = Callable[[], TextTower]

WORDING: Final = Wording(77, start=CLIP_START, end=CLIP_END)

_FRAMING = Framing(224, Resize.CROP)
_MULTILINGUAL_LENGTH = 128


def engine(store: ModelStore, manifest: Manifest, compute: Compute) -> DualEncoder:
    """The engine, which opens nothing yet; text runs on the processor, see `GraphText`."""

    def open_images() -> ImageTower:
        device = device_for(compute.device, manifest.id)
        if device != CPU:
            from heimdex.ml.reference.vision import OpenClipImages

            folder = store.path(manifest.id, IMAGE).parent
            return OpenClipImages(checkpoint(folder), device, manifest.id)
        graph = open_graph(store, manifest.id, IMAGE, Compute(CPU, compute.threads))
        return GraphImages(graph)

    def open_texts() -> TextTower:
        return ByLanguage(
            lambda: GraphText(store, manifest.id, WORDING, compute),
            lambda: MultilingualText(store, MULTILINGUAL, Compute(CPU, compute.threads)),
        )

    return DualEncoder(manifest, _FRAMING, open_images, open_texts, compute.threads)


def checkpoint(folder: Path) -> Mapping[str, NDArray[Any]]:
    """The published tensors, whichever form of them is there."""
    weights = folder / WEIGHTS
    return (
        safetensors_file.read(weights)
        if weights.exists()
        else torch_checkpoint.read(folder / ORIGINAL)
    )


def convert(folder: Path) -> None:
    """Write graphs, tables and tokenizer out of the published checkpoint in `folder`.

    `ModelUnavailable` when it is not the one.
    """
    tensors = checkpoint(folder)
    try:
        _write(tensors, folder)
    except ValueError as error:
        raise ModelUnavailable(
            f"The weights of CLIP do not have the form that was expected ({error}); download them "
            "again."
        ) from error


def _write(tensors: Mapping[str, NDArray[Any]], folder: Path) -> None:
    vit.write_clip(tensors, folder / IMAGE, MEAN, DEVIATION)
    text_tower.write_clip(tensors, folder / TEXT, folder / TABLE, folder / POSITIONS)
    tokens.write_clip(folder / MERGES, folder / TOKENIZER)


def tuning_cases(store: ModelStore, manifest: Manifest) -> list[Case]:
    """What holds for quick forms of both towers; the multilingual one is published as int8."""
    if manifest.id == MULTILINGUAL:
        return []
    return [
        image_case(IMAGE, _FRAMING, store.resources),
        text_case(store, manifest.id, WORDING, english=True),
    ]


def is_english(text: str) -> bool:
    """Whether CLIP's own text tower is asked: only if no letter is beyond ASCII.

    Hangul, kana or Cyrillic tell another language at once, an é or ß nearly so. A sentence of
    plain letters in another language is taken for English.
    """
    return all(letter.isascii() for letter in text if letter.isalpha())


class ByLanguage:
    """A `TextTower` that sends each sentence to the tower of its language."""

    def __init__(self, english: Opener, others: Opener) -> None:
        """Each is opened when its first sentence comes."""
        self._openers = {True: english, False: others}
        self._towers: dict[bool, TextTower] = {}

    def run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `TextTower`."""
        english = np.array([is_english(text) for text in texts])
        parts = {}
        for kind in (True, False):
            rows = np.flatnonzero(english == kind).tolist()
            if rows:
                if kind not in self._towers:
                    self._towers[kind] = self._openers[kind]()
                parts[kind] = rows, self._towers[kind].run([texts[row] for row in rows])
        width = next(iter(parts.values()))[1].shape[1]
        vectors = np.empty((len(texts), width), np.float32)
        for rows, found in parts.values():
            vectors[rows] = found
        return vectors


class MultilingualText:
    """The text tower of all other languages as it is published: DistilBERT in int8, the mean of its
    tokens, and a projection into CLIP's space."""

    def __init__(self, store: ModelStore, model_id: str, compute: Compute) -> None:
        path = store.path(model_id, TOKENIZER)
        self._tokens = Tokens(path, model_id, _MULTILINGUAL_LENGTH)
        self._graph: Graph = OnnxGraph(store.path(model_id, TEXT), compute, model_id)
        dense = safetensors_file.read(store.path(model_id, PROJECTION))
        self._projection = np.asarray(dense["linear.weight"], np.float32).T

    def run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `TextTower`."""
        rows = [self._tokens.cut(text) for text in texts]
        ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
        mask = np.zeros_like(ids)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = row
            mask[at, : len(row)] = 1
        states = self._graph.run({"input_ids": ids, "attention_mask": mask})[0]
        with runtime.one_blas_thread():
            mean = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
            vectors: NDArray[np.float32] = mean.astype(np.float32) @ self._projection
        return vectors
