"""A person's own files become a model: by their bytes, in any form, where a licence allows it."""

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from model_factory import WEIGHTS, WORDS, digest, file, leftovers, store_of, tiny

from heimdex.domain.errors import ModelUnavailable, UserError
from heimdex.ml import conversions, manifests
from heimdex.ml.delivery import installation
from heimdex.ml.delivery.adding import add
from heimdex.ml.delivery.plans import InstallProgress, Step
from heimdex.ml.delivery.removal import remove
from heimdex.ml.manifests import Manifest, Pin
from heimdex.ml.store import ModelStore, State


def ignore(_progress: InstallProgress) -> None:
    """Nobody watches."""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder of the person's, with other names than the published ones and other things in it."""
    folder = tmp_path / "내 모델"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "renamed.bin").write_bytes(WEIGHTS)
    (folder / "words.txt").write_bytes(WORDS)
    (folder / "readme.html").write_text("not a model")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_folder_is_recognised_by_its_bytes_and_stays_as_it_is(tmp_path: Path, mine: Path) -> None:
    before = tree(mine)
    store = store_of(tmp_path)
    steps: list[InstallProgress] = []
    assert add(store, "tiny", mine, steps.append) == "tiny"
    assert steps[-1].step is Step.DONE
    assert steps[-1].all_done == steps[-1].all_total == len(WEIGHTS) + len(WORDS)
    assert store.path("tiny", "weights.bin").read_bytes() == WEIGHTS
    assert store.verify("tiny").state is State.INSTALLED
    assert "your own" in store.status("tiny").origin
    assert tree(mine) == before
    assert not store.path("tiny", "weights.bin").samefile(mine / "deep" / "renamed.bin")
    assert not leftovers(store)


def test_a_zip_is_read_as_data(tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../escape.bin", WEIGHTS)
        archive.writestr("x/words.txt", WORDS)
    store = store_of(tmp_path)
    add(store, "tiny", path, ignore)
    assert store.verify("tiny").state is State.INSTALLED
    assert not (tmp_path.parent / "escape.bin").exists()


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("nothing", r"is not there"),
        ("bad zip", r"is not a zip file"),
        ("other bytes", r"is not Tiny: .*weights\.bin has other bytes than the published file"),
        ("missing", r"is not Tiny: weights\.bin is missing"),
        ("short", r"weights\.bin has other bytes"),
    ],
)
def test_wrong_files_are_refused_with_the_reason(
    tmp_path: Path, mine: Path, how: str, sentence: str
) -> None:
    path = mine
    (mine / "deep" / "renamed.bin").rename(mine / "weights.bin")
    match how:
        case "nothing":
            path = tmp_path / "nothing"
        case "bad zip":
            path = tmp_path / "bad.zip"
            path.write_bytes(b"PK nothing")
        case "other bytes":
            (mine / "weights.bin").write_bytes(b"?" + WEIGHTS[1:])
        case "missing":
            (mine / "weights.bin").unlink()
        case "short":
            (mine / "weights.bin").write_bytes(WEIGHTS[:-1])
    store = store_of(tmp_path)
    with pytest.raises(UserError, match=sentence):
        add(store, "tiny", path, ignore)
    assert store.status("tiny").state is State.MISSING
    assert not leftovers(store)


def test_a_home_of_everything_is_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from heimdex.ml.delivery import adding

    monkeypatch.setattr(adding, "_MOST", 20)
    for number in range(30):
        (tmp_path / "much" / f"{number}.bin").parent.mkdir(exist_ok=True)
        (tmp_path / "much" / f"{number}.bin").write_bytes(b"x")
    with pytest.raises(UserError, match="too many files"):
        add(store_of(tmp_path), "tiny", tmp_path / "much", ignore)


CHECKPOINT = b"checkpoint " * 3000


def shouted(folder: Path, _resources: Path) -> None:
    source = folder / "tiny.ckpt"
    content = source.read_bytes() if source.exists() else (folder / "weights.bin").read_bytes()
    (folder / "made.onnx").write_bytes(content[:100])


