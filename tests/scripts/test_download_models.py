"""The download script asks for the Balanced set unless something else is named."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="bash")
@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ([], "models download --set balanced"),
        (["--yes"], "models download --set balanced --yes"),
        (["--set", "best"], "models download --set best"),
        (["--set=best", "-y"], "models download --set=best -y"),
        (["whisper-small"], "models download whisper-small"),
    ],
)
def test_what_is_asked_for(tmp_path: Path, given: list[str], passed: str) -> None:
    shutil.copy(CHECKOUT / "scripts" / "download_models.sh", tmp_path)
    run = tmp_path / "run"
    run.write_text('#!/bin/sh\necho "$@"\n')
    run.chmod(0o755)
    done = subprocess.run(
        [str(tmp_path / "download_models.sh"), *given],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    assert done.stdout.strip() == passed
