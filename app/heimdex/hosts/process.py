"""One child process with its pipes: started, read, written to, measured and killed.

Which request it serves and when it has to go is left to `client`.
"""

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from heimdex.domain.errors import EngineFailed
from heimdex.hosts import wire
from heimdex.hosts.memory import resident_bytes

PARENT_VARIABLE = "HEIMDEX_HOST_PARENT"
"""Environment variable that tells the child whom it belongs to."""
CONFIGURATION_VARIABLE = "HEIMDEX_HOST_CONFIGURATION"
"""Environment variable that holds what the owner wants the child to know from the start."""

_STDERR_LINES = 50
_STDERR_LINE_BYTES = 500
_INBOX_FRAMES = 8
_NICE = 10
_EXIT_S = 2.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """The last thing in an inbox: no more frames will come. `problem` says why, if it is known."""

    problem: str = ""


class Child:
    """A running child. Frames that it sends wait in `inbox`; the last entry is an `Ended`.

    Must be created from a thread that outlives the child: Linux ends a child that asked for it
    when the *thread* that started it ends (PR_SET_PDEATHSIG, see prctl(2)).
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        name: str,
        background: bool,
        frame_bytes: int,
        on_end: Callable[[int], object] | None = None,
    ) -> None:
        """`on_end` gets its process id once it is gone."""
        self.name = name
        self._on_end = on_end
        self.inbox: queue.Queue[wire.ToOwner | Ended] = queue.Queue(_INBOX_FRAMES)
        self.verdict = ""
        """Why the supervisor killed it, in a person's words."""
        self._frame_bytes = frame_bytes
        self._outbox: queue.SimpleQueue[wire.ToChild | None] = queue.SimpleQueue()
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._abandoned = threading.Event()
        self._asking = threading.Lock()
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **environment, PARENT_VARIABLE: str(os.getpid())},
                **_group_options(background),
            )
        except OSError as error:
            raise EngineFailed(f"The engine could not be started ({error.strerror}).") from error
        if background:
            _lower_priority(self._process.pid)
        self._pipes = {
            threading.Thread(target=target, name=f"{name}-{role}", daemon=True): pipe
            for role, target, pipe in (
                ("reader", self._read, self._process.stdout),
                ("writer", self._write, self._process.stdin),
                ("stderr", self._drain_stderr, self._process.stderr),
            )
        }
        for thread in self._pipes:
            thread.start()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it still runs and is not being ended."""
        return not self._abandoned.is_set() and self._runs()

    def _runs(self) -> bool:
        # Popen takes a child for running while another thread is just asking the system about it,
        # which the supervisor does: one at a time.
        with self._asking:
            return self._process.poll() is None

    def send(self, frame: wire.ToChild) -> None:
        """Hand over a frame without waiting: a child that does not read must not block us."""
        self._outbox.put(frame)

    def resident_bytes(self) -> int | None:
        """Physical memory it occupies; None where this system does not say."""
        return resident_bytes(self.pid)

    def kill(self) -> None:
        """End it now; returns when it is gone."""
        self._end(grace_s=0.0)

    def retire(self) -> None:
        """Close its standard input and let it leave by itself; kill it if it does not."""
        self._outbox.put(None)
        self._end(grace_s=_EXIT_S)

    def obituary(self) -> str:
        """Why it is gone, as one sentence for a person."""
        if self.verdict:
            return self.verdict
        code = self._process.poll()
        if code is None:
            return "The engine closed its pipe unexpectedly."
        return describe_exit(code)

    def log_last_words(self) -> None:
        """Write the end of its standard error to the log."""
        self._await_stderr()
        if self._stderr:
            _log.warning("last lines of %s:\n%s", self.name, "\n".join(self._stderr))

    def _await_stderr(self) -> None:
        """Let the thread that reads standard error catch up with what was written before."""
        seen = -1
        for _ in range(10):
            if seen == len(self._stderr) > 0:
                return
            seen = len(self._stderr)
            time.sleep(0.05)

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when it still runs."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _end(self, grace_s: float) -> None:
        self._abandoned.set()
        if not (grace_s and self.wait(grace_s)) and self._runs():
            with contextlib.suppress(OSError):
                if sys.platform == "win32":
                    self._process.kill()
                else:
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._outbox.put(None)
        for thread, pipe in self._pipes.items():
            thread.join(_EXIT_S)
            # Should a grandchild hold the other end, the thread still reads, and closing the pipe
            # under it would wait for its lock for ever.
            if not thread.is_alive() and pipe is not None:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()
        if self._on_end is not None:
            self._on_end(self.pid)

    def _read(self) -> None:
        stream = _binary(self._process.stdout)
        problem = ""
        while True:
            try:
                frame = wire.read_reply(stream, self._frame_bytes)
            except wire.Malformed as error:
                problem = str(error)
                break
            except (OSError, ValueError):
                break
            if frame is None:
                break
            self._deliver(frame)
        self._deliver(Ended(problem))

    def _deliver(self, item: wire.ToOwner | Ended) -> None:
        # The bounded inbox makes a child wait for an owner that is busy committing. Once it was
        # killed its frames are of no interest, but its end always is.
        while True:
            try:
                self.inbox.put(item, timeout=0.1)
                return
            except queue.Full:
                if self._abandoned.is_set():
                    with contextlib.suppress(queue.Empty):
                        self.inbox.get_nowait()

    def _write(self) -> None:
        stream = _binary(self._process.stdin)
        with contextlib.suppress(OSError, ValueError):
            while (frame := self._outbox.get()) is not None:
                wire.write_frame(stream, frame)
        # A broken pipe shows as the end of the child's output, where it is told to the caller.
        with contextlib.suppress(OSError, ValueError):
            stream.close()

    def _drain_stderr(self) -> None:
        stream = _binary(self._process.stderr)
        with contextlib.suppress(OSError, ValueError):
            while line := stream.readline(_STDERR_LINE_BYTES):
                text = line.decode("utf-8", "replace").rstrip()
                if text:
                    self._stderr.append(text)
                    _log.debug("%s: %s", self.name, text)


def describe_exit(code: int) -> str:
    """What an exit code means, in a person's words."""
    if code == -signal.SIGTERM or (sys.platform != "win32" and code == -signal.SIGKILL):
        return (
            "The engine was stopped by the system, most likely because memory ran out; "
            "close other programs or choose a smaller model."
        )
    if code < 0:
        try:
            name = signal.strsignal(-code) or str(-code)
        except ValueError:
            name = str(-code)
        return f"The engine crashed ({name.lower()})."
    if code >= 0xC0000000:
        return f"The engine crashed (Windows error {code:#x})."
    return f"The engine stopped unexpectedly (exit code {code})."


def _group_options(background: bool) -> dict[str, Any]:
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return {"creationflags": flags | (subprocess.BELOW_NORMAL_PRIORITY_CLASS * background)}
    # A group, so that Ctrl-C reaches only the owner, but no new session: Linux weighs sessions
    # against each other first (sched_autogroup), and a nice value would then mean nothing.
    return {"process_group": 0}


def _lower_priority(pid: int) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, _NICE)


def _binary(stream: object) -> BinaryIO:
    assert stream is not None
    return stream  # type: ignore[return-value]
