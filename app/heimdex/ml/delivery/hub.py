"""The model hub's protocol: addresses, the token, and what the hub itself says of a file.

Bringing the bytes is `web`'s work; what the hub's own programs left on this machine, `nearby`'s.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from heimdex.ml.delivery import web
from heimdex.ml.delivery.parts import SourceFailed
from heimdex.ml.manifests import HubSource

ENDPOINT = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class Stated:
    """What the hub says of a file in one commit: either digest of its content, and its bytes, None
    where it does not count them.

    `git` is a git blob id (sha1 of a header and the content), which the hub gives for small files.
    """

    sha256: str
    git: str
    size: int | None


def endpoint() -> str:
    """The hub, or the mirror that `HF_ENDPOINT` names."""
    return os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or ENDPOINT


def address(source: HubSource, name: str) -> str:
    """Address of one file."""
    member = quote(source.files.get(name, name))
    return f"{endpoint()}/{source.repo}/resolve/{quote(source.revision, safe='')}/{member}"


def headers(url: str) -> dict[str, str]:
    """The person's token, for the hub and for nobody else; none when there is none."""
    asked, hub = urlsplit(url), urlsplit(endpoint())
    same = (asked.scheme, asked.netloc) == (hub.scheme, hub.netloc)
    # A token over a line that anybody can read would be no secret any more.
    private = asked.scheme == "https" or asked.hostname in ("127.0.0.1", "localhost", "::1")
    if not (same and private and (token := _token())):
        return {}
    return {"Authorization": f"Bearer {token}"}


def state(source: HubSource, name: str, check: Callable[[], None]) -> Stated:
    """Ask the hub which bytes a file has in the commit that the source names.

    `SourceFailed` when it does not say so, or speaks of another commit. Follows the headers that
    huggingface_hub's own client reads.
    """
    url = address(source, name)
    answer = web.head(url, headers(url), check)
    host = urlsplit(url).hostname
    said = answer.headers
    commit = said["X-Repo-Commit"] or ""
    if commit != source.revision:
        told = f"commit {commit[:12]}" if commit else "no commit"
        raise SourceFailed(
            f"{host} names {told} for {name} where {source.revision[:12]} was asked for"
        )
    etag = said["X-Linked-Etag"] or said["ETag"] or ""
    digest = etag.removeprefix("W/").strip('"').lower()
    # The length of a redirect is that of its own text.
    sent = "" if 300 <= answer.status < 400 else said["Content-Length"] or ""
    size = said["X-Linked-Size"] or sent
    count = int(size) if size.isascii() and size.isdigit() else None
    if re.fullmatch("[0-9a-f]{64}", digest):
        return Stated(digest, "", count)
    if re.fullmatch("[0-9a-f]{40}", digest):
        return Stated("", digest, count)
    raise SourceFailed(f"{host} does not state the digest of {name}, so it cannot be trusted")


def caches() -> list[Path]:
    """Where the hub's own programs keep what they downloaded, as they look for it themselves."""
    found = []
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if value := os.environ.get(name):
            found.append(Path(value).expanduser())
    found.append(_home() / "hub")
    return list(dict.fromkeys(found))


def _home() -> Path:
    if value := os.environ.get("HF_HOME"):
        return Path(value).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache).expanduser() / "huggingface"


def _token() -> str:
    """From the environment, or where `hf auth login` writes it."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if value := os.environ.get(name, "").strip():
            return value
    if os.environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").upper() in ("1", "ON", "YES", "TRUE"):
        return ""
    named = os.environ.get("HF_TOKEN_PATH")
    path = Path(named).expanduser() if named else _home() / "token"
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
