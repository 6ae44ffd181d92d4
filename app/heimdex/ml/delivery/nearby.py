"""Weights that are on this machine already because another program downloaded them.

Looks by name and size only; whoever takes a file from here compares every byte of it.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from heimdex.ml.delivery import hub
from heimdex.ml.manifests import Form, HubSource, ModelFile, UrlSource


def find(form: Form, file: ModelFile, sha256: str = "") -> list[Path]:
    """Files that may be the wanted one, the likeliest first. `sha256`: where it is known."""
    found: dict[Path, None] = {}
    for path in [*_in_hub_caches(form, file, sha256), *_in_other_caches(form, file)]:
        try:
            # A file that is known only by its commit has only about the size that is written down.
            if path.is_file() and (not file.sha256 or path.stat().st_size == file.size):
                found[path.resolve()] = None
        except OSError:
            continue  # An unreadable cache is no cache.
    return list(found)


def _in_hub_caches(form: Form, file: ModelFile, sha256: str) -> Iterator[Path]:
    """`models--OWNER--NAME/snapshots/COMMIT/FILE` points at `blobs/DIGEST`; the digest is the
    sha256 of large files. See huggingface_hub's guide to its cache."""
    for root in hub.caches():
        for source in form.sources:
            if not isinstance(source, HubSource) or not source.has(file.name):
                continue
            folder = root / f"models--{source.repo.replace('/', '--')}"
            member = source.files.get(file.name, file.name)
            commits = [source.revision]
            if file.sha256:
                # Whatever commit it came with: the sha256 decides.
                commits += _names(folder / "snapshots")
                yield folder / "blobs" / file.sha256
            for commit in commits:
                yield folder / "snapshots" / commit / member
        if digest := file.sha256 or sha256:
            # The same bytes may have come with a copy of the repository.
            for name in _names(root):
                if name.startswith("models--"):
                    yield root / name / "blobs" / digest


def _in_other_caches(form: Form, file: ModelFile) -> Iterator[Path]:
    """Flat folders of openai-whisper, CLIP and torch hub, where files keep their own names."""
    if not file.sha256:
        return
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").expanduser()
    torch = Path(os.environ.get("TORCH_HOME") or cache / "torch").expanduser()
    names = {file.name.rpartition("/")[2]}
    for source in form.sources:
        if isinstance(source, UrlSource) and source.has(file.name):
            names.add(unquote(urlsplit(source.files[file.name]).path).rpartition("/")[2])
    for folder in (cache / "whisper", cache / "clip", torch / "hub" / "checkpoints"):
        for name in sorted(names):
            yield folder / name


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []
