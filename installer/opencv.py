"""Builds the OpenCV that is frozen, from the source of the locked version: `opencv.py LOCK FOLDER`.

The published wheel brings an FFmpeg, an OpenSSL and a BLAS of its own and many modules for parts
that Heimdex never calls, 150 MB. Run by `build.py` in the build environment, where the library in
the installed wheel is exchanged for the one built here, of the same version. Needs CMake, a C++
compiler, and `nasm` for quick JPEGs. What was built is kept in FOLDER, by version and choice.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

NAME = "opencv-python-headless"

CHOICE = (
    # What is called, and by PySceneDetect named, in Python; geometry has OpenCV 5's contours.
    "-DBUILD_LIST=core,imgproc,imgcodecs,geometry,videoio,python3",
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DPYTHON3_LIMITED_API=ON",
    "-DBUILD_opencv_java=OFF",
    "-DBUILD_opencv_apps=OFF",
    "-DBUILD_DOCS=OFF",
    "-DBUILD_TESTS=OFF",
    "-DBUILD_PERF_TESTS=OFF",
    # Photos: JPEG, PNG, WebP, TIFF, BMP, from sources that come along.
    *(f"-DBUILD_{part}=ON" for part in ("JPEG", "PNG", "TIFF", "WEBP", "ZLIB")),
    *(
        f"-DWITH_{part}=OFF"
        for part in (
            "ADE", "AVFOUNDATION", "AVIF", "FFMPEG", "FLATBUFFERS", "GSTREAMER", "GTK", "IPP",
            "ITT", "JASPER", "LAPACK", "OBSENSOR", "OPENCL", "OPENEXR", "OPENJPEG", "PROTOBUF",
            "QT", "V4L", "VA",
        )
    ),
)  # fmt: skip


def main(lock: Path, folder: Path) -> int:
    """Build where it was not built yet, and put it into this environment."""
    found = re.search(rf"(?m)^{NAME}==(\S+)", lock.read_text(encoding="utf-8"))
    if found is None:
        return _complain(f"{lock} does not name {NAME}")
    said = " ".join((found[0], sys.version, *CHOICE))
    library = folder / hashlib.sha256(said.encode()).hexdigest()[:16] / "cv2.abi3.so"
    if not library.exists():
        if shutil.which("cmake") is None:
            return _complain("CMake is needed")
        if shutil.which("nasm") is None:
            print("opencv: without nasm, JPEGs are read and written more slowly.", file=sys.stderr)
        with tempfile.TemporaryDirectory() as place:
            built = build(found[0], Path(place))
            library.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(built, library)
    packages = Path(sysconfig.get_path("platlib"))
    shutil.copy2(library, packages / "cv2" / library.name)
    # What the wheel's own library stood on.
    for spare in (packages / f"{NAME.replace('-', '_')}.libs", packages / "cv2" / ".dylibs"):
        shutil.rmtree(spare, ignore_errors=True)
    return subprocess.run([sys.executable, "-c", "import cv2"], check=False).returncode


def build(pin: str, place: Path) -> Path:
    """The library built of the source that `pin` names. Raises CalledProcessError."""
    source = ("--no-deps", "--no-binary", NAME, "--dest", str(place), pin)
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
    subprocess.run([*pip, *source], check=True)
    (archive,) = place.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    (root,) = place.glob("*/opencv")
    made = place / "made"
    configure = ("cmake", "-S", str(root), "-B", str(made), *_python(), *CHOICE)
    compile_ = ("cmake", "--build", str(made), "--config", "Release", "--target", "opencv_python3")
    for command in (configure, (*compile_, "--parallel", str(os.cpu_count() or 1))):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (built,) = (made / "lib").rglob("cv2.abi3.so")
    return built


def _python() -> tuple[str, ...]:
    """OpenCV's scripts do not find the Python of a virtual environment by themselves."""
    library = Path(
        sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("LDLIBRARY") or ""
    )
    return (
        f"-DPYTHON3_EXECUTABLE={sys.executable}",
        f"-DPYTHON_DEFAULT_EXECUTABLE={sys.executable}",
        f"-DPYTHON3_INCLUDE_DIR={sysconfig.get_path('include')}",
        f"-DPYTHON3_LIBRARY={library}",
        "-DBUILD_opencv_python3=ON",
        "-DOPENCV_PYTHON3_INSTALL_PATH=python",
    )


def _complain(sentence: str) -> int:
    print(f"opencv: {sentence}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
