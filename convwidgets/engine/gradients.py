"""What flows back: the gradients of the engine's functions, as backpropagation needs them.

Each takes what its function took and the gradient of a loss with respect to the function's
output, and gives the gradients with respect to what went in.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from convwidgets.engine import _threads, native, paths, reference
from convwidgets.engine._arguments import (
    PADDING_MODES,
    Array,
    Two,
    is_finite,
    maps,
    same_shape,
    size_of,
    truth,
)
from convwidgets.engine._arguments import (
    indices as places,
)
from convwidgets.engine.convolution import (
    NO_PADS,
    Convolution,
    SeparableConvolution,
    TransposedConvolution,
    pad2d,
    transposed,
)
from convwidgets.engine.geometry import Padding, Pads, Pair, pair
from convwidgets.engine.pooling import MAX, MIN, Pooling, adaptive, divisor, unpool

# From so many multiply-adds on, NumPy's products of matrices are quicker than the kernel's sums.
PRODUCTS_FROM = 200_000

# What a tile of products takes: filters, weights of each, and a multiple of so many values.
FILTERS, TAPS, LANES = 4, 4, 16


class Gradients(NamedTuple):
    """What a convolution gives back.

    Attributes
    ----------
    input, weight : array
        Like the function's arguments.
    bias : array
        (O,), one number for each filter.
    """

    input: Array
    weight: Array
    bias: Array


def conv2d_gradients(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    weight: ArrayLike,
    grad_output: ArrayLike,
    *,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
    flip: bool = False,
) -> Gradients:
    """Give the gradients of `convwidgets.engine.conv2d`.

    Parameters
    ----------
    input, weight, stride, padding, dilation, groups, padding_mode, flip
        Those of the convolution.
    grad_output : array
        The loss's gradient with respect to the output, in the output's shape.

    Returns
    -------
    Gradients
        With respect to input, weight and bias.

    Raises
    ------
    TypeError, ValueError
        As `convwidgets.engine.conv2d` does, and if `grad_output` has another shape.

    Examples
    --------
    >>> gradients = conv2d_gradients([[1, 2, 3]], [[1, 1]], [[1, 10]])
    >>> gradients.input
    array([[ 1., 11., 10.]], dtype=float32)
    >>> gradients.weight
    array([[21., 32.]], dtype=float32)
    >>> gradients.bias
    array([11.], dtype=float32)
    """
    call = Convolution(input, weight, stride, padding, dilation, groups, padding_mode, flip)
    x, w = call.x, call.w
    g = same_shape("grad_output", grad_output, x, (len(x), len(w), *call.out), call.new)
    pads = call.pads
    if padding_mode != "zeros":
        x, pads = pad2d(x, pads, padding_mode), NO_PADS
    top_left = (pads[0][0], pads[1][0])
    steps = (call.stride, top_left, call.dilation, call.groups)
    none = np.zeros(x.shape[1], x.dtype)
    back = transposed("conv2d input gradient", g, w, none, size_of(x), *steps)
    if padding_mode != "zeros":
        back = _unpadded(back, size_of(call.x), call.pads, padding_mode)
    weights = _weight_gradient("conv2d weight gradient", x, g, size_of(w), *steps)
    if call.flip:
        weights = np.ascontiguousarray(weights[:, :, ::-1, ::-1])
    return Gradients(_cut(back, call.new), _cut(weights, call.new // 2 * 2), g.sum((0, 2, 3)))


def conv_transpose2d_gradients(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    weight: ArrayLike,
    grad_output: ArrayLike,
    *,
    stride: Pair = 1,
    padding: Padding = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Gradients:
    """Give the gradients of `convwidgets.engine.conv_transpose2d`.

    Parameters
    ----------
    input, weight, stride, padding, output_padding, groups, dilation
        Those of the transposed convolution.
    grad_output : array
        The loss's gradient with respect to the output, in the output's shape.

    Returns
    -------
    Gradients
        With respect to input, weight and bias.

    Raises
    ------
    TypeError, ValueError
        As `convwidgets.engine.conv_transpose2d` does, and if `grad_output` has another shape.

    Examples
    --------
    >>> conv_transpose2d_gradients([[1, 2]], [[1, 1]], [[1, 2, 3]]).input
    array([[3., 5.]], dtype=float32)
    """
    call = TransposedConvolution(input, weight, stride, padding, output_padding, groups, dilation)
    x, w = call.x, call.w
    g = same_shape("grad_output", grad_output, x, (len(x), call.count, *call.out), call.new)
    steps = (call.stride, call.top_left, call.dilation, call.groups)
    none = np.zeros(len(w), x.dtype)
    back = paths.correlate("conv_transpose2d input gradient", g, w, none, size_of(x), *steps)
    weights = _weight_gradient("conv_transpose2d weight gradient", g, x, size_of(w), *steps)
    return Gradients(_cut(back, call.new), _cut(weights, call.new // 2 * 2), g.sum((0, 2, 3)))


class SeparableGradients(NamedTuple):
    """What a separable convolution gives back.

    Attributes
    ----------
    input, column, row : array
        Like the function's arguments.
    """

    input: Array
    column: Array
    row: Array


def separable_conv2d_gradients(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    column: ArrayLike,
    row: ArrayLike,
    grad_output: ArrayLike,
    *,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    padding_mode: str = "zeros",
    flip: bool = False,
) -> SeparableGradients:
    """Give the gradients of `convwidgets.engine.separable_conv2d`.

    Parameters
    ----------
    input, column, row, stride, padding, dilation, padding_mode, flip
        Those of the convolution.
    grad_output : array
        The loss's gradient with respect to the output, in the output's shape.

    Returns
    -------
    SeparableGradients
        With respect to input, column and row.

    Raises
    ------
    TypeError, ValueError
        As `convwidgets.engine.separable_conv2d` does, and if `grad_output` has another shape.

    Examples
    --------
    >>> separable_conv2d_gradients([[1, 2], [3, 4]], [1, 1], [1, 10], [[1]]).row
    array([4., 6.], dtype=float32)
    """
    call = SeparableConvolution(input, column, row, stride, padding, dilation, padding_mode, flip)
    x = call.x
    g = same_shape("grad_output", grad_output, x, (*call.axes, *call.out), call.new)
    g = g.reshape(-1, 1, *call.out)
    none = np.zeros(1, x.dtype)
    between = paths.correlate("conv2d", x, call.column, none, call.middle, *call.down)
    rows = _weight_gradient("row gradient", between, g, size_of(call.row), *call.across)
    g = transposed("middle gradient", g, call.row, none, call.middle, *call.across)
    columns = _weight_gradient("column gradient", x, g, size_of(call.column), *call.down)
    back = transposed("input gradient", g, call.column, none, size_of(x), *call.down)
    if size_of(back) != call.size:
        back = _unpadded(back, call.size, call.pads, call.padding_mode)
    step = -1 if call.flip else 1
    lines = (np.ascontiguousarray(line.ravel()[::step]) for line in (columns, rows))
    return SeparableGradients(back.reshape(call.shape(back)), *lines)


def max_pool2d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
    kernel_size: Pair,
    *,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> Array:
    """Give the gradient of `convwidgets.engine.max_pool2d`: each window's goes to its winner.

    Parameters
    ----------
    input, kernel_size, stride, padding, dilation, ceil_mode
        Those of the pooling.
    grad_output : array
        The loss's gradient with respect to the output, in the output's shape.

    Returns
    -------
    array
        With respect to `input`, in its shape.

    Raises
    ------
    TypeError, ValueError
        As the pooling does, and if `grad_output` has another shape.

    Examples
    --------
    >>> max_pool2d_gradient([[1, 3, 2, 5]], [[10, 20]], (1, 2))
    array([[ 0., 10.,  0., 20.]], dtype=float32)
    """
    pool = Pooling(input, kernel_size, stride, padding, dilation, ceil_mode)
    return pool.extreme_gradient(MAX, grad_output)


def min_pool2d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
    kernel_size: Pair,
    *,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> Array:
    """Give the gradient of `convwidgets.engine.min_pool2d`; all is as in `max_pool2d_gradient`.

    Examples
    --------
    >>> min_pool2d_gradient([[1, 3, 2, 5]], [[10, 20]], (1, 2))
    array([[10.,  0., 20.,  0.]], dtype=float32)
    """
    pool = Pooling(input, kernel_size, stride, padding, dilation, ceil_mode)
    return pool.extreme_gradient(MIN, grad_output)


def avg_pool2d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
    kernel_size: Pair,
    *,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Give the gradient of `convwidgets.engine.avg_pool2d`: each window's in equal shares.

    Parameters
    ----------
    input, kernel_size, stride, padding, dilation, ceil_mode, count_include_pad, divisor_override
        Those of the pooling.
    grad_output : array
        The loss's gradient with respect to the output, in the output's shape.

    Returns
    -------
    array
        With respect to `input`, in its shape.

    Raises
    ------
    TypeError, ValueError
        As the pooling does, and if `grad_output` has another shape.

    Examples
    --------
    >>> avg_pool2d_gradient([[1, 3, 2, 5]], [[10, 20]], (1, 2))
    array([[ 5.,  5., 10., 10.]], dtype=float32)
    """
    pool = Pooling(input, kernel_size, stride, padding, dilation, ceil_mode)
    count_padding = truth("count_include_pad", count_include_pad)
    return pool.average_gradient(grad_output, count_padding, divisor(divisor_override))


