"""Drives that are really mounted, pulled and mounted elsewhere."""

import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import silent_share
from real_drive import Drive, refusal
from small_library import Library, put

from heimdex.domain.media import FileState, Place
from heimdex.domain.stages import JobState, Stage
from heimdex.indexing import drives_linux, drives_macos, reach
from heimdex.indexing.drives import Drives
from heimdex.indexing.mounts import Mount
from heimdex.indexing.reach import UNREACHABLE

MakeDrive = Callable[[str], Drive]


@pytest.fixture
def make_drive(tmp_path: Path) -> Iterator[MakeDrive]:
    if why := refusal():
        pytest.skip(why)
    made: list[Drive] = []

    def make(name: str) -> Drive:
        drive = Drive(tmp_path / f"{name}.img")
        made.append(drive)
        if not drive.mount(tmp_path / "first" / name):
            pytest.skip("this kernel does not mount images")
        return drive

    yield make
    for drive in made:
        drive.pull()


def paths(library: Library) -> set[Path]:
    return {file.path for file in library.catalogue.files()}


def states(library: Library) -> dict[str, FileState]:
    return {file.path.name: file.state for file in library.catalogue.files()}


def test_a_drive_is_known_wherever_it_is_mounted(make_drive: MakeDrive, tmp_path: Path) -> None:
    one, other = make_drive("one"), make_drive("other")
    assert one.point is not None
    assert other.point is not None
    file = put(one.point / "deep" / "a b.mp4")
    place = Drives().place_of(file)
    assert place is not None
    assert place.inside == "deep/a b.mp4"
    assert place.volume != Drives().place_of(other.point).volume
    one.pull()
    assert Drives().paths_of(place) == []
    one.mount(tmp_path / "a name\twith\\odd letters")
    assert Drives().place_of(one.point / "deep" / "a b.mp4") == place
    assert Drives().paths_of(place) == [one.point / "deep" / "a b.mp4"]


def test_a_folder_follows_its_drive(
    library: Library, make_drive: MakeDrive, tmp_path: Path
) -> None:
    drive = make_drive("drive")
    first = drive.point
    put(first / "clips" / "a.mp4")
    put(first / "clips" / "deep" / "b.mp4")
    loose = put(first / "loose.mp4")
    library.scanner.add([first / "clips", loose])
    assert library.work().done == 3
    read = len(library.fingerprints.read)

    drive.pull()
    first.rmdir()
    library.scanner.rescan()
    assert set(states(library).values()) == {FileState.OFFLINE}

    drive.mount(tmp_path / "second")
    report = library.scanner.rescan()
    assert paths(library) == {
        tmp_path / "second" / name for name in ("clips/a.mp4", "clips/deep/b.mp4", "loose.mp4")
    }
    assert set(states(library).values()) == {FileState.ONLINE}
    assert len(report.moved) == 3
    assert (report.added, report.copied, report.queued) == ([], [], 0)
    assert len(library.fingerprints.read) == read
    [folder] = library.catalogue.folders()
    assert (folder.path, folder.state) == (tmp_path / "second" / "clips", FileState.ONLINE)
    # A new file on it is found at the new place.
    put(tmp_path / "second" / "clips" / "new.mp4")
    assert len(library.scanner.rescan().added) == 1


def test_what_is_not_watched_is_looked_for_when_a_drive_comes(
    library: Library, make_drive: MakeDrive, videos: Path, tmp_path: Path
) -> None:
    drive = make_drive("drive")
    put(drive.point / "clips" / "a.mp4")
    put(videos / "here.mp4")
    library.scanner.add([drive.point / "clips"], watched=False)
    library.scanner.add([put(drive.point / "loose.mp4"), videos])
    assert not library.scanner.seek().any_change
    drive.pull()
    report = library.scanner.seek()
    assert {path.name for path in report.offline} == {"a.mp4", "loose.mp4"}
    assert states(library)["here.mp4"] is FileState.ONLINE
    library.work()
    drive.mount(tmp_path / "second")
    report = library.scanner.seek()
    assert set(states(library).values()) == {FileState.ONLINE}
    assert report.resumed == 2
    assert library.work().done == 2


