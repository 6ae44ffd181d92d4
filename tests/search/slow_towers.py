"""A real query host whose model takes its time to load at the first call."""

import time

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.vectors import Space, SpaceKind
from heimdex.hosts.server import Call, serve

LOADING_S = 1.5
loaded: list[float] = []


def embed_vision_query(call: Call, text: str, model: str) -> tuple[Space, NDArray[np.float32]]:
    if not loaded:
        time.sleep(LOADING_S)
        loaded.append(time.monotonic())
    return Space(SpaceKind.SCENE, "slow", "1"), np.ones(4, np.float32) / 2


if __name__ == "__main__":
    serve({"embed_vision_query": embed_vision_query})
