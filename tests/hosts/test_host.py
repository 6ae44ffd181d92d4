import contextlib
import dataclasses
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from heimdex.domain.errors import (
    Cancelled,
    EngineFailed,
    MediaError,
    ModelUnavailable,
    UserError,
)
from heimdex.domain.stages import ScenesOutput, SpeechOutput, StageOutput
from heimdex.domain.vectors import Space
from heimdex.hosts.client import Host, Limits, host_command, thread_limits
from heimdex.hosts.memory import resident_bytes
from heimdex.hosts.process import describe_exit

COMMAND = [sys.executable, str(Path(__file__).with_name("child_server.py"))]
MakeHost = Callable[..., Host]


@pytest.fixture
def make_host() -> Iterator[MakeHost]:
    hosts: list[Host] = []

    def make(command: list[str] = COMMAND, background: bool = False, **limits: object) -> Host:
        environment = thread_limits(1)
        host = Host(command, Limits(**limits), environment=environment, background=background)
        hosts.append(host)
        return host

    yield make
    for host in hosts:
        host.close()


@pytest.fixture
def host(make_host: MakeHost) -> Host:
    return make_host()


@contextlib.contextmanager
def impatient(host: Host, stall_s: float) -> Iterator[None]:
    """Only while it works: starting a child may take seconds where much else is running."""
    host.call("pid", {}, int)
    patient = host._limits
    host._limits = dataclasses.replace(patient, stall_s=stall_s)
    yield
    host._limits = patient


def gone(pid: int, within_s: float = 20.0) -> bool:
    """Ended with all of its threads: the first is a zombie before the last one is gone."""
    process = Path(f"/proc/{pid}")
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
            threads = len(list((process / "task").iterdir()))
        except OSError:
            return True
        if state == "Z" and threads <= 1:
            return True
        time.sleep(0.02)
    return False


def test_calls_share_one_child_and_are_typed(host: Host) -> None:
    assert host.pid is None
    assert host.call("echo", {"text": "안녕 ", "count": 2}, str) == "안녕 안녕 "
    assert host.call("echo", {"text": "x"}, str) == "x"
    assert host.call("pid", {}, int) == host.pid
    odd = Path("/a/\udcff\n.mp4")
    assert host.call("path", {"path": odd}, Path) == odd
    space, vector = host.call(
        "vector", {"values": np.ones(3, np.float32)}, tuple[Space, NDArray[np.float32]]
    )
    assert space.model == "m"
    assert vector.tolist() == [2, 2, 2]


def test_partials_arrive_typed_and_in_order(host: Host) -> None:
    seen: list[tuple[int, int]] = []
    got = list(
        host.stream(
            "outputs", {}, StageOutput, on_progress=lambda done, of: seen.append((done, of))
        )
    )
    assert [type(item) for item in got] == [SpeechOutput, ScenesOutput]
    assert seen == [(0, 10)]
    partials: list[object] = []
    host.call("outputs", {}, type(None), on_partial=partials.append, partial_type=StageOutput)
    assert len(partials) == 2


@pytest.mark.parametrize(
    ("method", "error"), [("media", MediaError), ("model", ModelUnavailable), ("user", UserError)]
)
def test_expected_errors_keep_their_kind_and_the_child(
    host: Host, method: str, error: type[Exception]
) -> None:
    pid = host.call("pid", {}, int)
    with pytest.raises(error) as caught:
        host.call(method, {}, None)
    assert host.call("pid", {}, int) == pid
    if isinstance(caught.value, ModelUnavailable):
        assert caught.value.model_id == "whisper-base"


