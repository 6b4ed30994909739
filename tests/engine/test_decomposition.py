"""Singular values beside LAPACK's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convwidgets.engine.kernels.decomposition import _sweep, svd

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
SHAPES = [(1, 1), (1, 7), (7, 1), (2, 2), (3, 3), (9, 5), (5, 9), (31, 31), (64, 3), (64, 64)]


@DTYPES
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [0, 1, "tiny", "huge"])
def test_any_matrix(shape: tuple[int, int], scale: float | str, dtype: type) -> None:
    limits = np.finfo(dtype)
    factor = {"tiny": float(limits.tiny) * 1e4, "huge": float(limits.max) / 1e4}.get(scale, scale)
    check((np.random.default_rng(0).normal(size=shape) * factor).astype(dtype))


@DTYPES
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rank", [1, 2, 5])
def test_rank_deficient(shape: tuple[int, int], rank: int, dtype: type) -> None:
    rng = np.random.default_rng(1)
    columns, rows = (rng.integers(-3, 4, size=(rank, side)).astype(dtype) for side in shape)
    s = check(columns.T @ rows)
    assert (s[rank:] <= 8 * np.finfo(dtype).eps * s[0]).all()


@DTYPES
@pytest.mark.parametrize("make", [np.ones, lambda shape: np.eye(*shape), np.zeros])
@pytest.mark.parametrize("shape", SHAPES)
def test_equal_values(shape: tuple[int, int], make: object, dtype: type) -> None:
    check(make(shape).astype(dtype))


@DTYPES
def test_values_of_very_different_size_keep_their_digits(dtype: type) -> None:
    rotation = np.linalg.qr(np.random.default_rng(2).normal(size=(6, 6)))[0]
    values = 10.0 ** -np.arange(6)
    s = check((rotation * values).astype(dtype))
    np.testing.assert_allclose(s, values, rtol=50 * np.finfo(dtype).eps)


def test_a_separable_kernel_has_one_value() -> None:
    sobel = np.outer([1, 2, 1], [-1, 0, 1]).astype(np.float64)
    np.testing.assert_allclose(check(sobel), [np.sqrt(12), 0, 0], atol=1e-15)


@DTYPES
@pytest.mark.parametrize("size", [15, 31, 64])
def test_rotations_of_dependent_rows_end(size: int, dtype: type) -> None:
    gaussian = np.exp(-(np.linspace(-3, 3, size) ** 2))
    work = np.zeros((size, 2 * size), dtype)
    work[:, :size] = np.outer(gaussian, gaussian)
    work[:, size:] = np.eye(size)
    assert any(not _sweep(work, size, np.finfo(dtype).eps) for _ in range(20))
    check(np.outer(gaussian, gaussian).astype(dtype))


@DTYPES
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_ends_and_shows(value: float, dtype: type) -> None:
    a = np.ones((5, 4), dtype)
    a[2, 1] = value
    assert np.isnan(decompose(a)[1]).any()


@given(st.integers(1, 24), st.integers(1, 24), st.integers(0, 10**6))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_shape(rows: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(rows, columns)) * (rng.random((rows, columns)) < rng.random())
    check(a)
    check(a.astype(np.float32))


def test_the_same_matrix_gives_the_same_bits_whatever_the_memory_held() -> None:
    a = np.random.default_rng(3).normal(size=(20, 30))
    for one, other in zip(decompose(a), decompose(a.copy(), 7), strict=True):
        np.testing.assert_array_equal(one, other)


def check(a: np.ndarray) -> np.ndarray:
    before = a.copy()
    u, s, v = decompose(a)
    np.testing.assert_array_equal(a, before)
    assert s.dtype == a.dtype
    assert (np.diff(s) <= 0).all()
    assert (s >= 0).all()
    # Relative to the largest entry, and in float64, so that nothing overflows here.
    unit = np.float64(np.abs(a).max() or 1)
    exact = np.linalg.svd(a / unit, compute_uv=False)
    near = 4 * sum(a.shape) * np.finfo(a.dtype).eps
    far = near * max(exact[0], 1)
    np.testing.assert_allclose(s / unit, exact, rtol=0, atol=far)
    np.testing.assert_allclose((u * (s / unit)) @ v.T, a / unit, rtol=0, atol=far)
    for q in (u, v):
        np.testing.assert_allclose(q.T @ q, np.eye(len(s)), rtol=0, atol=near)
    return s


def decompose(a: np.ndarray, before: float = np.nan) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    m, n = a.shape
    k = min(m, n)
    u, s, v, work = (np.full(shape, before, a.dtype) for shape in ((m, k), k, (n, k), (k, m + n)))
    svd(a, u, s, v, work)
    return u, s, v
