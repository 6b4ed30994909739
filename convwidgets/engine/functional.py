"""Convolution and pooling of arrays, with PyTorch's names and meanings.

Each function checks its arguments, then asks `convwidgets.engine.native` for compiled kernels and,
as long as there are none, `convwidgets.engine.reference`. The numbers agree to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convwidgets.engine import native, reference
from convwidgets.engine._threads import over_rows
from convwidgets.engine.geometry import (
    LARGEST,
    Padding,
    Pads,
    Pair,
    output_shape,
    pair,
    resolve_padding,
    whole,
    window,
)

Array: TypeAlias = NDArray[np.floating[Any]]
Indices: TypeAlias = NDArray[np.int64]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")
ACTIVATIONS = ("none", "relu", "abs", "clip")

# What a pooling spends on one cell, in multiply-adds of a tiled convolution.
CELL_WORK = 16


def conv2d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
    flip: bool = False,
) -> Array:
    """Slide every filter over the maps: a cross-correlation, or a convolution with ``flip=True``.

    Parameters
    ----------
    input : array
        (N, C, H, W), (C, H, W), or (H, W) for one map. Only N may be 0. float32 and float64 are
        kept, other real numbers become float32.
    weight : array
        (O, C / groups, Kh, Kw), or (Kh, Kw) beside an (H, W) input; taken in the input's type.
    bias : array, optional
        (O,), or one number where O is 1.
    stride, dilation : int or (int, int)
        Steps between windows and between the cells of a window, from 1: (rows, columns).
    padding : str, int or pair
        ``"valid"``, ``"same"``, ``"half"``, ``"full"``, a number, (rows, columns) or
        ((top, bottom), (left, right)); see `convwidgets.engine.geometry.resolve_padding`.
    groups : int
        Sets of channels that are convolved apart; divides C and O.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What padding cells hold. Reflection needs less padding than cells, circular no more.
    flip : bool
        Rotate each kernel by 180° first.

    Returns
    -------
    array
        (N, O, Ho, Wo), (O, Ho, Wo) or (Ho, Wo), with the input's type; Ho and Wo as in
        `convwidgets.engine.geometry.output_size`.

    Raises
    ------
    TypeError
        If an argument is not what it should be: not whole, not numbers, not a name.
    ValueError
        If a value or shape breaks a rule above, or a kernel is larger than the padded image.

    Examples
    --------
    >>> conv2d([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 2], [3, 4]])
    array([[37., 47.],
           [67., 77.]], dtype=float32)
    """
    x, new = _maps(input)
    w = _filters(weight, x, 4 - new)
    groups = _check_groups(groups, x, w)
    b = _bias(bias, x, w)
    size, kernel = _size(x), _size(w)
    strides, dilations = pair("stride", stride, 1), pair("dilation", dilation, 1)
    pads = resolve_padding(padding, size, kernel, strides, dilations)
    _check_padding_mode(padding_mode, pads, size)
    if _truth("flip", flip):
        w = np.ascontiguousarray(w[:, :, ::-1, ::-1])
    out = output_shape(size, kernel, strides, pads, dilations)
    compiled = native.kernels(x.dtype)
    if compiled is None:
        with np.errstate(all="ignore"):
            padded = reference.pad2d(x, pads, padding_mode)
            y = reference.conv2d(padded, w, b, out, strides, dilations, groups)
        return y.reshape(y.shape[new:])
    # The kernel leaves padding's zeros out of its sums, which only infinity and NaN can tell.
    if padding_mode != "zeros" or not np.isfinite(w).all():
        x = _pad2d(compiled, x, pads, padding_mode)
        pads = ((0, 0), (0, 0))
    y = np.empty((len(x), len(w), *out), x.dtype)
    top_left = (pads[0][0], pads[1][0])

    def rows(start: int, end: int) -> None:
        compiled.conv2d(x, w, b, y, *strides, *top_left, *dilations, groups, start, end)

    over_rows(rows, out[0], y.size * w[0].size)
    return y.reshape(y.shape[new:])


@overload
def max_pool2d(
    input: ArrayLike,
    kernel_size: Pair,
    *,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Array: ...


@overload
def max_pool2d(
    input: ArrayLike,
    kernel_size: Pair,
    *,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: Literal[True],
) -> tuple[Array, Indices]: ...


def max_pool2d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    kernel_size: Pair,
    *,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Array | tuple[Array, Indices]:
    """Take the greatest cell of each window.

    Parameters
    ----------
    input : array
        (N, C, H, W), (C, H, W) or (H, W). Only N may be 0. float32 and float64 are kept, other
        real numbers become float32.
    kernel_size : int or (int, int)
        (rows, columns) of the window.
    stride : int or (int, int), optional
        Steps between windows; `kernel_size` if not given.
    padding : str, int or pair
        As in `conv2d`, at each end at most half of `kernel_size`. Padding cells never win.
    dilation : int or (int, int)
        Steps between the cells of a window.
    ceil_mode : bool
        Also count a last window that overhangs the end, if it starts inside the image or the
        padding before it.
    return_indices : bool
        Also tell where the winners stand.

    Returns
    -------
    output : array
        Like `input` but for the rows and columns; NaN wins over every number.
    indices : array of int64
        With `return_indices`: row × W + column of each winner in its map; of equals the first.

    Raises
    ------
    TypeError, ValueError
        As `conv2d` does, and if a window would hold padding alone.

    Examples
    --------
    >>> max_pool2d([[12, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]], 2)
    array([[ 20.,  30.],
           [112.,  37.]], dtype=float32)
    """
    pool = _Pool(input, kernel_size, stride, padding, dilation, ceil_mode)
    return pool.extreme("max_pool2d", _truth("return_indices", return_indices))


@overload
def min_pool2d(
    input: ArrayLike,
    kernel_size: Pair,
    *,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Array: ...


@overload
def min_pool2d(
    input: ArrayLike,
    kernel_size: Pair,
    *,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: Literal[True],
) -> tuple[Array, Indices]: ...


def min_pool2d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    kernel_size: Pair,
    *,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Array | tuple[Array, Indices]:
    """Take the least cell of each window; all else is as in `max_pool2d`.

    Examples
    --------
    >>> min_pool2d([[12, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]], 2)
    array([[ 8.,  0.],
           [34.,  4.]], dtype=float32)
    """
    pool = _Pool(input, kernel_size, stride, padding, dilation, ceil_mode)
    return pool.extreme("min_pool2d", _truth("return_indices", return_indices))


def avg_pool2d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    kernel_size: Pair,
    *,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Take the mean of each window.

    Parameters
    ----------
    input, kernel_size, stride, padding, dilation, ceil_mode
        As in `max_pool2d`; padding cells are zeros.
    count_include_pad : bool
        Divide by the window's cells on the image and its padding, else by those on the image
        alone. What an overhanging window of `ceil_mode` covers beyond the padding never counts.
    divisor_override : int, optional
        Divide by this number instead; not 0.

    Returns
    -------
    array
        Like `input` but for the rows and columns.

    Raises
    ------
    TypeError, ValueError
        As `max_pool2d` does.

    Examples
    --------
    >>> avg_pool2d([[12, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]], 2)
    array([[13. ,  8. ],
           [79. , 19.5]], dtype=float32)
    """
    pool = _Pool(input, kernel_size, stride, padding, dilation, ceil_mode)
    return pool.average(_truth("count_include_pad", count_include_pad), _divisor(divisor_override))


