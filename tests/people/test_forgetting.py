"""Forgetting somebody: what should be gone is looked for in the bytes of every file."""

import base64
import logging
import threading
from pathlib import Path

import numpy as np
import pytest
from people_library import JPEG, SPACE, Library

from heimdex.config import logging as heimdex_logging
from heimdex.config.directories import Directories
from heimdex.domain.faces import TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.search import Question
from heimdex.domain.stages import Stage
from heimdex.storage import migrations, scrub
from heimdex.storage.backups import Backups
from heimdex.storage.chroma import VectorIndex
from heimdex.storage.searches import SearchStore

NAME, ALIAS = "Zyxwvut Qqq", "갸냐댜랴"


def find(folder: Path, secrets: dict[str, bytes]) -> dict[str, list[str]]:
    """In which files each secret is, also as base64 and as base64 of that, at any alignment."""
    found: dict[str, list[str]] = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = file.read_bytes()
        for what, secret in secrets.items():
            shapes = [secret]
            # Undo keeps rows as base64, in which pictures and numbers are base64 already.
            for inner in (secret, *encoded(secret)):
                shapes += encoded(inner)
            if any(shape in data for shape in shapes):
                found.setdefault(what, []).append(str(file.relative_to(folder)))
    return found


def encoded(secret: bytes) -> list[bytes]:
    """A secret as base64 at each of its three alignments, without what neighbours decide."""
    found = []
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + secret)
        found.append(text[4:-4] if shift else text[:-4])
    return [text for text in found if len(text) >= 8]


def secrets_of(library: Library, person: PersonId) -> dict[str, bytes]:
    secrets = {
        "name": NAME.encode(),
        "folded name": NAME.casefold().encode(),
        "alias": ALIAS.encode(),
        "photo": library.store.photos(person)[0].crop,
        "photo vector": library.store.photo_vectors(SPACE)[person][0].tobytes()[:64],
    }
    for assignment in library.store.tracks_of(person):
        ref = assignment.track
        batch = library.vectors.batch(ref.video_id, SPACE)
        assert batch is not None
        what = f"{ref.video_id[-1]}/{ref.index}"
        secrets[f"vector {what}"] = batch.vectors[ref.index].astype("<f2").tobytes()[:64]
        secrets[f"vector {what} as numbers"] = batch.vectors[ref.index].astype("<f4").tobytes()[:64]
        secrets[f"crop {what}"] = library.artefacts.face(ref.video_id, ref.index).read_bytes()
    return secrets


@pytest.fixture
def known(library):
    """Somebody who was named, renamed, enrolled, corrected and undone, with copies of it all."""
    first = library.video(1, "ada", "ben", "ada", "ada")
    second = library.video(2, "ben", "ada")
    ada = PersonId(library.who(first)[0])
    library.people.name(PersonId(library.who(first)[1]), "Benjamin Other")
    library.people.name(ada, "Somebody")
    library.people.name(ada, NAME)
    library.people.alias(ada, [ALIAS, "Another"])
    library.people.enroll(NAME, [library.photo("z.jpg", "ada")])
    library.people.split([TrackRef(first, 2)])
    library.people.undo()
    library.people.move([TrackRef(second, 1)], "Benjamin Other")
    library.people.undo()
    searches = SearchStore(library.database)
    searches.remember(f"{NAME} on the beach")
    searches.remember(f"{ALIAS}가 웃는 장면")
    searches.save("the beach", Question(f"{NAME} at the sea"))
    searches.save("the hills", Question("nobody in the hills"))
    migrations.copy(library.database.read(), library.folder / "library-v1-20200101-000000.backup")
    Backups(library.folder).make(library.database)
    return library, ada


