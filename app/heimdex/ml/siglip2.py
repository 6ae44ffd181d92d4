"""SigLIP 2 base, patch 16, 224 pixels: pictures and sentences of a hundred languages in one space.

Tschannen et al. 2025, from Google's own checkpoint. One text tower speaks every language; the
engine's shape is left to `dual_encoder`.
"""

from pathlib import Path
from typing import Final

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import safetensors_file
from heimdex.ml.acceleration.cases import Case
from heimdex.ml.acceleration.opening import open_graph
from heimdex.ml.dual_encoder import (
    DualEncoder,
    GraphImages,
    ImageTower,
    TextTower,
    device_for,
    image_case,
)
from heimdex.ml.framing import Framing, Kernel, Resize
from heimdex.ml.manifests import Manifest
from heimdex.ml.networks import text_tower, vit
from heimdex.ml.query_text import POSITIONS, TABLE, TEXT, GraphText, Wording, text_case
from heimdex.ml.runtime import CPU, Compute
from heimdex.ml.store import ModelStore

WEIGHTS: Final = "model.safetensors"
IMAGE: Final = "image.onnx"

MEAN: Final = (0.5, 0.5, 0.5)
DEVIATION: Final = (0.5, 0.5, 0.5)
WORDING: Final = Wording(64, end="<eos>", pad="<pad>", lower=True)
"""Trained on lower case; an end, no beginning, and padding to the full length after it."""

_FRAMING = Framing(224, Resize.SQUASH, Kernel.BILINEAR)


def engine(store: ModelStore, manifest: Manifest, compute: Compute) -> DualEncoder:
    """The engine, which opens nothing yet; text runs on the processor, see `GraphText`."""

    def open_images() -> ImageTower:
        device = device_for(compute.device, manifest.id)
        if device != CPU:
            from heimdex.ml.reference.vision import Siglip2Images

            weights = safetensors_file.read(store.path(manifest.id, WEIGHTS))
            return Siglip2Images(weights, device, manifest.id)
        graph = open_graph(store, manifest.id, IMAGE, Compute(CPU, compute.threads))
        return GraphImages(graph)

    def open_texts() -> TextTower:
        return GraphText(store, manifest.id, WORDING, compute)

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
    return [
        image_case(IMAGE, _FRAMING, store.resources),
        text_case(store, manifest.id, WORDING),
    ]
