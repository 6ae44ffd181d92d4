"""AdaFace and RetinaFace in torch: what the quick forms are compared with, and what CUDA and MPS run.

AdaFace has no package, so its backbone stands here, written after the paper and named as its
checkpoints are; RetinaFace comes from `retinaface-pytorch`. Fitting pictures, suppressing doubles
and aligning are left to the engines.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.acceleration.graph import Arrays, OutOfMemory
from heimdex.ml.reference import libraries

Tensors = Mapping[str, NDArray[Any]]

UNITS = {18: (2, 2, 2, 2), 50: (3, 4, 14, 3), 101: (3, 13, 30, 3)}
"""Residual units of each stage by the name that AdaFace gives to the depth."""
_WIDTHS = (64, 128, 256, 512)


def iresnet(units: tuple[int, ...], widths: tuple[int, ...] = _WIDTHS, dims: int = 512) -> Any:
    """A `torch.nn.Module` from n × 3 × 112 × 112 planes in -1..1 to n × dims, not normalised."""
    torch = libraries.load("torch")
    nn = torch.nn

    class Unit(nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self, before: int, after: int, stride: int) -> None:
            super().__init__()
            self.shortcut_layer = (
                nn.MaxPool2d(1, stride)
                if before == after
                else nn.Sequential(
                    nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
                )
            )
            self.res_layer = nn.Sequential(
                nn.BatchNorm2d(before),
                nn.Conv2d(before, after, 3, 1, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.PReLU(after),
                nn.Conv2d(after, after, 3, stride, 1, bias=False),
                nn.BatchNorm2d(after),
            )

        def forward(self, x: Any) -> Any:
            return self.res_layer(x) + self.shortcut_layer(x)

    class Backbone(nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            width = widths[0]
            self.input_layer = nn.Sequential(
                nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.PReLU(width)
            )
            body = []
            for count, after in zip(units, widths, strict=True):
                for index in range(count):
                    body.append(Unit(width, after, 2 if index == 0 else 1))
                    width = after
            self.body = nn.Sequential(*body)
            cells = 112 // 2 ** len(units)
            self.output_layer = nn.Sequential(
                nn.BatchNorm2d(width),
                nn.Dropout(0.4),
                nn.Flatten(),
                nn.Linear(width * cells * cells, dims),
                nn.BatchNorm1d(dims, affine=False),
            )

        def forward(self, x: Any) -> Any:
            return self.output_layer(self.body(self.input_layer(x)))

    return Backbone()


def retinaface(size: int, device: str = "cpu") -> Any:
    """The package's `Model` for pictures of `size` pixels, with weights still to be loaded."""
    return libraries.load("retinaface.predict_single").Model(max_size=size, device=device)
