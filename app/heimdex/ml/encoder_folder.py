"""A pair of ONNX encoders that the person brings: MobileCLIP, another CLIP, any two towers.

What the folder must hold is written in models/README.md; it becomes a model by `models add`. The
engine's shape is left to `dual_encoder`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable, UserError
from heimdex.ml.acceleration.cases import Case
from heimdex.ml.acceleration.graph import Arrays, Graph
from heimdex.ml.acceleration.opening import open_graph
from heimdex.ml.dual_encoder import (
    BATCH,
    GATE,
    DualEncoder,
    ImageTower,
    TextTower,
    as_near,
    calibration_frames,
)
from heimdex.ml.framing import Framing, Kernel, Resize
from heimdex.ml.manifests import Manifest
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore
from heimdex.ml.tokens import Tokens

ENGINE: Final = "dual-encoder"
"""What manifests name that are run by this module."""

_NUMBERS = {1: np.float32, 2: np.uint8, 6: np.int32, 7: np.int64, 10: np.float16}
"""ONNX's numbers for types of numbers."""


class Preparation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table `[preprocessing]` of the folder's description.

    `mean` and `std` are of pixels between 0 and 1. `pad`: the token, or its number, that fills a
    text up to `length`; without one every text is as long as it is.
    """

    size: int
    resize: Resize = Resize.CROP
    kernel: Kernel = Kernel.BICUBIC
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    channels: Literal["RGB", "BGR"] = "RGB"
    length: int = 77
    pad: str | int = ""
    lower: bool = False
    image: str = "image.onnx"
    text: str = "text.onnx"
    tokenizer: str = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Port:
    """An input of a graph. `shape` has None where any number will do."""

    name: str
    dtype: Any
    shape: tuple[int | None, ...]


def engine(store: ModelStore, manifest: Manifest, compute: Compute) -> DualEncoder:
    """The engine, which opens nothing yet. `UserError` when the description is wrong."""
    said = preparation(manifest)

    def open_images() -> ImageTower:
        path = store.path(manifest.id, said.image)
        graph = open_graph(store, manifest.id, said.image, compute)
        return _Images(graph, _picture_port(path), said)

    def open_texts() -> TextTower:
        path = store.path(manifest.id, said.text)
        graph = open_graph(store, manifest.id, said.text, compute)
        tokens = Tokens(
            store.path(manifest.id, said.tokenizer), manifest.id, said.length, lower=said.lower
        )
        return _Texts(graph, _text_ports(path), tokens, said)

    return DualEncoder(manifest, _framing(said), open_images, open_texts, compute.threads)


def tuning_cases(store: ModelStore, manifest: Manifest) -> list[Case]:
    """What holds for quick forms of the image encoder; the text encoder stays as it came."""
    said = preparation(manifest)

    def samples() -> list[Arrays]:
        port = _picture_port(store.path(manifest.id, said.image))
        framing = _framing(said)
        squares = np.stack([framing.frame(each) for each in calibration_frames(store.resources)])
        step = port.shape[0] or BATCH
        planes = _planes(squares, port, said)
        return [{port.name: planes[at : at + step]} for at in range(0, len(planes), step)]

    return [Case(said.image, samples, as_near, GATE)]


def check(manifest: Manifest, folder: Path) -> None:
    """Whether the description and the files in `folder` can be used; `UserError` says what not."""
    said = preparation(manifest)
    names = {file.name for file in manifest.files}
    for key, name in (("image", said.image), ("text", said.text), ("tokenizer", said.tokenizer)):
        if name not in names:
            raise UserError(
                f"{manifest.id} has no file {name}; put it into the folder, or name it by "
                f"{key} under [preprocessing]."
            )
    if manifest.dims <= 0:
        raise UserError(f"The description of {manifest.id} must say dims, the vectors' length.")
    if manifest.thresholds is None:
        raise UserError(
            f"The description of {manifest.id} needs [thresholds] with match and suggest: the "
            "cosine from which a picture fits a sentence, and from which it may. CLIP's are about "
            "0.29 and 0.25, SigLIP's 0.13 and 0.11."
        )
    try:
        _picture_port(folder / said.image)
        _text_ports(folder / said.text)
        tokens = Tokens(folder / said.tokenizer, manifest.id, said.length)
        tokens.cut("a photo")
        if isinstance(said.pad, str) and said.pad:
            tokens.number(said.pad)
    except ModelUnavailable as error:
        raise UserError(str(error)) from error


def preparation(manifest: Manifest) -> Preparation:
    """What the description says of pictures and text. `UserError` when it is wrong."""
    try:
        said = msgspec.convert(manifest.preprocessing, Preparation)
    except msgspec.ValidationError as error:
        raise UserError(
            f"[preprocessing] in the description of {manifest.id} is wrong: {error}."
        ) from error
    if not 16 <= said.size <= 2048 or not 2 <= said.length <= 8192 or min(said.std) <= 0:
        raise UserError(
            f"[preprocessing] in the description of {manifest.id} is wrong: size, length or std "
            "is out of all reason."
        )
    return said


class _Images:
    """An `ImageTower` that takes planes of floats, or bytes."""

    def __init__(self, graph: Graph, port: Port, said: Preparation) -> None:
        self._graph, self._port, self._said = graph, port, said

    def run(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `ImageTower`."""
        planes = _planes(squares, self._port, self._said)
        step = self._port.shape[0] or len(planes)
        rows = [
            self._graph.run({self._port.name: planes[at : at + step]})
            for at in range(0, len(planes), step)
        ]
        return np.concatenate([_vectors(outputs) for outputs in rows])


