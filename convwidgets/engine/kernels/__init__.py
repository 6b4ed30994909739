"""The arithmetic of convolution and pooling: one code, compiled for both targets.

Every kernel is serial, works on C-contiguous arrays, allocates nothing and raises nothing: sizes
are checked before a call. ``row0`` and ``row1`` bound the output rows of one call, so that threads
and workers can share a map. Axes are N (image), C (channel), rows, columns; S is a stride, D a
dilation. Output row ``i`` reads the input rows ``i·S − top + u·D``, for ``u`` below the window's
height; columns likewise.
"""

from typing import Any

from numba import types

from convwidgets.engine.kernels.convolution import conv2d, conv_transpose2d
from convwidgets.engine.kernels.decomposition import svd
from convwidgets.engine.kernels.fourier import filter_spectra, fourier_conv2d
from convwidgets.engine.kernels.padding import pad2d, unpad2d
from convwidgets.engine.kernels.pointwise import activate, activate_gradient
from convwidgets.engine.kernels.pooling import (
    adaptive_avg_pool2d_gradient,
    adaptive_pool2d,
    avg_pool2d,
    avg_pool2d_gradient,
    extreme_pool2d,
    unpool2d,
)
from convwidgets.engine.kernels.weights import conv2d_weight, conv2d_weight_flat

#: What each kernel takes: its arrays by their number of axes, f for floating point and i for
#: 32-bit whole numbers, then whole numbers.
SIGNATURES = {
    "activate": "f1 f1 1",
    "activate_gradient": "f1 f1 f1 1",
    "adaptive_avg_pool2d_gradient": "f4 f4 0",
    "adaptive_pool2d": "f4 f4 i4 1",
    "avg_pool2d": "f4 f4 f1 14",
    "avg_pool2d_gradient": "f4 f4 12",
    "conv2d": "f4 f4 f1 f4 f1 9",
    "conv2d_weight": "f4 f4 f4 9",
    "conv2d_weight_flat": "f1 f3 f4 7",
    "conv_transpose2d": "f4 f4 f1 f4 f1 9",
    "extreme_pool2d": "f4 f4 i4 f1 11",
    "filter_spectra": "f4 f6 f4 f2 f2 4",
    "fourier_conv2d": "f4 f6 f1 f4 f4 f5 f4 f2 f2 9",
    "pad2d": "f4 f4 3",
    "svd": "f2 f2 f1 f2 f2 0",
    "unpad2d": "f4 f4 3",
    "unpool2d": "f4 i4 f4 1",
}

#: What the page does without: it trains nothing large.
NATIVE = {"conv2d_weight_flat"}

__all__ = [
    "NATIVE",
    "SIGNATURES",
    "activate",
    "activate_gradient",
    "adaptive_avg_pool2d_gradient",
    "adaptive_pool2d",
    "avg_pool2d",
    "avg_pool2d_gradient",
    "conv2d",
    "conv2d_weight",
    "conv2d_weight_flat",
    "conv_transpose2d",
    "extreme_pool2d",
    "filter_spectra",
    "fourier_conv2d",
    "pad2d",
    "signature",
    "svd",
    "unpad2d",
    "unpool2d",
]


def signature(name: str, number: str) -> tuple[Any, ...]:
    """Give the types of a kernel's arguments, for maps of one type of number.

    Examples
    --------
    >>> signature("pad2d", "float32")[2:]
    (int64, int64, int64)
    """
    *arrays, scalars = SIGNATURES[name].split()
    kinds = {"f": getattr(types, number), "i": types.int32}
    return (
        *(types.Array(kinds[array[0]], int(array[1]), "C") for array in arrays),
        *[types.int64] * int(scalars),
    )
