"""Composition root of the window and the command line: opens a library with everything behind it.

The only place, besides `engine_host` in the child, that chooses concrete classes. What the parts do
is left to their rooms; what the person asks for, to `ui` and `cli`.
"""

import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass
from typing import Self

from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.domain.engines import Thresholds
from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.stages import Stage
from heimdex.domain.vectors import Space, SpaceKind
from heimdex.hosts import sandbox
from heimdex.hosts.client import Host, Limits, configured, host_command, thread_limits
from heimdex.indexing.absence import Absence
from heimdex.indexing.engine import HostStageEngine
from heimdex.indexing.leaving import Leaving
from heimdex.indexing.redrawing import Redrawing
from heimdex.indexing.scan import Scanner
from heimdex.indexing.watch import OnHint, Watcher
from heimdex.indexing.worker import Worker
from heimdex.media.fingerprint import fingerprint
from heimdex.ml import factory, ocr_choice
from heimdex.ml.manifests import Family
from heimdex.ml.store import ModelStore
from heimdex.people.gallery import FaceModel
from heimdex.people.registry import People
from heimdex.search.generations import Generations
from heimdex.search.host_towers import HostTowers
from heimdex.search.searcher import Searcher
from heimdex.search.suggest import Suggester
from heimdex.search.watching import SavedSearches
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.backups import Backups
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.chroma import ASKED_FROM, VectorIndex
from heimdex.storage.database import FILE_NAME, Database
from heimdex.storage.jobs import JobStore
from heimdex.storage.lexicon import Lexicon
from heimdex.storage.lock import LibraryLock
from heimdex.storage.people import PeopleStore
from heimdex.storage.scrub import Scrubbed, scrub
from heimdex.storage.searches import SearchStore
from heimdex.storage.stages import StageStore
from heimdex.storage.upkeep import Upkeep
from heimdex.storage.vectors import VectorStore
from heimdex.storage.whereabouts import Whereabouts

DATABASE = FILE_NAME
COMPACT = "compact"
"""Copies of vectors for quick comparison; may be deleted at any time."""
INDEX = "chroma"
_GIB = 1024**3
_INDEX_MEMORY = 6 * _GIB
_QUERY_MEMORY = 3 * _GIB

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Library:
    """An open library: its stores and what works on them. `close()` when done."""

    directories: Directories
    settings: Settings
    """As they are in force: with the id of each chosen model, whatever is installed later."""
    database: Database
    artefacts: Artefacts
    catalogue: Catalogue
    stages: StageStore
    jobs: JobStore
    vectors: VectorStore
    index: VectorIndex
    lexicon: Lexicon
    people: People
    towers: HostTowers
    searcher: Searcher
    searches: SavedSearches
    suggester: Suggester
    scanner: Scanner
    leaving: Leaving
    whereabouts: Whereabouts
    worker: Worker
    redrawing: Redrawing
    backups: Backups
    upkeep: Upkeep
    models: ModelStore
    index_host: Host
    query_host: Host
    watcher: Callable[[OnHint], Watcher]
    """Makes a watcher over the folders as they are now; whoever makes it starts and stops it."""
    resources: ExitStack

    def close(self) -> None:
        """End the children, close the stores and give the library free. Idempotent."""
        self.resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_models(directories: Directories, settings: Settings) -> ModelStore:
    """The model store alone: what is installed can be asked without a library."""
    return ModelStore.of(
        directories.models,
        directories.manifests,
        directories.resources,
        settings.model_source,
        settings,
    )


