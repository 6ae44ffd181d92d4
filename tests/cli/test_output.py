"""What is written to a terminal, whatever the names and words in it are."""

from pathlib import Path

import pytest

from command import Command
from heimdex.cli import output

HOSTILE = "a\x1b[2J\n\u202egnp.\x9b31m.mov"


@pytest.fixture
def library_of_cards(heimdex: Command, tmp_path: Path) -> Command:
    for name in ("card1/CLIP0001.MP4", "card2/CLIP0001.MP4", "card2/CLIP0002.MP4"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(name.encode())
    assert heimdex("add", tmp_path / "card1", tmp_path / "card2").code == 0
    return heimdex


def test_no_name_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print(output.table([(HOSTILE, "0:01"), ("b.mov", "10:00")]))
    output.complain(f"{HOSTILE} is empty.")
    output.note(f"two\nlines {HOSTILE.replace(chr(10), '')}")
    captured = capsys.readouterr()
    for line in (captured.out + captured.err).splitlines():
        assert line.isprintable()
    first, second = captured.out.splitlines()
    assert first == r"a\x1b[2J\n\u202egnp.\x9b31m.mov  0:01"
    assert second.index("10:00") == first.index("0:01")
    assert captured.err.splitlines()[-2] == "two"


def test_emphasis_is_the_only_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "bold", lambda text: f"<{text}>")
    assert output.marked("say \x1b[0mhello\x07", [(8, 13)]) == r"say \x1b[0m<hello>\x07"


@pytest.mark.parametrize("name", ["제주 여행.mov", "제주.mov", "family 👨‍👩‍👧.mp4", "naïve.mkv"])
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert output.plain(name) == name


def test_files_of_one_name_are_listed_with_their_folders(library_of_cards: Command) -> None:
    told = library_of_cards("status").out
    assert "/card1/CLIP0001.MP4" in told
    assert "/card2/CLIP0001.MP4" in told
    assert "/card2/CLIP0002.MP4" not in told
