"""Signals: NumPy's and SciPy's answers, causality, and the names of the padding."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.signal

from convwidgets import engine

pytestmark = pytest.mark.usefixtures("backend")

A = [1, 2, 3, 4, 5, 6, 7]
MODES = ("valid", "same", "full")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("m", "k"), [*itertools.product(range(1, 8), range(1, 8)), (300, 41)])
def test_numpys_functions(m: int, k: int, mode: str) -> None:
    rng = np.random.default_rng((m, k))
    a, v = rng.normal(size=m), rng.normal(size=k)
    np.testing.assert_allclose(engine.convolve(a, v, mode), np.convolve(a, v, mode))
    np.testing.assert_allclose(
        engine.cross_correlate(a, v, mode), np.correlate(a, v, mode), atol=1e-12
    )


def test_numpys_defaults_and_types() -> None:
    np.testing.assert_array_equal(engine.convolve(A, [1, -1]), np.convolve(A, [1, -1]))
    np.testing.assert_array_equal(engine.cross_correlate(A, [1, -1]), np.correlate(A, [1, -1]))
    short, wide = np.ones(3, np.float32), np.ones(2)
    assert engine.convolve(short, short).dtype == np.float32
    assert engine.convolve(short, wide).dtype == engine.convolve(wide, short).dtype == np.float64


def test_a_long_signal_and_a_long_kernel_agree_with_scipy() -> None:
    rng = np.random.default_rng(1)
    a, v = rng.normal(size=40_000), rng.normal(size=2_001)
    np.testing.assert_allclose(
        engine.convolve(a, v, "same"), scipy.signal.fftconvolve(a, v, "same"), atol=1e-9
    )


def test_a_causal_output_looks_at_nothing_that_is_yet_to_come() -> None:
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(2, 3, 40)), rng.normal(size=(4, 3, 5))
    y = engine.conv1d(x, w, padding="causal", dilation=3)
    assert y.shape == (2, 4, 40)
    for t in (0, 1, 17, 39):
        later = x.copy()
        later[..., t + 1 :] = rng.normal(size=later[..., t + 1 :].shape)
        np.testing.assert_array_equal(
            engine.conv1d(later, w, padding="causal", dilation=3)[..., : t + 1], y[..., : t + 1]
        )
    expected = scipy.signal.lfilter([1, 0, 2], 1, x[0, 0])
    causal = engine.conv1d(x[0, 0], [1, 0, 2], padding="causal", flip=True)
    np.testing.assert_allclose(causal, expected)


def test_padding_before_and_after() -> None:
    np.testing.assert_array_equal(engine.conv1d([1, 2, 3], [1, 1], padding=(1, 0)), [1, 3, 5])
    np.testing.assert_array_equal(engine.conv1d([1, 2, 3], [1, 1], padding=(0, 1)), [3, 5, 3])
    np.testing.assert_array_equal(
        engine.conv1d([1, 2, 3], [1, 1], padding=(0, 2), padding_mode="circular"), [3, 5, 4, 3]
    )
    np.testing.assert_array_equal(
        engine.max_pool1d([1, 2, 3], 2, stride=1, padding=(1, 0)), [1, 2, 3]
    )


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: engine.conv1d(np.ones((2, 2, 2, 2)), [1]), ValueError, r"input must be \(L,\), "),
        (lambda: engine.conv1d(3, [1]), ValueError, r"input must be .*got shape \(\)"),
        (lambda: engine.conv1d([1, 2], [[1]]), ValueError, r"weight must be \(K,\) beside"),
        (lambda: engine.conv1d([[1, 2]], [1]), ValueError, r"weight must be \(O, C / groups, K\)"),
        (lambda: engine.conv1d([1, 2], [1], stride=(1, 2)), TypeError, "stride must be a whole"),
        (lambda: engine.conv1d([1, 2], [1], padding="cause"), ValueError, "padding must be"),
        (lambda: engine.conv1d([1, 2], [1], padding=(1, 2, 3)), ValueError, "padding must be"),
        (lambda: engine.conv1d([1, 2], [1, 2, 3]), ValueError, "kernel of effective size 3"),
        (
            lambda: engine.conv_transpose1d([1], [1], padding="causal"),
            ValueError,
            "padding must be",
        ),
        (lambda: engine.convolve([[1]], [1]), ValueError, "a must be a row of numbers"),
        (lambda: engine.convolve([1], []), ValueError, "v must be a row of numbers"),
        (lambda: engine.convolve([1], [1], "half"), ValueError, "mode must be 'valid', 'same'"),
        (lambda: engine.max_pool1d([1, 2], 2, return_indices=1), TypeError, "return_indices must"),
        (lambda: engine.avg_pool1d([1, 2], (2,)), TypeError, "kernel_size must be a whole number"),
    ],
)
def test_what_is_wrong_is_said(call: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()  # type: ignore[operator]
