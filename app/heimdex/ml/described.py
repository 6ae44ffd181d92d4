"""What every engine says of itself, taken from its manifest.

What it does with its weights is the engines' own affair.
"""

from heimdex.domain.engines import Thresholds
from heimdex.ml.manifests import Manifest


class Described:
    """An engine of one model."""

    _manifest: Manifest

    @property
    def model_id(self) -> str:
        """Id of the manifest."""
        return self._manifest.id

    @property
    def revision(self) -> str:
        """Of weights, preprocessing and whatever else makes its answers what they are."""
        return self._manifest.space_revision


class Placing(Described):
    """An engine that gives vectors, which are compared by cosine."""

    @property
    def dims(self) -> int:
        """Length of a vector."""
        return self._manifest.dims

    @property
    def thresholds(self) -> Thresholds:
        """From which cosine two fit, and from which they may."""
        return self._manifest.limits()
