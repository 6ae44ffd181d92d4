"""A small model hub on this machine, for tests: the protocol, and everything that can go wrong.

It answers as huggingface.co does: HEAD and GET of /REPO/resolve/REVISION/FILE; large files are
redirected to another host (here: another port), small ones are served at once; both know Range and
If-Range. Tests say what should go wrong with `Hub.plan`. That it speaks the true protocol is proved
with huggingface_hub's own client in `test_hub_server`.
"""

import hashlib
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = 50_000
"""Files over this size are stored as LFS objects, and so redirected."""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def git_blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@dataclass
class Trouble:
    """What happens to one answer with a body. Each is used up by one request.

    `cut`: close the connection after so many bytes. `status`: answer with an error, with `headers`.
    `change`: send these bytes in place of the file's. `slow_s`: pause before each 16 kB. `html`:
    answer 200 with a web page. `ignore_range`: send everything whatever was asked for.
    """

    cut: int | None = None
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    change: bytes | None = None
    slow_s: float = 0.0
    html: bool = False
    ignore_range: bool = False
    length: int | None = None


@dataclass
class Asked:
    """One request that arrived. `host` is `hub` or `cdn`."""

    host: str
    method: str
    path: str
    headers: dict[str, str]


class Hub:
    """Holds repositories, and what should go wrong; `endpoint` is its address."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], bytes] = {}
        self.commits: dict[str, str] = {}
        self.asked: list[Asked] = []
        self.hidden_headers: set[str] = set()
        self.gated: set[str] = set()
        self.cache_small = False
        """Small files are redirected to another path of the hub's, as huggingface.co does it."""
        self.pages: dict[str, bytes] = {}
        """Other pages, such as those of a package index: path to JSON."""
        self.token = ""
        self._troubles: dict[str, list[Trouble]] = {}
        self._always: dict[str, Trouble] = {}
        self._lock = threading.Lock()
        self.endpoint = ""
        self.cdn = ""

    def put(self, repo: str, name: str, content: bytes, commit: str = COMMIT) -> None:
        """A file in a repository, whose only commit is `commit` (also called `main`)."""
        self.files[repo, name] = content
        self.commits[repo] = commit

    def plan(self, name: str, *troubles: Trouble) -> None:
        """The next answers that hold the file `name` go wrong like this, in this order."""
        self._troubles.setdefault(name, []).extend(troubles)

    def always(self, name: str, trouble: Trouble) -> None:
        """Every answer that holds the file `name` goes wrong like this."""
        self._always[name] = trouble

    def trouble(self, name: str) -> Trouble:
        with self._lock:
            waiting = self._troubles.get(name)
            return waiting.pop(0) if waiting else self._always.get(name, Trouble())

    def bodies(self, name: str = "") -> list[Asked]:
        """The GET requests that a body was or would have been sent for, redirects aside."""
        return [
            a
            for a in self.asked
            if a.method == "GET" and a.path.endswith(name) and not a.headers.get("-redirected")
        ]


