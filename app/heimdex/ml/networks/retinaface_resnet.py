"""RetinaFace with a ResNet-50 backbone, as Pytorch_Retinaface has it and others after it, to ONNX.

Deng et al., "RetinaFace: Single-stage Dense Face Localisation in the Wild", 2019: the backbone's
last three stages, a feature pyramid, a context module and three heads a level. How the outputs are
read is `retinaface`'s affair.
"""

from dataclasses import dataclass
from pathlib import Path

from heimdex.ml.networks.building import Network, Tensors
from heimdex.ml.networks.convolutions import convolve

_HEADS = {"offsets": ("BboxHead", 4), "scores": ("ClassHead", 2), "landmarks": ("LandmarkHead", 10)}
_FIRST = "body.conv1"


@dataclass(frozen=True, slots=True)
class Intake:
    """What a training made of its pictures: (value / 255 - mean) / deviation, red first in both.

    `bgr`: the planes came in the order blue, green, red.
    """

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    bgr: bool = False


def write(tensors: Tensors, intake: Intake, path: Path) -> None:
    """Store the network with inputs `pixels` (uint8 RGB, n × h × w × 3, both multiples of 32) and
    outputs `offsets` (n × anchors × 4), `scores` (× 2, the second that of a face), `landmarks`
    (× 10).

    How many units a stage has and how wide everything is are read off the tensors. ValueError when
    they are no such network.
    """
    network = Network(tensors)
    pixels = network.input("pixels", "UINT8", ["batch", "height", "width", 3])
    x = network.planes(pixels, intake.mean, intake.deviation)
    stages = _backbone(network, x, intake.bgr)
    outputs: dict[str, list[str]] = {name: [] for name in _HEADS}
    for level, features in enumerate(_pyramid(network, stages), 1):
        context = _context(network, features, f"ssh{level}")
        for name, (head, width) in _HEADS.items():
            x = convolve(network, context, f"{head}.{level - 1}.conv1x1")
            x = network.add("Transpose", x, perm=[0, 2, 3, 1])
            outputs[name].append(network.add("Reshape", x, network.integers(0, -1, width)))
    for name, levels in outputs.items():
        x = network.add("Concat", *levels, axis=1)
        if name == "scores":
            x = network.add("Softmax", x, axis=-1)
        network.output(x, name, ["batch", "anchors", _HEADS[name][1]])
    network.write("retinaface", path)


def _backbone(network: Network, x: str, bgr: bool) -> list[str]:
    """Features of the last three stages, at strides 8, 16 and 32."""
    kernel = network.tensor(f"{_FIRST}.weight")
    if bgr:
        kernel = kernel[:, ::-1]  # Turned round once, instead of every picture.
    x = convolve(network, x, _FIRST, norm="body.bn1", stride=2, weight=kernel)
    x = network.add("Relu", x)
    x = network.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    stages = []
    for stage in range(1, 5):
        unit = 0
        while network.has(f"body.layer{stage}.{unit}.conv1.weight"):
            stride = 2 if unit == 0 and stage > 1 else 1
            x = _bottleneck(network, x, f"body.layer{stage}.{unit}", stride)
            unit += 1
        if not unit:
            raise ValueError(f"stage {stage} of its backbone has no units")
        stages.append(x)
    return stages[1:]


def _bottleneck(network: Network, x: str, name: str, stride: int) -> str:
    inner = _relu(network, x, f"{name}.conv1", f"{name}.bn1")
    inner = _relu(network, inner, f"{name}.conv2", f"{name}.bn2", stride)
    inner = convolve(network, inner, f"{name}.conv3", norm=f"{name}.bn3")
    if network.has(f"{name}.downsample.0.weight"):
        convolution, norm = f"{name}.downsample.0", f"{name}.downsample.1"
        x = convolve(network, x, convolution, norm=norm, stride=stride)
    return network.add("Relu", network.add("Add", inner, x))


def _pyramid(network: Network, stages: list[str]) -> list[str]:
    """The three levels brought to one width, each coarser one added to the finer."""
    slope = _slope(len(network.tensor("fpn.output1.0.weight")))
    levels = [
        _leaky(network, convolve(network, x, f"fpn.output{n}.0", norm=f"fpn.output{n}.1"), slope)
        for n, x in enumerate(stages, 1)
    ]
    for n in (2, 1):
        larger = network.add(
            "Resize",
            levels[n],
            "",
            network.constant("twice", [1, 1, 2, 2]),
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        x = network.add("Add", levels[n - 1], larger)
        x = convolve(network, x, f"fpn.merge{n}.0", norm=f"fpn.merge{n}.1")
        levels[n - 1] = _leaky(network, x, slope)
    return levels


def _context(network: Network, x: str, name: str) -> str:
    """Convolutions of 3, 5 and 7 pixels side by side, the larger as chains of small ones."""
    # The first of the three makes half of the module's planes.
    slope = _slope(2 * len(network.tensor(f"{name}.conv3X3.0.weight")))

    def chained(y: str, step: str) -> str:
        return convolve(network, y, f"{name}.{step}.0", norm=f"{name}.{step}.1")

    small = chained(x, "conv3X3")
    shared = _leaky(network, chained(x, "conv5X5_1"), slope)
    middle = chained(shared, "conv5X5_2")
    large = chained(_leaky(network, chained(shared, "conv7X7_2"), slope), "conv7x7_3")
    return network.add("Relu", network.add("Concat", small, middle, large, axis=1))


def _slope(width: int) -> float:
    """Networks of few planes leak below zero, the published ResNet-50 does not."""
    return 0.1 if width <= 64 else 0.0


def _relu(network: Network, x: str, name: str, norm: str, stride: int = 1) -> str:
    return network.add("Relu", convolve(network, x, name, norm=norm, stride=stride))


def _leaky(network: Network, x: str, slope: float) -> str:
    return network.add("LeakyRelu", x, alpha=slope) if slope else network.add("Relu", x)
