"""What the protocol says in its corners: dates to wait for, ranges, redirects that are refused."""

import email.utils
import time
import urllib.request
from email.message import Message
from pathlib import Path

import pytest
from hub_server import Hub, Trouble

from heimdex.ml.delivery import web
from heimdex.ml.delivery.parts import Part, SourceFailed

CONTENT = bytes(range(256)) * 1000


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7.0), (" 30 ", 30.0), (None, None), ("soon", None), ("-1", None)]
)
def test_retry_after_may_be_a_number(text: str | None, seconds: float | None) -> None:
    assert web._retry_after(text) == seconds


def test_retry_after_may_be_a_date() -> None:
    later = email.utils.formatdate(time.time() + 90, usegmt=True)
    assert web._retry_after(later) == pytest.approx(90, abs=3)
    earlier = email.utils.formatdate(time.time() - 90, usegmt=True)
    assert web._retry_after(earlier) == 0.0


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("bytes 5-9/10", (5, 10)),
        ("bytes 5-9/*", (5, None)),
        ("bytes */10", (-1, None)),
        ("items 5-9/10", (-1, None)),
        ("", (-1, None)),
    ],
)
def test_ranges_are_read_as_they_are(text: str, meant: tuple[int, int | None]) -> None:
    assert web._range(text) == meant


def redirected(old: str, new: str) -> urllib.request.Request | None:
    request = urllib.request.Request(  # noqa: S310 - never opened
        old, headers={"Authorization": "Bearer hf_secret", "Range": "bytes=5-"}
    )
    return web._Redirects().redirect_request(request, None, 302, "Found", Message(), new)  # type: ignore[arg-type]


def test_a_redirect_to_another_host_leaves_the_token_behind() -> None:
    own = redirected("https://hub.example/a", "https://hub.example/b")
    assert own is not None
    assert own.get_header("Authorization") == "Bearer hf_secret"
    other = redirected("https://hub.example/a", "https://cdn.example/b")
    assert other is not None
    assert other.get_header("Authorization") is None
    assert other.get_header("Range") == "bytes=5-"
    # Another port is another host.
    port = redirected("https://hub.example/a", "https://hub.example:8443/b")
    assert port is not None
    assert port.get_header("Authorization") is None


def test_a_redirect_to_an_open_line_is_refused() -> None:
    with pytest.raises(SourceFailed, match="not encrypted"):
        redirected("https://hub.example/a", "http://hub.example/a")


def test_only_addresses_of_the_web_are_opened(tmp_path: Path) -> None:
    with (
        pytest.raises(SourceFailed, match="not an address of the web"),
        Part(tmp_path / "p") as part,
    ):
        web.fetch("file:///etc/passwd", part, None, lambda _done: None)


@pytest.mark.loopback
def test_a_rest_that_is_not_there_begins_anew(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_wait", lambda _seconds, _check: None)
    hub.put("a/b", "x.bin", CONTENT)
    hub.plan("x.bin", Trouble(cut=90_000), Trouble(status=416))
    with Part(tmp_path / "part") as part:
        web.fetch(f"{hub.endpoint}/plain/a/b/x.bin", part, len(CONTENT), lambda _done: None)
    assert (tmp_path / "part").read_bytes() == CONTENT
    ranges = [a.headers.get("Range") for a in hub.asked]
    assert ranges == [None, "bytes=90000-", None]


@pytest.mark.loopback
def test_a_length_that_nobody_knows_ends_with_the_answer(hub: Hub, tmp_path: Path) -> None:
    hub.put("a/b", "x.bin", CONTENT)
    with Part(tmp_path / "part") as part:
        web.fetch(f"{hub.endpoint}/plain/a/b/x.bin", part, None, lambda _done: None)
    assert (tmp_path / "part").read_bytes() == CONTENT


@pytest.mark.loopback
def test_waiting_can_be_cancelled(hub: Hub, tmp_path: Path) -> None:
    from heimdex.domain.errors import Cancelled

    hub.put("a/b", "x.bin", CONTENT)
    hub.always("x.bin", Trouble(status=503, headers={"Retry-After": "60"}))
    began = time.monotonic()

    def cancel(_done: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled), Part(tmp_path / "part") as part:
        web.fetch(f"{hub.endpoint}/plain/a/b/x.bin", part, None, cancel)
    assert time.monotonic() - began < 30  # The hub asks to wait for a minute.
    assert not (tmp_path / "part").exists()
