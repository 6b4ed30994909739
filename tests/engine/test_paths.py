"""The ways to compute a convolution: when each is taken, that they agree, and what is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from convwidgets import engine
from convwidgets.engine import convolution, gradients, paths, reference

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 320)).astype(np.float32)
GAUSS = np.exp(-(np.arange(-15, 16) ** 2) / 50)
BOX = np.ones((31, 31), np.float32)
NOISE = RNG.normal(size=(31, 31)).astype(np.float32)


@pytest.fixture(autouse=True)
def native() -> Iterator[None]:
    with engine.use("native"):
        yield


@pytest.mark.parametrize(
    ("kernel", "path"),
    [
        (np.ones((3, 3)), "tiles"),
        (RNG.normal(size=(7, 7)), "tiles"),
        (BOX, "low rank"),
        (np.outer(GAUSS, GAUSS), "low rank"),
        (np.outer(GAUSS, GAUSS) - 0.5 * np.outer(GAUSS**2, GAUSS**2), "low rank"),
        (NOISE, "fft"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_cheapest_path_is_taken_and_right(kernel: np.ndarray, path: str, dtype: type) -> None:
    x, w = X.astype(dtype), kernel.astype(dtype)
    explanation = engine.explain(engine.conv2d, x, w, padding="same")
    assert explanation.path == path, str(explanation)
    assert explanation.textbook == x.size * w.size
    assert (explanation.multiply_adds < explanation.textbook) == (path != "tiles")
    y = engine.conv2d(x, w, padding="same")
    with engine.use("reference"):
        expected = engine.conv2d(x.astype(np.float64), w.astype(np.float64), padding="same")
    scale = np.abs(w).sum() * np.abs(x).max()
    assert np.abs(y - expected).max() < scale * (4e-7 if dtype == np.float32 else 1e-15)


def test_several_channels_strides_dilations_and_groups_by_every_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paths, "WORTH_A_SEARCH", 0)
    rng = np.random.default_rng(5)
    seen = set()
    for _ in range(150):
        groups, stride = int(rng.integers(1, 3)), tuple(map(int, rng.integers(1, 3, 2)))
        dilation = tuple(map(int, rng.integers(1, 3, 2)))
        x = rng.normal(size=(2, 2 * groups, 40, 37))
        w = rng.normal(size=(3 * groups, 2, 9, 11))
        if rng.random() < 0.6:
            # One row of weights for all of a filter's channels.
            w = rng.normal(size=(3 * groups, 2, 9, 1)) * rng.normal(size=(3 * groups, 1, 1, 11))
        b = rng.normal(size=3 * groups)
        asked = {"stride": stride, "dilation": dilation, "groups": groups, "padding": "half"}
        margin = 0.01 if rng.random() < 0.5 else 1e9
        monkeypatch.setattr(paths, "FOURIER_MARGIN", margin)
        monkeypatch.setattr(paths, "PASS", 0.01 if rng.random() < 0.5 else 1e9)
        explanation = engine.explain(engine.conv2d, x, w, b, **asked)
        seen.add(explanation.path)
        y = engine.conv2d(x, w, b, **asked)
        with engine.use("reference"):
            expected = engine.conv2d(x, w, b, **asked)
        np.testing.assert_allclose(y, expected, atol=1e-9, err_msg=f"{explanation} {asked}")
    assert seen == {"tiles", "low rank", "fft"}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kernel", [BOX, NOISE])
def test_what_is_not_finite_reaches_its_own_windows_only(value: float, kernel: np.ndarray) -> None:
    x = X.copy()
    x[150, 160] = value
    explanation = engine.explain(engine.conv2d, x, kernel, padding="same")
    assert explanation.path == "tiles"
    y = engine.conv2d(x, kernel, padding="same")
    touched = ~np.isfinite(y)
    assert touched[135:166, 145:176].all()
    assert touched.sum() == 31 * 31
    w = kernel.copy()
    w[0, 0] = value
    assert engine.explain(engine.conv2d, X, w, padding="same").path == "tiles"


def test_rank_is_of_the_matrix_not_of_its_noise() -> None:
    w = np.outer(GAUSS, GAUSS).astype(np.float32)
    assert engine.explain(engine.conv2d, X, w).path == "low rank"
    noisy = w + 1e-3 * NOISE
    assert engine.explain(engine.conv2d, X, noisy.astype(np.float32)).path == "fft"


def test_every_step_is_told() -> None:
    told = engine.explain(engine.conv2d_gradients, X, NOISE[:3, :3], np.ones((298, 318)))
    assert [step.operation for step in told.steps] == [
        "conv2d input gradient",
        "conv2d weight gradient",
    ]
    told = engine.explain(engine.separable_conv2d, X, GAUSS, GAUSS)
    assert len(told.steps) == 2 and told.path == "tiles"
    assert "conv2d: tiles, " in str(told) and "threads: " in str(told)
    assert engine.explain(engine.max_pool2d, X, 2).path == "windows"
    small = engine.explain(engine.conv_transpose2d, X[:9, :9], NOISE[:3, :3], stride=2)
    assert small.path == "scatter"
    large = engine.explain(engine.conv_transpose2d, X, NOISE[:3, :3], stride=2)
    assert [step.path for step in large.steps] == ["tiles"] * 4
    # As many multiply-adds as there are weights for each cell; the rim's are cut off.
    assert X.size * 9 <= large.multiply_adds < X.size * 9 * 1.02
    steps = told_gradients = engine.explain(
        engine.conv2d_gradients, X[:9, :9], NOISE[:3, :3], np.ones((7, 7))
    ).steps
    assert [step.path for step in steps] == ["tiles", "sums"], told_gradients
    nothing = engine.explain(engine.activate, X, "relu")
    assert nothing.path == "" and str(nothing) == "nothing to compute"
    with engine.use("reference"):
        assert engine.explain(engine.conv2d, X, BOX[:5, :5]).path == "reference"
    with pytest.raises(ValueError, match="kernel of effective size"):
        engine.explain(engine.conv2d, BOX, X)
    # An error leaves nothing behind.
    assert len(engine.explain(engine.conv2d, X, BOX[:3, :3]).steps) == 1


def test_transposed_convolutions_and_gradients_by_every_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(6)
    seen: set[str] = set()
    for _ in range(300):
        groups = int(rng.integers(1, 3))
        stride, dilation = (tuple(map(int, rng.integers(1, 5, 2))) for _ in range(2))
        kernel = tuple(map(int, rng.integers(1, 6, 2)))
        x = rng.normal(size=(int(rng.integers(1, 3)), 2 * groups, *rng.integers(1, 24, 2)))
        w = rng.normal(size=(2 * groups, int(rng.integers(1, 3)), *kernel))
        b = rng.normal(size=w.shape[1] * groups)
        more = [int(rng.integers(0, max(s, d))) for s, d in zip(stride, dilation, strict=True)]
        spans = [
            (i - 1) * s + (k - 1) * d + o
            for i, s, k, d, o in zip(x.shape[2:], stride, kernel, dilation, more, strict=True)
        ]
        asked = {
            "stride": stride,
            "dilation": dilation,
            "groups": groups,
            "output_padding": more,
            "padding": [int(rng.integers(0, span // 2 + 1)) for span in spans],
        }
        for module, name in ((convolution, "PHASES_FROM"), (gradients, "PRODUCTS_FROM")):
            monkeypatch.setattr(module, name, 0 if rng.random() < 0.5 else 10**9)
        y = engine.conv_transpose2d(x, w, b, **asked)
        g = rng.normal(size=y.shape)
        explanation = engine.explain(engine.conv_transpose2d_gradients, x, w, g, **asked)
        seen |= {step.path for step in explanation.steps}
        seen |= {step.path for step in engine.explain(engine.conv_transpose2d, x, w, **asked).steps}
        back = engine.conv_transpose2d_gradients(x, w, g, **asked)
        with engine.use("reference"):
            np.testing.assert_allclose(y, engine.conv_transpose2d(x, w, b, **asked), atol=1e-10)
            expected = engine.conv_transpose2d_gradients(x, w, g, **asked)
        for one, other in zip(back, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-9, err_msg=str(asked))
    assert seen == {"tiles", "scatter", "products", "sums"}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_get_their_gradients_by_tiles_too(dtype: str) -> None:
    for batch, channels, filters, size, kernel, padding, dilation in (
        (3, 5, 7, (28, 28), (3, 3), 1, 1),
        (2, 3, 5, (40, 37), (5, 5), 2, 2),
        (4, 1, 6, (33, 40), (7, 7), 0, 1),
        (2, 4, 9, (31, 50), (1, 3), "same", 3),
    ):
        rng = np.random.default_rng(size)
        x = rng.normal(size=(batch, channels, *size)).astype(dtype)
        w = rng.normal(size=(filters, channels, *kernel)).astype(dtype)
        asked: dict[str, Any] = {"padding": padding, "dilation": dilation}
        g = rng.normal(size=engine.conv2d(x, w, **asked).shape).astype(dtype)
        told = engine.explain(engine.conv2d_gradients, x, w, g, **asked)
        assert [step.path for step in told.steps] == ["tiles", "tiles"]
        found = engine.conv2d_gradients(x, w, g, **asked).weight
        with engine.use("reference"):
            expected = engine.conv2d_gradients(x, w, g, **asked).weight
        np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())
        x[0, 0, 0, 0] = np.inf
        told = engine.explain(engine.conv2d_gradients, x, w, g, **asked)
        assert told.steps[1].path == "products"


@pytest.mark.parametrize("filters", [3, 4, 7, 8, 9, 20])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("size", [(1, 300), (9, 13), (40, 41), (70, 33)])
def test_filters_are_taken_together_or_one_by_one(
    filters: int, groups: int, size: tuple[int, int]
) -> None:
    rng = np.random.default_rng(filters)
    x = rng.normal(size=(3, 2 * groups, *size)).astype(np.float32)
    w = rng.normal(size=(filters * groups, 2, 3, 3)).astype(np.float32)
    b = rng.normal(size=filters * groups).astype(np.float32)
    for stride, dilation in ((1, 1), (2, 1), (1, 2), (3, 2)):
        asked = {"stride": stride, "dilation": dilation, "padding": 2, "groups": groups}
        found = engine.conv2d(x, w, b, **asked)
        with engine.use("reference"):
            expected = engine.conv2d(x, w, b, **asked)
        np.testing.assert_allclose(found, expected, atol=2e-5)


def test_a_gradient_that_is_not_finite_meets_the_padding_too() -> None:
    x, w, g = np.ones((4, 4)), np.ones((3, 3)), np.ones((4, 4))
    g[0, 0] = np.nan
    back = engine.conv2d_gradients(x, w, g, padding="same")
    with engine.use("reference"):
        expected = engine.conv2d_gradients(x, w, g, padding="same")
    assert np.isnan(expected.weight).all()
    for one, other in zip(back, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_threads_can_be_set() -> None:
    large = RNG.normal(size=(1024, 1024)).astype(np.float32)
    try:
        for count in (1, 2, 3):
            engine.set_num_threads(count)
            assert engine.get_num_threads() == count
            told = engine.explain(engine.conv2d, large, NOISE[:7, :7])
            assert told.steps[0].threads == count
    finally:
        engine.set_num_threads(None)
    for wrong, error in ((0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)):
        with pytest.raises(error, match="count must be a whole number from 1"):
            engine.set_num_threads(wrong)  # type: ignore[arg-type]


def test_without_compiled_code_large_kernels_go_by_numpys_transforms() -> None:
    rng = np.random.default_rng(8)
    for _ in range(60):
        groups = int(rng.integers(1, 3))
        kernel, stride, dilation = (tuple(map(int, rng.integers(1, 5, 2))) for _ in range(3))
        shape = tuple(map(int, rng.integers(1, 9, 2)))
        axes = zip(shape, stride, kernel, dilation, strict=True)
        size = [(o - 1) * s + (k - 1) * d + 1 for o, s, k, d in axes]
        x, w = rng.normal(size=(2, 2 * groups, *size)), rng.normal(size=(3 * groups, 2, *kernel))
        case = (x, w, rng.normal(size=3 * groups), shape, stride, dilation, groups)
        np.testing.assert_allclose(
            reference.conv2d_fft(*case), reference.conv2d_loops(*case), atol=1e-10
        )
    with engine.use("reference"):
        y = engine.conv2d(X, NOISE, padding="same")
        spoilt = X.copy()
        spoilt[0, 0] = np.inf
        z = engine.conv2d(spoilt, NOISE, padding="same")
    assert y.dtype == np.float32
    assert not np.isfinite(z[:16, :16]).any()
    np.testing.assert_allclose(z[40:], y[40:], atol=1e-2)
