"""The memory of large outputs is used again, but never while anybody can read it."""

from __future__ import annotations

import numpy as np

from convwidgets.engine import _memory

FLOAT32 = np.dtype(np.float32)
SHAPE = (_memory.LARGE // 4,)


def place(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def test_small_arrays_own_their_memory() -> None:
    array = _memory.empty((3, 5), FLOAT32)
    assert array.shape == (3, 5) and array.dtype == FLOAT32 and array.flags.owndata


def test_memory_comes_back_after_the_last_view() -> None:
    array = _memory.empty(SHAPE, FLOAT32)
    assert array.shape == SHAPE and array.flags.carray
    array[:] = 1
    view, first = array[7:].reshape(-1, 1), place(array)
    del array
    other = _memory.empty(SHAPE, FLOAT32)
    assert place(other) != first
    other[:] = 2
    assert (view == 1).all()
    del view
    again = _memory.empty((2, SHAPE[0] // 2), FLOAT32)
    assert place(again) == first


def test_one_block_is_kept_for_what_fills_half_of_it_at_least() -> None:
    first, second = (_memory.empty(SHAPE, FLOAT32) for _ in range(2))
    del first, second
    assert len(_memory._free) == 1
    larger = _memory.empty((3 * SHAPE[0],), FLOAT32)
    assert not _memory._free
    del larger
    smaller = _memory.empty(SHAPE, FLOAT32)
    assert smaller.base is not None and smaller.size == SHAPE[0]
    too_large = _memory.empty((_memory.LARGEST_KEPT // 4 + 1,), FLOAT32)
    assert too_large.flags.owndata
