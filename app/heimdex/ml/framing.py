"""How a picture of any size becomes the square that an image tower sees, as uint8.

The arithmetic is Pillow's, which the published models were trained and measured with: its kernels,
widened by the reduction. Turning bytes into the network's numbers is left to the graphs.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from heimdex.domain.media import RgbImage

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_GAP = 1.5
"""How many times the wanted edge a picture keeps when it is first shrunk by averaging."""
_LONGEST = 8
"""How many times its shorter side a picture may be long."""


class Resize(StrEnum):
    """What becomes of a picture that is no square."""

    CROP = "crop"
    """The shorter side becomes the edge, and the middle is cut out."""
    SQUASH = "squash"
    """Its proportions are lost."""


class Kernel(StrEnum):
    """How pixels are weighed."""

    BICUBIC = "bicubic"
    """Keys 1981 with a = -0.5."""
    BILINEAR = "bilinear"


@dataclass(frozen=True, slots=True)
class Framing:
    """The square of `edge` pixels that a model wants."""

    edge: int
    resize: Resize
    kernel: Kernel = Kernel.BICUBIC

    def frame(self, image: RgbImage) -> RgbImage:
        """The picture as this model sees it: edge × edge × 3, uint8."""
        height, width = image.shape[:2]
        if self.resize is Resize.SQUASH:
            return _resample(image, (self.edge, self.edge), (0, 0), self)
        short = min(height, width)
        if max(height, width) > _LONGEST * short:
            # A line of pixels would become a picture of millions before its middle is cut out.
            row, column = (max(0, (side - _LONGEST * short) // 2) for side in (height, width))
            image = image[row : height - row, column : width - column]
            height, width = image.shape[:2]
        # The long side is rounded down and the middle to the nearest pixel, as torchvision does.
        tall = self.edge * height // short
        wide = self.edge * width // short
        corner = (round((tall - self.edge) / 2), round((wide - self.edge) / 2))
        return _resample(image, (tall, wide), corner, self)


def squash(image: RgbImage, size: int) -> RgbImage:
    """The picture at `size` × `size`, its proportions lost, by antialiased bicubic resampling."""
    return Framing(size, Resize.SQUASH).frame(image)


def _resample(
    image: RgbImage, whole: tuple[int, int], corner: tuple[int, int], framing: Framing
) -> RgbImage:
    """The square at `corner` (row, column) of the picture scaled to `whole` (rows, columns)."""
    height, width = image.shape[:2]
    down, across = (
        max(1, int(have / (_GAP * want))) for have, want in zip((height, width), whole, strict=True)
    )
    if across > 1 or down > 1:
        # Averaging whole factors first changes next to nothing and saves most of the time.
        import cv2

        wanted = (max(1, width // across), max(1, height // down))
        image = cv2.resize(image, wanted, interpolation=cv2.INTER_AREA)
    if image.shape[:2] != whole:
        sizes = np.array([1, *whole, 3], np.int64)
        (scaled,) = _resizer(framing.kernel).run(None, {"picture": image[None], "sizes": sizes})
        image = scaled[0]
    row, column = corner
    return np.ascontiguousarray(image[row : row + framing.edge, column : column + framing.edge])


@lru_cache(maxsize=2)
def _resizer(kernel: Kernel) -> "InferenceSession":
    """onnxruntime's resampling is Pillow's, to the bit but for one value in thousands."""
    import onnxruntime
    from onnx import TensorProto, helper

    picture = helper.make_tensor_value_info("picture", TensorProto.UINT8, [1, "h", "w", 3])
    sizes = helper.make_tensor_value_info("sizes", TensorProto.INT64, [4])
    scaled = helper.make_tensor_value_info("scaled", TensorProto.UINT8, [1, None, None, 3])
    step = helper.make_node(
        "Resize",
        ["picture", "", "", "sizes"],
        ["scaled"],
        mode="cubic" if kernel is Kernel.BICUBIC else "linear",
        antialias=1,
        cubic_coeff_a=-0.5,
        exclude_outside=1,
    )
    graph = helper.make_graph([step], "resize", [picture, sizes], [scaled])
    opset = helper.make_opsetid("", 18)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
