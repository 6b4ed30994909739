"""Convolution by Fourier transforms of overlapping tiles, in the arrays' own type.

A tile is kept as strips of a few columns, ``[part, strip, row, lane]`` with real and imaginary
parts: every step of a transform along the rows then works on whole vectors of one strip, which
stays in the nearest cache. Transposed blockwise, the same code transforms the other axis.
Frequencies stay in the order in which the forward transform leaves them, transposed and with
reversed digits, since the inverse transform takes them in that order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from convwidgets.engine._jit import kernel
from convwidgets.engine.vector import lanes, load, splat, store, transpose_block


@kernel
def filter_spectra(
    w: Any,
    spectra: Any,
    tile: Any,
    roots_h: Any,
    roots_w: Any,
    dilation_h: int,
    dilation_w: int,
    first: int,
    end: int,
) -> None:
    """Fill ``spectra[o, c]`` from ``w[o, c]``, for the ``o·C + c`` from `first` up to `end`.

    They are divided by the number of a tile's cells, which the inverse transform leaves out.
    """
    channels, kernel_h, kernel_w = w.shape[1:]
    strips, rows, width = tile.shape[1:]
    scale = w.dtype.type(1 / (rows * strips * width))
    used = ((kernel_w - 1) * dilation_w) // width + 1
    for at in range(first, end):
        o, c = at // channels, at % channels
        for k in range(0, tile.size, lanes(tile)):
            store(tile, k, splat(tile, w.dtype.type(0)))
        for u in range(kernel_h):
            for v in range(kernel_w):
                column = v * dilation_w
                tile[0, column // width, u * dilation_h, column % width] = w[o, c, u, v] * scale
        for s in range(used):
            _forward(tile, s, roots_h)
        for s in range(strips):
            _transpose(tile, spectra[o, c], s)
        for s in range(spectra.shape[3]):
            _forward(spectra[o, c], s, roots_w)


@kernel
def fourier_conv2d(
    x: Any,
    spectra: Any,
    b: Any,
    y: Any,
    tile: Any,
    channels: Any,
    product: Any,
    roots_h: Any,
    roots_w: Any,
    reach_h: int,
    reach_w: int,
    stride_h: int,
    stride_w: int,
    top: int,
    left: int,
    groups: int,
    first: int,
    end: int,
) -> None:
    """Pairs of tiles from `first` up to `end` of what `convolution.conv2d` computes.

    The two tiles of a pair are the real and imaginary parts of one transform, which a real filter
    keeps apart. `tile`, `channels` and `product` are scratch. A filter's last row is `reach_h`
    rows below its first, its last column `reach_w` columns after its first.
    """
    strips, rows, width = tile.shape[1:]
    filters, inside = spectra.shape[:2]
    # Output cells of a tile, then tiles of an image.
    cells_h = (rows - 1 - reach_h) // stride_h + 1
    cells_w = (strips * width - 1 - reach_w) // stride_w + 1
    across, down = -(-y.shape[3] // cells_w), -(-y.shape[2] // cells_h)
    grid = (down, across, cells_h, cells_w)
    window = (stride_h, stride_w, top, left)
    used = (cells_w - 1) * stride_w // width + 1
    each = filters // groups
    for pair in range(first, end):
        for group in range(groups):
            for c in range(inside):
                for part in range(2):
                    _read(x, group * inside + c, tile, part, 2 * pair + part, grid, window)
                for s in range(strips):
                    _forward(tile, s, roots_h)
                    _transpose(tile, channels[c], s)
                for s in range(channels.shape[2]):
                    _forward(channels[c], s, roots_w)
            for o in range(group * each, (group + 1) * each):
                for s in range(product.shape[1]):
                    _multiply(channels, spectra[o], product, s)
                    _inverse(product, s, roots_w)
                    _transpose(product, tile, s)
                for s in range(used):
                    _inverse(tile, s, roots_h)
                for part in range(2):
                    _write(tile, part, 2 * pair + part, b[o], y, o, grid, window)


@kernel
def _read(
    x: Any,
    c: int,
    tile: Any,
    part: int,
    number: int,
    grid: tuple[int, int, int, int],
    window: tuple[int, int, int, int],
) -> None:
    """Fill a part of `tile` with the tile of that number, with zeros where there is no picture."""
    strips, rows, width = tile.shape[1:]
    height, columns = x.shape[2:]
    n, i, j = _place(number, grid)
    top, left = i * window[0] - window[2], j * window[1] - window[3]
    zero = splat(tile, tile.dtype.type(0))
    for s in range(strips):
        column = left + s * width
        l0, l1 = max(-column, 0), min(columns - column, width)
        for r in range(rows):
            target = ((part * strips + s) * rows + r) * width
            inside = n < x.shape[0] and 0 <= top + r < height
            if inside and l1 - l0 == width:
                source = ((n * x.shape[1] + c) * height + top + r) * columns + column
                for at in range(0, width, lanes(tile)):
                    store(tile, target + at, load(x, source + at))
                continue
            for at in range(0, width, lanes(tile)):
                store(tile, target + at, zero)
            if inside:
                cells, places = x[n, c, top + r], tile[part, s, r]
                for at in range(l0, l1):
                    # Unsigned, so that no index is tested for being negative.
                    places[np.uint64(at)] = cells[np.uint64(column + at)]


@kernel
def _write(
    tile: Any,
    part: int,
    number: int,
    bias: Any,
    y: Any,
    o: int,
    grid: tuple[int, int, int, int],
    window: tuple[int, int, int, int],
) -> None:
    """Put every stride-th cell of a part of `tile` in its place in `y`, with the bias."""
    strips, rows, width = tile.shape[1:]
    stride_h, stride_w = window[:2]
    n, i0, j0 = _place(number, grid)
    if n == y.shape[0]:
        return
    biases = splat(tile, bias)
    i1, j1 = min(i0 + grid[2], y.shape[2]), min(j0 + grid[3], y.shape[3])
    for i in range(i0, i1):
        row = (i - i0) * stride_h
        if stride_w > 1:
            for j in range(j0, j1):
                column = (j - j0) * stride_w
                y[n, o, i, j] = tile[part, column // width, row, column % width] + bias
            continue
        for j in range(j0, j1, width):
            s = (j - j0) // width
            if j + width > j1:
                cells, places = tile[part, s, row], y[n, o, i]
                for at in range(j1 - j):
                    places[np.uint64(j + at)] = cells[np.uint64(at)] + bias
                continue
            source = ((part * strips + s) * rows + row) * width
            target = ((n * y.shape[1] + o) * y.shape[2] + i) * y.shape[3] + j
            for at in range(0, width, lanes(tile)):
                store(y, target + at, load(tile, source + at) + biases)


@kernel
def _place(number: int, grid: tuple[int, int, int, int]) -> tuple[int, int, int]:
    """Image, first output row and first output column of a tile."""
    down, across, cells_h, cells_w = grid
    row = number // across
    return row // down, row % down * cells_h, number % across * cells_w


@kernel
def _multiply(channels: Any, spectra: Any, product: Any, s: int) -> None:
    """Strip `s` of ``Σ channels[c] · conj(spectra[c])``: a product there correlates here."""
    strips, rows, width = product.shape[1:]
    half = strips * rows * width
    for c in range(channels.shape[0]):
        for at in range(s * rows * width, (s + 1) * rows * width, lanes(product)):
            re = c * 2 * half + at
            x, w = _complex(channels, re, re + half), _complex(spectra, re, re + half)
            real, imaginary = x[0] * w[0] + x[1] * w[1], x[1] * w[0] - x[0] * w[1]
            if c > 0:
                real, imaginary = load(product, at) + real, load(product, at + half) + imaginary
            _put(product, at, at + half, (real, imaginary))


@kernel
def _transpose(source: Any, target: Any, s: int) -> None:
    """Turn the rows of strip `s` of `source` into lanes of all strips of `target`."""
    strips, rows, width = source.shape[1:]
    for part in range(2):
        for r in range(0, rows, width):
            old = ((part * strips + s) * rows + r) * width
            new = ((part * target.shape[1] + r // width) * target.shape[2] + s * width) * width
            for i in range(0, width, lanes(source)):
                for j in range(0, width, lanes(source)):
                    at, to = old + i * width + j, new + j * width + i
                    transpose_block(source, at, target, to, width)


@kernel
def _forward(tile: Any, s: int, roots: Any) -> None:
    """Transform strip `s` along its rows, in place; the frequencies' digits come out reversed."""
    size = tile.shape[2]
    while size >= 4:
        _fours(tile, s, roots, size, False)
        size //= 4
    if size == 2:
        _twos(tile, s)