class _Texts:
    """A `TextTower` that takes the numbers of tokens."""

    def __init__(self, graph: Graph, ports: Sequence[Port], tokens: Tokens, said: Preparation):
        self._graph, self._ports, self._tokens, self._said = graph, ports, tokens, said

    def run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `TextTower`."""
        rows = [self._tokens.cut(text) for text in texts]
        if isinstance(self._said.pad, int):
            pad = self._said.pad
        else:
            pad = self._tokens.number(self._said.pad) if self._said.pad else 0
        found = []
        # One by one: lengths differ, and some graphs take one text only.
        for row in rows:
            length = len(row) if self._said.pad == "" else self._said.length
            ids = np.full((1, length), pad, np.int64)
            ids[0, : len(row)] = row
            mask = (np.arange(length) < len(row))[None]
            inputs = {
                port.name: (ids if at == 0 else mask).astype(port.dtype)
                for at, port in enumerate(self._ports)
            }
            found.append(_vectors(self._graph.run(inputs)))
        return np.concatenate(found)


def _framing(said: Preparation) -> Framing:
    return Framing(said.size, said.resize, said.kernel)


def _planes(squares: NDArray[np.uint8], port: Port, said: Preparation) -> NDArray[Any]:
    pixels = squares if said.channels == "RGB" else squares[..., ::-1]
    if port.dtype == np.uint8:
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
    mean, std = np.array(said.mean, np.float32), np.array(said.std, np.float32)
    scaled = pixels * (1 / (255 * std)).astype(np.float32) - mean / std
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2), port.dtype)


def _vectors(outputs: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """The first output that is one vector a row."""
    for output in outputs:
        if output.ndim == 2:
            return np.asarray(output, np.float32)
    raise ModelUnavailable(
        "An encoder gives no output of one vector a row; export it with its pooling and projection."
    )


def _picture_port(path: Path) -> Port:
    ports = _ports(path)
    if len(ports) != 1 or len(ports[0].shape) != 4 or ports[0].shape[1] not in (3, None):
        raise ModelUnavailable(
            f"{path.name} must have one input of pictures, n × 3 × height × width; it has "
            f"{_listed(ports)}."
        )
    return ports[0]


def _text_ports(path: Path) -> list[Port]:
    """The input of tokens, and, where there is one, that of the mask."""
    ports = sorted(_ports(path), key=lambda port: "mask" in port.name)
    shaped = all(len(port.shape) == 2 for port in ports)
    if not 1 <= len(ports) <= 2 or not shaped or ports[0].dtype not in (np.int32, np.int64):
        raise ModelUnavailable(
            f"{path.name} must have one input of tokens, n × length whole numbers, and at most a "
            f"mask beside it; it has {_listed(ports)}."
        )
    return ports


def _listed(ports: Sequence[Port]) -> str:
    return ", ".join(f"{port.name} {list(port.shape)}" for port in ports) or "none"


def _ports(path: Path) -> list[Port]:
    """The inputs that an ONNX graph asks for. `ModelUnavailable` when it is none."""
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        graph = onnx.load(str(path), load_external_data=False).graph
    except (OSError, DecodeError) as error:
        raise ModelUnavailable(f"{path.name} is no ONNX graph ({error}).") from error
    weights = {tensor.name for tensor in graph.initializer}
    ports = []
    for value in graph.input:
        if value.name in weights:
            continue
        kind = value.type.tensor_type
        if kind.elem_type not in _NUMBERS:
            raise ModelUnavailable(
                f"{path.name} wants numbers of an unknown kind for {value.name}."
            )
        shape = tuple(d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim)
        ports.append(Port(value.name, _NUMBERS[kind.elem_type], shape))
    return ports
