"""The improved ResNet that AdaFace publishes, 18 to 101 layers, from a checkpoint to ONNX.

Kim, Jain and Liu, "AdaFace: Quality Adaptive Margin for Face Recognition", CVPR 2022; the backbone
after Deng et al., "ArcFace", 2019. In which formats the checkpoint comes is `adaface`'s affair.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.networks.building import Network, Tensors
from heimdex.ml.networks.convolutions import convolve, normalisation, scale_and_shift

EDGE = 112
"""Pixels of an aligned face, each way."""


def write(tensors: Tensors, path: Path, *, bgr: bool) -> None:
    """Store the backbone with inputs `pixels` (uint8 RGB, n × 112 × 112 × 3) and outputs
    `vectors` (n × d, unit length).

    `tensors` are named as in the published module. `bgr`: the network was trained on pictures with
    blue first; its first kernel is turned round, so that it takes the same pixels as every other.
    Depth and widths are read off the tensors. ValueError when they are no such network.
    """
    network = Network(_equalised(tensors))
    pixels = network.input("pixels", "UINT8", ["batch", EDGE, EDGE, 3])
    x = network.planes(pixels, [0.5] * 3, [0.5] * 3)
    first = network.tensor("input_layer.0.weight")
    if first.ndim != 4 or first.shape[1] != 3:
        raise ValueError("its first layer takes no pictures")
    first = first[:, ::-1] if bgr else first
    x = convolve(network, x, "input_layer.0", norm="input_layer.1", weight=first)
    x = _prelu(network, x, "input_layer.2")
    number = 0
    while network.has(f"body.{number}.res_layer.1.weight"):
        x = _block(network, x, f"body.{number}", first=number == 0)
        number += 1
    named = {name.split(".")[1] for name in tensors if name.startswith("body.")}
    if not number or len(named) != number:
        raise ValueError("units of its body are missing")
    vectors = _output(network, x)
    network.output(network.unit(vectors), "vectors", ["batch", "dims"])
    network.write("iresnet", path)


def _equalised(tensors: Tensors) -> Tensors:
    """The same network with planes of like width before each convolution of its units.

    int8 has one scale for all planes of an activation. A positive factor passes through PReLU, so
    what a normalisation makes wide can be made narrow there and wide again by the next kernel
    (after Nagel et al., "Data-Free Quantization Through Weight Equalization", 2019). It brings
    three thousandths of likeness, and nothing is lost in float.
    """
    even = dict(tensors)
    number = 0
    while f"body.{number}.res_layer.1.weight" in even:
        for norm, kernel in (("0", "1"), ("2", "4")):
            names = [
                f"body.{number}.res_layer.{part}"
                for part in (f"{norm}.weight", f"{norm}.bias", f"{kernel}.weight")
            ]
            if any(name not in even for name in names):
                continue  # Whoever needs it says that it is missing.
            weight, shift, planes = (np.asarray(even[name], np.float32) for name in names)
            width = np.abs(shift) + 3 * np.abs(weight)
            width = np.maximum(width, 1e-3 * width.max())
            width /= np.exp(np.log(width).mean())
            even[names[0]], even[names[1]] = weight / width, shift / width
            even[names[2]] = planes * width.reshape(1, -1, 1, 1)
        number += 1
    return even


def _block(network: Network, x: str, name: str, *, first: bool) -> str:
    """One residual unit. Each of the four stages starts with one that halves height and width:
    the very first, and those that change the number of planes."""
    if network.has(f"{name}.res_layer.6.fc1.weight") or network.has(
        f"{name}.res_layer.se_block.fc1.weight"
    ):
        raise ValueError("squeeze-and-excitation units are not used by AdaFace")
    shape = network.tensor(f"{name}.res_layer.1.weight").shape
    stride = 2 if first or shape[0] != shape[1] else 1
    inner = scale_and_shift(network, x, f"{name}.res_layer.0")
    inner = convolve(network, inner, f"{name}.res_layer.1", norm=f"{name}.res_layer.2")
    inner = _prelu(network, inner, f"{name}.res_layer.3")
    inner = convolve(
        network, inner, f"{name}.res_layer.4", norm=f"{name}.res_layer.5", stride=stride
    )
    if network.has(f"{name}.shortcut_layer.0.weight"):
        convolution, norm = f"{name}.shortcut_layer.0", f"{name}.shortcut_layer.1"
        x = convolve(network, x, convolution, norm=norm, stride=stride, output=f"shortcut.{name}")
    elif stride == 2:
        x = network.add("MaxPool", x, kernel_shape=[1, 1], strides=[2, 2])
    return network.add("Add", inner, x)


def _output(network: Network, x: str) -> str:
    """Normalisation, one dense layer and normalisation again, all linear: one product."""
    dense = network.tensor("output_layer.3.weight").astype(np.float64)
    bias = network.tensor("output_layer.3.bias").astype(np.float64)
    scale, shift = normalisation(network, "output_layer.0")
    cells = dense.shape[1] // len(scale)
    if cells * len(scale) != dense.shape[1]:
        raise ValueError("its last layer does not fit its planes")
    bias += dense @ np.repeat(shift, cells)
    dense *= np.repeat(scale, cells)
    scale, shift = normalisation(network, "output_layer.4", affine=False)
    flat = network.add("Flatten", x, axis=1)
    return network.matmul(flat, "output_layer", (dense * scale[:, None]).T, bias * scale + shift)


def _prelu(network: Network, x: str, name: str) -> str:
    slope: NDArray[np.float32] = network.tensor(f"{name}.weight").reshape(-1, 1, 1)
    return network.add("PRelu", x, network.constant(f"{name}.slope", slope))
