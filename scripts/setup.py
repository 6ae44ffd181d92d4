"""Makes a checkout ready: the environment, the locked packages, Qt's libraries, the Starter models.

Standard library only, because it runs before anything is installed, on every system. Finding a
Python is left to the shell script beside it, and starting Heimdex to `scripts/run`.
"""

import argparse
import ctypes
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STATE = VENV / "heimdex-setup.json"
"""What a finished setup has done; written last, so that an interrupted one is done again."""
UNFINISHED = VENV / "heimdex-setup-unfinished"
REQUIREMENTS = ROOT / "requirements"

NEEDED_BYTES = 2_500_000_000
"""Free space that a first setup wants: packages, weights and what pip unpacks on the way."""
TORCH_BYTES = 2_500_000_000
"""What the reference engines take on top, where torch is a build for processors."""

# Shared library -> Debian package. PySide6's wheels carry Qt, but not what Qt stands on.
OFFSCREEN_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXrandr.so.2": "libxrandr2",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libdrm.so.2": "libdrm2",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libpulse.so.0": "libpulse0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
WINDOW_LIBRARIES = OFFSCREEN_LIBRARIES | {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
LIBRARIES = {"none": {}, "offscreen": OFFSCREEN_LIBRARIES, "window": WINDOW_LIBRARIES}


class SetupError(Exception):
    """What a person has to know or do; one sentence."""


def main() -> int:
    """Set up what is missing. Exit code 0: ready; 1: something a person must do."""
    parser = argparse.ArgumentParser(prog="scripts/setup", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say by exit code if all is done")
    parser.add_argument("--dev", action="store_true", help="also what the tests need")
    parser.add_argument("--torch", action="store_true", help="also the reference engines")
    parser.add_argument("--qt", choices=LIBRARIES, default="none", help="Qt's system libraries")
    options = parser.parse_args()
    if options.check:
        return 0 if is_ready(read_state(), options) else 1
    try:
        with only_one() as lock:
            set_up(options, lock)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Setup stopped; start again to go on.", file=sys.stderr)
        return 130
    return 0


def set_up(options: argparse.Namespace, lock: int) -> None:
    """Do each step that the state does not know as done, and note it."""
    state = read_state()
    if is_ready(state, options):
        return  # Another setup did it while this one waited.
    if options.qt not in state["qt"]:
        install_libraries(LIBRARIES[options.qt])
    locks = wanted_locks(state, options)
    if state["packages"] != packages_fingerprint(locks):
        state = read_state() if make_environment("torch" in locks) else EMPTY_STATE
        install_packages(locks, lock)
        state = state | {"packages": packages_fingerprint(locks), "locks": locks}
        write_state(state)
    if options.qt not in state["qt"]:
        state = state | {"qt": sorted({*state["qt"], options.qt})}
        write_state(state)
    weights = str(models_folder())
    if state["models"].get(weights) != models_fingerprint():
        if download_models():
            write_state(state | {"models": state["models"] | {weights: models_fingerprint()}})
        elif options.dev:
            raise SetupError("The tests need the Starter models: mend what is said above.")
        else:
            print("Going on without the models; the next start tries again.", file=sys.stderr)
            return
    if not options.dev and state["measured"].get(weights) != models_fingerprint():
        measure_models()
        measured = state["measured"] | {weights: models_fingerprint()}
        write_state(read_state() | {"measured": measured})


# State

EMPTY_STATE: dict[str, Any] = {
    "packages": "",
    "locks": ["app"],
    "qt": ["none"],
    "models": {},
    "measured": {},
}


def read_state() -> dict[str, Any]:
    """The last finished setup's notes; what cannot be read counts as nothing done."""
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        state = {}
    return EMPTY_STATE | (state if isinstance(state, dict) else {})


def write_state(state: dict[str, Any]) -> None:
    """Replace the notes in one step."""
    draft = STATE.with_suffix(".part")
    draft.write_text(json.dumps(state, indent=1), encoding="utf-8")
    draft.replace(STATE)


def is_ready(state: dict[str, Any], options: argparse.Namespace) -> bool:
    """Nothing changed since the setup that the state tells of."""
    weights = models_folder()
    return (
        PYTHON.exists()
        and not UNFINISHED.exists()
        and state["packages"] == packages_fingerprint(wanted_locks(state, options))
        and options.qt in state["qt"]
        and state["models"].get(str(weights)) == models_fingerprint()
        and weights.is_dir()
        # The tests run the models in their plain form, which is the same on every machine.
        and (options.dev or state["measured"].get(str(weights)) == models_fingerprint())
    )


def wanted_locks(state: dict[str, Any], options: argparse.Namespace) -> list[str]:
    """The lock files to install. What an environment once had stays when it is updated."""
    locks = ["dev" if options.dev or "dev" in state["locks"] else "app"]
    return [*locks, "torch"] if options.torch or "torch" in state["locks"] else locks


def packages_fingerprint(locks: list[str]) -> str:
    """Changes with the locked packages, the project's metadata and the place of the checkout."""
    files = [REQUIREMENTS / f"{name}.txt" for name in (*locks, "build")]
    return fingerprint([*files, ROOT / "pyproject.toml"], str(ROOT))


def models_fingerprint() -> str:
    """Changes with the models' descriptions."""
    return fingerprint(sorted((ROOT / "models").glob("*.toml")), "")


def fingerprint(files: list[Path], salt: str) -> str:
    """One hash over the contents, 32 hex characters."""
    digest = hashlib.sha256(salt.encode())
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:32]


def models_folder() -> Path:
    """Where the weights of this checkout go; the same rule as `heimdex.config.directories`."""
    if asked := os.environ.get("HEIMDEX_MODELS"):
        return Path(asked).expanduser()
    if home := os.environ.get("HEIMDEX_HOME"):
        return Path(home).expanduser() / "models"
    return ROOT / "models"


@contextmanager
def only_one() -> Iterator[int]:
    """Hold this checkout's setup lock, and give its descriptor.

    The system frees it when the last process that has it open ends, in whatever way.
    """
    with (REQUIREMENTS / "app.txt").open("rb+" if os.name == "nt" else "rb") as file:
        waiting = False
        while not try_lock(file.fileno()):
            if not waiting:
                print("Another setup is running in this checkout; waiting for it.", flush=True)
                waiting = True
            time.sleep(0.5)
        yield file.fileno()


def try_lock(descriptor: int) -> bool:
    """Take an exclusive lock on an open file, or say that somebody else has it."""
    try:
        if os.name == "nt":
            import msvcrt

            os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # Past the end: reading stays free.
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


# System libraries


def install_libraries(wanted: dict[str, str]) -> None:
    """Install the libraries that are missing, where this user may; otherwise name them."""
    if not sys.platform.startswith("linux"):
        return
    packages = missing_packages(wanted)
    if not packages:
        return
    if apt_install(packages) and not (packages := missing_packages(wanted)):
        return
    raise SetupError(
        "The window needs system libraries that are missing here: install them with "
        f"`sudo apt-get install {' '.join(packages)}` (Debian, Ubuntu; elsewhere those that "
        "carry them) and start again."
    )


def missing_packages(wanted: dict[str, str]) -> list[str]:
    """Debian packages of the libraries that the dynamic linker does not find."""
    missing = set()
    for library, package in wanted.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.add(package)
    return sorted(missing)


def apt_install(packages: list[str]) -> bool:
    """Install Debian packages when this is root on a Debian; False where it is not or fails."""
    if os.name == "nt" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"Installing system packages: {' '.join(packages)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    for step in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*apt, *step], check=False, env=environment, capture_output=True, text=True
        )
        if done.returncode:  # An old list of packages may do; what matters is the installation.
            print(done.stderr.strip(), file=sys.stderr)
    return done.returncode == 0


