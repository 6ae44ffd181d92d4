"""Closes the network for this process, for people and tests that want proof that none is used.

Which processes are closed is decided at their start (`__main__`); children inherit the variable.
"""

import os
import sys
from typing import Any

VARIABLE = "HEIMDEX_NO_NETWORK"
"""Set to 1, no process of Heimdex opens a connection, not even to download a model."""


class NetworkClosed(RuntimeError):
    """Something tried to reach the network although it is closed."""


def close_if_asked() -> None:
    """Refuse connections and name look-ups from now on, if the environment asks for it.

    Sockets between processes of this machine that have a path instead of an address stay open:
    the window uses one to know of a second start.
    """
    if os.environ.get(VARIABLE, "").strip() == "1":
        sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if not isinstance(address, tuple):
            return
        host = address[0]
    else:
        return
    raise NetworkClosed(f"{host!r} cannot be reached: {VARIABLE} is set to 1.")
