"""`Host`: calls methods of a supervised child process and survives whatever happens to it.

What the methods do is left to the child (`server`, `engine_host`); this side starts it when it is
needed, watches its time and memory, kills it when it hangs, and says what happened in plain words.
"""

import base64
import contextlib
import logging
import queue
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from heimdex.domain.errors import (
    Cancelled,
    EngineFailed,
    HeimdexError,
    MediaError,
    ModelUnavailable,
    UserError,
)
from heimdex.hosts import wire
from heimdex.hosts.process import CONFIGURATION_VARIABLE, Child, Ended

P = TypeVar("P")
R = TypeVar("R")

OnProgress = Callable[[int, int], None]
"""Called with (done_ms, total_ms)."""
IsCancelled = Callable[[], bool]

_POLL_S = 0.05
_WATCH_S = 0.5 if sys.platform == "linux" else 2.0
_LONGEST_STEP_S = 1.0
_CLOSED = "The engine was closed."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may take.

    `stall_s`: without any sign of progress for so long it counts as hung (loading a model is the
    longest silence). `grace_s`: how long it may take to obey a cancel before it is killed.
    `idle_s`: unused for so long it is let go and its memory with it; None keeps it.
    `memory_bytes`: resident memory at which it is stopped; None means no limit.
    """

    stall_s: float = 180.0
    grace_s: float = 1.0
    idle_s: float | None = 300.0
    memory_bytes: int | None = None
    frame_bytes: int = wire.MAX_FRAME_BYTES


def host_command(role: str) -> list[str]:
    """The command that starts this same program as an engine host of `role`."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--engine-host", role]
    # -P: the folder a person happens to stand in must not be searched for modules.
    return [sys.executable, "-P", "-m", "heimdex", "--engine-host", role]


def thread_limits(threads: int) -> dict[str, str]:
    """Environment that bounds the thread pools of the numeric libraries in a child.

    The runtimes (OpenMP) get `threads`. BLAS gets one: numpy's products here are small, and its
    pool collapses when it competes with theirs.
    """
    names = ("OPENBLAS", "MKL", "BLIS", "NUMEXPR")
    limits = {f"{name}_NUM_THREADS": "1" for name in names}
    return limits | {"OMP_NUM_THREADS": str(threads), "VECLIB_MAXIMUM_THREADS": "1"}


def configured(value: object) -> dict[str, str]:
    """Environment that hands `value` to the child, which reads it with `server.configuration`."""
    return {CONFIGURATION_VARIABLE: base64.b64encode(wire.pack(value)).decode("ascii")}


