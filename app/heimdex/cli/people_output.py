"""How a person is written on the terminal and in JSON.

What is done with people is the commands' affair.
"""

from typing import Any

from heimdex.cli.output import counted
from heimdex.domain.faces import Person


def document(person: Person) -> dict[str, Any]:
    """The JSON shape of a person."""
    return {
        "id": person.id,
        "name": person.name,
        "second_name": person.second_name,
        "aliases": list(person.aliases),
        "faces": person.track_count,
        "videos": person.video_count,
        "hidden": person.hidden,
    }


def called(person: Person) -> str:
    """The name in both scripts, or the number."""
    return person.full_name or f"#{person.id}"


def tell(person: Person) -> None:
    """Print who somebody is now."""
    faces, videos = counted(person.track_count, "face"), counted(person.video_count, "video")
    also = f" (also {', '.join(person.aliases)})" if person.aliases else ""
    print(f"{called(person)}{also}: {faces} in {videos}.")
