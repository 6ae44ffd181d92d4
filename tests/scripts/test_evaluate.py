"""The evaluation refuses to give figures that say nothing."""

import argparse
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from heimdex.domain.errors import UserError

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "evaluate.py"
DOCUMENT = {"queries": [{"answers": [{"file": "video/a.mp4"}]}, {"answers": []}]}


@pytest.fixture(scope="module")
def evaluate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("evaluate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["evaluate"] = module
    spec.loader.exec_module(module)
    return module


def test_a_relative_folder_is_the_one_the_library_names(
    evaluate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "here").mkdir()
    (tmp_path / "queries.json").write_text("{}")
    monkeypatch.chdir(tmp_path / "here")
    options = argparse.Namespace(media=Path("../media"), queries=None)
    assert evaluate._places(options) == (tmp_path / "media", tmp_path / "queries.json")


def test_answers_that_are_not_in_the_library_are_an_error(
    evaluate: ModuleType, tmp_path: Path
) -> None:
    evaluate.require_answers(DOCUMENT, tmp_path, {tmp_path / "video" / "a.mp4"})
    with pytest.raises(UserError, match=r"1 of 1 .*video/a\.mp4"):
        evaluate.require_answers(DOCUMENT, tmp_path, {tmp_path / "video" / "b.mp4"})
