"""Pooling of maps, and what it gives back: winners, means, places."""

from __future__ import annotations

from typing import Any

import numpy as np

from convwidgets.engine._jit import kernel
from convwidgets.engine.kernels.axis import span
from convwidgets.engine.vector import better, even, lanes, load, load_strided, odd, store

# What `adaptive_pool2d` takes of each part; any other number asks for the greatest cell.
AVERAGE = 0


@kernel
def extreme_pool2d(
    x: Any,
    y: Any,
    index: Any,
    scratch: Any,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    top: int,
    left: int,
    dilation_h: int,
    dilation_w: int,
    greatest: int,
    row0: int,
    row1: int,
) -> None:
    """``y`` = the greatest or least cell of each window, and where it stands: the first of equals.

    NaN beats all, the last NaN the others. A window off the picture gives ∓∞ at −1. Places are
    left out where `index` is empty; then `scratch` holds a row of `x`.
    """
    height, width = x.shape[2:]
    worst = x.dtype.type(-np.inf if greatest else np.inf)
    v0, v1 = _met(y.shape[3], kernel_w, stride_w, left, dilation_w, width)
    halving = kernel_h == kernel_w == stride_w == 2 and dilation_h == dilation_w == 1
    # A row of pairs that all lie on the picture, and fill a vector.
    halving &= left == 0 and 2 * y.shape[3] <= width and y.shape[3] >= lanes(x) and index.size == 0
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(row0, row1):
                best = y[n, c, i]
                top_row = i * stride_h - top
                if halving and 0 <= top_row < height - 1:
                    _halve(x[n, c, top_row], x[n, c, top_row + 1], best, greatest)
                    continue
                best[:] = worst
                u0, u1 = span(0, kernel_h, top_row, top_row, dilation_h, height)
                if index.size == 0:
                    if u0 == u1:
                        continue
                    down = scratch[:width]
                    down[:] = worst
                    for u in range(u0, u1):
                        _better(down, x[n, c, top_row + u * dilation_h], 0, width, 1, 0, greatest)
                    for v in range(v0, v1):
                        shift = v * dilation_w - left
                        j0, j1 = span(0, best.size, shift, shift, stride_w, width)
                        _better(best, down, j0, j1, stride_w, shift, greatest)
                    continue
                where = index[n, c, i]
                where[:] = -1
                for u in range(u0, u1):
                    row = top_row + u * dilation_h
                    for v in range(v0, v1):
                        shift = v * dilation_w - left
                        j0, j1 = span(0, best.size, shift, shift, stride_w, width)
                        _keep(
                            best, where, x[n, c, row], j0, j1, stride_w, shift, row * width,
                            greatest,
                        )  # fmt: skip


@kernel
def avg_pool2d(
    x: Any,
    y: Any,
    scratch: Any,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    top: int,
    left: int,
    bottom: int,
    right: int,
    dilation_h: int,
    dilation_w: int,
    count_padding: int,
    divisor: int,
    row0: int,
    row1: int,
) -> None:
    """``y = Σ window / count``: of the window's cells on the picture, or on it and its padding.

    A divisor other than 0 takes the place of the count. `scratch` holds a row of `x`.
    """
    height, width = x.shape[2:]
    v0, v1 = _met(y.shape[3], kernel_w, stride_w, left, dilation_w, width)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(row0, row1):
                target, down = y[n, c, i], scratch[:width]
                target[:] = 0
                down[:] = 0
                row = i * stride_h - top
                u0, u1 = span(0, kernel_h, row, row, dilation_h, height)
                for u in range(u0, u1):
                    _add(down, x[n, c, row + u * dilation_h], 0, width, 1, 0)
                for v in range(v0, v1):
                    shift = v * dilation_w - left
                    j0, j1 = span(0, target.size, shift, shift, stride_w, width)
                    _add(target, down, j0, j1, stride_w, shift)
                if divisor != 0:
                    for j in range(target.size):
                        target[j] /= divisor
                    continue
                down_axis = (stride_h, top, bottom, dilation_h, height, count_padding)
                across_axis = (stride_w, left, right, dilation_w, width, count_padding)
                rows = _counted(i, kernel_h, down_axis)
                near, far = _full(target.size, kernel_w, across_axis)
                for j in range(near, far):
                    target[np.uint64(j)] /= rows * kernel_w
                for j in range(near):
                    target[j] /= rows * _counted(j, kernel_w, across_axis)
                for j in range(far, target.size):
                    target[j] /= rows * _counted(j, kernel_w, across_axis)


