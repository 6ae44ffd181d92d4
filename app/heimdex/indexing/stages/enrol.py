"""Faces in a photo or a paused frame that a person hands in.

Which of them is meant, and whose name it gets, is left to the people room.
"""

from collections.abc import Sequence
from pathlib import Path

from heimdex.domain.engines import FaceDetector, FaceEmbedder
from heimdex.domain.faces import PhotoFace
from heimdex.domain.media import RgbImage
from heimdex.domain.vectors import Space, SpaceKind, Vectors
from heimdex.indexing.stages.crops import crop, fitness
from heimdex.media.pictures import decoded, jpeg, photo

_CROP_QUALITY = 95


def faces_in_photo(path: Path, detector: FaceDetector, embedder: FaceEmbedder) -> list[PhotoFace]:
    """All faces of a photo that are large enough, best first.

    Raises MediaError when the file is not a picture.
    """
    return faces_in_image(photo(path), detector, embedder)


def faces_in_image(
    image: RgbImage, detector: FaceDetector, embedder: FaceEmbedder
) -> list[PhotoFace]:
    """All faces of an upright RGB picture that are large enough, best first; without what the face
    model takes for no face."""
    crops = [c for face in detector.detect([image])[0] if (c := crop(image, face, 0))]
    vectors, seen = embedder.embed_weighed([c.aligned for c in crops])
    fit = [fitness(c.quality, None if seen is None else seen[i]) for i, c in enumerate(crops)]
    space = Space(SpaceKind.FACE, embedder.model_id, embedder.revision)
    faces = [
        PhotoFace(c.box, f, jpeg(c.aligned, c.aligned.shape[1], _CROP_QUALITY), space, v)
        for i, (c, v, f) in enumerate(zip(crops, vectors, fit, strict=True))
        if seen is None or seen[i] > 0
    ]
    return sorted(faces, key=lambda face: -face.quality)


def embed_crops(crops: Sequence[bytes], embedder: FaceEmbedder) -> tuple[Space, Vectors]:
    """Vectors (n × d) of aligned faces kept as JPEG bytes, for a face model that is new to them."""
    space = Space(SpaceKind.FACE, embedder.model_id, embedder.revision)
    return space, embedder.embed([decoded(data) for data in crops])
