"""`heimdex bench search` on a library of a few videos: what it prints can be trusted."""

from pathlib import Path

from command import Command


def test_a_small_library_is_built_asked_and_kept(
    heimdex: Command, tmp_path: Path, starter_models: Path
) -> None:
    env = {"HEIMDEX_MODELS": str(starter_models)}
    asked = ("bench", "search", "800", "--questions", "4", "--keep", tmp_path / "kept", "--json")
    done = heimdex(*asked, "--index", env=env)
    assert done.code == 0, done.err
    [found] = done.json()
    assert found["vectors"] == 800
    assert found["recall_at_10"] == {"passages": 1.0, "frames": 1.0}
    assert set(found["ms"]) == {"everything", "one folder in ten", "half of the years"}
    assert all(0 < ms["p50"] <= ms["p95"] <= ms["p99"] for ms in found["ms"].values())
    assert 0 <= found["given_up_ms"]["p95"] < found["ms"]["everything"]["p99"] + 1000
    assert found["build_s"] > 0
    assert found["index"]["filled"] > 0
    assert found["index"]["recall_at_10"]["passages"] >= 0.9
    again = heimdex(*asked, env=env).json()[0]
    assert again["build_s"] == 0
    assert "index" not in again
    assert again["recall_at_10"] == found["recall_at_10"]


def test_a_number_that_is_none_is_said(heimdex: Command) -> None:
    done = heimdex("bench", "search", "many")
    assert done.code == 1
    assert "'many'" in done.err
