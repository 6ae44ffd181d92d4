"""Writes CLIP, its multilingual text tower and SigLIP 2 with seeded random weights, as published.

For benchmarks and tests where the published weights are not at hand; nothing they say means
anything. Needs no torch; CLIP's list of merges comes out of the open_clip package.
"""

import importlib.util
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import openclip, sentences, siglip2
from heimdex.ml.delivery.installation import install
from heimdex.ml.manifests import Manifest, ModelFile
from heimdex.ml.networks import bert
from heimdex.ml.networks.bert import DISTILBERT
from heimdex.ml.networks.building import Network
from heimdex.ml.query_text import TEXT, TOKENIZER
from heimdex.ml.store import ModelStore

Tensors = dict[str, NDArray[np.float32]]

CLIP = "openclip-vit-b-32"
SIGLIP = "siglip2-base"
_WIDTH = 768
_DIMS = 512


@dataclass(frozen=True, slots=True)
class Size:
    """By default the published one; the widths are always the published ones."""

    layers: int = 12
    multilingual_layers: int = 6
    words: int = 256_000
    multilingual_words: int = 119_547


FULL = Size()


def installed(
    described: ModelStore, scratch: Path, ids: Sequence[str], size: Size = FULL
) -> ModelStore:
    """A store in `scratch` with random weights of some models, installed as published ones are.

    `described` knows the shipped manifests and lists. `ModelUnavailable` without open_clip.
    """
    made: dict[str, Manifest] = {}
    every = [*ids, *(needed for each in ids for needed in described.manifest(each).needs)]
    for model_id in every:
        manifest = described.manifest(model_id)
        folder = scratch / "published" / model_id
        folder.mkdir(parents=True, exist_ok=True)
        _WRITERS[model_id](folder, size, described.resources)
        digests = ModelStore(folder, {})
        files = [
            ModelFile(f.name, (folder / f.name).stat().st_size, digests.sha256(folder / f.name))
            for f in manifest.files
        ]
        made[model_id] = msgspec.structs.replace(manifest, files=files, forms=[])
    store = ModelStore(
        scratch / "models",
        made,
        resources=described.resources,
        source=str(scratch / "published"),
    )
    install(store, every, lambda _plan: True, lambda _progress: None)
    return store


def clip_tensors(layers: int, seed: int = 0) -> Tensors:
    """CLIP ViT-B/32 as open_clip names it, in half precision's values as OpenAI's are."""
    draw = _Draw(seed)
    draw.normal("visual.class_embedding", (_WIDTH,), _WIDTH**-0.5)
    draw.normal("visual.positional_embedding", (50, _WIDTH), _WIDTH**-0.5)
    draw.normal("visual.conv1.weight", (_WIDTH, 3, 32, 32), 0.02)
    draw.norms("visual.ln_pre", "visual.ln_post", width=_WIDTH)
    draw.normal("visual.proj", (_WIDTH, _DIMS), _WIDTH**-0.5)
    draw.normal("token_embedding.weight", (49_408, _DIMS), 0.02)
    draw.normal("positional_embedding", (77, _DIMS), 0.01)
    draw.norms("ln_final", width=_DIMS)
    draw.normal("text_projection", (_DIMS, _DIMS), _DIMS**-0.5)
    draw.tensors["logit_scale"] = np.array(4.6052, np.float32)
    for tower, width in (("visual.", _WIDTH), ("", _DIMS)):
        for number in range(layers):
            layer = f"{tower}transformer.resblocks.{number}."
            draw.norms(f"{layer}ln_1", f"{layer}ln_2", width=width)
            draw.normal(f"{layer}attn.in_proj_weight", (3 * width, width), 1.2 * width**-0.5)
            draw.normal(f"{layer}attn.in_proj_bias", (3 * width,), 0.02)
            draw.linear(f"{layer}attn.out_proj", width, width)
            draw.linear(f"{layer}mlp.c_fc", 4 * width, width)
            draw.linear(f"{layer}mlp.c_proj", width, 4 * width)
    return {name: each.astype(np.float16).astype(np.float32) for name, each in draw.tensors.items()}


def siglip_tensors(layers: int, words: int, seed: int = 1) -> Tensors:
    """SigLIP 2 base patch 16 as transformers names it."""
    draw = _Draw(seed)
    vision, text = "vision_model.", "text_model."
    draw.normal(f"{vision}embeddings.patch_embedding.weight", (_WIDTH, 3, 16, 16), 0.04)
    draw.normal(f"{vision}embeddings.patch_embedding.bias", (_WIDTH,), 0.02)
    draw.normal(f"{vision}embeddings.position_embedding.weight", (196, _WIDTH), _WIDTH**-0.5)
    draw.norms(f"{vision}post_layernorm", f"{text}final_layer_norm", width=_WIDTH)
    draw.normal(f"{vision}head.probe", (1, 1, _WIDTH), 1.0)
    draw.normal(f"{vision}head.attention.in_proj_weight", (3 * _WIDTH, _WIDTH), _WIDTH**-0.5)
    draw.normal(f"{vision}head.attention.in_proj_bias", (3 * _WIDTH,), 0.02)
    draw.linear(f"{vision}head.attention.out_proj", _WIDTH, _WIDTH)
    draw.norms(f"{vision}head.layernorm", width=_WIDTH)
    draw.linear(f"{vision}head.mlp.fc1", 4 * _WIDTH, _WIDTH)
    draw.linear(f"{vision}head.mlp.fc2", _WIDTH, 4 * _WIDTH)
    draw.normal(f"{text}embeddings.token_embedding.weight", (words, _WIDTH), 0.02)
    draw.normal(f"{text}embeddings.position_embedding.weight", (64, _WIDTH), 0.01)
    draw.linear(f"{text}head", _WIDTH, _WIDTH)
    draw.tensors["logit_scale"] = np.array([4.7], np.float32)
    draw.tensors["logit_bias"] = np.array([-16.7], np.float32)
    for tower in (vision, text):
        for number in range(layers):
            layer = f"{tower}encoder.layers.{number}."
            draw.norms(f"{layer}layer_norm1", f"{layer}layer_norm2", width=_WIDTH)
            for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                draw.linear(f"{layer}self_attn.{part}", _WIDTH, _WIDTH)
            draw.linear(f"{layer}mlp.fc1", 4 * _WIDTH, _WIDTH)
            draw.linear(f"{layer}mlp.fc2", _WIDTH, 4 * _WIDTH)
    return draw.tensors


