"""The graph computes what the architecture says, compared with plain numpy on seeded weights."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from heimdex.ml import efficientnet

Arrays = dict[str, NDArray[np.float32]]

# Written from the published block strings, apart from the module's own table:
# (blocks, kernel, stride, expansion, width), widths times 1.1 rounded to eights.
STAGES = [
    (1, 3, 1, 1, 16),
    (3, 3, 2, 6, 24),
    (3, 5, 2, 6, 48),
    (4, 3, 2, 6, 88),
    (4, 5, 1, 6, 120),
    (5, 5, 2, 6, 208),
    (1, 3, 1, 6, 352),
]


@pytest.fixture(scope="module")
def tensors() -> Arrays:
    """A Lite2 checkpoint in the true shapes with seeded numbers."""
    rng = np.random.default_rng(7)
    made: Arrays = {}

    def conv(name: str, *shape: int) -> None:
        fan = int(np.prod(shape[1:]))
        made[f"{name}.weight"] = rng.normal(0, (2 / fan) ** 0.5, shape).astype(np.float32)

    def norm(name: str, width: int) -> None:
        made[f"{name}.weight"] = rng.uniform(0.8, 1.2, width).astype(np.float32)
        made[f"{name}.bias"] = rng.normal(0, 0.2, width).astype(np.float32)
        made[f"{name}.running_mean"] = rng.normal(0, 0.2, width).astype(np.float32)
        made[f"{name}.running_var"] = rng.uniform(0.5, 1.5, width).astype(np.float32)

    conv("_conv_stem", 32, 3, 3, 3)
    norm("_bn0", 32)
    width, index = 32, 0
    for count, kernel, _, expansion, out in STAGES:
        for _ in range(count):
            name, wide = f"_blocks.{index}.", width * expansion
            if expansion > 1:
                conv(f"{name}_expand_conv", wide, width, 1, 1)
                norm(f"{name}_bn0", wide)
            conv(f"{name}_depthwise_conv", wide, 1, kernel, kernel)
            norm(f"{name}_bn1", wide)
            conv(f"{name}_project_conv", out, wide, 1, 1)
            norm(f"{name}_bn2", out)
            width, index = out, index + 1
    conv("_conv_head", 1280, width, 1, 1)
    norm("_bn1", 1280)
    made["_fc.weight"] = rng.normal(0, 0.03, (1000, 1280)).astype(np.float32)
    made["_fc.bias"] = rng.normal(0, 0.1, 1000).astype(np.float32)
    return made


def convolve(
    x: NDArray[np.float64], weight: NDArray[np.float32], stride: int
) -> NDArray[np.float64]:
    """TensorFlow's SAME convolution of one picture, channels first."""
    kernel = weight.shape[2]
    out = [-(-edge // stride) for edge in x.shape[1:]]
    total = [max((o - 1) * stride + kernel - e, 0) for o, e in zip(out, x.shape[1:], strict=True)]
    x = np.pad(x, [(0, 0)] + [(t // 2, t - t // 2) for t in total])
    views = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(1, 2))
    views = views[:, ::stride, ::stride]
    if weight.shape[1] == 1 and weight.shape[0] == x.shape[0]:
        return np.einsum("chwij,cij->chw", views, weight[:, 0])
    return np.einsum("chwij,ocij->ohw", views, weight, optimize=True)


def reference(tensors: Arrays, pixels: NDArray[np.uint8]) -> tuple[NDArray, NDArray]:
    """The network for one picture, step by step, batch normalisation and all."""

    def norm(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        mean, var, gain, bias = (
            tensors[f"{name}.{part}"][:, None, None].astype(np.float64)
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / np.sqrt(var + 1e-3) * gain + bias

    def relu6(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(x, 0, 6)

    x = (pixels.astype(np.float64).transpose(2, 0, 1) - 127) / 128
    x = relu6(norm(convolve(x, tensors["_conv_stem.weight"], 2), "_bn0"))
    index = 0
    for count, _, first_stride, expansion, _ in STAGES:
        for repeat in range(count):
            name, before = f"_blocks.{index}.", x
            stride = first_stride if repeat == 0 else 1
            if expansion > 1:
                x = relu6(
                    norm(convolve(x, tensors[f"{name}_expand_conv.weight"], 1), f"{name}_bn0")
                )
            x = convolve(x, tensors[f"{name}_depthwise_conv.weight"], stride)
            x = relu6(norm(x, f"{name}_bn1"))
            x = norm(convolve(x, tensors[f"{name}_project_conv.weight"], 1), f"{name}_bn2")
            if repeat > 0:
                x = x + before
            index += 1
    x = relu6(norm(convolve(x, tensors["_conv_head.weight"], 1), "_bn1"))
    features = x.mean(axis=(1, 2))
    return features, tensors["_fc.weight"] @ features + tensors["_fc.bias"]


def test_the_graph_equals_the_architecture(tensors: Arrays, tmp_path: Path) -> None:
    import onnxruntime

    efficientnet.convert(tensors, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(
        str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"]
    )
    # 72 makes odd edges on the way (9, 5, 3), where the padding is lopsided.
    pixels = np.random.default_rng(1).integers(0, 256, (2, 72, 72, 3), dtype=np.uint8)
    features, logits = session.run(None, {"pixels": pixels})
    for row in range(2):
        expected, classes = reference(tensors, pixels[row])
        np.testing.assert_allclose(features[row], expected, atol=2e-3 * np.abs(expected).max())
        np.testing.assert_allclose(logits[row], classes, atol=2e-3 * np.abs(classes).max())


def test_another_checkpoint_is_refused(tensors: Arrays) -> None:
    fewer = tensors | {"_fc.bias": np.zeros(10, np.float32)}
    with pytest.raises(ValueError, match="Lite2"):
        efficientnet.build(fewer)
    with pytest.raises(KeyError):
        efficientnet.build({k: v for k, v in tensors.items() if not k.startswith("_blocks.20.")})
