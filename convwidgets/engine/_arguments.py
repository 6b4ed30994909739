"""What may reach the kernels: arrays and options, checked; errors name argument, value and rule."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convwidgets.engine.geometry import LARGEST, Pads, whole

Array: TypeAlias = NDArray[np.floating[Any]]
Indices: TypeAlias = NDArray[np.int64]
Two: TypeAlias = tuple[int, int]

Answer = TypeVar("Answer")

# Up to so many numbers are sooner looked at one by one than given to NumPy's algebra.
FEW = 64

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def numbers(name: str, value: ArrayLike, dtype: str = "") -> Array:
    """Make an array that the kernels can read: float32 or float64, C-contiguous, aligned."""
    if type(value) is np.ndarray and value.flags.carray:
        kind = value.dtype
        if kind.char in (dtype or "fd") and kind.isnative:
            return value
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be an array whose rows have one length: {error}") from error
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"{name} must hold real numbers of at most 64 bits, got the type {array.dtype}"
        )
    if not dtype:
        dtype = "d" if array.dtype.kind == "f" and array.dtype.itemsize == 8 else "f"
    return np.require(array, dtype, ("C_CONTIGUOUS", "ALIGNED"))


def maps(name: str, value: ArrayLike) -> tuple[Array, int]:
    """Give maps four axes, and the number of those that are new."""
    x = numbers(name, value)
    shape = x.shape
    if x.ndim not in (2, 3, 4):
        raise ValueError(f"{name} must be (H, W), (C, H, W) or (N, C, H, W), got shape {shape}")
    new = 4 - x.ndim
    x = x.reshape((1,) * new + shape)
    if 0 in x.shape[1:]:
        raise ValueError(
            f"{name} must have a channel, a row and a column at least, got shape {shape}"
        )
    return writeable(x), new


def filters(value: ArrayLike, x: Array, axes: int, first: str = "O, C / groups") -> Array:
    """Give the weight four axes, in the type of the maps it meets."""
    w = numbers("weight", value, x.dtype.char)
    if axes == 2 and w.ndim != 2:
        raise ValueError(f"weight must be (Kh, Kw) beside an (H, W) input, got shape {w.shape}")
    if axes != 2 and w.ndim != 4:
        raise ValueError(
            f"weight must be ({first}, Kh, Kw) beside an input with channels, got shape {w.shape}"
        )
    if w.size == 0:
        raise ValueError(f"weight must not be empty, got shape {w.shape}")
    return writeable(w.reshape((1,) * (4 - w.ndim) + w.shape))


def biases(value: ArrayLike | None, x: Array, count: int) -> Array:
    """One bias for each filter; zeros where none is given."""
    if value is None:
        return np.zeros(count, x.dtype)
    b = numbers("bias", value, x.dtype.char)
    if b.shape != (count,) and not (b.ndim == 0 and count == 1):
        raise ValueError(f"bias must have shape ({count},), one for each filter, got {b.shape}")
    return writeable(b.reshape(count))


def check_groups(groups: int, channels: int, w: Array) -> int:
    """Let `groups` divide the channels and the filters, and the weight have its share of them."""
    groups = whole("groups", groups, 1)
    count = w.shape[0]
    if channels % groups or count % groups:
        raise ValueError(
            f"groups must divide the {channels} channels of input and the {count} filters of "
            f"weight, got {groups}"
        )
    if w.shape[1] != channels // groups:
        raise ValueError(
            f"weight must have C / groups = {channels} / {groups} = {channels // groups} channels, "
            f"got {w.shape[1]} (shape {w.shape})"
        )
    return groups


def check_padding_mode(mode: str, pads: Pads, size: Two) -> None:
    """Let padding take no cell that the picture does not have."""
    if mode not in PADDING_MODES:
        raise ValueError(
            f"padding_mode must be 'zeros', 'reflect', 'replicate' or 'circular', got {mode!r}"
        )
    if mode == "zeros":
        return
    for ends, cells, axis in zip(pads, size, ("rows", "columns"), strict=True):
        if mode == "reflect" and max(ends) >= cells:
            raise ValueError(
                f"padding must be less than the image's {cells} {axis} with "
                f"padding_mode='reflect', got {max(ends)}"
            )
        if mode == "circular" and max(ends) > cells:
            raise ValueError(
                f"padding must be at most the image's {cells} {axis} with "
                f"padding_mode='circular', got {max(ends)}"
            )


def indices(value: ArrayLike, shape: tuple[int, ...], plane: int) -> NDArray[np.int32]:
    """Places in planes of `plane` cells, one for each cell of `shape`."""
    array = np.asarray(value)
    if array.dtype.kind not in "iu":
        raise TypeError(f"indices must hold whole numbers, got the type {array.dtype}")
    if array.shape != shape:
        raise ValueError(f"indices must have the shape of input, {shape}, got {array.shape}")
    if array.size and not (array.min() >= 0 and array.max() < plane):
        raise ValueError(
            f"indices must lie from 0 to {plane - 1}, inside the output's planes, "
            f"got {array.min()} to {array.max()}"
        )
    if plane > LARGEST:
        raise ValueError(f"output_size must have at most {LARGEST} cells, got {plane}")
    return array.astype(np.int32)


def same_shape(name: str, value: ArrayLike, x: Array, shape: tuple[int, ...], new: int) -> Array:
    """Check a gradient that must have the shape of what it belongs to."""
    g = numbers(name, value, x.dtype.char)
    if g.shape != shape[new:]:
        raise ValueError(f"{name} must have the output's shape {shape[new:]}, got {g.shape}")
    return writeable(g.reshape(shape))


def is_finite(values: Array) -> bool:
    """Tell by a sum, which is finite only if all terms are; one that overflows only costs time."""
    flat = values.reshape(-1)
    if values.size <= FEW:
        return all(map(math.isfinite, flat.tolist()))
    with np.errstate(all="ignore"):
        return math.isfinite(np.dot(flat, flat))


def truth(name: str, value: bool) -> bool:
    """Check a switch."""
    if not isinstance(value, bool | np.bool):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return bool(value)


class _Memory:
    """Shows NumPy an array's memory as writeable, and keeps the array alive."""

    def __init__(self, array: Array) -> None:
        self.array = array
        self.__array_interface__ = {
            **array.__array_interface__,
            "data": (array.ctypes.data, False),
        }


def writeable(array: Array) -> Array:
    """View a read-only array as writeable, though nobody will write.

    To Numba a read-only array is another type, for which it would compile every kernel anew.
    """
    return array if array.flags.writeable else np.asarray(_Memory(array))


def remembered(place: Callable[..., Answer]) -> Callable[..., Answer]:
    """Decorate a check of where windows lie: a slider asks the same thing again and again."""
    known = functools.lru_cache(256)(place)

    @functools.wraps(place)
    def answer(*asked: Any) -> Answer:
        return known(*asked) if is_plain(asked) else place(*asked)

    return answer


def is_plain(value: Any) -> bool:
    """Tell words, whole numbers and tuples of them from what a cache would take for the same.

    True is 1 to a dictionary, but no stride.
    """
    kind = type(value)
    return kind is int or kind is str or (kind is tuple and all(map(is_plain, value)))


def size_of(x: Array) -> Two:
    """Rows and columns."""
    return x.shape[2], x.shape[3]
