"""Convolution and pooling in NumPy: the textbook's loops, and the same sums with the loops swapped.

The functions that end in ``_loops`` are the definition, written to be read: they visit one output
cell after another and add up its window. The others change only the order of the loops: they
visit one weight after another, and NumPy moves it over all output cells at once. They are the
engine wherever compiled code is missing or not ready.

Arrays are (N, C, H, W), floating point; pairs are (rows, columns). Arguments are checked by
`convwidgets.engine.functional`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convwidgets.engine.geometry import Pads, effective_kernel, window

Array: TypeAlias = NDArray[Any]
Two: TypeAlias = tuple[int, int]

NUMPY_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def correlate2d_loops(image: Array, kernel: Array) -> Array:
    """Slide one kernel over one image: multiply cell by cell, sum, move on.

    Examples
    --------
    >>> correlate2d_loops(np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), np.array([[1, 2], [3, 4]]))
    array([[37., 47.],
           [67., 77.]])
    """
    height, width = kernel.shape
    output = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for i in range(output.shape[0]):
        for j in range(output.shape[1]):
            for u in range(height):
                for v in range(width):
                    output[i, j] += kernel[u, v] * image[i + u, j + v]
    return output


def conv2d_loops(
    x: Array, weight: Array, bias: Array, shape: Two, stride: Two, dilation: Two, groups: int
) -> Array:
    """Convolve padded maps `x` with every filter of `weight` (O, C / groups, Kh, Kw)."""
    filters, channels, height, width = weight.shape
    y = np.empty((x.shape[0], filters, *shape), x.dtype)
    for n, o, i, j in np.ndindex(y.shape):
        first = o * groups // filters * channels
        total = bias[o]
        for c in range(channels):
            for u in range(height):
                for v in range(width):
                    cell = x[
                        n,
                        first + c,
                        i * stride[0] + u * dilation[0],
                        j * stride[1] + v * dilation[1],
                    ]
                    total += weight[o, c, u, v] * cell
        y[n, o, i, j] = total
    return y


def conv2d(
    x: Array, weight: Array, bias: Array, shape: Two, stride: Two, dilation: Two, groups: int
) -> Array:
    """Do as `conv2d_loops`, the weights outermost."""
    filters, channels, height, width = weight.shape
    batch = x.shape[0]
    x = x.reshape(batch, groups, channels, 1, *x.shape[2:])
    weight = weight.reshape(groups, filters // groups, channels, height, width, 1, 1)
    y = np.empty((batch, groups, filters // groups, *shape), x.dtype)
    y[:] = bias.reshape(groups, filters // groups, 1, 1)
    for c in range(channels):
        for u in range(height):
            for v in range(width):
                cells = _cells(x[:, :, c], u, v, shape, stride, dilation)
                y += weight[:, :, c, u, v] * cells
    return y.reshape(batch, filters, *shape)


def max_pool2d_loops(
    x: Array, kernel: Two, shape: Two, stride: Two, pads: Pads, dilation: Two
) -> tuple[Array, Array]:
    """Take the greatest cell of each window that lies in the image, and its flat index.

    The first of equals wins; NaN wins over every number, and the last NaN over the others.
    """
    y = np.full((*x.shape[:2], *shape), -np.inf, x.dtype)
    index = np.full(y.shape, -1, np.int64)
    width = x.shape[3]
    for n, c, i, j in np.ndindex(y.shape):
        for r, s in _window2d(i, j, kernel, stride, pads, dilation):
            if 0 <= r < x.shape[2] and 0 <= s < width:
                cell = x[n, c, r, s]
                if index[n, c, i, j] < 0 or cell > y[n, c, i, j] or np.isnan(cell):
                    y[n, c, i, j] = cell
                    index[n, c, i, j] = r * width + s
    return y, index


def max_pool2d(
    x: Array, kernel: Two, shape: Two, stride: Two, pads: Pads, dilation: Two
) -> tuple[Array, Array]:
    """Do as `max_pool2d_loops`, the window's cells outermost."""
    flat = np.arange(x.shape[2] * x.shape[3]).reshape(1, 1, *x.shape[2:])
    values = _extended(x, -np.inf, kernel, shape, stride, pads, dilation)
    places = _extended(flat, -1, kernel, shape, stride, pads, dilation)
    y = np.full((*x.shape[:2], *shape), -np.inf, x.dtype)
    index = np.full(y.shape, -1, np.int64)
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            cells = _cells(values, u, v, shape, stride, dilation)
            where = _cells(places, u, v, shape, stride, dilation)
            better = (where >= 0) & ((index < 0) | (cells > y) | np.isnan(cells))
            np.copyto(y, cells, where=better)
            np.copyto(index, where, where=better)
    return y, index