def activate(input: ArrayLike, kind: str) -> Array:  # noqa: A002  # PyTorch's name
    """Apply an activation cell by cell.

    Parameters
    ----------
    input : array
        Any shape. float32 and float64 are kept, other real numbers become float32.
    kind : {"none", "relu", "abs", "clip"}
        x, max(x, 0), the absolute value, or x held to 0–255.

    Returns
    -------
    array
        A new one; NaN stays NaN.

    Raises
    ------
    TypeError, ValueError
        If `input` does not hold real numbers or `kind` is none of the four.

    Examples
    --------
    >>> activate([-2, 3], "relu")
    array([0., 3.], dtype=float32)
    """
    x = _numbers("input", input)
    if kind not in ACTIVATIONS:
        raise ValueError(f"kind must be 'none', 'relu', 'abs' or 'clip', got {kind!r}")
    compiled = native.kernels(x.dtype)
    if compiled is None:
        return np.asarray(reference.activate(x, kind))
    y = np.empty_like(x)
    compiled.activate(_writeable(x).ravel(), y.ravel(), ACTIVATIONS.index(kind))
    return y


class _Pool:
    """The checked arguments that all poolings share."""

    def __init__(
        self,
        input: ArrayLike,  # noqa: A002  # PyTorch's name
        kernel_size: Pair,
        stride: Pair | None,
        padding: Padding,
        dilation: Pair,
        ceil_mode: bool,
    ) -> None:
        self.x, self.new = _maps(input)
        self.size = _size(self.x)
        self.kernel = pair("kernel_size", kernel_size, 1)
        self.stride = self.kernel if stride is None else pair("stride", stride, 1)
        self.dilation = pair("dilation", dilation, 1)
        self.pads = resolve_padding(padding, self.size, self.kernel, self.stride, self.dilation)
        self.out = output_shape(
            self.size,
            self.kernel,
            self.stride,
            self.pads,
            self.dilation,
            _truth("ceil_mode", ceil_mode),
        )
        self._check_padding()

    def extreme(self, name: str, return_indices: bool) -> Array | tuple[Array, Indices]:
        compiled = native.kernels(self.x.dtype)
        # Compiled code keeps indices in 32 bits.
        if compiled is None or self.size[0] * self.size[1] > LARGEST:
            pool = getattr(reference, name)
            y, index = pool(self.x, self.kernel, self.out, self.stride, self.pads, self.dilation)
        else:
            pool = getattr(compiled, name)
            y, index = self._empty(self.x.dtype), self._empty(np.int32)

            def rows(start: int, end: int) -> None:
                pool(self.x, y, index, *self._steps(), *self.dilation, start, end)

            self._over_rows(rows)
        if not return_indices:
            return self._reshaped(y)
        return self._reshaped(y), self._reshaped(index).astype(np.int64)

    def average(self, count_include_pad: bool, divisor: int) -> Array:
        compiled = native.kernels(self.x.dtype)
        if compiled is None:
            with np.errstate(all="ignore"):
                y = reference.avg_pool2d(
                    self.x,
                    self.kernel,
                    self.out,
                    self.stride,
                    self.pads,
                    self.dilation,
                    count_include_pad,
                    divisor,
                )
            return self._reshaped(y)
        y = self._empty(self.x.dtype)
        bottom_right = (self.pads[0][1], self.pads[1][1])
        options = (*bottom_right, *self.dilation, int(count_include_pad), divisor)

        def rows(start: int, end: int) -> None:
            compiled.avg_pool2d(self.x, y, *self._steps(), *options, start, end)

        self._over_rows(rows)
        return self._reshaped(y)

    def _reshaped(self, y: NDArray[Any]) -> NDArray[Any]:
        return y.reshape(y.shape[self.new :])

    def _steps(self) -> tuple[int, ...]:
        return (*self.kernel, *self.stride, self.pads[0][0], self.pads[1][0])

    def _empty(self, dtype: Any) -> Any:
        return np.empty((*self.x.shape[:2], *self.out), dtype)

    def _over_rows(self, rows: Callable[[int, int], None]) -> None:
        cells = self.x.shape[0] * self.x.shape[1] * self.out[0] * self.out[1]
        over_rows(rows, self.out[0], cells * self.kernel[0] * self.kernel[1] * CELL_WORK)

    def _check_padding(self) -> None:
        axes = zip(
            self.pads, self.kernel, self.dilation, self.size, self.stride, self.out, strict=True
        )
        for pads, kernel, dilation, size, stride, out in axes:
            if max(pads) > kernel // 2:
                raise ValueError(
                    f"padding must be at most half of kernel_size {kernel}, got {max(pads)}"
                )
            windows = (window(o, kernel, stride, pads, dilation) for o in range(out))
            if dilation > size and not all(any(0 <= i < size for i in w) for w in windows):
                raise ValueError(
                    f"dilation must leave each window a cell of the image's {size}, got {dilation}"
                )


