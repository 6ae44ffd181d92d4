"""The line of the text models is measured in turns, here on a small one."""

from pathlib import Path

import pytest

import random_bge_m3
from heimdex.domain.errors import EngineFailed
from heimdex.ml import manifests
from heimdex.ml.acceleration import forms
from heimdex.ml.benchmarks import text, turns
from heimdex.ml.store import ModelStore


def test_a_line_says_how_much_faster_and_how_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One form beside the plain one: that all of them are tried is tested with the tuning.
    quick = forms.Form(forms.Runtime.OPENVINO, forms.Precision.INT8_WEIGHTS)
    monkeypatch.setattr(forms, "candidates", lambda plain: [quick])
    known = manifests.load(random_bge_m3.CHECKOUT / "models")
    store = ModelStore(tmp_path / "none", known, resources=random_bge_m3.RESOURCES, source="")
    said: list[str] = []
    (row,) = text.rows(store, 1, tmp_path / "scratch", said.append, random_bge_m3.SMALL, rounds=1)
    assert (row.family, row.model, row.note) == ("text", "BGE-M3", "random weights")
    assert row.parity_value > 0.99
    assert row.ratio == row.plain_s / row.ours_s
    # Even of a small network one pass a passage costs far more.
    assert row.ratio > 2
    assert row.plain_mb > row.ours_mb > 50
    assert "taking turns" in said


def test_a_process_that_ends_early_says_why(tmp_path: Path) -> None:
    way = turns.Way("heimdex.ml.benchmarks.text:nothing", {})
    with pytest.raises(EngineFailed, match="has no attribute 'nothing'"):
        turns.measure((way, way), 1, 1, 1, tmp_path)
