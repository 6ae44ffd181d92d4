"""What the Balanced set needs while it indexes: peak memory of the child, made-up weights included.

`scripts/bench memory [VIDEO…]`. Weights of the exact architectures and sizes are made up where the
published ones are not installed, installed as those are, and run through the stages as the child
runs them, with its own lending. Says nothing of quality, and of speed only what made-up weights can
(a recogniser that hears nonsense talks longer). Linux only. Needs 12 GB of room.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from heimdex import engine_host
from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.domain.speech import Transcript
from heimdex.domain.stages import ProbeOutput, SpeechOutput, Stage
from heimdex.hosts.memory import resident_bytes
from heimdex.lending import Configuration, Engines
from heimdex.ml import ctranslate_whisper, factory
from heimdex.ml.acceleration import forms, tuning
from heimdex.ml.acceleration.forms import Form, Precision, Runtime
from heimdex.ml.benchmarks import random_faces, random_vision, random_whisper, text
from heimdex.ml.manifests import Manifest
from heimdex.ml.runtime import prepare_process
from heimdex.ml.store import ModelStatus, ModelStore, State

ROOT = Path(__file__).resolve().parent.parent
BALANCED = {
    "asr_model": "whisper-medium",
    "text_model": "bge-m3",
    "vision_model": "openclip-vit-b-32",
    "face_model": "adaface-ir101",
}


class Made(ModelStore):
    """Made-up models of several makers in one folder; those without a receipt count as well."""

    def status(self, model_id: str) -> ModelStatus:
        """As it stands, or simply there."""
        if model_id == BALANCED["asr_model"]:
            return ModelStatus(model_id, State.INSTALLED, "", 0)
        return super().status(model_id)


class Call:
    """Takes what a stage gives, as the owner would."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []

    def partial(self, output: Any) -> None:
        """One output."""
        self.outputs.append(output)

    def progress(self, done: int, total: int) -> None:
        """Nobody watches."""


def main() -> int:
    """Make the models, index, and print the peak after each stage."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    parser.add_argument("bench", choices=["memory"])
    parser.add_argument("media", nargs="*", type=Path)
    parser.add_argument("--scratch", type=Path, help="where the made-up weights lie")
    options = parser.parse_args()
    here = Directories.resolve()
    settings = Settings.load(here.home)
    settings = type(settings)(threads=settings.threads, ocr_model="rapidocr", **BALANCED)
    prepare_process(settings.threads)
    installed = ModelStore.of(here.models, here.manifests, here.resources, "", settings)
    media = options.media or sorted((ROOT / "resources" / "sample").glob("*.mp4"))
    with tempfile.TemporaryDirectory(prefix="heimdex-bench-", dir=options.scratch) as name:
        folder = Path(name)
        # In a process of its own: making weights takes more memory than using them, and runtimes
        # that have threads do not survive a fork.
        pid = os.fork()
        if not pid:
            made = make(installed, folder, settings.threads)
            (folder / "manifests.json").write_bytes(msgspec.json.encode(made.manifests))
            os._exit(0)
        os.waitpid(pid, 0)
        known = msgspec.json.decode(
            (folder / "manifests.json").read_bytes(), type=dict[str, Manifest]
        )
        store = Made(folder / "models", known, resources=installed.resources, source="")
        index(store, here, settings, media)
    return 0


def make(installed: ModelStore, folder: Path, threads: int) -> ModelStore:
    """A store with the Balanced models made up and the others as they are installed."""
    made: dict[str, Manifest] = dict(installed.manifests)
    models = folder / "models"
    vision = random_vision.installed(installed, folder, [BALANCED["vision_model"]])
    made |= vision.manifests
    made |= text.random_store(installed, folder).manifests
    faces = random_faces.installed(installed, BALANCED["face_model"], folder)
    made[BALANCED["face_model"]] = faces.manifests[BALANCED["face_model"]]
    speech = installed.manifest(BALANCED["asr_model"])
    words = installed.path("whisper-base", ctranslate_whisper.WEIGHTS).parent
    random_whisper.write(models / speech.folder, random_whisper.SIZES["medium"], words)
    ctranslate_whisper.convert(models / speech.folder)
    for model_id, manifest in installed.manifests.items():
        target = models / manifest.folder
        if installed.is_installed(model_id) and installed.folder(model_id).exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                target.symlink_to(installed.folder(model_id))
    store = Made(models, made, resources=installed.resources, source="")
    # One quick form each is enough to know what it takes; finding the best takes much longer.
    only = {
        "bge-m3": Form(Runtime.OPENVINO, Precision.INT8_WEIGHTS),
        "openclip-vit-b-32": Form(Runtime.OPENVINO, Precision.INT8),
        "adaface-ir101": Form(Runtime.OPENVINO, Precision.INT8),
        "whisper-medium": Form(Runtime.OPENVINO, Precision.INT8_WEIGHTS),
    }
    for model_id, form in only.items():
        forms.candidates = lambda plain, form=form: [form]  # type: ignore[misc]
        print(f"preparing {model_id}", flush=True)
        for network, chosen in tuning.tune(store, model_id, threads).items():
            print(f"  {network}: {chosen.form}", flush=True)
    return store


def index(store: ModelStore, here: Directories, settings: Settings, media: list[Path]) -> None:
    """All stages of each file in turn."""
    print(f"chosen: {', '.join(sorted(set(factory.chosen(settings, store).values())))}")
    engines = Engines(Configuration(here, settings))
    engines._store = store
    methods = engine_host.index_methods(engines)
    started_mb = (resident_bytes(os.getpid()) or 0) / 1e6
    Path("/proc/self/clear_refs").write_text("5")  # The peak counts from here.
    print(f"before: {started_mb:.0f} MB")
    for path in media:
        call, began = Call(), time.monotonic()
        methods["probe"](call, path=path)  # type: ignore[arg-type]
        (probe,) = call.outputs
        assert isinstance(probe, ProbeOutput)
        info = probe.info
        if info.audio:
            call = Call()
            methods["speech"](call, path=path, info=info)  # type: ignore[arg-type]
            (speech,) = call.outputs
            assert isinstance(speech, SpeechOutput)
            _tell(path, "speech", began)
            transcript: Transcript = speech.transcript
            methods["passages"](Call(), transcript=transcript)  # type: ignore[arg-type]
            _tell(path, "passages", began)
        if info.video:
            stages = (Stage.SCENES, Stage.VISION, Stage.FACES, Stage.OCR)
            methods["visual"](Call(), path=path, info=info, stages=stages)  # type: ignore[arg-type]
            _tell(path, "picture", began)


def _tell(path: Path, stage: str, began: float) -> None:
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]
    now = next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]
    print(
        f"{path.name:40.40} {stage:9} after {time.monotonic() - began:5.0f} s: "
        f"now {int(now) / 1e3:5.0f} MB, peak {int(peak) / 1e3:5.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
