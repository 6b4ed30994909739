"""The convolution explorer's numbers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy import ndimage, signal

from convwidgets.data import kernel, picture
from convwidgets.widgets import Convolution2DExplorer

RNG = np.random.default_rng(5)
RGB = RNG.integers(0, 256, (9, 11, 3)).astype(np.uint8)
EMBOSS = np.array([[-2.0, -1, 0], [-1, 1, 1], [0, 1, 2]])


def test_the_dress() -> None:
    widget = Convolution2DExplorer(image="dress", kernel=[[-1, 1], [-1, 1]], padding="valid")
    top, middle = [0, 1, 0, 0, 0, -1, 0], [0, 2, 0, 0, 0, -2, 0]
    np.testing.assert_array_equal(widget.output, [top, middle, middle, middle, top])
    assert widget.output.dtype == np.float32


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        ("identity", 96.855516),
        ("edge2", -0.948553),
        ("edge3", 2.844309),
        ("sharpen", 97.804069),
        ("box3", 96.539482),
        ("gaussian3", 96.618462),
        ("blur001", 93.722279),
        ("emboss", 95.828821),
        ("unsharp5", 97.212726),
    ],
)
def test_means_on_the_coins(name: str, mean: float) -> None:
    widget = Convolution2DExplorer(image="coins", kernel=name)
    assert widget.output.shape == (303, 384)
    assert widget.output.mean(dtype=float) == pytest.approx(mean, abs=2e-6)


def test_camera_through_emboss() -> None:
    output = Convolution2DExplorer(kernel="emboss").output
    assert (output.min(), output.max()) == (-758, 998)
    assert output.mean(dtype=float) == pytest.approx(128.9625, abs=5e-5)


def test_an_impulse_tells_correlation_from_convolution() -> None:
    widget = Convolution2DExplorer(image="impulse", kernel="emboss")
    np.testing.assert_array_equal(widget.output[3:6, 3:6], np.rot90(EMBOSS, 2))
    widget.flip = True
    np.testing.assert_array_equal(widget.output[3:6, 3:6], EMBOSS)


def test_the_textbook_walk() -> None:
    weights = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    widget = Convolution2DExplorer(image="five_by_five", kernel=weights, padding="valid")
    np.testing.assert_array_equal(widget.output, [[4, 3, 4], [2, 4, 3], [2, 3, 4]])


GRID = list(
    itertools.product(
        (1, 2, 3), ("valid", "same", "half", "full", 2), ("zeros", "reflect"), (1, 2), (False, True)
    )
)


@pytest.mark.parametrize(("stride", "padding", "mode", "dilation", "flip"), GRID)
def test_against_scipy(
    stride: int, padding: str | int, mode: str, dilation: int, flip: bool
) -> None:
    widget = Convolution2DExplorer(
        image=RGB[..., 0],
        kernel=EMBOSS,
        stride=stride,
        padding=padding,
        padding_mode=mode,
        dilation=dilation,
        flip=flip,
        bias=0.5,
    )
    spread = np.zeros((2 * dilation + 1,) * 2)
    spread[::dilation, ::dilation] = EMBOSS
    reach = 2 * dilation
    sides = {"valid": (0, 0), "half": (dilation, dilation), "full": (reach, reach), 2: (2, 2)}
    pads = []
    for size in (9, 11):
        total = max((-(-size // stride) - 1) * stride + reach + 1 - size, 0)
        pads.append(sides.get(padding, (total // 2, total - total // 2)))
    padded = np.pad(
        RGB[..., 0].astype(float), pads, mode="constant" if mode == "zeros" else "reflect"
    )
    operation = signal.convolve2d if flip else signal.correlate2d
    expected = operation(padded, spread, mode="valid")[::stride, ::stride] + 0.5
    np.testing.assert_allclose(widget.feature_map, expected, rtol=1e-5, atol=1e-3)
    assert widget.output_shape == expected.shape


@pytest.mark.parametrize("channels", ["grey", "red", "green", "blue", "sum", "each"])
def test_channels(channels: str) -> None:
    widget = Convolution2DExplorer(image=RGB, kernel=EMBOSS, channels=channels, bias=3)
    parts = [
        ndimage.correlate(RGB[..., c].astype(float), EMBOSS, mode="constant") for c in range(3)
    ]
    expected = {
        "grey": np.tensordot([0.2125, 0.7154, 0.0721], parts, 1) + 3,
        "red": parts[0] + 3,
        "green": parts[1] + 3,
        "blue": parts[2] + 3,
        "sum": sum(parts) + 3,
        "each": np.stack(parts, axis=-1) + 3,
    }[channels]
    np.testing.assert_allclose(widget.output, expected, rtol=1e-5, atol=1e-3)
    alone = Convolution2DExplorer(image=RGB[..., 0], kernel=EMBOSS, channels=channels, bias=3)
    np.testing.assert_allclose(alone.output, parts[0] + 3, rtol=1e-5, atol=1e-3)


def test_a_kernel_for_each_channel_is_summed() -> None:
    stack = RNG.normal(size=(3, 2, 4))
    widget = Convolution2DExplorer(image=RGB, kernel=stack, padding="valid", channels="red")
    expected = sum(
        signal.correlate2d(RGB[..., c].astype(float), stack[c], mode="valid") for c in range(3)
    )
    np.testing.assert_allclose(widget.output, expected, rtol=1e-5, atol=1e-3)
    assert widget.kernel_values.shape == (3, 2, 4)
    with pytest.raises(ValueError, match="the image has one channel"):
        widget.image = "camera"
    assert widget.pixels.shape == RGB.shape


@pytest.mark.parametrize(
    ("activation", "change"),
    [
        ("none", lambda y: y),
        ("relu", lambda y: np.maximum(y, 0)),
        ("abs", np.abs),
        ("clip", lambda y: y.clip(0, 255)),
    ],
)
def test_activation_and_bias_order(activation: str, change: Any) -> None:
    widget = Convolution2DExplorer(kernel="sobel_x", bias=-20, activation=activation, max_size=64)
    plain = Convolution2DExplorer(kernel="sobel_x", max_size=64).output
    np.testing.assert_allclose(widget.feature_map, plain - 20, atol=1e-3)
    np.testing.assert_allclose(widget.output, change(plain - 20), atol=1e-3)


def test_pooling_after_it() -> None:
    widget = Convolution2DExplorer(image="quarters", kernel="identity", pooling="max")
    np.testing.assert_array_equal(widget.output, [[20, 30], [112, 37]])
    assert widget.feature_map.shape == (4, 4)
    widget.pooling = "average"
    np.testing.assert_array_equal(widget.output, [[13, 8], [79, 19.5]])
    widget.pooling, widget.pool_stride = "max", 1
    np.testing.assert_array_equal(widget.output, [[20, 30, 30], [70, 70, 37], [112, 100, 37]])


def test_nan_stays_where_it_is() -> None:
    image = np.ones((5, 5))
    image[2, 2] = np.nan
    output = Convolution2DExplorer(image=image, kernel="box3", padding="valid").output
    assert np.isnan(output).all()
    output = Convolution2DExplorer(image=image, kernel=np.ones((1, 2)), padding="valid").output
    assert np.isnan(output).sum() == 2


def test_bytes_are_computed_as_0_to_255() -> None:
    widget = Convolution2DExplorer(image=np.full((3, 3), 255, np.uint8), kernel="box3")
    assert widget.output[1, 1] == pytest.approx(255)
    assert widget.image.dtype == np.uint8 and widget.pixels.dtype == np.float32


def test_what_is_read_back() -> None:
    widget = Convolution2DExplorer()
    assert widget.image == "camera" and widget.kernel == "sobel_x"
    assert widget.pixels is picture("camera").pixels
    np.testing.assert_array_equal(widget.kernel_values, kernel("sobel_x"))
    widget.kernel = "edge3"
    assert widget.kernel == "outline"
    widget.kernel = given = np.array([[1.0, 2.0]])
    given[:] = 7
    np.testing.assert_array_equal(widget.kernel, [[1, 2]])
    assert widget.kernel is widget.kernel_values
    for array in (widget.kernel, widget.pixels, widget.output, widget.feature_map):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 5
    assert widget.output is widget.output


def test_max_size_follows() -> None:
    widget = Convolution2DExplorer(image="retina", max_size=100)
    assert widget.pixels.shape == (100, 100, 3)
    assert widget.original_image.shape == (1411, 1411, 3)
    widget.max_size = 50
    assert widget.output.shape == (50, 50)
    widget.max_size = 512
    assert widget.output.shape == (512, 512)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {},
            "Convolution2DExplorer(image='camera' 512×512, kernel='sobel_x' 3×3, stride=1, "
            "padding='same', output 512×512)",
        ),
        (
            {"image": RGB, "kernel": np.ones((2, 3)), "stride": 2, "padding": 3, "flip": True},
            "Convolution2DExplorer(image=9×11×3 uint8, kernel=2×3, stride=2, padding=3, "
            "flip=True, output 7×8)",
        ),
        (
            {"image": "dress", "pooling": "max", "bias": 0.5, "dilation": 2},
            "Convolution2DExplorer(image='dress' 6×8, kernel='sobel_x' 3×3, stride=1, "
            "padding='same', dilation=2, bias=0.5, pooling='max', output 3×4)",
        ),
    ],
)
def test_repr_is_stable(options: dict[str, Any], text: str) -> None:
    assert repr(Convolution2DExplorer(**options)) == text


def test_plot() -> None:
    widget = Convolution2DExplorer(image="dress", kernel="emboss")
    figure = widget.plot()
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles == ["Input 6 × 8", "Kernel 3 × 3", "Output 6 × 8"]
    shown = [image.get_array() for ax in figure.axes for image in ax.get_images()]
    np.testing.assert_array_equal(shown[0], widget.pixels)
    np.testing.assert_array_equal(shown[1], EMBOSS)
    np.testing.assert_array_equal(shown[2], widget.output)
    most = abs(widget.output).max()
    assert figure.axes[2].get_images()[0].get_clim() == (-most, most)
