"""The installation's own proof passes where everything is there, and fails where a part is not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from heimdex import selftest
from heimdex.config import network
from heimdex.domain.errors import ModelUnavailable


def run(home: Path, *arguments: str, **environment: str) -> tuple[int, list[dict[str, Any]], str]:
    # Without the tests' own guard against the network, which would refuse first.
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "heimdex", "selftest", "--json", *arguments],
        env={**inherited, "HEIMDEX_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.mark.slow
def test_every_part_is_there(tmp_path: Path, starter_models: Path) -> None:
    code, steps, errors = run(tmp_path, HEIMDEX_MODELS=str(starter_models))
    assert code == 0, (steps, errors)
    assert all(step["passed"] for step in steps)
    names = [step["step"] for step in steps]
    assert names[:6] == ["network", "parts", "runtimes", "models", "index", "vectors"]
    assert {"find speech", "find visual", "find person"} <= set(names)
    assert names[-1] == "window"
    assert "Traceback" not in errors


def test_a_missing_model_fails_it(tmp_path: Path) -> None:
    code, steps, errors = run(tmp_path, "--no-window", HEIMDEX_MODELS=str(tmp_path / "none"))
    assert code == 1
    assert [step["step"] for step in steps] == ["network", "parts", "runtimes", "models"]
    assert "missing" in steps[-1]["detail"]
    assert "Traceback" not in errors


def test_a_missing_library_fails_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(selftest.Failed, match="openvino cannot be loaded"):
        selftest._parts()


def test_a_runtime_without_its_plugin_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was in a package: the library loads, and finds no processor."""
    import openvino

    assert selftest._runtimes() == "onnxruntime and openvino compute"
    monkeypatch.setattr(openvino.Core, "available_devices", [])
    with pytest.raises(ModelUnavailable, match="openvino does not offer the processor"):
        selftest._runtimes()


@pytest.mark.parametrize("asked", ["1", ""])
def test_the_network_is_closed_when_asked(asked: str) -> None:
    code = (
        "import sys; from heimdex.config import network; network.close_if_asked()\n"
        "import socket\n"
        "try: socket.create_connection(('127.0.0.1', 9), timeout=1)\n"
        "except network.NetworkClosed: sys.exit(3)\n"
        "except OSError: sys.exit(4)"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment[network.VARIABLE] = asked
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert done.returncode == (3 if asked else 4)
