"""A drive that goes and comes while the window is open: what is listed says so by itself."""

from collections.abc import Callable

from pytestqt.qtbot import QtBot
from ui_library import Small

from heimdex.domain.media import FileState
from heimdex.domain.stages import Changes, JobState
from heimdex.indexing.reach import UNREACHABLE
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


def test_an_answer_on_the_screen_follows_its_drive(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(filled)
    session = window.session
    assert session is not None
    catalogue = filled.library.catalogue
    video = catalogue.video(filled.videos["beach.mp4"])
    assert video is not None
    window.search('"birthday"')
    qtbot.waitUntil(lambda: window.results.page == "answer", timeout=20_000)
    moments = window.results.list.moments

    def listed() -> set[tuple[str, bool]]:
        return {(str(line.moment.path), line.moment.online) for line in moments.lines}

    before = listed()
    assert all(online for _, online in before)
    files = catalogue.files()
    catalogue.set_file_state([file.id for file in files], FileState.OFFLINE)
    session.changed.emit(Changes(folders=True))
    qtbot.waitUntil(lambda: listed() == {(path, False) for path, _ in before}, timeout=10_000)
    # It is back at another place.
    for file in files:
        catalogue.move_file(file.id, file.path.parent / "elsewhere" / file.path.name)
    session.changed.emit(Changes(folders=True))
    qtbot.waitUntil(lambda: all(online for _, online in listed()), timeout=10_000)
    assert all("/elsewhere/" in path for path, _ in listed())


def test_what_waited_for_a_drive_goes_on_when_it_is_back(
    slow: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    library = slow.library
    slow.add(slow.clip("a.mp4", seconds=1))
    window = open_window(slow)
    session = window.session
    assert session is not None
    session.start()
    qtbot.waitUntil(
        lambda: {job.state for job in library.jobs.jobs()} == {JobState.DONE}, timeout=30_000
    )
    library.jobs.enqueue([slow.videos["a.mp4"]])
    job = library.jobs.claim()
    assert job is not None
    library.jobs.finish(job.id, JobState.PAUSED, UNREACHABLE)
    session.look_again()
    qtbot.waitUntil(lambda: library.jobs.state(job.id) is JobState.DONE, timeout=30_000)


def test_a_video_that_was_removed_stays_out(
    filled: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    library = filled.library
    library.scanner.add([filled.media])
    window = open_window(filled)
    session = window.session
    assert session is not None
    gone = filled.videos["beach.mp4"]
    session.remove([gone])
    qtbot.waitUntil(lambda: library.catalogue.video(gone) is None, timeout=10_000)
    library.scanner.rescan()
    assert library.catalogue.video(gone) is None
    # Chroma is told, for which it is imported first: longer than closing waits on a busy machine.
    qtbot.waitUntil(lambda: session._background.idle, timeout=60_000)
