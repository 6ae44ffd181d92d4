"""The tests' own walls: no test and no child of one reaches the network or the person's library."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("host", ["192.0.2.1", "127.0.0.1"])
def test_the_network_is_closed(host: str) -> None:
    with pytest.raises(RuntimeError, match="without a network"):
        socket.create_connection((host, 9), timeout=1)


def test_a_child_is_closed_too() -> None:
    child = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 80), 1)"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "NetworkClosed" in child.stderr


@pytest.mark.loopback
def test_this_machine_may_be_reached_where_marked() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=1) as connection,
    ):
        assert connection.getpeername() == server.getsockname()


def test_home_is_the_tests_own(tmp_path: Path, home: Path) -> None:
    assert Path(os.environ["HEIMDEX_HOME"]) == home
    assert home.is_relative_to(tmp_path)
