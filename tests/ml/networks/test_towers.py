"""The towers of CLIP and SigLIP, tiny: what they do with bytes, and what they refuse.

That they compute what the published code does is proven in test_vision_encoders.
"""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from heimdex.ml.networks import text_tower, vit

WIDTH, EDGE, SIDE, WORDS, LENGTH = 64, 8, 2, 20, 12
Tensors = dict[str, NDArray[np.float32]]


def clip() -> Tensors:
    draw = np.random.default_rng(0)

    def normal(*shape: int) -> NDArray[np.float32]:
        return draw.normal(0, 0.2, shape).astype(np.float32)

    tensors = {
        "visual.class_embedding": normal(WIDTH),
        "visual.positional_embedding": normal(SIDE * SIDE + 1, WIDTH),
        "visual.conv1.weight": normal(WIDTH, 3, EDGE, EDGE),
        "visual.proj": normal(WIDTH, 16),
        "token_embedding.weight": normal(WORDS, WIDTH),
        "positional_embedding": normal(LENGTH, WIDTH),
        "text_projection": normal(WIDTH, 16),
    }
    for name in ("visual.ln_pre", "visual.ln_post", "ln_final"):
        tensors |= {f"{name}.weight": np.ones(WIDTH, np.float32), f"{name}.bias": normal(WIDTH)}
    for tower in ("visual.", ""):
        layer = f"{tower}transformer.resblocks.0."
        for name in ("ln_1", "ln_2"):
            tensors |= {
                f"{layer}{name}.weight": normal(WIDTH),
                f"{layer}{name}.bias": normal(WIDTH),
            }
        shapes = {"attn.out_proj": (64, 64), "mlp.c_fc": (256, 64), "mlp.c_proj": (64, 256)}
        tensors[f"{layer}attn.in_proj_weight"] = normal(3 * WIDTH, WIDTH)
        tensors[f"{layer}attn.in_proj_bias"] = normal(3 * WIDTH)
        for name, shape in shapes.items():
            tensors[f"{layer}{name}.weight"] = normal(*shape)
            tensors[f"{layer}{name}.bias"] = normal(shape[0])
    return tensors


def image(tensors: Tensors, folder: Path) -> onnxruntime.InferenceSession:
    vit.write_clip(tensors, folder / "image.onnx", (0.5, 0.4, 0.3), (0.2, 0.3, 0.4))
    return onnxruntime.InferenceSession(str(folder / "image.onnx"))


def text(tensors: Tensors, folder: Path) -> onnxruntime.InferenceSession:
    paths = (folder / name for name in ("text.onnx", "tokens.npy", "positions.npy"))
    text_tower.write_clip(tensors, *paths)
    return onnxruntime.InferenceSession(str(folder / "text.onnx"))


def test_any_number_of_pictures_gives_unit_vectors(tmp_path: Path) -> None:
    session = image(clip(), tmp_path)
    pixels = np.random.default_rng(1).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    whole = session.run(None, {vit.PIXELS: pixels})[0]
    assert whole.shape == (3, 16)
    np.testing.assert_allclose(np.linalg.norm(whole, axis=1), 1, atol=1e-5)
    alone = session.run(None, {vit.PIXELS: pixels[1:2]})[0]
    np.testing.assert_allclose(alone[0], whole[1], atol=1e-5)


def test_normalisation_is_in_the_weights(tmp_path: Path) -> None:
    """Where every pixel is the mean, the patches are the bias alone: here nothing."""
    tensors = clip()
    mean = np.array([0.2, 0.4, 0.6])
    for name, weight in (("plain", 1.0), ("loud", 50.0)):
        (tmp_path / name).mkdir()
        louder = tensors | {"visual.conv1.weight": tensors["visual.conv1.weight"] * weight}
        path = tmp_path / name / "image.onnx"
        vit.write_clip(louder, path, tuple(mean.tolist()), (0.25, 0.25, 0.25))
    pixels = np.broadcast_to((mean * 255).astype(np.uint8), (1, 16, 16, 3)).copy()
    assert (pixels[0, 0, 0] == mean * 255).all()
    plain, loud = (
        onnxruntime.InferenceSession(str(tmp_path / name / "image.onnx")).run(
            None, {vit.PIXELS: pixels}
        )[0]
        for name in ("plain", "loud")
    )
    np.testing.assert_allclose(plain, loud, atol=1e-3)


def test_no_token_sees_what_follows_the_end(tmp_path: Path) -> None:
    session = text(clip(), tmp_path)
    table = np.load(tmp_path / "tokens.npy").astype(np.float32)
    places = np.load(tmp_path / "positions.npy")
    assert table.shape == (WORDS, WIDTH)

    def embedded(*ids: int) -> NDArray[np.float32]:
        return (table[list(ids)] + places[: len(ids)])[None]

    def run(x: NDArray[np.float32], end: int) -> NDArray[np.float32]:
        feed = {text_tower.EMBEDDED: x, text_tower.ENDS: np.array([[end]])}
        return np.asarray(session.run(None, feed)[0][0])

    short = run(embedded(1, 5, 2), 2)
    np.testing.assert_allclose(run(embedded(1, 5, 2, 9, 9, 9, 9), 2), short, atol=1e-5)
    assert run(embedded(1, 6, 2), 2) @ short < 0.9999


@pytest.mark.parametrize(
    ("name", "shape", "sentence"),
    [
        ("visual.proj", None, "has no visual.proj"),
        ("visual.transformer.resblocks.0.ln_1.weight", None, "has no transformer.resblocks.0.ln_1"),
        ("visual.transformer.resblocks.0.attn.in_proj_bias", (7,), "has another shape"),
        ("visual.conv1.weight", (WIDTH, 1, EDGE, EDGE), "no squares of three colours"),
        ("visual.conv1.weight", (WIDTH, 3, EDGE, 4), "no squares of three colours"),
    ],
)
def test_another_checkpoint_is_refused(
    tmp_path: Path, name: str, shape: tuple[int, ...] | None, sentence: str
) -> None:
    tensors = clip()
    if shape is None:
        del tensors[name]
    else:
        tensors[name] = np.zeros(shape, np.float32)
    with pytest.raises(ValueError, match=sentence):
        image(tensors, tmp_path)


def test_tables_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="do not belong together"):
        text(clip() | {"positional_embedding": np.zeros((LENGTH, 8), np.float32)}, tmp_path)
