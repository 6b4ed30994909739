"""Convolution and pooling of signals: the functions of images, on maps of one row."""

from __future__ import annotations

from typing import Any, Literal, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convwidgets.engine import convolution, gradients, pooling
from convwidgets.engine._arguments import Array, Indices, numbers, truth
from convwidgets.engine.geometry import Pad, whole
from convwidgets.engine.gradients import Gradients

Number = TypeVar("Number", bound=np.generic)


def conv1d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: int = 1,
    padding: str | Pad = 0,
    dilation: int = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
    flip: bool = False,
) -> Array:
    """Slide every filter along the signals: a cross-correlation, or with ``flip`` a convolution.

    Parameters
    ----------
    input : array
        (N, C, L), (C, L), or (L,) for one signal. float32 and float64 are kept, other real
        numbers become float32.
    weight : array
        (O, C / groups, K), or (K,) beside an (L,) input.
    bias : array, optional
        (O,), or one number where O is 1.
    stride, dilation : int
        Steps between windows and between the cells of a window, from 1.
    padding : str, int or (int, int)
        ``"valid"``, ``"same"``, ``"half"``, ``"full"`` as in `convwidgets.engine.conv2d`;
        ``"causal"``: D(K − 1) cells before and none after, so that no output looks ahead; a
        number for both ends, or (before, after).
    groups, padding_mode, flip
        As in `convwidgets.engine.conv2d`.

    Returns
    -------
    array
        (N, O, Lo), (O, Lo) or (Lo,).

    Raises
    ------
    TypeError, ValueError
        As `convwidgets.engine.conv2d` does.

    Examples
    --------
    >>> conv1d([1, 2, 3, 4], [1, 1])
    array([3., 5., 7.], dtype=float32)
    >>> conv1d([1, 2, 3, 4], [1, 1], padding="causal")
    array([1., 3., 5., 7.], dtype=float32)
    """
    x, w = _signals("input", input), _weights(weight, input)
    y = convolution.conv2d(
        x,
        w,
        bias,
        stride=(1, whole("stride", stride, 1)),
        padding=_padding(padding, w.shape[-1], dilation),
        dilation=(1, whole("dilation", dilation, 1)),
        groups=groups,
        padding_mode=padding_mode,
        flip=flip,
    )
    return _line(y)


def conv1d_gradients(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    weight: ArrayLike,
    grad_output: ArrayLike,
    *,
    stride: int = 1,
    padding: str | Pad = 0,
    dilation: int = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
    flip: bool = False,
) -> Gradients:
    """Give gradients of `conv1d` as in `convwidgets.engine.conv2d_gradients`.

    Examples
    --------
    >>> conv1d_gradients([1, 2, 3], [1, 1], [1, 10]).weight
    array([21., 32.], dtype=float32)
    """
    x, w = _signals("input", input), _weights(weight, input)
    given = gradients.conv2d_gradients(
        x,
        w,
        _signals("grad_output", grad_output),
        stride=(1, whole("stride", stride, 1)),
        padding=_padding(padding, w.shape[-1], dilation),
        dilation=(1, whole("dilation", dilation, 1)),
        groups=groups,
        padding_mode=padding_mode,
        flip=flip,
    )
    return Gradients(_line(given.input), _line(given.weight), given.bias)


def conv_transpose1d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: int = 1,
    padding: str | Pad = 0,
    output_padding: int = 0,
    groups: int = 1,
    dilation: int = 1,
) -> Array:
    """Lay a weighted kernel on the output for every cell of the signals.

    Parameters
    ----------
    input : array
        (N, C, L), (C, L) or (L,).
    weight : array
        (C, O / groups, K), or (K,) beside an (L,) input.
    bias, stride, padding, output_padding, groups, dilation
        As in `convwidgets.engine.conv_transpose2d`, on one axis.

    Returns
    -------
    array
        (N, O, Lo), (O, Lo) or (Lo,); Lo as in `convwidgets.engine.geometry.transposed_size`.

    Raises
    ------
    TypeError, ValueError
        As `convwidgets.engine.conv_transpose2d` does.

    Examples
    --------
    >>> conv_transpose1d([1, 2], [1, 10, 100], stride=2)
    array([  1.,  10., 102.,  20., 200.], dtype=float32)
    """
    y = convolution.conv_transpose2d(
        _signals("input", input),
        _weights(weight, input),
        bias,
        stride=(1, whole("stride", stride, 1)),
        padding=_padding(padding),
        output_padding=(0, whole("output_padding", output_padding, 0)),
        groups=groups,
        dilation=(1, whole("dilation", dilation, 1)),
    )
    return _line(y)


