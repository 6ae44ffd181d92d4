"""Small models for tests of installing: manifests, stores, and a person who answers."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from hub_server import COMMIT, Hub

from heimdex.ml.delivery import installation
from heimdex.ml.delivery.plans import InstallProgress, Plan
from heimdex.ml.manifests import Manifest
from heimdex.ml.store import ModelStore

WEIGHTS = bytes(range(251)) * 1600  # 400 kB: stored as a large file of the hub's
WORDS = b"one\ntwo\n"
REPO = "somebody/tiny"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def file(name: str, content: bytes, **more: object) -> dict[str, object]:
    return {"name": name, "sha256": digest(content), "size": len(content), **more}


def pinned(name: str, content: bytes, **more: object) -> dict[str, object]:
    """A file that is known by the hub's commit only."""
    return {"name": name, "size": len(content), "pin": "hub", **more}


def hub_source(**more: object) -> dict[str, object]:
    return {"kind": "hub", "repo": REPO, "revision": COMMIT, **more}


def tiny(**changes: Any) -> Manifest:
    """A model of two files, by default on the hub."""
    made = {
        "id": "tiny",
        "family": "text",
        "title": "Tiny",
        "revision": "1",
        "folder": "use/tiny",
        "licence": "MIT",
        "licence_url": "https://example.org",
        "commercial_use": True,
        "files": [file("weights.bin", WEIGHTS), file("sub/words.txt", WORDS)],
        "sources": [hub_source()],
    }
    return msgspec.convert(made | changes, Manifest)


def fill(hub: Hub) -> Hub:
    """Put the files of `tiny` on a hub."""
    hub.put(REPO, "weights.bin", WEIGHTS)
    hub.put(REPO, "sub/words.txt", WORDS)
    return hub


@dataclass
class Person:
    """Answers the question and watches the progress."""

    answer: bool = True
    plans: list[Plan] = field(default_factory=list)
    steps: list[InstallProgress] = field(default_factory=list)
    then: Callable[[InstallProgress], None] = lambda _progress: None

    def ask(self, plan: Plan) -> bool:
        self.plans.append(plan)
        return self.answer

    def report(self, progress: InstallProgress) -> None:
        self.steps.append(progress)
        self.then(progress)


def store_of(folder: Path, *described: Manifest, source: str = "", **more: Any) -> ModelStore:
    models = described or (tiny(),)
    return ModelStore(folder / "models", {m.id: m for m in models}, source=source, **more)


def install(store: ModelStore, *ids: str, **more: Any) -> list[str]:
    """Install without asking."""
    named = list(ids) or list(store.manifests)
    return installation.install(store, named, lambda _plan: True, lambda _progress: None, **more)


def leftovers(store: ModelStore) -> list[str]:
    """Files below the weights' root that belong to no installed model, the lock aside."""
    owned = [store.folder(m) for m in store.manifests]
    return sorted(
        str(path.relative_to(store.models_dir))
        for path in store.models_dir.rglob("*")
        if path.is_file() and path.name != "lock" and not any(o in path.parents for o in owned)
    )
