"""Convolution of maps with filters."""

from __future__ import annotations

from typing import Any

import numpy as np

from convwidgets.engine._jit import kernel
from convwidgets.engine.kernels.axis import span
from convwidgets.engine.strip import SMALL, slide, vectors_abreast
from convwidgets.engine.tile import (
    ROWS,
    VECTORS,
    convolve_bank,
    convolve_block,
    convolve_row,
    filters_together,
)
from convwidgets.engine.vector import flat, lanes, load, store

# From so many cells of a map on it pays to interleave weights.
INTERLEAVED_FROM = 256

# Rows of a strip of tiles for small kernels: as many as the nearest cache has room for.
STRIP = 64


@kernel
def conv2d(
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    scratch: Any,
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

    A cross-correlation; cells outside of `x` count as zero. `scratch` of any size holds the weights
    of several filters interleaved, then copies of the rims; the more it holds, the fewer filters
    are computed one by one, and the fewer cells.
    """
    filters, _, kernel_h, kernel_w = w.shape
    each = filters // groups
    columns = y.shape[3]
    vector = lanes(x)
    window = (stride_h, stride_w, top, left, dilation_h, dilation_w)
    # The inside: the output rows and columns whose windows lie wholly on the picture.
    reach_h, reach_w = (kernel_h - 1) * dilation_h, (kernel_w - 1) * dilation_w
    i0, i1 = span(row0, row1, -top, reach_h - top, stride_h, x.shape[2])
    j0, j1 = span(0, columns, -left, reach_w - left, stride_w, x.shape[3])
    if j1 - j0 < VECTORS * vector:
        j0 = j1 = (columns + 1) // 2
    packed = 0
    if x.shape[0] * (row1 - row0) * columns >= INTERLEAVED_FROM and w.size <= scratch.size:
        packed = _interleave(w, scratch, each)
    for n in range(x.shape[0]):
        if j0 < j1:
            o = 0
            while o < filters:
                count = _together(x, packed, o, each)
                place = (n, o, o // each * w.shape[1])
                i = row0
                while i < row1:
                    # The inside at once, the rows at the rim one by one.
                    end = i1 if i == i0 and i0 < i1 else i + 1
                    row = i * stride_h - top
                    u0, u1 = span(0, kernel_h, row, row, dilation_h, x.shape[2])
                    _inside(x, w, b, y, scratch, place, count, i, end, u0, u1, j0, j1, window)
                    i = end
                o += count
        _rims(x, w, b, y, scratch, packed, n, groups, max(j0, columns - j1), row0, row1, window)


@kernel
def conv_transpose2d(
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    scratch: Any,
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
    """``y[n, o, r·S − top + u·D, s·S − left + v·D] = b[o] + Σ w[c, o, u, v] · x[n, c, r, s]``.

    Every input cell lays a weighted kernel on the output. The columns of an output row that
    stand S apart are summed side by side in `scratch`, which holds two rows of `y`.
    """
    channels, each, kernel_h, kernel_w = w.shape
    columns = y.shape[3]
    inside = channels // groups
    spread, phases = (columns - 1) // stride_w + 1, min(stride_w, columns)
    for n in range(x.shape[0]):
        for o in range(each * groups):
            first = o // each * inside
            for i in range(row0, row1):
                sums = scratch[: spread * phases]
                sums[:] = b[o]
                for u in range(kernel_h):
                    at = i + top - u * dilation_h
                    row = at // stride_h
                    if at % stride_h != 0 or row < 0 or row >= x.shape[2]:
                        continue
                    for v in range(kernel_w):
                        reach = v * dilation_w - left
                        phase, shift = reach % stride_w, reach // stride_w
                        if phase >= phases:
                            continue
                        start = phase * spread + shift
                        s0, s1 = max(-shift, 0), min(spread - shift, x.shape[3])
                        for c in range(first, first + inside):
                            _add_scaled(sums, start, x[n, c, row], s0, s1, w[c, o % each, u, v])
                target = y[n, o, i]
                for phase in range(phases):
                    count = (columns - phase + stride_w - 1) // stride_w
                    for k in range(count):
                        target[np.uint64(k * stride_w + phase)] = sums[
                            np.uint64(phase * spread + k)
                        ]


@kernel
def _inside(
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    interleaved: Any,
    place: tuple[int, int, int],
    count: int,
    i0: int,
    i1: int,
    u0: int,
    u1: int,
    j0: int,
    j1: int,
    window: tuple[int, int, int, int, int, int],
) -> None:
    """Fill rows ``i0`` to ``i1``, columns ``j0`` to ``j1`` of the output.

    There the kernel's rows ``u0`` to ``u1`` meet `x`; `place` is image, filter, first channel, and
    the filter is the first of `count`.
    """
    n, o, first = place
    stride_h, stride_w, top, left, dilation_h, dilation_w = window
    height, width = x.shape[2:]
    line = (n * x.shape[1] + first) * height + i0 * stride_h - top + u0 * dilation_h
    weights = flat(w) if count == 1 else interleaved
    _sweep(
        flat(x), line * width + j0 * stride_w - left, (height * width, width, lanes(x) * stride_w),
        weights, o * w[0].size + u0 * w.shape[3] * count, w.shape[2] * w.shape[3],
        (w.shape[1], u1 - u0, w.shape[3]), b, o, count,
        flat(y), ((n * y.shape[1] + o) * y.shape[2] + i0) * y.shape[3] + j0,
        (y.shape[2] * y.shape[3], y.shape[3], lanes(x)), i1 - i0, j1 - j0,
        (stride_h, stride_w, dilation_h, dilation_w),
    )  # fmt: skip


@kernel
def _rims(
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    scratch: Any,
    packed: int,
    n: int,
    groups: int,
    rim: int,
    row0: int,
    row1: int,
    window: tuple[int, int, int, int, int, int],
) -> None:
    """Fill the first and the last `rim` columns from copies with zeros about them.

    A copy holds what one vector of the output at the left reads, and beside it what one at the
    right does: the two vectors of a tile. Where the output is narrower than a vector, it is what
    this image's rows read and what the next image's do; every other image is left out.
    """
    stride_h, stride_w, top, left, dilation_h, dilation_w = window
    filters, channels, kernel_h, kernel_w = w.shape
    columns = y.shape[3]
    vector = lanes(x)
    narrow = columns < vector
    if narrow and n % 2 == 1:
        return
    other = min(n + 1, x.shape[0] - 1) if narrow else n
    each = filters // groups
    reach_h = (kernel_h - 1) * dilation_h + 1
    part = (vector - 1) * stride_w + (kernel_w - 1) * dilation_w + 1
    line = channels * VECTORS * part
    # A narrow output is computed in scratch too, and copied.
    beside = VECTORS * vector if narrow else 0
    besides = beside * _together(x, packed, 0, each)
    room = scratch.size - packed
    rows = (room - line * reach_h - besides) // (line * stride_h + besides) + 1
    if room < line * reach_h + besides:
        for o in range(filters):
            for image in range(n, other + 1):
                place = (image, o, o // each * channels)
                for i in range(row0, row1):
                    _cells(x, w, b, y, place, i, 0, rim, window)
                    _cells(x, w, b, y, place, i, columns - rim, columns, window)
        return
    for group in range(groups):
        for start in range(0, rim, vector):
            near = 0 if narrow else min(start, columns - vector)
            far = 0 if narrow else max(columns - vector - start, 0)
            for i in range(row0, row1, rows):
                count = min(rows, row1 - i)
                lines = (count - 1) * stride_h + reach_h
                done = packed + line * lines
                scratch[packed:done] = 0
                top_row = i * stride_h - top
                for c in range(channels):
                    source = group * channels + c
                    for down in range(max(-top_row, 0), min(x.shape[2] - top_row, lines)):
                        at = packed + (c * lines + down) * VECTORS * part
                        row = top_row + down
                        _copy(x, n, source, row, near * stride_w - left, scratch, at, part)
                        at += part
                        _copy(x, other, source, row, far * stride_w - left, scratch, at, part)
                x_steps = (lines * VECTORS * part, VECTORS * part, part)
                taps = (channels, kernel_h, kernel_w)
                steps = (stride_h, stride_w, dilation_h, dilation_w)
                o = group * each
                while o < (group + 1) * each:
                    together = _together(x, packed, o, each)
                    weights = flat(w) if together == 1 else scratch
                    if narrow:
                        target, y_start = scratch, done
                        y_steps = (count * beside, beside, vector)
                    else:
                        target = flat(y)
                        y_start = ((n * filters + o) * y.shape[2] + i) * columns + near
                        y_steps = (y.shape[2] * columns, columns, far - near)
                    _sweep(
                        scratch, packed, x_steps, weights, o * w[0].size, kernel_h * kernel_w, taps,
                        b, o, together, target, y_start, y_steps, count, VECTORS * vector, steps,
                    )  # fmt: skip
                    if narrow:
                        for f in range(together):
                            at = done + f * count * beside
                            _lay(scratch, at, beside, y, n, o + f, i, count)
                            _lay(scratch, at + vector, beside, y, other, o + f, i, count)
                    o += together


@kernel
def _lay(
    source: Any, start: int, step: int, y: Any, n: int, o: int, first: int, count: int
) -> None:
    """Copy rows from scratch, `step` apart, to rows of `y` that are narrower than a vector."""
    columns = y.shape[3]
    place = ((n * y.shape[1] + o) * y.shape[2] + first) * columns
    vector = lanes(source)
    for k in range(count):
        at = start + k * step
        if (count - k) * columns >= vector:
            # What is stored behind a row is overwritten by the next.
            store(y, place + k * columns, load(source, at))
        else:
            for j in range(columns):
                y[n, o, first + k, j] = source[at + j]


@kernel
def _copy(
    x: Any, n: int, c: int, row: int, column: int, target: Any, start: int, count: int
) -> None:
    """``target[start + k] = x[n, c, row, column + k]``, for the k where `x` has such a cell."""
    source = x[n, c, row]
    k0, k1 = max(-column, 0), min(source.size - column, count)
    vector = lanes(x)
    if k1 - k0 < vector:
        for k in range(k0, k1):
            target[np.uint64(start + k)] = source[np.uint64(column + k)]
        return
    place = ((n * x.shape[1] + c) * x.shape[2] + row) * x.shape[3] + column
    for k in range(k0, k1, vector):
        first = min(k, k1 - vector)
        store(target, start + first, load(x, place + first))


@kernel
def _sweep(
    x: Any,
    x_start: int,
    x_steps: tuple[int, int, int],
    w: Any,
    w_start: int,
    w_plane: int,
    taps: tuple[int, int, int],
    b: Any,
    b_start: int,
    filters: int,
    y: Any,
    y_start: int,
    y_steps: tuple[int, int, int],
    rows: int,
    columns: int,
    steps: tuple[int, int, int, int],
) -> None:
    """Tiles over `rows` × `columns` of the output; the last of them overlap those before.

    `x_steps` are the memory's steps from plane to plane, row to row, and vector to vector of a
    tile, as `y_steps` are in the output.
    """
    plane, width, x_vector = x_steps
    y_plane, y_width, y_vector = y_steps
    stride_h, stride_w, dilation_h, dilation_w = steps
    if filters == 1 and taps == (1, SMALL, SMALL) and stride_h == stride_w == 1:
        vector = lanes(x)
        across = vectors_abreast(x) * vector
        for phase in range(dilation_h):
            for start in range(phase, rows, STRIP * dilation_h):
                count = min((rows - start + dilation_h - 1) // dilation_h, STRIP)
                for k in range(0, columns, across):
                    j = min(k, columns - across)
                    vectors, cells = j // vector, j % vector
                    slide(
                        x, x_start + start * width + vectors * x_vector + cells,
                        (dilation_h * width, x_vector, dilation_w), w, w_start, b, b_start,
                        y, y_start + start * y_width + vectors * y_vector + cells,
                        (dilation_h * y_width, y_vector), count,
                    )  # fmt: skip
        return
    across = VECTORS * lanes(x)
    # The output rows of a block stand so far apart that their windows have rows in common.
    apart = dilation_h if stride_h == 1 else 1
    block = ROWS * apart
    lines = (plane, width * dilation_h, x_vector, stride_w, dilation_w)
    if filters > 1 or rows < block or (stride_h > 1 and dilation_h > 1):
        for i in range(rows):
            for k in range(0, columns, across):
                j = min(k, columns - across)
                if filters > 1:
                    convolve_bank(
                        x, x_start + i * stride_h * width + j * stride_w, lines,
                        w, w_start, w_plane, taps, 1, b, b_start,
                        y, y_start + i * y_width + j, (y_plane, 0, y_vector),
                    )  # fmt: skip
                else:
                    convolve_row(
                        x, x_start + i * stride_h * width + j * stride_w, lines,
                        w, w_start, w_plane, taps, 1, b, b_start,
                        y, y_start + i * y_width + j, (y_plane, 0, y_vector),
                    )  # fmt: skip
        return
    for start in range(0, rows, block):
        for i in range(min(start, rows - block), min(start, rows - block) + apart):
            for k in range(0, columns, across):
                j = min(k, columns - across)
                convolve_block(
                    x, x_start + i * stride_h * width + j * stride_w, lines,
                    w, w_start, w_plane, taps, stride_h, b, b_start,
                    y, y_start + i * y_width + j, (y_plane, apart * y_width, y_vector),
                )  # fmt: skip


@kernel
def _interleave(w: Any, target: Any, each: int) -> int:
    """Put the weights of the filters that a tile takes together side by side, tap by tap.

    Gives the room that they take, which is none if no filters are together.
    """
    most, taps = filters_together(w), w[0].size
    source = flat(w)
    for first in range(0, w.shape[0], each):
        for o in range(first, first + each - most + 1, most):
            for tap in range(taps):
                for f in range(most):
                    target[o * taps + tap * most + f] = source[(o + f) * taps + tap]
    return w.size if each >= most else 0


@kernel
def _together(x: Any, packed: int, o: int, each: int) -> int:
    """Count the filters from `o` on that one tile takes: all that it can hold, or one."""
    most = filters_together(x)
    return most if packed > 0 and o % each + most <= each else 1


@kernel
def _cells(
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    place: tuple[int, int, int],
    i: int,
    j0: int,
    j1: int,
    window: tuple[int, int, int, int, int, int],
) -> None:
    """Columns ``j0`` to ``j1`` of an output row, cell by cell."""
    n, o, first = place
    stride_h, stride_w, top, left, dilation_h, dilation_w = window
    row = i * stride_h - top
    u0, u1 = span(0, w.shape[2], row, row, dilation_h, x.shape[2])
    for j in range(j0, j1):
        column = j * stride_w - left
        v0, v1 = span(0, w.shape[3], column, column, dilation_w, x.shape[3])
        value = b[o]
        for c in range(w.shape[1]):
            for u in range(u0, u1):
                weights, source = w[o, c, u], x[n, first + c, row + u * dilation_h]
                for v in range(v0, v1):
                    value += weights[v] * source[column + v * dilation_w]
        y[n, o, i, j] = value


@kernel
def _add_scaled(sums: Any, start: int, source: Any, s0: int, s1: int, weight: Any) -> None:
    for s in range(s0, s1):
        sums[np.uint64(start + s)] += weight * source[np.uint64(s)]
