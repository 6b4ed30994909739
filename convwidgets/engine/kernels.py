"""The arithmetic of convolution and pooling: the only code compiled for both targets.

Every kernel is serial, works on C-contiguous arrays, allocates nothing and raises nothing: sizes
are checked before a call. ``row0`` and ``row1`` bound the output rows of one call, so that threads
and workers can share a map. Axes are N (image), C (channel), rows, columns; S is a stride, D a
dilation. Output row ``i`` reads the input rows ``i·S − top + u·D``, for ``u`` below the window's
height; columns likewise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from convwidgets.engine._jit import kernel
from convwidgets.engine.tile import VECTORS, convolve_tile, lanes

ZEROS, REFLECT, REPLICATE, CIRCULAR = range(4)
NONE, RELU, ABS, CLIP = range(4)


@kernel
def conv2d(
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    stride_h: int,
    stride_w: int,
    top: int,
    left: int,
    dilation_h: int,
    dilation_w: int,
    groups: int,
    row0: int,
    row1: int,
) -> None:
    """``y[n, o, i, j] = b[o] + Σ w[o, c, u, v] · x[n, c, i·S − top + u·D, j·S − left + v·D]``.

    A cross-correlation; cells outside of `x` count as zero and are not visited.
    """
    filters, channels, kernel_h, kernel_w = w.shape
    columns = y.shape[3]
    vector = lanes(x)
    window = (stride_h, stride_w, top, left, dilation_h, dilation_w)
    # The inside: the output rows and columns whose windows lie wholly on the picture.
    reach_h, reach_w = (kernel_h - 1) * dilation_h, (kernel_w - 1) * dilation_w
    i0, i1 = _range(row0, row1, -top, reach_h - top, stride_h, x.shape[2])
    j0, j1 = _range(0, columns, -left, reach_w - left, stride_w, x.shape[3])
    if j1 - j0 < vector:
        j0 = j1 = columns
    if i1 - i0 < VECTORS or j0 == j1:
        i0 = i1 = row1
    wide = j1 - j0 >= VECTORS * vector
    for n in range(x.shape[0]):
        for o in range(filters):
            first = o // (filters // groups) * channels
            # Inside, a tile's vectors lie below one another.
            below = (vector, stride_h * x.shape[3], columns)
            for i in range(i0, i1, VECTORS):
                place = (n, o, first, min(i, i1 - VECTORS))
                _tiles(x, w, b, y, place, 0, kernel_h, j0, j1, below, window)
            # In the rows at the rim, where some of the kernel's rows fall away, beside one another.
            beside = (VECTORS * vector, vector * stride_w, vector)
            for i in range(row0, row1):
                place = (n, o, first, i)
                row = i * stride_h - top
                u0, u1 = _range(0, kernel_h, row, row, dilation_h, x.shape[2])
                inside = i0 <= i < i1
                if not inside and wide:
                    _tiles(x, w, b, y, place, u0, u1, j0, j1, beside, window)
                tiled = inside or wide
                _cells(x, w, b, y, place, u0, u1, 0, j0 if tiled else columns, window)
                _cells(x, w, b, y, place, u0, u1, j1 if tiled else columns, columns, window)


@kernel
def max_pool2d(
    x: Any,
    y: Any,
    index: Any,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    top: int,
    left: int,
    dilation_h: int,
    dilation_w: int,
    row0: int,
    row1: int,
) -> None:
    """``y = max`` of each window and where it stands in its plane: the first of equals.

    NaN is greater than all, the last NaN greatest. A window off the picture gives −∞ at −1.
    """
    _extreme(
        x, y, index, kernel_h, kernel_w, stride_h, stride_w, top, left,
        dilation_h, dilation_w, row0, row1, True,
    )  # fmt: skip


@kernel
def min_pool2d(
    x: Any,
    y: Any,
    index: Any,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    top: int,
    left: int,
    dilation_h: int,
    dilation_w: int,
    row0: int,
    row1: int,
) -> None:
    """``y = min`` of each window and where it stands in its plane, by the rules of `max_pool2d`."""
    _extreme(
        x, y, index, kernel_h, kernel_w, stride_h, stride_w, top, left,
        dilation_h, dilation_w, row0, row1, False,
    )  # fmt: skip


@kernel
def avg_pool2d(
    x: Any,
    y: Any,
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

    A divisor other than 0 takes the place of the count.
    """
    height, width = x.shape[2:]
    # The cells that count, down and across: the first of them, and how many they are.
    first_h, size_h = (-top, top + height + bottom) if count_padding else (0, height)
    first_w, size_w = (-left, left + width + right) if count_padding else (0, width)
    # The columns of y whose windows count in full.
    near, far = -left - first_w, (kernel_w - 1) * dilation_w - left - first_w
    full0, full1 = _range(0, y.shape[3], near, far, stride_w, size_w)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(row0, row1):
                target = y[n, c, i]
                for j in range(target.size):
                    target[j] = 0
                row = i * stride_h - top
                u0, u1 = _range(0, kernel_h, row, row, dilation_h, height)
                for u in range(u0, u1):
                    source = x[n, c, row + u * dilation_h]
                    for v in range(kernel_w):
                        shift = v * dilation_w - left
                        j0, j1 = _range(0, target.size, shift, shift, stride_w, width)
                        _add(target, source, j0, j1, stride_w, shift)
                row -= first_h
                u0, u1 = _range(0, kernel_h, row, row, dilation_h, size_h)
                for j in range(target.size):
                    taps = kernel_w
                    if not full0 <= j < full1:
                        column = j * stride_w - left - first_w
                        v0, v1 = _range(0, kernel_w, column, column, dilation_w, size_w)
                        taps = v1 - v0
                    target[j] /= divisor if divisor != 0 else (u1 - u0) * taps


