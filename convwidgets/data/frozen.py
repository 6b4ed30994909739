"""Arrays that are handed out for reading."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray


class FrozenArray(np.ndarray[Any, np.dtype[Any]]):
    """An array that can be read but not written, and that traits can be linked by.

    It behaves as any NumPy array; what is computed from it is a plain array.

    Parameters
    ----------
    values : array_like
        Copied, so that the caller's array may change.

    Examples
    --------
    >>> weights = FrozenArray([[1, 2], [3, 4]])
    >>> weights + 1
    array([[2, 3],
           [4, 5]])
    >>> weights[0, 0] = 5
    Traceback (most recent call last):
    ValueError: this array is read-only; assign a whole new array instead
    """

    def __new__(cls, values: ArrayLike) -> Self:
        """Copy `values`."""
        array = np.array(values, order="C").view(cls)
        array.flags.writeable = False
        return array

    def __setitem__(self, key: Any, value: Any) -> None:
        if not self.flags.writeable:
            raise ValueError("this array is read-only; assign a whole new array instead")
        super().__setitem__(key, value)

    def __array_wrap__(
        self, array: NDArray[Any], context: Any = None, return_scalar: bool = False
    ) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    def __ne__(self, other: object) -> Any:
        unequal = super().__ne__(other)
        # traitlets.link asks `if value != value:` after each update, which an array refuses.
        return np.asarray(unequal).view(_Unchanged) if other is self else unequal

    # Defining __ne__ leaves __hash__ as it was: arrays have none.
    __hash__ = None

    def __repr__(self) -> str:
        return repr(np.asarray(self))


class _Unchanged(np.ndarray[Any, np.dtype[Any]]):
    """How an array differs from itself: cell by cell where it is NaN, as a whole not at all."""

    def __bool__(self) -> bool:
        return False


def numbers(array: NDArray[Any]) -> Any:
    """Return an array of finite numbers as nested lists, whole numbers as int.

    Examples
    --------
    >>> numbers(np.array([[1.0, 0.5]]))
    [[1, 0.5]]
    """
    if array.ndim:
        return [numbers(part) for part in np.asarray(array)]
    value = array.item()
    return int(value) if value == int(value) else value
