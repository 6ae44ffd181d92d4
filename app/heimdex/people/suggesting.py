"""Finds who may be the same person but is not surely, so that somebody can be asked.

What an answer changes is left to `registry`.
"""

from dataclasses import dataclass

import numpy as np

from heimdex.domain.engines import Thresholds
from heimdex.domain.faces import TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.people.album import Album
from heimdex.people.gallery import Gallery, mean_by_owner
from heimdex.people.placing import are_two
from heimdex.storage.people import PeopleStore

WORTH_ASKING = 0.15
"""Quality below which nobody could tell from the picture either, unless the model is all but sure:
who sits small and blurred beside the people one knows is known by them."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`tracks` may show `person_id`. `group` is who has them, seldom somebody with a name, None for
    faces that are nobody's; `likeness` is the mean similarity: at least the face model's `suggest`,
    and below `match` unless the person has become more like them since, or is not the only one."""

    person_id: PersonId
    group: PersonId | None
    tracks: tuple[TrackRef, ...]
    likeness: float


def suggest(
    store: PeopleStore, album: Album, thresholds: Thresholds, most: int
) -> list[Suggestion]:
    """At most `most` questions: about named people first, the likeliest first."""
    gallery = album.gallery()
    names = store.name_holders() & {person.id for person in store.named()}
    known = [person_id for person_id in gallery.ids if person_id in names]
    found = _two_named(album, gallery, known, thresholds)
    found += _groups_of_named(store, album, gallery, known, thresholds)
    found += _faces_of_named(store, album, gallery, known, thresholds)
    found.sort(key=_place)
    if len(found) < most:
        found += _two_groups(store, album, thresholds, most - len(found))
    return found[:most]


def _place(each: Suggestion) -> tuple[float, PersonId, list[tuple[VideoId, int]]]:
    """The likeliest first, and equals always in one order: the same face in two copies is alike."""
    tracks = [(track.video_id, track.index) for track in each.tracks]
    return -each.likeness, each.person_id, tracks


def _groups_of_named(
    store: PeopleStore,
    album: Album,
    gallery: Gallery,
    known: list[PersonId],
    thresholds: Thresholds,
) -> list[Suggestion]:
    groups = store.groups()
    votes = album.votes(groups)
    if not known or not len(votes):
        return []
    columns = [gallery.position[person_id] for person_id in known]
    likeness = gallery.similarities(votes.vectors)[:, columns]
    ids, means = mean_by_owner(likeness, votes.owners)
    members = album.members(groups)
    suggestions = []
    for row, group in enumerate(map(PersonId, ids.tolist())):
        # The likeliest one only: a second question follows when it was answered with no.
        for at in np.argsort(-means[row], kind="stable").tolist():
            value = float(means[row, at])
            if value < thresholds.suggest:
                break
            if album.may_join(known[at], group):
                tracks = tuple(members[group])
                suggestions.append(Suggestion(known[at], group, tracks, value))
                break
    return suggestions


def _two_named(
    album: Album, gallery: Gallery, known: list[PersonId], thresholds: Thresholds
) -> list[Suggestion]:
    """Two with a name who look the same: while they do, faces that could be either are nobody's."""
    if len(known) < 2:
        return []
    likeness = np.triu(gallery.between(known), 1)
    members = album.members(known)
    suggestions = []
    for row, column in zip(*np.nonzero(likeness >= thresholds.match), strict=True):
        keep, other = known[int(row)], known[int(column)]
        if len(members.get(other, ())) > len(members.get(keep, ())):
            keep, other = other, keep
        # An answer is kept by the faces of one of them.
        if other not in members and keep in members:
            keep, other = other, keep
        if other in members and album.may_join(keep, other):
            value = float(likeness[row, column])
            suggestions.append(Suggestion(keep, other, tuple(members[other]), value))
    return suggestions


def _faces_of_named(
    store: PeopleStore,
    album: Album,
    gallery: Gallery,
    known: list[PersonId],
    thresholds: Thresholds,
) -> list[Suggestion]:
    faces = album.faces(store.unassigned())
    if not faces or not known:
        return []
    columns = [gallery.position[person_id] for person_id in known]
    likeness = gallery.similarities(album.vectors(f.ref for f in faces))[:, columns]
    suggestions = []
    for row, face in enumerate(faces):
        clear = face.track.quality >= WORTH_ASKING
        for at in np.argsort(-likeness[row], kind="stable").tolist():
            value = float(likeness[row, at])
            if value < (thresholds.suggest if clear else thresholds.match):
                break
            person_id = known[at]
            theirs = album.taken([face.ref.video_id]).get(person_id, ())
            if person_id not in face.not_of and not any(are_two(face, t) for t in theirs):
                suggestions.append(Suggestion(person_id, None, (face.ref,), value))
                break
    return suggestions


def _two_groups(
    store: PeopleStore, album: Album, thresholds: Thresholds, most: int
) -> list[Suggestion]:
    groups, means = album.means(store.groups())
    if len(groups) < 2:
        return []
    likeness = np.triu(means @ means.T, 1)
    rows, columns = np.nonzero((likeness >= thresholds.suggest) & (likeness < thresholds.match))
    order = np.argsort(-likeness[rows, columns], kind="stable")
    members = album.members(groups)
    asked: set[PersonId] = set()
    suggestions: list[Suggestion] = []
    for at in order.tolist():
        first, second = groups[int(rows[at])], groups[int(columns[at])]
        if asked & {first, second} or not album.may_join(first, second):
            continue
        asked |= {first, second}
        value = float(likeness[rows[at], columns[at]])
        suggestions.append(Suggestion(first, second, tuple(members[second]), value))
        if len(suggestions) == most:
            break
    return suggestions
