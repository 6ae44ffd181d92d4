import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRANSLATIONS = ROOT / "resources" / "translations"
PLACES = re.compile(r"%\d|%n")


def messages(language: str) -> list[ElementTree.Element]:
    tree = ElementTree.parse(TRANSLATIONS / f"heimdex_{language}.ts")  # noqa: S314 - our own file
    return list(tree.iter("message"))


def forms(message: ElementTree.Element) -> list[str]:
    translation = message.find("translation")
    assert translation is not None
    assert "type" not in translation.attrib, f"not translated: {message.findtext('source')}"
    plural = [form.text or "" for form in translation.iter("numerusform")]
    return plural or [translation.text or ""]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_text_is_translated_with_all_its_places(language: str) -> None:
    for message in messages(language):
        source = message.findtext("source") or ""
        for form in forms(message):
            assert form.strip(), source
            assert set(PLACES.findall(form)) == set(PLACES.findall(source)), source


def test_every_text_of_the_window_is_collected(tmp_path: Path) -> None:
    """Run `scripts/translate` when this fails."""
    fresh = tmp_path / "fresh.ts"
    sources = sorted(str(path) for path in (ROOT / "app/heimdex/ui").rglob("*.py"))
    tool = Path(sys.executable).with_name("pyside6-lupdate")
    if not tool.exists():
        pytest.skip("pyside6-lupdate is not installed")
    command = [str(tool), *sources, "-locations", "none", "-ts", str(fresh)]
    subprocess.run(command, check=True, capture_output=True)
    wanted = {m.findtext("source") for m in ElementTree.parse(fresh).iter("message")}  # noqa: S314
    assert wanted - {m.findtext("source") for m in messages("ko")} == set()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_compiled_file_is_of_this_source(language: str, tmp_path: Path) -> None:
    tool = Path(sys.executable).with_name("pyside6-lrelease")
    if not tool.exists():
        pytest.skip("pyside6-lrelease is not installed")
    fresh = tmp_path / "fresh.qm"
    source = TRANSLATIONS / f"heimdex_{language}.ts"
    command = [str(tool), str(source), "-qm", str(fresh)]
    subprocess.run(command, check=True, capture_output=True)
    assert fresh.read_bytes() == source.with_suffix(".qm").read_bytes()
