"""Brings models here in a child process, for the window and the command line alike.

The owner asks the person and shows how far it is; downloading and preparing, which needs runtimes,
is done by `ml` in the child (`engine_host`, role `models`).
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.hosts.client import Host, Limits, configured, host_command, thread_limits
from heimdex.ml.acceleration.choices import Chosen
from heimdex.ml.delivery.plans import InstallProgress, Plan

IsCancelled = Callable[[], bool]
_GRACE_S = 8.0
"""Long enough to end pip, and to write out what has arrived."""

_STALL_S = 1800.0
"""Preparing and measuring the largest networks says nothing for minutes on a small machine."""


class Installer:
    """One child, started at the first call. Calls block; `close()` when done. Thread-safe, one
    call at a time."""

    def __init__(
        self, directories: Directories, settings: Settings, grace_s: float = _GRACE_S
    ) -> None:
        """`grace_s`: how long a cancelled child may take to end by itself."""
        environment = thread_limits(settings.threads)
        environment |= configured({"directories": directories, "settings": settings})
        # The child downloads what was asked for by itself; no library in it may do so unasked.
        environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DO_NOT_TRACK": "1"}
        self._host = Host(
            host_command("models"),
            Limits(grace_s=grace_s, idle_s=30.0, stall_s=_STALL_S),
            name="models",
            environment=environment,
            background=True,
        )

    def plan(self, model_ids: Sequence[str], form: str = "") -> Plan:
        """What `install` would bring, and how much it is (see `installation.plan`)."""
        plan: Plan = self._host.call("plan", {"ids": list(model_ids), "form": form}, Plan)
        return plan

    def install(
        self,
        model_ids: Sequence[str],
        report: Callable[[InstallProgress], None],
        *,
        form: str = "",
        measure: bool = True,
        cancelled: IsCancelled | None = None,
    ) -> list[str]:
        """See `installation.install`; ask the person before. `report` is called on this thread.
        `measure`: find the quickest form of each network afterwards, as `tune` does."""
        params: dict[str, object] = {"ids": list(model_ids), "form": form, "measure": measure}
        installed: list[str] = self._run("install", params, list[str], report, cancelled)
        return installed

    def add(
        self,
        model_id: str,
        path: Path,
        report: Callable[[InstallProgress], None],
        *,
        measure: bool = True,
        cancelled: IsCancelled | None = None,
    ) -> str:
        """See `adding.add`, and `install` for `measure`."""
        params: dict[str, object] = {"model_id": model_id, "path": path.expanduser().absolute()}
        params["measure"] = measure
        added: str = self._run("add", params, str, report, cancelled)
        return added

    def tune(
        self,
        model_ids: Sequence[str],
        report: Callable[[InstallProgress], None],
        *,
        cancelled: IsCancelled | None = None,
    ) -> dict[str, dict[str, Chosen]]:
        """Find the quickest form of each network of installed models (see `acceleration.tuning`);
        what was chosen, by model and file."""
        params: dict[str, object] = {"ids": list(model_ids)}
        result_type = dict[str, dict[str, Chosen]]
        found: dict[str, dict[str, Chosen]]
        found = self._run("tune", params, result_type, report, cancelled)
        return found

    def close(self) -> None:
        """End the child. Idempotent."""
        self._host.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(
        self,
        method: str,
        params: dict[str, object],
        result_type: Any,
        report: Callable[[InstallProgress], None],
        cancelled: IsCancelled | None,
    ) -> Any:
        # An exception out of `report` closes the stream, which cancels the work in the child.
        stream: Generator[InstallProgress, None, Any] = self._host.stream(
            method, params, InstallProgress, result_type, cancelled=cancelled
        )
        with closing(stream):
            while True:
                try:
                    progress = next(stream)
                except StopIteration as end:
                    return end.value
                report(progress)
