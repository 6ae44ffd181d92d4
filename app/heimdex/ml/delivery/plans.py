"""What an installation asks a person before it begins, and tells while it runs.

Doing it is left to `installation` and `adding`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from heimdex.ml.manifests import Manifest


@dataclass(frozen=True, slots=True)
class PlannedModel:
    """One model that an installation would bring; sizes in bytes."""

    manifest: Manifest
    form: str
    download: int
    disk: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person is asked before anything is downloaded; sizes in bytes."""

    models: tuple[PlannedModel, ...]
    download: int
    disk: int
    free: int


class Step(StrEnum):
    """Where an installation stands."""

    WAITING = "waiting for another installation"
    DOWNLOADING = "downloading"
    CHECKING = "checking"
    CONVERTING = "preparing"
    TUNING = "finding the quickest form"
    DONE = "installed"


@dataclass(frozen=True, slots=True)
class InstallProgress:
    """`done` of `total` bytes of this model; `all_done` of `all_total` of everything that was
    asked for, whose files arrive together. `detail` is for the log, often ""."""

    model_id: str
    step: Step
    done: int
    total: int
    detail: str = ""
    all_done: int = 0
    all_total: int = 0


Ask = Callable[[Plan], bool]
Report = Callable[[InstallProgress], None]
