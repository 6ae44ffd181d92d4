"""Reads what the people panel shows; for a thread in the background.

Deciding who is who is the people room's work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from heimdex.domain.faces import Appearance, Person, TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.media import FileState, Scene, Video
from heimdex.domain.search import Evidence, EvidenceKind, Moment
from heimdex.ui.thumbnails import Picture

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.people.suggesting import Suggestion

GROUPS_SHOWN = 24
CROPS_SHOWN = 5
_JOIN_MS = 4000
"""Two tracks of a person that are no farther apart are one moment to a viewer."""


@dataclass(frozen=True, slots=True)
class Group:
    """A person with the pictures that show who it is."""

    person: Person
    crops: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Everybody:
    """What the panel's first page shows. `more` are unnamed groups that were left out."""

    named: tuple[Group, ...]
    unnamed: tuple[Group, ...]
    hidden: int
    more: int
    undoable: str
    enabled: bool = True
    explained: bool = True
    stored: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody, and everybody else among whom to choose, those who look most alike first."""

    who: Group
    others: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Two that may be one person: the pictures of the known one and of the faces in question.

    `name` is "" when neither has a name; `where` says in which video the faces are, or whose they
    are if that is known.
    """

    suggestion: "Suggestion"
    name: str
    known: tuple[Picture, ...]
    asked: tuple[Path, ...]
    where: str


@dataclass(frozen=True, slots=True)
class Crop:
    """One face of a person."""

    ref: TrackRef
    path: Path
    similarity: float
    title: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of one person shows."""

    person: Person
    portrait: Picture | None
    crops: tuple[Crop, ...]
    moments: tuple[Moment, ...]
    photos: int = 0


def read_everybody(
    library: "Library", groups: int = GROUPS_SHOWN, hidden: bool = False
) -> Everybody:
    """All people; of the unnamed ones the `groups` that are seen most."""
    everybody = library.people.list(hidden=True)
    shown = [person for person in everybody if hidden or not person.hidden]
    named = [person for person in shown if person.name]
    unnamed = [person for person in shown if not person.name and person.track_count]
    undoable = library.people.undoable()
    return Everybody(
        tuple(Group(person, _portrait(library, person)) for person in named),
        tuple(Group(person, _crops(library, person)) for person in unnamed[:groups]),
        sum(person.hidden for person in everybody),
        max(0, len(unnamed) - groups),
        undoable[0] if undoable else "",
        library.people.enabled,
        library.people.explained,
        library.people.stored_faces(),
    )


def read_questions(library: "Library") -> tuple[Question, ...]:
    """Who may be the same person, the likeliest first."""
    questions = []
    for suggestion in library.people.suggestions():
        person = library.people.show(suggestion.person_id).person
        known = _portrait(library, person)
        if not known and not person.name:
            continue
        asked = sorted(suggestion.tracks, key=lambda ref: (ref.video_id, ref.index))
        paths = tuple(library.artefacts.face(ref.video_id, ref.index) for ref in asked)
        video = library.catalogue.video(asked[0].video_id)
        group = suggestion.group
        whose = None if group is None else library.people.show(group).person.full_name
        where = whose or (video.title if video is not None else "")
        name = person.full_name or ""
        questions.append(Question(suggestion, name, known, paths, where))
    return tuple(questions)


def read_choice(library: "Library", person_id: PersonId, shown: bool = False) -> Choice:
    """Who may be meant beside this person; with `shown` only where a video shows one of the two."""
    who = library.people.show(person_id).person
    others = [
        Group(person, _portrait(library, person))
        for person in library.people.by_likeness(person_id)
        if not shown or who.track_count or person.track_count
    ]
    return Choice(Group(who, _crops(library, who)), tuple(others))


def read_page(library: "Library", person_id: PersonId) -> Page:
    """One person with all faces and appearances."""
    page = library.people.show(person_id)
    videos: dict[VideoId, Video | None] = {}
    scenes: dict[VideoId, Sequence[Scene]] = {}
    crops = []
    for appearance in page.appearances:
        video_id = appearance.video_id
        if video_id not in videos:
            videos[video_id] = library.catalogue.video(video_id)
            scenes[video_id] = library.stages.scenes(video_id)
        video = videos[video_id]
        crops.append(
            Crop(
                TrackRef(video_id, appearance.track),
                library.artefacts.face(video_id, appearance.track),
                appearance.similarity,
                video.title if video else "",
                appearance.start_ms,
            )
        )
    moments = [
        _moment(video, stretch, page.person, scenes[video.id])
        for stretch in _joined(page.appearances)
        if (video := videos[stretch[0].video_id]) is not None
    ]
    portrait = _portrait(library, page.person)
    shown = portrait[0] if portrait else None
    return Page(page.person, shown, tuple(crops), tuple(moments), page.photos)


def _portrait(library: "Library", person: Person) -> tuple[Picture, ...]:
    """The face that shows the person, or the photo they were enrolled with."""
    if person.portrait is None:
        photo = library.people.photo(person.id)
        return () if photo is None else (photo,)
    return (library.artefacts.face(person.portrait.video_id, person.portrait.index),)


def _crops(library: "Library", person: Person) -> tuple[Picture, ...]:
    """The portrait first, then faces from as many videos as possible: they tell most."""
    seen: dict[VideoId, int] = {}
    refs = []
    for appearance in library.people.show(person.id).appearances:
        turn = seen.get(appearance.video_id, 0)
        seen[appearance.video_id] = turn + 1
        refs.append((turn, appearance.video_id, appearance.track))
    paths = [library.artefacts.face(video_id, track) for _, video_id, track in sorted(refs)]
    portrait = _portrait(library, person)
    return tuple(dict.fromkeys([*portrait, *paths]))[:CROPS_SHOWN]


def _joined(appearances: Sequence[Appearance]) -> list[list[Appearance]]:
    """Appearances of one video with hardly a gap between them, put together."""
    stretches: list[list[Appearance]] = []
    for each in sorted(appearances, key=lambda a: (a.video_id, a.start_ms)):
        last = stretches[-1] if stretches else None
        near = last is not None and last[0].video_id == each.video_id
        if last is not None and near and each.start_ms - max(a.end_ms for a in last) <= _JOIN_MS:
            last.append(each)
        else:
            stretches.append([each])
    return stretches


def _moment(
    video: Video, stretch: Sequence[Appearance], person: Person, scenes: Sequence[Scene]
) -> Moment:
    start = min(a.start_ms for a in stretch)
    best = max(a.similarity for a in stretch)
    name = person.name or ""
    scene = next((s.index for s in scenes if s.start_ms <= start < s.end_ms), None)
    if scene is None and scenes:
        scene = scenes[-1].index
    return Moment(
        video_id=video.id,
        path=video.path,
        title=video.title,
        start_ms=start,
        end_ms=max(a.end_ms for a in stretch),
        score=best,
        people=(name,) if name else (),
        evidence=(Evidence(EvidenceKind.PERSON, name, best, start),) if name else (),
        scene=scene,
        online=video.state is FileState.ONLINE,
    )
