"""Models come out of folders, shares and buckets, and each refusal says what to do."""

import shutil
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from model_factory import (
    WEIGHTS,
    WORDS,
    digest,
    file,
    install,
    leftovers,
    pinned,
    store_of,
    tiny,
)

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml.delivery import folders
from heimdex.ml.delivery.adding import add
from heimdex.ml.delivery.removal import remove
from heimdex.ml.store import ModelStore, State

FILES = {"weights.bin": WEIGHTS, "sub/words.txt": WORDS}


NOWHERE_ELSE = tiny(sources=[])


def put(root: Path, below: str) -> Path:
    for name, content in FILES.items():
        path = root / below / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


@pytest.mark.parametrize("below", ["use/tiny", "tiny"])
@pytest.mark.parametrize("named", [str, Path.as_uri], ids=["path", "file address"])
def test_a_folder_delivers(tmp_path: Path, below: str, named: Any) -> None:
    root = put(tmp_path / "모델 폴더", below)
    store = store_of(tmp_path, source=named(root))
    install(store)
    assert store.path("tiny", "sub/words.txt").read_bytes() == WORDS
    assert not leftovers(store)


def test_files_named_by_their_sha256_are_found(tmp_path: Path) -> None:
    root = tmp_path / "pool"
    root.mkdir()
    for content in FILES.values():
        (root / digest(content)).write_bytes(content)
    store = store_of(tmp_path, source=str(root))
    install(store)
    assert store.verify("tiny").state is State.INSTALLED


@pytest.fixture
def bucket() -> str:
    """fsspec's own stand-in for what s3:// and gs:// are: the same calls, in memory."""
    MemoryFileSystem.store.clear()
    for name, content in FILES.items():
        with fsspec.open(f"memory://bucket/models/use/tiny/{name}", "wb") as stream:
            stream.write(content)
    return "memory://bucket/models"


def test_a_bucket_delivers_and_goes_on_where_it_stopped(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path, source=bucket)
    part = store.models_dir / ".cache" / "downloads" / f"{digest(WEIGHTS)}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(WEIGHTS[:123_456])
    sought: list[int] = []
    real = folders._Guarded.seek

    def seek(self: folders._Guarded, offset: int) -> None:
        sought.append(offset)
        real(self, offset)

    monkeypatch.setattr(folders._Guarded, "seek", seek)
    install(store)
    assert sought == [123_456]
    assert store.path("tiny", "weights.bin").read_bytes() == WEIGHTS


def test_what_a_bucket_does_not_have_is_named(tmp_path: Path, bucket: str) -> None:
    MemoryFileSystem.store.pop("/bucket/models/use/tiny/weights.bin")
    with pytest.raises(ModelUnavailable, match=r"memory://bucket/models/.*weights\.bin is not the"):
        install(store_of(tmp_path, NOWHERE_ELSE, source=bucket))


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("s3://bucket/models", r"need the package s3fs, which is not installed here; run: "),
        ("gs://bucket/models", r"need the package gcsfs, which is not installed here; run: "),
        ("nonsense://bucket", r"begin with nonsense:// are not known here"),
    ],
)
def test_a_missing_package_is_said(
    tmp_path: Path, address: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = folders.importlib.util.find_spec
    absent = ("s3fs", "gcsfs")
    monkeypatch.setattr(
        folders.importlib.util, "find_spec", lambda n, *a: None if n in absent else find(n, *a)
    )
    with pytest.raises(ModelUnavailable, match=sentence):
        install(store_of(tmp_path, NOWHERE_ELSE, source=address))


class Stubborn(MemoryFileSystem):
    """A storage whose package has an exception of its own, as botocore has."""

    protocol = "stubborn"

    class NoCredentials(Exception):
        pass

    def _open(self, *_: Any, **__: Any) -> Any:
        raise self.NoCredentials("Unable to locate credentials")


def test_what_a_storages_package_raises_is_told(tmp_path: Path) -> None:
    fsspec.register_implementation("stubborn", Stubborn, clobber=True)
    with pytest.raises(ModelUnavailable, match="NoCredentials: Unable to locate credentials"):
        install(store_of(tmp_path, NOWHERE_ELSE, source="stubborn://bucket"))


PINNED = tiny(files=[pinned("weights.bin", WEIGHTS), file("sub/words.txt", WORDS)], sources=[])


def test_a_copied_folder_of_models_vouches_for_pinned_files(tmp_path: Path) -> None:
    root = put(tmp_path / "plain", "use/tiny")
    store = store_of(tmp_path, PINNED, source=str(root))
    with pytest.raises(ModelUnavailable, match=r"cannot vouch for weights\.bin"):
        install(store)
    # Installed elsewhere, from the person's own files, and copied whole to a share.
    other = ModelStore(tmp_path / "other", dict(store.manifests), source="")
    add(other, "tiny", root / "use" / "tiny", lambda _progress: None)
    shutil.copytree(tmp_path / "other", tmp_path / "share")
    shared = store_of(
        tmp_path, tiny(files=PINNED.files, sources=[]), source=str(tmp_path / "share")
    )
    install(shared)
    assert shared.verify("tiny").state is State.INSTALLED
    # But not for other bytes than its receipt speaks of.
    remove(shared, "tiny")
    (tmp_path / "share" / "use" / "tiny" / "weights.bin").write_bytes(b"?" + WEIGHTS[1:])
    with pytest.raises(ModelUnavailable, match="is not the right file"):
        install(shared)
