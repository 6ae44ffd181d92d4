"""Writes docs/licences.md: the licence of every package and model that Heimdex runs with.

Read from the metadata of the installed packages and from the models' manifests; what the terms mean
is left to the reader. `--check` only says whether the page is up to date.

    .venv/bin/python scripts/licences.py
"""

import argparse
import re
import sys
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import cast

from heimdex.ml import manifests

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"
LOCK = ROOT / "requirements" / "app.txt"

_SHORT = {
    "apache software license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache-2.0 license": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "mit license": "MIT",
    "the mit license (mit)": "MIT",
    "bsd license": "BSD",
    "bsd 3-clause license": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "isc license": "ISC",
    "apache license version 2.0": "Apache-2.0",
    "python software foundation license": "PSF-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
}

_HEAD = """\
# Licences

Made by `scripts/licences.py` out of the installed packages and the models' manifests; do not edit.

Heimdex itself is under the Apache License 2.0 (see `LICENSE`). What it runs with keeps its own
terms. Nothing here is changed, and Qt is used as a library of its own that can be exchanged, as the
LGPL asks. Wheels carry libraries of their own; their notices are inside the wheels.

Two things to know before passing Heimdex on:

- PyAV's wheels, which a checkout installs from the registry, carry an FFmpeg with x264 and x265
  under the GPL. Intel's library for matrices, which is inside CTranslate2's wheels for Linux and
  Windows, may be passed on, but its terms do not go with the GPL's. So the packages hold neither
  x264 nor x265: PyAV is built there on the same version of FFmpeg under the LGPL 2.1
  (`installer/ffmpeg.py`), and the notices refuse to be written where a GPL library was frozen.
  Heimdex only decodes and repacks, for which nothing is lost.
- Whoever passes a package on passes Qt and FFmpeg on under the LGPL. Both are libraries of their
  own that can be exchanged; the notices inside say which versions, how FFmpeg was built, and
  where the sources are.
"""


def main() -> int:
    """Write the page, or compare it. Exit code 1: it is not up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    page = "\n".join([_HEAD, *packages(), "", *models()]) + "\n"
    if parser.parse_args().check:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page else 1
    PAGE.write_text(page, encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written.")
    return 0


def packages() -> list[str]:
    """The table of the packages in the lock file that this system has."""
    lines = ["## Packages", "", "| package | licence | from |", "|---|---|---|"]
    seen = set()
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith((" ", "#")):
            continue
        name, _, marker = line.partition("==")
        if name in seen:  # Another version for another Python.
            continue
        seen.add(name)
        try:
            about = cast(Message, metadata(name))
        except PackageNotFoundError:
            other = marker.partition(";")[2].strip() or "not installed here"
            lines.append(f"| {name} | (on other systems: `{other}`) | |")
            continue
        lines.append(f"| {name} | {licence(about)} | {home(about)} |")
    return lines


def licence(about: Message) -> str:
    """The SPDX expression if the package gives one, else the shortest that it says."""
    expression = about.get("License-Expression")
    if expression:
        return expression.strip()
    classified = [
        value.rpartition("::")[2].strip()
        for value in about.get_all("Classifier", [])
        if value.startswith("License ::")
    ]
    named = [c for c in classified if c != "OSI Approved"]
    text = (about.get("License") or "").strip()
    first = text.splitlines()[0].strip() if text else ""
    said = first if first and len(first) < 60 else ", ".join(named) or first[:60] or "not said"
    return _SHORT.get(said.lower(), said).replace("|", "/")


def home(about: Message) -> str:
    """Where the package is at home."""
    if page := about.get("Home-page"):
        return page.strip()
    links: dict[str, str] = {}
    for link in about.get_all("Project-URL", []):
        label, _, target = link.partition(",")
        links[re.sub(r"[^a-z]", "", label.lower())] = target.strip()
    for label in ("homepage", "repository", "source", "sourcecode", "github", "documentation"):
        if label in links:
            return links[label]
    return next(iter(links.values()), "")


def models() -> list[str]:
    """The table of all models, whether they are installed or not."""
    lines = [
        "## Models",
        "",
        "| model | set | licence | commercial use | from |",
        "|---|---|---|---|---|",
    ]
    notes = []
    for model in manifests.load(ROOT / "models").values():
        use = "ask first" if model.ask_first else "free" if model.commercial_use else "**no**"
        sets = ", ".join(model.sets) or "–"
        terms = f"[{model.licence}]({model.licence_url})"
        lines.append(
            f"| {model.title} (`{model.id}`) | {sets} | {terms} | {use} | {model.origin} |"
        )
        if model.caveat:
            notes.append(f"- {model.title}: {model.caveat}")
    return [*lines, "", *notes] if notes else lines


if __name__ == "__main__":
    sys.exit(main())
