"""AdaFace and RetinaFace in torch: what the quick forms are compared with, and what runs on CUDA
and MPS, there in half precision.

AdaFace has no package, so its backbone stands here, written after the paper and named as its
checkpoints are; RetinaFace comes from `retinaface-pytorch`, whose
network is the one of Pytorch_Retinaface. Fitting pictures, suppressing doubles,
aligning and halving batches are left to the engines.
"""

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.domain.media import RgbImage
from heimdex.ml.acceleration.graph import Arrays
from heimdex.ml.graphs import PIXELS
from heimdex.ml.networks.retinaface_resnet import Intake
from heimdex.ml.reference import libraries
from heimdex.ml.reference.passes import passing, placed, planes
from heimdex.ml.runtime import CPU

Tensors = Mapping[str, NDArray[Any]]

UNITS = {"ir18": (2, 2, 2, 2), "ir50": (3, 4, 14, 3), "ir101": (3, 13, 30, 3)}
"""Residual units of each stage, by the name that AdaFace gives to the depth."""
WIDTHS = (64, 128, 256, 512)
_STAGES = len(WIDTHS)


class AdaFaceNetwork:
    """A `Graph` from pixels to unit vectors; on a processor in single precision."""

    def __init__(self, tensors: Tensors, bgr: bool, device: str, model_id: str) -> None:
        """`tensors` named as the published module names them; `bgr`: it takes blue first.
        `ModelUnavailable` when a package is missing or the weights are those of something else."""
        units, widths = _shape(tensors)
        dims = len(tensors["output_layer.3.bias"])
        self._torch = libraries.load("torch", model_id)
        self._model = _filled(iresnet(units, widths, dims), tensors, device, model_id)
        self._device, self._bgr = device, bgr

    def run(self, inputs: Arrays) -> list[NDArray[Any]]:
        """See `Graph`."""
        pixels = inputs[PIXELS][..., ::-1] if self._bgr else inputs[PIXELS]
        (found,) = _run(self._torch, self._model, pixels, (0.5,) * 3, (0.5,) * 3, self._device)
        return [self._torch.nn.functional.normalize(found, dim=-1).cpu().numpy()]


class RetinaFaceNetwork:
    """A `Graph` from pixels to offsets, scores and landmarks of all anchors."""

    def __init__(self, tensors: Tensors, intake: Intake, device: str, model_id: str) -> None:
        """`ModelUnavailable` when a package is missing or the weights are those of something
        else."""
        self._torch = libraries.load("torch", model_id)
        self._model = _filled(retinaface(model_id), tensors, device, model_id)
        self._device, self._intake = device, intake

    def run(self, inputs: Arrays) -> list[NDArray[Any]]:
        """See `Graph`."""
        pixels, mean, deviation = inputs[PIXELS], self._intake.mean, self._intake.deviation
        if self._intake.bgr:
            pixels, mean, deviation = pixels[..., ::-1], mean[::-1], deviation[::-1]
        offsets, scores, landmarks = _run(
            self._torch, self._model, pixels, mean, deviation, self._device
        )
        scores = self._torch.softmax(scores, dim=-1)
        return [found.cpu().numpy() for found in (offsets, scores, landmarks)]


class RetinaFacePackage:
    """`retinaface-pytorch` as it comes: it brings a picture to a square of `edge` pixels and finds
    the faces in it, one picture at a time, on the processor."""

    def __init__(self, tensors: Tensors, intake: Intake, edge: int, model_id: str) -> None:
        """`ModelUnavailable` when a package is missing or the weights are those of something
        else."""
        self._model = retinaface_model(edge, model_id)
        _filled(self._model.model, tensors, CPU, model_id)
        mixing = libraries.load("albumentations", model_id)
        step = -1 if intake.bgr else 1
        self._step = step
        # The package feeds ternaus's training; other checkpoints were fed in another way.
        self._model.transform = mixing.Compose(
            [
                mixing.LongestMaxSize(max_size=edge),
                mixing.Normalize(intake.mean[::step], intake.deviation[::step]),
            ]
        )

    def detect(self, image: RgbImage) -> list[tuple[float, float, float, float]]:
        """Left, top, right and bottom of each face as shares of the picture, the surest first."""
        found = self._model.predict_jsons(image[..., :: self._step])
        height, width = image.shape[:2]
        boxes = [face["bbox"] for face in found if face["bbox"]]
        return [(x0 / width, y0 / height, x1 / width, y1 / height) for x0, y0, x1, y1 in boxes]


def iresnet(units: Sequence[int], widths: Sequence[int] = WIDTHS, dims: int = 512) -> Any:
    """A `torch.nn.Module` from n × 3 × 112 × 112 planes in -1..1 to n × dims, not normalised."""
    nn = libraries.load("torch").nn

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
            cells = 112 // 2**_STAGES
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


def retinaface(model_id: str = "") -> Any:
    """The package's network, a `torch.nn.Module`, with weights still to be loaded."""
    module = libraries.load("retinaface.network", model_id)
    with warnings.catch_warnings():
        # It names torchvision's arguments as they were called in 2020.
        warnings.simplefilter("ignore", UserWarning)
        return module.RetinaFace(
            name="Resnet50",
            pretrained=False,
            return_layers={"layer2": 1, "layer3": 2, "layer4": 3},
            in_channels=256,
            out_channels=256,
        )


def retinaface_model(size: int, model_id: str = "") -> Any:
    """The package's `Model` for pictures of `size` pixels: the published way to find faces."""
    # One of its libraries asks the package index for its newest version when it is imported.
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return libraries.load("retinaface.predict_single", model_id).Model(max_size=size)


def _shape(tensors: Tensors) -> tuple[list[int], list[int]]:
    """Units and widths of the stages that the tensors make up."""
    units: list[int] = []
    widths: list[int] = []
    number = 0
    while f"body.{number}.res_layer.1.weight" in tensors:
        after, before = tensors[f"body.{number}.res_layer.1.weight"].shape[:2]
        if number == 0 or after != before:
            units.append(0)
            widths.append(after)
        units[-1] += 1
        number += 1
    return units, widths


def _filled(model: Any, tensors: Tensors, device: str, model_id: str) -> Any:
    torch = libraries.load("torch", model_id)
    state = {name: torch.tensor(np.asarray(tensors[name])) for name in tensors}
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ModelUnavailable(
            f"The weights of {model_id} are those of another network; install it again.", model_id
        ) from error
    return placed(model, device)


def _run(
    torch: Any,
    model: Any,
    pixels: NDArray[np.uint8],
    mean: Sequence[float],
    deviation: Sequence[float],
    device: str,
) -> list[Any]:
    """All outputs in single precision, still on the device."""
    with passing(torch):
        found = model(planes(torch, pixels, mean, deviation, device))
        return [each.float() for each in (found if isinstance(found, tuple) else (found,))]
