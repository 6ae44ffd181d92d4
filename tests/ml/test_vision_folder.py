"""A pair of encoders that a person brings works, or is refused with a clear sentence."""

from pathlib import Path

import numpy as np
import pytest

import encoder_pair
from heimdex.domain.errors import EngineFailed, ModelUnavailable, UserError
from heimdex.domain.media import RgbImage
from heimdex.ml import encoder_folder, manifests
from heimdex.ml.acceleration import tuning
from heimdex.ml.delivery.adding import add
from heimdex.ml.dual_encoder import DualEncoder
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore


@pytest.fixture
def store(tmp_path: Path, described: dict[str, manifests.Manifest]) -> ModelStore:
    return ModelStore(tmp_path / "models", dict(described), source="")


def brought(store: ModelStore, folder: Path) -> DualEncoder:
    add(store, "tiny-eyes", folder, lambda progress: None)
    return encoder_folder.engine(store, store.manifest("tiny-eyes"), Compute())


def pictures() -> list[RgbImage]:
    random = np.random.default_rng(2)
    return [np.full((40 + 9 * i, 90, 3), random.integers(0, 256, 3), np.uint8) for i in range(5)]


@pytest.mark.parametrize(
    "how", [{}, {"batch": 1}, {"mask": False}, {"half": True}, {"batch": 1, "half": True}]
)
def test_pictures_and_sentences_become_vectors(
    store: ModelStore, tmp_path: Path, how: dict[str, object]
) -> None:
    engine = brought(store, encoder_pair.write(tmp_path / "pair", **how))  # type: ignore[arg-type]
    vectors = engine.embed_images(pictures())
    assert vectors.shape == (5, 48)
    colours = np.array([p[0, 0] for p in pictures()], np.float32)
    # Each plane's sixteen fields have one value: what was asked for is what the graph was given.
    expected = np.repeat((colours / 255 - 0.5) / 0.25, 16, axis=1)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors, expected, atol=3e-3)
    texts = engine.embed_text(["a red wall", "빨간 벽", "", "a " * 500, "a red wall"])
    assert texts.shape == (5, 48)
    np.testing.assert_allclose(texts[0], texts[4], atol=1e-6)
    assert texts[0] @ texts[1] < 0.999
    assert engine.thresholds.match == 0.9


def test_channels_may_be_turned(store: ModelStore, tmp_path: Path) -> None:
    folder = encoder_pair.write(tmp_path / "pair")
    description = folder / "model.toml"
    turned = description.read_text().replace("size = 32", 'size = 32\nchannels = "BGR"')
    description.write_text(turned)
    engine = brought(store, folder)
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    fields = engine.embed_images([red])[0].reshape(3, 16)
    assert fields[2].min() > 0 > fields[0].max()


def test_its_quick_form_is_looked_for(store: ModelStore, tmp_path: Path) -> None:
    brought(store, encoder_pair.write(tmp_path / "pair"))
    chosen = tuning.tune(store, "tiny-eyes", threads=1)
    assert set(chosen) == {"image.onnx"}


def test_other_files_are_another_space(store: ModelStore, tmp_path: Path) -> None:
    first = brought(store, encoder_pair.write(tmp_path / "pair")).revision
    again = brought(store, encoder_pair.write(tmp_path / "other", mask=False)).revision
    assert first != again


WRONG = [
    ("size = 32", 'size = "big"', r"\[preprocessing\].*is wrong.*size"),
    ("size = 32", "", r"\[preprocessing\].*is wrong.*size"),
    ("size = 32", "size = 9000", "out of all reason"),
    ('resize = "squash"', 'resize = "stretch"', "stretch"),
    ("dims = 48", "", "must say dims"),
    ("length = 16", 'image = "eyes.onnx"', r"no file eyes\.onnx; put it into the folder"),
    ("match = 0.9\nsuggest = 0.7", "", "wrong"),
    ("[thresholds]\nmatch = 0.9\nsuggest = 0.7", "", r"needs \[thresholds\] with match"),
    ("length = 16", "lengthh = 16", "lengthh"),
    ("std = [0.25, 0.25, 0.25]", "std = [0.0, 1.0, 1.0]", "out of all reason"),
]


@pytest.mark.parametrize(("was", "said", "sentence"), WRONG)
def test_a_wrong_description_is_refused(
    store: ModelStore, tmp_path: Path, was: str, said: str, sentence: str
) -> None:
    folder = encoder_pair.write(tmp_path / "pair")
    text = (folder / "model.toml").read_text()
    assert was in text
    (folder / "model.toml").write_text(text.replace(was, said))
    with pytest.raises(UserError, match=sentence):
        brought(store, folder)
    assert "tiny-eyes" not in store.manifests


def test_files_that_are_no_encoders_are_refused(store: ModelStore, tmp_path: Path) -> None:
    folder = encoder_pair.write(tmp_path / "pair")
    whole = {p.name: p.read_bytes() for p in folder.iterdir()}
    for name, content, sentence in (
        ("image.onnx", b"no graph", r"image\.onnx is no ONNX graph"),
        ("image.onnx", whole["text.onnx"], r"image\.onnx must have one input of pictures"),
        ("text.onnx", whole["image.onnx"], r"text\.onnx must have one input of tokens"),
        ("tokenizer.json", b"{}", r"vocabulary of tiny-eyes cannot be used"),
    ):
        (folder / name).write_bytes(content)
        with pytest.raises(UserError, match=sentence):
            brought(store, folder)
        (folder / name).write_bytes(whole[name])
    assert brought(store, folder).embed_text(["a"]).shape == (1, 48)


def test_vectors_of_another_length_than_said_are_refused(store: ModelStore, tmp_path: Path) -> None:
    folder = encoder_pair.write(tmp_path / "pair")
    text = (folder / "model.toml").read_text()
    (folder / "model.toml").write_text(text.replace("dims = 48", "dims = 64"))
    engine = brought(store, folder)
    with pytest.raises(EngineFailed, match="48 numbers where its description says 64"):
        engine.embed_images(pictures()[:1])


def test_a_vocabulary_without_the_padding_is_refused(store: ModelStore, tmp_path: Path) -> None:
    folder = encoder_pair.write(tmp_path / "pair")
    text = (folder / "model.toml").read_text()
    (folder / "model.toml").write_text(text.replace('"[PAD]"', '"<pad>"'))
    with pytest.raises((ModelUnavailable, UserError), match="it has no <pad>"):
        brought(store, folder).embed_text(["a"])
