"""Brings pictures coded for HDR screens to what ordinary ones show, so that models and people see
them as they are meant.

Scaling and turning are left to `frames`.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.media import RgbImage

_PQ, _HLG = 16, 18
"""Transfer characteristics of ISO 23091-2: SMPTE ST 2084 and ARIB STD-B67."""
_WHITE_NITS = 203.0
"""Diffuse white of HDR pictures (ITU-R BT.2408)."""
_PEAK = 5.0
"""Brightness in diffuse whites that is brought to the brightest a screen shows."""
_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)
"""Linear BT.2020 to BT.709 (ITU-R BT.2087)."""


_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)


def is_hdr(transfer: int) -> bool:
    """Whether pictures of this transfer characteristic look grey on an ordinary screen."""
    return transfer in (_PQ, _HLG)


def to_sdr(picture: RgbImage, transfer: int) -> RgbImage:
    """An RGB picture in PQ or HLG with BT.2020 colours as BT.709, highlights rolled off.

    Extended Reinhard tone mapping (Reinhard et al. 2002) on the brightest channel, which keeps
    hues.
    """
    linear = _linear(transfer)[picture]
    if transfer == _HLG:
        # The screen's own curve, on luminance so that colours keep (BT.2100, 1000 nits).
        linear *= (linear @ _LUMINANCE)[..., None] ** np.float32(0.2) * (1000 / _WHITE_NITS)
    linear = linear @ _TO_BT709.T
    np.maximum(linear, 0, out=linear)
    brightest = linear.max(axis=-1, keepdims=True)
    mapped = linear * (1 + brightest / _PEAK**2) / (1 + brightest)
    coded = np.clip(mapped, 0, 1) ** np.float32(1 / 2.2)
    return np.asarray(np.round(coded * 255), np.uint8)


@lru_cache(maxsize=2)
def _linear(transfer: int) -> NDArray[np.float32]:
    """Light for each of 256 code values: PQ in diffuse whites, HLG as the scene's, 0..1."""
    code = np.arange(256) / 255
    if transfer == _PQ:
        m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
        power = code ** (1 / m2)
        nits = 10_000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)
        return (nits / _WHITE_NITS).astype(np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return scene.astype(np.float32)
