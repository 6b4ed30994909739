"""Convolution by Fourier transforms beside NumPy, SciPy and PyTorch."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch
import torch.nn.functional as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from convwidgets.engine import _threads, fourier
from convwidgets.engine.kernels import fourier as compiled

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@DTYPES
@pytest.mark.parametrize(
    ("x", "w", "options"),
    [
        ((1, 1, 1, 1), (1, 1, 1, 1), {}),
        ((1, 1, 1, 1), (1, 1, 5, 3), {"pads": ((2, 2), (1, 1))}),
        ((1, 1, 1, 1), (1, 1, 16, 17), {"pads": ((40, 40), (50, 60))}),
        ((1, 1, 40, 1), (1, 1, 7, 1), {}),
        ((1, 1, 1, 300), (2, 1, 1, 100), {}),
        ((1, 1, 16, 16), (1, 1, 16, 16), {}),
        ((1, 1, 16, 16), (1, 1, 17, 17), {"pads": ((8, 8), (8, 8))}),
        ((1, 1, 9, 200), (3, 1, 4, 31), {"pads": ((0, 3), (15, 0))}),
        ((1, 1, 200, 9), (3, 1, 65, 2), {"pads": ((64, 0), (0, 1))}),
        ((3, 2, 33, 70), (4, 2, 5, 6), {"pads": ((2, 2), (3, 2))}),
        ((1, 6, 40, 50), (9, 2, 7, 7), {"groups": 3}),
        ((5, 4, 30, 20), (4, 1, 9, 3), {"groups": 4}),
        ((1, 3, 61, 67), (2, 3, 8, 8), {"stride": (2, 3), "pads": ((4, 3), (4, 3))}),
        ((1, 1, 61, 67), (1, 1, 3, 3), {"stride": (60, 1)}),
        ((2, 1, 64, 64), (1, 1, 5, 5), {"dilation": (3, 1), "pads": ((6, 6), (2, 2))}),
        ((1, 1, 64, 64), (1, 1, 1, 5), {"dilation": (7, 12)}),
        ((1, 2, 99, 98), (2, 1, 6, 5), {"stride": 3, "dilation": 4, "groups": 2}),
    ],
)
def test_equals_torch(x: tuple, w: tuple, options: dict, dtype: type) -> None:
    compare(x, w, dtype, **options)


@given(st.data())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_shape_equals_torch(data: st.DataObject) -> None:
    groups, per_group = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    kernel, dilation = data.draw(pairs(1, 20)), data.draw(pairs(1, 3))
    pads = (data.draw(pairs(0, 30)), data.draw(pairs(0, 30)))
    least = [
        max((k - 1) * d + 1 - sum(pad), 1) for k, d, pad in zip(kernel, dilation, pads, strict=True)
    ]
    size = [data.draw(st.integers(one, one + 60)) for one in least]
    compare(
        (data.draw(st.integers(1, 3)), groups * per_group, *size),
        (groups * data.draw(st.integers(1, 2)), per_group, *kernel),
        data.draw(st.sampled_from((np.float32, np.float64))),
        stride=data.draw(pairs(1, 5)),
        dilation=dilation,
        groups=groups,
        pads=pads,
    )


@DTYPES
def test_a_large_kernel_equals_scipy(dtype: type) -> None:
    x, w, b = arrays((1, 1, 300, 260), (1, 1, 61, 45), dtype)
    y = convolve(x, w, b, pads=((30, 30), (22, 22)))
    expected = scipy.signal.correlate(x[0, 0].astype("f8"), w[0, 0], "same", "fft") + b[0]
    assert np.abs(y[0, 0] - expected).max() < tolerance(x, w)


@DTYPES
@pytest.mark.parametrize("shape", [(16, 16), (16, 32), (64, 16), (32, 128), (256, 64)])
def test_spectra_equal_numpy(shape: tuple[int, int], dtype: type) -> None:
    rng = np.random.default_rng(2)
    w = rng.normal(size=(3, 2, 5, 4)).astype(dtype)
    height, width = shape
    lanes = 64 // w.itemsize
    spectra = np.full((3, 2, 2, height // lanes, width, lanes), np.nan, dtype)
    tile = np.full((2, width // lanes, height, lanes), np.nan, dtype)
    roots = [fourier._roots(side, w.dtype.str) for side in shape]
    compiled.filter_spectra(w, spectra, tile, *roots, 2, 3, 1, 6)
    untouched, *planes = spectra.swapaxes(-1, -2).reshape(6, 2, *shape)
    assert np.isnan(untouched).all()
    dilated = np.zeros((3, 2, *shape))
    dilated[:, :, :9:2, :10:3] = w
    expected = np.fft.fft2(dilated)[..., reversed_digits(height), :][..., reversed_digits(width)]
    near = 8 * np.finfo(dtype).eps * np.abs(w).sum((2, 3)).max()
    for (real, imaginary), one in zip(planes, expected.reshape(6, *shape)[1:], strict=True):
        assert np.abs((real + 1j * imaginary) * height * width - one).max() < near


def test_an_odd_tile_leaves_the_memory_behind_the_output_alone() -> None:
    x, w, b = arrays((1, 1, 12, 12), (1, 1, 3, 3), np.float32)
    memory = np.full((2, 1, 10, 10), np.nan, np.float32)
    fourier.conv2d(compiled, x, w, b, memory[:1], (1, 1), (0, 0), (1, 1), 1)
    assert np.isfinite(memory[0]).all()
    assert np.isnan(memory[1]).all()


def test_shared_work_gives_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    x, w, b = arrays((3, 2, 150, 170), (3, 2, 9, 11), np.float32)
    pairs: list[tuple[int, int]] = []

    def observed(*args: Any) -> None:
        pairs.append(args[-2:])
        compiled.fourier_conv2d(*args)

    kernels = SimpleNamespace(filter_spectra=compiled.filter_spectra, fourier_conv2d=observed)
    monkeypatch.setattr(_threads, "get_num_threads", lambda: 3)
    monkeypatch.setattr(_threads, "WORK_PER_THREAD", 10**12)
    alone = convolve(x, w, b, kernels=kernels)
    ((first, end),) = pairs
    assert first == 0
    pairs.clear()
    monkeypatch.setattr(_threads, "WORK_PER_THREAD", 1)
    np.testing.assert_array_equal(convolve(x, w, b, kernels=kernels), alone)
    assert len(pairs) == 3
    assert [k for part in sorted(pairs) for k in range(*part)] == list(range(end))


def test_calls_at_once_do_not_share_scratch() -> None:
    x, w, b = arrays((1, 2, 60, 50), (3, 2, 9, 8), np.float32)
    both_have_spectra = threading.Barrier(2, timeout=60)

    def meeting(*args: Any) -> None:
        compiled.filter_spectra(*args)
        both_have_spectra.wait()

    kernels = SimpleNamespace(filter_spectra=meeting, fourier_conv2d=compiled.fourier_conv2d)
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(convolve, x, k * w, b, kernels=kernels) for k in (1, 2)]
    for k, future in enumerate(futures, 1):
        np.testing.assert_array_equal(future.result(), convolve(x, k * w, b))


def test_little_memory_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    x, w, b = arrays((1, 1, 100, 100), (2, 1, 9, 9), np.float32)
    expected = convolve(x, w, b)
    monkeypatch.setattr(fourier, "KEPT_BYTES", 0)
    fourier._kept.__dict__.clear()
    np.testing.assert_array_equal(convolve(x, w, b), expected)
    assert not fourier._kept.__dict__


def test_cost_grows_slower_than_the_kernel() -> None:
    def ratio(filters: int, channels: int, kernel: int, size: int) -> float:
        y, w = (1, filters, size, size), (filters, channels, kernel, kernel)
        direct = math.prod(y) * math.prod(w[1:])
        x = (1, channels, size, size)
        return fourier.cost(x, w, y, (1, 1), (1, 1), np.float32) / direct

    assert ratio(8, 1, 31, 512) < 0.2
    assert ratio(8, 1, 3, 512) > 1
    assert ratio(1, 1, 3, 8) > 1
    assert ratio(8, 1, 63, 512) < ratio(8, 1, 31, 512) < ratio(8, 1, 15, 512)
    assert ratio(1024, 1024, 15, 512) == math.inf
    assert ratio(64, 64, 11, 64) < 1


def compare(x_shape: tuple, w_shape: tuple, dtype: type, **options: Any) -> None:
    x, w, b = arrays(x_shape, w_shape, dtype)
    (top, bottom), (left, right) = options.get("pads", ((0, 0), (0, 0)))
    padded = oracle.pad(torch.tensor(x.astype("f8")), (left, right, top, bottom))
    expected = oracle.conv2d(
        padded,
        torch.tensor(w.astype("f8")),
        torch.tensor(b.astype("f8")),
        **{name: value for name, value in options.items() if name != "pads"},
    ).numpy()
    y = convolve(x, w, b, **options)
    assert y.shape == expected.shape
    assert np.abs(y - expected).max() < tolerance(x, w)


def convolve(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    *,
    stride: Any = 1,
    dilation: Any = 1,
    groups: int = 1,
    pads: tuple = ((0, 0), (0, 0)),
    kernels: Any = compiled,
) -> np.ndarray:
    strides, dilations = np.broadcast_to(stride, 2).tolist(), np.broadcast_to(dilation, 2).tolist()
    out = [
        (x.shape[k + 2] + sum(pads[k]) - (w.shape[k + 2] - 1) * dilations[k] - 1) // strides[k] + 1
        for k in range(2)
    ]
    y = np.full((len(x), len(w), *out), np.nan, x.dtype)
    top_left = (pads[0][0], pads[1][0])
    fourier.conv2d(kernels, x, w, b, y, tuple(strides), top_left, tuple(dilations), groups)
    return y


def arrays(x: tuple, w: tuple, dtype: type) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.normal(size=shape).astype(dtype) for shape in (x, w, w[:1])]


def tolerance(x: np.ndarray, w: np.ndarray) -> float:
    """Eight roundings of the largest sum there could be."""
    largest = np.abs(w).sum((1, 2, 3)).max() * np.abs(x).max() + 1
    return float(8 * np.finfo(x.dtype).eps * largest)


def reversed_digits(size: int) -> list[int]:
    """The order in which a transform leaves its frequencies: a quarter for each remainder by 4."""
    if size <= 2:
        return list(range(size))
    quarter = reversed_digits(size // 4)
    return [4 * k + remainder for remainder in range(4) for k in quarter]


def pairs(least: int, most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(least, most), st.integers(least, most))
