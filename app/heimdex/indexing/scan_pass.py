"""One pass over named paths or folders: reads what is new or different and records it.

Finding files is left to `walk`; when to look, and what the library says about it, to `scan`.
"""

import os
import stat
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from heimdex.domain.ids import FolderId, VideoId
from heimdex.domain.media import FileState, Folder, MediaFile
from heimdex.domain.stages import JobState
from heimdex.indexing.following import Following
from heimdex.indexing.placing import FolderOf, Placing, hand_on
from heimdex.indexing.plan import missing
from heimdex.indexing.reach import UNREACHABLE, is_left_empty, reachable_place
from heimdex.indexing.reading import IsCancelled, Reading, Sources
from heimdex.indexing.scan_report import Problem, ScanReport, reason, shown
from heimdex.indexing.walk import Found, Walk, is_same, look_at, walk

_PARKED = ".heimdex-moving"
_TOGETHER = 256
_LONGEST_WAIT_S = 1.0


class ScanPass:
    """New files come first, so that a file that was moved is found at its new place before its old
    one is given to something else or found empty."""

    def __init__(self, sources: Sources, cancelled: IsCancelled | None, *, patient: bool) -> None:
        """Not `patient`: a person asked for these very paths."""
        self.report = ScanReport()
        self._sources = sources
        self._catalogue = sources.catalogue
        self._patient = patient
        self._online: set[VideoId] = set()
        self._placing = Placing(self._catalogue, self.report, self._online)
        self._reading = Reading(sources, self.report, cancelled, patient=patient)
        self._following = Following(
            self._catalogue, sources.whereabouts, sources.drives, self.report
        )
        self._tried: set[Path] = set()
        self._changed: set[VideoId] = set()

    def add(self, paths: Sequence[Path], watched: bool) -> bool:
        """Take paths that a person named; False when not one of them could be taken."""
        accepted = False
        files: list[Found] = []
        self._follow()
        for path in dict.fromkeys(map(self._following.spelled, paths)):
            taken_in = self._take_in(path)
            try:
                mode = os.stat(path).st_mode  # noqa: PTH116 - a link counts as its target
            except (FileNotFoundError, NotADirectoryError):
                self._problem(path, f"There is no file or folder {shown(path)}.")
                continue
            except (OSError, ValueError) as error:
                self._problem(path, f"{shown(path)} cannot be read ({reason(error)}).")
                continue
            if stat.S_ISDIR(mode):
                # A part of an added folder that was left out is a part of it again, and no more.
                inside = taken_in and self._look_inside(path)
                accepted |= inside or self._add_folder(path, watched)
            elif (found := look_at(path)) is not None:
                files.append(found)
            else:
                self._problem(path, f"{shown(path)} is neither a file nor a folder.")
        return self._add_files(files) or accepted

    def folders(self, folders: Sequence[Folder]) -> None:
        """Look at added folders again, as they are in the catalogue now."""
        walks: list[tuple[Folder, Walk]] = []
        wanted = {folder.id for folder in folders} | self._follow()
        for folder in [each for each in self._catalogue.folders() if each.id in wanted]:
            tree = self._enter(folder)
            if tree is not None:
                walks.append((folder, tree))
        # All of the new before any of the old: files also move from one folder to another.
        for folder, tree in walks:
            self._take_new(folder, tree)
        self._take_known([file for _, tree in walks for file in tree.files])
        for folder, tree in walks:
            self._take_leave(folder, tree)

    def is_unsure(self, folder: Folder) -> bool:
        """Whether a folder is away, or was there a moment ago and is not any more."""
        return folder.state is not FileState.ONLINE or self._following.is_gone(folder)

    def loose_files(self, files: Sequence[MediaFile]) -> None:
        """Look again at files that belong to no added folder."""
        self._following.follow_files(files)
        files = self._catalogue.loose_files()
        present = [
            found
            for file in files
            if self._following.answers(file.path) and (found := look_at(file.path)) is not None
        ]
        self._take_known(present)
        there = {found.path for found in present}
        for file in files:
            if file.path in there:
                continue
            away = self._following.is_away(file)
            self._set_state([file], FileState.OFFLINE if away else FileState.MISSING)
        self._following.note_files([file for file in files if file.path in there])

    def finish(self) -> None:
        """Queue what is to be done about the videos that were seen."""
        hand_on(self._catalogue, self.report.added)
        jobs, stages = self._sources.jobs, self._sources.stages
        models = self._sources.models()
        unwanted: set[VideoId] = set()
        if self._patient:
            # What a person cancelled stays so until a person asks again.
            unwanted = {job.video_id for job in jobs.jobs([JobState.CANCELLED])}
        due = [
            video_id
            for video_id in dict.fromkeys([*self.report.added, *sorted(self._online)])
            if video_id not in unwanted
            # What a known video inherits at another's place is taken over when its faces are
            # sorted again.
            and (video_id in self._changed or missing(stages.runs(video_id), models))
        ]
        self.report.queued = len(jobs.enqueue(due)) if due else 0
        waiting = [
            job.id
            for job in jobs.jobs([JobState.PAUSED])
            if job.error == UNREACHABLE
            and reachable_place(self._catalogue.files(video_id=job.video_id)) is not None
        ]
        if waiting:
            jobs.resume(waiting)
        self.report.resumed = len(waiting)
        self._reading.forget_waiting()

    # Folders

    def _follow(self) -> set[FolderId]:
        return set(self._following.follow())

    def _take_in(self, path: Path) -> bool:
        """Whoever names something that was left out wants it after all; whether it was."""
        whereabouts, found = self._sources.whereabouts, False
        for folder in self._catalogue.folders():
            if path.is_relative_to(folder.path):
                inside = path.relative_to(folder.path).as_posix()
                found |= whereabouts.take_in(folder.id, "" if inside == "." else inside)
        return found

    def _look_inside(self, path: Path) -> bool:
        """Take what is in a part of an added folder; False when it is an added folder itself."""
        folders = self._catalogue.folders()
        outer = [each for each in folders if path.is_relative_to(each.path)]
        if any(each.path == path for each in outer):
            return False
        tree = self._walk(path, None)
        fresh = [file for file in tree.files if self._catalogue.file(file.path) is None]
        self._tried.update(file.path for file in fresh)
        self._place_all(self._reading.settled(fresh), self._folder_of)
        self._take_known(tree.files)
        return True

    def _add_folder(self, path: Path, watched: bool) -> bool:
        known = next((f for f in self._catalogue.folders() if is_same(f.path, path)), None)
        try:
            tree = self._walk(path, known)
        except OSError as error:
            return self._problem(
                path, f"The folder {shown(path)} cannot be read ({reason(error)})."
            )
        if known is not None and self._following.is_another_drive(
            known, self._catalogue.files(known.id)
        ):
            self._go_offline(known)
            self._following.set_aside(known)
            known = None
        if not tree.files and known is None:
            for shut in tree.unreadable:
                self._unreadable(shut)
            return self._problem(path, f"There are no videos or sound recordings in {shown(path)}.")
        folder = self._catalogue.add_folder(path if known is None else known.path, watched)
        self._come_back(folder)
        self._take_new(folder, tree)
        self._take_known(tree.files)
        self._take_leave(folder, tree)
        return True

    def _walk(self, path: Path, folder: Folder | None) -> Walk:
        left_out = self._sources.whereabouts.left_out()
        parts = frozenset[str]() if folder is None else left_out.get(folder.id, frozenset())
        # Listed below the folder's own name, in whatever case it was named just now.
        root = path if folder is None else folder.path
        return walk(root, frozenset(root / part for part in parts))

    def _enter(self, folder: Folder) -> Walk | None:
        """List a folder; None while it is away."""
        known = self._catalogue.files(folder.id)
        name = shown(folder.path)
        if not self._following.answers(folder.path):
            self._problem(folder.path, f"The share that {name} is on does not answer.")
            self._go_offline(folder)
            return None
        try:
            tree = self._walk(folder.path, folder)
        except OSError as error:
            if not isinstance(error, FileNotFoundError | NotADirectoryError):
                self._problem(folder.path, f"The folder {name} cannot be read ({reason(error)}).")
            self._go_offline(folder)
            return None
        if tree.empty and known:
            # An unplugged drive leaves its empty mount point behind.
            self._go_offline(folder)
            return None
        if self._following.is_another_drive(folder, known):
            if tree.files:
                self._problem(
                    folder.path,
                    f"Another drive is at {name} now; add the folder again if its videos are to "
                    "be taken in as well.",
                )
            self._go_offline(folder)
            return None
        self._come_back(folder)
        return tree

    def _go_offline(self, folder: Folder) -> None:
        known = self._catalogue.files(folder.id)
        if folder.state is not FileState.OFFLINE:
            self._catalogue.set_folder_state(folder.id, FileState.OFFLINE)
        self.report.offline.extend(f.path for f in known if f.state is FileState.ONLINE)

    def _come_back(self, folder: Folder) -> None:
        if folder.state is not FileState.ONLINE:
            self._catalogue.set_folder_state(folder.id, FileState.ONLINE)
        self._following.note(folder)

    def _take_new(self, folder: Folder, tree: Walk) -> None:
        for path in tree.unreadable:
            self._unreadable(path)
        fresh = [file for file in tree.files if self._catalogue.file(file.path) is None]
        self._tried.update(file.path for file in fresh)
        self._place_all(self._reading.settled(fresh), lambda _: folder.id)

    def _take_leave(self, folder: Folder, tree: Walk) -> None:
        """Deal with the files that the folder had and that the walk did not find."""
        seen = {file.path for file in tree.files}
        gone = [file for file in self._catalogue.files(folder.id) if file.path not in seen]
        # A walk leaves out what a person may have added by name: hidden files, odd suffixes.
        present = [found for file in gone if (found := look_at(file.path)) is not None]
        self._take_known(present)
        there = {found.path for found in present}
        if len(there) < len(gone) and self._following.is_gone(folder):
            # The drive went while it was being listed.
            self._go_offline(folder)
            return
        for file in gone:
            if file.path not in there:
                shut = any(file.path.is_relative_to(path) for path in tree.unreadable)
                away = shut or is_left_empty(file.path, folder.path)
                self._set_state([file], FileState.OFFLINE if away else FileState.MISSING)

    # Files

    def _add_files(self, files: Sequence[Found]) -> bool:
        known: list[Found] = []
        fresh: list[Found] = []
        for found in files:
            (fresh if self._catalogue.file(found.path) is None else known).append(found)
        self._take_known(known)
        settled = self._reading.settled(fresh)
        growing = set(fresh).difference(settled)
        for found in fresh:
            if found in growing:
                self._problem(
                    found.path,
                    f"{shown(found.path)} is still being written; add it again when it is "
                    "complete.",
                )
        count = self._place_all(settled, self._folder_of)
        placed = [self._catalogue.file(found.path) for found in settled]
        self._following.note_files([file for file in placed if file is not None])
        return count > 0 or bool(known)

    def _take_known(self, files: Iterable[Found]) -> None:
        """Deal with files at paths that the library knows: the same as before, or changed."""
        altered: list[Found] = []
        back: list[MediaFile] = []
        for found in files:
            if found.path in self._tried:
                continue
            known = self._catalogue.file(found.path)
            if known is None or not _same(known, found):
                # Unknown here is a path whose row went to the file's new place a moment ago.
                altered.append(found)
                continue
            self._online.add(known.video_id)
            if known.state is FileState.ONLINE:
                self.report.unchanged += 1
            else:
                back.append(known)
        if back:
            self._set_state(back, FileState.ONLINE)
        contents = {
            found: video_id
            for found in self._reading.settled(altered)
            if (video_id := self._reading.read(found)) is not None
        }
        self._park(contents)
        for found, video_id in contents.items():
            known = self._catalogue.file(found.path)
            if known is None:
                self._placing.place([(found, video_id)], self._folder_of)
                continue
            self._catalogue.put_file(
                found.path, video_id, known.folder_id, found.size, found.mtime_ns
            )
            self._online.add(video_id)
            if known.video_id != video_id:
                self.report.changed.append(found.path)
                self._changed.add(video_id)
            elif known.state is not FileState.ONLINE:
                self.report.back.append(found.path)

    def _park(self, contents: Mapping[Found, VideoId]) -> None:
        """Where files exchanged their names, take the rows off their paths first: giving a path
        to another video forgets the one that was there if it is nowhere else."""
        wanted_elsewhere = set(contents.values())
        for found, video_id in contents.items():
            known = self._catalogue.file(found.path)
            if (
                known is not None
                and known.video_id != video_id
                and known.video_id in wanted_elsewhere
            ):
                self._catalogue.move_file(known.id, found.path.with_name(found.path.name + _PARKED))

    def _place_all(self, files: Iterable[Found], folder_of: FolderOf) -> int:
        """Read files at paths where the library knew nothing and record them; how many there were.

        Some at a time, because a commit waits for the disk, but never so many that a person who
        looks on sees nothing for long.
        """
        batch: list[tuple[Found, VideoId]] = []
        count = 0
        since = time.monotonic()
        try:
            for found in files:
                video_id = self._reading.read(found)
                if video_id is None:
                    continue
                batch.append((found, video_id))
                count += 1
                if len(batch) >= _TOGETHER or time.monotonic() - since > _LONGEST_WAIT_S:
                    self._placing.place(batch, folder_of)
                    batch, since = [], time.monotonic()
        finally:
            # Also when it was cancelled: what was read need not be read again.
            self._placing.place(batch, folder_of)
        return count

    def _folder_of(self, path: Path) -> FolderId | None:
        """The innermost added folder that a path lies in."""
        inside = [f for f in self._catalogue.folders() if path.is_relative_to(f.path)]
        return max(inside, key=lambda f: len(f.path.parts)).id if inside else None

    def _set_state(self, files: Sequence[MediaFile], state: FileState) -> None:
        changed = [file for file in files if file.state is not state]
        if not changed:
            return
        self._catalogue.set_file_state([file.id for file in changed], state)
        lists = {
            FileState.ONLINE: self.report.back,
            FileState.OFFLINE: self.report.offline,
            FileState.MISSING: self.report.missing,
        }
        lists[state].extend(file.path for file in changed)

    def _unreadable(self, folder: Path) -> None:
        self._problem(folder, f"The folder {shown(folder)} may not be opened; it was left out.")

    def _problem(self, path: Path, message: str) -> bool:
        self.report.problems.append(Problem(path, message))
        return False


def _same(known: MediaFile, found: Found) -> bool:
    return known.size == found.size and known.mtime_ns == found.mtime_ns
