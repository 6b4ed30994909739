"""Pooling of arrays, with PyTorch's names and meanings, and what it gives back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convwidgets.engine import _threads, native, paths, reference
from convwidgets.engine._arguments import (
    Array,
    Indices,
    Two,
    maps,
    remembered,
    same_shape,
    size_of,
    truth,
)
from convwidgets.engine._arguments import (
    indices as places,
)
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

# What a pooling spends on one cell, in multiply-adds of a tiled convolution.
CELL_WORK = 16
AVERAGE, MAX, MIN = range(3)


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
    pool = Pooling(input, kernel_size, stride, padding, dilation, ceil_mode)
    return pool.extreme(MAX, truth("return_indices", return_indices))


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
    pool = Pooling(input, kernel_size, stride, padding, dilation, ceil_mode)
    return pool.extreme(MIN, truth("return_indices", return_indices))


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
    pool = Pooling(input, kernel_size, stride, padding, dilation, ceil_mode)
    return pool.average(truth("count_include_pad", count_include_pad), divisor(divisor_override))


def max_unpool2d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    indices: ArrayLike,
    kernel_size: Pair,
    *,
    stride: Pair | None = None,
    padding: Pair = 0,
    output_size: Pair | None = None,
) -> Array:
    """Put every winner of a max pooling back where it stood; all else is 0.

    Parameters
    ----------
    input : array
        (N, C, H, W), (C, H, W) or (H, W): winners.
    indices : array of int
        As `max_pool2d` gives them, of the same shape. Where two name one place, the last wins.
    kernel_size, stride, padding : int or (int, int)
        Those of the pooling.
    output_size : int or (int, int), optional
        Rows and columns; (H − 1)·S − 2P + K if not given.

    Returns
    -------
    array
        Like `input` but for the rows and columns.

    Raises
    ------
    TypeError, ValueError
        As `max_pool2d` does, and if an index lies outside of the output.

    Examples
    --------
    >>> winners, where = max_pool2d([[1, 2, 3, 0], [4, 0, 0, 5]], 2, return_indices=True)
    >>> max_unpool2d(winners, where, 2)
    array([[0., 0., 0., 0.],
           [4., 0., 0., 5.]], dtype=float32)
    """
    x, new = maps("input", input)
    kernel = pair("kernel_size", kernel_size, 1)
    strides = kernel if stride is None else pair("stride", stride, 1)
    pads = pair("padding", padding, 0)
    if output_size is None:
        axes = zip(size_of(x), strides, pads, kernel, strict=True)
        rows, columns = ((i - 1) * s - 2 * p + k for i, s, p, k in axes)
        if min(rows, columns) < 1:
            raise ValueError(f"padding must leave something of the output, got {padding!r}")
    else:
        rows, columns = pair("output_size", output_size, 1)
    where = places(indices, x.shape[new:], rows * columns).reshape(x.shape)
    y = np.zeros((*x.shape[:2], rows, columns), x.dtype)
    unpool(x, where, y, add=False)
    return y.reshape(y.shape[new:])


@overload
def adaptive_max_pool2d(
    input: ArrayLike, output_size: Pair, *, return_indices: Literal[False] = False
) -> Array: ...


@overload
def adaptive_max_pool2d(
    input: ArrayLike, output_size: Pair, *, return_indices: Literal[True]
) -> tuple[Array, Indices]: ...


def adaptive_max_pool2d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    output_size: Pair,
    *,
    return_indices: bool = False,
) -> Array | tuple[Array, Indices]:
    """Cut every map into near-equal parts and take the greatest cell of each.

    Parameters
    ----------
    input : array
        (N, C, H, W), (C, H, W) or (H, W).
    output_size : int or (int, int)
        Rows and columns of parts; see `convwidgets.engine.geometry.adaptive_windows`.
    return_indices : bool
        Also tell where the winners stand, as `max_pool2d` does.

    Returns
    -------
    output : array
        Like `input` but for the rows and columns.
    indices : array of int64
        With `return_indices`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it should be.

    Examples
    --------
    >>> adaptive_max_pool2d([[1, 2, 3], [4, 5, 6]], 1)
    array([[6.]], dtype=float32)
    """
    x, new = maps("input", input)
    y, index = adaptive(x, pair("output_size", output_size, 1), MAX)
    y, index = y.reshape(y.shape[new:]), index.reshape(y.shape[new:])
    return (y, index.astype(np.int64)) if truth("return_indices", return_indices) else y


def adaptive_avg_pool2d(input: ArrayLike, output_size: Pair) -> Array:  # noqa: A002
    """Cut every map into near-equal parts and take the mean of each.

    Parameters
    ----------
    input, output_size
        As in `adaptive_max_pool2d`.

    Returns
    -------
    array
        Like `input` but for the rows and columns.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it should be.

    Examples
    --------
    >>> adaptive_avg_pool2d([[1, 2, 3], [4, 5, 6]], (1, 3))
    array([[2.5, 3.5, 4.5]], dtype=float32)
    """
    x, new = maps("input", input)
    y, _ = adaptive(x, pair("output_size", output_size, 1), AVERAGE)
    return y.reshape(y.shape[new:])


def global_avg_pool2d(input: ArrayLike) -> Array:  # noqa: A002  # PyTorch's name
    """Take the mean of every map, as in `adaptive_avg_pool2d` to one cell.

    Examples
    --------
    >>> global_avg_pool2d([[1, 2], [3, 4]])
    array([[2.5]], dtype=float32)
    """
    return adaptive_avg_pool2d(input, 1)


def global_max_pool2d(input: ArrayLike) -> Array:  # noqa: A002  # PyTorch's name
    """Take the greatest of every map, as in `adaptive_max_pool2d` to one cell.

    Examples
    --------
    >>> global_max_pool2d([[1, 2], [3, 4]])
    array([[4.]], dtype=float32)
    """
    return adaptive_max_pool2d(input, 1)


class Pooling:
    """The checked arguments that poolings share."""

    def __init__(
        self,
        input: ArrayLike,  # noqa: A002  # PyTorch's name
        kernel_size: Pair,
        stride: Pair | None,
        padding: Padding,
        dilation: Pair,
        ceil_mode: bool,
    ) -> None:
        self.x, self.new = maps("input", input)
        self.size = size_of(self.x)
        ceil = int(truth("ceil_mode", ceil_mode))
        steps = kernel_size if stride is None else stride
        where = _places(self.size, kernel_size, steps, padding, dilation, ceil)
        self.kernel, self.stride, self.dilation, self.pads, self.out = where
        self.shape = (*self.x.shape[:2], *self.out)

    def extreme(self, kind: int, return_indices: bool) -> Array | tuple[Array, Indices]:
        """Give the winners and, on demand, where they stand, as the caller's axes have them."""
        y, index = self.winners(kind, return_indices)
        y = y.reshape(self.shape[self.new :])
        if not return_indices:
            return y
        return y, index.reshape(y.shape).astype(np.int64)

    def winners(self, kind: int, with_places: bool) -> tuple[Array, NDArray[Any]]:
        """Give the greatest or least of each window and, on demand, where they stand."""
        name = "max_pool2d" if kind == MAX else "min_pool2d"
        compiled = native.kernels(self.x.dtype)
        # Compiled code keeps indices in 32 bits.
        if compiled is None or self.size[0] * self.size[1] > LARGEST:
            pool = getattr(reference, name)
            self._note(name, "reference", 1)
            y, index = pool(self.x, self.kernel, self.out, self.stride, self.pads, self.dilation)
            return y, index
        y = np.empty(self.shape, self.x.dtype)
        index = np.empty(self.shape if with_places else (0, 0, 0, 0), np.int32)

        def rows(first: int, end: int) -> None:
            memory = _threads.scratch(self.x.dtype, self.size[1])
            compiled.extreme_pool2d(
                self.x, y, index, memory, *self._steps(), *self.dilation, int(kind == MAX),
                first, end,
            )  # fmt: skip

        self._note(name, "windows", self._over_rows(rows))
        return y, index

    def average(self, count_include_pad: bool, divisor: int) -> Array:
        """Give the means of the windows."""
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
            self._note("avg_pool2d", "reference", 1)
            return y.reshape(self.shape[self.new :])
        y = np.empty(self.shape, self.x.dtype)
        options = self._counting(count_include_pad, divisor)

        def rows(first: int, end: int) -> None:
            memory = _threads.scratch(self.x.dtype, self.size[1])
            compiled.avg_pool2d(self.x, y, memory, *self._steps(), *options, first, end)

        self._note("avg_pool2d", "windows", self._over_rows(rows))
        return y.reshape(self.shape[self.new :])

    def extreme_gradient(self, kind: int, grad_output: ArrayLike) -> Array:
        """Give each winner what comes back to its window."""
        g = same_shape("grad_output", grad_output, self.x, self.shape, self.new)
        _, index = self.winners(kind, with_places=True)
        x = np.zeros_like(self.x)
        unpool(g, index, x, add=True)
        return x.reshape(x.shape[self.new :])

    def average_gradient(
        self, grad_output: ArrayLike, count_include_pad: bool, divisor: int
    ) -> Array:
        """Give each cell its share of what comes back to its windows."""
        g = same_shape("grad_output", grad_output, self.x, self.shape, self.new)
        x = np.zeros_like(self.x)
        compiled = native.kernels(self.x.dtype)
        if compiled is None:
            steps = (self.kernel, self.stride, self.pads, self.dilation)
            reference.avg_pool2d_gradient(g, x, *steps, count_include_pad, divisor)
        else:
            options = self._counting(count_include_pad, divisor)
            compiled.avg_pool2d_gradient(g, x, *self._steps(), *options)
        return x.reshape(x.shape[self.new :])

    def _steps(self) -> tuple[int, ...]:
        return (*self.kernel, *self.stride, self.pads[0][0], self.pads[1][0])

    def _counting(self, count_include_pad: bool, divisor: int) -> tuple[int, ...]:
        bottom_right = (self.pads[0][1], self.pads[1][1])
        return (*bottom_right, *self.dilation, int(count_include_pad), divisor)

    def _over_rows(self, rows: Callable[[int, int], None]) -> int:
        return _threads.share(rows, self.out[0], self._cells() * CELL_WORK)

    def _cells(self) -> int:
        return math.prod((*self.shape, *self.kernel))

    def _note(self, operation: str, path: str, threads: int) -> None:
        paths.note(operation, path, self._cells(), self._cells(), threads)


