"""Convolution with large kernels: Fourier transforms of tiles, in place of a sum for each cell."""

from __future__ import annotations

import functools
import itertools
import math
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convwidgets.engine import _threads

Array = NDArray[np.floating[Any]]

# How many powers of two to try for a tile's side.
SIDES = 6
# What the spectra of all filters may take, lest they are fetched from far for every tile; and
# what a thread keeps of its scratch.
SPECTRA_BYTES = 32 * 2**20
KEPT_BYTES = 16 * 2**20
# Measured times of a cell, in the multiply-adds that the direct kernel does meanwhile: to be read
# or written, per factor of two in the tile's size to be transformed, per product of spectra.
COPY, TRANSFORM, PRODUCT = 40, 2, 10
# The width of a strip: a register of AVX-512 and a line of the cache.
STRIP_BYTES = 64


class Plan(NamedTuple):
    """How a convolution is cut up.

    Attributes
    ----------
    height, width : int
        Of a tile of the picture, the margin that its neighbours share included.
    pairs : int
        Pairs of tiles, over all images.
    filters_cost, pairs_cost : int
        Of the filters' spectra, and of all pairs: in multiply-adds of the direct kernel that take
        as long.
    size : int
        Bytes of the filters' spectra.
    """

    height: int
    width: int
    pairs: int
    filters_cost: int
    pairs_cost: int
    size: int