def adaptive_max_pool2d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
    output_size: Pair,
) -> Array:
    """Give the gradient of `convwidgets.engine.adaptive_max_pool2d`.

    Parameters
    ----------
    input, output_size
        Those of the pooling.
    grad_output : array
        The loss's gradient with respect to the output, in the output's shape.

    Returns
    -------
    array
        With respect to `input`, in its shape.

    Raises
    ------
    TypeError, ValueError
        As the pooling does, and if `grad_output` has another shape.

    Examples
    --------
    >>> adaptive_max_pool2d_gradient([[1, 3], [2, 5]], [[10]], 1)
    array([[ 0.,  0.],
           [ 0., 10.]], dtype=float32)
    """
    x, new = maps("input", input)
    shape = pair("output_size", output_size, 1)
    g = same_shape("grad_output", grad_output, x, (*x.shape[:2], *shape), new)
    _, index = adaptive(x, shape, MAX)
    back = np.zeros_like(x)
    unpool(g, index, back, add=True)
    return _cut(back, new)


def adaptive_avg_pool2d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
    output_size: Pair,
) -> Array:
    """Give the mean's gradient; all else is as in `adaptive_max_pool2d_gradient`.

    Examples
    --------
    >>> adaptive_avg_pool2d_gradient([[1, 3], [2, 5]], [[8]], 1)
    array([[2., 2.],
           [2., 2.]], dtype=float32)
    """
    x, new = maps("input", input)
    shape = pair("output_size", output_size, 1)
    g = same_shape("grad_output", grad_output, x, (*x.shape[:2], *shape), new)
    back = np.zeros_like(x)
    compiled = native.kernels(x.dtype)
    if compiled is None:
        reference.adaptive_avg_pool2d_gradient(g, back)
    else:
        compiled.adaptive_avg_pool2d_gradient(g, back)
    return _cut(back, new)


