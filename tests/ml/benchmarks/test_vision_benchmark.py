"""The lines of the vision models are measured in turns, here on a small one."""

from pathlib import Path

import pytest

from heimdex.ml import dual_encoder, manifests
from heimdex.ml.acceleration import forms
from heimdex.ml.benchmarks import vision
from heimdex.ml.benchmarks.random_vision import CLIP, Size
from heimdex.ml.store import ModelStore

CHECKOUT = Path(__file__).resolve().parents[3]


def test_each_line_says_how_much_faster_and_how_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Enough for a test: here a form is looked for, not proven.
    frames = dual_encoder.calibration_frames(CHECKOUT / "resources")[:16]
    monkeypatch.setattr(dual_encoder, "calibration_frames", lambda resources: frames)
    monkeypatch.setattr(dual_encoder, "_QUERIES", 8)
    quick = forms.Form(forms.Runtime.OPENVINO, forms.Precision.INT8_WEIGHTS)
    monkeypatch.setattr(forms, "candidates", lambda plain: [quick])
    known = manifests.load(CHECKOUT / "models")
    store = ModelStore(tmp_path / "none", known, resources=CHECKOUT / "resources", source="")
    said: list[str] = []
    small = Size(1, 1, 1000, 1000)
    (row,) = vision.rows(
        store, 1, tmp_path / "scratch", said.append, small, rounds=1, models=[CLIP]
    )
    assert (row.family, row.model, row.note) == ("vision", "OpenCLIP ViT-B-32", "random weights")
    assert row.parity_value > 0.98
    assert row.ratio > 1.2
    assert row.plain_mb > row.ours_mb > 50
    assert any("taking turns" in line for line in said)