def conv_transpose1d_gradients(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    weight: ArrayLike,
    grad_output: ArrayLike,
    *,
    stride: int = 1,
    padding: str | Pad = 0,
    output_padding: int = 0,
    groups: int = 1,
    dilation: int = 1,
) -> Gradients:
    """Give gradients as in `convwidgets.engine.conv_transpose2d_gradients`, on one axis.

    Examples
    --------
    >>> conv_transpose1d_gradients([1, 2], [1, 1], [1, 2, 3]).input
    array([3., 5.], dtype=float32)
    """
    given = gradients.conv_transpose2d_gradients(
        _signals("input", input),
        _weights(weight, input),
        _signals("grad_output", grad_output),
        stride=(1, whole("stride", stride, 1)),
        padding=_padding(padding),
        output_padding=(0, whole("output_padding", output_padding, 0)),
        groups=groups,
        dilation=(1, whole("dilation", dilation, 1)),
    )
    return Gradients(_line(given.input), _line(given.weight), given.bias)


def cross_correlate(a: ArrayLike, v: ArrayLike, mode: str = "valid") -> Array:
    """Slide `v` along `a` and sum the products: NumPy's ``correlate`` of real numbers.

    Parameters
    ----------
    a, v : array
        (M,) and (K,).
    mode : {"valid", "same", "full"}
        Where `v` lies on `a` wholly, the middle max(M, K) places, or wherever they touch.

    Returns
    -------
    array
        max(M, K) − min(M, K) + 1, max(M, K) or M + K − 1 numbers.

    Raises
    ------
    TypeError, ValueError
        If an array is not a row of numbers, or `mode` is none of the three.

    Examples
    --------
    >>> cross_correlate([1, 2, 3], [0, 1, 0.5], "same")
    array([2. , 3.5, 3. ])
    """
    return _numpys(a, v, mode, flip=False)


def convolve(a: ArrayLike, v: ArrayLike, mode: str = "full") -> Array:
    """Slide `v`, reversed, along `a`: NumPy's ``convolve``; all else as in `cross_correlate`.

    Examples
    --------
    >>> convolve([1, 2, 3], [0, 1, 0.5])
    array([0. , 1. , 2.5, 4. , 1.5])
    """
    return _numpys(a, v, mode, flip=True)


