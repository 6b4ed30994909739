"""conv2d beside PyTorch, SciPy and the textbook's loops."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch
import torch.nn.functional as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from convwidgets import engine
from convwidgets.engine import geometry, reference

pytestmark = pytest.mark.usefixtures("backend")

TORCH_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate"}
TORCH_MODES["circular"] = "circular"

GRID = list(
    itertools.product(
        ((1, 1), (3, 3), (2, 3), (5, 1), (4, 4)),
        (1, 2, 3, (1, 2), (4, 1)),
        (0, 1, (2, 1), ((0, 1), (2, 3)), "same", "half", "full"),
        (1, 2, (2, 1), (1, 3)),
        (1, 2, 4),
        ("zeros", "reflect", "replicate", "circular"),
        (False, True),
    )
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_grid_equals_torch(dtype: type) -> None:
    rng = np.random.default_rng(0)
    for kernel, stride, padding, dilation, groups, mode, flip in random.Random(0).sample(GRID, 400):
        x = rng.normal(size=(2, 4, 16, 23)).astype(dtype)
        w = rng.normal(size=(8, 4 // groups, *kernel)).astype(dtype)
        b = rng.normal(size=8).astype(dtype)
        options = {
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
            "padding_mode": mode,
            "flip": flip,
        }
        y = engine.conv2d(x, w, b, **options)
        assert y.dtype == dtype
        np.testing.assert_allclose(
            y, in_torch(x, w, b, **options), **close(dtype), err_msg=f"{kernel} {options}"
        )


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (4, 16), (5, 17), (67, 131)])
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (7, 7), (2, 15), (15, 2)])
def test_sizes_around_the_tiles_equal_torch(shape: tuple, kernel: tuple) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1, 2, *shape)).astype(np.float32)
    w = rng.normal(size=(3, 2, *kernel)).astype(np.float32)
    for padding in ("same", "full", ((3, 0), (0, 5))):
        try:
            y = engine.conv2d(x, w, padding=padding)
        except ValueError:
            assert padding == ((3, 0), (0, 5))
            continue
        expected = in_torch(x, w, None, padding=padding)
        np.testing.assert_allclose(y, expected, **close(np.float32))


@given(st.data())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_shape_equals_torch_or_both_refuse(data: st.DataObject) -> None:
    small = st.integers(1, 5)
    groups = data.draw(st.integers(1, 3))
    per_group, filters = data.draw(st.integers(1, 2)), groups * data.draw(st.integers(1, 2))
    x_shape = (data.draw(st.integers(0, 2)), groups * per_group, *data.draw(pairs(1, 20)))
    w_shape = (filters, per_group, *data.draw(pairs(1, 5)))
    stride, dilation = data.draw(pairs(1, 4)), data.draw(pairs(1, 3))
    padding = data.draw(st.one_of(small, pairs(0, 6)))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x, w = rng.normal(size=x_shape), rng.normal(size=w_shape)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    try:
        expected = oracle.conv2d(torch.tensor(x), torch.tensor(w), None, **options).numpy()
    except RuntimeError:
        with pytest.raises(ValueError, match="larger than the padded image"):
            engine.conv2d(x, w, **options)
        return
    np.testing.assert_allclose(engine.conv2d(x, w, **options), expected, **close(np.float64))


@given(st.data())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_any_shape_equals_the_loops(data: st.DataObject) -> None:
    size, kernel = data.draw(pairs(5, 9)), data.draw(pairs(1, 3))
    stride, dilation = data.draw(pairs(1, 4)), data.draw(pairs(1, 3))
    (top, bottom), (left, right) = data.draw(pairs(0, 2)), data.draw(pairs(0, 2))
    mode = data.draw(st.sampled_from(("zeros", "reflect", "replicate", "circular")))
    pads = ((top + kernel[0], bottom), (left, right + kernel[1]))
    if mode == "reflect":
        pads = ((top, bottom), (left, right))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x, w, b = rng.normal(size=(1, 4, *size)), rng.normal(size=(2, 2, *kernel)), rng.normal(size=2)
    options = {"stride": stride, "padding": pads, "dilation": dilation, "groups": 2}
    try:
        shape = geometry.output_shape(size, kernel, stride, pads, dilation)
    except ValueError:
        with pytest.raises(ValueError, match="larger than the padded image"):
            engine.conv2d(x, w, b, padding_mode=mode, **options)
        return
    np.testing.assert_allclose(
        engine.conv2d(x, w, b, padding_mode=mode, **options),
        reference.conv2d_loops(
            reference.pad2d(x, pads, mode), w, b, shape, stride, dilation, groups=2
        ),
        **close(np.float64),
    )


@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (5, 3), (2, 4)])
@pytest.mark.parametrize(("ours", "theirs"), [("valid", "valid"), ("full", "full")])
def test_equals_scipy(kernel: tuple, ours: str, theirs: Any) -> None:
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(20, 31)), rng.normal(size=kernel)
    near = close(np.float64)
    correlated = scipy.signal.correlate2d(x, w, mode=theirs)
    convolved = scipy.signal.convolve2d(x, w, mode=theirs)
    np.testing.assert_allclose(engine.conv2d(x, w, padding=ours), correlated, **near)
    np.testing.assert_allclose(engine.conv2d(x, w, padding=ours, flip=True), convolved, **near)


def test_circular_same_equals_scipy_wrap() -> None:
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(12, 17)), rng.normal(size=(5, 3))
    np.testing.assert_allclose(
        engine.conv2d(x, w, padding="same", padding_mode="circular"),
        scipy.signal.correlate2d(x, w, mode="same", boundary="wrap"),
        **close(np.float64),
    )


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (2, 1), (4, 1), (3, 2), (2, 3)])
def test_same_and_valid_equal_torch_where_it_has_them(kernel: int, dilation: int) -> None:
    rng = np.random.default_rng(4)
    x, w = rng.normal(size=(1, 1, 9, 8)), rng.normal(size=(1, 1, kernel, kernel))
    for name in ("same", "valid"):
        expected = oracle.conv2d(torch.tensor(x), torch.tensor(w), padding=name, dilation=dilation)
        y = engine.conv2d(x, w, padding=name, dilation=dilation)
        np.testing.assert_allclose(y, expected.numpy(), **close(np.float64))


@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_half_is_torch_users_k_over_two(kernel: int, stride: int) -> None:
    rng = np.random.default_rng(5)
    x, w = rng.normal(size=(1, 1, 14, 9)), rng.normal(size=(1, 1, kernel, kernel))
    expected = oracle.conv2d(torch.tensor(x), torch.tensor(w), stride=stride, padding=kernel // 2)
    y = engine.conv2d(x, w, stride=stride, padding="half")
    np.testing.assert_allclose(y, expected.numpy(), **close(np.float64))


def test_dimensions_in_are_dimensions_out() -> None:
    x, w = np.ones((5, 6), np.float32), np.ones((2, 3), np.float32)
    assert engine.conv2d(x, w).shape == (4, 4)
    assert engine.conv2d(x[None], w[None, None]).shape == (1, 4, 4)
    assert engine.conv2d(x[None, None], w[None, None]).shape == (1, 1, 4, 4)
    assert engine.conv2d(np.ones((3, 5, 6)), np.ones((7, 3, 2, 3))).shape == (7, 4, 4)


def test_empty_batch() -> None:
    y = engine.conv2d(
        np.ones((0, 3, 5, 6)), np.ones((7, 3, 2, 3)), padding=1, padding_mode="reflect"
    )
    assert y.shape == (0, 7, 6, 6)


def test_bias_forms() -> None:
    x, w = np.ones((3, 3), np.float32), np.ones((2, 2), np.float32)
    for bias in (0.5, np.float64(0.5), [0.5], np.array([0.5])):
        np.testing.assert_array_equal(engine.conv2d(x, w, bias), np.full((2, 2), 4.5, np.float32))


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", "<i2", ">i4", "u8", "f2", "f4", ">f4"])
def test_other_numbers_become_float32(dtype: str) -> None:
    x = np.array([[0, 1, 1], [1, 0, 1], [0, 0, 1]]).astype(dtype)
    y = engine.conv2d(x, [[0.5, -0.25], [0.25, 1]])
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, [[0, 1.25], [0.5, 0.75]])


@pytest.mark.parametrize("dtype", ["<f8", ">f8"])
def test_float64_is_kept(dtype: str) -> None:
    x = np.array([[1 + 2**-40]], dtype)
    y = engine.conv2d(x, np.ones((1, 1), np.float32))
    assert y.dtype == np.float64
    assert y[0, 0] == 1 + 2**-40


def test_integer_images_keep_fractions_of_the_kernel() -> None:
    step = np.array([[0, 0, 0, 0, 0, 1, 1, 1, 1, 1]])
    np.testing.assert_array_equal(
        engine.conv2d(step, [[-0.5, 0.5]]), [[0, 0, 0, 0, 0.5, 0, 0, 0, 0]]
    )


def test_memory_layouts() -> None:
    rng = np.random.default_rng(6)
    base = rng.normal(size=(2, 9, 11, 3)).astype(np.float32)
    w = rng.normal(size=(3, 3, 4, 3)).astype(np.float32)
    x = base.transpose(0, 3, 1, 2)
    expected = engine.conv2d(x.copy(), w.transpose(0, 1, 3, 2).copy(), padding=1)
    views = {
        "transposed": x,
        "backwards": x[:, :, ::-1].copy()[:, :, ::-1],
        "every other": np.repeat(x, 2, axis=3)[..., ::2],
        "unaligned": unaligned(x),
    }
    for name, view in views.items():
        y = engine.conv2d(view, w.transpose(0, 1, 3, 2), padding=1)
        np.testing.assert_array_equal(y, expected, err_msg=name)


def test_read_only_input_is_read_and_nothing_else() -> None:
    x, w, b = np.arange(30.0).reshape(5, 6), np.ones((2, 2)), np.ones(1)
    expected = engine.conv2d(x, w, b)
    for array in (x, w, b):
        array.flags.writeable = False
    before = x.copy()
    y = engine.conv2d(x, w, b)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(x, before)
    assert not x.flags.writeable
    assert y.flags.writeable
    y = engine.conv2d(np.broadcast_to(np.float64(2), (5, 6)), w)
    np.testing.assert_array_equal(y, np.full((4, 5), 8.0))


def test_the_result_is_new_memory() -> None:
    x = np.ones((4, 4), np.float32)
    y = engine.conv2d(x, np.ones((1, 1), np.float32))
    y[:] = 7
    assert (x == 1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_in_the_image_equal_torch(value: float, dtype: type) -> None:
    x = np.ones((1, 1, 12, 40), dtype)
    x[0, 0, 6, 20] = value
    x[0, 0, 0, 0] = value
    x[0, 0, 11, 39] = -value
    for w in (np.ones((1, 1, 3, 3), dtype), np.eye(3, dtype=dtype)[None, None]):
        for options in ({}, {"padding": 1}, {"stride": 2, "padding": 2}, {"dilation": 2}):
            expected = in_torch(x, w, None, **options)
            np.testing.assert_array_equal(engine.conv2d(x, w, **options), expected)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_in_the_kernel_meet_the_zeros_of_the_padding(value: float) -> None:
    x, w = np.ones((1, 1, 6, 24)), np.ones((1, 1, 3, 3))
    w[0, 0, 0, 1] = value
    y = engine.conv2d(x, w, padding=((1, 0), (0, 1)))
    np.testing.assert_array_equal(y, in_torch(x, w, None, padding=((1, 0), (0, 1))))
    assert np.isnan(y[0, 0, 0]).all()


def test_overflow_gives_infinity_without_a_warning() -> None:
    assert engine.conv2d(np.full((1, 1), 3e38, np.float32), [[10]])[0, 0] == np.inf


def in_torch(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None,
    *,
    padding: Any = 0,
    padding_mode: str = "zeros",
    flip: bool = False,
    stride: Any = 1,
    dilation: Any = 1,
    groups: int = 1,
) -> np.ndarray:
    """Convolve with PyTorch, the padding apart."""
    (top, bottom), (left, right) = geometry.resolve_padding(
        padding, x.shape[2:], w.shape[2:], stride, dilation
    )
    padded = oracle.pad(torch.tensor(x), (left, right, top, bottom), mode=TORCH_MODES[padding_mode])
    weight = torch.tensor(w).flip(2, 3) if flip else torch.tensor(w)
    bias = None if b is None else torch.tensor(b)
    y = oracle.conv2d(padded, weight, bias, stride=stride, dilation=dilation, groups=groups)
    return y.numpy()


def pairs(least: int, most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(least, most), st.integers(least, most))


def close(dtype: type) -> dict[str, float]:
    return {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-10, "atol": 1e-10}


def unaligned(x: np.ndarray) -> np.ndarray:
    raw = np.empty(x.nbytes + 1, np.uint8)
    view = raw[1:].view(x.dtype).reshape(x.shape)
    view[:] = x
    return view