def conv2d(
    compiled: Any,
    x: Array,
    w: Array,
    b: Array,
    y: Array,
    stride: tuple[int, int],
    top_left: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
) -> None:
    """Fill `y` with ``b[o] + Σ w[o, c, u, v] · x[n, c, i·S − top + u·D, j·S − left + v·D]``.

    As the direct kernel does, up to rounding, which here is in proportion to the largest values
    of a tile and its filter. One NaN or infinity would spoil two whole tiles: values must be
    finite.

    Parameters
    ----------
    compiled : module
        Holds the kernels `filter_spectra` and `fourier_conv2d`.
    x, w, b, y : array
        (N, C, H, W), (O, C / groups, Kh, Kw), (O,) and (N, O, Ho, Wo), C-contiguous, of one type.
    stride, top_left, dilation : (int, int)
        For rows and columns.
    groups : int
        Sets of channels that are convolved apart.
    """
    threads = _threads.get_num_threads()
    plan = _plan(x.shape, w.shape, y.shape, stride, dilation, x.dtype.itemsize, threads)
    lanes = STRIP_BYTES // x.dtype.itemsize
    picture = (2, plan.width // lanes, plan.height, lanes)
    spectrum = (2, plan.height // lanes, plan.width, lanes)
    roots = (_roots(plan.height, x.dtype.str), _roots(plan.width, x.dtype.str))
    reach = [(size - 1) * step for size, step in zip(w.shape[2:], dilation, strict=True)]
    (spectra,) = _scratch("spectra", x.dtype, (*w.shape[:2], *spectrum))

    def transform(first: int, end: int) -> None:
        (tile,) = _scratch("tiles", x.dtype, picture)
        compiled.filter_spectra(w, spectra, tile, *roots, *dilation, first, end)

    def convolve(first: int, end: int) -> None:
        shapes = picture, (w.shape[1], *spectrum), spectrum
        tile, channels, product = _scratch("tiles", x.dtype, *shapes)
        compiled.fourier_conv2d(
            x, spectra, b, y, tile, channels, product, *roots, *reach, *stride, *top_left, groups,
            first, end,
        )  # fmt: skip

    _threads.share(transform, w.shape[0] * w.shape[1], plan.filters_cost)
    _threads.share(convolve, plan.pairs, plan.pairs_cost)


def cost(
    x: tuple[int, ...],
    w: tuple[int, ...],
    y: tuple[int, ...],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    dtype: DTypeLike,
) -> float:
    """Estimate how long `conv2d` takes, in multiply-adds of the direct kernel.

    Parameters
    ----------
    x, w, y : tuple of int
        Shapes.
    stride, dilation : (int, int)
        For rows and columns.
    dtype : dtype
        float32 or float64.

    Returns
    -------
    float
        To be compared with the direct kernel's own; infinity where the spectra would take more
        than `SPECTRA_BYTES`.

    Examples
    --------
    >>> direct = 8 * 512 * 512 * 31 * 31
    >>> cost((1, 1, 512, 512), (8, 1, 31, 31), (1, 8, 512, 512), (1, 1), (1, 1), "f4") < direct / 5
    True
    """
    threads = _threads.get_num_threads()
    plan = _plan(x, w, y, stride, dilation, np.dtype(dtype).itemsize, threads)
    return plan.filters_cost + plan.pairs_cost if plan.size <= SPECTRA_BYTES else math.inf


@functools.lru_cache(256)
def _plan(
    x: tuple[int, ...],
    w: tuple[int, ...],
    y: tuple[int, ...],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    itemsize: int,
    threads: int,
) -> Plan:
    """Find the cheapest tiles; those whose spectra take too much memory come last."""

    def tilings(axis: int) -> Iterator[tuple[int, int]]:
        """Give the sides that a tile may have, each with the number of tiles along the axis."""
        reach = (w[axis] - 1) * dilation[axis - 2]
        shortest = max(STRIP_BYTES // itemsize, 1 << reach.bit_length())
        for side in (shortest << k for k in range(SIDES)):
            cells = (side - 1 - reach) // stride[axis - 2] + 1
            yield side, -(-y[axis] // cells)

    def plan(height: int, width: int, tiles: int) -> Plan:
        cells = height * width
        transform = cells * (COPY + TRANSFORM * (cells.bit_length() - 1))
        pairs = -(-x[0] * tiles // 2)
        pair_cost = (x[1] + w[0]) * transform + w[0] * w[1] * cells * PRODUCT
        sharing = min(threads, pairs * pair_cost // _threads.WORK_PER_THREAD) or 1
        # The thread with the most pairs is the one to wait for.
        pairs_cost = -(-pairs // sharing) * sharing * pair_cost
        size = w[0] * w[1] * 2 * cells * itemsize
        return Plan(height, width, pairs, w[0] * w[1] * transform, pairs_cost, size)

    sides = itertools.product(tilings(2), tilings(3))
    plans = [plan(height, width, down * across) for (height, down), (width, across) in sides]
    affordable = [one for one in plans if one.size <= SPECTRA_BYTES]
    return min(affordable or plans[:1], key=lambda one: one.filters_cost + one.pairs_cost)


@functools.lru_cache(32)
def _roots(size: int, dtype: str) -> Array:
    """Real and imaginary parts of the powers of a transform's root of unity."""
    angles = -2 * np.pi / size * np.arange(size)
    return np.stack([np.cos(angles), np.sin(angles)]).astype(dtype)


def _scratch(name: str, dtype: np.dtype[Any], *shapes: tuple[int, ...]) -> list[Array]:
    """Give arrays without content, this thread's own until it asks again for `name`."""
    ends = list(itertools.accumulate(math.prod(shape) * dtype.itemsize for shape in shapes))
    memory = getattr(_kept, name, None)
    if memory is None or memory.size < ends[-1] + STRIP_BYTES:
        memory = np.empty(ends[-1] + STRIP_BYTES, np.uint8)
        if memory.size <= KEPT_BYTES:
            setattr(_kept, name, memory)
    # Vectors are fastest where they do not straddle two lines of the cache.
    aligned = memory[-memory.ctypes.data % STRIP_BYTES :]
    starts = [0, *ends[:-1]]
    return [
        aligned[start:end].view(dtype).reshape(shape)
        for start, end, shape in zip(starts, ends, shapes, strict=True)
    ]


_kept = threading.local()
