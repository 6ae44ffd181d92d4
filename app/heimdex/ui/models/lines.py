"""What the models' page shows: sets and single models, with sizes, terms and how they stand.

Reads manifests and receipts only; drawing them is `cards`' work.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale

from heimdex.config.settings import ENVIRONMENT, Settings
from heimdex.domain.errors import UserError
from heimdex.ui.complaints import told

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.ml.manifests import Manifest
    from heimdex.ml.store import ModelStore

_ORDER = ("speech", "text", "vision", "face_detector", "face_embedder", "ocr", "voice")


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model. `about` and `caveat` are in the window's language; sizes in bytes.

    `used` is in force now, `next` from the next start on. `setting` chooses it, "" where nothing is
    to be chosen. `own` models come from the person's files only; `locked` ones cannot be used here,
    those with a `gate` not until that variable is set.
    """

    id: str
    family: str
    title: str
    licence: str
    commercial: bool
    ask_first: bool
    about: str
    caveat: str
    installed: bool
    carried: bool
    reason: str
    download: int
    disk: int
    setting: str
    used: bool
    next: bool
    own: bool
    locked: bool
    gate: str


@dataclass(frozen=True, slots=True)
class SetLine:
    """One set. `download` is what is still to come, `disk` what all of it takes; `choices` are the
    settings that use it."""

    tier: str
    ids: tuple[str, ...]
    download: int
    disk: int
    installed: bool
    used: bool
    next: bool
    licences: tuple[str, ...]
    commercial: bool
    ask_first: bool
    caveats: tuple[str, ...]
    choices: dict[str, str]


@dataclass(frozen=True, slots=True)
class ModelsView:
    """Everything at one moment. `free` bytes are left where `folder` is."""

    sets: tuple[SetLine, ...]
    models: tuple[ModelLine, ...]
    free: int
    folder: Path
    problem: str = ""


def read_models(library: "Library", korean: bool) -> ModelsView:
    """Look at what is installed and chosen now."""
    from heimdex.ml import factory
    from heimdex.ml.delivery.parts import free_bytes

    store = library.models
    store.refresh()
    used = factory.used(library.settings, store)
    problem = ""
    try:
        coming = factory.used(Settings.load(library.directories.home), store)
    except UserError as error:
        coming, problem = used, told(str(error))
    models = [
        _line(store, manifest, used, coming, korean)
        for manifest in store.manifests.values()
        if not manifest.component
    ]
    models.sort(key=lambda line: _ORDER.index(line.family) if line.family in _ORDER else 99)
    by_id = {line.id: line for line in models}
    sets = [
        _set(store, str(tier), ids, by_id, used, coming, korean)
        for tier, ids in store.sets().items()
    ]
    return ModelsView(
        tuple(sets), tuple(models), free_bytes(store.models_dir), store.models_dir, problem
    )


def choose(home: Path, choices: dict[str, str]) -> str:
    """Write which models to use; gives the environment variable that overrules it, or ""."""
    Settings.change(home, dict(choices))
    settings = Settings.load(home)
    for setting, value in choices.items():
        if getattr(settings, setting) != value:
            return ENVIRONMENT[setting]
    return ""


def vision_note(library: "Library") -> str:
    """What the manifest of the vision model in use says of its limits, in the window's language."""
    from heimdex.ml import factory
    from heimdex.ml.manifests import Family

    chosen = factory.chosen(library.settings, library.models)
    note = library.models.manifest(chosen[Family.VISION]).note
    if note is None:
        return ""
    return note.ko if speaks_korean() else note.en


def speaks_korean() -> bool:
    """Whether the window does."""
    return QLocale().language() == QLocale.Language.Korean


def _line(
    store: "ModelStore", manifest: "Manifest", used: set[str], coming: set[str], korean: bool
) -> ModelLine:
    from heimdex.ml import factory
    from heimdex.ml.store import State

    status = store.status(manifest.id)
    installed = status.state is State.INSTALLED
    note = manifest.note
    return ModelLine(
        id=manifest.id,
        family=str(manifest.family),
        title=manifest.title,
        licence=manifest.licence,
        commercial=manifest.commercial_use,
        ask_first=manifest.ask_first,
        about="" if note is None else note.ko if korean else note.en,
        caveat=_caveat(manifest, korean),
        installed=installed,
        # It lies inside a package: nothing to download and nothing to remove.
        carried=installed and status.size == 0,
        reason=status.reason,
        download=manifest.download_size,
        disk=status.size or manifest.disk_size,
        setting=factory.setting(manifest.family),
        used=manifest.id in used,
        next=manifest.id in coming,
        own=all(form.own for form in manifest.all_forms),
        locked=status.state in (State.LOCKED, State.UNSUPPORTED),
        gate=ENVIRONMENT[manifest.gate] if status.state is State.LOCKED else "",
    )


def _set(
    store: "ModelStore",
    tier: str,
    ids: Iterable[str],
    lines: dict[str, ModelLine],
    used: set[str],
    coming: set[str],
    korean: bool,
) -> SetLine:
    from heimdex.ml import factory

    members: dict[str, Manifest] = {}

    def take(model_id: str) -> None:
        manifest = store.manifest(model_id)
        for needed in manifest.needs:
            take(needed)
        members.setdefault(model_id, manifest)

    for model_id in ids:
        take(model_id)
    missing = [m for m in members.values() if not store.is_installed(m.id)]
    main: dict[str, str] = {}
    for manifest in members.values():
        setting = factory.setting(manifest.family)
        own = tier in manifest.sets and not manifest.alternative and not manifest.component
        if setting and own:
            main.setdefault(setting, manifest.id)
    caveats = [f"{m.title}: {_caveat(m, korean)}" for m in members.values() if _caveat(m, korean)]
    return SetLine(
        tier=tier,
        ids=tuple(members),
        download=sum(manifest.download_size for manifest in missing),
        disk=sum(manifest.disk_size for manifest in members.values()),
        installed=not missing,
        used=set(main.values()) <= used,
        next=set(main.values()) <= coming,
        licences=tuple(dict.fromkeys(manifest.licence for manifest in members.values())),
        commercial=all(manifest.commercial_use for manifest in members.values()),
        # What only comes along is not used unless a person chooses it, and then says it itself.
        ask_first=any(m.ask_first and not m.alternative for m in members.values()),
        caveats=tuple(caveats),
        choices=main,
    )


def _caveat(manifest: "Manifest", korean: bool) -> str:
    return (manifest.caveat_ko if korean else "") or manifest.caveat
