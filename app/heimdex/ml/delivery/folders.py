"""Files out of a folder, a share or a bucket: paths, file://, and whatever fsspec can open.

Addresses of the web are `web`'s affair.
"""

import importlib.util
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from heimdex.domain.errors import Cancelled, HeimdexError
from heimdex.ml import obstacles
from heimdex.ml.delivery.parts import Moved, NotThere, Part, SourceFailed

PACKAGES = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "az": "adlfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "sftp": "paramiko",
    "ssh": "paramiko",
    "smb": "smbprotocol",
}
"""Scheme → the package with which fsspec opens it."""


def local(address: str) -> Path | None:
    """The path that an address means, None when it is not one of this machine's files."""
    scheme = urlsplit(address).scheme.lower()
    if scheme == "file":
        return Path(url2pathname(urlsplit(address).path))
    # A single letter is a Windows drive.
    return Path(address).expanduser() if len(scheme) < 2 else None


def fetch(address: str, part: Part, size: int | None, moved: Moved) -> None:
    """Bring the rest of `part` from `address`, which must not be one of the web.

    Raises `SourceFailed` with the reason.
    """
    if size is not None and part.size > size:
        part.restart()
    path = local(address)
    try:
        with path.open("rb") if path is not None else _remote(address) as stream:
            if part.size:
                stream.seek(part.size)
            part.take(stream.read, size, moved)
    except FileNotFoundError as error:
        raise NotThere(f"{address} is not there") from error
    except PermissionError as error:
        raise SourceFailed(f"{address} may not be read by you: {error}") from error
    except OSError as error:
        raise SourceFailed(f"{address} cannot be read: {error}") from error
    if size is not None and part.size < size:
        raise SourceFailed(f"{address} has {part.size} bytes, but it should have {size}")


def read(address: str, most: int = 1 << 20) -> bytes:
    """A small file as a whole. Raises `SourceFailed`."""
    path = local(address)
    try:
        with path.open("rb") if path is not None else _remote(address) as stream:
            content: bytes = stream.read(most)
    except OSError as error:
        raise SourceFailed(f"{address} cannot be read: {error}") from error
    return content


class _Guarded:
    """A stream of a storage's package, whose own exceptions become `SourceFailed`."""

    def __init__(self, stream: Any, address: str) -> None:
        self._stream = stream
        self._address = address

    def read(self, count: int) -> bytes:
        content: bytes = _told(lambda: self._stream.read(count), self._address)
        return content

    def seek(self, offset: int) -> None:
        _told(lambda: self._stream.seek(offset), self._address)

    def __enter__(self) -> "_Guarded":
        return self

    def __exit__(self, *_: object) -> None:
        _told(self._stream.close, self._address)


def _remote(address: str) -> "_Guarded | IO[bytes]":
    scheme = urlsplit(address).scheme.lower()
    package = PACKAGES.get(scheme, "")
    if package and importlib.util.find_spec(package) is None:
        raise SourceFailed(
            f"addresses that begin with {scheme}:// need the package {package}, which is not "
            f"installed here; {obstacles.adding(f'python -m pip install {package}')}"
        )
    import fsspec  # type: ignore[import-untyped]

    try:
        fsspec.get_filesystem_class(scheme)
    except ValueError as error:
        raise SourceFailed(f"addresses that begin with {scheme}:// are not known here") from error
    except ImportError as error:
        raise SourceFailed(f"addresses that begin with {scheme}:// need more: {error}") from error
    return _Guarded(_told(lambda: fsspec.open(address, "rb").open(), address), address)


def _told(call: Any, address: str) -> Any:
    try:
        return call()
    except (OSError, HeimdexError, Cancelled, SourceFailed):
        raise
    except Exception as error:
        raise SourceFailed(f"{address} cannot be read: {type(error).__name__}: {error}") from error
