"""What the doctor says about the places models run on, with and without a graphics card."""

from collections.abc import Callable
from pathlib import Path

import pytest

from heimdex.cli import doctor
from heimdex.cli.doctor import Finding, State
from heimdex.config.directories import Directories
from heimdex.ml import runtime

Ask = Callable[..., list[Finding]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """The findings on a computer that has these cards and these settings."""

    def ask(cards: dict[str, list[str]], driver: bool = False, **settings: str) -> list[Finding]:
        monkeypatch.setattr(runtime, "cards", lambda: cards)
        monkeypatch.setattr(doctor, "_NVIDIA", tmp_path if driver else tmp_path / "none")
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return list(doctor._devices(Directories.resolve()))

    return ask


def test_without_a_card_everything_runs_on_the_processor(ask: Ask) -> None:
    (found,) = ask({})
    assert found.state is State.OK
    assert "OpenVINO): speech, meaning, pictures, faces" in found.says
    assert found.do == ""


def test_a_card_that_is_left_out_is_told(ask: Ask) -> None:
    (found,) = ask({"cuda": ["torch"]})
    assert found.state is State.NOTE
    assert "there is cuda, too" in found.says
    assert "ASR_DEVICE" in found.do
    (found,) = ask({}, driver=True)
    assert found.state is State.NOTE
    assert "NVIDIA card is not used" in found.says


def test_auto_takes_the_card_and_what_is_set_to_the_processor_stays_there(ask: Ask) -> None:
    (found,) = ask({"cuda": ["torch", "ctranslate2"]}, ASR_DEVICE="auto", VISION_DEVICE="cuda")
    assert found.state is State.OK
    assert "cuda (torch, ctranslate2): speech, pictures" in found.says
    assert ": meaning, faces" in found.says


def test_a_device_that_is_not_there_is_a_problem(ask: Ask) -> None:
    problem, rest = ask({}, ASR_DEVICE="cuda")
    assert problem.state is State.PROBLEM
    assert problem.do == "set ASR_DEVICE to cpu or auto"
    assert ": meaning, pictures, faces" in rest.says


def test_what_can_be_used_here_is_looked_up() -> None:
    """On the machines of the tests: no card."""
    assert set(runtime.cards()) <= {"cuda", "mps"}
