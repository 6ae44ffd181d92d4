"""What every pass through a network in torch has in common.

Which network it is, and what comes of its answer, is left to the modules beside this one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.acceleration.memory import OutOfMemory, watched


@contextmanager
def passing(torch: Any) -> Iterator[None]:
    """Without gradients. Raises `OutOfMemory` when the pass does not fit, after giving back what
    torch keeps of a card's memory for later."""
    try:
        with watched(), torch.inference_mode():
            yield
    except OutOfMemory:
        torch.cuda.empty_cache()
        raise


def planes(
    torch: Any,
    pixels: NDArray[np.uint8],
    mean: Sequence[float],
    deviation: Sequence[float],
    device: str,
) -> Any:
    """Pictures (n × height × width × 3) as a network takes them (n × 3 × height × width), in half
    precision everywhere but on a processor. `mean` and `deviation` are of values in 0..1."""
    shift, scale = (
        torch.tensor(values, device=device).view(1, 3, 1, 1) for values in (mean, deviation)
    )
    bytes_ = torch.from_numpy(np.ascontiguousarray(pixels)).to(device)
    scaled = (bytes_.permute(0, 3, 1, 2).float() / 255 - shift) / scale
    return scaled if device == "cpu" else scaled.half()


def placed(model: Any, device: str) -> Any:
    """A model ready to answer on a device, in the precision of `planes`."""
    model = model.eval().to(device)
    return model if device == "cpu" else model.half()