@overload
def max_pool1d(
    input: ArrayLike,
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: str | Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Array: ...


@overload
def max_pool1d(
    input: ArrayLike,
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: str | Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    return_indices: Literal[True],
) -> tuple[Array, Indices]: ...


def max_pool1d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: str | Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Array | tuple[Array, Indices]:
    """Take the greatest cell of each window of a signal.

    Parameters
    ----------
    input : array
        (N, C, L), (C, L) or (L,).
    kernel_size, stride, padding, dilation, ceil_mode, return_indices
        As in `convwidgets.engine.max_pool2d`, on one axis.

    Returns
    -------
    output : array
        Like `input` but for the length.
    indices : array of int64
        With `return_indices`: where the winners stand.

    Raises
    ------
    TypeError, ValueError
        As `convwidgets.engine.max_pool2d` does.

    Examples
    --------
    >>> max_pool1d([1, 3, 2, 5], 2)
    array([3., 5.], dtype=float32)
    """
    options = _pooling(kernel_size, stride, padding, dilation, ceil_mode)
    x = _signals("input", input)
    if not truth("return_indices", return_indices):
        return _line(pooling.max_pool2d(x, **options))
    y, index = pooling.max_pool2d(x, **options, return_indices=True)
    return _line(y), _line(index)


@overload
def min_pool1d(
    input: ArrayLike,
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: str | Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Array: ...


@overload
def min_pool1d(
    input: ArrayLike,
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: str | Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    return_indices: Literal[True],
) -> tuple[Array, Indices]: ...


def min_pool1d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: str | Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Array | tuple[Array, Indices]:
    """Take the least cell of each window of a signal.

    Parameters
    ----------
    input : array
        (N, C, L), (C, L) or (L,).
    kernel_size, stride, padding, dilation, ceil_mode, return_indices
        As in `convwidgets.engine.min_pool2d`, on one axis.

    Returns
    -------
    output : array
        Like `input` but for the length.
    indices : array of int64
        With `return_indices`: where the winners stand.

    Raises
    ------
    TypeError, ValueError
        As `convwidgets.engine.min_pool2d` does.

    Examples
    --------
    >>> min_pool1d([1, 3, 2, 5], 2)
    array([1., 2.], dtype=float32)
    """
    options = _pooling(kernel_size, stride, padding, dilation, ceil_mode)
    x = _signals("input", input)
    if not truth("return_indices", return_indices):
        return _line(pooling.min_pool2d(x, **options))
    y, index = pooling.min_pool2d(x, **options, return_indices=True)
    return _line(y), _line(index)


def max_pool1d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: str | Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> Array:
    """Give a gradient as in `convwidgets.engine.max_pool2d_gradient`, on one axis.

    Examples
    --------
    >>> max_pool1d_gradient([1, 3, 2, 5], [10, 20], 2)
    array([ 0., 10.,  0., 20.], dtype=float32)
    """
    options = _pooling(kernel_size, stride, padding, dilation, ceil_mode)
    x, g = _signals("input", input), _signals("grad_output", grad_output)
    return _line(gradients.max_pool2d_gradient(x, g, **options))


def min_pool1d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: str | Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> Array:
    """Give a gradient as in `convwidgets.engine.min_pool2d_gradient`, on one axis.

    Examples
    --------
    >>> min_pool1d_gradient([1, 3, 2, 5], [10, 20], 2)
    array([10.,  0., 20.,  0.], dtype=float32)
    """
    options = _pooling(kernel_size, stride, padding, dilation, ceil_mode)
    x, g = _signals("input", input), _signals("grad_output", grad_output)
    return _line(gradients.min_pool2d_gradient(x, g, **options))


def avg_pool1d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: str | Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Take the mean of each window of a signal.

    Parameters
    ----------
    input : array
        (N, C, L), (C, L) or (L,).
    kernel_size, stride, padding, dilation, ceil_mode, count_include_pad, divisor_override
        As in `convwidgets.engine.avg_pool2d`, on one axis.

    Returns
    -------
    array
        Like `input` but for the length.

    Raises
    ------
    TypeError, ValueError
        As `convwidgets.engine.avg_pool2d` does.

    Examples
    --------
    >>> avg_pool1d([1, 3, 2, 5], 2)
    array([2. , 3.5], dtype=float32)
    """
    options = _pooling(kernel_size, stride, padding, dilation, ceil_mode)
    y = pooling.avg_pool2d(
        _signals("input", input),
        count_include_pad=count_include_pad,
        divisor_override=divisor_override,
        **options,
    )
    return _line(y)


def avg_pool1d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: str | Pad = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Give a gradient as in `convwidgets.engine.avg_pool2d_gradient`, on one axis.

    Examples
    --------
    >>> avg_pool1d_gradient([1, 3, 2, 5], [10, 20], 2)
    array([ 5.,  5., 10., 10.], dtype=float32)
    """
    options = _pooling(kernel_size, stride, padding, dilation, ceil_mode)
    x = gradients.avg_pool2d_gradient(
        _signals("input", input),
        _signals("grad_output", grad_output),
        count_include_pad=count_include_pad,
        divisor_override=divisor_override,
        **options,
    )
    return _line(x)


def max_unpool1d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    indices: ArrayLike,
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: int = 0,
    output_size: int | None = None,
) -> Array:
    """Put winners back as in `convwidgets.engine.max_unpool2d`, on one axis.

    Examples
    --------
    >>> max_unpool1d([3, 5], [1, 3], 2)
    array([0., 3., 0., 5.], dtype=float32)
    """
    y = pooling.max_unpool2d(
        _signals("input", input),
        np.expand_dims(np.asarray(indices), -2),
        (1, whole("kernel_size", kernel_size, 1)),
        stride=None if stride is None else (1, whole("stride", stride, 1)),
        padding=(0, whole("padding", padding, 0)),
        output_size=None if output_size is None else (1, whole("output_size", output_size, 1)),
    )
    return _line(y)


def max_unpool1d_gradient(indices: ArrayLike, grad_output: ArrayLike) -> Array:
    """Give a gradient as in `convwidgets.engine.max_unpool2d_gradient`.

    Examples
    --------
    >>> max_unpool1d_gradient([1, 3], [1, 2, 3, 4])
    array([2., 4.], dtype=float32)
    """
    places = np.expand_dims(np.asarray(indices), -2)
    return _line(gradients.max_unpool2d_gradient(places, _signals("grad_output", grad_output)))


@overload
def adaptive_max_pool1d(
    input: ArrayLike, output_size: int, *, return_indices: Literal[False] = False
) -> Array: ...


@overload
def adaptive_max_pool1d(
    input: ArrayLike, output_size: int, *, return_indices: Literal[True]
) -> tuple[Array, Indices]: ...


def adaptive_max_pool1d(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    output_size: int,
    *,
    return_indices: bool = False,
) -> Array | tuple[Array, Indices]:
    """Take the greatest of near-equal parts, as in `convwidgets.engine.adaptive_max_pool2d`.

    Examples
    --------
    >>> adaptive_max_pool1d([1, 3, 2, 5, 4], 2)
    array([3., 5.], dtype=float32)
    """
    size = (1, whole("output_size", output_size, 1))
    x = _signals("input", input)
    if not truth("return_indices", return_indices):
        return _line(pooling.adaptive_max_pool2d(x, size))
    y, index = pooling.adaptive_max_pool2d(x, size, return_indices=True)
    return _line(y), _line(index)


def adaptive_max_pool1d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
    output_size: int,
) -> Array:
    """Give a gradient as in `convwidgets.engine.adaptive_max_pool2d_gradient`.

    Examples
    --------
    >>> adaptive_max_pool1d_gradient([1, 3, 2, 5], [10, 20], 2)
    array([ 0., 10.,  0., 20.], dtype=float32)
    """
    x, g = _signals("input", input), _signals("grad_output", grad_output)
    size = (1, whole("output_size", output_size, 1))
    return _line(gradients.adaptive_max_pool2d_gradient(x, g, size))


