"""Models that no manifest describes: a person's folder with a small `model.toml` becomes one.

Copying its files is `adding`'s work; what an engine makes of them, the engine's.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from heimdex.domain.errors import UserError
from heimdex.ml import encoder_folder, manifest_rules, manifests
from heimdex.ml.manifest_rules import FORMATS
from heimdex.ml.manifests import OWN_FOLDER, Family, Manifest
from heimdex.ml.store import ModelStore

DESCRIPTION = "model.toml"
_SAYS = frozenset(
    "family engine title revision licence licence_url commercial_use caveat caveat_ko origin dims "
    "preprocessing thresholds lengths note".split()
)
"""What a person's description may say."""


def describe(model_id: str, path: Path, store: ModelStore) -> Manifest:
    """The manifest that a folder's `model.toml` makes; what it leaves out is filled in: every file
    beside it belongs to the model, and its licence is unknown, so not for commercial use.

    `UserError` when there is no such file, or it is wrong.
    """
    if not path.is_dir() or not (path / DESCRIPTION).is_file():
        known = ", ".join(store.manifests)
        raise UserError(
            f"There is no model called {model_id}; there are: {known}. A model of your own needs a "
            f"folder with a {DESCRIPTION} in it (models/README.md says how)."
        )
    if not manifest_rules.inside(model_id) or "/" in model_id or not model_id.isascii():
        raise UserError(f"{model_id!r} cannot be the name of a model; use letters and digits.")
    try:
        said: dict[str, Any] = msgspec.toml.decode((path / DESCRIPTION).read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path / DESCRIPTION} cannot be read: {error}.") from error
    files = [
        {"name": found.relative_to(path).as_posix(), "size": found.stat().st_size, "pin": "own"}
        for found in sorted(path.rglob("*"))
        if found.is_file() and found.name.lower().endswith(FORMATS)
    ]
    if strange := set(said) - _SAYS:
        raise UserError(
            f"{path / DESCRIPTION} says {', '.join(sorted(strange))}; it may say only "
            f"{', '.join(sorted(_SAYS))}."
        )
    filled = {
        "family": "vision",
        "title": model_id,
        "revision": "",
        "licence": "LicenseRef-unknown",
        "licence_url": "",
        "commercial_use": False,
        "files": files,
        "origin": "your own files",
    }
    # Where it lies and where it comes from is not for the folder to say.
    forced = {"id": model_id, "folder": f"{OWN_FOLDER}/{model_id}"}
    try:
        manifest = msgspec.convert(filled | said | forced, Manifest)
    except msgspec.ValidationError as error:
        raise UserError(f"{path / DESCRIPTION} is wrong: {error}.") from error
    manifest_rules.check(manifest, f"{model_id}.json")
    if manifest.family is Family.VISION and manifest.engine in ("", encoder_folder.ENGINE):
        manifest = msgspec.structs.replace(manifest, engine=encoder_folder.ENGINE)
        encoder_folder.check(manifest, path)
    return manifest


def pinned(manifest: Manifest, digests: Mapping[str, str]) -> Manifest:
    """The manifest with the sha256 of what was accepted: from now on only these bytes count, and
    other ones are another space."""
    files = [
        msgspec.structs.replace(file, sha256=digests[file.name], pin=None)
        for file in manifest.files
        if file.name in digests
    ]
    every = "".join(digests[name] for name in sorted(digests))
    revision = manifest.revision or hashlib.sha256(every.encode()).hexdigest()[:8]
    return msgspec.structs.replace(manifest, files=files, revision=revision)


def remember(manifest: Manifest, store: ModelStore) -> None:
    """Write the manifest beside the weights, where it is found from now on."""
    folder = store.models_dir / OWN_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{manifest.id}.json.new"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    draft.replace(folder / f"{manifest.id}.json")
    store.manifests[manifest.id] = manifest


def forget(manifest: Manifest, store: ModelStore) -> None:
    """Delete the description of a model of the person's own; any other is left alone."""
    if manifests.is_own(manifest):
        (store.models_dir / OWN_FOLDER / f"{manifest.id}.json").unlink(missing_ok=True)
        del store.manifests[manifest.id]