class Host:
    """One child process behind typed calls; thread-safe, one call at a time.

    The child is started by the first call and again by the first call after it died, was killed
    or was let go for being idle. `close()` ends it for good.
    """

    def __init__(
        self,
        command: Sequence[str],
        limits: Limits | None = None,
        *,
        name: str = "engine",
        environment: Mapping[str, str] | None = None,
        background: bool = False,
        on_end: Callable[[int], object] | None = None,
    ) -> None:
        """`background` gives the child a low priority; `environment` adds to this process's.
        `on_end` gets the process id of each child that is gone, from any thread."""
        self._command = list(command)
        self._limits = limits or Limits()
        self._name = name
        self._environment = dict(environment or {})
        # So that a native crash leaves a trace in the log instead of a bare signal number.
        self._environment.setdefault("PYTHONFAULTHANDLER", "1")
        self._environment.setdefault("PYTHONIOENCODING", "utf-8")
        self._background = background
        self._on_end = on_end
        self._busy = threading.Lock()
        self._orders: queue.SimpleQueue[Future[Child] | None] = queue.SimpleQueue()
        self._hiring = threading.Lock()
        self._supervisor: threading.Thread | None = None
        self._closed = False
        self._child: Child | None = None
        self._last_id = 0
        self._last_used = time.monotonic()

    @property
    def pid(self) -> int | None:
        """Process id of the running child, None when there is none."""
        child = self._child
        return child.pid if child is not None and child.alive() else None

    def call(
        self,
        method: str,
        params: Mapping[str, object],
        result_type: type[R] | Any,
        on_progress: OnProgress | None = None,
        on_partial: Callable[[Any], None] | None = None,
        cancelled: IsCancelled | None = None,
        timeout_s: float | None = None,
        partial_type: Any = None,
    ) -> R:
        """Run `method` in the child and return its result, parsed as `result_type`.

        Raises `EngineFailed` when the child crashed, hung, took too long or too much memory or
        sent nonsense (it is then gone, and the next call starts a fresh one); `Cancelled` when
        `cancelled()` became true; and the `MediaError`, `ModelUnavailable` or `UserError` that
        the child reported.
        """
        stream: Generator[Any, None, R] = self.stream(
            method, params, partial_type, result_type, on_progress, cancelled, timeout_s
        )
        with contextlib.closing(stream):
            while True:
                try:
                    partial = next(stream)
                except StopIteration as end:
                    result: R = end.value
                    return result
                if on_partial is not None:
                    on_partial(partial)

    def stream(
        self,
        method: str,
        params: Mapping[str, object],
        partial_type: type[P] | Any,
        result_type: type[R] | Any = None,
        on_progress: OnProgress | None = None,
        cancelled: IsCancelled | None = None,
        timeout_s: float | None = None,
    ) -> Generator[P, None, R]:
        """Like `call`, but yields each partial result as it arrives, parsed as `partial_type`.

        The host is busy until the generator is exhausted or closed; closing it early cancels the
        work. Time that the caller spends between two items does not count as the child's silence.
        """
        raw = wire.pack(dict(params))
        self._acquire(cancelled)
        try:
            child = self._ready_child()
            self._last_id += 1
            request = wire.Request(self._last_id, method, raw)
            child.send(request)
            settled = False
            try:
                for frame in self._frames(child, request.id, cancelled, timeout_s):
                    if isinstance(frame, wire.Progress):
                        if on_progress is not None:
                            on_progress(frame.done_ms, frame.total_ms)
                    elif isinstance(frame, wire.Partial):
                        yield wire.unpack(frame.value, partial_type, frame.kind)
                    elif isinstance(frame, wire.Result):
                        settled = True
                        result: R = wire.unpack(frame.value, result_type, frame.kind)
                        return result
                    else:
                        settled = True
                        raise _error_of(frame)
                raise AssertionError("the frames of a call end with a result or an error")
            except EngineFailed:
                # Whatever it was, its state is not to be trusted: the next call gets a fresh one.
                settled = True
                child.log_last_words()
                self._discard(child)
                raise
            finally:
                if not settled:
                    self._abandon(child, request.id)
        finally:
            self._last_used = time.monotonic()
            self._busy.release()

    def stop(self) -> None:
        """End the child, if there is one; a call that is running fails. The next call restarts."""
        child = self._child
        if child is not None:
            child.verdict = child.verdict or "The engine was stopped."
            child.kill()

    def close(self) -> None:
        """End the child and the supervision for good. Idempotent."""
        with self._hiring:
            self._closed = True
            self._orders.put(None)
            supervisor = self._supervisor
        self.stop()
        if supervisor is not None and supervisor is not threading.current_thread():
            supervisor.join(10)

    def _acquire(self, cancelled: IsCancelled | None) -> None:
        while not self._busy.acquire(timeout=_POLL_S):
            if cancelled is not None and cancelled():
                raise Cancelled("Cancelled.")

    def _ready_child(self) -> Child:
        if self._is_closed():
            raise EngineFailed(_CLOSED)
        child = self._child
        if child is not None:
            if child.alive():
                return child
            self._discard(child)
        order: Future[Child] = Future()
        # Against a `close` on another thread: what is ordered behind its farewell is never made,
        # and a supervisor that it sees must have been started to be waited for.
        with self._hiring:
            if self._is_closed():
                raise EngineFailed(_CLOSED)
            if self._supervisor is None:
                supervisor = threading.Thread(
                    target=self._supervise, name=f"{self._name}-supervisor", daemon=True
                )
                supervisor.start()
                self._supervisor = supervisor
            self._orders.put(order)
        child = order.result()
        if self._is_closed():
            # It was ordered just before.
            self._discard(child)
            raise EngineFailed(_CLOSED)
        self._child = child
        return child

    def _is_closed(self) -> bool:
        # Asked anew each time: `close` may be called on any thread.
        return self._closed

    def _frames(
        self, child: Child, request_id: int, cancelled: IsCancelled | None, timeout_s: float | None
    ) -> Generator[wire.ToOwner, None, None]:
        """The frames of one request as they come, watched; ends only by raising or by closing."""
        limits = self._limits
        quiet = total = 0.0
        last = time.monotonic()
        while True:
            if cancelled is not None and cancelled():
                raise Cancelled("Cancelled.")
            try:
                item = child.inbox.get(timeout=_POLL_S)
            except queue.Empty:
                item = None
            now = time.monotonic()
            # A laptop that slept comes back with one huge step that is nobody's silence.
            step = min(now - last, _LONGEST_STEP_S)
            last = now
            quiet += step
            total += step
            if isinstance(item, Ended):
                raise EngineFailed(self._cause_of_end(child, item))
            if item is not None and item.id == request_id:
                quiet = 0.0
                yield item
                last = time.monotonic()
            elif quiet >= limits.stall_s:
                raise EngineFailed(
                    f"The engine did not answer for {limits.stall_s:.0f} seconds and was stopped."
                )
            if timeout_s is not None and total >= timeout_s:
                raise EngineFailed(
                    f"The engine was not done after {timeout_s:.0f} seconds and was stopped."
                )

    def _cause_of_end(self, child: Child, ended: Ended) -> str:
        if ended.problem and not child.verdict:
            return ended.problem
        child.wait(2.0)
        return child.obituary()

    def _abandon(self, child: Child, request_id: int) -> None:
        """Ask the child to drop the request; kill it when it does not obey in time."""
        child.send(wire.Cancel(request_id))
        deadline = time.monotonic() + self._limits.grace_s
        while (left := deadline - time.monotonic()) > 0:
            try:
                item = child.inbox.get(timeout=left)
            except queue.Empty:
                break
            if isinstance(item, Ended):
                break
            if item.id == request_id and isinstance(item, wire.Result | wire.Failure):
                return
        _log.info("%s did not stop within %.1f s and is killed", self._name, self._limits.grace_s)
        self._discard(child)

    def _discard(self, child: Child) -> None:
        child.kill()
        if self._child is child:
            self._child = None

    def _supervise(self) -> None:
        """Start children and watch them; one thread for the whole life of the host."""
        while True:
            try:
                order = self._orders.get(timeout=_WATCH_S if self._child is not None else None)
            except queue.Empty:
                self._inspect()
                continue
            if order is None:
                return
            try:
                order.set_result(self._start())
            except EngineFailed as error:
                order.set_exception(error)

    def _start(self) -> Child:
        child = Child(
            self._command,
            self._environment,
            name=self._name,
            background=self._background,
            frame_bytes=self._limits.frame_bytes,
            on_end=self._on_end,
        )
        _log.info("%s started, process %d", self._name, child.pid)
        # Set here too, so that the supervisor's next look already sees it.
        self._child = child
        return child

    def _inspect(self) -> None:
        child = self._child
        if child is None or not child.alive():
            return
        limit = self._limits.memory_bytes
        if limit is not None and (child.resident_bytes() or 0) > limit:
            child.verdict = (
                f"The engine needed more than {limit / 2**30:.1f} GB of memory and was stopped; "
                "choose a smaller model or raise the limit."
            )
            child.kill()
            return
        idle_s = self._limits.idle_s
        if idle_s is None or not self._busy.acquire(blocking=False):
            return
        try:
            if self._child is child and time.monotonic() - self._last_used >= idle_s:
                _log.info("%s is idle and let go", self._name)
                self._child = None
                child.retire()
        finally:
            self._busy.release()


def _error_of(failure: wire.Failure) -> HeimdexError:
    message = failure.message[:2000] or "The engine failed without saying why."
    if failure.kind == "media":
        return MediaError(message)
    if failure.kind == "model":
        return ModelUnavailable(message, failure.model_id[:200])
    if failure.kind == "user":
        return UserError(message)
    return EngineFailed(message)