@kernel
def _inverse(tile: Any, s: int, roots: Any) -> None:
    """Undo `_forward` but for a factor, the number of rows."""
    size = tile.shape[2]
    while size >= 4:
        size //= 4
    if size == 2:
        _twos(tile, s)
    while size < tile.shape[2]:
        size *= 4
        _fours(tile, s, roots, size, True)


@kernel
def _fours(tile: Any, s: int, roots: Any, size: int, inverse: bool) -> None:
    """Take the transforms of each `size` rows apart into those of its quarters, or together."""
    strips, rows, width = tile.shape[1:]
    half = strips * rows * width
    start, end = s * rows * width, (s + 1) * rows * width
    step = size // 4 * width
    for k in range(size // 4):
        turn = k * (rows // size)
        root, square = _root(tile, roots, turn), _root(tile, roots, 2 * turn)
        cube = _root(tile, roots, 3 * turn)
        for row in range(start + k * width, end, size * width):
            for at in range(row, row + width, lanes(tile)):
                # Exchanged real and imaginary parts make a transform its inverse.
                re, im = (at + half, at) if inverse else (at, at + half)
                a, b = _complex(tile, re, im), _complex(tile, re + step, im + step)
                c = _complex(tile, re + 2 * step, im + 2 * step)
                d = _complex(tile, re + 3 * step, im + 3 * step)
                if inverse and k > 0:
                    b, c, d = _times(b, root), _times(c, square), _times(d, cube)
                a, b, c, d = _butterfly(a, b, c, d)
                if not inverse and k > 0:
                    b, c, d = _times(b, root), _times(c, square), _times(d, cube)
                _put(tile, re, im, a)
                _put(tile, re + step, im + step, b)
                _put(tile, re + 2 * step, im + 2 * step, c)
                _put(tile, re + 3 * step, im + 3 * step, d)


@kernel
def _twos(tile: Any, s: int) -> None:
    strips, rows, width = tile.shape[1:]
    for part in range(2):
        start = (part * strips + s) * rows * width
        for row in range(start, start + rows * width, 2 * width):
            for at in range(row, row + width, lanes(tile)):
                a, b = load(tile, at), load(tile, at + width)
                store(tile, at, a + b)
                store(tile, at + width, a - b)


@kernel
def _root(tile: Any, roots: Any, power: int) -> Any:
    return splat(tile, roots[0, power]), splat(tile, roots[1, power])


@kernel
def _complex(tile: Any, re: int, im: int) -> Any:
    return load(tile, re), load(tile, im)


@kernel
def _put(tile: Any, re: int, im: int, value: Any) -> None:
    store(tile, re, value[0])
    store(tile, im, value[1])


@kernel
def _butterfly(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Transform four complex numbers."""
    pr, pi, qr, qi = a[0] + c[0], a[1] + c[1], a[0] - c[0], a[1] - c[1]
    sr, si, tr, ti = b[0] + d[0], b[1] + d[1], b[0] - d[0], b[1] - d[1]
    return (pr + sr, pi + si), (qr + ti, qi - tr), (pr - sr, pi - si), (qr - ti, qi + tr)


@kernel
def _times(a: Any, b: Any) -> Any:
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]
