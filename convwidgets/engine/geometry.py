"""Where windows lie: output sizes, padding, and which cell reads which. Whole numbers, no arrays.

Everything but `resolve_padding` and `output_shape` is about one axis, since the axes of a
convolution or a pooling never meet. On an axis, window ``o`` reads the input indices
``o * stride - before + k * dilation`` for ``k`` in ``range(kernel)``; an index below 0 or from
`size` on is a padding cell. `pad` is one number for both ends, or ``(before, after)``.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, SupportsIndex

Pad = int | tuple[int, int]
Pads = tuple[tuple[int, int], tuple[int, int]]
Pair = int | Sequence[int]
Padding = str | int | Sequence[int | Sequence[int]]

NAMED_PADDING = ("valid", "same", "half", "full")

# Kernels take 64-bit numbers: no product of two of these leaves them.
LARGEST = 2**31 - 1


def output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    pad: Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> int:
    """Count the windows along one axis: ⌊(I + P − (D(K − 1) + 1)) / S⌋ + 1.

    Parameters
    ----------
    size, kernel, stride, dilation : int
        I, K, S and D, each from 1.
    pad : int or (int, int)
        Padding cells before and after; P is their sum.
    ceil_mode : bool
        Round up: also count a last window that overhangs the end, if it starts inside the input
        or the padding before it (PyTorch's rule).

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ValueError
        If no window fits, or an argument is out of its range.

    Examples
    --------
    >>> output_size(28, 3, stride=2, pad=1)
    14
    >>> output_size(28, 3, stride=3)
    9
    """
    size, kernel, stride, before, after, dilation = _axis(size, kernel, stride, pad, dilation)
    return _output_size(size, kernel, stride, before, after, dilation, ceil_mode, "image")


def output_shape(
    size: Pair,
    kernel: Pair,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> tuple[int, int]:
    """Count the windows down and across an image.

    Parameters
    ----------
    size, kernel, stride, dilation : int or (int, int)
        One number for both axes, or (rows, columns).
    padding : str, int or pair
        As in `resolve_padding`.
    ceil_mode : bool
        As in `output_size`.

    Returns
    -------
    (int, int)
        Rows and columns of the output.

    Examples
    --------
    >>> output_shape((303, 384), 5, padding="same")
    (303, 384)
    """
    sizes, kernels = pair("size", size, 1), pair("kernel", kernel, 1)
    strides, dilations = pair("stride", stride, 1), pair("dilation", dilation, 1)
    pads = resolve_padding(padding, sizes, kernels, strides, dilations)
    rows, columns = (
        _output_size(i, k, s, before, after, d, ceil_mode, name)
        for i, k, s, (before, after), d, name in zip(
            sizes,
            kernels,
            strides,
            pads,
            dilations,
            ("image's height", "image's width"),
            strict=True,
        )
    )
    return rows, columns


def resolve_padding(
    padding: Padding, size: Pair, kernel: Pair, stride: Pair = 1, dilation: Pair = 1
) -> Pads:
    """Turn any way to ask for padding into ((top, bottom), (left, right)).

    Parameters
    ----------
    padding : str, int or pair
        ``"valid"``: none. ``"same"``: the output has ⌈I / S⌉ cells, an odd cell goes to the end
        (the rule of TensorFlow and Keras, and PyTorch's where PyTorch has one).
        ``"half"``: D(K − 1) cells in all, an odd one to the end. ``"full"``: D(K − 1) cells at
        each end. A number: that many at each end; (rows, columns): a number for each axis;
        ((top, bottom), (left, right)): a number for each end.
    size, kernel, stride, dilation : int or (int, int)
        One number for both axes, or (rows, columns).

    Returns
    -------
    ((int, int), (int, int))
        Cells before and after, for the rows and for the columns.

    Examples
    --------
    >>> resolve_padding("same", 28, 5, stride=2)
    ((1, 2), (1, 2))
    >>> resolve_padding((0, 1), 28, 3)
    ((0, 0), (1, 1))
    """
    sizes, kernels = pair("size", size, 1), pair("kernel", kernel, 1)
    strides, dilations = pair("stride", stride, 1), pair("dilation", dilation, 1)
    if isinstance(padding, str):
        if padding not in NAMED_PADDING:
            raise ValueError(f"padding must be {_padding_rule}, got {padding!r}")
        rows, columns = (
            _named_padding(padding, *axis)
            for axis in zip(sizes, kernels, strides, dilations, strict=True)
        )
        return rows, columns
    rows_columns = _sequence(padding)
    if rows_columns is None:
        both = _ends("padding", padding)
        return both, both
    if len(rows_columns) != 2:
        raise ValueError(f"padding must be {_padding_rule}, got {padding!r}")
    return _ends("padding", rows_columns[0]), _ends("padding", rows_columns[1])


def transposed_size(
    size: int, kernel: int, stride: int = 1, pad: Pad = 0, dilation: int = 1, more: int = 0
) -> int:
    """Count the cells that a transposed convolution writes: (I − 1)S − P + D(K − 1) + 1 + more.

    Parameters
    ----------
    size, kernel, stride, dilation : int
        I, K, S and D, each from 1.
    pad : int or (int, int)
        Cells that are cut off before and after; P is their sum.
    more : int
        The output padding: cells more at the end, fewer than S or D.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ValueError
        If nothing is left, or an argument is out of its range.

    Examples
    --------
    >>> transposed_size(14, 3, stride=2, pad=1, more=1)
    28
    """
    size, kernel, stride, before, after, dilation = _axis(size, kernel, stride, pad, dilation)
    most = max(stride, dilation)
    if whole("output_padding", more, 0) >= most:
        raise ValueError(
            f"output_padding must be less than stride {stride} or dilation {dilation}, got {more}"
        )
    whole_size = (size - 1) * stride + effective_kernel(kernel, dilation) + more
    if before + after >= whole_size:
        raise ValueError(
            f"padding must leave something of the output's {whole_size} cells, "
            f"got {before} + {after}"
        )
    if whole_size > LARGEST:
        raise ValueError(f"the output must have at most {LARGEST} cells a side, got {whole_size}")
    return whole_size - before - after


def resolve_transposed(
    padding: Padding, size: Pair, kernel: Pair, stride: Pair, dilation: Pair, more: Pair
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Find what a transposed convolution cuts off at the top and left, and its output's shape.

    Parameters
    ----------
    padding : str, int or pair
        ``"valid"``: nothing is cut. ``"same"``: I · S cells are left on each axis, an odd cell is
        cut at the end (Keras's rule). Numbers as in `resolve_padding`.
    size, kernel, stride, dilation, more : int or (int, int)
        As in `transposed_size`.

    Returns
    -------
    (int, int), (int, int)
        Cells cut at the top and left; rows and columns of the output.

    Examples
    --------
    >>> resolve_transposed("same", 14, 3, 2, 1, 0)
    ((0, 0), (28, 28))
    >>> resolve_transposed(1, 14, 3, 2, 1, 1)
    ((1, 1), (28, 28))
    """
    axes = [pair(name, value, least) for name, value, least in (
        ("size", size, 1), ("kernel", kernel, 1), ("stride", stride, 1),
        ("dilation", dilation, 1), ("output_padding", more, 0),
    )]  # fmt: skip
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise ValueError(
                "padding must be 'valid', 'same', a whole number from 0, (rows, columns) or "
                f"((top, bottom), (left, right)), got {padding!r}"
            )
        if padding == "same":
            if any(axes[4]):
                raise ValueError(f"output_padding must be 0 with padding='same', got {more!r}")
            sizes, kernels, strides, dilations, _ = axes
            cut = (
                max(effective_kernel(k, d) - s, 0) // 2
                for k, s, d in zip(kernels, strides, dilations, strict=True)
            )
            out = (i * s for i, s in zip(sizes, strides, strict=True))
            return (next(cut), next(cut)), (next(out), next(out))
        padding = 0
    pads = resolve_padding(padding, *axes[:2])
    rows, columns = (
        transposed_size(i, k, s, ends, d, o)
        for i, k, s, d, o, ends in zip(*axes, pads, strict=True)
    )
    return (pads[0][0], pads[1][0]), (rows, columns)


def adaptive_windows(size: int, count: int) -> list[range]:
    """Cut an axis into `count` near-equal parts, as adaptive pooling does.

    Part ``i`` runs from ⌊i · I / O⌋ up to ⌈(i + 1) · I / O⌉; neighbours may share a cell.

    Examples
    --------
    >>> adaptive_windows(5, 3)
    [range(0, 2), range(1, 4), range(3, 5)]
    """
    size, count = whole("size", size, 1), whole("output_size", count, 1)
    return [range(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def effective_kernel(kernel: int, dilation: int = 1) -> int:
    """Cells from a window's first tap to its last: D(K − 1) + 1.

    Examples
    --------
    >>> [effective_kernel(3, dilation) for dilation in (1, 2, 4, 8)]
    [3, 5, 9, 17]
    """
    return whole("dilation", dilation, 1) * (whole("kernel", kernel, 1) - 1) + 1


def window(index: int, kernel: int, stride: int = 1, pad: Pad = 0, dilation: int = 1) -> range:
    """Input indices that output `index` reads, one for each weight; they may lie outside.

    Examples
    --------
    >>> list(window(0, 3, pad=1))
    [-1, 0, 1]
    >>> list(window(2, 3, stride=2, dilation=2))
    [4, 6, 8]
    """
    index = whole("index", index, 0)
    _, kernel, stride, before, _, dilation = _axis(1, kernel, stride, pad, dilation)
    start = index * stride - before
    return range(start, start + kernel * dilation, dilation)


def feeds(
    index: int,
    size: int,
    kernel: int,
    stride: int = 1,
    pad: Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> list[int]:
    """Output indices whose window reads input `index`.

    Examples
    --------
    >>> feeds(2, 7, 3)
    [0, 1, 2]
    >>> feeds(2, 7, 3, stride=2)
    [0, 1]
    """
    index = whole("index", index, 0)
    if index >= size:
        raise ValueError(f"index must lie inside the image's {size} cells, got {index}")
    outputs = output_size(size, kernel, stride, pad, dilation, ceil_mode)
    return [o for o in range(outputs) if index in window(o, kernel, stride, pad, dilation)]


def taps(
    weight: int,
    size: int,
    kernel: int,
    stride: int = 1,
    pad: Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> range:
    """Input indices that one weight meets, one for each output; they may lie outside.

    Examples
    --------
    >>> list(taps(0, 5, 3, pad=1))
    [-1, 0, 1, 2, 3]
    """
    weight = whole("weight", weight, 0)
    if weight >= kernel:
        raise ValueError(f"weight must lie inside the kernel's {kernel} cells, got {weight}")
    outputs = output_size(size, kernel, stride, pad, dilation, ceil_mode)
    start = window(0, kernel, stride, pad, dilation)[weight]
    return range(start, start + outputs * stride, stride)


def dropped(
    size: int,
    kernel: int,
    stride: int = 1,
    pad: Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> range:
    """Input indices after the last window: what the floor in the output size loses.

    Examples
    --------
    >>> list(dropped(28, 3, stride=2))
    [27]
    """
    outputs = output_size(size, kernel, stride, pad, dilation, ceil_mode)
    end = window(outputs - 1, kernel, stride, pad, dilation)[-1] + 1
    return range(min(max(end, 0), size), size)


def coverage(
    size: int,
    kernel: int,
    stride: int = 1,
    pad: Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> list[int]:
    """How many windows read each input index. On an image, multiply the two axes' counts.

    Examples
    --------
    >>> coverage(7, 3)
    [1, 2, 3, 3, 3, 2, 1]
    >>> coverage(7, 2, stride=3)
    [1, 1, 0, 1, 1, 0, 0]
    """
    counts = [0] * size
    for o in range(output_size(size, kernel, stride, pad, dilation, ceil_mode)):
        for i in window(o, kernel, stride, pad, dilation):
            if 0 <= i < size:
                counts[i] += 1
    return counts


def whole(name: str, value: SupportsIndex, least: int) -> int:
    """Check that `value` is a whole number from `least`, and say so by its `name` if it is not."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number from {least}, got {value!r}")
    if number < least:
        raise ValueError(f"{name} must be a whole number from {least}, got {value!r}")
    if number > LARGEST:
        raise ValueError(f"{name} must be a whole number up to {LARGEST}, got {value!r}")
    return number


def pair(name: str, value: Pair, least: int) -> tuple[int, int]:
    """Check one whole number for both axes, or (rows, columns)."""
    numbers = _sequence(value)
    if numbers is None:
        both = whole(name, value, least)  # type: ignore[arg-type]  # `whole` is the check
        return both, both
    if len(numbers) != 2:
        raise ValueError(f"{name} must be one whole number or two, got {value!r}")
    return whole(name, numbers[0], least), whole(name, numbers[1], least)


_padding_rule = (
    "'valid', 'same', 'half', 'full', a whole number from 0, "
    "(rows, columns) or ((top, bottom), (left, right))"
)


def _output_size(
    size: int,
    kernel: int,
    stride: int,
    before: int,
    after: int,
    dilation: int,
    ceil_mode: bool,
    name: str,
) -> int:
    effective = effective_kernel(kernel, dilation)
    spare = size + before + after - effective
    steps = -(-spare // stride) if ceil_mode else spare // stride
    if ceil_mode and steps * stride >= size + before:
        # This window would start beyond the image, in the padding at its end.
        steps -= 1
    if steps < 0:
        raise ValueError(
            f"kernel of effective size {effective} (size {kernel}, dilation {dilation}) is larger "
            f"than the padded {name} of {size} + {before} + {after} = {size + before + after}"
        )
    return steps + 1


def _named_padding(
    padding: str, size: int, kernel: int, stride: int, dilation: int
) -> tuple[int, int]:
    reach = effective_kernel(kernel, dilation) - 1
    if padding == "full":
        return reach, reach
    total = 0
    if padding == "half":
        total = reach
    elif padding == "same":
        outputs = -(-size // stride)
        total = max((outputs - 1) * stride + reach + 1 - size, 0)
    return total // 2, total - total // 2


def _axis(
    size: int, kernel: int, stride: int, pad: Pad, dilation: int
) -> tuple[int, int, int, int, int, int]:
    before, after = _ends("pad", pad)
    return (
        whole("size", size, 1),
        whole("kernel", kernel, 1),
        whole("stride", stride, 1),
        before,
        after,
        whole("dilation", dilation, 1),
    )


def _ends(name: str, value: Any) -> tuple[int, int]:
    numbers = _sequence(value)
    if numbers is None:
        both = whole(name, value, 0)
        return both, both
    if len(numbers) != 2:
        raise ValueError(f"{name} must be one whole number or (before, after), got {value!r}")
    return whole(name, numbers[0], 0), whole(name, numbers[1], 0)


def _sequence(value: Any) -> tuple[Any, ...] | None:
    """Take the items of a list, tuple or array; None for a lone value."""
    if isinstance(value, str | bytes):
        return None
    try:
        return tuple(value)
    except TypeError:
        return None
