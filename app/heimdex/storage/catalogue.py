"""Keeps which folders, files and videos there are, and what probing said about them.

Walking folders and noticing what changed is the scanner's work (`indexing`); what the stages found
in a video is in `stages`.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from heimdex.domain.errors import UserError
from heimdex.domain.ids import FileId, FolderId, VideoId
from heimdex.domain.media import (
    AudioTrack,
    FileState,
    Folder,
    MediaFile,
    MediaInfo,
    Video,
    VideoTrack,
)
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.database import Database
from heimdex.storage.extents import BEST_FILE, Extents, ExtentStore
from heimdex.storage.heritage import bequeath
from heimdex.storage.paths import path_text, text_path

_VIDEO = f"""
SELECT v.id, v.added_at, f.path, f.state, f.mtime_ns, m.duration_ms, m.recorded_at, m.width,
       m.height, m.video_tracks <> '[]' AS has_video, m.audio_tracks <> '[]' AS has_audio
FROM videos v
JOIN (SELECT *, row_number() OVER (PARTITION BY video_id ORDER BY {BEST_FILE}) AS place
      FROM files) f ON f.video_id = v.id AND f.place = 1
LEFT JOIN media_info m ON m.video_id = v.id
"""


class Catalogue:
    """Folders, files, videos. Paths are kept absolute, as the person named them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._artefacts = Artefacts(database.directory)
        self._extents = ExtentStore(database)

    # Folders

    def add_folder(self, path: Path, watched: bool) -> Folder:
        """Add a folder, or change whether it is watched if it is there already."""
        with self._database.write() as connection:
            row = connection.execute(
                "INSERT INTO folders (path, watched) VALUES (?, ?)"
                " ON CONFLICT (path) DO UPDATE SET watched = excluded.watched RETURNING *",
                (path_text(path), watched),
            ).fetchone()
        return _folder(row)

    def folders(self) -> list[Folder]:
        """All folders, by path."""
        rows = self._database.read().execute("SELECT * FROM folders ORDER BY path")
        return [_folder(row) for row in rows]

    def remove_folder(self, folder_id: FolderId) -> list[VideoId]:
        """Forget a folder with its files; returns the videos that are forgotten because they were
        nowhere else. The originals stay."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM files WHERE folder_id = ?", (folder_id,))
            connection.execute("DELETE FROM folders WHERE id = ?", (folder_id,))
            forgotten = _forget_placeless(connection)
        for video_id in forgotten:
            self._artefacts.remove(video_id)
        return forgotten

    def set_folder_state(self, folder_id: FolderId, state: FileState) -> None:
        """Say whether a folder can be reached; with an offline folder its files are offline too.

        When it is back its files stay offline until a scan has seen them.
        """
        with self._database.write() as connection:
            connection.execute("UPDATE folders SET state = ? WHERE id = ?", (state, folder_id))
            if state is FileState.OFFLINE:
                connection.execute(
                    "UPDATE files SET state = ? WHERE folder_id = ? AND state = ?",
                    (FileState.OFFLINE, folder_id, FileState.ONLINE),
                )

    # Files

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make the changes inside one transaction: thousands of moved files then cost one wait for
        the disk instead of thousands. Nothing slow may happen inside."""
        with self._database.write():
            yield

    def put_file(
        self,
        path: Path,
        video_id: VideoId,
        folder_id: FolderId | None,
        size: int,
        mtime_ns: int,
    ) -> MediaFile:
        """Record that `video_id` is at `path`, online; creates the video when it is new.

        If another video was there, its content is gone from this place; without a second place
        it is forgotten. What comes in its place is then taken for its new version, and inherits
        what people said about it (see `heritage`). A file keeps its folder when `folder_id` is
        None.
        """
        with self._database.write() as connection:
            is_new = connection.execute(
                "INSERT INTO videos (id, added_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (video_id, int(time.time())),
            ).rowcount
            before = _videos_at(connection, path_text(path))
            for old in before:
                # A copy of a known video over one of several places is no new version of it.
                if old != video_id and (is_new or len(self.files(video_id=old)) == 1):
                    bequeath(connection, old, video_id)
            row = connection.execute(
                "INSERT INTO files (path, video_id, folder_id, size, mtime_ns)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET"
                " video_id = excluded.video_id, size = excluded.size,"
                " mtime_ns = excluded.mtime_ns, state = 'online',"
                " folder_id = coalesce(excluded.folder_id, folder_id) RETURNING *",
                (path_text(path), video_id, folder_id, size, mtime_ns),
            ).fetchone()
            forgotten = _forget_placeless(connection, before)
        for gone in forgotten:
            self._artefacts.remove(gone)
        return _file(row)

    def file(self, path: Path) -> MediaFile | None:
        """The file known at `path`."""
        row = (
            self._database.read()
            .execute("SELECT * FROM files WHERE path = ?", (path_text(path),))
            .fetchone()
        )
        return None if row is None else _file(row)

    def files(
        self, folder_id: FolderId | None = None, video_id: VideoId | None = None
    ) -> list[MediaFile]:
        """Files of one folder, of one video, or all, by path."""
        # Not one statement for all cases: SQLite would then look through the whole table each time.
        wanted = {"folder_id": folder_id, "video_id": video_id}
        given = {column: value for column, value in wanted.items() if value is not None}
        where = " AND ".join(f"{column} = :{column}" for column in given)
        rows = self._database.read().execute(
            f"SELECT * FROM files{' WHERE ' * bool(where)}{where} ORDER BY path", given
        )
        return [_file(row) for row in rows]

    def loose_files(self) -> list[MediaFile]:
        """Files that were added by themselves and belong to no folder, by path."""
        rows = self._database.read().execute(
            "SELECT * FROM files WHERE folder_id IS NULL ORDER BY path"
        )
        return [_file(row) for row in rows]

    def lost_files(self) -> list[MediaFile]:
        """Places of videos that are nowhere any more although their folders can be looked at."""
        rows = self._database.read().execute(
            "SELECT * FROM files f WHERE f.state = ?1 AND NOT EXISTS (SELECT 1 FROM files o"
            " WHERE o.video_id = f.video_id AND o.state <> ?1) ORDER BY path",
            (FileState.MISSING,),
        )
        return [_file(row) for row in rows]

    def hand_on(self, old: VideoId, new: VideoId) -> None:
        """What people said about the faces of `old` holds for `new` as well, where it is a version
        of it (see `heritage`)."""
        with self._database.write() as connection:
            bequeath(connection, old, new)

    def move_file(
        self, file_id: FileId, new_path: Path, folder_id: FolderId | None = None
    ) -> MediaFile:
        """Record that a file is now at `new_path` (online), in `folder_id` if that is given.

        A row that already stood at `new_path` gives way.
        """
        text = path_text(new_path)
        with self._database.write() as connection:
            before = _videos_at(connection, text)
            connection.execute("DELETE FROM files WHERE path = ? AND id <> ?", (text, file_id))
            row = connection.execute(
                "UPDATE files SET path = ?, state = 'online',"
                " folder_id = coalesce(?, folder_id) WHERE id = ? RETURNING *",
                (text, folder_id, file_id),
            ).fetchone()
            if row is None:
                raise KeyError(file_id)
            forgotten = _forget_placeless(connection, before)
        for gone in forgotten:
            self._artefacts.remove(gone)
        return _file(row)

    def set_file_state(self, ids: Iterable[FileId], state: FileState) -> None:
        """Say of several files whether they can be reached."""
        with self._database.write() as connection:
            connection.executemany(
                "UPDATE files SET state = ? WHERE id = ?", [(state, file_id) for file_id in ids]
            )

    def remove_files(self, ids: Iterable[FileId]) -> list[VideoId]:
        """Forget places; returns the videos that are forgotten because they were nowhere else. The
        originals stay."""
        with self._database.write() as connection:
            connection.executemany("DELETE FROM files WHERE id = ?", [(each,) for each in ids])
            forgotten = _forget_placeless(connection)
        for video_id in forgotten:
            self._artefacts.remove(video_id)
        return forgotten

    # Videos

    def video(self, video_id: VideoId) -> Video | None:
        """One video, or None when the library does not know it."""
        row = self._database.read().execute(_VIDEO + "WHERE v.id = ?", (video_id,)).fetchone()
        return None if row is None else _video(row)

    def videos(self) -> list[Video]:
        """All videos in the order in which they were added."""
        rows = self._database.read().execute(_VIDEO + "ORDER BY v.added_at, f.id")
        return [_video(row) for row in rows]

    def extents(self) -> Extents:
        """When each video was recorded, how long it is, where it lies: what filters ask of all."""
        return self._extents.now()

    def video_at(self, path: Path) -> Video | None:
        """The video whose bytes are at `path`, as far as the library knows."""
        known = self.file(path)
        return None if known is None else self.video(known.video_id)

    def find_video(self, name: str | Path) -> Video:
        """The one video a person means: by path, by id or its beginning (6 characters or more),
        by file name, or by file name without suffix. Raises UserError for none or several."""
        text = str(name)
        exact = self.video_at(Path(text).expanduser())
        if exact is not None:
            return exact
        videos = self.videos()
        low = text.casefold()
        everywhere = self._paths_by_video()
        ways = (
            lambda v: len(low) >= 6 and v.id.startswith(low),
            lambda v: any(p.name.casefold() == low for p in everywhere[v.id]),
            lambda v: any(p.stem.casefold() == low for p in everywhere[v.id]),
        )
        for fits in ways:
            found = [video for video in videos if fits(video)]
            if len(found) == 1:
                return found[0]
            if found:
                some = ", ".join(str(video.path) for video in found[:3])
                raise UserError(
                    f"{len(found)} videos are called {text!r} ({some}); give the whole path."
                )
        raise UserError(f"No video in the library is called {text!r}; see `heimdex status`.")

    def media_info(self, video_id: VideoId) -> MediaInfo | None:
        """What probing found, or None before the probe."""
        row = (
            self._database.read()
            .execute("SELECT * FROM media_info WHERE video_id = ?", (video_id,))
            .fetchone()
        )
        if row is None:
            return None
        return MediaInfo(
            container=row["container"],
            duration_ms=row["duration_ms"],
            video=msgspec.json.decode(row["video_tracks"], type=tuple[VideoTrack, ...]),
            audio=msgspec.json.decode(row["audio_tracks"], type=tuple[AudioTrack, ...]),
            recorded_at=row["recorded_at"],
            title=row["title"],
        )

    def remove_video(self, video_id: VideoId) -> None:
        """Forget a video: all that was found in it, its places and pictures. The originals stay."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM videos WHERE id = ?", (video_id,))
        self._artefacts.remove(video_id)

    def _paths_by_video(self) -> dict[VideoId, list[Path]]:
        places: dict[VideoId, list[Path]] = {}
        for row in self._database.read().execute("SELECT video_id, path FROM files"):
            places.setdefault(VideoId(row["video_id"]), []).append(text_path(row["path"]))
        return places


def put_media_info(connection: sqlite3.Connection, video_id: VideoId, info: MediaInfo) -> None:
    """Store what probing found; part of the commit of the probe stage."""
    first = info.video[0] if info.video else None
    connection.execute(
        "INSERT OR REPLACE INTO media_info (video_id, container, duration_ms, recorded_at, title,"
        " width, height, video_tracks, audio_tracks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            video_id,
            info.container,
            info.duration_ms,
            info.recorded_at,
            info.title,
            first.width if first else 0,
            first.height if first else 0,
            msgspec.json.encode(info.video).decode(),
            msgspec.json.encode(info.audio).decode(),
        ),
    )


def _videos_at(connection: sqlite3.Connection, path: str) -> list[VideoId]:
    rows = connection.execute("SELECT video_id FROM files WHERE path = ?", (path,)).fetchall()
    return [VideoId(row["video_id"]) for row in rows]


def _forget_placeless(
    connection: sqlite3.Connection, some: Sequence[VideoId] | None = None
) -> list[VideoId]:
    """Forget videos that are nowhere any more: all such, or those among `some`."""
    if some is not None and not some:
        return []
    among = "" if some is None else f" AND id IN ({', '.join('?' * len(some))})"
    rows = connection.execute(
        "DELETE FROM videos WHERE NOT EXISTS"
        f" (SELECT 1 FROM files WHERE files.video_id = videos.id){among} RETURNING id",
        tuple(some or ()),
    ).fetchall()
    return [VideoId(row["id"]) for row in rows]


def _folder(row: sqlite3.Row) -> Folder:
    return Folder(
        id=FolderId(row["id"]),
        path=text_path(row["path"]),
        watched=bool(row["watched"]),
        state=FileState(row["state"]),
    )


def _file(row: sqlite3.Row) -> MediaFile:
    folder_id = row["folder_id"]
    return MediaFile(
        id=FileId(row["id"]),
        path=text_path(row["path"]),
        video_id=VideoId(row["video_id"]),
        folder_id=None if folder_id is None else FolderId(folder_id),
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        state=FileState(row["state"]),
    )


def _video(row: sqlite3.Row) -> Video:
    path = text_path(row["path"])
    recorded_at = row["recorded_at"]
    return Video(
        id=VideoId(row["id"]),
        path=path,
        # People know their files by name; titles in containers are often a camera's or a tool's.
        title=path.stem,
        state=FileState(row["state"]),
        added_at=row["added_at"],
        duration_ms=row["duration_ms"] or 0,
        recorded_at=row["mtime_ns"] // 1_000_000_000 if recorded_at is None else recorded_at,
        width=row["width"] or 0,
        height=row["height"] or 0,
        has_audio=bool(row["has_audio"]),
        has_video=bool(row["has_video"]),
    )
