"""The first stage: what the file is and a picture that stands for it.

Reading the file is left to `media`.
"""

from pathlib import Path

from heimdex.domain.stages import ProbeOutput
from heimdex.media.pictures import poster
from heimdex.media.probe import probe


def run_probe(path: Path) -> ProbeOutput:
    """Probe `path` and make its poster. Raises MediaError when nothing in it can be played."""
    info = probe(path)
    return ProbeOutput(info, poster(path, info))