def test_a_bug_is_told_without_its_text_and_gets_a_fresh_child(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    pid = host.call("pid", {}, int)
    with pytest.raises(EngineFailed, match="KeyError") as caught:
        host.call("bug", {}, None)
    assert "secret" not in str(caught.value)
    assert "Traceback" in caplog.text
    assert host.call("pid", {}, int) != pid


def test_wrong_or_unknown_calls_fail_cleanly(host: Host) -> None:
    with pytest.raises(EngineFailed, match="no method"):
        host.call("nothing", {}, None)
    with pytest.raises(EngineFailed):
        host.call("echo", {"text": 5}, str)
    with pytest.raises(EngineFailed):
        host.call("echo", {"text": "a", "unknown": 1}, str)
    with pytest.raises(EngineFailed):
        host.call("echo", {"text": "a"}, int)
    assert host.call("echo", {"text": "a"}, str) == "a"


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("leave", {"code": 3}, "exit code 3"),
        ("leave", {"code": 0}, "exit code 0"),
        ("segfault", {}, "crashed \\(segmentation fault\\)"),
        ("die", {"signal_number": int(signal.SIGABRT)}, "crashed \\(aborted"),
        ("die", {"signal_number": int(signal.SIGKILL)}, "memory ran out"),
        ("out_of_memory", {}, "ran out of memory"),
    ],
)
def test_a_crash_costs_one_call(
    host: Host, method: str, params: dict[str, int], words: str
) -> None:
    with pytest.raises(EngineFailed, match=words):
        host.call(method, params, None)
    assert host.call("echo", {"text": "again"}, str) == "again"


def test_the_last_words_are_logged(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(EngineFailed):
        host.call("leave", {"code": 1}, None)
    assert "last words before leaving" in caplog.text


def test_a_child_that_dies_between_calls_is_replaced(host: Host) -> None:
    pid = host.call("pid", {}, int)
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    assert host.call("pid", {}, int) != pid


def test_a_child_that_cannot_start(make_host: MakeHost, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="exit code 1"):
        make_host([*COMMAND, "--fail-to-start"]).call("pid", {}, int)
    with pytest.raises(EngineFailed, match="could not be started"):
        make_host([str(tmp_path / "nothing")]).call("pid", {}, int)


def test_a_hang_is_noticed(host: Host) -> None:
    pid = host.call("pid", {}, int)
    started = time.monotonic()
    with (
        impatient(host, 0.8),
        pytest.raises(EngineFailed, match="did not answer for 1 seconds"),
    ):
        host.call("hang", {}, None)
    assert time.monotonic() - started < 20  # It hangs for a minute.
    assert gone(pid)
    assert host.call("echo", {"text": "a"}, str) == "a"


def test_progress_keeps_a_long_call_alive_but_not_for_ever(host: Host) -> None:
    with impatient(host, 1.5):
        assert host.call("work", {"seconds": 2.0}, str) == "done"
    with pytest.raises(EngineFailed, match="was not done after"):
        host.call("work", {"seconds": 30.0}, str, timeout_s=0.5)


def test_a_stopped_process_counts_as_hung(host: Host) -> None:
    pid = host.call("pid", {}, int)
    # More than a pipe holds: writing to it must not block us either.
    with impatient(host, 0.8):
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(EngineFailed, match="did not answer"):
            host.call("echo", {"text": "x" * 2**20}, str)


def test_memory_is_limited(make_host: MakeHost) -> None:
    host = make_host(memory_bytes=150 * 2**20)
    with pytest.raises(EngineFailed, match=r"0\.1 GB of memory"):
        host.call("eat", {"megabytes": 2000}, None)
    assert host.call("echo", {"text": "a"}, str) == "a"


def test_resident_bytes_is_of_the_right_size() -> None:
    own = resident_bytes(os.getpid())
    assert own is not None
    assert 10 * 2**20 < own < 8 * 2**30
    assert resident_bytes(2**22 + 1) is None


def test_cancel_is_obeyed_and_keeps_the_child(host: Host) -> None:
    pid = host.call("pid", {}, int)
    started = time.monotonic()
    with pytest.raises(Cancelled):
        host.call(
            "work", {"seconds": 30.0}, str, cancelled=lambda: time.monotonic() > started + 0.3
        )
    assert time.monotonic() - started < 15  # And not for thirty seconds.
    assert host.call("pid", {}, int) == pid
    assert host.call("work", {"seconds": 0.1}, str) == "done"


def test_a_child_that_does_not_obey_is_killed(make_host: MakeHost) -> None:
    host = make_host(grace_s=0.3)
    pid = host.call("pid", {}, int)
    started = time.monotonic()
    with pytest.raises(Cancelled):
        host.call("hang", {}, None, cancelled=lambda: time.monotonic() > started + 0.2)
    assert time.monotonic() - started < 20  # It hangs for a minute.
    assert gone(pid)
    assert host.call("echo", {"text": "a"}, str) == "a"


def test_closing_the_stream_early_cancels_the_work(host: Host) -> None:
    pid = host.call("pid", {}, int)
    stream = host.stream("flood_of_partials", {"count": 100_000}, StageOutput)
    next(stream)
    stream.close()
    assert host.call("pid", {}, int) == pid


def test_an_error_of_the_consumer_frees_the_host(host: Host) -> None:
    def refuse(partial: object) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        host.call("flood_of_partials", {"count": 50}, None, None, refuse, partial_type=StageOutput)
    assert host.call("echo", {"text": "a"}, str) == "a"


def test_stray_prints_do_no_harm(host: Host) -> None:
    assert host.call("chatter", {}, str) == "fine"
    assert host.call("chatter", {}, str) == "fine"


@pytest.mark.parametrize(
    "data",
    [
        b"garbage that is no frame at all",
        b"\xff\xff\xff\xffhuge",
        struct.pack(">I", 5) + b"\x00\x01\x02\x03\x04",
        struct.pack(">I", 200_000) + b"\x91" * 200_000,
    ],
)
def test_garbage_is_an_engine_failure(host: Host, data: bytes) -> None:
    with impatient(host, 1.0), pytest.raises(EngineFailed):
        host.call("raw", {"data": data}, None)
    assert host.call("echo", {"text": "a"}, str) == "a"


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"transcript": {"language": 7, "segments": []}},
        {"transcript": {"language": "ko", "segments": [{"index": "0"}]}},
        {"__reduce__": ["os.system", "true"]},
    ],
)
def test_wrong_values_are_an_engine_failure(host: Host, value: object) -> None:
    with pytest.raises(EngineFailed, match="cannot be right"):
        host.call("wrong_value", {"data": msgspec.msgpack.encode(value)}, SpeechOutput)


