"""The lines of the face models are measured in turns, here of a small one and a published one."""

from pathlib import Path

import pytest

from heimdex.ml.benchmarks import faces
from heimdex.ml.benchmarks.random_faces import SMALL
from heimdex.ml.store import ModelStore


def test_lines_say_how_much_faster_and_how_alike(store: ModelStore, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    said: list[str] = []
    asked = ("adaface-ir18", "retinaface-mobilenet")
    one, other = faces.rows(store, 1, tmp_path, said.append, SMALL, rounds=1, models=asked)
    assert (one.family, one.model) == ("faces", "AdaFace IR-18")
    assert one.note.endswith("random weights")
    assert one.parity_value > 0.99
    assert one.ratio == one.plain_s / one.ours_s
    # Even of a small network one pass a face costs more.
    assert one.ratio > 1
    # torch alone takes more than the whole of ours.
    assert one.plain_mb > one.ours_mb > 50
    assert (other.model, other.parity) == ("RetinaFace mobilenet 0.25", "overlap of boxes")
    assert "random weights" not in other.note
    assert other.parity_value > 0.9
    assert "adaface-ir18: taking turns" in said


def test_what_is_not_installed_and_cannot_be_made_up_is_left_out(
    empty_store: ModelStore, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    assert not list(faces.rows(empty_store, 1, tmp_path, models=faces.GRAPHS))
