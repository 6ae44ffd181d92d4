"""How much faster BGE-M3 embeds passages here than FlagEmbedding does one at a time.

Passages are real sentences in Korean and English, 10 to 140 tokens long. Published weights are used
where they are installed; random ones of the full size are written otherwise, which needs torch.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from heimdex.ml import bge_m3, manifests, sentences
from heimdex.ml.acceleration import tuning
from heimdex.ml.benchmarks import Row, random_bge_m3, turns
from heimdex.ml.benchmarks.random_bge_m3 import FULL, Size
from heimdex.ml.benchmarks.turns import Way, Work
from heimdex.ml.delivery.installation import install
from heimdex.ml.manifests import Manifest, ModelFile
from heimdex.ml.reference import libraries
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

_ID = "bge-m3"
_PARTS = 4
_HERE = "heimdex.ml.benchmarks.text"


def rows(
    store: ModelStore,
    threads: int,
    scratch: Path,
    report: Callable[[str], None] = lambda _: None,
    size: Size = FULL,
    rounds: int = 2,
) -> list[Row]:
    """One row. `scratch` is an empty folder with 6 GB of room when weights must be made up.

    `ModelUnavailable` when torch is not installed.
    """
    libraries.load("FlagEmbedding", _ID)
    made_up = not store.is_installed(_ID)
    if made_up:
        report("writing random weights of the full size")
        store = random_store(store, scratch, size)
        report("finding the quickest form")
        tuning.tune(store, _ID, threads, report)
    report("taking turns")
    arguments = {
        "models": str(store.models_dir),
        "resources": str(store.resources),
        "manifest": msgspec.json.encode(store.manifest(_ID)).decode(),
        "threads": threads,
    }
    ways = (Way(f"{_HERE}:plain", arguments), Way(f"{_HERE}:ours", arguments))
    plain_, ours_ = turns.measure(ways, _PARTS, rounds, threads, scratch)
    likeness = (np.concatenate(plain_.results) * np.concatenate(ours_.results)).sum(axis=1)
    return [
        Row(
            family="text",
            model="BGE-M3",
            plain="FlagEmbedding's network, float32, one passage at a time",
            plain_s=plain_.seconds,
            ours_s=ours_.seconds,
            parity="mean cosine",
            parity_value=float(likeness.mean()),
            plain_mb=plain_.megabytes,
            ours_mb=ours_.megabytes,
            note="random weights" if made_up else "",
        )
    ]


def random_store(store: ModelStore, scratch: Path, size: Size = FULL) -> ModelStore:
    """A store in `scratch` with random weights of a `size`, installed as published ones are."""
    published = scratch / "published" / _ID
    said = [line for block in sentences.read(store.resources) for line in block]
    random_bge_m3.write(published, size, said)
    manifest = described_by(store.manifest(_ID), published, size)
    made = ModelStore(
        scratch / "models",
        {_ID: manifest},
        resources=store.resources,
        source=str(scratch / "published"),
    )
    install(made, [_ID], lambda _plan: True, lambda _progress: None)
    return made


def described_by(manifest: Manifest, files: Path, size: Size) -> Manifest:
    """The description of BGE-M3 with the digests of the files in a folder."""
    digests = ModelStore(files, {})
    there = [files / f.name for f in manifest.files if (files / f.name).exists()]
    made = [ModelFile(p.name, p.stat().st_size, digests.sha256(p)) for p in there]
    return msgspec.structs.replace(manifest, files=made, dims=size.width)


def plain(models: str, resources: str, manifest: str, threads: int) -> Work:
    """The published network in eager torch, float32, one pass for each passage.

    Not FlagEmbedding's `encode`, which passes every short list twice, the first time to find out
    whether it fits into memory: twice as slow, and nothing to be proud of being faster than.
    """
    store = _store(models, resources, manifest)
    libraries.load("torch").set_num_threads(threads)
    engine = bge_m3.BgeM3(store, store.manifest(_ID), Compute(threads=threads), published=True)
    engine.load()
    texts = _parts(store)
    return lambda part: np.concatenate([engine.embed_sparse([text])[0] for text in texts[part]])


def ours(models: str, resources: str, manifest: str, threads: int) -> Work:
    """As indexing does it."""
    store = _store(models, resources, manifest)
    engine = bge_m3.BgeM3(store, store.manifest(_ID), Compute(threads=threads))
    engine.load()
    texts = _parts(store)
    return lambda part: engine.embed_sparse(texts[part])[0]


def _store(models: str, resources: str, manifest: str) -> ModelStore:
    described = msgspec.json.decode(manifest, type=manifests.Manifest)
    return ModelStore(Path(models), {_ID: described}, resources=Path(resources), source="")


def _parts(store: ModelStore) -> list[list[str]]:
    passages = sentences.passages(sentences.read(store.resources))
    return [passages[at::_PARTS] for at in range(_PARTS)]
