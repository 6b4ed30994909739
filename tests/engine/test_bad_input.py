"""Wrong input is refused in words that name the argument, the value and the rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from convwidgets import engine
from convwidgets.engine import geometry

X = np.ones((5, 6))
XC = np.ones((4, 5, 6))
K = np.ones((3, 3))


def conv(x: Any = X, w: Any = K, b: Any = None, **options: Any) -> Callable[[], Any]:
    return lambda: engine.conv2d(x, w, b, **options)


def pool(x: Any = X, size: Any = 2, **options: Any) -> Callable[[], Any]:
    return lambda: engine.max_pool2d(x, size, **options)


def mean(**options: Any) -> Callable[[], Any]:
    return lambda: engine.avg_pool2d(X, 2, **options)


CONV = {
    "1-D": (conv(np.ones(3)), ValueError, r"input must be \(H, W\).*got shape \(3,\)"),
    "5-D": (conv(np.ones((1,) * 5)), ValueError, r"input must be .*got shape \(1, 1, 1, 1, 1\)"),
    "a number": (conv(3), ValueError, r"input must be .*got shape \(\)"),
    "no rows": (conv(np.ones((0, 6))), ValueError, r"input must have a channel.*\(0, 6\)"),
    "no channels": (
        conv(np.ones((1, 0, 5, 6)), K[None, None]),
        ValueError,
        r"input must have a channel.*\(1, 0, 5, 6\)",
    ),
    "ragged": (
        conv([[1, 2], [3]]),
        ValueError,
        "input must be an array whose rows have one length",
    ),
    "text": (conv("camera"), TypeError, "input must hold real numbers.*<U6"),
    "nothing": (conv(None), TypeError, "input must hold real numbers.*object"),
    "complex": (conv(X * 1j), TypeError, "input must hold real numbers.*complex128"),
    "dates": (conv(X.astype("M8[s]")), TypeError, r"input must hold real numbers.*datetime64"),
    "weight 4-D": (
        conv(w=K[None, None]),
        ValueError,
        r"weight must be \(Kh, Kw\).*\(1, 1, 3, 3\)",
    ),
    "weight 2-D": (conv(XC), ValueError, r"weight must be \(O, C / groups, Kh, Kw\).*\(3, 3\)"),
    "weight 3-D": (conv(XC, np.ones((4, 3, 3))), ValueError, r"weight must be .*\(4, 3, 3\)"),
    "weight empty": (conv(w=np.ones((0, 3))), ValueError, r"weight must not be empty.*\(0, 3\)"),
    "weight text": (conv(w="sobel"), TypeError, "weight must hold real numbers"),
    "weight channels": (
        conv(XC, np.ones((2, 3, 3, 3))),
        ValueError,
        r"weight must have C / groups = 4 / 1 = 4 channels, got 3",
    ),
    "weight of groups": (
        conv(XC, np.ones((2, 4, 3, 3)), groups=2),
        ValueError,
        r"weight must have C / groups = 4 / 2 = 2 channels, got 4",
    ),
    "groups and channels": (
        conv(XC, np.ones((3, 1, 3, 3)), groups=3),
        ValueError,
        "groups must divide the 4 channels of input and the 3 filters of weight, got 3",
    ),
    "groups and filters": (
        conv(XC, np.ones((3, 2, 3, 3)), groups=2),
        ValueError,
        "groups must divide .* 3 filters of weight, got 2",
    ),
    "groups 0": (conv(groups=0), ValueError, "groups must be a whole number from 1, got 0"),
    "groups text": (conv(groups="1"), TypeError, "groups must be a whole number from 1, got '1'"),
    "bias long": (conv(b=[1, 2]), ValueError, r"bias must have shape \(1,\).*got \(2,\)"),
    "bias number": (
        conv(XC, np.ones((2, 4, 3, 3)), 1),
        ValueError,
        r"bias must have shape \(2,\).*got \(\)",
    ),
    "bias text": (conv(b="one"), TypeError, "bias must hold real numbers"),
    "stride 0": (conv(stride=0), ValueError, "stride must be a whole number from 1, got 0"),
    "stride -1": (conv(stride=(1, -1)), ValueError, "stride must be .* from 1, got -1"),
    "stride 1.5": (conv(stride=1.5), TypeError, "stride must be a whole number from 1, got 1.5"),
    "stride True": (conv(stride=True), TypeError, "stride must be a whole number.*got True"),
    "stride text": (conv(stride="2"), TypeError, "stride must be a whole number.*got '2'"),
    "stride three": (
        conv(stride=(1, 2, 3)),
        ValueError,
        r"stride must be one whole number or two, got \(1, 2, 3\)",
    ),
    "stride None": (conv(stride=None), TypeError, "stride must be a whole number.*got None"),
    "stride huge": (conv(stride=2**40), ValueError, "stride must be .* up to 2147483647, got 1099"),
    "dilation 0": (conv(dilation=0), ValueError, "dilation must be a whole number from 1, got 0"),
    "dilation nan": (conv(dilation=np.nan), TypeError, "dilation must be a whole number.*nan"),
    "padding -1": (conv(padding=-1), ValueError, "padding must be a whole number from 0, got -1"),
    "padding end": (
        conv(padding=((0, 1), (-2, 0))),
        ValueError,
        "padding must be a whole number from 0, got -2",
    ),
    "padding half": (conv(padding=0.5), TypeError, "padding must be a whole number.*got 0.5"),
    "padding name": (conv(padding="Same"), ValueError, "padding must be 'valid', .*got 'Same'"),
    "padding three": (
        conv(padding=(1, 2, 3)),
        ValueError,
        r"padding must be 'valid', .*got \(1, 2, 3\)",
    ),
    "padding ends": (
        conv(padding=((1, 2, 3), 1)),
        ValueError,
        r"padding must be one whole number or \(before, after\), got \(1, 2, 3\)",
    ),
    "padding None": (conv(padding=None), TypeError, "padding must be a whole number.*None"),
    "mode": (
        conv(padding_mode="constant"),
        ValueError,
        "padding_mode must be 'zeros', .*got 'constant'",
    ),
    "mode None": (conv(padding_mode=None), ValueError, "padding_mode must be .*got None"),
    "reflect": (
        conv(padding=5, padding_mode="reflect"),
        ValueError,
        "padding must be less than the image's 5 rows with padding_mode='reflect', got 5",
    ),
    "circular": (
        conv(padding=(0, 7), padding_mode="circular"),
        ValueError,
        "padding must be at most the image's 6 columns with padding_mode='circular', got 7",
    ),
    "flip": (conv(flip="no"), TypeError, "flip must be True or False, got 'no'"),
    "kernel too tall": (
        conv(w=np.ones((6, 1))),
        ValueError,
        r"kernel of effective size 6 \(size 6, dilation 1\) is larger than the padded image's "
        r"height of 5 \+ 0 \+ 0 = 5",
    ),
    "kernel too wide": (
        conv(dilation=4, padding=((2, 2), (0, 1))),
        ValueError,
        r"kernel of effective size 9 \(size 3, dilation 4\) is larger than the padded image's "
        r"width of 6 \+ 0 \+ 1 = 7",
    ),
}

POOL = {
    "1-D": (pool(np.ones(3)), ValueError, r"input must be .*got shape \(3,\)"),
    "text": (pool("x"), TypeError, "input must hold real numbers"),
    "size 0": (pool(size=0), ValueError, "kernel_size must be a whole number from 1, got 0"),
    "size 2.0": (pool(size=2.0), TypeError, "kernel_size must be a whole number.*got 2.0"),
    "size too large": (pool(size=6), ValueError, "kernel of effective size 6 .*height of 5"),
    "stride 0": (pool(stride=0), ValueError, "stride must be a whole number from 1, got 0"),
    "padding": (
        pool(padding=2),
        ValueError,
        "padding must be at most half of kernel_size 2, got 2",
    ),
    "padding at the end": (
        pool(size=3, padding=((1, 2), (1, 1))),
        ValueError,
        "padding must be at most half of kernel_size 3, got 2",
    ),
    "dilation": (
        pool(np.ones((1, 1)), padding=1, dilation=2),
        ValueError,
        "dilation must leave each window a cell of the image's 1, got 2",
    ),
    "ceil_mode": (pool(ceil_mode=1), TypeError, "ceil_mode must be True or False, got 1"),
    "return_indices": (
        pool(return_indices="yes"),
        TypeError,
        "return_indices must be True or False, got 'yes'",
    ),
    "count_include_pad": (
        mean(count_include_pad=None),
        TypeError,
        "count_include_pad must be True or False, got None",
    ),
    "divisor 0": (
        mean(divisor_override=0),
        ValueError,
        "divisor_override must be a whole number other than 0, got 0",
    ),
    "divisor 2.5": (
        mean(divisor_override=2.5),
        TypeError,
        "divisor_override must be a whole number.*got 2.5",
    ),
    "activation": (
        lambda: engine.activate(X, "sigmoid"),
        ValueError,
        "kind must be 'none', .*got 'sigmoid'",
    ),
    "activation of text": (
        lambda: engine.activate(["a"], "relu"),
        TypeError,
        "input must hold real numbers",
    ),
}

GEOMETRY = {
    "size 0": (lambda: geometry.output_size(0, 1), ValueError, "size must be .* from 1, got 0"),
    "pad": (lambda: geometry.output_size(5, 3, 1, (1, 2, 3)), ValueError, "pad must be one whole"),
    "no window": (
        lambda: geometry.output_size(2, 3),
        ValueError,
        r"larger than the padded image of 2 \+ 0 \+ 0 = 2",
    ),
    "no window across": (
        lambda: geometry.output_shape((9, 2), 3),
        ValueError,
        "larger than the padded image's width of 2",
    ),
    "outside": (lambda: geometry.feeds(5, 5, 3), ValueError, "index must lie inside .* 5 .*got 5"),
    "negative": (lambda: geometry.window(-1, 3), ValueError, "index must be .* from 0, got -1"),
    "no such weight": (lambda: geometry.taps(3, 5, 3), ValueError, "weight must lie .* 3 .*got 3"),
    "setting": (lambda: engine.use("fast"), ValueError, "setting must be 'auto', .*got 'fast'"),
}

TABLE = {
    f"{name}: {what}": row
    for name, rows in (("conv2d", CONV), ("pool", POOL), ("geometry", GEOMETRY))
    for what, row in rows.items()
}


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("what", TABLE)
def test_refused(what: str) -> None:
    call, kind, words = TABLE[what]
    with pytest.raises(kind, match=words):
        call()


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="the platform has none")
def test_more_than_64_bits_are_refused() -> None:
    with pytest.raises(TypeError, match="input must hold real numbers of at most 64 bits"):
        engine.conv2d(X.astype(np.longdouble), K)