def open_library(
    directories: Directories,
    settings: Settings,
    *,
    wait_s: float = 0.0,
    index_from: int = ASKED_FROM,
    as_it_is: bool = False,
) -> Library:
    """Open (or create) the library of `directories` and take possession of it.

    `wait_s`: how long to wait for another owner to let go. `index_from`: numbers in a space from
    which on searches ask the vector index. `as_it_is`: also where a quick check finds damage.
    Models are neither needed nor loaded yet, and the index is opened when it is first used. Raises
    LibraryBusy, LibraryTooNew, LibraryDamaged, or UserError when a folder cannot be written.
    """
    directories.prepare()
    with ExitStack() as opening:
        lock = LibraryLock(directories.library)
        lock.acquire(wait_s)
        opening.callback(lock.release)
        backups = Backups(directories.library)
        backups.require_database()
        database = Database.open(directories.library / DATABASE, as_it_is=as_it_is)
        opening.callback(database.close)
        jobs = JobStore(database)
        interrupted = jobs.requeue_interrupted()
        if interrupted:
            _log.info("%d interrupted jobs go on", len(interrupted))
        artefacts = Artefacts(directories.library)
        catalogue = Catalogue(database)
        stages = StageStore(database, artefacts)
        vectors = VectorStore(database, folder=directories.library / COMPACT)
        index = VectorIndex(directories.library / INDEX, index_from)
        opening.callback(index.close)
        models = open_models(directories, settings)
        # Both children use what is settled on here, whatever is installed in the meantime.
        told = factory.settled(settings, models)
        chosen = _Chosen(told, models)
        offered = sandbox.support()
        if offered.why:
            _log.info("decoding is not confined as it should be: %s", offered.why)
        index_host = _host("index", directories, told)
        opening.callback(index_host.close)
        query_host = _host("query", directories, told)
        opening.callback(query_host.close)
        generations = Generations(
            vectors,
            chosen.space(SpaceKind.PASSAGE, Family.TEXT),
            chosen.space(SpaceKind.FRAME, Family.VISION),
            chosen.is_usable,
            lambda: frozenset(video.id for video in catalogue.videos()),
        )
        towers = HostTowers(query_host, chosen, generations=generations)
        people = People(
            PeopleStore(database),
            stages,
            vectors,
            artefacts,
            FaceModel(
                chosen.space(SpaceKind.FACE, Family.FACE_EMBEDDER),
                chosen.thresholds(Family.FACE_EMBEDDER),
            ),
            towers,
            enabled=settings.face_recognition,
        )
        people.finish_erasing()
        lexicon = Lexicon(database)
        searcher = Searcher(
            catalogue=catalogue,
            stages=stages,
            vectors=vectors,
            lexicon=lexicon,
            index=index,
            people=people,
            towers=towers,
            southern=settings.hemisphere == "south",
        )
        searches = SearchStore(database)

        def stage_models() -> dict[Stage, str]:
            models = chosen.stage_models()
            if not people.enabled:
                del models[Stage.FACES]
            return models

        whereabouts = Whereabouts(database)
        scanner = Scanner(
            catalogue,
            jobs,
            stages,
            whereabouts,
            fingerprint,
            stage_models,
            stable_seconds=settings.stable_seconds,
        )
        worker = Worker(
            catalogue,
            stages,
            jobs,
            HostStageEngine(index_host),
            stage_models,
            sync=lambda: index.sync_soon(database),
            on_faces=people.assign_new,
            on_lost=Absence(catalogue, whereabouts).note,
        )

        redrawing = Redrawing(catalogue, stages, artefacts, index_host)

        def watcher(on_hint: OnHint) -> Watcher:
            return Watcher(
                catalogue.folders(),
                on_hint,
                settings.stable_seconds,
                library=directories.library,
            )

        return Library(
            directories=directories,
            settings=told,
            database=database,
            artefacts=artefacts,
            catalogue=catalogue,
            stages=stages,
            jobs=jobs,
            vectors=vectors,
            index=index,
            lexicon=lexicon,
            people=people,
            towers=towers,
            searcher=searcher,
            searches=SavedSearches(searches, searcher),
            suggester=Suggester(database, catalogue, people, searches),
            scanner=scanner,
            leaving=Leaving(catalogue, whereabouts),
            whereabouts=whereabouts,
            worker=worker,
            redrawing=redrawing,
            backups=backups,
            upkeep=Upkeep(database, index, backups, redraw=redrawing.redraw_all),
            models=models,
            index_host=index_host,
            query_host=query_host,
            watcher=watcher,
            resources=opening.pop_all(),
        )
    raise AssertionError("unreachable: the stack above never swallows an exception")


