"""What must hold for any picture and kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from convwidgets import engine

pytestmark = pytest.mark.usefixtures("backend")

# Whole numbers this small make float64 sums exact.
CELLS = st.integers(-50, 50)
quick = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def maps(rows: st.SearchStrategy[int], columns: st.SearchStrategy[int]) -> Any:
    return arrays(np.float64, st.tuples(rows, columns), elements=CELLS)


images = maps(st.integers(5, 9), st.integers(5, 20))
kernels = maps(st.integers(1, 5), st.integers(1, 5))
options = st.fixed_dictionaries(
    {
        "stride": st.integers(1, 3),
        "padding": st.sampled_from(("valid", "same", "half", "full", 1)),
        "padding_mode": st.sampled_from(("zeros", "replicate", "circular")),
    }
)


@quick
@given(x=images, w=kernels, a=CELLS, b=CELLS, how=options)
def test_linear_in_image_and_kernel(x: Any, w: Any, a: int, b: int, how: dict) -> None:
    other = x[::-1, ::-1]
    np.testing.assert_array_equal(
        engine.conv2d(a * x + b * other, w, **how),
        a * engine.conv2d(x, w, **how) + b * engine.conv2d(other, w, **how),
    )
    turned = w[::-1, ::-1]
    np.testing.assert_array_equal(
        engine.conv2d(x, a * w + b * turned, **how),
        a * engine.conv2d(x, w, **how) + b * engine.conv2d(x, turned, **how),
    )


@quick
@given(x=images, w=kernels, down=CELLS, right=CELLS)
def test_a_shifted_image_gives_the_shifted_map(x: Any, w: Any, down: int, right: int) -> None:
    def on_a_ring(image: Any) -> Any:
        return engine.conv2d(image, w, padding="same", padding_mode="circular")

    shift = (down, right)
    np.testing.assert_array_equal(
        on_a_ring(np.roll(x, shift, (0, 1))), np.roll(on_a_ring(x), shift, (0, 1))
    )


@quick
@given(x=images, w=kernels, how=options)
def test_flip_is_the_kernel_turned_by_180_degrees(x: Any, w: Any, how: dict) -> None:
    np.testing.assert_array_equal(
        engine.conv2d(x, w, flip=True, **how), engine.conv2d(x, w[::-1, ::-1], **how)
    )


@quick
@given(x=images, v=kernels, w=kernels)
def test_convolutions_compose(x: Any, v: Any, w: Any) -> None:
    def full(image: Any, kernel: Any) -> Any:
        return engine.conv2d(image, kernel, padding="full", flip=True)

    np.testing.assert_array_equal(full(full(x, v), w), full(x, full(v, w)))
    np.testing.assert_array_equal(full(x, w), full(w, x))


@quick
@given(x=images, w=kernels, stride=st.integers(1, 4))
def test_stride_keeps_every_nth(x: Any, w: Any, stride: int) -> None:
    dense = engine.conv2d(x, w)
    np.testing.assert_array_equal(engine.conv2d(x, w, stride=stride), dense[::stride, ::stride])


@quick
@given(x=images, w=maps(st.integers(1, 3), st.integers(1, 3)))
def test_dilation_is_a_kernel_with_holes(x: Any, w: Any) -> None:
    spread = np.zeros((2 * w.shape[0] - 1, 2 * w.shape[1] - 1))
    spread[::2, ::2] = w
    np.testing.assert_array_equal(engine.conv2d(x, w, dilation=2), engine.conv2d(x, spread))


@quick
@given(x=images, w=kernels)
def test_groups_are_convolutions_side_by_side(x: Any, w: Any) -> None:
    both = np.stack([x, -2 * x])
    y = engine.conv2d(both, np.stack([w, 3 * w])[:, None], groups=2, padding=1)
    np.testing.assert_array_equal(y[0], engine.conv2d(x, w, padding=1))
    np.testing.assert_array_equal(y[1], engine.conv2d(-2 * x, 3 * w, padding=1))


@quick
@given(x=images, size=st.integers(1, 4), stride=st.integers(1, 4))
def test_poolings_bound_each_other(x: Any, size: int, stride: int) -> None:
    most, where = engine.max_pool2d(x, size, stride=stride, return_indices=True)
    least = engine.min_pool2d(x, size, stride=stride)
    mean = engine.avg_pool2d(x, size, stride=stride)
    assert (least <= mean + 1e-9).all()
    assert (mean <= most + 1e-9).all()
    np.testing.assert_array_equal(x.ravel()[where], most)
    np.testing.assert_array_equal(least, -engine.max_pool2d(-x, size, stride=stride))


@quick
@given(x=images)
def test_relu_and_abs(x: Any) -> None:
    positive, negative = engine.activate(x, "relu"), engine.activate(-x, "relu")
    np.testing.assert_array_equal(positive - negative, x)
    np.testing.assert_array_equal(positive + negative, engine.activate(x, "abs"))