def adaptive_avg_pool1d(input: ArrayLike, output_size: int) -> Array:  # noqa: A002
    """Take the mean of near-equal parts, as in `convwidgets.engine.adaptive_avg_pool2d`.

    Examples
    --------
    >>> adaptive_avg_pool1d([1, 3, 2, 6], 2)
    array([2., 4.], dtype=float32)
    """
    size = (1, whole("output_size", output_size, 1))
    return _line(pooling.adaptive_avg_pool2d(_signals("input", input), size))


def adaptive_avg_pool1d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
    output_size: int,
) -> Array:
    """Give a gradient as in `convwidgets.engine.adaptive_avg_pool2d_gradient`.

    Examples
    --------
    >>> adaptive_avg_pool1d_gradient([1, 3, 2, 6], [10, 20], 2)
    array([ 5.,  5., 10., 10.], dtype=float32)
    """
    x, g = _signals("input", input), _signals("grad_output", grad_output)
    size = (1, whole("output_size", output_size, 1))
    return _line(gradients.adaptive_avg_pool2d_gradient(x, g, size))


def global_avg_pool1d(input: ArrayLike) -> Array:  # noqa: A002  # PyTorch's name
    """Take the mean of every signal, as in `adaptive_avg_pool1d` to one cell.

    Examples
    --------
    >>> global_avg_pool1d([1, 2, 6])
    array([3.], dtype=float32)
    """
    return adaptive_avg_pool1d(input, 1)