class _Chosen:
    """Which model does what, and so in which space its vectors are; asks no runtime."""

    def __init__(self, settings: Settings, models: ModelStore) -> None:
        self._ids: Mapping[Family, str] = factory.chosen(settings, models)
        self._models = models
        self._reader = ocr_choice.name(settings.ocr_model, models)

    def space(self, kind: SpaceKind, family: Family) -> Space:
        manifest = self._models.manifest(self._ids[family])
        return Space(kind, manifest.id, manifest.space_revision)

    def instead(self, ids: Mapping[Family, str]) -> "_Chosen":
        """The same with other models for some families."""
        other = copy(self)
        other._ids = {**self._ids, **ids}
        return other

    def id(self, family: Family) -> str:
        return self._ids[family]

    def is_usable(self, space: Space) -> bool:
        """Whether queries can still be put into a space: by the same model, if it is installed."""
        manifest = self._models.manifests.get(space.model)
        return (
            manifest is not None
            and manifest.space_revision == space.revision
            and self._models.is_installed(manifest.id)
        )

    def thresholds(self, family: Family) -> Thresholds:
        return self._models.manifest(self._ids[family]).limits()

    def stage_models(self) -> dict[Stage, str]:
        """What each stage would run with now, as it is written into `stage_runs`."""
        faces = self._name(Family.FACE_DETECTOR) + "+" + self._name(Family.FACE_EMBEDDER)
        return {
            Stage.SPEECH: self._name(Family.SPEECH),
            Stage.PASSAGES: self._name(Family.TEXT),
            Stage.VISION: self._name(Family.VISION),
            Stage.FACES: faces,
            Stage.OCR: self._reader,
        }

    def _name(self, family: Family) -> str:
        manifest = self._models.manifest(self._ids[family])
        return f"{manifest.id}@{manifest.space_revision}"


def query_limits() -> Limits:
    """Of the query host. It stays: its engines let go of their weights by themselves, and starting
    a process again is what a person would wait for. A search that is given up must not throw away
    a model that is just being loaded: the next one, a keystroke later, would load it again."""
    return Limits(memory_bytes=_QUERY_MEMORY, idle_s=None, grace_s=60.0)


def _host(role: str, directories: Directories, settings: Settings) -> Host:
    environment = thread_limits(settings.threads)
    # Read by the child as its `engine_host.Configuration`.
    environment |= configured({"directories": directories, "settings": settings})
    # No library in a child may go to the network by itself, not even to look for an update.
    environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DO_NOT_TRACK": "1"}
    return Host(
        host_command(role),
        query_limits() if role == "query" else Limits(memory_bytes=_INDEX_MEMORY, idle_s=300.0),
        name=role,
        environment=environment,
        background=role == "index",
        # The child itself may write into its folder, but not take it away.
        on_end=lambda pid: shutil.rmtree(directories.scratch(role, pid), ignore_errors=True),
    )


def forget_videos(library: Library, videos: Iterable[VideoId]) -> None:
    """Take videos out of the library with everything found in them, so that no scan of a folder
    brings them back; the originals stay."""
    for video_id in videos:
        library.leaving.leave_video(video_id)
        library.artefacts.remove(video_id)
    library.index.sync(library.database)


def erase_removed(library: Library) -> Scrubbed:
    """Leave nothing on the disk of what was removed from the library: neither in free pages of the
    database, nor in the copies of vectors, nor in the backups that were made by themselves.

    Raises UserError when something cannot be deleted.
    """
    library.vectors.discard_copies()
    library.index.rebuild(library.database)
    return scrub(library.database)


def switch_faces(library: Library, on: bool) -> None:
    """Have faces recognised from now on, or not any more; what is stored stays until it is erased.

    Raises UserError when the environment decides otherwise.
    """
    value = None if on else False
    settings = Settings.change(library.directories.home, {"face_recognition": value})
    if settings.face_recognition != on:
        raise UserError(
            "FACE_RECOGNITION in the environment says otherwise; take it out and try again."
        )
    library.people.enabled = on
