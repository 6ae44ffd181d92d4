"""What is written to a terminal, whatever the names and words in it are."""

import pytest

from heimdex.cli import output

HOSTILE = "a\x1b[2J\n\u202egnp.\x9b31m.mov"


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