@pytest.fixture
def formed(monkeypatch: pytest.MonkeyPatch) -> Manifest:
    """A model in two forms, of both of which the same file is made."""
    monkeypatch.setitem(conversions.STEPS, "shout", shouted)
    convert = {"step": "shout", "outputs": ["made.onnx"], "recipe": "1", "size": 100}
    checkpoint = {
        "name": "checkpoint",
        "files": [file("tiny.ckpt", CHECKPOINT)],
        "convert": convert,
    }
    return tiny(convert=convert, forms=[checkpoint])


def test_whichever_form_the_person_has_is_taken(tmp_path: Path, formed: Manifest) -> None:
    path = tmp_path / "downloaded (1).ckpt"
    path.write_bytes(CHECKPOINT)
    store = store_of(tmp_path, formed)
    add(store, "tiny", path, ignore)
    assert store.form("tiny") == "checkpoint"
    assert store.path("tiny", "made.onnx").read_bytes() == CHECKPOINT[:100]
    with pytest.raises(ModelUnavailable, match=r"has no file weights\.bin"):
        store.path("tiny", "weights.bin")
    # The vectors are the same, so the space is.
    assert formed.space_revision == "1-1"


def test_a_form_that_needs_a_package_says_so(tmp_path: Path, formed: Manifest) -> None:
    import msgspec

    needing = msgspec.structs.replace(formed.forms[0], requires=["nonexistent_torch"])
    described = msgspec.structs.replace(formed, forms=[needing])
    path = tmp_path / "tiny.ckpt"
    path.write_bytes(CHECKPOINT)
    with pytest.raises(UserError, match="it needs the package nonexistent_torch"):
        add(store_of(tmp_path, described), "tiny", path, ignore)


LOCKED = tiny(
    gate="feature_face_licensed",
    licence="LicenseRef-InsightFace-non-commercial",
    commercial_use=False,
    sources=[],
    files=[{"name": "weights.onnx", "size": 400_000, "pin": "own"}],
)


def test_without_a_licence_a_gated_model_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "weights.onnx"
    path.write_bytes(WEIGHTS)
    closed = store_of(tmp_path, LOCKED)
    assert closed.status("tiny").state is State.LOCKED
    sentence = r"InsightFace-non-commercial.*FEATURE_FACE_LICENSED=true"
    with pytest.raises(UserError, match=sentence):
        add(closed, "tiny", path, ignore)
    with pytest.raises(UserError, match=sentence):
        installation.install(closed, ["tiny"], lambda _plan: True, ignore)
    with pytest.raises(ModelUnavailable, match=sentence):
        closed.path("tiny", "weights.onnx")
    assert not closed.folder("tiny").exists()


def test_with_a_licence_it_comes_from_the_persons_files_only(tmp_path: Path) -> None:
    path = tmp_path / "weights.onnx"
    path.write_bytes(WEIGHTS)
    store = store_of(tmp_path, LOCKED, open_gates=["feature_face_licensed"])
    with pytest.raises(UserError, match=r"is not downloaded; .* models add tiny --from PATH"):
        installation.install(store, ["tiny"], lambda _plan: True, ignore)
    add(store, "tiny", path, ignore)
    assert store.path("tiny", "weights.onnx").read_bytes() == WEIGHTS
    # What was accepted counts from now on.
    store.path("tiny", "weights.onnx").write_bytes(b"?" + WEIGHTS[1:])
    assert store.status("tiny").state is State.DAMAGED
    # And the licence may be given up.
    assert store_of(tmp_path, LOCKED).status("tiny").state is State.LOCKED


