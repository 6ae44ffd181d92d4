import gc
import threading
import weakref

from heimdex.ui.garbage import Garbage


class Knot:
    """Reachable only from itself."""

    def __init__(self) -> None:
        self.itself = self


def test_other_threads_collect_nothing_and_the_main_thread_does(qapp: object) -> None:
    gc.enable()
    garbage = Garbage()
    gone: list[str] = []
    weakref.finalize(Knot(), lambda: gone.append(threading.current_thread().name))

    def allocate() -> None:
        kept = [[] for _ in range(50_000)]
        del kept

    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()
    assert gone == []
    kept = [[] for _ in range(50_000)]
    assert garbage.look() >= 1
    assert gone == ["MainThread"]
    garbage.close()
    assert gc.isenabled()
    del kept
