"""Builds what people install: freezes Heimdex and packs it for the system this runs on.

    python installer/build.py            freeze, test the result, pack it
    python installer/build.py freeze     only the folder build/dist/heimdex
    python installer/build.py pack       only the packages, from a folder that is there

Needs Python 3.11 or newer and the package registry; makes an environment of its own in `build/`,
with exactly what requirements/app.txt names, so that nothing of a developer's can slip in. Standard
library only. What was run where, and what was not, says installer/README.md.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
VENV = BUILD / "venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
WEIGHTS = BUILD / "models"
DIST = BUILD / "dist"
FROZEN = DIST / ("Heimdex.app" if sys.platform == "darwin" else "heimdex")
PACKAGES = BUILD / "packages"
REQUIREMENTS = ROOT / "requirements"
FFMPEG = BUILD / "built" / "ffmpeg"
OF_THE_DESKTOP = ("libwayland-egl.so.1",)
"""Libraries that only a desktop of that kind has and needs."""


def main() -> int:
    """Do the steps; exit code 1 when one fails."""
    parser = argparse.ArgumentParser(prog="installer/build.py", description=__doc__.splitlines()[0])
    parser.add_argument("step", nargs="?", choices=("all", "freeze", "test", "pack"), default="all")
    parser.add_argument("--skip-test", action="store_true", help="do not run the frozen self-test")
    options = parser.parse_args()
    try:
        if options.step in ("all", "freeze"):
            make_environment()
            bring_models()
            freeze()
        if options.step in ("all", "test") and not options.skip_test:
            test()
        if options.step in ("all", "pack"):
            pack()
    except subprocess.CalledProcessError as error:
        print(f"build: {' '.join(map(str, error.cmd))} failed.", file=sys.stderr)
        return 1
    report_sizes()
    return 0


def version() -> str:
    """From the one place where it stands."""
    text = (ROOT / "app" / "heimdex" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    assert found, "no version"
    return found[1]


def make_environment() -> None:
    """A fresh environment with the locked packages and PyInstaller, no torch."""
    say("making the build environment")
    shutil.rmtree(VENV, ignore_errors=True)
    run(sys.executable, "-m", "venv", VENV)
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check")
    run(*pip, "-r", REQUIREMENTS / "app.txt", "-r", REQUIREMENTS / "build.txt")
    run(*pip, *tools())
    say("building PyAV without GPL parts and OpenCV without what is not used: long the first time")
    run(PYTHON, ROOT / "installer" / "ffmpeg.py", REQUIREMENTS / "app.txt", FFMPEG.parent)
    if os.name != "nt":
        # On Windows OpenCV's FFmpeg is a plugin in a file of its own, which the spec leaves out.
        run(PYTHON, ROOT / "installer" / "opencv.py", REQUIREMENTS / "app.txt", FFMPEG.parent)


def tools() -> list[str]:
    """PyInstaller and what it needs, as locked for developers."""
    wanted = ("altgraph", "macholib", "packaging", "pefile", "pyinstaller", "pywin32-ctypes")
    pins = []
    for line in (REQUIREMENTS / "dev.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith(wanted) and "==" in line:
            pins.append(line)
    return pins


def bring_models() -> None:
    """The Starter weights, as a person's first start would install them."""
    say("bringing the Starter models")
    environment = os.environ | {
        "HEIMDEX_HOME": str(BUILD / "home"),
        "HEIMDEX_MODELS": str(WEIGHTS),
        "PYTHONPATH": str(ROOT / "app"),
    }
    command = (PYTHON, "-m", "heimdex", "models", "download", "--set", "starter", "--yes")
    run(*command, "--no-tune", env=environment)
    shutil.rmtree(WEIGHTS / ".cache", ignore_errors=True)
    (WEIGHTS / "lock").unlink(missing_ok=True)
    run(PYTHON, ROOT / "installer" / "weights.py", WEIGHTS, env=environment)