MODEL_TOML = """
family = "text"
engine = "sentences"
title = "My sentences"
dims = 512
[preprocessing]
size = 256
[thresholds]
match = 0.3
suggest = 0.2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "somebody"
    folder.mkdir()
    (folder / "image.onnx").write_bytes(WEIGHTS)
    (folder / "text.onnx").write_bytes(WEIGHTS[::-1])
    (folder / "tokenizer.json").write_bytes(b"{}")
    (folder / "install.py").write_text("raise SystemExit")
    (folder / "model.toml").write_text(MODEL_TOML)
    return folder


def test_a_folder_with_a_description_becomes_a_model_of_its_own(
    tmp_path: Path, folder: Path
) -> None:
    store = store_of(tmp_path)
    assert add(store, "my-own", folder, ignore) == "my-own"
    manifest = store.manifest("my-own")
    assert manifest.preprocessing == {"size": 256}
    assert manifest.engine == "sentences"
    assert (manifest.commercial_use, manifest.sets) == (False, [])
    assert {f.name: f.sha256 for f in manifest.files} == {
        "image.onnx": digest(WEIGHTS),
        "text.onnx": digest(WEIGHTS[::-1]),
        "tokenizer.json": digest(b"{}"),
    }
    assert store.verify("my-own").state is State.INSTALLED
    assert not (store.folder("my-own") / "install.py").exists()
    # Another process finds it, too.
    again = ModelStore(store.models_dir, {"tiny": tiny()}, source="")
    again.refresh()
    assert again.is_installed("my-own")
    # Other bytes under the same name are another space.
    (folder / "image.onnx").write_bytes(WEIGHTS[1:])
    before = manifest.space_revision
    add(store, "my-own", folder, ignore)
    assert store.manifest("my-own").space_revision != before
    assert remove(store, "my-own")
    again.refresh()
    assert "my-own" not in again.manifests


@pytest.mark.parametrize(
    ("model_id", "text", "sentence"),
    [
        ("my-own", 'folder = "../../etc"', r"says folder; it may say only"),
        ("my-own", 'gate = ""', r"says gate"),
        ("my-own", 'family = "smell"', r"model\.toml is wrong: .*smell"),
        ("my-own", "= broken", r"model\.toml cannot be read"),
        ("../up", 'title = "x"', r"cannot be the name of a model"),
        ("나의-모델", 'title = "x"', r"cannot be the name of a model"),
    ],
)
def test_a_wrong_description_is_refused(
    tmp_path: Path, folder: Path, model_id: str, text: str, sentence: str
) -> None:
    (folder / "model.toml").write_text(text)
    store = store_of(tmp_path)
    with pytest.raises(UserError, match=sentence):
        add(store, model_id, folder, ignore)
    assert list(store.manifests) == ["tiny"]


def test_an_unknown_name_without_a_description_is_explained(tmp_path: Path, mine: Path) -> None:
    with pytest.raises(UserError, match=r"no model called huge; there are: tiny.*model\.toml"):
        add(store_of(tmp_path), "huge", mine, ignore)


def test_a_damaged_description_says_which_file_to_delete(tmp_path: Path, folder: Path) -> None:
    store = store_of(tmp_path)
    add(store, "my-own", folder, ignore)
    (store.models_dir / manifests.OWN_FOLDER / "my-own.json").write_bytes(b"{")
    with pytest.raises(UserError, match=r"my-own\.json cannot be read .* delete it"):
        manifests.own(store.models_dir)


def test_pins_are_told() -> None:
    assert LOCKED.pinned == Pin.OWN
    assert tiny().pinned == "sha256"


def test_a_read_only_folder_of_models_is_used_as_it_is(tmp_path: Path, mine: Path) -> None:
    store = store_of(tmp_path)
    add(store, "tiny", mine, ignore)
    path = store.path("tiny", "weights.bin")
    os.utime(path)
    receipt = store.folder("tiny") / "installed.json"
    told = receipt.read_bytes()
    # Root may write anywhere, so the refusal is put in by hand.
    real = Path.open

    def refuse(self: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if "w" in mode and self.is_relative_to(store.models_dir):
            raise PermissionError(13, "Permission denied")
        return real(self, mode, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        assert store.is_installed("tiny")
    assert receipt.read_bytes() == told
    # And where it may be written, the next look is a quick one.
    assert store.is_installed("tiny")
    assert receipt.read_bytes() != told
