"""Writes the third-party notices of what is really frozen, and refuses what must not be there.

Called by the PyInstaller spec with the files it collected. What the terms mean is left to the
reader; docs/licences.md is the short table.
"""

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

import ffmpeg

RULE = "=" * 78

QT = """\
Heimdex uses Qt 6 and Qt for Python (PySide6, shiboken6) under the GNU Lesser General Public License
version 3. They are separate shared libraries in the folder `lib/PySide6`, unchanged; you may
exchange them for your own builds of the same version. Their source is at https://download.qt.io and
https://code.qt.io/cgit/pyside/pyside-setup.git, under the version named below. Nothing in
Heimdex's licence forbids to reverse engineer it in order to debug such a change."""

FFMPEG = """\
Heimdex reads videos with FFmpeg, under the GNU Lesser General Public License version 2.1 or later,
as shared libraries (libavcodec.so.62 and its like, in `lib`) that you may exchange for your own
builds of the same version. Nothing of FFmpeg was changed, and nothing under the GPL was built in.
Its source is {address},
sha256 {sha256}; it was configured with
{choice}.
Qt's media player has an FFmpeg of its own, also under the LGPL 2.1, in `lib/PySide6`; its source
and how it was built: https://code.qt.io/cgit/qt/qtmultimedia.git."""

INTEL = """\
CTranslate2 holds Intel's oneAPI Math Kernel Library, Copyright (C) Intel Corporation, under the
Intel Simplified Software License (https://www.intel.com/content/www/us/en/developer/articles/\
license/onemkl-license-faq.html). It may be passed on unchanged, with this notice, and comes without
warranty."""

FORBIDDEN = ("torch", "tensorflow", "nvidia")
"""Packages whose presence means that the recipe went wrong: the package for processors has none."""

GPL = ("x264", "x265", "libreadline")
"""Libraries whose terms the rest of the package cannot keep; `ffmpeg.py` leaves them out."""


def write(
    collected: Iterable[str], target: Path, manifests: Path, terms: Iterable[Path] = ()
) -> None:
    """Write one file with the terms of Python, Qt, FFmpeg, every collected package and the models.

    `collected`: paths of files that are frozen; `terms`: licence texts to put in as they are.
    RuntimeError when one is of a forbidden package or
    library.
    """
    collected = list(collected)
    if wrong := sorted({name for name in GPL for path in collected if name in Path(path).name}):
        raise RuntimeError(f"{', '.join(wrong)} must not be in this package: it is under the GPL")
    found = _packages({str(Path(path).resolve()) for path in collected if path})
    names = {name.lower() for name in found}
    if wrong := [name for name in FORBIDDEN if name in names]:
        raise RuntimeError(f"{', '.join(wrong)} must not be in this package")
    parts = [
        "Third-party software in this copy of Heimdex",
        f"Heimdex is under the Apache License 2.0, see LICENSE.\n\n{QT}\n\n{_ffmpeg()}\n\n{INTEL}",
        f"Python {sys.version.split()[0]}\nPython Software Foundation License, https://docs.python.org/3/license.html",
        *(path.read_text(encoding="utf-8") for path in terms),
        *(_notice(name, found[name]) for name in sorted(found, key=str.lower)),
        *_of_the_system(collected),
        *_models(manifests),
    ]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"\n\n{RULE}\n".join(parts) + "\n", encoding="utf-8")


def _ffmpeg() -> str:
    """What was built, as the recipe for it says."""
    choice = textwrap.fill(" ".join(ffmpeg.CHOICE), 100, break_on_hyphens=False)
    return FFMPEG.format(address=ffmpeg.ADDRESS, sha256=ffmpeg.SHA256, choice=choice)


def _packages(files: set[str]) -> dict[str, Distribution]:
    """The installed distributions that own any of the files."""
    owners: dict[str, Distribution] = {}
    for distribution in distributions():
        name = distribution.metadata["Name"]
        if not name or name.lower() in ("heimdex", "pyinstaller"):
            continue
        # Resolved once a package; a file of its own that is a link does not matter here.
        root = str(Path(str(distribution.locate_file(""))).resolve())
        if any(os.path.normpath(f"{root}/{file}") in files for file in distribution.files or ()):
            owners[name] = distribution
    return owners


def _of_the_system(collected: Iterable[str]) -> list[str]:
    """What Debian says of the packages of its own whose libraries were frozen; elsewhere nothing
    of the system is."""
    if shutil.which("dpkg-query") is None:
        return []
    owners = set()
    for path in {Path(path).resolve() for path in collected if path.startswith(("/usr/", "/lib/"))}:
        # Half of Debian's packages still name the place from before /lib went into /usr.
        for name in (str(path), str(path).removeprefix("/usr")):
            asked = ("dpkg-query", "-S", name)
            said = subprocess.run(asked, capture_output=True, text=True, check=False)
            if said.returncode == 0:
                owners.add(said.stdout.partition(":")[0])
                break
    texts = []
    for owner in sorted(owners):
        page = Path("/usr/share/doc") / owner / "copyright"
        texts.append(
            f"{owner} (of the system that built this)\n\n{page.read_text(encoding='utf-8')}"
        )
    return texts


def _notice(name: str, distribution: Distribution) -> str:
    about = distribution.metadata
    said = about.get("License-Expression") or about.get("License") or ""
    if len(said) > 100:  # Some put the whole text there.
        said = said.splitlines()[0]
    head = f"{name} {distribution.version}\n{said}".strip()
    texts = []
    for file in distribution.files or ():
        stem = file.name.upper()
        if ".dist-info" in str(file) and stem.startswith(("LICEN", "COPYING", "NOTICE", "AUTHORS")):
            path = Path(str(distribution.locate_file(file)))
            if path.is_file():
                texts.append(path.read_text(encoding="utf-8", errors="replace").strip())
    return "\n\n".join([head, *texts])


def _models(manifests: Path) -> list[str]:
    import tomllib

    notices = []
    for path in sorted(manifests.glob("*.toml")):
        model = tomllib.loads(path.read_text(encoding="utf-8"))
        if "starter" in (model.get("tier"), *model.get("sets", [])):
            said = f"{model['title']} (model)\n{model['licence']}, {model['licence_url']}"
            notices.append(
                "\n".join(filter(None, [said, model.get("origin"), model.get("caveat")]))
            )
    return notices
