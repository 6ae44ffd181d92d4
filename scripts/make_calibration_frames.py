#!/usr/bin/env python3
"""Makes resources/calibration/frames out of the sample videos: what quick forms are measured on.

Run it again after changing the sample: `.venv/bin/python scripts/make_calibration_frames.py`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "app"))

import cv2  # noqa: E402

from heimdex.media.frames import frame_at  # noqa: E402
from heimdex.media.probe import probe  # noqa: E402

FRAMES = 8
"""Of each video, evenly."""
EDGE = 448
QUALITY = 70


def main() -> None:
    """Replace the folder's pictures."""
    target = ROOT / "resources" / "calibration" / "frames"
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.jpg"):
        old.unlink()
    for video in sorted((ROOT / "resources" / "sample").glob("*.mp4")):
        info = probe(video)
        for number in range(FRAMES):
            at_ms = int(info.duration_ms * (number + 0.5) / FRAMES)
            picture = frame_at(video, info, at_ms, EDGE)[1]
            path = target / f"{video.stem}-{number}.jpg"
            cv2.imwrite(str(path), picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    total = sum(path.stat().st_size for path in target.glob("*.jpg"))
    print(f"{len(list(target.glob('*.jpg')))} pictures, {total // 1000} kB")


if __name__ == "__main__":
    main()