def test_another_drive_at_the_same_place_is_not_taken_for_it(
    library: Library, make_drive: MakeDrive, tmp_path: Path
) -> None:
    drive, stranger = make_drive("drive"), make_drive("stranger")
    point = drive.point
    put(point / "a.mp4")
    put(stranger.point / "b.mp4")
    library.scanner.add([point])
    library.work()
    drive.pull()
    stranger.pull()

    stranger.mount(point)
    report = library.scanner.rescan()
    assert states(library) == {"a.mp4": FileState.OFFLINE}
    assert "Another drive" in report.problems[0].message
    assert library.scanner.add([point]).added != []
    assert states(library) == {"a.mp4": FileState.OFFLINE, "b.mp4": FileState.ONLINE}
    assert len(library.catalogue.folders()) == 2

    # Both at once, at places that they have changed.
    stranger.pull()
    stranger.mount(tmp_path / "second")
    drive.mount(point)
    library.scanner.rescan()
    assert paths(library) == {point / "a.mp4", tmp_path / "second" / "b.mp4"}
    assert set(states(library).values()) == {FileState.ONLINE}
    stranger.pull()
    drive.pull()
    stranger.mount(point)
    drive.mount(tmp_path / "second")
    library.scanner.rescan()
    assert paths(library) == {tmp_path / "second" / "a.mp4", point / "b.mp4"}
    assert {folder.path for folder in library.catalogue.folders()} == {
        point, tmp_path / "second",
    }  # fmt: skip
    assert len(library.fingerprints.read) == 2


def test_a_copy_on_a_new_disk_at_the_old_place_is_the_folders_own(
    library: Library, make_drive: MakeDrive
) -> None:
    drive, new = make_drive("drive"), make_drive("new")
    point = drive.point
    for each in (drive, new):
        put(each.point / "a.mp4", "the same")
    library.scanner.add([point])
    library.work()
    drive.pull()
    new.pull()
    new.mount(point)
    library.scanner.rescan()
    assert states(library) == {"a.mp4": FileState.ONLINE}
    [place] = library.whereabouts.of_folders().values()
    assert place == Drives().place_of(point)


def test_a_drive_pulled_while_it_is_indexed(
    library: Library, make_drive: MakeDrive, videos: Path, tmp_path: Path
) -> None:
    drive = make_drive("drive")
    point = drive.point
    for n in range(3):
        put(point / f"{n}.mp4", f"on the drive {n}")
    put(videos / "here.mp4")
    library.scanner.add([point, videos])

    def pull(stage: Stage, together: object) -> None:
        if stage is Stage.VISION:
            drive.pull()

    library.engine.trouble = pull
    report = library.work()
    # The one on this computer is done, the others wait, and nobody is blamed.
    assert (report.done, report.paused, report.failed) == (1, 3, 0)
    reasons = {job.error for job in library.jobs.jobs([JobState.PAUSED])}
    assert reasons == {UNREACHABLE}
    assert {name for name, state in states(library).items() if state is FileState.OFFLINE} == {
        "0.mp4", "1.mp4", "2.mp4",
    }  # fmt: skip
    assert len(library.catalogue.videos()) == 4

    library.engine.trouble = lambda stage, together: None
    drive.mount(tmp_path / "second")
    library.scanner.rescan()
    before = dict(library.engine.computed)
    assert library.work().done == 3
    assert set(states(library).values()) == {FileState.ONLINE}
    # What was committed before is not computed again.
    kept = {key for key, count in before.items() if count and key[1] is Stage.SPEECH}
    assert {library.engine.computed[key] for key in kept} == {1}


