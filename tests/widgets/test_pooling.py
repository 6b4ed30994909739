"""The pooling explorer's numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as torch_functional

from convwidgets.widgets import Convolution2DExplorer, PoolingExplorer


@pytest.mark.parametrize(
    ("pooling", "expected", "indices"),
    [
        ("max", [[20, 30], [112, 37]], [[1, 2], [12, 10]]),
        ("average", [[13, 8], [79, 19.5]], None),
        ("min", [[8, 0], [34, 4]], [[4, 3], [8, 11]]),
    ],
)
def test_the_quarters(pooling: str, expected: object, indices: object) -> None:
    widget = PoolingExplorer(image="quarters", pooling=pooling)
    np.testing.assert_array_equal(widget.output, expected)
    if indices is None:
        assert widget.indices is None
    else:
        np.testing.assert_array_equal(widget.indices, indices)


@pytest.mark.parametrize(
    ("size", "stride", "padding", "dilation", "ceil"),
    [
        case
        for case in itertools.product((1, 2, 3, 5), (1, 2, 3), (0, 1), (1, 2), (False, True))
        if case[2] <= case[0] // 2
    ],
)
def test_against_torch(size: int, stride: int, padding: int, dilation: int, ceil: bool) -> None:
    pixels = np.random.default_rng(size).normal(size=(11, 13)).astype(np.float32)
    options = {"stride": stride, "padding": padding, "ceil_mode": ceil}
    x = torch.tensor(pixels)[None, None]
    widget = PoolingExplorer(
        image=pixels,
        pool_size=size,
        pool_stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil,
    )
    y, index = torch_functional.max_pool2d(
        x, size, dilation=dilation, return_indices=True, **options
    )
    np.testing.assert_array_equal(widget.output, y[0, 0])
    np.testing.assert_array_equal(widget.indices, index[0, 0])
    widget.pooling = "min"
    y = -torch_functional.max_pool2d(-x, size, dilation=dilation, **options)
    np.testing.assert_array_equal(widget.output, y[0, 0])
    if dilation == 1:
        widget.pooling = "average"
        y = torch_functional.avg_pool2d(x, size, **options)
        np.testing.assert_allclose(widget.output, y[0, 0], rtol=1e-5, atol=1e-6)


def test_the_average_is_a_convolution() -> None:
    pooled = PoolingExplorer(image="coins", pooling="average", pool_size=3, pool_stride=2)
    convolved = Convolution2DExplorer(image="coins", kernel="box3", stride=2, padding="valid")
    np.testing.assert_allclose(pooled.output, convolved.output, rtol=1e-5)


def test_a_shift_rolls_the_picture() -> None:
    plain = PoolingExplorer(image="coins")
    even = PoolingExplorer(image="coins", shift=(0, 2))
    odd = PoolingExplorer(image="coins", shift=(0, 1))
    np.testing.assert_array_equal(even.output, np.roll(plain.output, 1, axis=1))
    assert not np.array_equal(odd.output[:, 1:], plain.output[:, :-1])
    rolled = PoolingExplorer(image=np.roll(plain.pixels, (-3, 5), axis=(0, 1)))
    np.testing.assert_array_equal(
        PoolingExplorer(image="coins", shift=(-3, 5)).output, rolled.output
    )


def test_each_channel_by_itself() -> None:
    widget = PoolingExplorer(image="cat", channels="each", pool_size=4, pool_stride=4)
    assert widget.output.shape == (75, 112, 3)
    green = PoolingExplorer(image="cat", channels="green", pool_size=4, pool_stride=4)
    np.testing.assert_array_equal(widget.output[..., 1], green.output)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("pooling", "none", "'max', 'average' or 'min'"),
        ("channels", "sum", "'blue' or 'each'"),
        ("padding", 2, "at most half of pool_size=2"),
        ("padding", "same", "whole number from 0 to 4"),
        ("pool_size", 9, "whole number from 1 to 8"),
        ("pool_size", 5, "larger than"),
        ("shift", 1, "two whole numbers"),
        ("shift", (1, 2, 3), "two whole numbers"),
        ("shift", (1, 0.5), "from -2048 to 2048"),
        ("locked", ["stride"], "'pool_stride'"),
        ("ceil_mode", 1, "True or False"),
    ],
)
def test_bad_values_leave_it_as_it_was(name: str, value: object, rule: str) -> None:
    widget = PoolingExplorer(image="quarters")
    before = widget.state()
    with pytest.raises((ValueError, TypeError), match=rule):
        setattr(widget, name, value)
    assert widget.state() == before
    np.testing.assert_array_equal(widget.output, [[20, 30], [112, 37]])


def test_repr_and_plot() -> None:
    widget = PoolingExplorer(image="dress", shift=(1, 0))
    assert repr(widget) == (
        "PoolingExplorer(image='dress' 6×8, pooling='max' 2×2, stride=2, shift=(1, 0), output 3×4)"
    )
    titles = [ax.get_title() for ax in widget.plot().axes if ax.get_title()]
    assert titles == ["Input 6 × 8", "Output 3 × 4"]
