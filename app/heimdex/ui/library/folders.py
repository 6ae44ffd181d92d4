"""The folders that the library's videos lie in, as a menu to walk through.

Which videos are shown of one is the model's affair.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from heimdex.ui.library.model import natural

OnFolder = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Branch:
    """A folder with how many videos lie in it and below, and the folders in it."""

    path: Path
    videos: int
    below: tuple["Branch", ...] = ()


def branches(files: Iterable[Path]) -> tuple[Branch, ...]:
    """The folders of these files as trees, by name. A folder that only leads to one other is
    passed over, and so is what all of them have in common."""
    own = Counter(file.parent for file in files)
    inside: defaultdict[Path, set[Path]] = defaultdict(set)
    tops = set()
    for folder in own:
        child = folder
        while child.parent != child:
            if child in inside[child.parent]:
                break
            inside[child.parent].add(child)
            child = child.parent
        else:
            tops.add(child)

    def grown(folder: Path) -> Branch:
        below = tuple(grown(each) for each in sorted(inside[folder], key=_by_name))
        if len(below) == 1 and not own[folder]:
            return below[0]
        return Branch(folder, own[folder] + sum(branch.videos for branch in below), below)

    trees = tuple(grown(top) for top in sorted(tops))
    return trees[0].below if len(trees) == 1 else trees


def fill(menu: QMenu, trees: Sequence[Branch], on_folder: OnFolder) -> None:
    """One entry a folder; one that has folders in it opens a menu of its own."""
    for tree in trees:
        # An ampersand in a name is no shortcut.
        name = (tree.path.name or str(tree.path)).replace("&", "&&")
        said = f"{name} ({tree.videos})"
        if not tree.below:
            _offer(menu, said, tree.path, on_folder)
            continue
        inner = menu.addMenu(said)
        everything = QCoreApplication.translate("Folders", "All of “%1”").replace("%1", name)
        _offer(inner, everything, tree.path, on_folder)
        inner.addSeparator()
        fill(inner, tree.below, on_folder)


def _offer(menu: QMenu, text: str, folder: Path, on_folder: OnFolder) -> None:
    menu.addAction(text).triggered.connect(lambda _=False: on_folder(folder))


def _by_name(folder: Path) -> list[tuple[str, int]]:
    return natural(folder.name)
