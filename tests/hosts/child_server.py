"""A real child process for the host tests: `serve` with methods that behave and misbehave."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import MediaError, ModelUnavailable, UserError
from heimdex.domain.media import Scene
from heimdex.domain.speech import Segment, Transcript
from heimdex.domain.stages import ScenesOutput, SpeechOutput
from heimdex.domain.vectors import Space, SpaceKind
from heimdex.hosts import wire
from heimdex.hosts.server import Call, serve


def echo(call: Call, text: str, count: int = 1) -> str:
    return text * count


def pid(call: Call) -> int:
    return os.getpid()


def nice(call: Call) -> int:
    return os.nice(0)


def environment(call: Call, name: str) -> str:
    return os.environ.get(name, "")


def path(call: Call, path: Path) -> Path:
    return path


def vector(call: Call, values: NDArray[np.float32]) -> tuple[Space, NDArray[np.float32]]:
    return Space(SpaceKind.PASSAGE, "m", "1"), values * 2


def outputs(call: Call) -> None:
    call.progress(0, 10)
    call.partial(SpeechOutput(Transcript("ko", (Segment(0, 0, 10, "안녕", ()),))))
    call.partial(ScenesOutput((Scene(0, 0, 10, 5),), (b"jpeg",)))


def media(call: Call) -> None:
    raise MediaError("The file is not a video.")


def model(call: Call) -> None:
    raise ModelUnavailable("Download it.", "whisper-base")


def user(call: Call) -> None:
    raise UserError("No.")


def bug(call: Call) -> None:
    raise KeyError("a secret sentence")


def out_of_memory(call: Call) -> None:
    raise MemoryError


def leave(call: Call, code: int) -> None:
    print("last words before leaving", file=sys.stderr, flush=True)
    os._exit(code)


def segfault(call: Call) -> None:
    ctypes.string_at(0)


def die(call: Call, signal_number: int) -> None:
    os.kill(os.getpid(), signal_number)
    time.sleep(5)


def hang(call: Call) -> None:
    time.sleep(60)


def work(call: Call, seconds: float) -> str:
    """Reports all the time, so that it is never silent and obeys a cancel."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        call.progress(1, 2)
        time.sleep(0.01)
    return "done"


def eat(call: Call, megabytes: int) -> None:
    held = []
    for _ in range(megabytes // 10):
        held.append(b"x" * (10 * 2**20))
        time.sleep(0.02)
    time.sleep(30)


def chatter(call: Call) -> str:
    print("to sys.stdout")
    os.write(1, b"to descriptor one\n")
    os.system("echo from a grandchild")
    return "fine"


def flood_of_partials(call: Call, count: int) -> None:
    for _ in range(count):
        call.partial(SpeechOutput(Transcript("", ())))


def raw(call: Call, data: bytes) -> None:
    """Whatever a hijacked child could write into the pipe."""
    stream = call._server._stdout
    stream.write(data)
    stream.flush()
    time.sleep(30)


def wrong_value(call: Call, data: bytes) -> None:
    """A well-formed result frame with any value in it."""
    import msgspec

    call._server.send(wire.Result(call._id, "SpeechOutput", msgspec.Raw(data)))
    time.sleep(30)


def parents_signal(call: Call) -> int:
    return int(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)


METHODS = {
    name: value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", "") == "__main__"
}

if __name__ == "__main__":
    if "--fail-to-start" in sys.argv:
        sys.exit("cannot start")
    serve(METHODS)
