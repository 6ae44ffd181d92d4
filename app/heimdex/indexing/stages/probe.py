"""The first stage: what the file is and a picture that stands for it.

Reading the file is left to `media`.
"""

from pathlib import Path

from heimdex.domain.errors import MediaError
from heimdex.domain.stages import ProbeOutput
from heimdex.media.pictures import poster
from heimdex.media.probe import probe


def run_probe(path: Path) -> ProbeOutput:
    """Probe `path` and make its poster. Raises MediaError when nothing in it can be played.

    A picture that cannot be decoded beside sound that can leaves the poster empty; the stages
    that need the picture are the ones to fail.
    """
    info = probe(path)
    try:
        return ProbeOutput(info, poster(path, info))
    except MediaError:
        if not info.audio:
            raise
        return ProbeOutput(info, b"")
