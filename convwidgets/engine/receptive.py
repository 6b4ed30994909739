"""Receptive and projective fields through a stack of layers, and the effective field by gradient.

The page's `engine/receptive.ts` has the same functions and is held to the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convwidgets.engine.convolution import conv2d
from convwidgets.engine.geometry import window
from convwidgets.engine.gradients import (
    avg_pool2d_gradient,
    conv2d_gradients,
    max_pool2d_gradient,
)
from convwidgets.engine.layers import WINDOWED, Axis, Row, Shape
from convwidgets.engine.pooling import adaptive_avg_pool2d, avg_pool2d, max_pool2d

Maps = NDArray[np.float32]
Cells = list[list[int]]

#: Channels of each layer that the effective field is computed with.
CHANNELS = 8


def seen_cells(rows: Sequence[Row], index: int, unit: Sequence[int]) -> list[Cells]:
    """Find the cells of every map that take part in one unit.

    Parameters
    ----------
    rows : sequence of Row
        A possible network, as `trace` returns it.
    index : int
        The unit's layer.
    unit : sequence of int
        Its place among the layer's positions; empty for one that sees everything.

    Returns
    -------
    list of list of list of int
        For the input and then for each layer up to `index`: the indices along each axis. Those
        of padding are left out, and so is what only padding would have seen.

    Examples
    --------
    >>> from convwidgets.engine.layers import trace
    >>> from convwidgets.engine.layer_rules import layer
    >>> conv = layer({"kind": "conv1d", "filters": 1, "kernel_size": 3, "dilation": 2})
    >>> seen_cells(trace([conv], (9, 1)), 0, [1])
    [[[1, 3, 5]], [[1]]]
    """
    cells: Cells = [[place] for place in unit]
    found = [cells]
    for row in reversed(rows[: index + 1]):
        sides = row.input_shape[:-1] if row.axes and row.input_shape else ()
        if row.axes:
            cells = [
                sorted({i for o in outputs for i in _window(o, axis) if 0 <= i < side})
                for outputs, axis, side in zip(cells, row.axes, sides, strict=True)
            ]
        elif _sees_all(row):
            cells = [list(range(side)) for side in _positions_before(rows, row)]
        found.append(cells)
    return found[::-1]


def fed_units(rows: Sequence[Row], cell: Sequence[int]) -> list[Cells]:
    """Find the units of every layer that one input cell takes part in: its projective field.

    Parameters
    ----------
    rows : sequence of Row
        A possible network, as `trace` returns it.
    cell : sequence of int
        The input cell's place.

    Returns
    -------
    list of list of list of int
        For each layer: the positions along each axis; an empty list for an axis where units see
        everything.

    Examples
    --------
    >>> from convwidgets.engine.layers import trace
    >>> from convwidgets.engine.layer_rules import layer
    >>> conv = layer({"kind": "conv1d", "filters": 1, "kernel_size": 3})
    >>> fed_units(trace([conv, conv], (9, 1)), [4])
    [[[2, 3, 4]], [[0, 1, 2, 3, 4]]]
    """
    cells: Cells = [[place] for place in cell]
    found = []
    for row in rows:
        if row.axes:
            cells = [
                [o for o in range(count) if members.intersection(_window(o, axis))]
                for members, axis, count in zip(
                    map(set, cells), row.axes, row.positions, strict=True
                )
            ]
        elif _sees_all(row):
            cells = []
        found.append(cells)
    return found


def fit(pixels: NDArray[Any], shape: Shape) -> Maps:
    """Lay a picture on a network's input: its middle, made larger or smaller by averaging.

    Parameters
    ----------
    pixels : array
        C×H×W, float32.
    shape : tuple of int
        The network's input: rows, columns and channels; length and channels; or features.

    Returns
    -------
    ndarray
        At most 8 channels × rows × columns; a signal or a list of features is one row. A channel
        too few is the first one again.
    """
    height, width, channels = sides(shape)
    rows, columns = pixels.shape[1:]
    if rows * width > columns * height:
        kept = max(1, columns * height // width)
        pixels = pixels[:, (rows - kept) // 2 :][:, :kept]
    else:
        kept = max(1, rows * width // height)
        pixels = pixels[:, :, (columns - kept) // 2 :][:, :, :kept]
    planes = [channel if channel < len(pixels) else 0 for channel in range(channels)]
    fitted = adaptive_avg_pool2d(np.ascontiguousarray(pixels, np.float32), (height, width))
    return np.ascontiguousarray(fitted[planes], np.float32)


def sides(shape: Shape) -> tuple[int, int, int]:
    """Return an input's height, width and (at most 8) channels as `fit` makes them.

    Examples
    --------
    >>> sides((28, 28, 1)), sides((100, 5)), sides((784,))
    ((28, 28, 1), (1, 100, 5), (1, 784, 1))
    """
    if len(shape) == 3:
        return shape[0], shape[1], min(shape[2], CHANNELS)
    return 1, shape[0], min(shape[1], CHANNELS) if len(shape) == 2 else 1


def effective_field(
    rows: Sequence[Row], image: Maps, index: int, unit: tuple[int, int], seed: int | None
) -> tuple[Maps, Maps]:
    """Measure how strongly each input cell moves one unit: the gradient, computed by the engine.

    Parameters
    ----------
    rows : sequence of Row
        A possible network.
    image : array
        C×H×W, what the network is given: see `fit`.
    index : int
        The unit's layer; the unit is of its first channel.
    unit : (int, int)
        Its row and column; (0, 0) for one that sees everything.
    seed : int or None
        Random weights (uniform, by He's rule), at most 8 channels a layer: the rectifiers and
        the winners of max pooling are those of this picture. None: equal weights that sum to 1,
        rectifiers left out, and every cell of a max pooling's window as likely to win as another:
        the share of all paths that lead from a cell to the unit.

    Returns
    -------
    field, maps : ndarray
        H×W: ∂unit/∂cell, summed over the channels; and the layer's first map, h×w.
    """
    steps = [_step(row, number, seed) for number, row in enumerate(rows[: index + 1])]
    given = [image]
    flat = len(rows[0].input_shape or ()) == 1 if rows else False
    backward = []
    x = image
    for row, step in zip(rows, steps, strict=False):
        flat = flat or row.layer["kind"] == "flatten"
        x, back = step(x, flat)
        given.append(x)
        backward.append(back)
    gradient = np.zeros_like(x)
    gradient[0, unit[0], unit[1]] = 1
    for back in reversed(backward):
        gradient = back(gradient)
    return gradient.sum(axis=0, dtype=np.float32), x[0]


def draw_weights(count: int, seed: int, layer: int) -> NDArray[np.float64]:
    """Draw numbers from −1 to 1: Tommy Ettinger's mulberry32, a stream for each layer.

    Parameters
    ----------
    count : int
        How many.
    seed, layer : int
        What they depend on.

    Returns
    -------
    ndarray
        float64, the same as in the page.

    Examples
    --------
    >>> draw_weights(2, 0, 0).round(4).tolist()
    [-0.4671, -0.9993]
    """
    start = (seed * 0x9E3779B1 + layer * 0x85EBCA6B) & 0xFFFFFFFF
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x6D2B79F5)
    a = (np.uint64(start) + steps).astype(np.uint32)
    t = (a ^ (a >> np.uint32(15))) * (a | np.uint32(1))
    t = (t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61))) ^ t
    numbers: NDArray[np.float64] = (t ^ (t >> np.uint32(14))).astype(np.float64) / 2**31 - 1
    return numbers


def _step(row: Row, number: int, seed: int | None) -> Any:
    kind = row.layer["kind"]
    if kind in ("relu", "sigmoid", "tanh"):
        return lambda x, flat: _pointwise(kind, x, seed)
    if kind == "dense" or kind.startswith("conv"):
        return lambda x, flat: _weighted(row, number, x, flat, seed)
    if kind in WINDOWED:
        return lambda x, flat: _pooled(row, x, seed)
    return lambda x, flat: (x, lambda g: g)


def _pointwise(kind: str, x: Maps, seed: int | None) -> tuple[Maps, Any]:
    if seed is None:
        return x, lambda g: g
    if kind == "relu":
        return np.maximum(x, 0), lambda g: g * (x > 0)
    y = np.asarray(np.tanh(x) if kind == "tanh" else 1 / (1 + np.exp(-x)), np.float32)
    slope = 1 - y * y if kind == "tanh" else y * (1 - y)
    return y, lambda g: g * slope


def _weighted(row: Row, number: int, x: Maps, flat: bool, seed: int | None) -> tuple[Maps, Any]:
    """Convolve, or be dense: on a flat input a kernel as large as the map, on maps one cell."""
    one = row.layer
    dense = one["kind"] == "dense"
    size = x.shape[1:] if dense and flat else [1, 1] if dense else _two(a.kernel for a in row.axes)
    stride, dilation, pads = _steps(row)
    filters = min(one["units"] if dense else one["filters"], CHANNELS)
    each = len(x) * prod(size)
    if seed is None:
        w = np.full((filters, len(x), *size), 1 / each, np.float32)
    else:
        drawn = draw_weights(filters * each, seed, number) * sqrt(6 / each)
        w = drawn.astype(np.float32).reshape(filters, len(x), *size)
    options: dict[str, Any] = {"stride": stride, "dilation": dilation, "padding": pads}
    return conv2d(x, w, **options), lambda g: conv2d_gradients(x, w, g, **options).input


def _pooled(row: Row, x: Maps, seed: int | None) -> tuple[Maps, Any]:
    size = _two(axis.kernel for axis in row.axes)
    stride, _, pads = _steps(row)
    options: dict[str, Any] = {"stride": stride, "padding": pads}
    if row.layer["kind"].startswith("max") and seed is not None:
        return max_pool2d(x, size, **options), lambda g: max_pool2d_gradient(x, g, size, **options)
    counted = row.layer["kind"].startswith("avg") and isinstance(row.layer["padding"], int)
    options["count_include_pad"] = counted
    return avg_pool2d(x, size, **options), lambda g: avg_pool2d_gradient(x, g, size, **options)


def _steps(row: Row) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    axes = (Axis(),) * (2 - len(row.axes)) + row.axes
    return (
        [axis.stride for axis in axes],
        [axis.dilation for axis in axes],
        [(axis.before, axis.after) for axis in axes],
    )


def _two(sizes: Any) -> list[int]:
    """Take a signal as one row."""
    known = list(sizes)
    return [1] * (2 - len(known)) + known


def _window(output: int, axis: Axis) -> range:
    return window(output, axis.kernel, axis.stride, (axis.before, axis.after), axis.dilation)


def _sees_all(row: Row) -> bool:
    return row.layer["kind"] == "dense" and len(row.output_shape or ()) == 1


def _positions_before(rows: Sequence[Row], row: Row) -> Shape:
    at = next(i for i, other in enumerate(rows) if other is row)
    return rows[at - 1].positions if at else (row.input_shape or ())[:-1]
