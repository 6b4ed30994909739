"""The gallery against published numbers and against its own words."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from skimage import filters

from convwidgets.data import describe, kernel, kernel_names, picture
from convwidgets.data.kernels import GALLERY, canonical, gabor, gaussian


@pytest.mark.parametrize("name", kernel_names())
def test_every_kernel_is_usable_and_described(name: str) -> None:
    values = kernel(name)
    assert values.ndim == 2 and max(values.shape) <= 15
    assert values.dtype == np.float64 and not values.flags.writeable
    assert np.isfinite(values).all()
    entry = GALLERY[name]
    assert entry.title and entry.group and len(entry.text) > 40


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("edge1", [[1, 0, -1], [0, 0, 0], [-1, 0, 1]]),
        ("edge2", [[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        ("edge3", [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
        ("sharpen", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        ("emboss", [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
        ("sobel_x", [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        ("sobel_y", [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
        ("blur001", [[0.06, 0.12, 0.06], [0.12, 0.25, 0.12], [0.06, 0.12, 0.06]]),
    ],
)
def test_values(name: str, values: object) -> None:
    np.testing.assert_array_equal(kernel(name), values)


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        ("identity", 96.855516),
        ("laplacian4", -0.948553),
        ("outline", 2.844309),
        ("sharpen", 97.804069),
        ("box3", 96.539482),
        ("gaussian3", 96.618462),
        ("blur_rounded", 93.722279),
        ("emboss", 95.828821),
        ("unsharp5", 97.212726),
    ],
)
def test_means_on_the_coins(name: str, mean: float) -> None:
    coins = picture("coins").pixels.astype(float)
    answer = ndimage.correlate(coins, np.asarray(kernel(name)), mode="constant")
    assert answer.mean() == pytest.approx(mean, abs=5e-7)


@pytest.mark.parametrize("name", ["sobel", "prewitt", "scharr"])
def test_directions_agree_with_scikit_image(name: str) -> None:
    camera = picture("camera").pixels.astype(float)
    for axis, letter in enumerate("yx"):
        values = np.asarray(kernel(f"{name}_{letter}"))
        ours = ndimage.correlate(camera, values / values.clip(0).sum(), mode="mirror")
        theirs = getattr(filters, name)(camera, axis=axis, mode="mirror")
        np.testing.assert_allclose(abs(ours), abs(theirs), atol=1e-9)


@pytest.mark.parametrize(
    ("name", "total", "rank", "low", "high", "half_turn"),
    [
        ("identity", 1, 1, 0, 255, True),
        ("edge_mixed", 0, 1, -510, 510, True),
        ("outline", 0, 2, -2040, 2040, True),
        ("laplacian4", 0, 2, -1020, 1020, True),
        ("emboss", 1, 3, -1020, 1275, False),
        ("sobel_x", 0, 1, -1020, 1020, False),
        ("blur_rounded", 0.97, 2, 0, 247.35, True),
        ("gaussian3", 1, 1, 0, 255, True),
        ("unsharp5", 1, 2, -219.140625, 474.140625, True),
        ("motion_blur", 1, 7, 0, 255, True),
        ("dog", 0, 2, None, None, True),
        ("gabor", 0, None, None, None, True),
    ],
)
def test_facts(
    name: str,
    total: float,
    rank: int | None,
    low: float | None,
    high: float | None,
    half_turn: bool,
) -> None:
    facts = describe(kernel(name))
    assert facts.total == pytest.approx(total, abs=1e-9)
    assert rank is None or facts.rank == rank
    assert low is None or (facts.low, facts.high) == pytest.approx((low, high), abs=0.01)
    assert facts.half_turn == half_turn


@pytest.mark.parametrize("name", kernel_names())
def test_factors_multiply_to_the_kernel(name: str) -> None:
    facts = describe(kernel(name))
    assert (facts.factors is None) == (facts.rank != 1)
    if facts.factors:
        np.testing.assert_allclose(np.outer(*facts.factors), kernel(name), atol=1e-15)


def test_describe_takes_stacks_and_ranges() -> None:
    facts = describe(np.ones((3, 2, 2)), low=-1, high=1)
    assert (facts.rank, facts.factors) == (None, None)
    assert (facts.total, facts.low, facts.high) == (12, -12, 12)
    assert describe(np.zeros((2, 2))).rank == 0
    for wrong in (np.ones(3), np.ones((0, 3))):
        with pytest.raises(ValueError, match="kernel must be"):
            describe(wrong)


def test_what_the_texts_claim() -> None:
    np.testing.assert_allclose(
        kernel("gaussian5"), ndimage.convolve(np.pad(kernel("gaussian3"), 1), kernel("gaussian3"))
    )
    np.testing.assert_array_equal(kernel("sharpen"), kernel("identity") - kernel("laplacian4"))
    assert kernel("unsharp5")[2, 2] == 476 / 256
    assert describe(kernel("scharr_x")).high == 4 * describe(kernel("sobel_x")).high
    assert describe(kernel("prewitt_x")).high == 0.75 * describe(kernel("sobel_x")).high
    ramp = np.tile(np.arange(5.0), (5, 1))
    for name in ("laplacian4", "laplacian8", "edge_mixed"):
        assert ndimage.correlate(ramp, np.asarray(kernel(name)))[2, 2] == 0
    step = np.tile([0.0, 0, 1, 1], (5, 1))
    row = {name: ndimage.correlate(step, np.asarray(kernel(name)))[2] for name in kernel_names()}
    np.testing.assert_array_equal(row["edge_mixed"], 0)
    np.testing.assert_array_equal(row["laplacian4"], [0, 1, -1, 0])
    np.testing.assert_array_equal(row["outline"], [0, -3, 3, 0])
    np.testing.assert_array_equal(row["sharpen"], [0, -1, 2, 1])


def test_gabor_turns() -> None:
    np.testing.assert_allclose(gabor(angle=90), gabor(angle=0).T, atol=1e-9)
    edge = gabor(phase=90)
    np.testing.assert_allclose(edge, -edge[:, ::-1], atol=1e-9)


def test_gaussian_sums_to_one() -> None:
    assert gaussian(9, 1.3).sum() == pytest.approx(1)


def test_names_and_aliases() -> None:
    assert canonical("edge_1") == "edge_mixed" and canonical("sobel_x") == "sobel_x"
    with pytest.raises(ValueError, match="did you mean 'sobel_x'"):
        kernel("sobel_xx")
    with pytest.raises(ValueError, match="one of identity, box3"):
        kernel("?")
