"""What a convolution gives back to its weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from convwidgets.engine._jit import kernel
from convwidgets.engine.kernels.axis import span
from convwidgets.engine.strip import TAPS, dot_products, filters_abreast
from convwidgets.engine.vector import flat


@kernel
def conv2d_weight(
    x: Any,
    g: Any,
    w: Any,
    stride_h: int,
    stride_w: int,
    top: int,
    left: int,
    dilation_h: int,
    dilation_w: int,
    groups: int,
    filter0: int,
    filter1: int,
) -> None:
    """``w[o, c, u, v] = Σ g[n, o, i, j] · x[n, c, i·S − top + u·D, j·S − left + v·D]``.

    What a convolution's output gives back to the weights, for the filters of one call.
    """
    filters, channels, kernel_h, kernel_w = w.shape
    for o in range(filter0, filter1):
        first = o // (filters // groups) * channels
        for c in range(channels):
            for u in range(kernel_h):
                for v in range(kernel_w):
                    sums = w.dtype.type(0)
                    up, shift = u * dilation_h - top, v * dilation_w - left
                    i0, i1 = span(0, g.shape[2], up, up, stride_h, x.shape[2])
                    j0, j1 = span(0, g.shape[3], shift, shift, stride_w, x.shape[3])
                    for n in range(x.shape[0]):
                        for i in range(i0, i1):
                            cells = x[n, first + c, i * stride_h + up]
                            sums += _dot(g[n, o, i], cells, j0, j1, stride_w, shift)
                    w[o, c, u, v] = sums


@kernel
def conv2d_weight_flat(
    x: Any,
    g: Any,
    w: Any,
    x_image: int,
    x_plane: int,
    x_line: int,
    dilation_h: int,
    dilation_w: int,
    filter0: int,
    filter1: int,
) -> None:
    """Do as `conv2d_weight` with stride 1, on rows laid end to end: long products, no rims.

    ``w[o, c, u, v] = Σ g[n, o, k] · x[n·image + c·plane + u·D·line + v·D + k]``; all finite. Each
    row of `g` is followed by as many zeros as make it a line of `x`. There are at least as many
    filters as a tile takes, and `TAPS` weights in each.
    """
    filters, _, kernel_h, kernel_w = w.shape
    taps, most, length = w[0].size, filters_abreast(x), g.shape[2]
    for k in range(filter0, filter1, most):
        # The last tiles overlap those before.
        o = min(k, filters - most)
        for t in range(0, taps, TAPS):
            tap = min(t, taps - TAPS)
            shape = (kernel_h, kernel_w, x_plane, x_line * dilation_h, dilation_w)
            places = (
                _place(tap, shape),
                _place(tap + 1, shape),
                _place(tap + 2, shape),
                _place(tap + 3, shape),
            )
            dot_products(
                flat(g), o * length, (filters * length, length),
                x, places, x_image, g.shape[0], length,
                flat(w), o * taps + tap, (taps, 1),
            )  # fmt: skip


@kernel
def _place(tap: int, shape: tuple[int, int, int, int, int]) -> int:
    """Find the cell that a filter's weight multiplies first; `shape` ends with x's steps."""
    height, width, plane, line, column = shape
    c, rest = tap // (height * width), tap % (height * width)
    return c * plane + rest // width * line + rest % width * column


@kernel
def _dot(g: Any, cells: Any, j0: int, j1: int, stride: int, shift: int) -> Any:
    total = g.dtype.type(0)
    for j in range(j0, j1):
        total += g[np.uint64(j)] * cells[np.uint64(j * stride + shift)]
    return total
