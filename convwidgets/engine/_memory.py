"""Memory of large outputs, used again once nobody holds the output any more.

The system hands out large memory page by page and fills each with zeros first, which takes as long
as a bank of filters does; it takes the pages back as soon as they are free. C's own allocator keeps
what is smaller.
"""

from __future__ import annotations

import collections
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

# In bytes: from where on memory is kept, and up to where.
LARGE, LARGEST_KEPT = 2**24, 2**26

Bytes = NDArray[np.uint8]


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Do as `numpy.empty` does.

    Examples
    --------
    >>> empty((2, 3), np.dtype("float32")).shape
    (2, 3)
    """
    size = math.prod(shape) * dtype.itemsize
    if not LARGE <= size <= LARGEST_KEPT:
        return np.empty(shape, dtype)
    try:
        memory = _free.pop()
    except IndexError:
        memory = np.empty(0, np.uint8)
    if not size <= memory.size <= 2 * size:
        memory = np.empty(size, np.uint8)
    return np.asarray(_Loan(memory))[:size].view(dtype).reshape(shape)


class _Loan:
    """Stands behind an array and all views of it; gives the memory back after the last of them."""

    def __init__(self, memory: Bytes) -> None:
        self._memory = memory
        self.__array_interface__ = memory.__array_interface__
        # Its own, since a module's names may be gone when a process ends.
        self._give_back = _free.append

    def __del__(self) -> None:
        self._give_back(self._memory)


# The block that was given back last, if it is not in use again.
_free: collections.deque[Bytes] = collections.deque(maxlen=1)
