"""The recipes for the packages name what is really there, in one version, on every system."""

import configparser
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from heimdex import __version__
from heimdex.cli.main import parse

ROOT = Path(__file__).resolve().parents[1]
INSTALLER = ROOT / "installer"
DESKTOP = INSTALLER / "linux" / "heimdex.desktop"
INNO = INSTALLER / "windows" / "heimdex.iss"
WORKFLOW = ROOT / ".github" / "workflows" / "packages.yml"

CALLED = {
    "blur", "boxPoints", "contourArea", "cvtColor", "dilate", "error", "fillPoly", "findContours",
    "getPerspectiveTransform", "imdecode", "imencode", "minAreaRect", "resize", "warpAffine",
    "warpPerspective",
}  # fmt: skip
"""What of OpenCV was tried in the program that `opencv.py` builds."""


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Loads a script of the installer as a module."""
    monkeypatch.syspath_prepend(str(INSTALLER))

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"installer_{name}", INSTALLER / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module

    return load


def test_there_is_one_version(load: Any) -> None:
    assert load("build").version() == __version__
    recipes = [path for path in INSTALLER.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert len(recipes) > 8
    for path in recipes:
        assert __version__ not in path.read_text(encoding="utf-8"), path
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def entry() -> configparser.SectionProxy:
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DESKTOP, encoding="utf-8")
    return parser["Desktop Entry"]


def test_the_menu_entry_opens_files_with_a_command_that_exists() -> None:
    desktop = entry()
    assert desktop["Type"] == "Application"
    assert desktop["Exec"] == "heimdex open %F"
    assert {"Name", "Comment", "Comment[ko]", "Icon", "Categories", "Keywords"} <= set(desktop)
    assert {"video/mp4", "video/quicktime", "inode/directory"} <= set(
        desktop["MimeType"].split(";")
    )
    deb = (INSTALLER / "linux" / "make_deb.sh").read_text(encoding="utf-8")
    assert "/usr/bin/heimdex" in deb
    assert f"apps/{desktop['Icon']}.svg" in deb
    if shutil.which("desktop-file-validate"):
        subprocess.run(["desktop-file-validate", DESKTOP], check=True)


def test_windows_and_linux_open_files_with_the_same_word() -> None:
    word = entry()["Exec"].split()[1]
    script = INNO.read_text(encoding="utf-8")
    commands = re.findall(r'ValueData: """\{app\}\\([^"]+\.exe)"" (\w+) ""%1"""', script)
    assert len(commands) == 3
    assert {used for _, used in commands} == {word}
    spec = (INSTALLER / "heimdex.spec").read_text(encoding="utf-8")
    assert {f'program("{Path(name).stem}"' in spec for name, _ in commands} == {True}
    assert [path.name for path in parse([word, "a.mp4", "b.mp4"]).paths] == ["a.mp4", "b.mp4"]


def test_the_recipe_leaves_torch_out_and_has_no_console_on_macos() -> None:
    spec = (INSTALLER / "heimdex.spec").read_text(encoding="utf-8")
    left_out = spec[spec.index("left_out = [") :].partition("]")[0]
    assert '"torch"' in left_out
    assert "console=not macos" in spec
    locked = (ROOT / "requirements" / "app.txt").read_text(encoding="utf-8")
    assert not re.search(r"(?m)^(torch|nvidia)", locked)


def test_the_notices_refuse_torch_and_name_what_is_there(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices = load("notices")
    import msgspec

    notices.write([msgspec.__file__], tmp_path / "notices.txt", ROOT / "models")
    text = (tmp_path / "notices.txt").read_text(encoding="utf-8")
    assert f"msgspec {msgspec.__version__}" in text
    assert "Qt 6" in text
    assert "GNU Lesser General Public" in text
    assert "SFace" in text
    assert "\nonnxruntime " not in text, "it was not collected"
    monkeypatch.setattr(notices, "FORBIDDEN", ("msgspec",))
    with pytest.raises(RuntimeError, match="msgspec must not be in this package"):
        notices.write([msgspec.__file__], tmp_path / "again.txt", ROOT / "models")


def test_the_notices_refuse_what_is_under_the_gpl_and_say_how_ffmpeg_was_built(
    load: Any, tmp_path: Path
) -> None:
    notices, ffmpeg = load("notices"), load("ffmpeg")
    notices.write([], tmp_path / "notices.txt", ROOT / "models")
    text = (tmp_path / "notices.txt").read_text(encoding="utf-8")
    assert ffmpeg.ADDRESS in text
    assert ffmpeg.SHA256 in text
    assert all(option in text for option in ffmpeg.CHOICE)
    assert "--enable-gpl" not in text
    with pytest.raises(RuntimeError, match="x265 must not be in this package"):
        notices.write(["/a/libx265-f5385bb8.so.216"], tmp_path / "again.txt", ROOT / "models")


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="packages are Debian's here")
def test_libraries_of_the_system_bring_their_notices(load: Any) -> None:
    """Whatever name of the file the system's list has, from before or after /usr's merging."""
    bash = Path("/bin/bash").resolve()
    (text,) = load("notices")._of_the_system([str(bash)])
    assert text.startswith("bash (of the system that built this)")
    assert "GPL" in text
    assert load("notices")._of_the_system([__file__]) == []


def test_ffmpeg_is_the_version_that_pyav_was_made_for(load: Any) -> None:
    import av

    assert av.ffmpeg_version_info == load("ffmpeg").VERSION


def test_ffmpeg_is_only_built_from_the_source_that_is_known(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ffmpeg.tar.xz").write_bytes(b"something else")
    monkeypatch.setenv("HEIMDEX_FFMPEG_SOURCE", str(tmp_path / "ffmpeg.tar.xz"))
    with pytest.raises(SystemExit, match="not FFmpeg"):
        load("ffmpeg").build(tmp_path / "target")


def test_opencv_is_built_with_all_that_is_called(load: Any) -> None:
    """A module that the choice leaves out would only be missed when it is called."""
    import cv2

    choice = load("opencv").CHOICE[0]
    assert choice.startswith("-DBUILD_LIST=")
    sources = [*(ROOT / "app" / "heimdex").rglob("*.py")]
    called = {
        name
        for path in sources
        for name in re.findall(r"\bcv2\.([a-z]\w*)", path.read_text(encoding="utf-8"))
    }
    assert len(called) > 12
    # Those of OpenCV 5 that live in these modules of it; the others need more than is built.
    assert called <= CALLED, f"tell opencv.py's CHOICE about {called - CALLED}"
    assert all(hasattr(cv2, name) for name in called)


def test_whispers_weights_are_stored_as_the_numbers_that_are_computed_with(
    load: Any, tmp_path: Path, starter_models: Path
) -> None:
    """The smaller file gives the very same states, words and scores."""
    import ctranslate2
    import numpy as np

    from heimdex.ml import ctranslate2_file
    from heimdex.ml.benchmarks import random_whisper

    published = tmp_path / "published"
    vocabulary = starter_models / "whisper" / "whisper-base"
    random_whisper.write(published, random_whisper.Size(64, 1, 1, 1), vocabulary)
    smaller = tmp_path / "smaller"
    shutil.copytree(published, smaller)
    remade = load("weights").int8(ctranslate2_file.read(published / "model.bin"))
    ctranslate2_file.write(smaller / "model.bin", remade)
    before, after = ((folder / "model.bin").stat().st_size for folder in (published, smaller))
    assert after < 0.6 * before
    sound = np.random.default_rng(1).normal(0, 1, (1, 80, 3000)).astype(np.float32)
    answers = []
    for folder in (published, smaller):
        model = ctranslate2.models.Whisper(str(folder), compute_type="int8", intra_threads=1)
        states = model.encode(ctranslate2.StorageView.from_array(sound), to_cpu=True)
        start = [[50258, 50259, 50359, 50363]]
        (said,) = model.generate(states, start, beam_size=2, max_length=12, return_scores=True)
        answers.append((np.asarray(states).tolist(), said.sequences_ids, said.scores))
    assert answers[0] == answers[1]


def test_a_remade_file_counts_as_the_published_one(load: Any) -> None:
    from heimdex.ml import manifests
    from heimdex.ml.receipts import FileRecord, Receipt, outdated

    manifest = manifests.load(ROOT / "models", ROOT / "models")["whisper-base"]
    form = manifest.form("")
    assert form.convert is not None
    assert {file.name for file in form.files} >= set(load("weights").REMADE["whisper-base"])
    names = [*(file.name for file in form.files), *form.convert.outputs]
    known = {file.name: file.sha256 for file in form.files}
    files = {name: FileRecord(known.get(name, "0" * 64), 1, 1) for name in names}
    files["model.bin"] = FileRecord("f" * 64, 1, 1)
    receipt = Receipt(manifest.id, manifest.revision, form.convert.recipe, "", files)
    assert "model.bin is of another version" in outdated(manifest, receipt)
    receipt = Receipt(
        manifest.id, manifest.revision, form.convert.recipe, "", files, remade=["model.bin"]
    )
    assert outdated(manifest, receipt) == ""


def test_the_workflow_calls_what_there_is(load: Any) -> None:
    yaml = pytest.importorskip("yaml")
    document = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    job = document["jobs"]["build"]
    systems = [system.split("-")[0] for system in job["strategy"]["matrix"]["system"]]
    assert systems == ["ubuntu", "windows", "macos"]
    runs = [step["run"] for step in job["steps"] if "run" in step]
    steps = [run.split()[-1] for run in runs if run.startswith("python installer/build.py")]
    assert steps == ["freeze", "test", "pack"], "the proof comes before the package"
    build = (INSTALLER / "build.py").read_text(encoding="utf-8")
    for step in steps:
        assert f'"{step}"' in build
    assert document[True]["push"]["tags"] == ["v*"], "YAML reads `on` as true"
    for step in job["steps"]:
        # A condition of a step sees the job's variables, not its own.
        for name in re.findall(r"env\.(\w+)", step.get("if", "")):
            assert name in job["env"]


def test_every_script_that_the_builder_calls_exists(load: Any) -> None:
    text = (INSTALLER / "build.py").read_text(encoding="utf-8")
    named = re.findall(r'ROOT / "installer" / "([\w./]+)"(?: / "([\w.]+)")?', text)
    assert len(named) >= 6
    for first, second in named:
        assert (INSTALLER / first / second).exists(), (first, second)


def test_spent_files_are_only_read_by_conversions(load: Any) -> None:
    """What a package leaves out, no engine may open."""
    names = [name for files in load("weights").SPENT.values() for name in files]
    published = [path.read_text(encoding="utf-8") for path in (ROOT / "models").glob("*.toml")]
    for name in names:
        assert any(f'name = "{name}"' in text for text in published), name
        users = [
            path.name
            for path in (ROOT / "app" / "heimdex").rglob("*.py")
            if name in path.read_text(encoding="utf-8")
        ]
        assert users in ([], ["conversions.py"]), (name, users)


def test_what_would_send_traces_refuses(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chroma finds the name it imports; whoever would use it is told why not."""
    name = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    load("start").refuse_traces()
    with pytest.raises(RuntimeError, match="carries nothing that sends traces"):
        importlib.import_module(name).OTLPSpanExporter(endpoint="http://127.0.0.1:4317")
    chroma = importlib.util.find_spec("chromadb")
    assert chroma is not None
    assert chroma.origin is not None
    asks = Path(chroma.origin).parent / "telemetry" / "opentelemetry" / "__init__.py"
    assert f"from {name} import OTLPSpanExporter" in asks.read_text(encoding="utf-8")


def test_a_frozen_child_looks_for_its_own_libraries(
    load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others get the library path that there was before."""
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/heimdex/lib:/mine")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/mine")
    monkeypatch.setenv("PYINSTALLER_RESET_ENVIRONMENT", "")
    load("start").give_back_library_path()
    assert os.environ["LD_LIBRARY_PATH"] == "/mine"
    assert "LD_LIBRARY_PATH_ORIG" not in os.environ
    assert os.environ["PYINSTALLER_RESET_ENVIRONMENT"] == "1"


def test_icons_are_what_the_systems_read(load: Any) -> None:
    icons = load("icons")
    ico = icons.ico({16: b"small", 256: b"large!"})
    assert ico[:6] == bytes([0, 0, 1, 0, 2, 0])
    assert ico[6 + 16] == 0, "256 is written as 0"
    assert ico.endswith(b"smalllarge!")
    assert ico.index(b"small") == 6 + 2 * 16
    icns = icons.icns({b"ic07": b"picture"})
    assert icns == b"icns\x00\x00\x00\x17ic07\x00\x00\x00\x0fpicture"