def _maps(value: ArrayLike) -> tuple[Array, int]:
    """Give the input four axes, and the number of those that are new."""
    x = _numbers("input", value)
    shape = x.shape
    if x.ndim not in (2, 3, 4):
        raise ValueError(f"input must be (H, W), (C, H, W) or (N, C, H, W), got shape {shape}")
    new = 4 - x.ndim
    x = x.reshape((1,) * new + shape)
    if 0 in x.shape[1:]:
        raise ValueError(
            f"input must have a channel, a row and a column at least, got shape {shape}"
        )
    return _writeable(x), new


def _filters(value: ArrayLike, x: Array, axes: int) -> Array:
    w = _numbers("weight", value, x.dtype)
    if axes == 2 and w.ndim != 2:
        raise ValueError(f"weight must be (Kh, Kw) beside an (H, W) input, got shape {w.shape}")
    if axes != 2 and w.ndim != 4:
        raise ValueError(
            f"weight must be (O, C / groups, Kh, Kw) beside an input with channels, "
            f"got shape {w.shape}"
        )
    if w.size == 0:
        raise ValueError(f"weight must not be empty, got shape {w.shape}")
    return _writeable(w.reshape((1,) * (4 - w.ndim) + w.shape))


def _bias(value: ArrayLike | None, x: Array, w: Array) -> Array:
    filters = len(w)
    if value is None:
        return np.zeros(filters, x.dtype)
    b = _numbers("bias", value, x.dtype)
    if b.shape != (filters,) and not (b.ndim == 0 and filters == 1):
        raise ValueError(f"bias must have shape ({filters},), one for each filter, got {b.shape}")
    return _writeable(b.reshape(filters))


