"""The arithmetic of convolution and pooling: the only code compiled for both targets.

Every kernel is serial, works on C-contiguous arrays, allocates nothing and raises nothing: sizes
are checked before a call. ``row0`` and ``row1`` bound the output rows of one call, so that threads
and workers can share a map. Axes are N (image), C (channel), rows, columns; S is a stride, D a
dilation.
"""

from __future__ import annotations

from typing import Any

from convwidgets.engine._jit import kernel
from convwidgets.engine.tile import ROWS, convolve_tile, lanes

ZEROS, REFLECT, REPLICATE, CIRCULAR = range(4)
NONE, RELU, ABS, CLIP = range(4)


@kernel
def pad2d(x: Any, y: Any, top: int, left: int, mode: int) -> None:
    """``y[…, i, j] = x[…, source(i − top), source(j − left)]``, zero where there is no source."""
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(y.shape[2]):
                r = _source(i - top, x.shape[2], mode)
                for j in range(y.shape[3]):
                    s = _source(j - left, x.shape[3], mode)
                    if r < 0 or s < 0:
                        y[n, c, i, j] = 0
                    else:
                        y[n, c, i, j] = x[n, c, r, s]


@kernel
def _source(index: int, size: int, mode: int) -> int:
    """The cell that padding takes its value from; −1 for a zero."""
    if 0 <= index < size:
        return index
    if mode == REFLECT:
        return -index if index < 0 else 2 * (size - 1) - index
    if mode == REPLICATE:
        return 0 if index < 0 else size - 1
    if mode == CIRCULAR:
        return index + size if index < 0 else index - size
    return -1


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

    A cross-correlation; cells outside of `x` count as zero and are not visited. The inside, where
    the window lies wholly on the picture, goes by tiles; the rim goes row by row.
    """
    per_group = w.shape[1]
    filters_per_group = w.shape[0] // groups
    width = y.shape[3]
    vector = lanes(y)
    # The inside: output rows i0 to i1 and columns j0 to j1.
    i0 = max(row0, top)
    i1 = min(row1, x.shape[2] + top - dilation_h * (w.shape[2] - 1))
    j0 = max(0, left)
    j1 = min(width, x.shape[3] + left - dilation_w * (w.shape[3] - 1))
    tiled = stride_h == 1 and stride_w == 1 and i1 - i0 >= ROWS and j1 - j0 >= vector
    if not tiled:
        i0 = row1
        i1 = row1
    for n in range(x.shape[0]):
        for o in range(w.shape[0]):
            first = (o // filters_per_group) * per_group
            for i in range(row0, i0):
                _row(
                    x, w, b, y, n, o, first, i, 0, width,
                    stride_h, stride_w, top, left, dilation_h, dilation_w,
                )  # fmt: skip
            i = i0
            while i < i1:
                # The last tiles step back over cells that are finished.
                i = min(i, i1 - ROWS)
                j = j0
                while j < j1:
                    j = min(j, j1 - vector)
                    convolve_tile(
                        x,
                        ((n * x.shape[1] + first) * x.shape[2] + i - top) * x.shape[3] + j - left,
                        x.shape[2] * x.shape[3],
                        x.shape[3],
                        w,
                        o * per_group * w.shape[2] * w.shape[3],
                        per_group,
                        w.shape[2],
                        w.shape[3],
                        dilation_h,
                        dilation_w,
                        b[o],
                        y,
                        ((n * y.shape[1] + o) * y.shape[2] + i) * width + j,
                        width,
                    )
                    j += vector
                for r in range(i, i + ROWS):
                    _row(
                        x, w, b, y, n, o, first, r, 0, j0,
                        stride_h, stride_w, top, left, dilation_h, dilation_w,
                    )  # fmt: skip
                    _row(
                        x, w, b, y, n, o, first, r, j1, width,
                        stride_h, stride_w, top, left, dilation_h, dilation_w,
                    )  # fmt: skip
                i += ROWS
            for i in range(i1, row1):
                _row(
                    x, w, b, y, n, o, first, i, 0, width,
                    stride_h, stride_w, top, left, dilation_h, dilation_w,
                )  # fmt: skip


@kernel
def _row(
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    n: int,
    o: int,
    first: int,
    i: int,
    j0: int,
    j1: int,
    stride_h: int,
    stride_w: int,
    top: int,
    left: int,
    dilation_h: int,
    dilation_w: int,
) -> None:
    """Columns ``j0`` to ``j1`` of one output row, weight by weight."""
    target = y[n, o, i]
    for j in range(j0, j1):
        target[j] = b[o]
    for c in range(w.shape[1]):
        for u in range(w.shape[2]):
            r = i * stride_h - top + u * dilation_h
            if r < 0 or r >= x.shape[2]:
                continue
            source = x[n, first + c, r]
            for v in range(w.shape[3]):
                weight = w[o, c, u, v]
                shift = v * dilation_w - left
                # The columns whose tap lies on the picture: 0 <= j·S + shift < width.
                low = max(j0, (stride_w - 1 - shift) // stride_w)
                high = min(j1, (x.shape[3] - 1 - shift) // stride_w + 1)
                for j in range(low, high):
                    target[j] += weight * source[j * stride_w + shift]


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
    """``y = max`` of each window and where it stands in its plane: the first of equals, or NaN."""
    _extreme(
        x, y, index, kernel_h, kernel_w, stride_h, stride_w, top, left,
        dilation_h, dilation_w, row0, row1, 1,
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
    """``y = min`` of each window and where it stands in its plane: the first of equals, or NaN."""
    _extreme(
        x, y, index, kernel_h, kernel_w, stride_h, stride_w, top, left,
        dilation_h, dilation_w, row0, row1, -1,
    )  # fmt: skip


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
    sign: int,
) -> None:
    """The greatest of ``sign · x`` over each window."""
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            plane = x[n, c]
            for i in range(row0, row1):
                for j in range(y.shape[3]):
                    best = x[n, c, 0, 0]
                    where = -1
                    for u in range(kernel_h):
                        r = i * stride_h - top + u * dilation_h
                        if r < 0 or r >= x.shape[2]:
                            continue
                        for v in range(kernel_w):
                            s = j * stride_w - left + v * dilation_w
                            if s < 0 or s >= x.shape[3]:
                                continue
                            value = plane[r, s]
                            nan = value != value and best == best
                            if where < 0 or sign * value > sign * best or nan:
                                best = value
                                where = r * x.shape[3] + s
                    y[n, c, i, j] = best
                    index[n, c, i, j] = where


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
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            plane = x[n, c]
            for i in range(row0, row1):
                for j in range(y.shape[3]):
                    total = 0.0
                    count = 0
                    for u in range(kernel_h):
                        r = i * stride_h - top + u * dilation_h
                        if r >= x.shape[2] + bottom:
                            continue
                        for v in range(kernel_w):
                            s = j * stride_w - left + v * dilation_w
                            if s >= x.shape[3] + right:
                                continue
                            inside = 0 <= r < x.shape[2] and 0 <= s < x.shape[3]
                            if inside:
                                total += plane[r, s]
                            if inside or count_padding != 0:
                                count += 1
                    y[n, c, i, j] = total / (divisor if divisor != 0 else count)


@kernel
def activate(x: Any, y: Any, kind: int) -> None:
    """``y = x``, ``max(x, 0)``, ``|x|`` or ``x`` held to 0–255, of flat arrays; NaN stays NaN."""
    for i in range(x.size):
        value = x[i]
        if (kind == RELU or kind == CLIP) and value < 0:
            y[i] = 0
        elif kind == CLIP and value > 255:
            y[i] = 255
        elif kind == ABS:
            y[i] = abs(value)
        else:
            y[i] = value