def freeze() -> None:
    """One folder that runs anywhere on this kind of system."""
    say("freezing")
    facts = {
        "version": version(),
        "commit": commit(),
        "built": time.strftime("%Y-%m-%d", time.gmtime()),
        "system": f"{platform.system()} {platform.machine()}",
        "flavour": "cpu",
    }
    (BUILD / "build.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    if sys.platform != "linux":
        drawing = ROOT / "resources" / "icons" / "heimdex.svg"
        run(PYTHON, ROOT / "installer" / "icons.py", drawing, BUILD)
    environment = os.environ | {
        "HEIMDEX_BUILD_MODELS": str(WEIGHTS),
        "HEIMDEX_BUILD_VERSION": version(),
    }
    if sys.platform == "linux":
        # PyAV's new libraries lie where no loader looks.
        environment["LD_LIBRARY_PATH"] = str(FFMPEG / "lib")
    folders = ("--distpath", DIST, "--workpath", BUILD / "pyinstaller")
    spec = ROOT / "installer" / "heimdex.spec"
    log = ("--noconfirm", "--log-level", "WARN")
    run(PYTHON, "-m", "PyInstaller", *log, *folders, spec, env=environment)
    date_weights()
    if sys.platform == "linux":
        strip()
        check_libraries()


def date_weights() -> None:
    """Give shipped weights the times that their receipts state; freezing made them new."""
    for path in FROZEN.rglob("installed.json"):
        for name, known in json.loads(path.read_text(encoding="utf-8"))["files"].items():
            os.utime(path.parent / name, ns=(known["mtime_ns"], known["mtime_ns"]))


def strip() -> None:
    """Take the symbols for debuggers out of libraries that were published with them.

    Only sections that the loader never sees go. Libraries in a wheel's `.libs` were changed by
    `patchelf`, after which more than their debug information cannot be taken safely.
    """
    for path in FROZEN.rglob("*.so*"):
        if path.is_symlink() or not path.is_file():
            continue
        sections = subprocess.run(
            ("readelf", "-SW", path), capture_output=True, text=True, check=False
        ).stdout
        if ".debug_info" in sections:
            run("strip", "--strip-debug", path)
        if " .symtab " in sections and not path.parent.name.endswith(".libs"):
            run("strip", "--strip-unneeded", path)


def check_libraries() -> None:
    """What the recipe left out must not be needed by what it kept. SystemExit names what is."""
    missing = set()
    for path in FROZEN.rglob("*.so*"):
        if path.is_symlink() or not path.is_file():
            continue
        # The program finds its libraries in these, as the loader is told when it starts.
        environment = os.environ | {"LD_LIBRARY_PATH": str(FROZEN / "lib")}
        asked = subprocess.run(
            ("ldd", path), capture_output=True, text=True, check=False, env=environment
        )
        for line in asked.stdout.splitlines():
            if line.endswith("not found") and line.split()[0] not in OF_THE_DESKTOP:
                missing.add(f"{path.relative_to(FROZEN)} needs {line.split()[0]}")
    if missing:
        raise SystemExit("\n".join(["build: not in the folder:", *sorted(missing)]))


def test() -> None:
    """The frozen program proves itself, with the network closed."""
    say("running the frozen self-test")
    run(executable(), "selftest")


def executable() -> Path:
    """The frozen program with a console."""
    if sys.platform == "darwin":
        return FROZEN / "Contents" / "MacOS" / "heimdex"
    return FROZEN / ("heimdex.exe" if os.name == "nt" else "heimdex")


def pack() -> None:
    """The packages of this system."""
    shutil.rmtree(PACKAGES, ignore_errors=True)
    PACKAGES.mkdir(parents=True)
    if sys.platform == "darwin":
        run("bash", ROOT / "installer" / "macos" / "make_dmg.sh", FROZEN, PACKAGES, version())
    elif os.name == "nt":
        script = ROOT / "installer" / "windows" / "heimdex.iss"
        defines = (f"/DVersion={version()}", f"/DSource={FROZEN}", f"/DOutput={PACKAGES}")
        run(inno_setup(), "/Qp", *defines, script)
    else:
        make_archive()
        run("bash", ROOT / "installer" / "linux" / "make_deb.sh", FROZEN, PACKAGES, version())
        if shutil.which("appimagetool"):
            script = ROOT / "installer" / "linux" / "make_appimage.sh"
            run("bash", script, FROZEN, PACKAGES, version())


def inno_setup() -> str:
    """Inno Setup's compiler: on the path, or where its own installer puts it."""
    usual = Path(os.environ.get("PROGRAMFILES(X86)", "")) / "Inno Setup 6" / "ISCC.exe"
    found = shutil.which("iscc") or (str(usual) if usual.exists() else None)
    if found is None:
        raise SystemExit("build: Inno Setup 6.4 or newer is needed (https://jrsoftware.org)")
    return found


def make_archive() -> None:
    """A folder to unpack anywhere and run."""
    say("packing the portable archive")
    name = f"heimdex-{version()}-linux-{platform.machine()}"
    rename = f"--transform=s,^{FROZEN.name},{name},"
    owner = ("--owner=0", "--group=0", "--numeric-owner")
    # The system's tools, because they use all cores.
    target = PACKAGES / f"{name}.tar.xz"
    run("tar", "-C", DIST, *owner, rename, "-I", "xz -T0 -6", "-cf", target, FROZEN.name)


def commit() -> str:
    """The commit that is built, "" outside a checkout."""
    asked = ("git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD")
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def report_sizes() -> None:
    """What came out, in MB."""
    if FROZEN.exists():
        total = sum(
            p.stat().st_size for p in FROZEN.rglob("*") if p.is_file() and not p.is_symlink()
        )
        print(f"{FROZEN.relative_to(ROOT)}: {total / 1e6:.0f} MB installed")
    if PACKAGES.exists():
        for path in sorted(PACKAGES.iterdir()):
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.0f} MB")


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run one command, its output shown; CalledProcessError when it fails."""
    words: Sequence[str] = list(map(str, command))
    subprocess.run(words, check=True, env=env)


def say(line: str) -> None:
    """A step."""
    print(f"build: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
