"""Builds PyAV on an FFmpeg without GPL parts, from locked sources: `ffmpeg.py LOCK FOLDER`.

PyAV's wheels carry an FFmpeg with x264 and x265 under the GPL, which Heimdex never calls and whose
terms do not go with those of Intel's library for matrices inside CTranslate2. Here the same version
of FFmpeg is built under the LGPL 2.1, to decode and to repack, without a network, and PyAV is built
on it and installed into this environment in place of the wheel. Run by `build.py`.

The source comes from ffmpeg.org, or from the file that `HEIMDEX_FFMPEG_SOURCE` names (the
distributions' `ffmpeg_…orig.tar.xz` is the same); only one of the known sha256 is taken. On Windows
`HEIMDEX_FFMPEG` names a finished folder with `bin`, `include` and `lib`.
"""

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

VERSION = "8.1.2"
"""The one in PyAV's wheel of the locked version; `av.ffmpeg_version_info` says it."""
SHA256 = "464beb5e7bf0c311e68b45ae2f04e9cc2af88851abb4082231742a74d97b524c"
ADDRESS = f"https://ffmpeg.org/releases/ffmpeg-{VERSION}.tar.xz"

CHOICE = (
    "--enable-shared", "--disable-static", "--disable-programs", "--disable-doc", "--disable-debug",
    "--disable-network", "--disable-devices", "--disable-encoders", "--disable-autodetect",
    "--enable-zlib", "--enable-bzlib", "--enable-lzma",
    # AV1 in software; everything else is decoded by FFmpeg itself.
    "--enable-libdav1d",
    # What PyAV's resampler and reformatter stand on.
    "--disable-filters",
    "--enable-filter=abuffer,abuffersink,aformat,anull,aresample,buffer,buffersink,format,null,scale",
)  # fmt: skip


def main(lock: Path, folder: Path) -> int:
    """Build both where they were not built yet; install PyAV. Exit code 1 says what is missing."""
    found = re.search(r"(?m)^av==(\S+)", lock.read_text(encoding="utf-8"))
    if found is None:
        return _complain(f"{lock} does not name av")
    said = " ".join((found[0], VERSION, sys.version, *CHOICE))
    kept = folder / hashlib.sha256(said.encode()).hexdigest()[:16]
    given = os.environ.get("HEIMDEX_FFMPEG")
    if given:
        prefix = Path(given)
    elif os.name == "nt":
        return _complain("HEIMDEX_FFMPEG must name a folder with an FFmpeg under the LGPL")
    else:
        prefix = folder / "ffmpeg"
        if not (kept / "ffmpeg.built").exists():
            build(prefix)
            kept.mkdir(parents=True, exist_ok=True)
            (kept / "ffmpeg.built").touch()
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if not list(kept.glob("*.whl")):
        environment = os.environ | {"PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig")}
        options = [f"--config-settings=--build-option=--ffmpeg-dir={prefix}"] if given else []
        wheel = ["wheel", "--no-deps", "--no-binary", "av", "--no-cache-dir"]
        command = [*pip, *wheel, *options, "--wheel-dir", str(kept), found[0]]
        subprocess.run(command, check=True, env=environment)
    (wheel_file,) = kept.glob("*.whl")
    install = ["install", "--no-deps", "--no-index", "--force-reinstall", str(wheel_file)]
    return subprocess.run([*pip, *install], check=False).returncode


def build(prefix: Path) -> None:
    """Configure, make, install to `prefix`. Raises CalledProcessError, or SystemExit for a source
    that is not the one whose sha256 is known."""
    with tempfile.TemporaryDirectory() as place:
        archive = Path(os.environ.get("HEIMDEX_FFMPEG_SOURCE") or Path(place) / "ffmpeg.tar.xz")
        if not archive.exists():
            urllib.request.urlretrieve(ADDRESS, archive)
        with archive.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != SHA256:
                raise SystemExit(f"ffmpeg: {archive} is not FFmpeg {VERSION} as it was published")
        with tarfile.open(archive) as packed:
            packed.extractall(place, filter="data")
        source = Path(place) / f"ffmpeg-{VERSION}"
        for command in (
            ("./configure", f"--prefix={prefix.resolve()}", *CHOICE),
            ("make", f"-j{os.cpu_count() or 1}", "--quiet"),
            ("make", "--quiet", "install"),
        ):
            subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL)
        # What the notices pass on: the terms, and how it was built.
        for name in ("COPYING.LGPLv2.1", "LICENSE.md"):
            (source / name).replace(prefix / name)
        (prefix / "configure.txt").write_text(" ".join(CHOICE) + "\n", encoding="utf-8")


def _complain(sentence: str) -> int:
    print(f"ffmpeg: {sentence}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