def _check_groups(groups: int, x: Array, w: Array) -> int:
    groups = whole("groups", groups, 1)
    channels, filters = x.shape[1], w.shape[0]
    if channels % groups or filters % groups:
        raise ValueError(
            f"groups must divide the {channels} channels of input and the {filters} filters of "
            f"weight, got {groups}"
        )
    if w.shape[1] != channels // groups:
        raise ValueError(
            f"weight must have C / groups = {channels} / {groups} = {channels // groups} channels, "
            f"got {w.shape[1]} (shape {w.shape})"
        )
    return groups


def _check_padding_mode(mode: str, pads: Pads, size: tuple[int, int]) -> None:
    if mode not in PADDING_MODES:
        raise ValueError(
            f"padding_mode must be 'zeros', 'reflect', 'replicate' or 'circular', got {mode!r}"
        )
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


def _divisor(value: int | None) -> int:
    """Check `divisor_override`; 0 stands for none."""
    if value is None:
        return 0
    divisor = whole("divisor_override", value, -LARGEST)
    if divisor == 0:
        raise ValueError("divisor_override must be a whole number other than 0, got 0")
    return divisor


def _truth(name: str, value: bool) -> bool:
    if not isinstance(value, bool | np.bool):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def _numbers(name: str, value: ArrayLike, dtype: Any = None) -> Array:
    """Make an array that the kernels can read: float32 or float64, C-contiguous, aligned."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be an array whose rows have one length: {error}") from error
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"{name} must hold real numbers of at most 64 bits, got the type {array.dtype}"
        )
    if dtype is None:
        wide = array.dtype.kind == "f" and array.dtype.itemsize == 8
        dtype = np.float64 if wide else np.float32
    return np.require(array, dtype, ("C_CONTIGUOUS", "ALIGNED"))


class _Memory:
    """Shows NumPy an array's memory as writeable, and keeps the array alive."""

    def __init__(self, array: Array) -> None:
        self.array = array
        self.__array_interface__ = {
            **array.__array_interface__,
            "data": (array.ctypes.data, False),
        }


def _writeable(array: Array) -> Array:
    """View a read-only array as writeable, though nobody will write.

    To Numba a read-only array is another type, for which it would compile every kernel anew.
    """
    return array if array.flags.writeable else np.asarray(_Memory(array))


def _pad2d(compiled: Any, x: Array, pads: Pads, mode: str) -> Array:
    (top, bottom), (left, right) = pads
    if not any((top, bottom, left, right)):
        return x
    rows, columns = x.shape[2] + top + bottom, x.shape[3] + left + right
    y = np.empty((*x.shape[:2], rows, columns), x.dtype)
    compiled.pad2d(x, y, top, left, PADDING_MODES.index(mode))
    return y


def _size(x: Array) -> tuple[int, int]:
    return x.shape[2], x.shape[3]
