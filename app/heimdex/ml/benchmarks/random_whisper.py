"""Writes a folder of Whisper's files with seeded random weights, as CTranslate2's converter does.

For benchmarks and tests where the published weights are not at hand; nothing it hears means
anything. The vocabulary is that of an installed Whisper model.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heimdex.ml import ctranslate2_file
from heimdex.ml.ctranslate2_file import Contents

_CANTONESE: Final = "<|yue|>"
"""The language that large-v3 knows beside those of the smaller models; the last one."""
_LAST_LANGUAGE: Final = "<|su|>"
_GELU: Final = 3
"""CTranslate2's number for it."""


@dataclass(frozen=True, slots=True)
class Size:
    """A published shape."""

    width: int
    heads: int
    encoder: int
    decoder: int
    mels: int = 80

    def layers(self, count: int) -> "Size":
        """The same with so many layers at most."""
        encoder, decoder = min(count, self.encoder), min(count, self.decoder)
        return replace(self, encoder=encoder, decoder=decoder)


SIZES: Final = {
    "base": Size(512, 8, 6, 6),
    "small": Size(768, 12, 12, 12),
    "medium": Size(1024, 16, 24, 24),
    "large-v3": Size(1280, 20, 32, 32, mels=128),
    "large-v3-turbo": Size(1280, 20, 32, 4, mels=128),
}
"""By the names of `ASR_MODEL`."""


def write(folder: Path, size: Size, vocabulary: Path, seed: int = 0) -> None:
    """Store weights, settings and vocabulary; `vocabulary`: the folder of an installed model."""
    folder.mkdir(parents=True, exist_ok=True)
    words = (vocabulary / "vocabulary.txt").read_text("utf-8").removesuffix("\n").split("\n")
    tokenizer = json.loads((vocabulary / "tokenizer.json").read_text("utf-8"))
    if size.mels == SIZES["large-v3"].mels:
        _add_cantonese(words, tokenizer)
        (folder / "vocabulary.json").write_text(json.dumps(words), "utf-8")
        mels = {"feature_size": size.mels, "sampling_rate": 16_000, "chunk_length": 30}
        mels |= {"hop_length": 160, "n_fft": 400}
        (folder / "preprocessor_config.json").write_text(json.dumps(mels), "utf-8")
    else:
        (folder / "vocabulary.txt").write_text("\n".join(words) + "\n", "utf-8")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    (folder / "config.json").write_text(json.dumps(_config(size, words, vocabulary)), "utf-8")
    tensors = _tensors(size, len(words), np.random.default_rng(seed))
    aliases = {"decoder/projection/weight": "decoder/embeddings/weight"}
    contents = Contents("WhisperSpec", 3, tensors, aliases)
    ctranslate2_file.write(folder / "model.bin", contents)


def _add_cantonese(words: list[str], tokenizer: dict[str, Any]) -> None:
    at = words.index(_LAST_LANGUAGE) + 1
    words.insert(at, _CANTONESE)
    added = tokenizer["added_tokens"]
    like = next(token for token in added if token["content"] == _LAST_LANGUAGE)
    for token in added:
        if token["id"] >= at:
            token["id"] += 1
    added.append({**like, "id": at, "content": _CANTONESE})
    added.sort(key=lambda token: token["id"])


def _config(size: Size, words: list[str], vocabulary: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((vocabulary / "config.json").read_text("utf-8"))
    first = words.index("<|en|>")
    config["lang_ids"] = list(range(first, words.index("<|translate|>")))
    half = range(size.decoder // 2, size.decoder)
    config["alignment_heads"] = [[layer, head] for layer in half for head in range(size.heads)]
    return config


def _tensors(
    size: Size, vocabulary: int, generator: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """Spread so that states and texts differ from sound to sound."""
    width, tensors = size.width, dict[str, NDArray[Any]]()

    def normal(*shape: int, spread: float) -> NDArray[np.float16]:
        return (generator.standard_normal(shape, np.float32) * spread).astype(np.float16)

    def linear(name: str, outputs: int, inputs: int, *, keys: bool = False) -> None:
        tensors[f"{name}/weight"] = normal(outputs, inputs, spread=inputs**-0.5)
        bias = normal(outputs, spread=0.05)
        if keys:  # Whisper's keys have none.
            start = outputs - 2 * width
            bias[start : start + width] = 0
        tensors[f"{name}/bias"] = bias

    def norm(name: str) -> None:
        tensors[f"{name}/gamma"] = (1 + normal(width, spread=0.2)).astype(np.float16)
        tensors[f"{name}/beta"] = normal(width, spread=0.05)

    def attention(name: str, *, across: bool) -> None:
        norm(f"{name}/layer_norm")
        if across:
            linear(f"{name}/linear_0", width, width)
            linear(f"{name}/linear_1", 2 * width, width, keys=True)
            linear(f"{name}/linear_2", width, width)
        else:
            linear(f"{name}/linear_0", 3 * width, width, keys=True)
            linear(f"{name}/linear_1", width, width)

    def flag(name: str, value: int) -> None:
        tensors[name] = np.array(value, np.int8)

    tensors["encoder/conv1/weight"] = normal(width, size.mels, 3, spread=(3 * size.mels) ** -0.5)
    tensors["encoder/conv1/bias"] = normal(width, spread=0.05)
    tensors["encoder/conv2/weight"] = normal(width, width, 3, spread=(3 * width) ** -0.5)
    tensors["encoder/conv2/bias"] = normal(width, spread=0.05)
    tensors["encoder/position_encodings/encodings"] = normal(1500, width, spread=0.5)
    tensors["decoder/embeddings/weight"] = normal(vocabulary, width, spread=0.05)
    tensors["decoder/position_encodings/encodings"] = normal(448, width, spread=0.02)
    for side, count in (("encoder", size.encoder), ("decoder", size.decoder)):
        tensors[f"{side}/num_heads"] = np.array(size.heads, np.int16)
        norm(f"{side}/layer_norm")
        for index in range(count):
            layer = f"{side}/layer_{index}"
            attention(f"{layer}/self_attention", across=False)
            if side == "decoder":
                attention(f"{layer}/attention", across=True)
            norm(f"{layer}/ffn/layer_norm")
            linear(f"{layer}/ffn/linear_0", 4 * width, width)
            linear(f"{layer}/ffn/linear_1", width, 4 * width)
    for name in ("alibi", "scale_embeddings", "start_from_zero_embedding"):
        flag(f"decoder/{name}", 0)
    flag("decoder/pre_norm", 1)
    flag("decoder/activation", _GELU)
    tensors["decoder/alignment_heads"] = np.array(1, np.int16)
    tensors["decoder/alignment_layer"] = np.array(-1, np.int16)
    return tensors
