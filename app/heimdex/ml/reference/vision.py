"""CLIP by open_clip and SigLIP 2 by transformers: what the quick forms are compared with, and what
runs the image towers on CUDA and MPS, there in half precision.

Framing pictures and halving batches are left to the engines; text stays on the processor.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml.reference import libraries
from heimdex.ml.reference.passes import passing, placed, planes

Tensors = Mapping[str, NDArray[Any]]

CLIP_NAME = "ViT-B-32-quickgelu"
"""OpenAI trained with another activation than the one that the plain name stands for."""


class OpenClipImages:
    """An `ImageTower` in open_clip; on a processor in single precision."""

    def __init__(self, tensors: Tensors, device: str, model_id: str) -> None:
        """`ModelUnavailable` when a package is missing or the weights are damaged."""
        model = openclip(tensors, model_id)
        self._torch = libraries.load("torch", model_id)
        self._model = placed(model, device)
        self._device = device

    def run(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `ImageTower`."""
        from heimdex.ml.openclip import DEVIATION, MEAN

        return _run(self._torch, self._model.encode_image, squares, MEAN, DEVIATION, self._device)


class Siglip2Images:
    """An `ImageTower` in transformers; on a processor in single precision."""

    def __init__(self, tensors: Tensors, device: str, model_id: str) -> None:
        """`ModelUnavailable` when a package is missing or the weights are damaged."""
        model = siglip2(tensors, model_id).vision_model
        self._torch = libraries.load("torch", model_id)
        self._model = placed(model, device)
        self._device = device

    def run(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `ImageTower`."""
        from heimdex.ml.siglip2 import DEVIATION, MEAN

        def pooled(planes: Any) -> Any:
            return self._model(pixel_values=planes).pooler_output

        return _run(self._torch, pooled, squares, MEAN, DEVIATION, self._device)


def openclip(tensors: Tensors, model_id: str) -> Any:
    """Both towers in open_clip, as deep as the tensors say."""
    open_clip = libraries.load("open_clip", model_id)
    config = open_clip.get_model_config(CLIP_NAME)
    config["quick_gelu"] = True
    for part, tower in (("vision_cfg", "visual."), ("text_cfg", "")):
        config[part]["layers"] = _layers(tensors, f"{tower}transformer.resblocks.")
    vocabulary, config["text_cfg"]["width"] = tensors["token_embedding.weight"].shape
    config["text_cfg"]["vocab_size"] = vocabulary
    model = open_clip.CLIP(**config)
    # OpenAI's own archive carries the sizes among the weights.
    sizes = ("input_resolution", "context_length", "vocab_size")
    _fill(model, {name: tensors[name] for name in tensors if name not in sizes}, model_id)
    return model.eval()


def siglip2(tensors: Tensors, model_id: str) -> Any:
    """Both towers in transformers, as large as the tensors say."""
    transformers = libraries.load("transformers", model_id)
    words = tensors["text_model.embeddings.token_embedding.weight"]
    places = tensors["text_model.embeddings.position_embedding.weight"]
    patches = tensors["vision_model.embeddings.patch_embedding.weight"]
    cells = tensors["vision_model.embeddings.position_embedding.weight"]
    config = transformers.SiglipConfig(
        text_config={
            **_size(tensors, "text_model.", words.shape[1]),
            "vocab_size": len(words),
            "max_position_embeddings": len(places),
            "bos_token_id": 1,
            "eos_token_id": 1,
        },
        vision_config={
            **_size(tensors, "vision_model.", len(patches)),
            "patch_size": patches.shape[2],
            "image_size": round(len(cells) ** 0.5) * patches.shape[2],
        },
    )
    model = transformers.SiglipModel(config)
    _fill(model, tensors, model_id)
    return model.eval()


def _size(tensors: Tensors, tower: str, width: int) -> dict[str, int]:
    inner = len(tensors[f"{tower}encoder.layers.0.mlp.fc1.bias"])
    return {
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": _layers(tensors, f"{tower}encoder.layers."),
        "num_attention_heads": width // 64,
    }


def _layers(tensors: Tensors, prefix: str) -> int:
    return len({n.removeprefix(prefix).split(".")[0] for n in tensors if n.startswith(prefix)})


def _fill(model: Any, tensors: Tensors, model_id: str) -> None:
    torch = libraries.load("torch", model_id)
    state = {name: torch.tensor(np.asarray(tensors[name])) for name in tensors}
    try:
        missing, unknown = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ModelUnavailable(
            f"The weights of {model_id} do not fit the network ({error}); install it again.",
            model_id,
        ) from error
    # Numbers of positions are no weights; some checkpoints carry them, some do not.
    lacking = [name for name in missing if not name.endswith("position_ids")]
    if lacking or any(not name.endswith("position_ids") for name in unknown):
        raise ModelUnavailable(
            f"The weights of {model_id} are those of another network; install it again.", model_id
        )


def _run(
    torch: Any,
    network: Callable[[Any], Any],
    squares: NDArray[np.uint8],
    mean: Sequence[float],
    deviation: Sequence[float],
    device: str,
) -> NDArray[np.float32]:
    with passing(torch):
        found = network(planes(torch, squares, mean, deviation, device)).float()
        vectors: NDArray[np.float32] = torch.nn.functional.normalize(found, dim=-1).cpu().numpy()
    return vectors
