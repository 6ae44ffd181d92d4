"""File systems that do not mind how a name is written: one file is one, whatever it is called."""

import os
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from caseless_drive import caseless
from small_library import Library, put

from heimdex.indexing.walk import is_same


@dataclass(frozen=True)
class Drive:
    behind: Path
    """Where the test writes."""
    shown: Path
    """Where the library looks."""


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    if sys.platform != "linux" or os.geteuid() != 0 or not Path("/dev/fuse").exists():
        pytest.skip("only root may mount a drive through FUSE")
    made = Drive(tmp_path / "behind", tmp_path / "Drive")
    made.behind.mkdir()
    made.shown.mkdir()
    with caseless(made.behind, made.shown) as is_there:
        if not is_there:
            pytest.skip("this kernel does not mount FUSE")
        yield made


def names(library: Library) -> list[str]:
    return sorted(file.path.name for file in library.catalogue.files())


def test_a_name_that_is_only_written_otherwise_is_no_copy(library: Library, drive: Drive) -> None:
    put(drive.behind / "Clips" / "Beach.MP4")
    put(drive.behind / "Clips" / "Dog.mp4")
    library.scanner.add([drive.shown])
    assert library.work().done == 2
    (drive.behind / "Clips" / "Beach.MP4").rename(drive.behind / "Clips" / "beach.mp4")
    report = library.scanner.rescan()
    assert names(library) == ["Dog.mp4", "beach.mp4"]
    assert (len(report.moved), report.copied, report.queued) == (1, [], 0)
    (drive.behind / "Clips").rename(drive.behind / "clips")
    report = library.scanner.rescan()
    assert names(library) == ["Dog.mp4", "beach.mp4"]
    assert {f.path.parent.name for f in library.catalogue.files()} == {"clips"}
    assert (len(report.moved), report.copied, report.queued) == (2, [], 0)
    assert not library.scanner.rescan().any_change


def test_a_folder_or_file_named_in_another_case_is_known(library: Library, drive: Drive) -> None:
    put(drive.behind / "Clips" / "Beach.MP4")
    library.scanner.add([drive.shown / "Clips"])
    library.scanner.add([drive.shown / "CLIPS", drive.shown / "clips" / "BEACH.mp4"])
    assert len(library.catalogue.folders()) == 1
    library.scanner.rescan()
    assert len(library.catalogue.files()) == 1
    put(drive.behind / "Clips" / "copy" / "beach.mp4", "Beach.MP4")
    assert len(library.scanner.rescan().copied) == 1


def test_names_that_two_files_can_have_are_two(library: Library, videos: Path) -> None:
    put(videos / "Beach.mp4", "one")
    put(videos / "beach.mp4", "other")
    os.link(videos / "Beach.mp4", videos / "BEACH.mp4")
    library.scanner.add([videos])
    assert names(library) == ["BEACH.mp4", "Beach.mp4", "beach.mp4"]
    assert not library.scanner.rescan().any_change
    assert not is_same(videos / "Beach.mp4", videos / "beach.mp4")
    assert not is_same(videos / "Beach.mp4", videos / "BEACH.mp4")
    for name in ("Deep", "deep"):
        (videos / name).mkdir()
        os.link(videos / "Beach.mp4", videos / name / "a.mp4")
    assert not is_same(videos / "Deep" / "a.mp4", videos / "deep" / "a.mp4")


def test_composed_and_decomposed_accents_are_two_names_here(videos: Path) -> None:
    composed, apart = (unicodedata.normalize(form, "café.mp4") for form in ("NFC", "NFD"))
    put(videos / composed)
    assert is_same(videos / composed, videos / composed)
    assert not is_same(videos / composed, videos / apart)
    put(videos / apart)
    assert not is_same(videos / composed, videos / apart)
