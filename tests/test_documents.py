"""What the documents tell a person to type or to open is there: commands, files, places."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from heimdex.__main__ import SELFTEST
from heimdex.cli.main import parse

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md", "CONTRIBUTING.md", "installer/README.md", "models/README.md",
    "requirements/README.md", "resources/README.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
)  # fmt: skip
PROGRAM = ("heimdex", "scripts/run")
OURS = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
STANDS_FOR = re.compile(r"[*<>{}…|]|\b[A-Z]{2,}\b")
"""Marks a span as a pattern rather than the name of one file."""


def page(name: str) -> str:
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def blocks(text: str) -> Iterator[str]:
    for block in re.findall(r"(?ms)^```[a-z]*\n(.*?)^```", text):
        yield from block.splitlines()


def spans(text: str) -> Iterator[str]:
    for span in re.findall(r"`([^`]+)`", re.sub(r"(?ms)^```.*?^```", "", text)):
        yield " ".join(span.split())


def words(command: str) -> list[str] | None:
    """The arguments after the program's name; None for a line that does not call it."""
    name = next((name for name in PROGRAM if re.match(rf"{name}(\s|$)", command)), None)
    if name is None:
        return None
    # In a listing, what is behind two spaces, outside of quotes, explains the line.
    said = re.sub(r"""^((?:[^"]|"[^"]*")*?)\s{2,}.*$""", r"\1", command.removeprefix(name).strip())
    return shlex.split(re.sub(r"\[[^\]]*…\]", "", said), comments=True)


def commands() -> list[tuple[str, str, bool]]:
    found = []
    for name in PAGES:
        text = page(name)
        found += [(name, line, True) for line in blocks(text) if words(line) is not None]
        found += [(name, span, False) for span in spans(text) if words(span) is not None]
    return sorted(set(found))


def is_known(arguments: list[str], *, whole: bool) -> bool:
    """Whether the real parser takes them. One that is only named must exist, under that name."""
    if arguments[:1] == [SELFTEST]:
        return True
    try:
        parse(arguments)
    except SystemExit as left:
        if left.code == 0:
            return True
    else:
        return True
    if whole or any(word.startswith("-") for word in arguments):
        return False
    with pytest.raises(SystemExit) as asked:
        parse([*arguments, "--help"])
    return asked.value.code == 0


def test_many_commands_are_found() -> None:
    assert len(commands()) > 100
    assert words("heimdex people on") == ["people", "on"]
    assert words('heimdex search "a  b"      # why') == ["search", "a  b"]
    assert words("heimdex.spec") is None


@pytest.mark.parametrize("name", PAGES)
def test_every_command_is_one(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = []
    for where, command, whole in commands():
        if where == name:
            arguments = words(command)
            assert arguments is not None
            if not is_known(arguments, whole=whole):
                wrong.append(f"{command}: {capsys.readouterr().err.strip().splitlines()[-1:]}")
    assert not wrong


def test_an_invented_command_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    assert not is_known(["serch", "a cat"], whole=False)
    assert not is_known(["people", "nmae", "3", "Anna"], whole=True)
    assert not is_known(["index", "--retri"], whole=False)
    assert is_known(["models", "add"], whole=False)
    assert not is_known(["models", "add"], whole=True)


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_is_named_is_there(name: str) -> None:
    text = page(name)
    missing = []
    for said in [*spans(text), *(word for line in blocks(text) for word in line.split()[:1])]:
        path = said.split()[0].rstrip("/").split("::")[0]
        first, slash, _ = path.partition("/")
        if not slash or first not in OURS or STANDS_FOR.search(path):
            continue
        # Weights and what is built are not in the repository.
        made = first in ("build", "dist") or (path.startswith("models/") and "." not in path)
        if made:
            continue
        if not (ROOT / path).exists():
            missing.append(said)
    assert not missing


def anchors(text: str) -> set[str]:
    """The places in a page that a link can name, as GitHub makes them of its headings."""
    found = set()
    for heading in re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```", "", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        found.add(re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-"))
    return found


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    text = re.sub(r"(?ms)^```.*?^```", "", page(name))
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http:", "https:")):
            continue
        path, _, anchor = target.partition("#")
        there = (ROOT / name).parent / path if path else ROOT / name
        whole = there.exists() and (
            not anchor or anchor in anchors(there.read_text(encoding="utf-8"))
        )
        if not whole:
            broken.append(target)
    assert not broken
