"""The installed Starter weights as a store, and what the engines are tried on."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import face_members as face_members_
import hub_server
import numpy as np
import pytest
from engine_choice import Choice, sound
from numpy.typing import NDArray

from heimdex.domain.media import RgbImage
from heimdex.media.frames import frame_at
from heimdex.media.probe import probe
from heimdex.ml import manifests
from heimdex.ml.store import ModelStore

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found that other programs of the developer downloaded, nor their token."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    for name in ("HF_HOME", "HF_HUB_CACHE", "HF_TOKEN", "TORCH_HOME", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[hub_server.Hub]:
    """A hub on this machine, which `HF_ENDPOINT` names; needs the mark `loopback`."""
    with hub_server.running() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub


@pytest.fixture(scope="session")
def choice() -> Choice:
    return Choice()


@pytest.fixture(scope="session")
def described() -> dict[str, manifests.Manifest]:
    return manifests.load(CHECKOUT / "models")


@pytest.fixture(scope="session")
def store(starter_models: Path, described: dict[str, manifests.Manifest]) -> ModelStore:
    return ModelStore(starter_models, described, source="")


@pytest.fixture(scope="session")
def small_bge_m3(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """A store with a small BGE-M3 of random weights in it."""
    import random_bge_m3

    return random_bge_m3.installed(tmp_path_factory.mktemp("bge-m3"))


@pytest.fixture(scope="session")
def face_members(
    store: ModelStore, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, face_members_.Member]:
    """Every face detector and embedder by its id, made when it is asked for first."""

    class Made(dict[str, face_members_.Member]):
        def __missing__(self, name: str) -> face_members_.Member:
            self[name] = face_members_.MEMBERS[name](store, tmp_path_factory.mktemp(name))
            return self[name]

    return Made()


@pytest.fixture
def empty_store(tmp_path: Path, described: dict[str, manifests.Manifest]) -> ModelStore:
    return ModelStore(tmp_path / "none", described, source="")


@pytest.fixture(scope="session")
def astronaut(sample_media: Path) -> RgbImage:
    """A portrait: one face, looking at the camera."""
    path = sample_media / "astronaut.mp4"
    return frame_at(path, probe(path), 1500, 640)[1]


@pytest.fixture(scope="session")
def spoken(sample_media: Path) -> NDArray[np.float32]:
    """English by a synthesiser, about ten seconds."""
    return sound(sample_media / "astronaut.mp4")
