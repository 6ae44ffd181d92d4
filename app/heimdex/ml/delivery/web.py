"""Brings a file over http(s): goes on where it broke off, asks again when asked to wait.

Which addresses a model has, and whether the bytes are the right ones, is `files`' affair.
"""

import email.utils
import http.client
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import IO, Any
from urllib.parse import urlsplit

from heimdex import __version__
from heimdex.ml.delivery.parts import Moved, NotThere, Part, SourceFailed

_TIMEOUT_S = 30
_PATIENCE = 5
"""Attempts in a row that bring nothing new, once something has arrived; fewer before."""
_IMPATIENCE = 3
_LONGEST_WAIT_S = 120.0
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


class Unreachable(SourceFailed):
    """The host does not answer at all: asking it for the next file is of no use."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer: `status`, `headers` (any case), and the address it came from."""

    status: int
    headers: Message
    url: str


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but takes what is meant for one host to no other."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if new.scheme not in ("http", "https"):
            raise SourceFailed(f"{old.hostname} sends us to {new.scheme}://, which is not the web")
        if old.scheme == "https" and new.scheme != "https":
            raise SourceFailed(f"{old.hostname} sends us to an address that is not encrypted")
        follow = super().redirect_request(req, fp, code, msg, headers, newurl)
        if follow is not None:
            # urllib makes a GET of everything.
            follow.method = req.get_method()
            if (old.scheme, old.netloc) != (new.scheme, new.netloc):
                follow.remove_header("Authorization")
        return follow