def distilbert_tensors(layers: int, words: int, seed: int = 2) -> Tensors:
    """Multilingual DistilBERT as transformers names it."""
    draw = _Draw(seed)
    draw.normal("embeddings.word_embeddings.weight", (words, _WIDTH), 0.05)
    draw.normal("embeddings.position_embeddings.weight", (512, _WIDTH), 0.02)
    draw.norms("embeddings.LayerNorm", width=_WIDTH)
    for number in range(layers):
        layer = f"transformer.layer.{number}."
        for part in ("q_lin", "k_lin", "v_lin", "out_lin"):
            draw.linear(f"{layer}attention.{part}", _WIDTH, _WIDTH)
        draw.norms(f"{layer}sa_layer_norm", f"{layer}output_layer_norm", width=_WIDTH)
        draw.linear(f"{layer}ffn.lin1", 4 * _WIDTH, _WIDTH)
        draw.linear(f"{layer}ffn.lin2", _WIDTH, 4 * _WIDTH)
    return draw.tensors


def _write_clip(folder: Path, size: Size, _resources: Path) -> None:
    from safetensors.numpy import save_file

    save_file(clip_tensors(size.layers), str(folder / openclip.WEIGHTS))
    spec = importlib.util.find_spec("open_clip")
    if spec is None or not spec.origin:
        raise ModelUnavailable("The package open_clip is needed here; run scripts/setup --torch.")
    shutil.copy2(Path(spec.origin).parent / openclip.MERGES, folder / openclip.MERGES)


def _write_multilingual(folder: Path, size: Size, resources: Path) -> None:
    """The published export: token states of an int8 DistilBERT, and the projection beside it."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    network = Network(distilbert_tensors(size.multilingual_layers, size.multilingual_words))
    ids = network.input("input_ids", "INT64", ["batch", "length"])
    mask = network.input("attention_mask", "INT64", ["batch", "length"])
    words = network.constant("words", network.tensor("embeddings.word_embeddings.weight"))
    places = network.constant("places", network.tensor("embeddings.position_embeddings.weight"))
    length = network.add("Shape", ids, start=1, end=2)
    used = network.add("Slice", places, network.integers(0), length, network.integers(0))
    x = network.add("Add", network.add("Gather", words, ids), used)
    x = network.layer_norm(x, "embeddings.LayerNorm", 1e-12)
    x = bert.encoder(network, x, bert.padding(network, mask), 12, 1e-12, DISTILBERT)
    network.output(x, "last_hidden_state", ["batch", "length", _WIDTH])
    plain = folder / "plain.onnx"
    network.write("distilbert", plain)
    quantize_dynamic(str(plain), str(folder / TEXT), weight_type=QuantType.QUInt8)
    for left in folder.glob("plain.onnx*"):
        left.unlink()
    projection = np.random.default_rng(3).normal(0, _WIDTH**-0.5, (_DIMS, _WIDTH))
    dense = {"linear.weight": projection.astype(np.float32)}
    save_file(dense, str(folder / openclip.PROJECTION))
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        _said(resources),
        trainers.WordPieceTrainer(
            vocab_size=min(size.multilingual_words, 8000),
            special_tokens=special,
            show_progress=False,
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / TOKENIZER))


def _write_siglip(folder: Path, size: Size, resources: Path) -> None:
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    save_file(siglip_tensors(size.layers, size.words), str(folder / siglip2.WEIGHTS))
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.train_from_iterator(
        (line.lower() for line in _said(resources)),
        trainers.BpeTrainer(
            vocab_size=min(size.words, 8000),
            special_tokens=[siglip2.WORDING.pad, siglip2.WORDING.end, "<bos>", "<unk>", "<mask>"],
            show_progress=False,
        ),
    )
    tokenizer.save(str(folder / TOKENIZER))


def _said(resources: Path) -> list[str]:
    return [line for block in sentences.read(resources) for line in block]


_WRITERS = {
    CLIP: _write_clip,
    openclip.MULTILINGUAL: _write_multilingual,
    SIGLIP: _write_siglip,
}


class _Draw:
    """Tensors spread so that pictures differ in the end."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)
        self.tensors: Tensors = {}

    def normal(self, name: str, shape: tuple[int, ...], spread: float) -> None:
        drawn = self._generator.standard_normal(shape, np.float32)
        self.tensors[name] = drawn * np.float32(spread)

    def linear(self, name: str, outputs: int, inputs: int) -> None:
        self.normal(f"{name}.weight", (outputs, inputs), 1.2 * inputs**-0.5)
        self.normal(f"{name}.bias", (outputs,), 0.02)

    def norms(self, *names: str, width: int) -> None:
        """Some channels are far larger than the rest, as in trained transformers."""
        for name in names:
            gains = np.exp(self._generator.standard_normal(width, np.float32) * np.float32(0.3))
            gains[self._generator.integers(width, size=3)] *= 8
            self.tensors[f"{name}.weight"] = gains
            self.normal(f"{name}.bias", (width,), 0.05)
