"""The encoder's graph against openai-whisper's own, with the same weights."""

from pathlib import Path

import numpy as np
import pytest

from heimdex.ml import ctranslate2_file
from heimdex.ml.acceleration import quantizing
from heimdex.ml.acceleration.graph import OnnxGraph, OpenVinoGraph
from heimdex.ml.benchmarks import random_whisper
from heimdex.ml.benchmarks.random_whisper import SIZES, Size
from heimdex.ml.networks import whisper_encoder, whisper_weights
from heimdex.ml.runtime import Compute

SMALL = Size(width=128, heads=2, encoder=2, decoder=1)


@pytest.fixture(scope="module")
def weights(starter_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whisper")
    random_whisper.write(folder, SMALL, starter_models / "whisper" / "whisper-base")
    return folder / "model.bin"


def test_it_computes_what_the_published_network_computes(weights: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    parts = pytest.importorskip("whisper.model")
    tensors = ctranslate2_file.read(weights).tensors
    network = parts.Whisper(parts.ModelDimensions(**whisper_weights.dimensions(tensors)))
    state = whisper_weights.to_openai(tensors)
    network.load_state_dict({name: torch.tensor(np.array(a)) for name, a in state.items()})
    frames = np.random.default_rng(0).normal(0, 0.5, (2, 80, 3000)).astype(np.float32)
    with torch.inference_mode():
        expected = network.encoder(torch.from_numpy(frames)).numpy()

    plain, packed = tmp_path / "plain.onnx", tmp_path / "packed.onnx"
    whisper_encoder.write(tensors, plain)
    quantizing.quantize_weights(plain, packed)

    (states,) = OnnxGraph(plain, Compute(), "m").run({"features": frames})
    assert states.shape == expected.shape == (2, 1500, 128)
    assert np.abs(states - expected).max() < 2e-3
    (quick,) = OpenVinoGraph(packed, Compute(), "m", group=128).run({"features": frames})
    lengths = np.linalg.norm(quick, axis=-1) * np.linalg.norm(expected, axis=-1)
    assert ((quick * expected).sum(axis=-1) / lengths).mean() > 0.98
    assert not quantizing.is_packed(plain)
    assert quantizing.is_packed(packed)


def test_weights_without_an_encoder_are_refused(weights: Path, tmp_path: Path) -> None:
    tensors = dict(ctranslate2_file.read(weights).tensors)
    without = {k: a for k, a in tensors.items() if not k.startswith("encoder/layer_0/")}
    with pytest.raises(ValueError, match="no layers of an encoder"):
        whisper_encoder.write(without, tmp_path / "a.onnx")
    del tensors["encoder/conv2/bias"]
    with pytest.raises(ValueError, match="encoder/conv2/bias"):
        whisper_encoder.write(tensors, tmp_path / "b.onnx")


def test_a_key_with_a_bias_is_no_whisper(weights: Path) -> None:
    tensors = dict(ctranslate2_file.read(weights).tensors)
    name = "decoder/layer_0/attention/linear_1/bias"
    tensors[name] = np.ones_like(tensors[name])
    with pytest.raises(ValueError, match="bias for its key"):
        whisper_weights.to_openai(tensors)


def test_the_sizes_are_the_published_ones() -> None:
    """Parameters in millions, as the model card of openai-whisper gives them."""
    published = {"base": 74, "small": 244, "medium": 769, "large-v3": 1550, "large-v3-turbo": 809}
    for name, size in SIZES.items():
        w, words = size.width, 51_866 if size.mels == 128 else 51_865
        count = w * (3 * size.mels + 3 * w) + w * (words + 448)
        count += size.encoder * 12 * w * w + size.decoder * 16 * w * w
        assert count / 1e6 == pytest.approx(published[name], rel=0.04)