# Packages


def make_environment(with_torch: bool) -> bool:
    """Make `.venv` unless there is a sound one. True if it was there already."""
    if UNFINISHED.exists():
        say("The last setup was interrupted; beginning the environment afresh.")
    elif works([PYTHON, "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]):
        return True
    try:
        import ensurepip  # noqa: F401  Debian splits it off into a package of its own.
    except ModuleNotFoundError:
        split_off = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not apt_install([split_off]):
            raise SetupError(
                "Python's venv is missing here: install it with "
                f"`sudo apt-get install {split_off}` and start again."
            ) from None
    free = shutil.disk_usage(ROOT).free
    needed = NEEDED_BYTES + (TORCH_BYTES if with_torch else 0)
    if free < needed:
        raise SetupError(
            f"Heimdex needs about {needed / 1e9:.1f} GB and only {free / 1e9:.1f} GB are "
            f"free on the disk of {ROOT}: make room and start again."
        )
    say(f"Making the environment with Python {sys.version.split()[0]}")
    # In a process of its own, because Debian's ensurepip may have arrived only just now.
    if not works([sys.executable, "-I", "-m", "venv", "--clear", VENV]):
        raise SetupError(f"Python could not make an environment in {VENV}; is the disk writable?")
    return False


def install_packages(locks: list[str], lock: int) -> None:
    """Bring the environment to exactly what the lock files name."""
    started = time.monotonic()
    files = [REQUIREMENTS / f"{name}.txt" for name in (*locks, "build")]
    pins = {line.split()[0] for file in files for line in lines_of(file) if "==" in line}
    say(f"Installing {len(pins)} packages (a few minutes the first time)")
    UNFINISHED.touch()
    if "torch" in locks:
        # With its own dependencies: which CUDA libraries it needs differs from machine to machine.
        pip(lock, pin_of("torch"))
        pip(lock, "--no-deps", pin_of("torchvision"))
    requirements = [argument for file in files for argument in ("-r", file)]
    pip(lock, "--no-deps", *requirements, total=len(pins))
    pip(lock, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    UNFINISHED.unlink()
    say(f"Packages ready after {time.monotonic() - started:.0f} s")


def pin_of(package: str) -> str:
    """The exact pin of a package in pyproject's extra `torch`; those two are in no lock file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins: list[str] = project["optional-dependencies"]["torch"]
    return next(pin for pin in pins if pin.startswith(f"{package}=="))


def pip(lock: int, *arguments: str | Path, total: int = 0) -> None:
    """`pip install`, showing how far it is; a failure carries pip's own last word.

    pip inherits the setup's lock, so that no second setup begins while it outlives a killed one.
    """
    command = [PYTHON, "-I", "-m", "pip", "install", "--no-input", *arguments]
    command += ["--progress-bar", "off", "--disable-pip-version-check"]
    # A user's PIP_USER or PIP_TARGET would lead the packages past the environment.
    environment = {k: v for k, v in os.environ.items() if k not in {"PIP_USER", "PIP_TARGET"}}
    seen, said = 0, []
    with subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
        pass_fds=() if os.name == "nt" else (lock,),
    ) as process:
        assert process.stdout
        for line in process.stdout:
            said.append(line.rstrip())
            if line.startswith(("Collecting ", "Requirement already satisfied: ")) and total:
                seen += 1
                package = line.partition("Collecting ")[2] or line.partition(": ")[2]
                show(f"  {min(seen, total)}/{total} {package.split()[0]}")
            elif line.startswith("Installing collected packages"):
                show("  unpacking")
    show("")
    if process.returncode:
        if process.returncode == 1:  # pip's own failure, after which nothing is half installed.
            UNFINISHED.unlink(missing_ok=True)
        errors = [line for line in said if line.startswith("ERROR")] or said[-3:]
        raise SetupError(
            f"Installing the packages failed: {' '.join(errors[-2:])} Check the network and start "
            "again; what is downloaded is kept."
        )


# Models


def download_models() -> bool:
    """Ask Heimdex itself to fetch the Starter set. It says what is wrong by itself."""
    say("Installing the Starter models")
    command = [PYTHON, "-m", "heimdex", "models", "download", "--set", "starter", "--yes"]
    command.append("--no-tune")
    return subprocess.run(list(map(str, command)), check=False).returncode == 0


def measure_models() -> None:
    """Let Heimdex find out in which form each model runs quickest here. They run without it too;
    what goes wrong is said, and the window tries again when it has nothing else to do."""
    say("Finding out how the models run quickest on this computer (about half a minute)")
    command = [PYTHON, "-m", "heimdex", "models", "tune", "--missing"]
    subprocess.run(list(map(str, command)), check=False)


# Small things


def works(command: list[str | Path]) -> bool:
    """Run silently; True for exit code 0."""
    try:
        return (
            subprocess.run(
                list(map(str, command)),
                check=False,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ).returncode
            == 0
        )
    except OSError:
        return False


def lines_of(path: Path) -> list[str]:
    """The lines of a text file."""
    return path.read_text(encoding="utf-8").splitlines()


def say(line: str) -> None:
    """A step, on a line of its own."""
    print(f"heimdex setup: {line}", flush=True)


def show(line: str) -> None:
    """Progress, on a terminal only; each call replaces the last."""
    if sys.stdout.isatty():
        print(f"\r\033[K{line[:78]}", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
