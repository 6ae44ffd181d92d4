"""How much faster CLIP and SigLIP 2 see here than the published code does one picture at a time.

Pictures are Heimdex's own frames at the size that indexing hands on. Published weights are used
where they are installed; random ones of the full size are written otherwise.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from heimdex.domain.media import RgbImage
from heimdex.ml import openclip, safetensors_file, siglip2
from heimdex.ml.acceleration import tuning
from heimdex.ml.benchmarks import Row, random_vision, turns
from heimdex.ml.benchmarks.random_vision import CLIP, FULL, SIGLIP, Size
from heimdex.ml.benchmarks.turns import Way, Work
from heimdex.ml.dual_encoder import BATCH, calibration_frames
from heimdex.ml.manifests import Manifest
from heimdex.ml.reference import libraries
from heimdex.ml.reference import vision as reference
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

_HERE = "heimdex.ml.benchmarks.vision"
_PARTS = 2
_SIZE = (1280, 720)
"""What the stage that looks at frames hands on of a full-HD video."""
_MODELS = {
    CLIP: ("OpenCLIP ViT-B-32", "open_clip, float32, Pillow, one picture at a time"),
    SIGLIP: ("SigLIP 2 base 224", "transformers, float32, Pillow, one picture at a time"),
}


def rows(
    store: ModelStore,
    threads: int,
    scratch: Path,
    report: Callable[[str], None] = lambda _: None,
    size: Size = FULL,
    rounds: int = 2,
    models: Sequence[str] = (CLIP, SIGLIP),
) -> list[Row]:
    """A row a model. `scratch` is an empty folder with 8 GB of room when weights must be made up.

    `ModelUnavailable` when torch is not installed.
    """
    libraries.load("open_clip", CLIP)
    libraries.load("transformers", SIGLIP)
    return [
        _row(store, model_id, threads, scratch / model_id, report, size, rounds)
        for model_id in models
    ]


def _row(
    store: ModelStore,
    model_id: str,
    threads: int,
    scratch: Path,
    report: Callable[[str], None],
    size: Size,
    rounds: int,
) -> Row:
    made_up = not store.is_installed(model_id)
    if made_up:
        report(f"{model_id}: writing random weights of the full size")
        store = random_vision.installed(store, scratch, [model_id], size)
        report(f"{model_id}: finding the quickest form")
        tuning.tune(store, model_id, threads, report)
    report(f"{model_id}: taking turns")
    arguments = {
        "models": str(store.models_dir),
        "resources": str(store.resources),
        "manifests": msgspec.json.encode(store.manifests).decode(),
        "model_id": model_id,
        "threads": threads,
    }
    ways = (Way(f"{_HERE}:plain", arguments), Way(f"{_HERE}:ours", arguments))
    plain_, ours_ = turns.measure(ways, _PARTS, rounds, threads, scratch)
    likeness = (np.concatenate(plain_.results) * np.concatenate(ours_.results)).sum(axis=1)
    model, way = _MODELS[model_id]
    return Row(
        family="vision",
        model=model,
        plain=way,
        plain_s=plain_.seconds,
        ours_s=ours_.seconds,
        parity="mean cosine",
        parity_value=float(likeness.mean()),
        plain_mb=plain_.megabytes,
        ours_mb=ours_.megabytes,
        note="random weights" if made_up else "",
    )


def plain(models: str, resources: str, manifests: str, model_id: str, threads: int) -> Work:
    """The published way: eager torch, float32, Pillow's resampling, a picture at a time."""
    from PIL import Image

    store = _store(models, resources, manifests)
    torch = libraries.load("torch")
    torch.set_num_threads(threads)
    see = _open_clip(store) if model_id == CLIP else _transformers(store)
    parts = _parts(store)

    def work(part: int) -> Any:
        with torch.inference_mode():
            return np.concatenate([see(Image.fromarray(picture)) for picture in parts[part]])

    return work


def ours(models: str, resources: str, manifests: str, model_id: str, threads: int) -> Work:
    """As indexing does it."""
    store = _store(models, resources, manifests)
    module = openclip if model_id == CLIP else siglip2
    engine = module.engine(store, store.manifest(model_id), Compute(threads=threads))
    engine.load()
    parts = _parts(store)
    return lambda part: engine.embed_images(parts[part])


def _open_clip(store: ModelStore) -> Callable[[Any], Any]:
    open_clip = libraries.load("open_clip")
    model = reference.openclip(openclip.checkpoint(store.folder(CLIP)), CLIP)
    transform = open_clip.image_transform(
        224, is_train=False, mean=openclip.MEAN, std=openclip.DEVIATION
    )
    return lambda picture: model.encode_image(transform(picture)[None], normalize=True).numpy()


def _transformers(store: ModelStore) -> Callable[[Any], Any]:
    transformers, torch = libraries.load("transformers"), libraries.load("torch")
    weights = safetensors_file.read(store.folder(SIGLIP) / siglip2.WEIGHTS)
    model = reference.siglip2(weights, SIGLIP).vision_model
    processor = transformers.SiglipImageProcessor(size={"height": 224, "width": 224}, resample=2)

    def see(picture: Any) -> Any:
        planes = processor(picture, return_tensors="pt")["pixel_values"]
        found = model(pixel_values=planes).pooler_output
        return torch.nn.functional.normalize(found, dim=-1).numpy()

    return see


def _store(models: str, resources: str, manifests: str) -> ModelStore:
    described = msgspec.json.decode(manifests, type=dict[str, Manifest])
    return ModelStore(Path(models), described, resources=Path(resources), source="")


def _parts(store: ModelStore) -> list[list[RgbImage]]:
    import cv2

    frames = calibration_frames(store.resources)[: _PARTS * BATCH]
    large = [np.asarray(cv2.resize(frame, _SIZE), np.uint8) for frame in frames]
    return [large[at::_PARTS] for at in range(_PARTS)]
