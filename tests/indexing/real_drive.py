"""A real drive for tests: an ext4 image that is mounted and pulled. Only root may do that."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def refusal() -> str:
    """Why no drive can be mounted here; empty when one can."""
    if sys.platform != "linux":
        return "mounting a drive is tested on Linux"
    if os.geteuid() != 0:
        return "only root may mount a drive"
    tools = [name for name in ("mkfs.ext4", "mount", "umount") if shutil.which(name) is None]
    if tools:
        return f"{', '.join(tools)} not installed"
    return ""


class Drive:
    """One image, and where it is mounted now."""

    def __init__(self, image: Path, megabytes: int = 16) -> None:
        self.image = image
        self.point: Path | None = None
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))

    def mount(self, point: Path) -> bool:
        """Plug it in at `point`; False where the kernel does not let us."""
        point.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["mount", "-o", "loop", str(self.image), str(point)], capture_output=True, check=False
        )
        if done.returncode == 0:
            self.point = point
        return done.returncode == 0

    def pull(self) -> None:
        """Take it away at once, whoever has files open."""
        if self.point is not None:
            _run("umount", "-l", str(self.point))
            self.point = None


def _run(*command: str) -> None:
    subprocess.run(command, capture_output=True, check=True)
