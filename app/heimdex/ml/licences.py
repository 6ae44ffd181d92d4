"""The table of model licences that is shown before a download, in the window and by the command.

Licences of the libraries Heimdex is built from are not its affair.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from heimdex.ml.manifests import Manifest, Tier


@dataclass(frozen=True, slots=True)
class ModelLicence:
    """One row. `licence` is an SPDX expression; `caveat` is a sentence or ""."""

    model_id: str
    title: str
    sets: tuple[Tier, ...]
    licence: str
    licence_url: str
    commercial_use: bool
    ask_first: bool
    origin: str
    caveat: str
    pinned: str
    """See `Manifest.pinned`."""


def table(manifests: Mapping[str, Manifest]) -> list[ModelLicence]:
    """A row for every model that is described, those that leave commercial use
    open or forbid it last."""
    rows = [
        ModelLicence(
            model_id=manifest.id,
            title=manifest.title,
            sets=tuple(manifest.sets),
            licence=manifest.licence,
            licence_url=manifest.licence_url,
            commercial_use=manifest.commercial_use,
            ask_first=manifest.ask_first,
            origin=manifest.origin,
            caveat=manifest.caveat,
            pinned=manifest.pinned,
        )
        for manifest in manifests.values()
    ]
    return sorted(rows, key=lambda row: (not row.commercial_use, row.ask_first, row.title.lower()))
