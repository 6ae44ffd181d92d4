"""Lets ways of doing the same work take turns, each in a process of its own.

So whatever else the machine does meets all alike, and each has its own peak of memory. What the
work is, is left to the modules of the families.
"""

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import EngineFailed
from heimdex.ml.runtime import prepare_process

Work = Callable[[int], NDArray[Any]]
"""Does one part of the work, by number, and gives what came out."""


@dataclass(frozen=True, slots=True)
class Way:
    """`make` is `module:function`; called with `arguments` in the child, it gives the `Work`."""

    make: str
    arguments: Mapping[str, Any]


@dataclass(slots=True)
class Taken:
    """What one way took: processor seconds of all parts (best of the rounds), peak MB, results."""

    seconds: float = 0.0
    megabytes: float = 0.0
    results: list[NDArray[Any]] = field(default_factory=list)


def measure(
    ways: tuple[Way, ...], parts: int, rounds: int, threads: int, scratch: Path
) -> list[Taken]:
    """Run every part both ways, one after the other, `rounds` times after a round to warm up.

    `EngineFailed` when a child dies, with what it wrote last.
    """
    children = [_Child(way, threads, scratch / f"way-{at}") for at, way in enumerate(ways)]
    try:
        best = [[float("inf")] * parts for _ in children]
        for round_ in range(rounds + 1):
            for part in range(parts):
                for at, child in enumerate(children):
                    seconds = child.ask(part)
                    if round_:
                        best[at][part] = min(best[at][part], seconds)
        return [
            Taken(sum(times), child.end(), child.results(parts))
            for times, child in zip(best, children, strict=True)
        ]
    finally:
        for child in children:
            child.close()


class _Child:
    def __init__(self, way: Way, threads: int, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        arguments = [way.make, json.dumps(dict(way.arguments)), str(threads), str(folder)]
        with (folder / "errors.txt").open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "heimdex.ml.benchmarks.turns", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def ask(self, part: int) -> float:
        """Seconds that one part took."""
        return self._say(str(part))

    def end(self) -> float:
        """Peak of memory in MB."""
        return self._say("end")

    def results(self, parts: int) -> list[NDArray[Any]]:
        return [np.load(self._folder / f"{part}.npy") for part in range(parts)]

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _say(self, line: str) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            said = (self._folder / "errors.txt").read_text(errors="replace").strip()[-2000:]
            raise EngineFailed(f"A measured process ended early: {said}")
        return float(answer)


def peak_megabytes() -> float:
    """The most memory that this process ever had, in MB; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0.0
    if (status := Path("/proc/self/status")).exists():
        # What getrusage says begins with the peak of the process that started this one.
        lines = status.read_text().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e3
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def _serve(make: str, arguments: str, threads: str, folder: str) -> None:
    prepare_process(int(threads))
    module, _, function = make.partition(":")
    # What libraries print must not be taken for an answer.
    answers, sys.stdout = sys.stdout, sys.stderr
    work: Work = getattr(importlib.import_module(module), function)(**json.loads(arguments))
    for line in sys.stdin:
        if line.strip() == "end":
            print(peak_megabytes(), file=answers, flush=True)
            break
        began = time.process_time()
        result = work(int(line))
        seconds = time.process_time() - began
        np.save(Path(folder) / f"{int(line)}.npy", result)
        print(seconds, file=answers, flush=True)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
