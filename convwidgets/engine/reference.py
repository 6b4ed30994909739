"""Convolution and pooling in NumPy: the textbook's loops, and the same sums with the loops swapped.

The functions that end in ``_loops`` are the definition, written to be read: they visit one output
cell after another and add up its window. The others change only the order of the loops: they
visit one weight after another, and NumPy moves it over all output cells at once. They are the
engine wherever compiled code is missing or not ready.

Arrays are (N, C, H, W), floating point; pairs are (rows, columns). Arguments are checked by
the functions of `convwidgets.engine`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convwidgets.engine.geometry import Pads, adaptive_windows, effective_kernel, window

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


def conv_transpose2d_loops(
    x: Array,
    weight: Array,
    bias: Array,
    shape: Two,
    stride: Two,
    top_left: Two,
    dilation: Two,
    groups: int,
) -> Array:
    """Lay every filter of `weight` (C, O / groups, Kh, Kw), times a cell, on the output."""
    channels, each, height, width = weight.shape
    y = np.empty((x.shape[0], each * groups, *shape), x.dtype)
    y[:] = bias.reshape(-1, 1, 1)
    for n, c, r, s in np.ndindex(x.shape):
        first = c * groups // channels * each
        for o, u, v in np.ndindex(each, height, width):
            i = r * stride[0] - top_left[0] + u * dilation[0]
            j = s * stride[1] - top_left[1] + v * dilation[1]
            if 0 <= i < shape[0] and 0 <= j < shape[1]:
                y[n, first + o, i, j] += weight[c, o, u, v] * x[n, c, r, s]
    return y


def conv_transpose2d(
    x: Array,
    weight: Array,
    bias: Array,
    shape: Two,
    stride: Two,
    top_left: Two,
    dilation: Two,
    groups: int,
) -> Array:
    """Do as `conv_transpose2d_loops`, the weights outermost."""
    channels, each, height, width = weight.shape
    batch, _, rows, columns = x.shape
    reach = [
        before + max(out, (cells - 1) * s + effective_kernel(k, d) - before)
        for before, out, cells, s, k, d in zip(
            top_left, shape, (rows, columns), stride, (height, width), dilation, strict=True
        )
    ]
    y = np.zeros((batch, groups, each, *reach), x.dtype)
    inputs = x.reshape(batch, groups, channels // groups, 1, rows, columns)
    weights = weight.reshape(groups, channels // groups, each, height, width, 1, 1)
    for c in range(channels // groups):
        for u in range(height):
            for v in range(width):
                cells = _cells(y, u, v, (rows, columns), stride, dilation)
                cells += weights[:, c, :, u, v] * inputs[:, :, c]
    top, left = top_left
    y = y[..., top : top + shape[0], left : left + shape[1]].reshape(batch, groups * each, *shape)
    return y + bias.reshape(-1, 1, 1)


def conv2d_weight(
    x: Array, g: Array, kernel: Two, stride: Two, dilation: Two, groups: int
) -> Array:
    """Add up what the output's gradient `g` gives back to each weight; `x` is padded.

    ∂/∂w[o, c, u, v] = Σ g[n, o, i, j] · x[n, c, i·S + u·D, j·S + v·D].
    """
    count, shape = g.shape[1], (g.shape[2], g.shape[3])
    given = _by_groups(g, groups)
    w = np.empty((groups, count // groups, x.shape[1] // groups, *kernel), g.dtype)
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            cells = _by_groups(_cells(x, u, v, shape, stride, dilation), groups)
            for group in range(groups):
                w[group, :, :, u, v] = np.dot(given[group], cells[group].T)
    return w.reshape(count, -1, *kernel)


def conv2d_fft(
    x: Array, weight: Array, bias: Array, shape: Two, stride: Two, dilation: Two, groups: int
) -> Array:
    """Do as `conv2d` by NumPy's Fourier transforms, quicker with large kernels; all finite."""
    filters, channels, height, width = weight.shape
    size = x.shape[2], x.shape[3]
    reach = [(k - 1) * d for k, d in zip((height, width), dilation, strict=True)]
    spread = np.zeros((filters, channels, reach[0] + 1, reach[1] + 1), x.dtype)
    spread[:, :, :: dilation[0], :: dilation[1]] = weight
    rows, columns = (_smooth(n) for n in size)
    inputs = np.fft.rfft2(x, (rows, columns))
    turned = np.fft.rfft2(spread[:, :, ::-1, ::-1], (rows, columns))
    inputs = inputs.reshape(x.shape[0], groups, channels, *inputs.shape[2:])
    sums = np.empty((x.shape[0], filters, *inputs.shape[3:]), inputs.dtype)
    for o in range(filters):
        sums[:, o] = (inputs[:, o * groups // filters] * turned[o]).sum(1)
    y = np.fft.irfft2(sums, (rows, columns))
    # A wrapped sum stands in the first rows and columns; each window's own at its last cell.
    y = _cells(y, 1, 1, shape, stride, (reach[0], reach[1]))
    return (y + bias.reshape(-1, 1, 1)).astype(x.dtype, copy=False)


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


def avg_pool2d_gradient(
    g: Array,
    x: Array,
    kernel: Two,
    stride: Two,
    pads: Pads,
    dilation: Two,
    count_include_pad: bool,
    divisor: int,
) -> None:
    """Add to the cells of `x` their shares of each window's gradient, g / count."""
    if not g.size:
        return
    (top, bottom), (left, right) = pads if count_include_pad else ((0, 0), (0, 0))
    height, width = x.shape[2:]
    for i, j in np.ndindex(g.shape[2:]):
        cells = _window2d(i, j, kernel, stride, pads, dilation)
        count = sum(-top <= r < height + bottom and -left <= s < width + right for r, s in cells)
        for r, s in cells:
            if 0 <= r < height and 0 <= s < width:
                x[:, :, r, s] += g[:, :, i, j] / (divisor or count)


def adaptive_pool2d(x: Array, shape: Two, average: bool) -> tuple[Array, Array]:
    """Take the mean or the greatest of each near-equal part, and the greatest's flat index."""
    height, width = x.shape[2:]
    y = np.empty((*x.shape[:2], *shape), x.dtype)
    index = np.empty(y.shape, np.int64)
    if not y.size:
        return y, index
    for i, rows in enumerate(adaptive_windows(height, shape[0])):
        for j, columns in enumerate(adaptive_windows(width, shape[1])):
            part = x[:, :, rows.start : rows.stop, columns.start : columns.stop]
            flat = part.reshape(*x.shape[:2], len(rows) * len(columns))
            # NaN beats all, the last NaN the others.
            last = flat.shape[2] - 1 - np.isnan(flat[:, :, ::-1]).argmax(2)
            best = np.where(np.isnan(flat).any(2), last, flat.argmax(2))
            row, column = np.divmod(best, len(columns))
            index[:, :, i, j] = (rows.start + row) * width + columns.start + column
            if average:
                y[:, :, i, j] = flat.mean(2)
            else:
                y[:, :, i, j] = np.take_along_axis(flat, best[..., None], 2)[..., 0]
    return y, index


def adaptive_avg_pool2d_gradient(g: Array, x: Array) -> None:
    """Add to the cells of `x` their shares of each part's gradient."""
    if not g.size:
        return
    for i, rows in enumerate(adaptive_windows(x.shape[2], g.shape[2])):
        for j, columns in enumerate(adaptive_windows(x.shape[3], g.shape[3])):
            part = x[:, :, rows.start : rows.stop, columns.start : columns.stop]
            part += g[:, :, i : i + 1, j : j + 1] / (len(rows) * len(columns))


def unpool2d(x: Array, index: Array, y: Array, add: bool) -> None:
    """Put cells at their flat places in the planes of `y`, or add them to what is there."""
    planes = y.reshape(-1, y.shape[2] * y.shape[3])
    cells = (len(planes), x.shape[2] * x.shape[3])
    for plane, values, where in zip(planes, x.reshape(cells), index.reshape(cells), strict=True):
        if add:
            np.add.at(plane, where, values)
        else:
            plane[where] = values


def pad2d(x: Array, pads: Pads, mode: str) -> Array:
    """Put cells around each map: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``."""
    padded: Array = np.pad(x, ((0, 0), (0, 0), *pads), mode=NUMPY_MODES[mode])  # type: ignore[call-overload]  # the stub wants the mode as a literal
    return padded


def unpad2d(y: Array, shape: Two, pads: Pads, mode: str) -> Array:
    """Give every cell what came to the copies that `pad2d` made of it."""
    places = np.arange(shape[0] * shape[1], dtype=np.float64).reshape(1, 1, *shape)
    if mode == "zeros":
        (top, _), (left, _) = pads
        return y[:, :, top : top + shape[0], left : left + shape[1]].copy()
    where = pad2d(places, pads, mode).astype(np.int64)
    x = np.zeros((*y.shape[:2], *shape), y.dtype)
    unpool2d(y, np.broadcast_to(where, y.shape), x, add=True)
    return x


def activate(x: Array, kind: str) -> Array:
    """Apply an activation cell by cell; NaN stays NaN."""
    if kind == "relu":
        return np.maximum(x, 0)
    if kind == "abs":
        return np.abs(x)
    if kind == "clip":
        return np.clip(x, 0, 255)
    return x.copy()


def activate_gradient(x: Array, g: Array, kind: str) -> Array:
    """Multiply with the activation's slope: 0 at the corners of relu and abs, and at NaN."""
    slopes = {
        "relu": x > 0,
        "abs": np.sign(np.nan_to_num(x, nan=0.0)),
        "clip": (x >= 0) & (x <= 255),
    }
    slope = slopes.get(kind, np.ones_like(x))
    product: Array = g * slope.astype(x.dtype)
    return product


def _cells(x: Array, u: int, v: int, shape: Two, stride: Two, dilation: Two) -> Array:
    """View the cells of padded `x` that weight (u, v) meets, one for each output cell."""
    top, left = u * dilation[0], v * dilation[1]
    bottom, right = top + (shape[0] - 1) * stride[0] + 1, left + (shape[1] - 1) * stride[1] + 1
    return x[..., top : bottom : stride[0], left : right : stride[1]]


def _smooth(size: int) -> int:
    """Find the next size that 2, 3 and 5 make up, of which transforms are quick."""
    while True:
        rest = size
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return size
        size += 1


def _by_groups(x: Array, groups: int) -> Array:
    """Give (groups, channels of a group, all their cells)."""
    batch, channels, cells = x.shape[0], x.shape[1] // groups, x.shape[2] * x.shape[3]
    apart = x.reshape(batch, groups, channels, cells).transpose(1, 2, 0, 3)
    return apart.reshape(groups, channels, batch * cells)


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
