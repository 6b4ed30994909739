"""Random whole numbers that Python and the page throw alike, for what a seed must decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_WORD = 2**32 - 1


def throws(seed: int, count: int, sides: int) -> NDArray[np.int64]:
    """Throw a die with `sides` sides, counted from 0.

    The generator is Mulberry32 (Tommy Ettinger, 2017): the widget's page has the same few lines,
    so that a seed means the same numbers on both sides.

    Parameters
    ----------
    seed : int
        Any whole number from 0.
    count : int
        How many throws.
    sides : int
        Each throw is one of 0 to `sides` − 1.

    Returns
    -------
    ndarray
        (count,), int64.

    Examples
    --------
    >>> throws(1, 5, 10)
    array([6, 0, 5, 9, 9])
    """
    state, thrown = seed & _WORD, np.empty(count, np.int64)
    for i in range(count):
        state = (state + 0x6D2B79F5) & _WORD
        mixed = ((state ^ (state >> 15)) * (state | 1)) & _WORD
        mixed ^= (mixed + ((mixed ^ (mixed >> 7)) * (mixed | 61) & _WORD)) & _WORD
        thrown[i] = sides * (mixed ^ (mixed >> 14)) >> 32
    return thrown


def start(shape: tuple[int, ...], seed: int) -> NDArray[np.float32]:
    """Draw a kernel to start learning from: hundredths from −1 to 1, which are read at a glance.

    Parameters
    ----------
    shape : (int, int)
        Its rows and columns.
    seed : int
        Any whole number from 0; dice of the same seed are other throws.

    Returns
    -------
    ndarray
        float32.
    """
    drawn = throws(seed + 10_000, shape[0] * shape[1], 201) - 100
    return np.asarray(drawn / 100, np.float32).reshape(shape)