@remembered
def _places(
    size: Two, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, ceil: int
) -> tuple[Two, Two, Two, Pads, Two]:
    """Check where windows lie, and that each has a cell of the picture."""
    kernels, strides = pair("kernel_size", kernel_size, 1), pair("stride", stride, 1)
    dilations = pair("dilation", dilation, 1)
    both = resolve_padding(padding, size, kernels, strides, dilations)
    shape = output_shape(size, kernels, strides, both, dilations, bool(ceil))
    axes = zip(both, kernels, dilations, size, strides, shape, strict=True)
    for pads, kernel, step, cells, apart, out in axes:
        if max(pads) > kernel // 2:
            raise ValueError(
                f"padding must be at most half of kernel_size {kernel}, got {max(pads)}"
            )
        windows = (window(o, kernel, apart, pads, step) for o in range(out))
        if step > cells and not all(any(0 <= i < cells for i in w) for w in windows):
            raise ValueError(
                f"dilation must leave each window a cell of the image's {cells}, got {step}"
            )
    return kernels, strides, dilations, both, shape


def divisor(value: int | None) -> int:
    """Check what a mean is divided by; 0 for the number of cells."""
    if value is None:
        return 0
    number = whole("divisor_override", value, -LARGEST)
    if number == 0:
        raise ValueError("divisor_override must be a whole number other than 0, got 0")
    return number


def adaptive(x: Array, shape: Two, kind: int) -> tuple[Array, NDArray[Any]]:
    """Give the mean or the greatest of each near-equal part, and where the greatest stands."""
    y = np.empty((*x.shape[:2], *shape), x.dtype)
    index = np.empty(y.shape, np.int32)
    compiled = native.kernels(x.dtype)
    if compiled is None or x.shape[2] * x.shape[3] > LARGEST:
        return reference.adaptive_pool2d(x, shape, average=kind == AVERAGE)
    compiled.adaptive_pool2d(x, y, index, kind)
    return y, index


def unpool(x: Array, where: NDArray[Any], y: Array, add: bool) -> None:
    """Put cells at their places in `y`, or add them to what is there."""
    compiled = native.kernels(x.dtype)
    if compiled is None or y.shape[2] * y.shape[3] > LARGEST:
        reference.unpool2d(x, where, y, add)
    else:
        compiled.unpool2d(x, where.astype(np.int32, copy=False), y, int(add))
