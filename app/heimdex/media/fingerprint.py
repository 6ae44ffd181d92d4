"""Names a file by its content, so that a renamed or copied file is recognised.

What the name is used for is left to the scanner.
"""

import hashlib
import os
from pathlib import Path

from heimdex.domain.errors import MediaError
from heimdex.domain.ids import VideoId
from heimdex.media.opening import check

WHOLE_BELOW = 2 * 1024 * 1024
_EDGE = 256 * 1024
_BLOCK = 64 * 1024
_BLOCKS = 16


def fingerprint(path: Path) -> VideoId:
    """Hash a file's size and content: all of a small one, 18 samples of a large one.

    BLAKE2b of 128 bits over the size, both ends (containers keep their indexes there) and 16
    blocks spread evenly. Two different recordings of equal size would have to agree in all of
    1.5 MB of compressed data; an edit that keeps the size and touches only bytes in between is
    not noticed here, which is why the scanner looks at the modification time as well.

    Raises MediaError when the file is not there, is not a file, is empty or cannot be read.
    """
    check(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            digest = hashlib.blake2b(str(size).encode(), digest_size=16)
            if size <= WHOLE_BELOW:
                digest.update(file.read())
            else:
                digest.update(file.read(_EDGE))
                for block in range(1, _BLOCKS + 1):
                    file.seek(block * (size - _BLOCK) // (_BLOCKS + 1))
                    digest.update(file.read(_BLOCK))
                file.seek(size - _EDGE)
                digest.update(file.read(_EDGE))
    except PermissionError as error:
        raise MediaError(
            f"{path.name} cannot be read: permission is missing. Allow reading it and try again."
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise MediaError(f"{path.name} cannot be read from its drive ({reason}).") from error
    return VideoId(digest.hexdigest())