@pytest.fixture
def log(library):
    """The program's log, in the library's folder as where everything is in one place."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    heimdex_logging.configure(Directories.resolve(library.folder), verbose=False)
    yield
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


def test_nothing_of_a_forgotten_person_is_left_in_any_file(log, known):
    library, ada = known
    folder = library.folder
    index = VectorIndex(folder / "chroma")
    index.sync(library.database)
    secrets = secrets_of(library, ada)
    before = find(folder, secrets)
    # Otherwise the search below would prove nothing.
    assert {what for what in secrets if what not in before and "numbers" not in what} == set()
    assert sum(name.endswith(".backup") for name in before["name"]) == 2
    assert (folder / "library.db-wal").stat().st_size > 0

    bens = vectors_of(library, bens_tracks(library))
    done = library.people.forget(ada)
    index.sync(library.database)
    assert (done.faces, done.backups, done.rewritten) == (4, 2, True)
    assert find(folder, secrets) == {}
    assert library.store.find_person("another") is None
    assert [each.name for each in SearchStore(library.database).saved()] == ["the hills"]
    # Ben is as he was.
    assert [(p.name, p.track_count) for p in library.people.list()] == [("Benjamin Other", 2)]
    now = bens_tracks(library)
    np.testing.assert_array_equal(vectors_of(library, now), bens)
    crops = [library.artefacts.face(ref.video_id, ref.index).read_bytes() for ref in now]
    assert all(crop.startswith(JPEG) for crop in crops)
    assert library.database.verify() == []
    index.close()
    library.database.close()
    assert find(folder, secrets) == {}


def test_what_an_edited_file_would_have_inherited_goes_too(known):
    library, ada = known
    secrets = secrets_of(library, ada)
    library.catalogue.put_file(library.folder / "1.mp4", VideoId("e" * 32), None, 2, 2)
    # The old version is gone; its faces wait for those of the new one to be compared with.
    assert "vector 1/0" in find(library.folder, secrets)
    library.people.forget(ada)
    library.database.close()
    assert find(library.folder, secrets) == {}


def vectors_of(library: Library, refs: list[TrackRef]) -> np.ndarray:
    return np.stack([library.vectors.batch(r.video_id, SPACE).vectors[r.index] for r in refs])


def bens_tracks(library: Library) -> list[TrackRef]:
    return [a.track for a in library.store.tracks_of(library.people.find("Benjamin Other").id)]


def test_a_full_disk_is_told_and_made_up_for_at_the_next_start(known, monkeypatch):
    library, ada = known
    secrets = secrets_of(library, ada)
    with monkeypatch.context() as full:
        full.setattr(scrub, "_rewrite", lambda database: False)
        assert not library.people.forget(ada).rewritten
    # Pictures and numbers are gone at once, whatever the disk.
    assert set(find(library.folder, secrets)) <= {"name", "folded name", "alias"}
    library = library.reopen()
    library.people.finish_erasing()
    assert find(library.folder, secrets) == {}

    # That was the last time.
    def never(database):
        raise AssertionError("nothing is left to be cleaned")

    monkeypatch.setattr(scrub, "_rewrite", never)
    library.people.finish_erasing()
    library.database.close()


def test_a_reader_in_another_thread_does_not_keep_the_log(known):
    library, ada = known
    secrets = secrets_of(library, ada)
    reading, forgotten = threading.Event(), threading.Event()

    def read() -> None:
        with library.database.snapshot() as connection:
            connection.execute("SELECT * FROM people").fetchone()
            reading.set()
            forgotten.wait(0.5)

    reader = threading.Thread(target=read)
    reader.start()
    reading.wait(5)
    library.people.forget(ada)
    forgotten.set()
    reader.join()
    assert find(library.folder, secrets) == {}


def test_undo_brings_nobody_back_who_is_forgotten(known):
    library, ada = known
    library.people.forget(ada)
    assert list(library.people.undoable()) == ["name"]  # Ben's
    while library.people.undo():
        pass
    assert library.store.find_person(NAME) is None
    assert all(p.name is None for p in library.people.list())


def test_who_became_part_of_the_forgotten_goes_too(library):
    video = library.video(1, "ada", "ben")
    library.people.name(PersonId(library.who(video)[1]), "Benjamin Other")
    # Steps that know her under a number of her own, from before both were joined.
    library.people.enroll("Maidenname", [library.photo("z.jpg", "ada" * 30)])
    maiden = library.people.find("Maidenname").id
    library.people.alias(maiden, ["Nickname"])
    SearchStore(library.database).remember("Maidenname on the beach")
    library.people.name(maiden, "Firstmarriage")
    library.people.alias(maiden, [])
    secrets = {
        "photo": library.store.photos(maiden)[0].crop,
        "photo vector": library.store.photo_vectors(SPACE)[maiden][0].tobytes()[:64],
    } | {name: name.encode() for name in ("Maidenname", "Nickname", "Firstmarriage")}
    library.people.name(PersonId(library.who(video)[0]), NAME)
    library.people.merge(library.people.find(NAME).id, maiden)
    assert set(find(library.folder, secrets)) == set(secrets)
    library.people.forget(library.people.find(NAME).id)
    assert list(library.people.undoable()) == ["name"]  # Ben's
    library.database.close()
    assert find(library.folder, secrets) == {}


def test_all_faces_are_erased_in_one_go(known):
    library, ada = known
    secrets = secrets_of(library, ada) | {"ben": b"Benjamin Other", "before": b"Cousin Benny"}
    ben = library.people.find("Benjamin Other").id
    library.people.name(ben, "Cousin Benny")
    library.people.name(ben, "Benjamin Other")
    SearchStore(library.database).remember("Cousin Benny")
    assert set(find(library.folder, secrets)) >= {"ben", "before"}
    videos = [video.id for video in library.catalogue.videos()]
    assert library.people.stored_faces() == 6
    done = library.people.erase_everything()
    assert (done.faces, library.people.stored_faces()) == (6, 0)
    assert find(library.folder, secrets) == {}
    assert library.people.list() == library.people.undoable() == ()
    assert library.vectors.spaces() == []
    assert not list((library.folder / "artefacts").rglob("face-*"))
    # They would be looked for again if somebody switched recognition on.
    assert all(Stage.FACES not in library.stages.runs(video) for video in videos)