def global_max_pool1d(input: ArrayLike) -> Array:  # noqa: A002  # PyTorch's name
    """Take the greatest of every signal, as in `adaptive_max_pool1d` to one cell.

    Examples
    --------
    >>> global_max_pool1d([1, 2, 6])
    array([6.], dtype=float32)
    """
    return adaptive_max_pool1d(input, 1)


def global_avg_pool1d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
) -> Array:
    """Give the gradient of one mean, as in `adaptive_avg_pool1d_gradient` with size 1.

    Examples
    --------
    >>> global_avg_pool1d_gradient([1, 2, 6], [3])
    array([1., 1., 1.], dtype=float32)
    """
    return adaptive_avg_pool1d_gradient(input, grad_output, 1)


def global_max_pool1d_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
) -> Array:
    """Give the gradient of one maximum, as in `adaptive_max_pool1d_gradient` with size 1.

    Examples
    --------
    >>> global_max_pool1d_gradient([1, 2, 6], [3])
    array([0., 0., 3.], dtype=float32)
    """
    return adaptive_max_pool1d_gradient(input, grad_output, 1)


def _numpys(a: ArrayLike, v: ArrayLike, mode: str, flip: bool) -> Array:
    dtype = np.result_type(numbers("a", a), numbers("v", v)).char
    first, second = numbers("a", a, dtype), numbers("v", v, dtype)
    for name, values in (("a", first), ("v", second)):
        if values.ndim != 1 or values.size == 0:
            raise ValueError(f"{name} must be a row of numbers, got shape {values.shape}")
    if mode not in ("valid", "same", "full"):
        raise ValueError(f"mode must be 'valid', 'same' or 'full', got {mode!r}")
    longer, shorter = (first, second) if first.size >= second.size else (second, first)
    padding: str | tuple[int, int] = mode
    if mode == "same":
        before = shorter.size // 2
        padding = (before, shorter.size - 1 - before)
    y = conv1d(longer, shorter, padding=padding, flip=flip)
    # A correlation of v with a is that of a with v in reverse.
    return y[::-1].copy() if longer is second and not flip else y


def _signals(name: str, value: ArrayLike) -> Array:
    """Give signals an axis of one row."""
    x = numbers(name, value)
    if x.ndim not in (1, 2, 3):
        raise ValueError(f"{name} must be (L,), (C, L) or (N, C, L), got shape {x.shape}")
    return x[..., None, :]


def _weights(value: ArrayLike, signals: ArrayLike) -> Array:
    w = numbers("weight", value)
    axes = 1 if np.ndim(signals) == 1 else 3
    if w.ndim != axes:
        rule = "(K,) beside an (L,) input" if axes == 1 else "(O, C / groups, K)"
        raise ValueError(f"weight must be {rule}, got shape {w.shape}")
    return w[..., None, :]


def _line(y: NDArray[Number]) -> NDArray[Number]:
    """Drop the axis of one row."""
    return y.reshape(*y.shape[:-2], y.shape[-1])


def _padding(padding: Any, kernel: int = 0, dilation: int = 1) -> Any:
    """Say for both axes what was said for one."""
    if padding == "causal" and kernel:
        return (0, 0), (whole("dilation", dilation, 1) * (kernel - 1), 0)
    if isinstance(padding, str):
        return padding
    if np.ndim(padding) == 0:
        return 0, whole("padding", padding, 0)
    return (0, 0), padding


def _pooling(
    kernel_size: int, stride: int | None, padding: str | Pad, dilation: int, ceil_mode: bool
) -> dict[str, Any]:
    return {
        "kernel_size": (1, whole("kernel_size", kernel_size, 1)),
        "stride": None if stride is None else (1, whole("stride", stride, 1)),
        "padding": _padding(padding),
        "dilation": (1, whole("dilation", dilation, 1)),
        "ceil_mode": ceil_mode,
    }