class _OwnRedirects(_Redirects):
    """Stays with the host that was asked, as one must to see what it says of a file itself."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(req.full_url).netloc != urlsplit(newurl).netloc:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def head(url: str, headers: Mapping[str, str], check: Callable[[], None]) -> Answer:
    """What the host says of a file, without the file. Does not follow a redirect elsewhere.

    `check` is called while waiting and may raise. Raises `SourceFailed` with the reason.
    """
    answer: Answer = _patiently(lambda: _head(url, headers), url, check)
    return answer


def read(url: str, headers: Mapping[str, str], check: Callable[[], None], most: int) -> bytes:
    """A small page as a whole, at most `most` bytes of it. Raises `SourceFailed`."""
    content: bytes = _patiently(lambda: _read(url, headers, most), url, check)
    return content


def fetch(
    url: str, part: Part, size: int | None, moved: Moved, headers: Mapping[str, str] | None = None
) -> None:
    """Bring the rest of `part`; what is there already is not fetched again if it is of the same
    file. `size` in bytes where it is known. Raises `SourceFailed` with the reason."""

    _patiently(
        lambda: _fetch_once(url, part, size, moved, headers or {}),
        url,
        lambda: moved(part.size),
        progress=lambda: part.size,
    )


class _Again(Exception):
    """Worth another attempt, `after_s` from now where the other side said when."""

    def __init__(self, why: str, after_s: float | None = None, *, dead: bool = False) -> None:
        super().__init__(why)
        self.after_s = after_s
        self.dead = dead


def _patiently(
    attempt: Callable[[], Any],
    url: str,
    check: Callable[[], None],
    progress: Callable[[], int] = lambda: 0,
) -> Any:
    """Call `attempt` until it succeeds or nothing new has come for several attempts."""
    host = urlsplit(url).hostname or url
    failures, before = 0, progress()
    moved_once = False
    while True:
        try:
            return attempt()
        except _Again as again:
            if progress() > before:
                failures, moved_once = 0, True
            before = progress()
            failures += 1
            if failures >= (_PATIENCE if moved_once else _IMPATIENCE):
                kind = Unreachable if again.dead else SourceFailed
                raise kind(f"{host} {again}") from again.__cause__
            after = again.after_s if again.after_s is not None else 2.0 ** (failures - 1)
            if after > _LONGEST_WAIT_S:
                raise SourceFailed(
                    f"{host} is busy and wants us to come back in {after / 60:.0f} minutes"
                ) from again.__cause__
            _wait(after, check)


def _wait(seconds: float, check: Callable[[], None]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        check()
        time.sleep(min(0.2, left))


def _request(url: str, headers: Mapping[str, str], method: str) -> urllib.request.Request:
    if urlsplit(url).scheme not in ("http", "https"):
        raise SourceFailed(f"{url} is not an address of the web")
    told = {"User-Agent": f"heimdex/{__version__}", "Accept-Encoding": "identity", **headers}
    return urllib.request.Request(url, headers=told, method=method)  # noqa: S310 - checked above


def _head(url: str, headers: Mapping[str, str]) -> Answer:
    opener = urllib.request.build_opener(_OwnRedirects)
    try:
        with opener.open(_request(url, headers, "HEAD"), timeout=_TIMEOUT_S) as answer:
            return Answer(answer.status, answer.headers, answer.url)
    except urllib.error.HTTPError as error:
        if 300 <= error.code < 400:
            return Answer(error.code, error.headers, url)
        raise _refusal(error, url) from error
    except (OSError, http.client.HTTPException) as error:
        raise _trouble(error, url) from error


def _read(url: str, headers: Mapping[str, str], most: int) -> bytes:
    opener = urllib.request.build_opener(_Redirects)
    try:
        with opener.open(_request(url, headers, "GET"), timeout=_TIMEOUT_S) as answer:
            content: bytes = answer.read(most)
            return content
    except urllib.error.HTTPError as error:
        raise _refusal(error, url) from error
    except (OSError, http.client.HTTPException) as error:
        raise _trouble(error, url) from error


def _fetch_once(
    url: str, part: Part, size: int | None, moved: Moved, headers: Mapping[str, str]
) -> None:
    if size is not None and part.size > size:
        part.restart()
    if size is not None and part.size == size:
        return
    asked = dict(headers)
    if part.size:
        asked["Range"] = f"bytes={part.size}-"
        # The whole file comes instead of the rest when it is another one by now. A weak mark says
        # nothing about bytes.
        if part.etag and not part.etag.startswith("W/"):
            asked["If-Range"] = part.etag
    opener = urllib.request.build_opener(_Redirects)
    try:
        with opener.open(_request(url, asked, "GET"), timeout=_TIMEOUT_S) as answer:
            _receive(answer, url, part, size, moved)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and part.size:
            part.restart()
            raise _Again("does not have the rest of what began to arrive", 0.0) from error
        raise _refusal(error, url) from error
    except (OSError, http.client.HTTPException) as error:
        raise _trouble(error, url) from error


def _receive(answer: Any, url: str, part: Part, size: int | None, moved: Moved) -> None:
    host = urlsplit(url).hostname
    headers: Message = answer.headers
    kind = headers.get_content_type() if headers["Content-Type"] else ""
    if kind in ("text/html", "application/xhtml+xml"):
        where = urlsplit(answer.url).hostname
        raise SourceFailed(
            f"{where} answers with a web page instead of the file (a page to log in to the "
            "network, perhaps)"
        )
    if headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise SourceFailed(f"{host} sends the file packed in a way that was not asked for")
    etag = headers.get("ETag", "")
    first = 0
    if answer.status == http.client.PARTIAL_CONTENT:
        first, total = _range(headers.get("Content-Range", ""))
        other = part.etag and etag and etag != part.etag
        if first != part.size or other or (size is not None and total not in (None, size)):
            part.restart()
            raise _Again("has another file by now", 0.0)
    else:
        part.restart()
        total = _number(headers.get("Content-Length"))
    if size is not None and total is not None and total != size:
        part.restart()
        raise SourceFailed(f"{host} has a file of {total} bytes, but it should have {size}")
    part.mark(etag)
    wanted = size if size is not None else total
    # Not read(): that waits for a whole chunk, and a slow line must show and obey too.
    part.take(answer.read1, wanted, moved)
    if wanted is not None and part.size < wanted:
        raise _Again("ends the connection early")


def _range(text: str) -> tuple[int, int | None]:
    """First byte and whole length of `bytes 5-9/10`; (-1, None) for anything else."""
    unit, _, rest = text.partition(" ")
    span, _, total = rest.partition("/")
    first = _number(span.partition("-")[0])
    return (first, _number(total)) if unit == "bytes" and first is not None else (-1, None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _refusal(error: urllib.error.HTTPError, url: str) -> Exception:
    """What an answer of 400 and more means."""
    host, code = urlsplit(url).hostname, error.code
    if code in _BUSY:
        after = _retry_after(error.headers.get("Retry-After"))
        why = "has had too many requests" if code == 429 else f"has trouble of its own ({code})"
        return _Again(why, after)
    if code in (401, 403):
        return SourceFailed(
            f"{host} wants to know who asks ({code}): accept the model's terms on its page, and "
            "set HF_TOKEN to a token of yours"
        )
    if code in (404, 410):
        return NotThere(f"{host} does not have {urlsplit(url).path} ({code})")
    if code == 407:
        return SourceFailed(f"the proxy on the way to {host} wants a login (407)")
    if code == 511:
        return SourceFailed(f"the network wants a login before {host} can be reached (511)")
    return SourceFailed(f"{host} refuses with {code} {error.reason}")


def _retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header, which holds a number or a date."""
    if not text:
        return None
    if (seconds := _number(text.strip())) is not None:
        return float(seconds)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, when.timestamp() - time.time())


def _trouble(error: Exception, url: str) -> Exception:
    """What a connection that failed means."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Unreachable(
            f"{urlsplit(url).hostname} cannot prove who it is (a page to log in to the network may "
            f"be in between, or this computer's clock is wrong): {cause.verify_message}"
        )
    if isinstance(cause, socket.gaierror):
        return _Again("cannot be found; is this computer connected to the internet?", dead=True)
    if isinstance(cause, TimeoutError):
        return _Again("does not answer")
    if isinstance(cause, ConnectionRefusedError):
        return _Again("accepts no connections", dead=True)
    if isinstance(error, http.client.IncompleteRead) or isinstance(cause, ConnectionError):
        return _Again("broke the connection off")
    return _Again(f"cannot be reached ({cause})", dead=isinstance(error, urllib.error.URLError))
