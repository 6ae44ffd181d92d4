"""Why a model, or one of its published forms, cannot be used on this machine, and what helps.

What is installed, and whether it is whole, is the store's affair.
"""

import platform
import sys
from importlib.util import find_spec

from heimdex.ml.manifests import Form, Manifest


def locked(manifest: Manifest) -> str:
    """Why a model stays off while its gate is closed."""
    return (
        f"its licence ({manifest.licence}) does not allow every use, so it stays off until you say "
        f"that you hold a licence for yours: set {manifest.gate.upper()}=true"
    )


def of_form(form: Form) -> str:
    """Why a form cannot be installed on this machine, "" when it can."""
    if form.machines and platform.machine().lower() not in form.machines:
        return f"it is made for {' and '.join(form.machines)} processors"
    missing = [name for name in form.requires if not _importable(name)]
    if missing:
        package = "the package" if len(missing) == 1 else "the packages"
        return (
            f"it needs {package} {', '.join(missing)}, not installed here; "
            f"{adding('scripts/setup --torch')}"
        )
    return ""


def is_packaged() -> bool:
    """Whether this is the installed program, which has its own Python and takes in no packages."""
    return bool(getattr(sys, "frozen", False))


def adding(command: str) -> str:
    """How to get a package that is missing: the end of a sentence that says which one."""
    if is_packaged():
        return "the installed program cannot take it in, only a Heimdex that runs from its source"
    return f"run: {command}"


def _importable(name: str) -> bool:
    """Whether a top-level package could be imported; looked up, not imported."""
    return find_spec(name) is not None
