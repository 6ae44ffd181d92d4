"""What an installation writes down beside the weights, so that damage is noticed afterwards.

Comparing it with the files is the store's affair, writing it the installation's.
"""

import hashlib
import os
from pathlib import Path

import msgspec

from heimdex.ml.manifests import Manifest

RECEIPT = "installed.json"


class FileRecord(msgspec.Struct, frozen=True):
    """One installed file as it was when it was found whole.

    `ctime_ns` is there because a program can set `mtime_ns` back, but not the other; -1 where it
    is not known.
    """

    sha256: str
    size: int
    mtime_ns: int
    ctime_ns: int = -1

    def fits(self, stat: os.stat_result) -> bool:
        """Whether the file was left alone since."""
        return self.mtime_ns == stat.st_mtime_ns and self.ctime_ns in (-1, stat.st_ctime_ns)


class Receipt(msgspec.Struct, frozen=True):
    """Without it nothing counts as installed. `source` says where the files came from, `form` which
    published form they are, `recipe` what made the rest of them. `spent` are published files from
    which the rest was made, and which a package left out because nothing reads them again.
    `remade` are those that a package stores smaller, as the same numbers that the engine would
    make of them."""

    id: str
    revision: str
    recipe: str
    source: str
    files: dict[str, FileRecord]
    form: str = ""
    spent: list[str] = []
    remade: list[str] = []


def record(path: Path, sha256: str = "") -> FileRecord:
    """A file as it is now; `sha256` where it was computed already."""
    if not sha256:
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    stat = path.stat()
    return FileRecord(sha256, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


def write(receipt: Receipt, folder: Path) -> None:
    """Put a receipt into a model's folder in one step. Raises OSError."""
    draft = folder / f"{RECEIPT}.{os.getpid()}"
    try:
        with draft.open("wb") as out:
            out.write(msgspec.json.format(msgspec.json.encode(receipt)))
            out.flush()
            os.fsync(out.fileno())
        draft.replace(folder / RECEIPT)
    finally:
        draft.unlink(missing_ok=True)


def outdated(manifest: Manifest, receipt: Receipt) -> str:
    """In what a receipt speaks of something else than the manifest; "" when in nothing."""
    if receipt.id != manifest.id or receipt.revision != manifest.revision:
        return f"another revision ({receipt.revision}) is installed"
    form = {form.name: form for form in manifest.all_forms}.get(receipt.form)
    if form is None:
        return f"the form {receipt.form} is not used any more"
    outputs = form.convert.outputs if form.convert else []
    if receipt.recipe != (form.convert.recipe if form.convert else ""):
        return "it was prepared by another version of Heimdex"
    for file in form.files:
        known = receipt.files.get(file.name)
        if known is None and (file.optional or (form.convert and file.name in receipt.spent)):
            continue
        # A file with a pin counts with the digest that was written down when it was accepted, and
        # one that a package stores smaller with that of its own.
        pinned = file.sha256 and file.name not in receipt.remade
        if known is None or (pinned and known.sha256 != file.sha256):
            return f"{file.name} is of another version"
    if missing := set(outputs) - set(receipt.files):
        return f"{', '.join(sorted(missing))} was not prepared"
    return ""