class _Handler(BaseHTTPRequestHandler):
    """Answers for the hub or for the CDN, as its server says."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub, path = self.server.hub, unquote(urlsplit(self.path).path)
        asked = Asked(self.server.role, self.command, path, dict(self.headers.items()))
        hub.asked.append(asked)
        if self.server.role == "cdn":
            digest = path.removeprefix("/cdn/")
            for (_, name), content in hub.files.items():
                if sha256(content) == digest:
                    self._send(content, f'"{digest[:16]}-cdn"', hub.trouble(name))
                    return
            self._refuse(404)
            return
        if path in hub.pages:
            self._send(hub.pages[path], '"page"', Trouble())
            return
        if path.startswith("/plain/"):
            for (repo, name), content in hub.files.items():
                if path == f"/plain/{repo}/{name}":
                    self._send(content, f'"{git_blob(content)}"', hub.trouble(name))
                    return
            self._refuse(404)
            return
        self._resolve(hub, path, asked)

    def _resolve(self, hub: Hub, path: str, asked: Asked) -> None:
        repo, _, rest = path.strip("/").partition("/resolve/")
        revision, _, name = rest.partition("/")
        if path.startswith("/api/resolve-cache/models/"):
            owner, short, revision, name = path.split("/", 7)[4:]
            repo = f"{owner}/{short}"
        content = hub.files.get((repo, name))
        commit = hub.commits.get(repo, "")
        if repo in hub.gated and self.headers.get("Authorization") != f"Bearer {hub.token}":
            self._refuse(401 if not self.headers.get("Authorization") else 403, GatedRepo=repo)
            return
        if content is None or revision not in ("main", commit):
            code = "EntryNotFound" if repo in hub.commits else "RepoNotFound"
            self._refuse(404, **{"X-Error-Code": code})
            return
        said = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        moved = f"/api/resolve-cache/models/{repo}/{commit}/{name}"
        if len(content) <= LARGE and hub.cache_small and path != moved:
            asked.headers["-redirected"] = "1"
            self.send_response(307)
            self._headers({"Location": quote(moved), "Content-Length": "0", **said})
            self.end_headers()
            return
        if len(content) <= LARGE:
            trouble = hub.trouble(name) if self.command == "GET" else Trouble()
            self._send(content, f'"{git_blob(content)}"', trouble, said)
            return
        asked.headers["-redirected"] = "1"
        said |= {"X-Linked-Etag": f'"{sha256(content)}"', "X-Linked-Size": str(len(content))}
        self.send_response(302)
        self._headers(said | {"Location": f"{hub.cdn}/cdn/{sha256(content)}"})
        self._headers({"Content-Length": "0"})
        self.end_headers()

    def _send(
        self, content: bytes, etag: str, trouble: Trouble, said: dict[str, str] | None = None
    ) -> None:
        if trouble.status:
            self._refuse(trouble.status, **trouble.headers)
            return
        if trouble.html:
            page = b"<!DOCTYPE html><title>Log in to the network</title>"
            self.send_response(200)
            self._headers({"Content-Type": "text/html", "Content-Length": str(len(page))})
            self.end_headers()
            self.wfile.write(page)
            return
        if trouble.change is not None:
            content, etag = trouble.change, f'"{git_blob(trouble.change)}"'
        start, asked = 0, self.headers.get("Range", "")
        fits = self.headers.get("If-Range") in (None, etag)
        if asked and fits and not trouble.ignore_range:
            start = int(asked.removeprefix("bytes=").partition("-")[0])
            if start >= len(content):
                self._refuse(416, **{"Content-Range": f"bytes */{len(content)}"})
                return
        body = content[start:]
        self.send_response(206 if start else 200)
        length = len(body) if trouble.length is None else trouble.length
        self._headers({"ETag": etag, "Content-Length": str(length), **(said or {})})
        self._headers({"Content-Type": "application/octet-stream"})
        if start:
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self._headers({"Content-Range": span})
        self.end_headers()
        if self.command == "HEAD":
            return
        self._write(body if trouble.cut is None else body[: trouble.cut], trouble.slow_s)
        if trouble.cut is not None:
            self.close_connection = True

    def _write(self, body: bytes, slow_s: float) -> None:
        step = 16_384 if slow_s else len(body) or 1
        try:
            for start in range(0, len(body), step):
                time.sleep(slow_s)
                self.wfile.write(body[start : start + step])
        except (BrokenPipeError, ConnectionResetError):
            # The client was cancelled: that is what some tests are about.
            self.close_connection = True

    def _refuse(self, status: int, **headers: str) -> None:
        page = json.dumps({"error": http.client.responses.get(status, "")}).encode()
        self.send_response(status)
        self._headers({"Content-Type": "application/json", "Content-Length": str(len(page))})
        self._headers(headers)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)

    def _headers(self, headers: dict[str, str]) -> None:
        for name, value in headers.items():
            if name not in self.server.hub.hidden_headers:
                self.send_header(name, value)

    def log_message(self, *_: Any) -> None:
        """Keep the test's output clean."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: Hub, role: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub
        self.role = role

    def handle_error(self, *_: Any) -> None:
        """A client that goes away in the middle is no error of the server's."""


@contextmanager
def running() -> Iterator[Hub]:
    """A hub and its CDN until the block ends."""
    hub = Hub()
    servers = [_Server(hub, role) for role in ("hub", "cdn")]
    hub.endpoint, hub.cdn = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    threads = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        for server in servers
    ]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()