def test_a_drive_that_goes_while_it_is_listed(
    library: Library, make_drive: MakeDrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive = make_drive("drive")
    point = drive.point
    put(point / "a.mp4")
    put(point / "deep" / "b.mp4")
    library.scanner.add([point])
    from heimdex.indexing import walk as walking

    entries = walking._entries

    def pull(folder: Path):
        if folder.name == "deep":
            drive.pull()
        return entries(folder)

    monkeypatch.setattr(walking, "_entries", pull)
    report = library.scanner.rescan()
    assert report.missing == []
    assert set(states(library).values()) == {FileState.OFFLINE}


def test_a_share_that_does_not_answer_holds_nobody_up(
    library: Library, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why := silent_share.refusal():
        pytest.skip(why)
    monkeypatch.setattr(reach, "_ANSWER_S", 0.3)
    share = tmp_path / "share"
    put(share / "a.mp4")
    put(videos / "b.mp4")
    loose = put(share / "deep" / "loose.mp4")
    library.scanner.add([share, videos, loose])
    with silent_share.silent(share) as hangs:
        if not hangs:
            pytest.skip("this kernel does not mount FUSE")
        put(videos / "new.mp4")
        report = library.scanner.rescan()
        assert "does not answer" in report.problems[0].message
        assert len(report.added) == 1
        assert states(library)["a.mp4"] is FileState.OFFLINE
        done = library.work()
        assert (done.done, done.paused, done.failed) == (2, 2, 0)
    library.scanner.rescan()
    assert set(states(library).values()) == {FileState.ONLINE}
    assert library.work().done == 2


# What can be said without mounting anything


def test_mounts_are_read_as_the_manual_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, uuids = tmp_path / "mountinfo", tmp_path / "by-uuid"
    table.write_bytes(
        b"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        b"2 1 8:17 / /media/My\\040Disk rw shared:7 - vfat /dev/sdb1 rw\n"
        b"3 1 0:50 /@home /home rw - btrfs /dev/sdc2 rw,subvol=/@home\n"
        b"4 1 0:51 / /mnt/nas rw - cifs //nas/videos rw\n"
        b"5 1 0:52 / /run rw - tmpfs tmpfs rw\n"
    )
    uuids.mkdir()
    for name, device in (("ROOT-1", "sda1"), ("4A1B-22C0", "sdb1"), ("btr-9", "sdc2")):
        (uuids / name).symlink_to(f"/dev/{device}")
    monkeypatch.setattr(drives_linux, "MOUNTINFO", table)
    monkeypatch.setattr(drives_linux, "BY_UUID", uuids)
    drives = Drives(drives_linux.mounts())
    for path, volume, inside in (
        ("/media/My Disk/a/b.mp4", "uuid:4a1b-22c0", "a/b.mp4"),
        ("/media/My Disk", "uuid:4a1b-22c0", ""),
        ("/home/ann/x.mp4", "uuid:btr-9", "@home/ann/x.mp4"),
        ("/mnt/nas/x.mp4", "share://nas/videos", "x.mp4"),
        ("/srv/x.mp4", "uuid:root-1", "srv/x.mp4"),
    ):
        assert drives.place_of(Path(path)) == Place(volume, inside)
        assert drives.paths_of(Place(volume, inside)) == [Path(path)]
    assert drives.place_of(Path("/run/x.mp4")) is None
    assert drives.is_remote(Path("/mnt/nas/x.mp4"))
    assert not drives.is_remote(Path("/media/My Disk/x.mp4"))
    # The other half of a btrfs drive is not mounted, so nothing in it can be reached.
    assert drives.paths_of(Place("uuid:btr-9", "@photos/x.mp4")) == []


def test_without_a_list_of_mounts_paths_are_all_there_is(
    library: Library, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drives_linux, "MOUNTINFO", tmp_path / "none")
    put(videos / "a.mp4")
    library.scanner.add([videos])
    assert not library.scanner.rescan().any_change
    assert library.whereabouts.of_folders() == {}


def test_records_for_macos_are_laid_out_as_its_headers_say() -> None:
    """It has not been run there; sizes are those of <sys/mount.h> and <sys/attr.h>, 64 bit."""
    assert ctypes.sizeof(drives_macos._Statfs) == 2168
    assert drives_macos._Statfs.f_mntonname.offset == 88
    assert ctypes.sizeof(drives_macos._Attrlist) == 24
    assert ctypes.sizeof(drives_macos._VolumeUuid) == 20


def test_what_is_mounted_over_hides_what_is_below() -> None:
    point = Path("/mnt/disk")
    drives = Drives(
        [
            Mount(Path("/"), "", lambda: "uuid:root", False),
            Mount(point, "", lambda: "uuid:below", False),
            Mount(point, "", lambda: "uuid:above", False),
        ]
    )
    assert drives.place_of(point / "a.mp4") == Place("uuid:above", "a.mp4")
    assert drives.paths_of(Place("uuid:below", "a.mp4")) == []