def global_avg_pool2d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
) -> Array:
    """Give the gradient of one mean, as in `adaptive_avg_pool2d_gradient` with size 1.

    Examples
    --------
    >>> global_avg_pool2d_gradient([[1, 3], [2, 5]], [[8]])
    array([[2., 2.],
           [2., 2.]], dtype=float32)
    """
    return adaptive_avg_pool2d_gradient(input, grad_output, 1)


def global_max_pool2d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
) -> Array:
    """Give the gradient of one maximum, as in `adaptive_max_pool2d_gradient` with size 1.

    Examples
    --------
    >>> global_max_pool2d_gradient([[1, 3], [2, 5]], [[8]])
    array([[0., 0.],
           [0., 8.]], dtype=float32)
    """
    return adaptive_max_pool2d_gradient(input, grad_output, 1)


def max_unpool2d_gradient(indices: ArrayLike, grad_output: ArrayLike) -> Array:
    """Give the gradient of `convwidgets.engine.max_unpool2d`: what stands at each place.

    Parameters
    ----------
    indices : array of int
        Those of the unpooling.
    grad_output : array
        The loss's gradient with respect to the output: (N, C, H, W), (C, H, W) or (H, W).

    Returns
    -------
    array
        With respect to the unpooling's input, in the shape of `indices`.

    Raises
    ------
    TypeError, ValueError
        If an index lies outside of the planes of `grad_output`.

    Examples
    --------
    >>> max_unpool2d_gradient([[4, 7]], [[1, 2, 3, 4], [5, 6, 7, 8]])
    array([[5., 8.]], dtype=float32)
    """
    g, new = maps("grad_output", grad_output)
    shape = np.shape(indices)
    where = places(indices, shape, g.shape[2] * g.shape[3])
    if where.ndim != 4 - new or where.shape[: 2 - new] != g.shape[new:2]:
        raise ValueError(
            f"indices must have the images and channels of grad_output, {g.shape[new:2]}, "
            f"got shape {shape}"
        )
    planes = g.reshape(*g.shape[:2], g.shape[2] * g.shape[3])
    flat = where.reshape(*planes.shape[:2], math.prod(where.shape[-2:]))
    return np.take_along_axis(planes, flat.astype(np.int64), 2).reshape(shape)


