"""Pooling and activations beside PyTorch and the textbook's loops."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from convwidgets import engine
from convwidgets.engine import geometry, reference

pytestmark = pytest.mark.usefixtures("backend")

GRID = list(
    itertools.product(
        (1, 2, 3, (2, 3), (4, 1)),
        (None, 1, 2, (3, 1), 5),
        (0, 1, (1, 0)),
        (1, 2, (1, 2)),
        (False, True),
    )
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("levels", [3, 1000])
def test_max_and_min_grid_equals_torch(dtype: type, levels: int) -> None:
    rng = np.random.default_rng(0)
    for kernel, stride, padding, dilation, ceil_mode in GRID:
        options = {
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "ceil_mode": ceil_mode,
            "return_indices": True,
        }
        x = rng.integers(0, levels, (2, 2, 9, 12)).astype(dtype)
        try:
            most, where = oracle.max_pool2d(torch.tensor(x), kernel, **options)
            least, where_least = oracle.max_pool2d(torch.tensor(-x), kernel, **options)
        except RuntimeError:
            with pytest.raises(ValueError, match="at most half"):
                engine.max_pool2d(x, kernel, **options)
            continue
        for pool, y, at in (
            (engine.max_pool2d, most, where),
            (engine.min_pool2d, -least, where_least),
        ):
            ours, index = pool(x, kernel, **options)
            np.testing.assert_array_equal(ours, y.numpy(), err_msg=str((kernel, options)))
            np.testing.assert_array_equal(index, at.numpy(), err_msg=str((kernel, options)))
            assert (ours.dtype, index.dtype) == (dtype, np.int64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_average_grid_equals_torch(dtype: type) -> None:
    rng = np.random.default_rng(1)
    grid = itertools.product(GRID, (False, True), (None, 1, 7, -2))
    for (kernel, stride, padding, dilation, ceil_mode), include, divisor in grid:
        if dilation != 1:
            continue
        options = {
            "stride": stride,
            "padding": padding,
            "ceil_mode": ceil_mode,
            "count_include_pad": include,
            "divisor_override": divisor,
        }
        x = rng.normal(size=(2, 2, 9, 12)).astype(dtype)
        try:
            expected = oracle.avg_pool2d(torch.tensor(x), kernel, **options).numpy()
        except RuntimeError:
            with pytest.raises(ValueError, match="at most half"):
                engine.avg_pool2d(x, kernel, **options)
            continue
        y = engine.avg_pool2d(x, kernel, **options)
        assert y.dtype == dtype
        near = {"rtol": 1e-5, "atol": 1e-5} if dtype == np.float32 else {"atol": 1e-12}
        np.testing.assert_allclose(y, expected, **near, err_msg=str((kernel, options)))


@given(st.data())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_shape_equals_torch_or_both_refuse(data: st.DataObject) -> None:
    shape = (data.draw(st.integers(0, 2)), data.draw(st.integers(1, 3)), *data.draw(pairs(4, 12)))
    kernel = data.draw(pairs(1, 5))
    options = {
        "stride": data.draw(pairs(1, 6)),
        "padding": data.draw(pairs(0, 3)),
        "dilation": data.draw(pairs(1, 3)),
        "ceil_mode": data.draw(st.booleans()),
        "return_indices": True,
    }
    x = np.random.default_rng(data.draw(st.integers(0, 99))).normal(size=shape)
    try:
        y, index = oracle.max_pool2d(torch.tensor(x), kernel, **options)
    except RuntimeError:
        with pytest.raises(ValueError, match=r"larger than the padded image|at most half"):
            engine.max_pool2d(x, kernel, **options)
        return
    ours, our_index = engine.max_pool2d(x, kernel, **options)
    np.testing.assert_array_equal(ours, y.numpy())
    np.testing.assert_array_equal(our_index, index.numpy())


def test_dilated_and_lopsided_average_equals_the_loops() -> None:
    x = np.random.default_rng(2).normal(size=(1, 2, 11, 13))
    pads = ((1, 0), (0, 1))
    for dilation, stride, ceil_mode, include in itertools.product(
        ((2, 1), (2, 3)), ((1, 1), (3, 2)), (False, True), (False, True)
    ):
        shape = geometry.output_shape((11, 13), (2, 3), stride, pads, dilation, ceil_mode)
        np.testing.assert_allclose(
            engine.avg_pool2d(
                x,
                (2, 3),
                stride=stride,
                padding=pads,
                dilation=dilation,
                ceil_mode=ceil_mode,
                count_include_pad=include,
            ),
            reference.avg_pool2d_loops(x, (2, 3), shape, stride, pads, dilation, include, 0),
            atol=1e-12,
        )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_and_infinity_equal_torch(value: float, dtype: type) -> None:
    x = np.arange(72, dtype=dtype).reshape(1, 1, 8, 9)
    x[0, 0, 2:4, 3:6] = value
    x[0, 0, 7, 8] = value
    for kernel, stride, padding in ((2, 1, 0), (3, 2, 1), ((8, 9), None, 0)):
        options = {"stride": stride, "padding": padding}
        y, index = oracle.max_pool2d(torch.tensor(x), kernel, return_indices=True, **options)
        ours, our_index = engine.max_pool2d(x, kernel, return_indices=True, **options)
        np.testing.assert_array_equal(ours, y.numpy())
        np.testing.assert_array_equal(our_index, index.numpy())
        least = -oracle.max_pool2d(torch.tensor(-x), kernel, **options)
        np.testing.assert_array_equal(engine.min_pool2d(x, kernel, **options), least.numpy())
        mean = oracle.avg_pool2d(torch.tensor(x), kernel, **options)
        np.testing.assert_allclose(engine.avg_pool2d(x, kernel, **options), mean.numpy())


def test_a_window_of_minus_infinity_has_an_index() -> None:
    y, index = engine.max_pool2d(np.full((3, 3), -np.inf), 2, padding=1, return_indices=True)
    assert (y == -np.inf).all()
    np.testing.assert_array_equal(index, [[0, 1], [3, 4]])


@pytest.mark.parametrize("pool", [engine.max_pool2d, engine.min_pool2d, engine.avg_pool2d])
def test_forms_of_input(pool: Any) -> None:
    x = random_integers((2, 3, 7, 8))
    whole = pool(x, 3, stride=2)
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(pool(x[1], 3, stride=2), whole[1])
    np.testing.assert_array_equal(pool(x[1, 2], 3, stride=2), whole[1, 2])
    assert pool(x[:0], 3).shape == (0, 3, 2, 2)
    backwards = x[:, :, ::-1].copy()[:, :, ::-1]
    backwards.flags.writeable = False
    np.testing.assert_array_equal(pool(backwards, 3, stride=2), whole)
    np.testing.assert_array_equal(pool(x > 4, 1), (x > 4).astype(np.float32))
    assert pool(x.astype(np.float64), 2).dtype == np.float64


def test_average_is_a_convolution_and_max_is_not() -> None:
    x = random_integers((8, 10)).astype(np.float64)
    np.testing.assert_allclose(
        engine.avg_pool2d(x, 2), engine.conv2d(x, np.full((2, 2), 0.25), stride=2)
    )
    left, right = np.array([[1, 0]]), np.array([[0, 1]])
    apart = engine.max_pool2d(left, (1, 2)) + engine.max_pool2d(right, (1, 2))
    assert (apart, engine.max_pool2d(left + right, (1, 2))) == (2, 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_equal_torch(dtype: type) -> None:
    x = np.array([-300, -1, -0.5, 0, 0.5, 255, 256, np.nan, np.inf, -np.inf], dtype)
    t = torch.tensor(x)
    for kind, expected in (
        ("none", t),
        ("relu", oracle.relu(t)),
        ("abs", t.abs()),
        ("clip", t.clip(0, 255)),
    ):
        y = engine.activate(x, kind)
        np.testing.assert_array_equal(y, expected.numpy())
        assert y.dtype == dtype
        assert not np.shares_memory(x, y)


@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3, 4, 5, 6)])
def test_activations_keep_the_shape(shape: tuple) -> None:
    y = engine.activate(np.full(shape, -2, np.int8), "abs")
    assert isinstance(y, np.ndarray)
    assert (y.shape, y.dtype) == (shape, np.float32)
    assert (y == 2).all()
    strided = np.full((6, 6), -2.0)[::2, ::-3]
    np.testing.assert_array_equal(engine.activate(strided, "relu"), np.zeros((3, 2)))


def random_integers(shape: tuple) -> np.ndarray:
    chance = random.Random(3)
    return np.array([chance.randint(0, 9) for _ in range(int(np.prod(shape)))]).reshape(shape)


def pairs(least: int, most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(least, most), st.integers(least, most))
