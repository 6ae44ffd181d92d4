"""Why a model, or one of its published forms, cannot be used on this machine.

What is installed, and whether it is whole, is the store's affair.
"""

import platform
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
            f"it needs {package} {', '.join(missing)}, not installed here (docs/using.md, "
            "“The reference engines”, says how)"
        )
    return ""


def _importable(name: str) -> bool:
    """Whether a top-level package could be imported; looked up, not imported."""
    return find_spec(name) is not None
