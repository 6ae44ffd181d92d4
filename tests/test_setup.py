"""`scripts/setup.py`: what makes it do its work again, and what it says when it may not."""

import argparse
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, working on a small checkout of its own that is set up."""
    spec = importlib.util.spec_from_file_location("setup_script", CHECKOUT / "scripts/setup.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    root = tmp_path / "a checkout"
    for folder in ("requirements", "models", ".venv"):
        (root / folder).mkdir(parents=True)
    for file in ("app", "dev", "torch", "build"):
        (root / "requirements" / f"{file}.txt").write_text("numpy==2.4.6\n")
    (root / "pyproject.toml").write_text("[project]\n")
    (root / "models" / "one.toml").write_text("id = 'one'\n")
    python = root / ".venv" / "python"
    python.symlink_to(sys.executable)
    for name, value in {
        "ROOT": root,
        "VENV": root / ".venv",
        "PYTHON": python,
        "STATE": root / ".venv" / "state.json",
        "UNFINISHED": root / ".venv" / "unfinished",
        "REQUIREMENTS": root / "requirements",
    }.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setenv("HEIMDEX_MODELS", str(root / "models"))
    module.write_state(
        {
            "packages": module.packages_fingerprint(["app"]),
            "locks": ["app"],
            "qt": ["none", "window"],
            "models": {str(root / "models"): module.models_fingerprint()},
            "measured": {str(root / "models"): module.models_fingerprint()},
        }
    )
    return module


def options(*, dev: bool = False, torch: bool = False, qt: str = "none") -> argparse.Namespace:
    return argparse.Namespace(dev=dev, torch=torch, qt=qt)


def test_nothing_to_do_after_a_setup(setup: ModuleType) -> None:
    assert setup.is_ready(setup.read_state(), options())
    assert setup.is_ready(setup.read_state(), options(qt="window"))


@pytest.mark.parametrize(
    "file", ["requirements/app.txt", "requirements/build.txt", "pyproject.toml", "models/one.toml"]
)
def test_a_change_is_noticed(setup: ModuleType, file: str) -> None:
    path = setup.ROOT / file
    path.write_text(path.read_text() + "# changed\n")
    assert not setup.is_ready(setup.read_state(), options())


def test_what_is_not_set_up_yet_is_noticed(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not setup.is_ready(setup.read_state(), options(dev=True))
    assert not setup.is_ready(setup.read_state(), options(torch=True))
    assert not setup.is_ready(setup.read_state(), options(qt="offscreen"))
    monkeypatch.setenv("HEIMDEX_MODELS", str(tmp_path / "elsewhere"))
    assert not setup.is_ready(setup.read_state(), options())


def test_what_an_environment_has_stays_when_it_is_updated(setup: ModuleType) -> None:
    state = setup.read_state() | {"locks": ["dev", "torch"]}
    assert setup.wanted_locks(state, options()) == ["dev", "torch"]
    assert setup.wanted_locks(setup.read_state(), options(torch=True)) == ["app", "torch"]


def test_torch_is_pinned_exactly_in_one_place(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "ROOT", CHECKOUT)
    assert setup.pin_of("torch").startswith("torch==")
    assert setup.pin_of("torchvision").startswith("torchvision==")
    locked = (CHECKOUT / "requirements" / "torch.txt").read_text()
    assert "\ntorch==" not in locked
    assert "\nnvidia" not in locked


def test_an_interrupted_setup_is_done_again(setup: ModuleType) -> None:
    setup.UNFINISHED.touch()
    assert not setup.is_ready(setup.read_state(), options())


def test_models_are_measured_once_and_not_for_the_tests(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(setup, "measure_models", lambda: asked.append(True))
    setup.write_state(setup.read_state() | {"measured": {}})
    assert not setup.is_ready(setup.read_state(), options())
    with setup.only_one() as lock:
        setup.set_up(options(), lock)
        setup.set_up(options(), lock)
    assert asked == [True]
    state = setup.read_state() | {"measured": {}, "locks": ["dev"]}
    state["packages"] = setup.packages_fingerprint(["dev"])
    assert setup.is_ready(state, options(dev=True))


def test_notes_that_cannot_be_read_count_as_nothing_done(setup: ModuleType) -> None:
    setup.STATE.write_text("{")
    assert not setup.is_ready(setup.read_state(), options())


def test_only_one_setup_at_a_time(setup: ModuleType) -> None:
    with setup.only_one(), (setup.REQUIREMENTS / "app.txt").open("rb") as second:
        assert not setup.try_lock(second.fileno())
    with (setup.REQUIREMENTS / "app.txt").open("rb") as second:
        assert setup.try_lock(second.fileno())


def test_missing_libraries_are_named_in_one_sentence(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup.sys, "platform", "linux")
    monkeypatch.setattr(setup, "apt_install", lambda packages: False)
    wanted = {"libnosuchthing.so.9": "libnosuchthing9", "libc.so.6": "libc6"}
    with pytest.raises(setup.SetupError, match="apt-get install libnosuchthing9`") as error:
        setup.install_libraries(wanted)
    assert "libc6" not in str(error.value)


@pytest.mark.skipif(os.name == "nt", reason="a bash script")
def test_no_python_is_one_sentence(tmp_path: Path) -> None:
    """A machine on which nothing called python is new enough."""
    for tool in ("bash", "dirname", "id", "env"):
        found = subprocess.run(["which", tool], capture_output=True, text=True, check=True)
        (tmp_path / tool).symlink_to(found.stdout.strip())
    (tmp_path / "id").unlink()
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "python3").write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n'
    )
    for script in ("id", "python3"):
        (tmp_path / script).chmod(0o755)
    scripts = tmp_path / "checkout" / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "setup").write_bytes((CHECKOUT / "scripts" / "setup").read_bytes())
    done = subprocess.run(
        [tmp_path / "bash", scripts / "setup"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(tmp_path)},
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Heimdex needs Python 3.11 or newer (here is Python 3.9.2)")
    assert len(done.stderr.strip().splitlines()) == 1
