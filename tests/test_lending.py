"""Engines are given back when nobody wants them or memory is short, and only then."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from heimdex import lending
from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.lending import Configuration, Engines
from heimdex.ml import factory


@dataclass
class Weights:
    """An engine that only remembers whether it is loaded."""

    loaded: bool = True
    unloaded: int = 0
    model_id: str = "weights"
    revision: str = "1"
    log: list[str] = field(default_factory=list)

    def load(self) -> None:
        self.loaded = True

    def unload(self) -> None:
        self.loaded = False
        self.unloaded += 1


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Weights]:
    made: dict[str, Weights] = {}

    def maker(name: str):
        def make(settings: Settings, store: object) -> Weights:
            return made.setdefault(name, Weights())

        return make

    for name in ("speech", "voice", "text", "vision", "face_detector", "face_embedder"):
        monkeypatch.setattr(factory, name, maker(name))
    return made


def engines(tmp_path: Path, budget: int) -> Engines:
    return Engines(Configuration(Directories.resolve(tmp_path), Settings()), budget)


def test_nothing_is_unloaded_while_there_is_room(
    made: dict[str, Weights], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lending, "available_bytes", lambda: 8 << 30)
    lent = engines(tmp_path, budget=1 << 40)
    lent.speech(), lent.text(), lent.vision()
    lent.make_room("vision")
    assert not any(each.unloaded for each in made.values())


def test_over_its_budget_it_frees_the_longest_unused_first_and_keeps_what_is_wanted(
    made: dict[str, Weights], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lending, "available_bytes", lambda: 8 << 30)
    order: list[str] = []
    lent = engines(tmp_path, budget=1)
    lent.text(), lent.speech(), lent.vision()
    for name, each in made.items():
        monkeypatch.setattr(each, "unload", lambda name=name: order.append(name))
    lent.make_room("vision")
    assert order == ["text", "speech"]
    lent.make_room("vision")
    assert order == ["text", "speech"], "what is unloaded is not unloaded again"


def test_it_stops_as_soon_as_there_is_room(
    made: dict[str, Weights], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        lending, "available_bytes", lambda: (8 << 30) if made["text"].unloaded else 0
    )
    lent = engines(tmp_path, budget=1 << 40)
    lent.text(), lent.speech(), lent.vision()
    lent.make_room("vision")
    assert made["text"].unloaded == 1
    assert not made["speech"].unloaded


def test_idle_engines_are_unloaded(made: dict[str, Weights], tmp_path: Path) -> None:
    lent = engines(tmp_path, budget=1 << 40)
    lent.text()
    lent.unload_idle(after_s=3600)
    assert not made["text"].unloaded
    lent.unload_idle(after_s=0)
    lent.unload_idle(after_s=0)
    assert made["text"].unloaded == 1


def test_memory_that_was_freed_goes_back_to_the_system() -> None:
    import os

    import numpy as np

    from heimdex.hosts.memory import give_back_memory, resident_bytes

    before = resident_bytes(os.getpid())
    if before is None:
        pytest.skip("this system does not say how much memory a process has")
    # Small pieces: glibc keeps those, while it returns large ones by itself.
    pieces = [np.ones(1000) for _ in range(20_000)]
    during = resident_bytes(os.getpid()) or 0
    del pieces
    give_back_memory()
    after = resident_bytes(os.getpid()) or 0
    assert during - before > 100 << 20
    assert after - before < 60 << 20
