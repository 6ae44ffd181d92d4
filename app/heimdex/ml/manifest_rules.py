"""What must be true of a manifest beside the types of its keys.

Reading manifests is left to `manifests`.
"""

from pathlib import PurePosixPath

from heimdex.domain.errors import UserError
from heimdex.ml.manifests import GATES, Form, HubSource, Manifest, Pin, WheelSource

_HEX = frozenset("0123456789abcdef")
FORMATS = (
    ".onnx", ".onnx_data", ".data", ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".npz", ".lz4",
    ".json", ".txt", ".gz", ".model", ".spm", ".yml", ".yaml", ".tsv", ".xml", ".md",
)  # fmt: skip
"""Endings of files that may belong to a model: graphs, tensors, word lists. Nothing that runs."""


def check(manifest: Manifest, name: str) -> None:
    """What types alone cannot say; a path that leaves its folder would write elsewhere.

    `name` is that of the manifest's file, in which `UserError` says what is wrong.
    """
    problems = []
    if manifest.id != name.rpartition(".")[0]:
        problems.append(f"its id is {manifest.id}")
    if not inside(manifest.folder):
        problems.append(f"the path {manifest.folder!r} is not inside its folder")
    if manifest.gate and manifest.gate not in GATES:
        problems.append(f"there is no gate {manifest.gate}")
    names = [form.name for form in manifest.all_forms]
    if len(set(names)) != len(names):
        problems.append("two of its forms have the same name")
    for form in manifest.all_forms:
        problems += _problems(form)
    if problems:
        raise UserError(f"The model description {name} is wrong: {'; '.join(problems)}.")


def inside(name: str) -> bool:
    """Whether a relative path stays in its folder, on every system."""
    parts = PurePosixPath(name).parts
    odd = {"..", "."} & set(parts) or any(":" in part for part in parts) or "\\" in name
    return bool(parts) and not odd and not PurePosixPath(name).is_absolute()


def _problems(form: Form) -> list[str]:
    problems = []
    names = {file.name for file in form.files}
    outputs = form.convert.outputs if form.convert else []
    problems += [
        f"the path {n!r} is not inside its folder" for n in (*names, *outputs) if not inside(n)
    ]
    if not form.files or len(names) != len(form.files):
        problems.append("it names no files, or one twice")
    for file in form.files:
        if not file.name.lower().endswith(FORMATS):
            problems.append(f"{file.name} is of a kind that is never opened")
        if file.size <= 0:
            problems.append(f"the size of {file.name} is not one")
        if file.pin is None and (len(file.sha256) != 64 or set(file.sha256) - _HEX):
            problems.append(f"the sha256 of {file.name} is not one")
        if file.pin is not None and file.sha256:
            problems.append(f"{file.name} needs no pin beside its sha256")
        brought = form.own or file.pin is Pin.OWN
        if not brought and not any(source.has(file.name) for source in form.sources):
            problems.append(f"no source has {file.name}")
        if file.pin is Pin.HUB:
            hubs = [s for s in form.sources if isinstance(s, HubSource) and s.has(file.name)]
            if not hubs or any(len(s.revision) != 40 or set(s.revision) - _HEX for s in hubs):
                problems.append(f"{file.name} needs a hub source with a commit of 40 hex digits")
    for source in form.sources:
        spoken = set(source.files) | set(source.only if isinstance(source, HubSource) else [])
        if unknown := spoken - names:
            problems.append(f"a source speaks of {', '.join(sorted(unknown))}")
        if isinstance(source, WheelSource):
            pins = {part.package for parts in source.files.values() for part in parts}
            problems.extend(f"{pin} is not pinned" for pin in sorted(pins) if "==" not in pin)
    return problems
