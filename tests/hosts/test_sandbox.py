"""A confined child really cannot write elsewhere or open a connection."""

import subprocess
import sys
from pathlib import Path

import pytest

from heimdex.bootstrap import open_library
from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.domain.stages import ProbeOutput, StageOutput
from heimdex.hosts import sandbox
from heimdex.hosts.client import Host, configured, host_command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")

TRY = """
import os, socket, subprocess, sys
from pathlib import Path
from heimdex.hosts import sandbox
own, elsewhere = Path(sys.argv[1]), Path(sys.argv[2])
confined = sandbox.confine([own, own / "missing"])
sandbox.limit(data_bytes=600 << 20, file_bytes=1 << 20)
print(confined.files, confined.network, confined.why)
def told(what, call):
    try:
        call()
    except (OSError, MemoryError, subprocess.CalledProcessError) as error:
        print(what, "refused")
    else:
        print(what, "done")
told("tcp", socket.socket)
told("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
told("desktop", lambda: socket.socket(socket.AF_UNIX))
told("pair", socket.socketpair)
told("write", lambda: (elsewhere / "new").write_text("x"))
told("change", lambda: (elsewhere / "there").write_text("x"))
told("truncate", lambda: os.truncate(elsewhere / "there", 0))
told("delete", lambda: (elsewhere / "there").unlink())
told("rename", lambda: (elsewhere / "there").rename(own / "stolen"))
told("folder", lambda: (elsewhere / "folder").mkdir())
told("link", lambda: (own / "link").symlink_to(elsewhere))
told("child", lambda: subprocess.run(["touch", elsewhere / "x"], check=True, stderr=-3))
told("read", lambda: (elsewhere / "there").read_text())
told("own", lambda: (own / "mine").write_text("x"))
told("null", lambda: subprocess.run(["true"], check=True, stdout=subprocess.DEVNULL))
told("memory", lambda: bytearray(2 << 30))
told("huge", lambda: (own / "huge").write_bytes(bytes(2 << 20)))
"""


def run(own: Path, elsewhere: Path) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-I", "-c", TRY, str(own), str(elsewhere)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    return {"confined": first, **dict(line.split() for line in lines)}


def test_nothing_leaves_a_confined_process(tmp_path: Path) -> None:
    offered = sandbox.support()
    if not (offered.files and offered.network):
        pytest.skip(offered.why)
    own, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    own.mkdir()
    elsewhere.mkdir()
    (elsewhere / "there").write_text("precious")
    told = run(own, elsewhere)
    assert told.pop("confined") == "True True "
    allowed = {what for what, how in told.items() if how == "done"}
    assert allowed == {"pair", "read", "own", "null"}
    assert (elsewhere / "there").read_text() == "precious"
    assert [path.name for path in elsewhere.iterdir()] == ["there"]


def test_it_can_be_switched_off_and_then_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sandbox.SWITCH, "0")
    (tmp_path / "there").write_text("x")
    told = run(tmp_path, tmp_path)
    assert told["confined"].startswith("False False HEIMDEX_SANDBOX")
    assert told["write"] == "done"


def test_a_kernel_without_it_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(sandbox.SWITCH, raising=False)
    monkeypatch.setattr(sandbox, "_landlock_version", lambda: -1)
    monkeypatch.setattr(sandbox.platform, "machine", lambda: "riscv64")
    offered = sandbox.confine([])
    assert not offered.files
    assert not offered.network
    assert "Landlock" in offered.why
    assert "seccomp" in offered.why


def test_the_real_index_host_decodes_in_it(tmp_path: Path, sample_media: Path) -> None:
    offered = sandbox.support()
    if not (offered.files and offered.network):
        pytest.skip(offered.why)
    directories = Directories.resolve(tmp_path / "library", {"HEIMDEX_HOME": str(tmp_path)})
    environment = configured({"directories": directories, "settings": Settings()})
    host = Host(host_command("index"), name="index", environment=environment)
    try:
        outputs = list(
            host.stream("probe", {"path": sample_media / "astronaut.mp4"}, StageOutput, None)
        )
        assert isinstance(outputs[0], ProbeOutput)
        status = Path(f"/proc/{host.pid}/status").read_text().split("\n")
        assert "NoNewPrivs:\t1" in status
        assert "Seccomp:\t2" in status
        assert host.pid is not None
        own = directories.scratch("index", host.pid)
        assert own.stat().st_mode & 0o077 == 0
    finally:
        host.close()


def test_nothing_is_left_of_a_child_that_is_gone(tmp_path: Path, sample_media: Path) -> None:
    directories = Directories.resolve(tmp_path / "library", {"HEIMDEX_HOME": str(tmp_path)})
    library = open_library(directories, Settings())
    try:
        host = library.index_host
        for end in (host.stop, library.close):
            list(host.stream("probe", {"path": sample_media / "astronaut.mp4"}, StageOutput, None))
            assert host.pid is not None
            own = directories.scratch("index", host.pid)
            assert own.is_dir()
            (own / "left.tmp").touch()
            end()
            assert not own.exists()
    finally:
        library.close()