@kernel
def avg_pool2d_gradient(
    g: Any,
    x: Any,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    top: int,
    left: int,
    bottom: int,
    right: int,
    dilation_h: int,
    dilation_w: int,
    count_padding: int,
    divisor: int,
) -> None:
    """``x[window] += g / count``: what each mean of `avg_pool2d` gives back to its cells."""
    height, width = x.shape[2:]
    for n in range(g.shape[0]):
        for c in range(g.shape[1]):
            for i in range(g.shape[2]):
                row = i * stride_h - top
                u0, u1 = span(0, kernel_h, row, row, dilation_h, height)
                down_axis = (stride_h, top, bottom, dilation_h, height, count_padding)
                across_axis = (stride_w, left, right, dilation_w, width, count_padding)
                rows = _counted(i, kernel_h, down_axis)
                for j in range(g.shape[3]):
                    column = j * stride_w - left
                    v0, v1 = span(0, kernel_w, column, column, dilation_w, width)
                    count = divisor
                    if divisor == 0:
                        count = rows * _counted(j, kernel_w, across_axis)
                    share = g[n, c, i, j] / count
                    for u in range(u0, u1):
                        target = x[n, c, row + u * dilation_h]
                        for v in range(v0, v1):
                            target[column + v * dilation_w] += share


@kernel
def adaptive_pool2d(x: Any, y: Any, index: Any, kind: int) -> None:
    """``y`` = the mean or the greatest cell of each of ``y``'s near-equal parts of a picture.

    `index` tells where the greatest stands, of a mean too.

    Part ``i`` of ``O`` covers the rows from ``⌊i·H/O⌋`` up to ``⌈(i + 1)·H/O⌉``.
    """
    height, width = x.shape[2:]
    rows, columns = y.shape[2:]
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(rows):
                r0, r1 = i * height // rows, -(-(i + 1) * height // rows)
                for j in range(columns):
                    s0, s1 = j * width // columns, -(-(j + 1) * width // columns)
                    best, place = x[n, c, r0, s0], r0 * width + s0
                    total = x.dtype.type(0)
                    for r in range(r0, r1):
                        cells = x[n, c, r]
                        for s in range(s0, s1):
                            value = cells[s]
                            total += value
                            if value > best or value != value:
                                best, place = value, r * width + s
                    y[n, c, i, j] = total / ((r1 - r0) * (s1 - s0)) if kind == AVERAGE else best
                    index[n, c, i, j] = place


@kernel
def adaptive_avg_pool2d_gradient(g: Any, x: Any) -> None:
    """``x[part] += g / cells``: what each mean of `adaptive_pool2d` gives back."""
    height, width = x.shape[2:]
    rows, columns = g.shape[2:]
    for n in range(g.shape[0]):
        for c in range(g.shape[1]):
            for i in range(rows):
                r0, r1 = i * height // rows, -(-(i + 1) * height // rows)
                for j in range(columns):
                    s0, s1 = j * width // columns, -(-(j + 1) * width // columns)
                    share = g[n, c, i, j] / ((r1 - r0) * (s1 - s0))
                    for r in range(r0, r1):
                        target = x[n, c, r]
                        for s in range(s0, s1):
                            target[s] += share


