"""What this program is: its version, the commit it was built from, and what runs its models.

The version stands in one place, `heimdex.__version__`; packages carry a `build.json` beside their
resources, a checkout has its repository.
"""

import json
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from heimdex import __version__

RUNTIMES = ("onnxruntime", "openvino", "ctranslate2", "torch")


@dataclass(frozen=True, slots=True)
class Build:
    """`commit` is "" where nobody knows it; `flavour` says which package this is."""

    version: str
    commit: str
    built: str
    flavour: str


def this_build(shipped: Path) -> Build:
    """The build of the program that runs. `shipped`: the folder that holds its resources."""
    try:
        facts = json.loads((shipped / "build.json").read_text(encoding="utf-8"))
        return Build(__version__, facts["commit"], facts["built"], facts["flavour"])
    except (OSError, ValueError, KeyError):
        return Build(__version__, _commit(shipped), "", "checkout")


def runtimes() -> dict[str, str]:
    """The installed libraries that can run models, and their versions; none is imported."""
    found = {}
    for name in RUNTIMES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def described(shipped: Path) -> str:
    """One line: version, commit, what runs the models, Python."""
    build = this_build(shipped)
    commit = f" ({build.commit[:12]})" if build.commit else ""
    with_ = ", ".join(f"{name} {number}" for name, number in runtimes().items())
    return (
        f"heimdex {build.version}{commit}, {build.flavour}; {with_ or 'no runtime'}; "
        f"Python {platform.python_version()} on {sys.platform}"
    )


def _commit(root: Path) -> str:
    """What HEAD of a checkout points to, read from its files: git need not be installed."""
    git = root / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        loose = git / name
        if loose.exists():
            return loose.read_text(encoding="ascii").strip()
        for line in (git / "packed-refs").read_text(encoding="ascii").splitlines():
            commit, _, ref = line.partition(" ")
            if ref == name:
                return commit
    except (OSError, UnicodeDecodeError):
        pass
    return ""
