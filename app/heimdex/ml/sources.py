"""Bringing a file's bytes here from the hub, an address or a folder, resuming where it broke off.

Wheels are `wheels`' affair; whether the bytes are the right ones is checked by whoever asked.
"""

import http.client
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from heimdex import __version__
from heimdex.ml.manifests import HubSource, Manifest, ModelFile

Moved = Callable[[int], None]
"""Called with the bytes that have arrived so far; raises `Cancelled` to stop."""

CHUNK = 1 << 20
_TIMEOUT_S = 60
_ATTEMPTS = 4


class SourceFailed(Exception):
    """This source cannot deliver; the message says why, and the next source is tried."""


def hub_url(source: HubSource, name: str) -> str:
    """Address of one file; `HF_ENDPOINT` names a mirror."""
    endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
    member = quote(source.files.get(name, name))
    return f"{endpoint}/{source.repo}/resolve/{quote(source.revision, safe='')}/{member}"


def places(root: str, manifest: Manifest, file: ModelFile) -> list[str]:
    """Where under a mirror or a folder a file may lie, the likeliest first."""
    root = root.rstrip("/")
    names = (f"{manifest.folder}/{file.name}", f"{manifest.id}/{file.name}", file.sha256)
    return [f"{root}/{name}" for name in names]


def fetch(address: str, target: Path, size: int, moved: Moved) -> None:
    """Bring the bytes at `address` to `target`.

    `address`: http(s), file:// or a path; other schemes (s3://, gs://, …) go through fsspec.
    What an earlier attempt left in `target` is continued over http. Raises `SourceFailed`.
    """
    scheme = urlsplit(address).scheme.lower()
    if scheme in ("http", "https"):
        _fetch_http(address, target, size, moved)
        return
    try:
        with _open(address, scheme) as stream, target.open("wb") as out:
            copy(stream, out, size, moved)
    except FileNotFoundError as error:
        raise SourceFailed(f"{address} is not there") from error
    except OSError as error:
        raise SourceFailed(f"{address} cannot be read: {error}") from error


def copy(stream: IO[bytes], out: IO[bytes], size: int, moved: Moved, done: int = 0) -> int:
    """Copy a stream, counting from `done`; more bytes than `size` are an error, not an answer."""
    while chunk := stream.read(CHUNK):
        done += len(chunk)
        if done > size:
            raise SourceFailed(f"it holds more than the {size} bytes it should")
        out.write(chunk)
        moved(done)
    return done


def _open(address: str, scheme: str) -> IO[bytes]:
    if scheme == "file":
        return Path(url2pathname(urlsplit(address).path)).open("rb")
    # A single letter is a Windows drive.
    if len(scheme) < 2:
        return Path(address).open("rb")
    try:
        import fsspec  # type: ignore[import-untyped]

        return fsspec.open(address, "rb").open()  # type: ignore[no-any-return]
    except (ImportError, ValueError) as error:
        raise SourceFailed(f"addresses that begin with {scheme}:// need more: {error}") from error


def _fetch_http(url: str, target: Path, size: int, moved: Moved) -> None:
    """Range requests: each attempt goes on where the last one broke off."""
    for attempt in range(_ATTEMPTS):
        have = target.stat().st_size if target.exists() else 0
        if have == size:
            return
        if have > size:
            target.unlink()
            have = 0
        headers = {"User-Agent": f"heimdex/{__version__}"}
        if have:
            headers["Range"] = f"bytes={have}-"
        try:
            # The scheme was checked by the only caller.
            request = urllib.request.Request(url, headers=headers)  # noqa: S310
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                resumed = answer.status == http.client.PARTIAL_CONTENT
                with target.open("ab" if resumed else "wb") as out:
                    if copy(answer, out, size, moved, have if resumed else 0) == size:
                        return
        except urllib.error.HTTPError as error:
            if error.code not in (408, 429) and error.code < 500:
                raise SourceFailed(f"{url} answers {error.code} {error.reason}") from error
            reason = f"{error.code} {error.reason}"
        except (OSError, http.client.HTTPException) as error:
            reason = str(error)
        else:
            reason = "the connection ended early"
        if attempt + 1 < _ATTEMPTS:
            time.sleep(2**attempt)
    raise SourceFailed(f"{url} cannot be reached: {reason}")


def free_bytes(folder: Path) -> int:
    """Free space where `folder` is or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