@kernel
def pad2d(x: Any, y: Any, top: int, left: int, mode: int) -> None:
    """``y[…, i, j] = x[…, source(i − top), source(j − left)]``, zero where there is no source."""
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(y.shape[2]):
                target = y[n, c, i]
                row = _source(i - top, x.shape[2], mode)
                if row < 0:
                    for j in range(target.size):
                        target[j] = 0
                    continue
                cells = x[n, c, row]
                for j in range(left):
                    target[j] = _cell(cells, j - left, mode)
                for j in range(cells.size):
                    target[left + j] = cells[j]
                for j in range(left + cells.size, target.size):
                    target[j] = _cell(cells, j - left, mode)


@kernel
def activate(x: Any, y: Any, kind: int) -> None:
    """``y = x``, ``max(x, 0)``, ``|x|`` or ``x`` held to 0–255, of flat arrays; NaN stays NaN."""
    if kind == ABS:
        for i in range(x.size):
            y[i] = abs(x[i])
        return
    low = x.dtype.type(0 if kind in (RELU, CLIP) else -np.inf)
    high = x.dtype.type(255 if kind == CLIP else np.inf)
    for i in range(x.size):
        value = low if x[i] < low else x[i]
        y[i] = high if value > high else value


@kernel
def _tiles(
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    place: tuple[int, int, int, int],
    u0: int,
    u1: int,
    j0: int,
    j1: int,
    tile: tuple[int, int, int],
    window: tuple[int, int, int, int, int, int],
) -> None:
    """Columns ``j0`` to ``j1`` of an output row by tiles; the last tile overlaps the one before.

    `place` is image, filter, its first channel, row; `tile` the columns it covers, and the steps
    between its vectors in `x` and in `y`. Rows ``u0`` to ``u1`` of the kernel lie on the picture.
    """
    n, o, first, i = place
    size, x_step, y_step = tile
    stride_h, stride_w, top, left, dilation_h, dilation_w = window
    row = i * stride_h - top + u0 * dilation_h
    x_line = ((n * x.shape[1] + first) * x.shape[2] + row) * x.shape[3] - left
    y_line = ((n * y.shape[1] + o) * y.shape[2] + i) * y.shape[3]
    w_start = (o * w.shape[1] * w.shape[2] + u0) * w.shape[3]
    for k in range(j0, j1, size):
        j = min(k, j1 - size)
        convolve_tile(
            x, x_line + j * stride_w, x_step, w, w_start, u1 - u0, b[o], y, y_line + j, y_step,
            stride_w, dilation_h, dilation_w,
        )  # fmt: skip


@kernel
def _cells(
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    place: tuple[int, int, int, int],
    u0: int,
    u1: int,
    j0: int,
    j1: int,
    window: tuple[int, int, int, int, int, int],
) -> None:
    """Columns ``j0`` to ``j1`` of an output row cell by cell; arguments as for `_tiles`."""
    n, o, first, i = place
    stride_h, stride_w, top, left, dilation_h, dilation_w = window
    row = i * stride_h - top
    for j in range(j0, j1):
        column = j * stride_w - left
        v0, v1 = _range(0, w.shape[3], column, column, dilation_w, x.shape[3])
        total = b[o]
        for c in range(w.shape[1]):
            for u in range(u0, u1):
                weights, source = w[o, c, u], x[n, first + c, row + u * dilation_h]
                for v in range(v0, v1):
                    total += weights[v] * source[column + v * dilation_w]
        y[n, o, i, j] = total


@kernel
def _extreme(
    x: Any,
    y: Any,
    index: Any,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    top: int,
    left: int,
    dilation_h: int,
    dilation_w: int,
    row0: int,
    row1: int,
    greatest: bool,
) -> None:
    height, width = x.shape[2:]
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(row0, row1):
                best, where = y[n, c, i], index[n, c, i]
                for j in range(best.size):
                    best[j] = -np.inf if greatest else np.inf
                    where[j] = -1
                top_row = i * stride_h - top
                u0, u1 = _range(0, kernel_h, top_row, top_row, dilation_h, height)
                for u in range(u0, u1):
                    row = top_row + u * dilation_h
                    for v in range(kernel_w):
                        shift = v * dilation_w - left
                        j0, j1 = _range(0, best.size, shift, shift, stride_w, width)
                        _keep(
                            best, where, x[n, c, row], j0, j1, stride_w, shift, row * width,
                            greatest,
                        )  # fmt: skip


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
    greatest: bool,
) -> None:
    """Let ``source[j · stride + shift]`` take the place of ``best[j]`` where it wins."""
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
    for k in range(j0, j1):
        target[np.uint64(k)] += source[np.uint64(k * stride + shift)]


@kernel
def _range(start: int, stop: int, low: int, high: int, step: int, size: int) -> tuple[int, int]:
    """Narrow ``range(start, stop)`` to the k with ``0 ≤ low + k·step, high + k·step < size``."""
    start = max(start, -(low // step))
    stop = min(stop, -((high - size) // step))
    return min(start, stop), stop


@kernel
def _cell(cells: Any, index: int, mode: int) -> Any:
    source = _source(index, cells.size, mode)
    return cells[source] if source >= 0 else cells.dtype.type(0)


@kernel
def _source(index: int, size: int, mode: int) -> int:
    """Find the cell that padding takes its value from; −1 for a zero."""
    if 0 <= index < size:
        return index
    if mode == REFLECT:
        return -index if index < 0 else 2 * (size - 1) - index
    if mode == REPLICATE:
        return 0 if index < 0 else size - 1
    if mode == CIRCULAR:
        return index + size if index < 0 else index - size
    return -1
