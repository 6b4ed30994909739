"""Laws that hold whatever the numbers: linearity, equivariance, and that gradients are adjoints."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convwidgets import engine


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Any, ...]:
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    groups = draw(st.integers(1, 3))
    channels, filters = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    options = {
        "stride": draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        "dilation": draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        "padding": draw(st.sampled_from(["valid", "same", "half", "full", 1, ((0, 2), (1, 0))])),
        "groups": groups,
    }
    size = [10 + draw(st.integers(0, 9)), 10 + draw(st.integers(0, 30))]
    x = rng.normal(size=(draw(st.integers(1, 2)), channels, *size))
    w = rng.normal(size=(filters, channels // groups, *kernel))
    return x, w, options, rng


@pytest.mark.usefixtures("backend")
@given(convolutions())
def test_a_convolution_is_linear_and_its_gradients_are_its_adjoints(case: Any) -> None:
    x, w, options, rng = case
    other = rng.normal(size=x.shape)
    y = engine.conv2d(x, w, **options)
    np.testing.assert_allclose(
        engine.conv2d(2 * x - 3 * other, w, **options),
        2 * y - 3 * engine.conv2d(other, w, **options),
        atol=1e-9,
    )
    g = rng.normal(size=y.shape)
    back = engine.conv2d_gradients(x, w, g, **options)
    np.testing.assert_allclose((y * g).sum(), (x * back.input).sum(), atol=1e-9)
    np.testing.assert_allclose((y * g).sum(), (w * back.weight).sum(), atol=1e-9)
    np.testing.assert_allclose(back.bias, g.sum((0, 2, 3)), atol=1e-9)


@pytest.mark.usefixtures("backend")
@given(convolutions())
def test_a_transposed_convolution_is_the_adjoint_of_a_convolution(case: Any) -> None:
    x, w, options, rng = case
    options = {**options, "padding": 0}
    y = engine.conv2d(x, w, **options)
    g = rng.normal(size=y.shape)
    spans = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], options["dilation"], strict=True)]
    rest = [
        (size - span) % stride
        for size, span, stride in zip(x.shape[2:], spans, options["stride"], strict=True)
    ]
    back = engine.conv_transpose2d(g, w, **options, output_padding=tuple(rest))
    assert back.shape == x.shape
    np.testing.assert_allclose((y * g).sum(), (x * back).sum(), atol=1e-9)


@pytest.mark.usefixtures("backend")
@given(st.integers(0, 2**32 - 1), st.integers(-9, 9), st.integers(-9, 9))
def test_a_circular_convolution_moves_with_its_picture(seed: int, down: int, right: int) -> None:
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(17, 23)), rng.normal(size=(5, 3))
    options: dict[str, Any] = {"padding": "same", "padding_mode": "circular"}
    moved = np.roll(x, (down, right), (0, 1))
    np.testing.assert_allclose(
        engine.conv2d(moved, w, **options),
        np.roll(engine.conv2d(x, w, **options), (down, right), (0, 1)),
        atol=1e-12,
    )


@pytest.mark.usefixtures("backend")
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 6))
def test_a_separable_convolution_is_that_with_the_outer_product(seed: int, h: int, w: int) -> None:
    rng = np.random.default_rng(seed)
    x, column, row = rng.normal(size=(2, 3, 15, 14)), rng.normal(size=h), rng.normal(size=w)
    mode = str(rng.choice(["zeros", "reflect", "replicate", "circular"]))
    options: dict[str, Any] = {
        "stride": tuple(map(int, rng.integers(1, 3, 2))),
        "dilation": tuple(map(int, rng.integers(1, 3, 2))),
        "padding": str(rng.choice(["valid", "same", "half", "full"])),
        "padding_mode": mode,
        "flip": bool(rng.random() < 0.5),
    }
    y = engine.separable_conv2d(x, column, row, **options)
    filters = np.broadcast_to(np.outer(column, row), (3, 1, h, w))
    np.testing.assert_allclose(y, engine.conv2d(x, filters, groups=3, **options), atol=1e-10)
    g = rng.normal(size=y.shape)
    back = engine.separable_conv2d_gradients(x, column, row, g, **options)
    whole = engine.conv2d_gradients(x, filters, g, groups=3, **options)
    np.testing.assert_allclose(back.input, whole.input, atol=1e-9)
    matrix = whole.weight.sum((0, 1))
    np.testing.assert_allclose(back.column, matrix @ row, atol=1e-9)
    np.testing.assert_allclose(back.row, column @ matrix, atol=1e-9)


@pytest.mark.usefixtures("backend")
@given(st.integers(0, 2**32 - 1))
def test_means_and_their_gradients_are_adjoint(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, 2, 9, 11))
    size = tuple(map(int, rng.integers(1, 12, 2)))
    y = engine.adaptive_avg_pool2d(x, size)
    g = rng.normal(size=y.shape)
    back = engine.adaptive_avg_pool2d_gradient(x, g, size)
    np.testing.assert_allclose((y * g).sum(), (x * back).sum(), atol=1e-10)
    np.testing.assert_allclose(engine.global_avg_pool2d(x)[..., 0, 0], x.mean((2, 3)))
    np.testing.assert_array_equal(engine.global_max_pool2d(x)[..., 0, 0], x.max((2, 3)))
    one = rng.normal(size=(2, 2, 1, 1))
    np.testing.assert_allclose(
        engine.global_avg_pool2d_gradient(x, one), np.broadcast_to(one / 99, x.shape)
    )
    np.testing.assert_allclose(
        engine.global_max_pool2d_gradient(x, one), one * (x == x.max((2, 3), keepdims=True))
    )
    flat = x.reshape(2, 2, 99)
    np.testing.assert_allclose(
        engine.global_max_pool1d_gradient(flat, one[..., 0]),
        engine.global_max_pool2d_gradient(x, one).reshape(2, 2, 99),
    )
    np.testing.assert_allclose(
        engine.global_avg_pool1d_gradient(flat, one[..., 0]),
        engine.global_avg_pool2d_gradient(x, one).reshape(2, 2, 99),
    )
    winners, where = engine.max_pool2d(x, 3, return_indices=True)
    placed = engine.max_unpool2d(winners, where, 3, output_size=(9, 11))
    assert np.count_nonzero(placed) == winners.size
    np.testing.assert_array_equal(placed[placed != 0], x[placed != 0])


def test_a_signals_gradients_are_adjoint_too() -> None:
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(2, 3, 30)), rng.normal(size=(4, 3, 5))
    options: dict[str, Any] = {"stride": 2, "padding": "causal", "dilation": 2}
    y = engine.conv1d(x, w, **options)
    g = rng.normal(size=y.shape)
    back = engine.conv1d_gradients(x, w, g, **options)
    np.testing.assert_allclose((y * g).sum(), (x * back.input).sum())
    np.testing.assert_allclose((y * g).sum(), (w * back.weight).sum())
