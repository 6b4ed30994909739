"""Convolution of arrays, with PyTorch's names and meanings.

Each function checks its arguments; `convwidgets.engine.paths` finds the quickest way to the
numbers.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from convwidgets.engine import _threads, native, paths, reference
from convwidgets.engine._arguments import (
    PADDING_MODES,
    Array,
    Two,
    biases,
    check_groups,
    check_padding_mode,
    filters,
    is_finite,
    maps,
    numbers,
    remembered,
    size_of,
    truth,
    writeable,
)
from convwidgets.engine.geometry import (
    Padding,
    Pads,
    Pair,
    output_shape,
    pair,
    resolve_padding,
    resolve_transposed,
    whole,
)

# From so many multiply-adds on, a transposed convolution is cut into ordinary ones.
PHASES_FROM = 200_000

NO_PADS: Pads = ((0, 0), (0, 0))


def conv2d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
    flip: bool = False,
) -> Array:
    """Slide every filter over the maps: a cross-correlation, or a convolution with ``flip=True``.

    Parameters
    ----------
    input : array
        (N, C, H, W), (C, H, W), or (H, W) for one map. Only N may be 0. float32 and float64 are
        kept, other real numbers become float32.
    weight : array
        (O, C / groups, Kh, Kw), or (Kh, Kw) beside an (H, W) input; taken in the input's type.
    bias : array, optional
        (O,), or one number where O is 1.
    stride, dilation : int or (int, int)
        Steps between windows and between the cells of a window, from 1: (rows, columns).
    padding : str, int or pair
        ``"valid"``, ``"same"``, ``"half"``, ``"full"``, a number, (rows, columns) or
        ((top, bottom), (left, right)); see `convwidgets.engine.geometry.resolve_padding`.
    groups : int
        Sets of channels that are convolved apart; divides C and O. With as many groups as
        channels the convolution is depthwise.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What padding cells hold. Reflection needs less padding than cells, circular no more.
    flip : bool
        Rotate each kernel by 180° first.

    Returns
    -------
    array
        (N, O, Ho, Wo), (O, Ho, Wo) or (Ho, Wo), with the input's type; Ho and Wo as in
        `convwidgets.engine.geometry.output_size`.

    Raises
    ------
    TypeError
        If an argument is not what it should be: not whole, not numbers, not a name.
    ValueError
        If a value or shape breaks a rule above, or a kernel is larger than the padded image.

    Examples
    --------
    >>> conv2d([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 2], [3, 4]])
    array([[37., 47.],
           [67., 77.]], dtype=float32)
    """
    call = Convolution(input, weight, stride, padding, dilation, groups, padding_mode, flip)
    b = biases(bias, call.x, len(call.w))
    x, pads = call.padded()
    top_left = (pads[0][0], pads[1][0])
    y = paths.correlate(
        "conv2d", x, call.w, b, call.out, call.stride, top_left, call.dilation, call.groups
    )
    return y.reshape(y.shape[call.new :])


def conv_transpose2d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: Pair = 1,
    padding: Padding = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Array:
    """Lay a weighted kernel on the output for every input cell: the transpose of `conv2d`.

    It is what `conv2d` gives back to its input: the shapes run the other way.

    Parameters
    ----------
    input : array
        (N, C, H, W), (C, H, W), or (H, W) for one map.
    weight : array
        (C, O / groups, Kh, Kw), or (Kh, Kw) beside an (H, W) input.
    bias : array, optional
        (O,), or one number where O is 1.
    stride, dilation : int or (int, int)
        Steps between the kernels laid down, and between the cells of a kernel.
    padding : str, int or pair
        What is cut off at the ends. ``"valid"``: nothing; ``"same"``: as much as leaves H·S rows
        (Keras's rule); numbers as in `conv2d`.
    output_padding : int or (int, int)
        Rows and columns more at the end, fewer than stride or dilation.
    groups : int
        Sets of channels that are convolved apart.

    Returns
    -------
    array
        Like `input` but for O channels and (H − 1)·S − P + D(K − 1) + 1 + output padding rows,
        columns likewise.

    Raises
    ------
    TypeError, ValueError
        As `conv2d` does, and if nothing is left of the output.

    Examples
    --------
    >>> conv_transpose2d([[1, 2], [3, 4]], [[1, 1], [1, 1]], stride=2)
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.],
           [3., 3., 4., 4.],
           [3., 3., 4., 4.]], dtype=float32)
    """
    call = TransposedConvolution(input, weight, stride, padding, output_padding, groups, dilation)
    b = biases(bias, call.x, call.count)
    steps = (call.stride, call.top_left, call.dilation, call.groups)
    y = transposed("conv_transpose2d", call.x, call.w, b, call.out, *steps)
    return y.reshape(y.shape[call.new :])


def separable_conv2d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    column: ArrayLike,
    row: ArrayLike,
    *,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    padding_mode: str = "zeros",
    flip: bool = False,
) -> Array:
    """Convolve every map with the outer product of a column and a row, one after the other.

    Kh + Kw multiply-adds a cell in place of Kh · Kw.

    Parameters
    ----------
    input : array
        (N, C, H, W), (C, H, W) or (H, W).
    column, row : array
        (Kh,) and (Kw,).
    stride, padding, dilation, padding_mode, flip
        As in `conv2d`.

    Returns
    -------
    array
        Like `input` but for the rows and columns.

    Raises
    ------
    TypeError, ValueError
        As `conv2d` does.

    Examples
    --------
    >>> separable_conv2d([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [1, 2, 1], [-1, 0, 1])
    array([[8.]], dtype=float32)
    >>> conv2d([[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.outer([1, 2, 1], [-1, 0, 1]))
    array([[8.]], dtype=float32)
    """
    call = SeparableConvolution(input, column, row, stride, padding, dilation, padding_mode, flip)
    none = np.zeros(1, call.x.dtype)
    between = paths.correlate("conv2d", call.x, call.column, none, call.middle, *call.down)
    y = paths.correlate("conv2d", between, call.row, none, call.out, *call.across)
    return y.reshape(call.shape(y))


class Convolution:
    """The checked arguments of a two-dimensional convolution."""

    def __init__(
        self,
        input: ArrayLike,  # noqa: A002  # PyTorch's name
        weight: ArrayLike,
        stride: Pair,
        padding: Padding,
        dilation: Pair,
        groups: int,
        padding_mode: str,
        flip: bool,
    ) -> None:
        self.x, self.new = maps("input", input)
        self.w = filters(weight, self.x, 4 - self.new)
        self.groups = check_groups(groups, self.x.shape[1], self.w)
        size, kernel = size_of(self.x), size_of(self.w)
        where = _places(size, kernel, stride, padding, dilation)
        self.stride, self.dilation, self.pads, self.out = where
        check_padding_mode(padding_mode, self.pads, size)
        self.padding_mode = padding_mode
        self.flip = truth("flip", flip)
        if self.flip:
            self.w = np.ascontiguousarray(self.w[:, :, ::-1, ::-1])

    def padded(self) -> tuple[Array, Pads]:
        """Give the maps as the kernels want them, and the zeros that are still to be thought of.

        The kernels leave padding's zeros out of their sums, which only a weight that is
        infinite or NaN can tell.
        """
        if self.padding_mode == "zeros" and is_finite(self.w):
            return self.x, self.pads
        return pad2d(self.x, self.pads, self.padding_mode), NO_PADS


@remembered
def _places(
    size: Two, kernel: Two, stride: Pair, padding: Padding, dilation: Pair
) -> tuple[Two, Two, Pads, Two]:
    """Check where windows lie."""
    strides, dilations = pair("stride", stride, 1), pair("dilation", dilation, 1)
    pads = resolve_padding(padding, size, kernel, strides, dilations)
    return strides, dilations, pads, output_shape(size, kernel, strides, pads, dilations)


class TransposedConvolution:
    """The checked arguments of a two-dimensional transposed convolution."""

    def __init__(
        self,
        input: ArrayLike,  # noqa: A002  # PyTorch's name
        weight: ArrayLike,
        stride: Pair,
        padding: Padding,
        output_padding: Pair,
        groups: int,
        dilation: Pair,
    ) -> None:
        self.x, self.new = maps("input", input)
        self.w = filters(weight, self.x, 4 - self.new, "C, O / groups")
        channels = self.x.shape[1]
        if len(self.w) != channels:
            raise ValueError(
                f"weight must have C = {channels} filters, one for each channel of input, "
                f"got {len(self.w)} (shape {self.w.shape})"
            )
        self.groups = whole("groups", groups, 1)
        if channels % self.groups:
            raise ValueError(
                f"groups must divide the {channels} channels of input, got {self.groups}"
            )
        self.count = self.w.shape[1] * self.groups
        self.stride, self.dilation = pair("stride", stride, 1), pair("dilation", dilation, 1)
        more = pair("output_padding", output_padding, 0)
        self.top_left, self.out = resolve_transposed(
            padding, size_of(self.x), size_of(self.w), self.stride, self.dilation, more
        )


class SeparableConvolution:
    """The checked arguments of a convolution by columns, then by rows; channels are images."""

    def __init__(
        self,
        input: ArrayLike,  # noqa: A002  # PyTorch's name
        column: ArrayLike,
        row: ArrayLike,
        stride: Pair,
        padding: Padding,
        dilation: Pair,
        padding_mode: str,
        flip: bool,
    ) -> None:
        x, self.new = maps("input", input)
        self.axes = x.shape[:2]
        first, second = _line("column", column, x), _line("row", row, x)
        self.size, kernel = size_of(x), (len(first), len(second))
        (s, t), (d, e), self.pads, self.out = _places(self.size, kernel, stride, padding, dilation)
        check_padding_mode(padding_mode, self.pads, self.size)
        self.padding_mode = padding_mode
        self.flip = truth("flip", flip)
        if self.flip:
            first, second = first[::-1], second[::-1]
        self.column = writeable(np.ascontiguousarray(first).reshape(1, 1, -1, 1))
        self.row = writeable(np.ascontiguousarray(second).reshape(1, 1, 1, -1))
        finite = is_finite(first) and is_finite(second)
        (top, _), (left, _) = self.pads
        if padding_mode != "zeros" or not finite:
            x = pad2d(x, self.pads, padding_mode)
            top = left = 0
        self.x = x.reshape(-1, 1, *x.shape[2:])
        self.middle = (self.out[0], x.shape[3])
        # Of each pass: stride, padding before, dilation, groups.
        self.down = (s, 1), (top, 0), (d, 1), 1
        self.across = (1, t), (0, left), (1, e), 1

    def shape(self, y: Array) -> tuple[int, ...]:
        """Give the caller's shape of maps that the passes made."""
        return (*self.axes, *y.shape[2:])[self.new :]


def transposed(
    operation: str,
    x: Array,
    w: Array,
    b: Array,
    out: Two,
    stride: Two,
    top_left: Two,
    dilation: Two,
    groups: int,
) -> Array:
    """Compute ``y[n, o, r·S − top + u·D, …] = b[o] + Σ w[c, o, u, v] · x[n, c, r, s]``."""
    each, height, width = w.shape[1:]
    if stride == (1, 1):
        # A convolution with the filters turned by half, in which C and O have changed places.
        turned = _exchanged(w[:, :, ::-1, ::-1], groups)
        top, left = (
            d * (k - 1) - before
            for d, k, before in zip(dilation, (height, width), top_left, strict=True)
        )
        return paths.correlate(operation, x, turned, b, out, stride, (top, left), dilation, groups)
    y = np.empty((len(x), each * groups, *out), x.dtype)
    work = x.size * w[0].size
    compiled = native.kernels(x.dtype)
    if compiled is None:
        with np.errstate(all="ignore"):
            y = reference.conv_transpose2d(x, w, b, out, stride, top_left, dilation, groups)
        paths.note(operation, "reference", work, work)
        return y
    if work >= PHASES_FROM:
        _by_phases(operation, x, w, b, y, stride, top_left, dilation, groups)
        return y

    def rows(first: int, end: int) -> None:
        memory = _threads.scratch(x.dtype, 2 * out[1])
        steps = (*stride, *top_left, *dilation, groups, first, end)
        compiled.conv_transpose2d(x, w, b, y, memory, *steps)

    paths.note(operation, "scatter", work, work, _threads.share(rows, out[0], work))
    return y


def _by_phases(
    operation: str,
    x: Array,
    w: Array,
    b: Array,
    y: Array,
    stride: Two,
    top_left: Two,
    dilation: Two,
    groups: int,
) -> None:
    """Fill the output cells that stand S apart by a convolution of their own, stride 1."""
    size = size_of(w)
    down, across = (
        _phases(y.shape[2 + k], size[k], stride[k], top_left[k], dilation[k]) for k in (0, 1)
    )
    for p, rows, top, step_h in down:
        for q, columns, left, step_w in across:
            part = y[:, :, p :: stride[0], q :: stride[1]]
            if not rows or not columns:
                part[:] = b.reshape(-1, 1, 1)
                continue
            turned = _exchanged(w[:, :, rows][:, :, :, columns], groups)
            place = (1, 1), (top, left), (step_h, step_w), groups
            part[:] = paths.correlate(operation, x, turned, b, size_of(part), *place)


def _phases(
    count: int, kernel: int, stride: int, before: int, dilation: int
) -> list[tuple[int, list[int], int, int]]:
    """Sort an axis's output cells by the weights that reach them.

    For each p below S: the weights that reach p, p + S, …, with their input cells from first to
    last; how many cells before the first output's own that starts; and the cells' distance.
    """
    distance = dilation // math.gcd(stride, dilation)
    phases = []
    for p in range(min(stride, count)):
        weights = [u for u in range(kernel) if (p + before - u * dilation) % stride == 0][::-1]
        start = (p + before - weights[0] * dilation) // stride if weights else 0
        phases.append((p, weights, -start, distance))
    return phases


def _exchanged(w: Array, groups: int) -> Array:
    """Let a weight's channels and filters change places, group by group."""
    channels, each, height, width = w.shape
    apart = w.reshape(groups, channels // groups, each, height, width)
    return np.ascontiguousarray(apart.transpose(0, 2, 1, 3, 4)).reshape(
        groups * each, channels // groups, height, width
    )


def pad2d(x: Array, pads: Pads, mode: str) -> Array:
    """Put cells around each map."""
    (top, bottom), (left, right) = pads
    if not any((top, bottom, left, right)):
        return x
    compiled = native.kernels(x.dtype)
    if compiled is None:
        return reference.pad2d(x, pads, mode)
    rows, columns = x.shape[2] + top + bottom, x.shape[3] + left + right
    y = np.empty((*x.shape[:2], rows, columns), x.dtype)
    compiled.pad2d(x, y, top, left, PADDING_MODES.index(mode))
    return y


def _line(name: str, value: ArrayLike, x: Array) -> Array:
    line = numbers(name, value, x.dtype.char)
    if line.ndim != 1 or line.size == 0:
        raise ValueError(f"{name} must be a row of numbers, got shape {line.shape}")
    return line