def _weight_gradient(
    operation: str,
    x: Array,
    g: Array,
    kernel: Two,
    stride: Two,
    top_left: Two,
    dilation: Two,
    groups: int,
) -> Array:
    w = np.empty((g.shape[1], x.shape[1] // groups, *kernel), x.dtype)
    work = g.size * w[0].size
    compiled = native.kernels(x.dtype)
    large = work >= PRODUCTS_FROM
    fit = stride == (1, 1) and groups == 1 and w[0].size >= TAPS and len(w) >= FILTERS
    # The kernels leave padding's zeros out, or add some: only what is infinite or NaN can tell.
    if compiled and large and fit and is_finite(g) and is_finite(x):
        threads = _end_to_end(compiled, x, g, w, top_left, dilation)
        paths.note(operation, "tiles", work, work, threads)
        return w
    if compiled is None or large or not is_finite(g):
        framed = paths.framed(x, kernel, size_of(g), stride, top_left, dilation)
        with np.errstate(all="ignore"):
            w = reference.conv2d_weight(framed, g, kernel, stride, dilation, groups)
        paths.note(operation, "products" if compiled else "reference", work, work)
        return w
    steps = (*stride, *top_left, *dilation, groups)

    def filters(first: int, end: int) -> None:
        compiled.conv2d_weight(x, g, w, *steps, first, end)

    paths.note(operation, "sums", work, work, _threads.share(filters, len(w), work))
    return w


def _end_to_end(compiled: Any, x: Array, g: Array, w: Array, top_left: Two, dilation: Two) -> int:
    """Lay the lines of the padded maps end to end, and the gradient's rows alike, for long sums."""
    framed = paths.framed(x, size_of(w), size_of(g), (1, 1), top_left, dilation)
    rows, line = size_of(framed)
    length = -(-g.shape[2] * line // LANES) * LANES
    # Behind the last line there must be something to multiply the last zeros with.
    cells = np.zeros(framed.size + length, x.dtype)
    cells[: framed.size] = framed.reshape(-1)
    given = np.zeros((*g.shape[:2], length), x.dtype)
    lines = given[:, :, : g.shape[2] * line].reshape(*g.shape[:3], line)
    lines[..., : g.shape[3]] = g
    steps = (x.shape[1] * rows * line, rows * line, line, *dilation)

    def filters(first: int, end: int) -> None:
        compiled.conv2d_weight_flat(cells, given, w, *steps, first, end)

    return _threads.share(filters, len(w), g.size * w[0].size, FILTERS)


def _unpadded(y: Array, size: Two, pads: Pads, mode: str) -> Array:
    compiled = native.kernels(y.dtype)
    if compiled is None:
        return reference.unpad2d(y, size, pads, mode)
    x = np.zeros((*y.shape[:2], *size), y.dtype)
    compiled.unpad2d(y, x, pads[0][0], pads[1][0], PADDING_MODES.index(mode))
    return x


def _cut(y: Array, new: int) -> Array:
    """Drop the axes that were put before the array's own."""
    return y.reshape(y.shape[new:])