def test_a_full_inbox_makes_the_child_wait(host: Host) -> None:
    count = 0
    for _ in host.stream("flood_of_partials", {"count": 200}, StageOutput):
        count += 1
        time.sleep(0.001)
    assert count == 200


def test_calls_of_several_threads_take_turns(host: Host) -> None:
    answers: queue.Queue[str] = queue.Queue()

    def ask(text: str) -> None:
        for _ in range(5):
            answers.put(host.call("echo", {"text": text}, str))

    threads = [threading.Thread(target=ask, args=(str(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    got = sorted(answers.get_nowait() for _ in range(30))
    assert got == sorted(str(n) for n in range(6) for _ in range(5))


def test_waiting_for_ones_turn_can_be_cancelled(host: Host) -> None:
    begun, enough = threading.Event(), threading.Event()
    ends: list[str] = []

    def work() -> None:
        try:
            host.call("work", {"seconds": 60.0}, str, lambda *_: begun.set(), None, enough.is_set)
        except Cancelled:
            ends.append("cancelled")

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(20)
    started = time.monotonic()
    with pytest.raises(Cancelled):
        host.call("echo", {"text": "a"}, str, cancelled=lambda: time.monotonic() > started + 0.2)
    # The other goes on, so nobody waited for it.
    assert ends == []
    enough.set()
    thread.join(20)
    assert ends == ["cancelled"]


def test_an_idle_child_is_let_go_and_comes_back(make_host: MakeHost) -> None:
    host = make_host(idle_s=0.4)
    pid = host.call("pid", {}, int)
    assert gone(pid)
    assert host.pid is None
    assert host.call("pid", {}, int) != pid


def test_the_child_outlives_the_thread_that_called_first(host: Host) -> None:
    pids: list[int] = []
    thread = threading.Thread(target=lambda: pids.append(host.call("pid", {}, int)))
    thread.start()
    thread.join()
    time.sleep(0.3)
    assert host.call("pid", {}, int) == pids[0]


def test_close_ends_a_running_call_and_everything_else(make_host: MakeHost) -> None:
    before = {thread.name for thread in threading.enumerate()}
    host = make_host()
    pid = host.call("pid", {}, int)
    errors: list[BaseException] = []
    begun = threading.Event()

    def work() -> None:
        try:
            host.call("work", {"seconds": 30.0}, str, lambda *_: begun.set())
        except EngineFailed as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(20)
    host.close()
    thread.join(20)
    assert not thread.is_alive()
    assert "was stopped" in str(errors[0])
    assert gone(pid)
    assert {thread.name for thread in threading.enumerate()} == before
    with pytest.raises(EngineFailed, match="closed"):
        host.call("pid", {}, int)
    host.close()


def test_no_descriptor_is_leaked(host: Host) -> None:
    host.call("pid", {}, int)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(4):
        with pytest.raises(EngineFailed):
            host.call("leave", {"code": 1}, None)
    host.call("pid", {}, int)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_background_children_are_nice_and_threads_are_bounded(make_host: MakeHost) -> None:
    host = make_host(background=True)
    assert host.call("nice", {}, int) > os.nice(0)
    assert host.call("environment", {"name": "OMP_NUM_THREADS"}, str) == "1"
    assert host.call("parents_signal", {}, int) == 1


@pytest.mark.parametrize("stopped", [False, True])
def test_the_child_dies_with_its_owner(stopped: bool) -> None:
    """Also where it cannot notice the end of its input by itself."""
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "from heimdex.hosts.client import Host\n"
            f"host = Host({COMMAND!r})\n"
            "print(host.call('pid', {}, int), flush=True)\n"
            "time.sleep(60)\n",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    if stopped:
        os.kill(pid, signal.SIGSTOP)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert gone(pid)


def test_a_dead_child_is_dead_whoever_else_asks(host: Host) -> None:
    """While one thread asked the system about a child, another one took it for alive."""
    pid = host.call("pid", {}, int)
    child = host._child
    assert child is not None
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            child.alive()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    told = [child.alive() for _ in range(200)]
    stop.set()
    for thread in threads:
        thread.join()
    assert not any(told)


def test_closing_while_the_first_call_starts_a_thread(
    make_host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`close` waited for a supervisor that was made but not started yet."""
    host = make_host()
    begun, ended = threading.Event(), []

    start = threading.Thread.start

    def slow(thread: threading.Thread) -> None:
        if thread.name.endswith("supervisor"):
            begun.set()
            time.sleep(0.2)
        start(thread)

    def call() -> None:
        try:
            host.call("echo", {"text": "x"}, str)
        except EngineFailed as error:
            ended.append(str(error))

    monkeypatch.setattr(threading.Thread, "start", slow)
    calling = threading.Thread(target=call)
    calling.start()
    assert begun.wait(5)
    host.close()
    calling.join(10)
    assert not calling.is_alive()
    assert len(ended) == 1
    assert host.pid is None
    assert not [t for t in threading.enumerate() if t.name.endswith("supervisor")]


def test_host_command_is_this_program(monkeypatch: pytest.MonkeyPatch) -> None:
    assert host_command("index")[0] == sys.executable
    assert host_command("index")[-4:] == ["-m", "heimdex", "--engine-host", "index"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert host_command("query") == [sys.executable, "--engine-host", "query"]


def test_threads_are_bounded_where_they_help() -> None:
    limits = thread_limits(3)
    assert limits["OMP_NUM_THREADS"] == "3"
    assert limits["OPENBLAS_NUM_THREADS"] == "1"


def test_exit_codes_are_told_in_words() -> None:
    assert "exit code 5" in describe_exit(5)
    assert "segmentation fault" in describe_exit(-signal.SIGSEGV)
    assert "0xc0000005" in describe_exit(0xC0000005)
    assert "crashed" in describe_exit(-200)
