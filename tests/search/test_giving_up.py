"""A keystroke gives up the search before it, also while a model is asked, and costs no model."""

import sys
import threading
import time
from pathlib import Path

import pytest

from heimdex.bootstrap import query_limits
from heimdex.domain.errors import Cancelled
from heimdex.hosts.client import Host
from heimdex.search.host_towers import HostTowers

COMMAND = [sys.executable, str(Path(__file__).with_name("slow_towers.py"))]


class Chosen:
    def id(self, family: object) -> str:
        return "slow"


@pytest.fixture
def host():
    made = Host(COMMAND, query_limits(), name="slow")
    yield made
    made.close()


def test_a_call_that_waits_or_runs_is_given_up_and_the_loading_model_stays(host: Host) -> None:
    towers = HostTowers(host, Chosen())  # type: ignore[arg-type]
    stop = threading.Event()
    ended: dict[str, float] = {}

    def ask(name: str) -> None:
        try:
            towers.until(stop.is_set).vision(name)
        except Cancelled:
            ended[name] = time.monotonic()

    running = threading.Thread(target=ask, args=("running",))
    running.start()
    while host.pid is None:
        time.sleep(0.01)
    waiting = threading.Thread(target=ask, args=("waiting",))
    waiting.start()
    time.sleep(0.3)
    pid = host.pid
    stop.set()
    waiting.join(20)
    running.join(20)
    assert set(ended) == {"running", "waiting"}
    # What waits for its turn is given up at once; what runs, when the model lets go of it.
    assert ended["waiting"] < ended["running"]
    assert towers.vision("next").shape == (4,)
    assert host.pid == pid
