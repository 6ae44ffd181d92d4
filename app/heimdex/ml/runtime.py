"""One place where model runtimes are opened: their threads, their devices, what they may spend.

Which graph is opened and what is fed to it is the engines' affair. Runtimes are imported inside the
functions, so that importing this module costs nothing.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml.devices import AUTO as AUTO
from heimdex.ml.devices import CPU as CPU
from heimdex.ml.devices import CUDA as CUDA
from heimdex.ml.devices import MPS as MPS

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_log = logging.getLogger(__name__)

_PROVIDERS = {
    CPU: "CPUExecutionProvider",
    CUDA: "CUDAExecutionProvider",
    MPS: "CoreMLExecutionProvider",
}


@dataclass(frozen=True, slots=True)
class Compute:
    """Where an engine runs and how many threads it may use there."""

    device: str = CPU
    threads: int = 1


def prepare_process(threads: int) -> None:
    """Bound the thread pools of every library that reads its size from the environment.

    Call it first thing in a process that will run models: the pools are made at import. Threads
    that wait actively take the processor away from the window and from each other.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    # numpy's products here are small: a second thread costs more than it brings.
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ.setdefault(name, "1")


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Run numpy's matrix products on this thread alone."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


def choose_device(asked: str, available: Sequence[str], model_id: str) -> str:
    """The device to use: the asked one, or for `auto` the first of `available`.

    Raises `ModelUnavailable` when the asked device is not there, because work should wait for the
    setting to be mended and not fail file by file.
    """
    if asked == AUTO:
        return available[0]
    if asked not in available:
        known = ", ".join(sorted({CPU, *available}))
        raise ModelUnavailable(
            f"{model_id} cannot run on {asked}: this machine or this model's runtime offers only "
            f"{known}; set its device to one of these or to auto.",
            model_id,
        )
    return asked


def device_or_processor(asked: str, offered: Sequence[str], model_id: str) -> str:
    """As `choose_device`, for a model that only a runtime with the devices `offered` can run: the
    processor where the machine has the asked device but that runtime cannot use it.

    A device is set for a whole family, and a small network that nobody brought to the graphics
    processor must not stop the large ones that run there.
    """
    from heimdex.ml.reference import libraries

    if asked not in (AUTO, *offered) and asked in libraries.devices():
        _log.info("%s runs on the processor, because it has no form for %s", model_id, asked)
        return CPU
    return choose_device(asked, offered, model_id)


def onnx_device(asked: str, model_id: str) -> str:
    """Where onnxruntime would run a graph; see `device_or_processor`."""
    if asked == CPU:
        return CPU
    import onnxruntime

    known = set(onnxruntime.get_available_providers())
    offered = [device for device in (CUDA, MPS) if _PROVIDERS[device] in known] + [CPU]
    return device_or_processor(asked, offered, model_id)


def cards() -> dict[str, list[str]]:
    """The devices beside the processor that what is installed here can use, and by which runtimes.

    Loads the runtimes that may see one.
    """
    import ctranslate2
    import onnxruntime

    from heimdex.ml.reference import libraries

    found: dict[str, list[str]] = {}
    for device in libraries.devices():
        if device != CPU:
            found.setdefault(device, []).append("torch")
    if ctranslate2.get_cuda_device_count():
        found.setdefault(CUDA, []).append("ctranslate2")
    providers = onnxruntime.get_available_providers()
    for device in (CUDA, MPS):
        if _PROVIDERS[device] in providers:
            found.setdefault(device, []).append("onnxruntime")
    return found


def onnx_session(
    path: Path, compute: Compute, model_id: str, *, unpack_weights: bool = False
) -> "InferenceSession":
    """Open an ONNX graph. `ModelUnavailable` when it is damaged or the device is not there.

    `unpack_weights`: for graphs that keep their weights as int8 only to be small; turn them into
    floats once here instead of at each run.
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as failures

    onnxruntime.disable_telemetry_events()
    device = onnx_device(compute.device, model_id)
    providers = [_PROVIDERS[device]] if device == CPU else [_PROVIDERS[device], _PROVIDERS[CPU]]
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = max(1, compute.threads)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A thread that spins between two frames takes the processor away from decoding.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if unpack_weights:
        options.add_session_config_entry("session.disable_quant_qdq", "1")
    damaged = (
        failures.NoSuchFile,
        failures.InvalidProtobuf,
        failures.InvalidGraph,
        failures.Fail,
        failures.NotImplemented,
        failures.RuntimeException,
        failures.InvalidArgument,
    )
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=providers)
    except damaged as error:
        raise ModelUnavailable(
            f"The weights of {model_id} cannot be opened ({path.name}); install the model again.",
            model_id,
        ) from error
    # onnxruntime falls back to the processor without a word when a driver is missing.
    if compute.device not in (AUTO, CPU) and providers[0] not in session.get_providers():
        raise ModelUnavailable(
            f"{model_id} cannot run on {device}: its driver did not start; set its device to cpu.",
            model_id,
        )
    return session


def run(session: "InferenceSession", **inputs: NDArray[Any]) -> list[NDArray[Any]]:
    """One pass through a graph: all of its outputs, in order."""
    outputs: list[NDArray[Any]] = session.run(None, inputs)
    return outputs


def unit(vectors: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Rows scaled to length one, float32; a row of zeros stays zero."""
    rows = np.asarray(vectors, np.float32)
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: NDArray[np.float32] = rows / np.maximum(length, np.float32(1e-12))
    return scaled
