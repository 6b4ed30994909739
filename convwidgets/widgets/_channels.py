"""Which channels of a picture are computed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convwidgets.engine import conv2d

# ITU-R Recommendation BT.709, with the weights that scikit-image takes.
LUMA = np.array([0.2125, 0.7154, 0.0721], np.float32)


def select(pixels: NDArray[Any], mode: str) -> NDArray[Any]:
    """Return the channels as C×H×W.

    Parameters
    ----------
    pixels : array
        H×W or H×W×3, float32.
    mode : {"grey", "red", "green", "blue", "sum", "each"}
        The grey of a coloured picture, one of its channels, or (for the last two) all; a grey
        picture is its only channel, whatever the mode.

    Examples
    --------
    >>> select(np.ones((2, 4, 3), np.float32), "red").shape
    (1, 2, 4)
    """
    if pixels.ndim == 2:
        return np.asarray(pixels)[None]
    channels = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
    if mode == "grey":
        return conv2d(channels, LUMA[None, :, None, None])
    if mode in ("sum", "each"):
        return channels
    at = ("red", "green", "blue").index(mode)
    return channels[at : at + 1]
