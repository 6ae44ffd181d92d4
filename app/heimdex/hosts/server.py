"""The loop of a child process: reads requests, runs methods, writes back what they give.

What the methods do is left to whoever composes the child (`engine_host`). Results go out as data;
errors that mean something to the owner keep their kind, anything else is a bug with a traceback on
standard error.
"""

import base64
import contextlib
import ctypes
import inspect
import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from heimdex.domain.errors import (
    Cancelled,
    EngineFailed,
    MediaError,
    ModelUnavailable,
    UserError,
)
from heimdex.hosts import wire
from heimdex.hosts.process import CONFIGURATION_VARIABLE, PARENT_VARIABLE

Method = Callable[..., object]
"""Called with a `Call` and the request's parameters by name; their annotations are checked."""

_PROGRESS_EVERY_S = 0.1
_PR_SET_PDEATHSIG = 1
_OOM_SCORE = 600

_log = logging.getLogger(__name__)


class Call:
    """One request at work: where a method reports to and asks whether it is still wanted."""

    def __init__(self, server: "_Server", request_id: int) -> None:
        self._server = server
        self._id = request_id
        self._told_at = 0.0

    def check(self) -> None:
        """Raise `Cancelled` when the owner no longer wants the result."""
        if self._server.is_cancelled(self._id):
            raise Cancelled("Cancelled.")

    def progress(self, done_ms: int, total_ms: int) -> None:
        """Tell how far the work is; also a sign of life. Cheap enough for every step."""
        self.check()
        now = time.monotonic()
        if now - self._told_at >= _PROGRESS_EVERY_S:
            self._told_at = now
            self._server.send(wire.Progress(self._id, int(done_ms), int(total_ms)))

    def partial(self, value: object) -> None:
        """Send one of several results."""
        self.check()
        self._server.send(wire.Partial(self._id, type(value).__name__, wire.pack(value)))


def serve(
    methods: Mapping[str, Method],
    stdin: BinaryIO | None = None,
    stdout: BinaryIO | None = None,
    *,
    on_idle: Callable[[], None] | None = None,
    idle_every_s: float = 5.0,
    before: Callable[[], None] | None = None,
) -> None:
    """Answer requests until the input ends.

    Without `stdin` and `stdout` it takes over the process's own: what libraries print goes to
    standard error from then on, and the process ends with its owner. `on_idle` is called between
    requests about every `idle_every_s`, `before` once: when the process is settled, before it has
    threads and before it reads anything.
    """
    whole_process = stdin is None or stdout is None
    if stdin is None or stdout is None:
        stdin, stdout = _take_over_standard_streams()
        _settle_as_child()
    if before is not None:
        before()
    server = _Server(methods, stdin, stdout, exit_at_end=whole_process)
    server.run(on_idle, idle_every_s)


def configuration(expected: Any) -> Any:
    """What the owner gave with `client.configured`, parsed as `expected`.

    Raises UserError when there is nothing, as when a person starts a child by hand.
    """
    text = os.environ.get(CONFIGURATION_VARIABLE)
    if text is None:
        raise UserError("An engine host is started by Heimdex itself, not by hand.")
    return wire.unpack(base64.b64decode(text), expected)


