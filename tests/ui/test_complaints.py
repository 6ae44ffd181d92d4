"""What fails below is told in the window's language, from a live error or out of the library."""

import ast
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from heimdex.bootstrap import Library
from heimdex.domain import errors
from heimdex.domain.errors import MediaError, ModelUnavailable, UserError
from heimdex.ml import manifests
from heimdex.ml.store import ModelStatus, State, unavailable
from heimdex.ui import complaints, language, wording
from heimdex.ui.background import sentence
from heimdex.ui.session import Session

CHECKOUT = Path(__file__).resolve().parents[2]
SOURCE = CHECKOUT / "app" / "heimdex"
COMPOSED = re.compile(r"%1 (is not installed|is damaged|must be prepared)")
"""Said by `store.unavailable`, which puts them together."""


@pytest.fixture
def korean(qapp: QApplication) -> Iterator[None]:
    language.install(qapp, CHECKOUT / "resources", "ko")
    yield
    language.install(qapp, CHECKOUT / "resources", "en")


def shape(node: ast.expr) -> str | None:
    """A text of the source with %1, %2 … where it puts something in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    said, count = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            said += str(part.value)
        else:
            count += 1
            said += f"%{count}"
    return said


def test_every_listed_sentence_is_one_that_the_rooms_say() -> None:
    said = {
        shape(node)
        for path in SOURCE.rglob("*.py")
        if "ui" not in path.relative_to(SOURCE).parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.expr)
    }
    stale = [s for s in complaints.SENTENCES if s not in said and not COMPOSED.match(s)]
    assert stale == [], "reworded below: mend them in ui/complaints.py, and translate them anew"


def test_every_reason_why_a_file_cannot_be_used_is_listed() -> None:
    said = {
        shape(node.args[0] if isinstance(node, ast.Call) else node.value)
        for path in (SOURCE / "media").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Return) and node.value is not None)
        or (
            (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args)
            and node.func.id == "MediaError"
        )
    }
    sentences = {s for s in said if s is not None and s.endswith(".")}
    assert len(sentences) > 15, "the reasons are written in another way now: look again"
    # What only a name and a number are put into differs in what it is called, not in its words.
    unnumbered = {re.sub(r"%\d", "%", listed) for listed in complaints.SENTENCES}
    missing = [s for s in sorted(sentences) if re.sub(r"%\d", "%", s) not in unnumbered]
    assert missing == [], "list them in ui/complaints.py, and translate them"


ONLY_COMMANDS = (
    # Somebody named something on the command line, the program is made wrong, or search goes on.
    "That the library is at %", "There is no setting named", "% %, not %.", "% exists already;",
    "The disk that holds % has no room for the library", "The library cannot be moved to",
    "The old place and the new one", "The library knows nothing in", "The library already knows",
    "The library knows other videos", "No video in the library is called", "% videos are called",
    "No search is saved as", "An engine host is started by Heimdex itself",
    "The engine has no method", "The vector index", "Cancelled.",
    "% cannot be deleted (%); close",
)  # fmt: skip


def test_what_goes_wrong_with_a_library_is_listed() -> None:
    """Its folder, its settings, its database, its backups, its children."""
    said = {
        shape(node.args[0])
        for room in ("config", "storage", "hosts")
        for path in (SOURCE / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and issubclass(vars(errors).get(node.func.id, object), errors.HeimdexError)
        and node.args
    }
    sentences = {re.sub(r"%\d", "%", each) for each in said if each is not None}
    assert len(sentences) > 40, "they are written in another way now: look again"
    listed = {re.sub(r"%\d", "%", each) for each in complaints.SENTENCES}
    missing = [s for s in sorted(sentences - listed) if not s.startswith(ONLY_COMMANDS)]
    assert missing == [], "list them in ui/complaints.py, and translate them"


@pytest.mark.usefixtures("korean")
def test_every_listed_sentence_is_told_in_korean_with_its_names() -> None:
    for listed in complaints.SENTENCES:
        message = re.sub(r"%(\d)", r"<\1>", listed)
        told = complaints.told(message)
        assert told != message
        assert re.search("[가-힣]", told), listed
        assert "%" not in told
        assert set(re.findall(r"<\d>", told)) <= set(re.findall(r"<\d>", message))


@pytest.mark.usefixtures("korean")
def test_errors_of_every_kind_are_told() -> None:
    assert (
        sentence(UserError("There is no file or folder ~/영상/a 1.mp4."))
        == "~/영상/a 1.mp4에 파일이나 폴더가 없습니다."
    )
    # As it stands in the library: a sentence, and below it what is technical.
    stored = f"{MediaError('a.mp4 is not there any more.')}\nmoov atom not found"
    assert wording.reason(stored) == "a.mp4이(가) 더 이상 없습니다."
    assert complaints.told(stored).endswith("\nmoov atom not found")
    described = manifests.load(CHECKOUT / "models")["bge-m3"]
    for state in (State.MISSING, State.DAMAGED, State.OUTDATED, State.UNSUPPORTED):
        why = "" if state is State.MISSING else "x.bin is missing"
        error = unavailable(described, ModelStatus("bge-m3", state, why, 0))
        assert isinstance(error, ModelUnavailable)
        assert re.search("[가-힣]", sentence(error)), str(error)


@pytest.mark.usefixtures("korean")
def test_a_name_may_hold_half_a_sentence() -> None:
    odd = "There is no file or folder x is empty.."
    assert complaints.told(odd) == "x is empty.에 파일이나 폴더가 없습니다."


def test_what_is_not_listed_is_shown_as_it_is(korean: None) -> None:
    for message in ("", "A sentence nobody listed.", "One.\nTwo."):
        assert complaints.told(message) == message


def test_who_has_no_terminal_is_told_the_place_in_the_window(qapp: QApplication) -> None:
    """In both languages, for everything that a person at the window can meet."""
    for code in ("en", "ko"):
        language.install(qapp, CHECKOUT / "resources", code)
        for listed in complaints.SENTENCES:
            told = complaints.told(re.sub(r"%(\d)", r"<\1>", listed))
            assert not re.search(r"`heimdex|run: heimdex", told), told
    language.install(qapp, CHECKOUT / "resources", "en")
    described = manifests.load(CHECKOUT / "models")["bge-m3"]
    error = unavailable(described, ModelStatus("bge-m3", State.MISSING, "", 0))
    assert sentence(error) == (
        f"{described.title} is not installed; download it in Settings › Models."
    )


def test_damage_that_sqlite_meets_leads_to_the_check(qapp: QApplication, tmp_path: Path) -> None:
    language.install(qapp, CHECKOUT / "resources", "en")
    path = tmp_path / "x.sqlite3"
    path.write_bytes(b"My diary\n" * 999)
    with closing(sqlite3.connect(path)) as connection:
        with pytest.raises(sqlite3.DatabaseError) as caught:
            connection.execute("SELECT * FROM people")
        assert "Settings › Library" in sentence(caught.value)
        with pytest.raises(sqlite3.DatabaseError) as other:
            connection.execute("no SQL")
    assert "unexpected" in sentence(other.value)


def test_english_stays_english(qapp: QApplication) -> None:
    language.install(qapp, CHECKOUT / "resources", "en")
    for message in ("There is no file or folder a%1.mp4.", "a is empty."):
        assert complaints.told(message) == message


@pytest.mark.usefixtures("korean")
def test_a_scan_that_finds_nothing_says_so_in_korean(
    library: Library, tmp_path: Path, qtbot: QtBot
) -> None:
    session = Session(library)
    with qtbot.waitSignal(session.said, timeout=20_000) as said:
        session.add([tmp_path / "gone.mp4"])
    assert said.args[0].endswith("gone.mp4에 파일이나 폴더가 없습니다.")
    assert session.close()
