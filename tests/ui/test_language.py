"""The window's words, whatever happens to the files they came from."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_UPDATED = """
import shutil, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from heimdex.ui import language

shipped, resources = Path(sys.argv[1]), Path(sys.argv[2])
shutil.copytree(shipped / "translations", resources / "translations")
application = QCoreApplication([])
assert language.install(application, resources, "ko") == "ko"
for file in (resources / "translations").glob("*.qm"):
    with file.open("r+b") as stream:
        stream.truncate(0)
print(ascii(QCoreApplication.translate("Wording", "Listening")))
assert language.install(application, shipped, "en") == "en"
assert language.install(application, shipped, "fr") == "en"
print(QCoreApplication.translate("Wording", "Listening"))
"""


def test_an_update_under_an_open_window_does_not_end_it(tmp_path: Path) -> None:
    """Qt maps the files that it opens itself: a later word would be read from nowhere."""
    done = subprocess.run(
        [sys.executable, "-c", _UPDATED, ROOT / "resources", tmp_path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    korean, english = done.stdout.splitlines()
    assert "\\u" in korean
    assert english == "Listening"
