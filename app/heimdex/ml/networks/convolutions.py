"""Convolutions whose batch normalisation is folded into their weights, as inference wants them.

What a network looks like is left to the module named for it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.networks.building import Network

_EPSILON = 1e-5
"""torch's default for batch normalisation, which all networks here were trained with."""


def normalisation(
    network: Network, name: str, *, affine: bool = True
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scale and shift (c,) of a trained `BatchNorm`; not `affine`: of one without weights."""
    variance = network.tensor(f"{name}.running_var").astype(np.float64)
    scale = 1 / np.sqrt(variance + _EPSILON)
    shift = -network.tensor(f"{name}.running_mean") * scale
    if affine:
        weight = network.tensor(f"{name}.weight")
        scale, shift = scale * weight, shift * weight + network.tensor(f"{name}.bias")
    return scale.astype(np.float32), shift.astype(np.float32)


def convolve(
    network: Network,
    x: str,
    name: str,
    *,
    norm: str = "",
    stride: int = 1,
    weight: NDArray[Any] | None = None,
    output: str = "",
) -> str:
    """`Conv2d` with "same" padding for its kernel, followed by the normalisation `norm`.

    `weight` stands in for the checkpoint's, for example with its input channels in another order.
    """
    kernel = network.tensor(f"{name}.weight") if weight is None else weight
    bias = (
        network.tensor(f"{name}.bias")
        if network.has(f"{name}.bias")
        else np.zeros(len(kernel), np.float32)
    )
    if norm:
        scale, shift = normalisation(network, norm)
        if len(scale) != len(kernel):
            raise ValueError(f"{norm} does not fit {name}")
        kernel, bias = kernel * scale.reshape(-1, 1, 1, 1), bias * scale + shift
    edge = kernel.shape[2]
    return network.add(
        "Conv",
        x,
        network.constant(f"{name}.kernel", kernel),
        network.constant(f"{name}.folded_bias", bias),
        output=output or f"{name}.out",
        kernel_shape=list(kernel.shape[2:]),
        strides=[stride, stride],
        pads=[edge // 2] * 4,
    )


def scale_and_shift(network: Network, x: str, name: str) -> str:
    """A `BatchNorm2d` that stands before a padded convolution, where it cannot be folded: the
    padding's zeros are not normalised."""
    scale, shift = normalisation(network, name)
    x = network.add("Mul", x, network.constant(f"{name}.scale", scale.reshape(1, -1, 1, 1)))
    return network.add("Add", x, network.constant(f"{name}.shift", shift.reshape(1, -1, 1, 1)))
