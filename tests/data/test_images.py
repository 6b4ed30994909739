"""Pictures by name and pictures of one's own."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage
from skimage import data as skimage_data

from convwidgets.data import licence, load, names, picture
from convwidgets.data.frozen import FrozenArray, numbers
from convwidgets.data.synthetic import SYNTHETIC

PHOTOS = [name for name in names() if name not in SYNTHETIC]


@pytest.mark.parametrize("name", PHOTOS)
def test_photos_are_those_of_scikit_image(name: str) -> None:
    theirs = getattr(skimage_data, name)()
    ours = picture(name, 2048)
    np.testing.assert_array_equal(ours.array, theirs)
    assert ours.dtype == ("float32" if name == "horse" else "uint8")
    assert ours.name == name and ours.label and licence(name)


def test_nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a picture asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in names():
        picture(name, 2047)


def test_the_mean_of_camera() -> None:
    assert round(float(picture("camera").pixels.mean(dtype=float)), 6) == 129.060726


@pytest.mark.parametrize(
    ("name", "shape", "total"),
    [
        ("impulse", (9, 9), 1),
        ("step", (12, 12), 72),
        ("ramp", (12, 12), 792),
        ("bars", (12, 12), 72),
        ("checkerboard", (12, 12), 72),
        ("dress", (6, 8), 16),
        ("five_by_five", (5, 5), 13),
        ("quarters", (4, 4), 478),
    ],
)
def test_small_pictures_hold_what_they_say(name: str, shape: tuple[int, ...], total: int) -> None:
    image = picture(name)
    assert image.shape == shape and image.dtype == "float32"
    assert image.pixels.sum() == total
    assert "BSD" in licence(name)


def test_the_dress_and_the_quarters() -> None:
    dress = np.zeros((6, 8))
    dress[1:5, 2:6] = 1
    np.testing.assert_array_equal(picture("dress").pixels, dress)
    quarters = [[12, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]]
    assert numbers(picture("quarters").pixels) == quarters


def test_formula_code_gives_the_picture() -> None:
    coded = {name: entry.code for name, entry in SYNTHETIC.items() if entry.code}
    assert set(coded) == {"noise", "zone_plate"}
    for name, code in coded.items():
        scope: dict[str, object] = {"np": np}
        exec(code, scope)
        np.testing.assert_array_equal(np.float32(scope["image"]), picture(name).pixels)


def test_noise_has_no_relation_between_neighbours() -> None:
    noise = picture("noise").pixels
    across = np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]
    assert abs(across) < 0.05
    assert 120 < noise.mean() < 135


@pytest.mark.parametrize(
    ("given", "dtype", "expected"),
    [
        (np.array([[True, False]]), "float32", [[1, 0]]),
        (np.array([[0, 255]], np.uint8), "uint8", [[0, 255]]),
        (np.array([[-3, 70_000]]), "float32", [[-3, 70_000]]),
        (np.array([[0.25, 1.5]]), "float32", [[0.25, 1.5]]),
        (np.float16([[1, 2]]), "float32", [[1, 2]]),
        ([[1, 2], [3, 4]], "float32", [[1, 2], [3, 4]]),
        (np.arange(2, dtype=np.uint8).reshape(1, 2, 1), "uint8", [[0, 1]]),
    ],
)
def test_arrays_keep_their_numbers(given: object, dtype: str, expected: object) -> None:
    image = load(given)
    assert image.dtype == dtype and image.pixels.dtype == np.float32
    np.testing.assert_array_equal(image.pixels, expected)
    assert image.name == ""


def test_alpha_is_dropped_and_nothing_blended() -> None:
    rgba = np.random.default_rng(0).integers(0, 256, (3, 4, 4)).astype(np.uint8)
    np.testing.assert_array_equal(load(rgba).array, rgba[..., :3])
    np.testing.assert_array_equal(load(PilImage.fromarray(rgba)).array, rgba[..., :3])


def test_nan_and_infinity_are_kept() -> None:
    given = np.array([[np.nan, np.inf], [-np.inf, 1]])
    np.testing.assert_array_equal(load(given).pixels, given.astype(np.float32))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "I", "F", "HSV"])
def test_every_kind_of_pillow_image(mode: str) -> None:
    image = load(PilImage.new("RGB", (5, 4), (200, 100, 50)).convert(mode))
    assert image.shape in [(4, 5), (4, 5, 3)]
    assert (len(image.shape) == 3) == (mode in ("P", "RGB", "RGBA", "CMYK", "HSV"))


def test_files_are_read_upright(tmp_path: Path) -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    path = tmp_path / "small.png"
    PilImage.fromarray(pixels).save(path)
    for given in (path, str(path)):
        image = load(given)
        np.testing.assert_array_equal(image.array, pixels)
        assert image.label == "small.png"
    turned = tmp_path / "turned.png"
    exif = PilImage.Exif()
    exif[0x0112] = 6
    PilImage.fromarray(pixels).save(turned, exif=exif)
    np.testing.assert_array_equal(load(turned).array, np.rot90(pixels, -1))


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ("camra", ValueError, "did you mean 'camera'"),
        ("nowhere.png", ValueError, "neither a file nor a picture's name"),
        (np.zeros(3), ValueError, "got shape (3,)"),
        (np.zeros((2, 2, 2)), ValueError, "got shape (2, 2, 2)"),
        (np.zeros((3, 8, 8)), ValueError, "np.moveaxis"),
        (np.zeros((1, 3, 8, 8)), ValueError, "got shape (1, 3, 8, 8)"),
        (np.zeros((0, 4)), ValueError, "at least one row"),
        (7, ValueError, "got shape ()"),
        ([[1, 2], [3]], TypeError, "image must"),
        ([["a"]], TypeError, "real numbers"),
        (np.array([[1j]]), TypeError, "real numbers"),
        (None, TypeError, "real numbers"),
        (np.array([[1e300]]), ValueError, "float32"),
    ],
)
def test_what_is_no_picture_is_refused(given: object, error: type, words: str) -> None:
    with pytest.raises(error, match=r"image") as caught:
        load(given)
    assert words in str(caught.value)


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.png"
    path.write_text("no picture")
    with pytest.raises(ValueError, match=r"text\.png' cannot be read"):
        load(path)


def test_unknown_names_are_refused() -> None:
    for call in (picture, licence):
        with pytest.raises(ValueError, match="must be one of camera"):
            call("nobody")


def test_large_pictures_are_averaged_once() -> None:
    image = load(np.kron(np.arange(12.0).reshape(3, 4), np.ones((4, 4))), 4)
    np.testing.assert_allclose(image.array, np.arange(12).reshape(3, 4))
    assert image.original.shape == (12, 16)
    bytes_ = load(np.kron(np.arange(12).reshape(3, 4), np.ones((4, 4))).astype(np.uint8), 4)
    np.testing.assert_array_equal(bytes_.array, np.arange(12).reshape(3, 4))
    assert load("retina").shape == (512, 512, 3)
    assert load("rocket").shape == (342, 512, 3)
    assert load(np.zeros((1, 1000)), 10).shape == (1, 10)


def test_fit_starts_from_the_original() -> None:
    image = load("camera", 64)
    assert image.shape == (64, 64)
    assert image.fit(64) is image
    again = image.fit(512)
    np.testing.assert_array_equal(again.array, load("camera").array)
    assert again.fit(2048) is again


def test_equal_pictures_have_equal_ids() -> None:
    assert load([[1, 2]]).id == load(np.float32([[1, 2]])).id
    assert load([[1, 2]]).id != load([[1], [2]]).id
    assert load(np.uint8([[1, 2]])).id != load([[1, 2]]).id
    assert picture("camera") is picture("camera")


def test_a_picture_does_not_change_with_its_source() -> None:
    given = np.zeros((2, 2), np.float32)
    image = load(given)
    given[:] = 5
    assert image.pixels.sum() == 0
    thawed = image.pixels.copy()
    other = load(thawed)
    thawed[:] = 5
    assert other.pixels.sum() == 0


def test_frozen_arrays_cannot_be_written_but_else_are_arrays() -> None:
    frozen = FrozenArray([[1.0, np.nan]])
    with pytest.raises(ValueError, match="assign a whole new array"):
        frozen[0, 0] = 5
    with pytest.raises(ValueError):
        frozen += 1
    assert type(frozen + 1) is np.ndarray
    assert isinstance(frozen.sum(), float)
    assert type(frozen.mean(axis=0)) is np.ndarray
    assert repr(frozen) == "array([[ 1., nan]])"
    assert bool(frozen != frozen) is False
    np.testing.assert_array_equal(frozen != frozen, [[False, True]])
    np.testing.assert_array_equal(frozen != 1, [[False, True]])
    copy = frozen.copy()
    copy[0, 0] = 2
    assert copy[0, 0] == 2 and frozen[0, 0] == 1
