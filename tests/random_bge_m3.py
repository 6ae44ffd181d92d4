"""BGE-M3 of the exact architecture, but small and with random weights, installed from its files."""

from pathlib import Path

from heimdex.ml import manifests, sentences
from heimdex.ml.benchmarks import random_bge_m3 as weights
from heimdex.ml.benchmarks import text
from heimdex.ml.delivery import installation
from heimdex.ml.manifests import Manifest
from heimdex.ml.store import ModelStore

CHECKOUT = Path(__file__).resolve().parents[1]
RESOURCES = CHECKOUT / "resources"
SMALL = weights.Size(layers=3, width=96, inner=192, heads=6, vocabulary=2000, positions=600)


def passages() -> list[str]:
    """Real sentences, Korean and English, of many lengths."""
    return sentences.passages(sentences.read(RESOURCES))


def described(files: Path) -> dict[str, Manifest]:
    """Everything the project describes, BGE-M3 with the digests of the files in a folder."""
    known = manifests.load(CHECKOUT / "models")
    return known | {"bge-m3": text.described_by(known["bge-m3"], files, SMALL)}


def write_descriptions(files: Path, folder: Path) -> None:
    """The project's manifests as files in `folder`, BGE-M3's with the digests of `files`."""
    folder.mkdir(parents=True, exist_ok=True)
    for manifest in (CHECKOUT / "models").glob("*.toml"):
        (folder / manifest.name).write_bytes(manifest.read_bytes())
    known = manifests.load(CHECKOUT / "models")["bge-m3"]
    changed = described(files)["bge-m3"]
    kept = {file.name: file for file in changed.files}
    text_ = (folder / "bge-m3.toml").read_text("utf-8")
    text_ = text_.replace(f"dims = {known.dims}", f"dims = {changed.dims}")
    for file in known.files:
        before = f'name = "{file.name}"\nsha256 = "{file.sha256}"\nsize = {file.size}\n'
        assert before in text_
        after = ""
        if file.name in kept:
            new = kept[file.name]
            after = f'name = "{new.name}"\nsha256 = "{new.sha256}"\nsize = {new.size}\n'
        text_ = text_.replace(f"[[files]]\n{before}", f"[[files]]\n{after}" if after else "")
    (folder / "bge-m3.toml").write_text(text_, "utf-8")


def installed(folder: Path, models_dir: Path | None = None) -> ModelStore:
    """A store with the small model in it, converted as every installation does; in `models_dir`
    beside what is there, by default in a folder of its own."""
    published = folder / "published" / "bge-m3"
    said = [sentence for block in sentences.read(RESOURCES) for sentence in block]
    weights.write(published, SMALL, said, seed=4)
    store = ModelStore(
        models_dir or folder / "models",
        described(published),
        resources=RESOURCES,
        source=str(published.parent),
    )
    installation.install(store, ["bge-m3"], lambda _plan: True, lambda _progress: None)
    return store
