"""Numbers that the lessons print, each worked out or published elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from convwidgets import engine

pytestmark = pytest.mark.usefixtures("backend")

IDENTITY = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
EDGE_DIAGONAL = np.outer([1, 0, -1], [1, 0, -1])
LAPLACIAN_4 = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
LAPLACIAN_8 = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])
SHARPEN = IDENTITY - LAPLACIAN_4
BOX = np.ones((3, 3)) / 9
GAUSS = np.outer([1, 2, 1], [1, 2, 1]) / 16
GAUSS_5 = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
ROUNDED_BLUR = np.array([[0.06, 0.12, 0.06], [0.12, 0.25, 0.12], [0.06, 0.12, 0.06]])
EMBOSS = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
UNSHARP = 2 * np.pad(IDENTITY, 1) - GAUSS_5


@pytest.mark.parametrize(
    ("kernel", "mean"),
    [
        (IDENTITY, 96.855516),
        (LAPLACIAN_4, -0.948553),
        (LAPLACIAN_8, 2.844309),
        (SHARPEN, 97.804069),
        (BOX, 96.539482),
        (GAUSS, 96.618462),
        (ROUNDED_BLUR, 93.722279),
        (EMBOSS, 95.828821),
        (UNSHARP, 97.212726),
    ],
)
def test_means_on_the_coins(kernel: np.ndarray, mean: float) -> None:
    coins = data.coins()
    assert coins.shape == (303, 384)
    y = engine.conv2d(coins.astype(np.float64), kernel, padding="same")
    assert round(float(y.mean()), 6) == mean
    single = engine.conv2d(coins, kernel, padding="same")
    assert single.dtype == np.float32
    assert single.mean(dtype=np.float64) == pytest.approx(mean, abs=2e-5)


@pytest.mark.parametrize(
    ("kernel", "mean", "least", "most"),
    [
        (ROUNDED_BLUR, 124.9116, None, None),
        (BOX, 128.6757, None, None),
        (GAUSS, 128.7719, None, None),
        (EMBOSS, 128.9625, -758, 998),
        (LAPLACIAN_4, None, -424, 281),
        (LAPLACIAN_8, None, -722, 1001),
        (SHARPEN, None, -232, 624),
        (UNSHARP, 129.494034, -44.4062, 353.0547),
    ],
)
def test_camera(kernel: np.ndarray, mean: float | None, least: float, most: float) -> None:
    y = engine.conv2d(data.camera().astype(np.float64), kernel, padding="same")
    if mean is not None:
        assert y.mean() == pytest.approx(mean, abs=5e-5)
    if least is not None:
        assert (y.min(), y.max()) == pytest.approx((least, most), abs=1e-4)


@pytest.mark.parametrize(
    ("kernel", "clipped", "negative"),
    [
        (EDGE_DIAGONAL, 5.1155, 0.4198),
        (LAPLACIAN_4, 8.6770, 0.4533),
        (LAPLACIAN_8, 20.7195, 0.4823),
    ],
)
def test_what_clipping_throws_away(kernel: np.ndarray, clipped: float, negative: float) -> None:
    y = engine.conv2d(data.camera().astype(np.float64), kernel, padding="same")
    assert engine.activate(y, "clip").mean() == pytest.approx(clipped, abs=5e-5)
    assert (y < 0).mean() == pytest.approx(negative, abs=5e-5)


def test_identity_kernel_changes_nothing() -> None:
    camera = data.camera()
    y = engine.conv2d(camera, IDENTITY, padding=1)
    np.testing.assert_array_equal(y, camera)
    assert y.mean(dtype=np.float64) == pytest.approx(129.060726, abs=5e-7)


def test_unsharp_from_its_factors() -> None:
    assert UNSHARP[2, 2] == 476 / 256
    assert UNSHARP.sum() == 1
    np.testing.assert_allclose(engine.conv2d(GAUSS, GAUSS, padding="full"), GAUSS_5)


def test_emboss_tells_correlation_from_convolution() -> None:
    impulse = np.zeros((5, 5))
    impulse[2, 2] = 1
    correlated = engine.conv2d(impulse, EMBOSS, padding="same")[1:4, 1:4]
    convolved = engine.conv2d(impulse, EMBOSS, padding="same", flip=True)[1:4, 1:4]
    np.testing.assert_array_equal(correlated, [[2, 1, 0], [1, 1, -1], [0, -1, -2]])
    np.testing.assert_array_equal(convolved, EMBOSS)


def test_emboss_on_one_to_nine() -> None:
    count = np.arange(1, 10).reshape(3, 3)
    assert engine.conv2d(count, EMBOSS) == 29
    assert engine.conv2d(count, EMBOSS, flip=True) == -19


def test_two_by_two_on_one_to_nine() -> None:
    count, kernel = np.arange(1, 10).reshape(3, 3), np.array([[1, 2], [3, 4]])
    np.testing.assert_array_equal(engine.conv2d(count, kernel, flip=True), [[23, 33], [53, 63]])
    np.testing.assert_array_equal(engine.conv2d(count, kernel), [[37, 47], [67, 77]])


def test_steps_in_one_dimension() -> None:
    for row, expected in (
        ([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], [0, 0, 0, 0, 1, 0, 0, 0, 0]),
        ([0, 0, 1, 1, 0, 0, 1, 1, 0, 0], [0, 1, 0, -1, 0, 1, 0, -1, 0]),
    ):
        np.testing.assert_array_equal(engine.conv2d([row], [[-1, 1]]), [expected])
        np.testing.assert_array_equal(
            engine.conv2d([row], [[-1, 1]], flip=True), [-np.array(expected)]
        )


def test_toy_dress() -> None:
    dress = np.zeros((6, 8))
    dress[1:5, 2:6] = 1
    edge, body = [0, 1, 0, 0, 0, -1, 0], [0, 2, 0, 0, 0, -2, 0]
    y = engine.conv2d(dress, [[-1, 1], [-1, 1]])
    np.testing.assert_array_equal(y, [edge, body, body, body, edge])


def test_five_by_five_figure() -> None:
    image = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    y = engine.conv2d(image, [[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    np.testing.assert_array_equal(y, [[4, 3, 4], [2, 4, 3], [2, 3, 4]])


@pytest.mark.parametrize(
    ("kernel", "response"),
    [
        (LAPLACIAN_8, [0, -3, 3, 0]),
        (LAPLACIAN_4, [0, 1, -1, 0]),
        (SHARPEN, [0, -1, 2, 1]),
        (EDGE_DIAGONAL, [0, 0, 0, 0]),
    ],
)
def test_response_to_a_vertical_step(kernel: np.ndarray, response: list[int]) -> None:
    step = np.tile([0, 0, 0, 1, 1, 1], (3, 1))
    np.testing.assert_array_equal(engine.conv2d(step, kernel), [response])


def test_pool_of_four_by_four() -> None:
    x = [[12, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]]
    np.testing.assert_array_equal(engine.max_pool2d(x, 2), [[20, 30], [112, 37]])
    np.testing.assert_array_equal(engine.avg_pool2d(x, 2), [[13, 8], [79, 19.5]])
    np.testing.assert_array_equal(engine.min_pool2d(x, 2), [[8, 0], [34, 4]])
    np.testing.assert_array_equal(
        engine.max_pool2d(x, 2, stride=1), [[20, 30, 30], [70, 70, 37], [112, 100, 37]]
    )
    assert engine.max_pool2d(np.ones((27, 27)), 2).shape == (13, 13)


def test_pad_of_one_shifts_a_five_by_five_kernel() -> None:
    camera = data.camera().astype(np.float64)
    right = engine.conv2d(camera, UNSHARP, padding=2)
    short = engine.conv2d(camera, UNSHARP, padding=1)
    np.testing.assert_allclose(short, right[1:-1, 1:-1], atol=1e-10)


def test_shapes_of_dilated_convolutions() -> None:
    x = np.ones((28, 28))
    assert engine.conv2d(x, BOX, dilation=2).shape == (24, 24)
    assert engine.conv2d(x, BOX, dilation=4).shape == (20, 20)


@pytest.mark.parametrize(
    ("rates", "fields"), [((1, 2, 4, 8), (3, 7, 15, 31)), ((2, 2, 2, 2), (5, 9, 13, 17))]
)
def test_receptive_fields_of_dilated_stacks(rates: tuple, fields: tuple) -> None:
    image = np.zeros((41, 41))
    image[20, 20] = 1
    for rate, field in zip(rates, fields, strict=True):
        image = engine.conv2d(image, np.ones((3, 3)), dilation=rate, padding="same")
        rows = np.flatnonzero(image.any(axis=1))
        assert rows[-1] - rows[0] + 1 == field
