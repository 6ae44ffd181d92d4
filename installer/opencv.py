"""Builds the OpenCV that is frozen, from the source of the locked version: `opencv.py LOCK WHEELS`.

The published wheel brings an FFmpeg, an OpenSSL and a BLAS of its own for parts that Heimdex never
calls, 150 MB. Run by `build.py` in the build environment, which gets the result in place of the
wheel. Needs a C++ compiler, and `nasm` for quick JPEGs. What was built is kept in WHEELS, by
version and choice.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAME = "opencv-python-headless"

CHOICE = (
    # What is called, and by PySceneDetect named, in Python; geometry has OpenCV 5's contours.
    "-DBUILD_LIST=core,imgproc,imgcodecs,geometry,videoio,python3",
    "-DPYTHON3_LIMITED_API=ON",
    "-DBUILD_TESTS=OFF",
    "-DBUILD_PERF_TESTS=OFF",
    # Photos: JPEG, PNG, WebP, TIFF, BMP, from sources that come along.
    *(f"-DBUILD_{part}=ON" for part in ("JPEG", "PNG", "TIFF", "WEBP", "ZLIB")),
    *(
        f"-DWITH_{part}=OFF"
        for part in (
            "ADE", "AVFOUNDATION", "AVIF", "FFMPEG", "FLATBUFFERS", "GSTREAMER", "IPP", "ITT",
            "JASPER", "LAPACK", "OBSENSOR", "OPENCL", "OPENEXR", "OPENJPEG", "PROTOBUF", "V4L",
            "VA",
        )
    ),
)  # fmt: skip


def main(lock: Path, wheels: Path) -> int:
    """Build where it was not built yet, and install into this environment."""
    found = re.search(rf"(?m)^{NAME}==(\S+)", lock.read_text(encoding="utf-8"))
    if found is None:
        print(f"opencv: {lock} does not name {NAME}.", file=sys.stderr)
        return 1
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    kept = wheels / hashlib.sha256(" ".join((found[0], sys.version, *CHOICE)).encode()).hexdigest()
    if not list(kept.glob("*.whl")):
        if shutil.which("nasm") is None:
            print("opencv: without nasm, JPEGs are read and written more slowly.", file=sys.stderr)
        environment = os.environ | {
            "ENABLE_HEADLESS": "1",
            "CMAKE_ARGS": " ".join(CHOICE),
            "CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count() or 1),
        }
        with tempfile.TemporaryDirectory() as folder:
            source = ["--no-deps", "--no-binary", NAME, "--wheel-dir", folder, found[0]]
            subprocess.run([*pip, "wheel", *source], check=True, env=environment)
            kept.mkdir(parents=True, exist_ok=True)
            for wheel in Path(folder).glob("*.whl"):
                shutil.move(wheel, kept / wheel.name)
    (wheel,) = kept.glob("*.whl")
    return subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", "--force-reinstall", str(wheel)], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
