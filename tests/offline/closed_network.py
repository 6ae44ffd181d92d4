"""Closes the network for a Python process that runs tests, once it is imported.

Children import it through the `sitecustomize` beside it; which tests may do what is `conftest`'s.
"""

import os
import sys
from typing import Any

LOOPBACK = "HEIMDEX_TEST_LOOPBACK"
"""Set to 1 while a test may talk to this machine itself."""

_LOCAL = {"127.0.0.1", "::1", "localhost"}


class NetworkClosed(RuntimeError):
    """A test tried to reach the network; not an OSError, so that nothing swallows it."""


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in {"socket.connect", "socket.sendto"}:
        address = args[1]
        if not isinstance(address, tuple):
            return  # AF_UNIX: a path, no network.
        host = address[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in _LOCAL and os.environ.get(LOOPBACK) == "1":
        return
    raise NetworkClosed(f"A test tried to reach {host!r}; tests run without a network.")


sys.addaudithook(_refuse)