def min_pool2d(
    x: Array, kernel: Two, shape: Two, stride: Two, pads: Pads, dilation: Two
) -> tuple[Array, Array]:
    """Take the least cell of each window: the greatest of −x, negated."""
    y, index = max_pool2d(-x, kernel, shape, stride, pads, dilation)
    return -y, index


def avg_pool2d_loops(
    x: Array,
    kernel: Two,
    shape: Two,
    stride: Two,
    pads: Pads,
    dilation: Two,
    count_include_pad: bool,
    divisor: int,
) -> Array:
    """Divide each window's sum by its number of cells, or by `divisor` if that is not 0.

    Padding cells are zeros, and count if `count_include_pad`; what a window of `ceil_mode` covers
    beyond the padding never counts.
    """
    y = np.zeros((*x.shape[:2], *shape), x.dtype)
    (top, bottom), (left, right) = pads if count_include_pad else ((0, 0), (0, 0))
    height, width = x.shape[2:]
    for n, c, i, j in np.ndindex(y.shape):
        count = 0
        for r, s in _window2d(i, j, kernel, stride, pads, dilation):
            if -top <= r < height + bottom and -left <= s < width + right:
                count += 1
            if 0 <= r < height and 0 <= s < width:
                y[n, c, i, j] += x[n, c, r, s]
        y[n, c, i, j] /= divisor or count
    return y


def avg_pool2d(
    x: Array,
    kernel: Two,
    shape: Two,
    stride: Two,
    pads: Pads,
    dilation: Two,
    count_include_pad: bool,
    divisor: int,
) -> Array:
    """Do as `avg_pool2d_loops`, the window's cells outermost."""
    ones = np.ones((1, 1, *x.shape[2:]), x.dtype)
    if count_include_pad:
        ones = np.pad(ones, ((0, 0), (0, 0), *pads), constant_values=1)
    inner: Pads = ((0, 0), (0, 0)) if count_include_pad else pads
    values = _extended(x, 0, kernel, shape, stride, pads, dilation)
    counted = _extended(ones, 0, kernel, shape, stride, inner, dilation)
    y = np.zeros((*x.shape[:2], *shape), x.dtype)
    count = np.zeros((1, 1, *shape), x.dtype)
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            y += _cells(values, u, v, shape, stride, dilation)
            count += _cells(counted, u, v, shape, stride, dilation)
    y /= divisor or count
    return y


def pad2d(x: Array, pads: Pads, mode: str) -> Array:
    """Put cells around each map: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``."""
    padded: Array = np.pad(x, ((0, 0), (0, 0), *pads), mode=NUMPY_MODES[mode])  # type: ignore[call-overload]  # the stub wants the mode as a literal
    return padded


def activate(x: Array, kind: str) -> Array:
    """Apply an activation cell by cell; NaN stays NaN."""
    if kind == "relu":
        return np.maximum(x, 0)
    if kind == "abs":
        return np.abs(x)
    if kind == "clip":
        return np.clip(x, 0, 255)
    return x.copy()


def _cells(x: Array, u: int, v: int, shape: Two, stride: Two, dilation: Two) -> Array:
    """View the cells of padded `x` that weight (u, v) meets, one for each output cell."""
    top, left = u * dilation[0], v * dilation[1]
    bottom, right = top + (shape[0] - 1) * stride[0] + 1, left + (shape[1] - 1) * stride[1] + 1
    return x[..., top : bottom : stride[0], left : right : stride[1]]


def _window2d(
    i: int, j: int, kernel: Two, stride: Two, pads: Pads, dilation: Two
) -> list[tuple[int, int]]:
    rows = window(i, kernel[0], stride[0], pads[0], dilation[0])
    columns = window(j, kernel[1], stride[1], pads[1], dilation[1])
    return [(r, s) for r in rows for s in columns]


def _extended(
    x: Array, fill: float, kernel: Two, shape: Two, stride: Two, pads: Pads, dilation: Two
) -> Array:
    """Pad `x` with `fill`, at the ends as far as the last window reaches."""
    widths = [(0, 0), (0, 0)]
    for axis in (0, 1):
        before = pads[axis][0]
        reach = (shape[axis] - 1) * stride[axis] + effective_kernel(kernel[axis], dilation[axis])
        widths.append((before, max(reach - before - x.shape[2 + axis], 0)))
    return np.pad(x, widths, constant_values=fill)
