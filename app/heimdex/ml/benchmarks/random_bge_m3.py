"""Writes a folder of BGE-M3's files with seeded random weights of any size, as the hub has them.

For benchmarks and tests where the published weights are not at hand; nothing it says means
anything. Needs torch, because the checkpoints are torch's own format.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.reference import libraries


@dataclass(frozen=True, slots=True)
class Size:
    """By default the published one."""

    layers: int = 24
    width: int = 1024
    inner: int = 4096
    heads: int = 16
    vocabulary: int = 250_002
    positions: int = 8192


FULL = Size()


def write(folder: Path, size: Size, sentences: Sequence[str], seed: int = 0) -> None:
    """Store config, checkpoint, both heads and a tokenizer that was trained on `sentences`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(_config(size), indent=2), "utf-8")
    write_tokenizer(folder, sentences, size.vocabulary)
    torch = libraries.load("torch")
    generator = np.random.default_rng(seed)

    def save(tensors: dict[str, NDArray[Any]], name: str) -> None:
        torch.save({key: torch.from_numpy(array) for key, array in tensors.items()}, folder / name)

    save(_encoder(size, generator), "pytorch_model.bin")
    for name, rows in (("colbert_linear.pt", size.width), ("sparse_linear.pt", 1)):
        weight = generator.standard_normal((rows, size.width), np.float32)
        # Nearly every token weighs something, as those of a text do in a trained head.
        weight *= 0.05 / size.width**0.5
        bias = np.full(rows, 0.5, np.float32)
        save({"weight": weight.astype(np.float16), "bias": bias.astype(np.float16)}, name)


def write_tokenizer(folder: Path, sentences: Sequence[str], vocabulary: int) -> None:
    """A Unigram tokenizer as XLM-RoBERTa's: the same special tokens and spaces as ▁."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(
        sentences,
        trainers.UnigramTrainer(
            vocab_size=min(vocabulary - 1, 8000),
            special_tokens=special,
            unk_token="<unk>",
            show_progress=False,
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"bos": 0, "cls": 0, "pad": 1, "eos": 2, "sep": 2, "unk": 3}
    described: dict[str, Any] = {f"{name}_token": special[at] for name, at in names.items()}
    (folder / "special_tokens_map.json").write_text(json.dumps(described), "utf-8")
    described |= {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 8192}
    (folder / "tokenizer_config.json").write_text(json.dumps(described), "utf-8")


def _config(size: Size) -> dict[str, Any]:
    return {
        "architectures": ["XLMRobertaModel"],
        "model_type": "xlm-roberta",
        "attention_probs_dropout_prob": 0.1,
        "hidden_dropout_prob": 0.1,
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
        "hidden_act": "gelu",
        "hidden_size": size.width,
        "intermediate_size": size.inner,
        "layer_norm_eps": 1e-05,
        "max_position_embeddings": size.positions + 2,
        "num_attention_heads": size.heads,
        "num_hidden_layers": size.layers,
        "type_vocab_size": 1,
        "vocab_size": size.vocabulary,
    }


def _encoder(size: Size, generator: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Spread so that sentences differ in the end, with a few wide channels as trained ones have."""

    def normal(*shape: int, spread: float) -> NDArray[np.float32]:
        return generator.standard_normal(shape, np.float32) * np.float32(spread)

    tensors: dict[str, NDArray[np.float32]] = {}

    def linear(name: str, outputs: int, inputs: int, gain: float = 1.0) -> None:
        tensors[f"{name}.weight"] = normal(outputs, inputs, spread=gain / inputs**0.5)
        tensors[f"{name}.bias"] = normal(outputs, spread=0.05)

    def norm(name: str) -> None:
        gains = np.exp(normal(size.width, spread=0.3))
        gains[generator.integers(size.width, size=3)] *= 8
        tensors[f"{name}.weight"] = gains
        tensors[f"{name}.bias"] = normal(size.width, spread=0.05)

    width = size.width
    tensors["embeddings.word_embeddings.weight"] = normal(size.vocabulary, width, spread=0.04)
    tensors["embeddings.position_embeddings.weight"] = normal(
        size.positions + 2, width, spread=0.01
    )
    tensors["embeddings.token_type_embeddings.weight"] = normal(1, width, spread=0.01)
    norm("embeddings.LayerNorm")
    for index in range(size.layers):
        layer = f"encoder.layer.{index}"
        for part in ("query", "key"):
            linear(f"{layer}.attention.self.{part}", width, width, gain=1.2)
        linear(f"{layer}.attention.self.value", width, width, gain=1.5)
        linear(f"{layer}.attention.output.dense", width, width, gain=1.5)
        norm(f"{layer}.attention.output.LayerNorm")
        linear(f"{layer}.intermediate.dense", size.inner, width)
        linear(f"{layer}.output.dense", width, size.inner)
        norm(f"{layer}.output.LayerNorm")
    linear("pooler.dense", width, width)
    return tensors