class _Server:
    def __init__(
        self,
        methods: Mapping[str, Method],
        stdin: BinaryIO,
        stdout: BinaryIO,
        *,
        exit_at_end: bool,
    ) -> None:
        self._methods = {name: _Bound(name, method) for name, method in methods.items()}
        self._stdin = stdin
        self._stdout = stdout
        self._exit_at_end = exit_at_end
        self._requests: queue.SimpleQueue[wire.Request | None] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._write_lock = threading.Lock()

    def run(self, on_idle: Callable[[], None] | None, idle_every_s: float) -> None:
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        while True:
            try:
                request = self._requests.get(timeout=idle_every_s)
            except queue.Empty:
                if on_idle is not None:
                    on_idle()
                continue
            if request is None:
                return
            self._answer(request)

    def send(self, frame: wire.ToOwner) -> None:
        with self._write_lock:
            wire.write_frame(self._stdout, frame)

    def is_cancelled(self, request_id: int) -> bool:
        return request_id in self._cancelled

    def _read(self) -> None:
        """A thread of its own, so that a cancel arrives while a method runs."""
        try:
            while (frame := wire.read_request(self._stdin)) is not None:
                if isinstance(frame, wire.Cancel):
                    self._cancelled.add(frame.id)
                else:
                    self._requests.put(frame)
        except (wire.Malformed, OSError) as error:
            _log.error("the owner's pipe broke: %s", error)
        if self._exit_at_end:
            # The owner is gone or has let us go. Nothing here is worth an orderly farewell, and
            # native libraries like to hang or crash when they are torn down in the middle of work.
            sys.stderr.flush()
            os._exit(0)
        self._requests.put(None)

    def _answer(self, request: wire.Request) -> None:
        try:
            call = Call(self, request.id)
            call.check()
            value = self._bound(request.method)(call, request.params)
            self.send(wire.Result(request.id, type(value).__name__, wire.pack(value)))
        except BrokenPipeError:
            return
        except Exception as error:  # noqa: BLE001 - the child's loop answers whatever happened
            self.send(_failure_of(request.id, error))
        finally:
            self._cancelled.discard(request.id)

    def _bound(self, method: str) -> "_Bound":
        try:
            return self._methods[method]
        except KeyError:
            raise EngineFailed(f"The engine has no method {method[:40]!r}.") from None


class _Bound:
    """A method with the types of its parameters, read once from its signature."""

    def __init__(self, name: str, method: Method) -> None:
        self._method = method
        hints = typing.get_type_hints(method)
        fields: list[Any] = []
        for parameter in list(inspect.signature(method).parameters.values())[1:]:
            if parameter.default is inspect.Parameter.empty:
                fields.append((parameter.name, hints[parameter.name]))
            else:
                fields.append((parameter.name, hints[parameter.name], parameter.default))
        self._params = msgspec.defstruct(
            f"{name}_params", fields, kw_only=True, forbid_unknown_fields=True
        )

    def __call__(self, call: Call, raw: msgspec.Raw) -> object:
        params: msgspec.Struct = wire.unpack(raw, self._params)
        return self._method(call, **msgspec.structs.asdict(params))


def _failure_of(request_id: int, error: Exception) -> wire.Failure:
    message = str(error)
    if isinstance(error, Cancelled):
        return wire.Failure(request_id, "cancelled", message)
    if isinstance(error, MediaError):
        return wire.Failure(request_id, "media", message)
    if isinstance(error, ModelUnavailable):
        return wire.Failure(request_id, "model", message, error.model_id)
    if isinstance(error, UserError):
        return wire.Failure(request_id, "user", message)
    traceback.print_exception(error)
    sys.stderr.flush()
    if isinstance(error, EngineFailed):
        return wire.Failure(request_id, "engine", message)
    if isinstance(error, MemoryError):
        return wire.Failure(
            request_id, "engine", "The engine ran out of memory; choose a smaller model."
        )
    # The text of a stray exception may quote what somebody said: it stays on standard error.
    name = type(error).__name__
    return wire.Failure(request_id, "bug", f"The engine failed with an internal error ({name}).")


def _take_over_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the owner; afterwards file descriptor 1 is standard error and 0 is empty."""
    stdin = os.fdopen(os.dup(0), "rb")
    stdout = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    # At the descriptor, because native code does not ask sys.stdout.
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return stdin, stdout


def _settle_as_child() -> None:
    """Leave Ctrl-C to the owner, die with it, and offer ourselves first when memory runs out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_OOM_SCORE))
    # The end of standard input already ends us, unless native code holds the interpreter lock.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = os.environ.get(PARENT_VARIABLE)
    if parent is not None and int(parent) != os.getppid():
        # It died before the line above.
        os._exit(0)