@kernel
def unpool2d(x: Any, index: Any, y: Any, add: int) -> None:
    """``y[place] = x``, or ``+= x``, for the places within each plane of `y` that `index` names."""
    width = y.shape[3]
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            plane = y[n, c]
            for i in range(x.shape[2]):
                for j in range(x.shape[3]):
                    place = index[n, c, i, j]
                    if 0 <= place < plane.size:
                        row, column = place // width, place % width
                        if add:
                            plane[row, column] += x[n, c, i, j]
                        else:
                            plane[row, column] = x[n, c, i, j]


@kernel
def _met(
    count: int, kernel_size: int, stride: int, before: int, dilation: int, size: int
) -> tuple[int, int]:
    """Find the window's cells that lie on the axis for some of `count` windows.

    Of a window much larger than the picture most never do, and nobody could wait for them.
    """
    return span(0, kernel_size, (count - 1) * stride - before, -before, dilation, size)


@kernel
def _counted(index: int, kernel_size: int, axis: tuple[int, int, int, int, int, int]) -> int:
    """Count the cells of a window that lie on the axis, or on it and its padding.

    `axis` is stride, padding before and after, dilation, size, and whether padding counts.
    """
    stride, before, after, dilation, size, padding = axis
    offset, end = (0, before + size + after) if padding else (-before, size)
    first = index * stride + offset
    k0, k1 = span(0, kernel_size, first, first, dilation, end)
    return k1 - k0


@kernel
def _full(
    count: int, kernel_size: int, axis: tuple[int, int, int, int, int, int]
) -> tuple[int, int]:
    """Find the windows all of whose cells are counted."""
    stride, before, after, dilation, size, padding = axis
    offset, end = (0, before + size + after) if padding else (-before, size)
    return span(0, count, offset, offset + (kernel_size - 1) * dilation, stride, end)


@kernel
def _halve(upper: Any, lower: Any, best: Any, greatest: int) -> None:
    """Fill a row with the winners of windows of 2 × 2 side by side."""
    vector = lanes(best)
    for k in range(0, best.size, vector):
        # The last vector overlaps the one before.
        j = min(k, best.size - vector)
        near = better(load(lower, 2 * j), load(upper, 2 * j), greatest)
        at = 2 * j + vector
        far = better(load(lower, at), load(upper, at), greatest)
        store(best, j, better(odd(near, far), even(near, far), greatest))


@kernel
def _better(
    best: Any, source: Any, j0: int, j1: int, stride: int, shift: int, greatest: int
) -> None:
    """Let ``source[j · stride + shift]`` take the place of ``best[j]`` where it wins."""
    vector = lanes(best)
    if j1 - j0 < vector:
        for j in range(j0, j1):
            value, old = source[j * stride + shift], best[j]
            wins = value > old if greatest else value < old
            best[j] = value if wins | (value != value) else old
        return
    for k in range(j0, j1, vector):
        # The last vector overlaps the one before: what has won wins again.
        j = min(k, j1 - vector)
        values = load_strided(source, j * stride + shift, stride)
        store(best, j, better(values, load(best, j), greatest))


@kernel
def _keep(
    best: Any,
    where: Any,
    source: Any,
    j0: int,
    j1: int,
    stride: int,
    shift: int,
    start: int,
    greatest: int,
) -> None:
    """Do as `_better`, and remember the place: `start` and the winner's column."""
    for k in range(j0, j1):
        # Unsigned indices, so that no test for negative ones keeps the loop from vectors.
        j, at = np.uint64(k), np.uint64(k * stride + shift)
        value, old, place = source[at], best[j], where[j]
        wins = value > old if greatest else value < old
        wins = wins | (value != value) | (place < 0)
        best[j] = value if wins else old
        where[j] = start + k * stride + shift if wins else place


@kernel
def _add(target: Any, source: Any, j0: int, j1: int, stride: int, shift: int) -> None:
    """Add ``source[j · stride + shift]`` to ``target[j]``."""
    vector = lanes(target)
    whole = j0 + (j1 - j0) // vector * vector
    for j in range(j0, whole, vector):
        store(target, j, load(target, j) + load_strided(source, j * stride + shift, stride))
    for j in range(whole, j1):
        target[j] += source[j * stride + shift]
