"""The same Whisper weights under the names of CTranslate2 and under those of openai-whisper.

Nothing is computed: both hold the published numbers. CTranslate2 keeps query, key and value in one
matrix and gives the key a bias of zeros, which openai-whisper has not (checked here). Reading and
writing files is left to `ctranslate2_file` and to torch.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.networks.building import Tensors

AUDIO_FRAMES = 1500
TEXT_TOKENS = 448

Arrays = dict[str, NDArray[Any]]


def dimensions(tensors: Tensors) -> dict[str, int]:
    """What openai-whisper calls `dims`, out of the tensors of a CTranslate2 file.

    ValueError when they are not a Whisper model's.
    """
    try:
        width, mels, _ = tensors["encoder/conv1/weight"].shape
        vocabulary, text_width = tensors["decoder/embeddings/weight"].shape
        return {
            "n_mels": mels,
            "n_audio_ctx": AUDIO_FRAMES,
            "n_audio_state": width,
            "n_audio_head": int(tensors["encoder/num_heads"]),
            "n_audio_layer": _depth(tensors, "encoder"),
            "n_vocab": vocabulary,
            "n_text_ctx": TEXT_TOKENS,
            "n_text_state": text_width,
            "n_text_head": int(tensors["decoder/num_heads"]),
            "n_text_layer": _depth(tensors, "decoder"),
        }
    except KeyError as error:
        raise ValueError(f"the file has no {error}") from error


def to_openai(tensors: Tensors) -> Arrays:
    """openai-whisper's `model_state_dict` out of the tensors of a CTranslate2 file."""
    state: Arrays = {}
    for source, target in _same(tensors):
        state[target] = tensors[source]
    for source, target, parts in _fused(tensors):
        weights = np.split(tensors[f"{source}/weight"], len(parts))
        biases = np.split(tensors[f"{source}/bias"], len(parts))
        for part, weight, bias in zip(parts, weights, biases, strict=True):
            state[f"{target}.{part}.weight"] = weight
            if part != "key":
                state[f"{target}.{part}.bias"] = bias
            elif bias.any():
                raise ValueError(f"{source} has a bias for its key, which Whisper has not")
    return state


def _depth(tensors: Tensors, side: str) -> int:
    count = 0
    while f"{side}/layer_{count}/ffn/linear_0/weight" in tensors:
        count += 1
    return count


def _same(tensors: Tensors) -> Iterator[tuple[str, str]]:
    """Tensors that only have another name."""
    for name in ("conv1", "conv2"):
        yield from _linear(f"encoder/{name}", f"encoder.{name}")
    yield "decoder/embeddings/weight", "decoder.token_embedding.weight"
    for side, last in (("encoder", "ln_post"), ("decoder", "ln")):
        yield f"{side}/position_encodings/encodings", f"{side}.positional_embedding"
        yield from _norm(f"{side}/layer_norm", f"{side}.{last}")
        for index in range(_depth(tensors, side)):
            layer, block = f"{side}/layer_{index}", f"{side}.blocks.{index}"
            yield from _norm(f"{layer}/self_attention/layer_norm", f"{block}.attn_ln")
            yield from _linear(f"{layer}/self_attention/linear_1", f"{block}.attn.out")
            yield from _norm(f"{layer}/ffn/layer_norm", f"{block}.mlp_ln")
            yield from _linear(f"{layer}/ffn/linear_0", f"{block}.mlp.0")
            yield from _linear(f"{layer}/ffn/linear_1", f"{block}.mlp.2")
            if side == "decoder":
                yield from _norm(f"{layer}/attention/layer_norm", f"{block}.cross_attn_ln")
                yield from _linear(f"{layer}/attention/linear_2", f"{block}.cross_attn.out")


def _fused(tensors: Tensors) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Matrices that are one for CTranslate2 and several for openai-whisper."""
    for side in ("encoder", "decoder"):
        for index in range(_depth(tensors, side)):
            layer, block = f"{side}/layer_{index}", f"{side}.blocks.{index}"
            yield f"{layer}/self_attention/linear_0", f"{block}.attn", ("query", "key", "value")
            if side == "decoder":
                yield f"{layer}/attention/linear_0", f"{block}.cross_attn", ("query",)
                yield f"{layer}/attention/linear_1", f"{block}.cross_attn", ("key", "value")


def _linear(source: str, target: str) -> Iterator[tuple[str, str]]:
    yield f"{source}/weight", f"{target}.weight"
    yield f"{source}/bias", f"{target}.bias"


def _norm(source: str, target: str) -> Iterator[tuple[str, str]]:
    yield f"{source}/gamma", f"{target}.weight"
    yield f"{source}/beta", f"{target}.bias"
