"""An opened network, whichever runtime runs it: onnxruntime or OpenVINO.

Which form of a network is opened is left to `opening`; threads and devices follow `runtime`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import runtime
from heimdex.ml.acceleration import memory
from heimdex.ml.runtime import Compute

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Arrays = Mapping[str, NDArray[Any]]


class Graph(Protocol):
    """A network that is ready to run. Used from one thread at a time."""

    def run(self, inputs: Arrays) -> list[NDArray[Any]]:
        """One pass: inputs by name, all outputs in the order of the graph.

        Raises `OutOfMemory` when the batch does not fit; see `memory.in_halves`.
        """
        ...


class OnnxGraph:
    """A `Graph` in onnxruntime."""

    def __init__(self, path: Path, compute: Compute, model_id: str) -> None:
        """`ModelUnavailable` when the file is damaged or the device is not there."""
        self._session: InferenceSession = runtime.onnx_session(path, compute, model_id)

    def run(self, inputs: Arrays) -> list[NDArray[Any]]:
        """See `Graph`."""
        from onnxruntime.capi.onnxruntime_pybind11_state import RuntimeException

        with memory.watched(RuntimeException):
            return list(self._session.run(None, dict(inputs)))


class OpenVinoGraph:
    """A `Graph` in OpenVINO, on the processor."""

    def __init__(
        self,
        path: Path,
        compute: Compute,
        model_id: str,
        *,
        precision: str = "f32",
        group: int = 0,
    ) -> None:
        """`precision`: in which the rest between quantised layers is computed, `f32` or `bf16`.
        `group`: when over 0, activations are quantised while running, so many at a time, wherever
        weights are stored as int8.

        `ModelUnavailable` when the file is damaged.
        """
        import openvino

        core = openvino.Core()
        settings: dict[str, Any] = {
            "INFERENCE_NUM_THREADS": max(1, compute.threads),
            "NUM_STREAMS": 1,
            # Pinned threads of two processes fight for the same core while others are idle.
            "ENABLE_CPU_PINNING": False,
            "INFERENCE_PRECISION_HINT": precision,
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": group,
        }
        try:
            self._model: Any = core.compile_model(str(path), "CPU", settings)
        except RuntimeError as error:
            raise ModelUnavailable(
                f"The weights of {model_id} cannot be opened ({path.name}); install the model "
                "again.",
                model_id,
            ) from error
        self._request: Any = self._model.create_infer_request()
        self._count = len(self._model.outputs)

    def run(self, inputs: Arrays) -> list[NDArray[Any]]:
        """See `Graph`."""
        with memory.watched():
            self._request.infer(dict(inputs))
        # The arrays are the request's own memory, which the next pass overwrites.
        return [self._request.get_output_tensor(i).data.copy() for i in range(self._count)]
