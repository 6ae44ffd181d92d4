"""What every command has in common: help, version, exit codes, one clear line, clean output."""

import subprocess
import sys
from pathlib import Path

import pytest

from command import Command
from heimdex.__main__ import main
from heimdex.cli.arguments import day, duration, moment
from heimdex.cli.main import COMMANDS, parse
from heimdex.cli.output import clock, marked, size, table


def test_version(heimdex: Command) -> None:
    done = heimdex("--version")
    assert done.code == 0
    assert done.out.startswith("heimdex ")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([command, "-h"])
    assert ended.value.code == 0
    words = capsys.readouterr().out
    assert f"usage: heimdex {command}" in words
    assert "--library" in words


def test_top_help_names_every_command(heimdex: Command) -> None:
    done = heimdex("-h")
    assert done.code == 0
    assert all(f"    {command} " in done.out for command in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["add"],
        ["search"],
        ["search", "cat", "--kind", "smell"],
        ["search", "cat", "-n", "0"],
        ["search", "cat", "--after", "yesterday"],
        ["search", "--like", "video.mp4"],
        ["search", "--kind", "visual"],
        ["search", "cat", "--longer", "soon"],
        ["search", "cat", "--sort", "size"],
        ["searches"],
        ["searches", "run"],
        ["transcript", "video.mp4", "--format", "doc"],
        ["library"],
        ["--lib", "somewhere", "status"],
    ],
)
def test_wrong_usage_is_2(arguments: list[str], heimdex: Command) -> None:
    done = heimdex(*arguments)
    assert done.code == 2
    assert "usage:" in done.err
    assert not done.out


@pytest.mark.parametrize("before", [True, False])
def test_library_before_and_after_the_command(before: bool, tmp_path: Path) -> None:
    option = ["--library", str(tmp_path)]
    options = parse([*option, "status"] if before else ["status", *option])
    assert options.library == tmp_path
    assert parse([*option, "people", "list", "--verbose"]).library == tmp_path


def test_no_command_is_the_window() -> None:
    assert parse([]).run is None
    assert parse(["--library", "x"]).run is None


def test_open_is_the_window_with_what_is_to_be_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from heimdex.ui import app

    asked: list[object] = []

    def run(library: Path | None, *, verbose: bool, paths: list[Path]) -> int:
        asked.extend([library, verbose, paths])
        return 0

    monkeypatch.setattr(app, "run", run)
    assert main(["open", "a film.mp4", "-", "--library", str(tmp_path)]) == 0
    assert asked == [tmp_path, False, [Path("a film.mp4"), Path("-")]]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux may have no display")
def test_no_display_is_one_line(heimdex: Command) -> None:
    nothing = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    done = heimdex(env=nothing)
    assert done.code == 1
    assert len(done.err.strip().splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_one_line(heimdex: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    done = heimdex("status", "--library", tmp_path / "file" / "library")
    assert done.code == 1
    assert len(done.err.strip().splitlines()) == 1
    assert str(tmp_path / "file") in done.err


def test_no_such_file_is_one_line(heimdex: Command, tmp_path: Path) -> None:
    done = heimdex("add", tmp_path / "nowhere.mp4")
    assert done.code == 1
    assert not done.out
    assert len(done.err.strip().splitlines()) == 1
    assert "nowhere.mp4" in done.err


def test_a_folder_without_videos_is_one_line(heimdex: Command, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "readme.txt").write_text("words")
    done = heimdex("add", tmp_path / "texts")
    assert done.code == 1
    assert len(done.err.strip().splitlines()) == 1


def test_one_missing_path_of_two(heimdex: Command, tmp_path: Path, sample_media: Path) -> None:
    done = heimdex("add", sample_media / "astronaut.mp4", tmp_path / "nowhere.mp4")
    assert done.code == 1
    assert "1 new video added" in done.out
    assert "nowhere.mp4" in done.err


def test_an_empty_library_says_what_belongs_there(heimdex: Command) -> None:
    for command in (["index"], ["status"], ["people", "list"]):
        done = heimdex(*command)
        assert done.code == 0, done.err
        assert "heimdex add" in done.out or "people enroll" in done.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_output_that_finds_no_room_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "heimdex", "models", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "free some space" in done.stderr


def test_dates() -> None:
    assert day("2025-03-14") - day("2025-03-13") == 86400
    assert day("2025") == day("2025-01") == day("2025-01-01")


def test_moments() -> None:
    assert moment("a@b.mp4@83") == ("a@b.mp4", 83_000)
    assert moment("holiday.mp4@1:23.5") == ("holiday.mp4", 83_500)
    assert moment("x@1:02:03") == ("x", 3_723_000)


def test_shapes_of_output() -> None:
    assert [clock(ms) for ms in (0, 7_900, 754_000, 3_723_000)] == [
        "0:00",
        "0:07",
        "12:34",
        "1:02:03",
    ]
    assert [size(n) for n in (12, 3_000, 1_500_000_000, 20_000_000)] == [
        "12 bytes",
        "3.0 kB",
        "1.5 GB",
        "20 MB",
    ]
    assert table([("a", "1"), ("bb", "22")], right=frozenset({1})) == "a    1\nbb  22"
    assert marked("the cat sat", [(4, 7), (5, 6)]) == "the cat sat"


@pytest.mark.parametrize(
    ("text", "ms"),
    [("90", 90_000), ("90s", 90_000), ("5m", 300_000), ("1h30m", 5_400_000), ("1:30", 90_000)],
)
def test_a_length(text: str, ms: int) -> None:
    assert duration(text) == ms


@pytest.mark.parametrize("words", ["-강아지", "-dog", "-who:Anna", "-5 degrees", "-notes -n"])
def test_a_sentence_may_begin_by_ruling_out(words: str) -> None:
    options = parse(["search", words, "-n", "3"])
    assert (options.query.strip(), options.n) == (words, 3)
    assert parse(["search", "dog", "-n3"]).n == 3


@pytest.mark.parametrize(
    ("picture", "told"), [("gone.jpg", "not there"), (".", "a folder")], ids=["gone", "folder"]
)
def test_an_example_that_is_no_picture_file_is_one_line(
    picture: str, told: str, heimdex: Command, tmp_path: Path
) -> None:
    done = heimdex("search", "--image", str(tmp_path / picture))
    assert done.code == 1
    assert told in done.err
    assert len(done.err.splitlines()) == 1
