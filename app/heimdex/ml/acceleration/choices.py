"""What was found quickest on this machine, kept beside the weights of each model.

Finding it out is left to `tuning`, opening it to `opening`.
"""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from heimdex.ml.store import FileRecord, ModelStore

FOLDER = "tuned"
"""Below a model's folder: the choice, and the files of the forms that were kept."""
_FILE = "choice.json"
_LAYOUT = 1


class Machine(msgspec.Struct, frozen=True):
    """What a choice depends on: on another processor another form may be quickest, or wrong."""

    processor: str
    threads: int
    runtimes: dict[str, str]


class Measured(msgspec.Struct, frozen=True):
    """One form of a network. `seconds`: one pass over the samples, best of some; `likeness` to the
    plain form; `refused`: why it is not used, "" where it could be."""

    form: str
    seconds: float
    likeness: float
    refused: str = ""


class Chosen(msgspec.Struct, frozen=True):
    """The form kept for one network. `files`: those it needs, by name, below the tuned folder."""

    form: str
    files: dict[str, FileRecord]
    measured: list[Measured]

    @property
    def ratio(self) -> float:
        """How many times quicker than the plain form."""
        seconds = {each.form: each.seconds for each in self.measured if not each.refused}
        plain = self.measured[0].seconds
        return plain / seconds[self.form] if self.form in seconds else 1.0


class Choice(msgspec.Struct, frozen=True):
    """All networks of a model, by their file."""

    layout: int
    machine: Machine
    graphs: dict[str, Chosen]


def this_machine(threads: int) -> Machine:
    """The machine that this process runs on."""
    runtimes = {}
    for name in ("onnxruntime", "openvino"):
        try:
            runtimes[name] = version(name)
        except PackageNotFoundError:
            continue
    return Machine(_processor(), threads, runtimes)


def is_of_this_processor(choice: Choice | None) -> bool:
    """Whether a choice was made on a processor like this one; a copied folder brings others."""
    return choice is not None and choice.machine.processor == _processor()


def folder(store: ModelStore, model_id: str) -> Path:
    """Where a model's choice and its files lie."""
    return store.folder(model_id) / FOLDER


def read(store: ModelStore, model_id: str) -> Choice | None:
    """The choice made for a model; None where there is none that this version understands."""
    try:
        choice = msgspec.json.decode((folder(store, model_id) / _FILE).read_bytes(), type=Choice)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return choice if choice.layout == _LAYOUT else None


def write(store: ModelStore, model_id: str, machine: Machine, graphs: dict[str, Chosen]) -> None:
    """Keep a choice, in one step."""
    target = folder(store, model_id) / _FILE
    draft = target.with_suffix(".part")
    document = msgspec.json.encode(Choice(_LAYOUT, machine, graphs))
    draft.write_bytes(msgspec.json.format(document))
    draft.replace(target)


def _processor() -> str:
    """The processor's own name, as far as the system tells it."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return os.environ.get("PROCESSOR_IDENTIFIER") or platform.processor() or platform.machine()
