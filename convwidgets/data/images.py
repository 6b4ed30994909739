"""Pictures by name, and pictures from what a learner has: one form for both.

A picture is H×W or H×W×3. Whole bytes stay bytes and are computed with as float32 from 0 to 255;
all other numbers become float32 as they are, booleans zeros and ones. A picture larger than
`max_size` is made smaller once, by averaging areas.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convwidgets.data.frozen import FrozenArray
from convwidgets.data.synthetic import SYNTHETIC

if TYPE_CHECKING:
    from PIL import Image as PilImage

MAX_SIZE = 512

_CC0 = "CC0 1.0"
_PD = "public domain"
# Name: file of scikit-image's wheel, what to call it, licence and source as scikit-image states
# them. Pictures for which it states none are left out.
_PICTURES = {
    "camera": ("camera.png", "Camera", f"{_CC0}, Lav Varshney"),
    "coins": ("coins.png", "Coins", "no known copyright restrictions, Brooklyn Museum"),
    "astronaut": ("astronaut.png", "Astronaut", f"{_PD}, NASA"),
    "cat": ("chelsea.png", "Cat", f"{_CC0}, Stéfan van der Walt"),
    "coffee": ("coffee.png", "Coffee", f"{_CC0}, Rachel Michetti"),
    "rocket": ("rocket.jpg", "Rocket", f"{_PD}, SpaceX"),
    "clock": ("clock_motion.png", "Clock", f"{_PD}, Stéfan van der Walt"),
    "horse": ("horse.png", "Horse", f"{_CC0}, Andreas Preuss"),
    "text": ("text.png", "Text", f"{_PD}, Wikipedia"),
    "brick": ("brick.png", "Brick", f"{_CC0}, CC0Textures"),
    "grass": ("grass.png", "Grass", f"{_CC0}, linolafett"),
    "gravel": ("gravel.png", "Gravel", f"{_CC0}, CC0Textures"),
    "cell": ("cell.png", "Cell", f"{_CC0}, Paul Müller and others"),
    "retina": ("retina.jpg", "Retina", f"{_CC0}, Mikael Häggström"),
    "hubble_deep_field": ("hubble_deep_field.jpg", "Hubble deep field", f"{_PD}, NASA"),
}
_OWN = "BSD-3-Clause, the convwidgets authors (made from a formula)"
_SHAPES = "H×W, H×W×1, H×W×3 or H×W×4"


@dataclass(frozen=True, eq=False)
class Image:
    """A picture as the widgets compute with it.

    Attributes
    ----------
    array : FrozenArray
        H×W or H×W×3, uint8 or float32, no side longer than the `max_size` it was loaded with.
    original : FrozenArray
        The same before it was made smaller.
    name : str
        Its name in this package, or empty.
    label : str
        What to call it.
    id : str
        Equal for equal pictures.
    """

    array: FrozenArray
    original: FrozenArray
    name: str
    label: str
    id: str

    @cached_property
    def pixels(self) -> FrozenArray:
        """The numbers that are computed with: float32, bytes as 0 to 255."""
        return self.array if self.array.dtype == np.float32 else FrozenArray(np.float32(self.array))

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W) or (H, W, 3)."""
        return tuple(self.array.shape)

    @property
    def dtype(self) -> str:
        """``"uint8"`` or ``"float32"``."""
        return str(self.array.dtype)

    def fit(self, max_size: int) -> Image:
        """Return the picture at another size, made from the original.

        Parameters
        ----------
        max_size : int
            The longest side.

        Returns
        -------
        Image
            This one, if it has that size already.
        """
        if max(self.array.shape[:2]) == min(max_size, max(self.original.shape[:2])):
            return self
        return _image(self.original, max_size, self.name, self.label)


def load(image: Any, max_size: int = MAX_SIZE, *, label: str = "") -> Image:
    """Take a picture from whatever holds one.

    Parameters
    ----------
    image : str, path, array_like, PIL.Image.Image or Image
        A name of `names`; a file that Pillow reads; an H×W or H×W×3 array of booleans, whole
        numbers or floats (NaN and infinities may be among them). H×W×1 is taken as H×W. Of
        H×W×4, and of any picture with an alpha channel, the alpha is dropped: the colours stay
        as they are stored, blended with nothing.
    max_size : int
        The longest side; larger pictures are made smaller by averaging areas.
    label : str
        What to call an array.

    Returns
    -------
    Image

    Raises
    ------
    ValueError
        If the name or file is unknown, or the array has another shape or no cells.
    TypeError
        If `image` holds no real numbers.

    Examples
    --------
    >>> load("camera").shape
    (512, 512)
    >>> load([[0, 1], [2, 3]]).dtype
    'float32'
    >>> load("retina", max_size=100).shape
    (100, 100, 3)
    """
    if isinstance(image, Image):
        return image.fit(max_size)
    if isinstance(image, str) and image in names():
        return picture(image, max_size)
    if isinstance(image, (str, os.PathLike)):
        path = Path(image)
        return _image(_read(path), max_size, label=path.name)
    if hasattr(image, "getbands"):
        return _image(_from_pillow(image), max_size)
    return _image(_numbers(image), max_size, label=label)


def picture(name: str, max_size: int = MAX_SIZE) -> Image:
    """Return a picture of `names`; none of them needs a network.

    Parameters
    ----------
    name : str
        Such as ``"camera"`` or ``"impulse"``.
    max_size : int
        The longest side.

    Returns
    -------
    Image

    Examples
    --------
    >>> float(picture("dress").pixels.sum())
    16.0
    """
    if name not in names():
        raise ValueError(f"image must be one of {', '.join(names())}, got {name!r}")
    return _picture(name, max_size)


def names() -> list[str]:
    """Name every picture: those to look at, then those made from a formula."""
    return [*_PICTURES, *SYNTHETIC]


def licence(name: str) -> str:
    """Say under which licence a picture is offered, and by whom.

    Parameters
    ----------
    name : str
        A name of `names`.

    Returns
    -------
    str
        The licence and the author or source.

    Examples
    --------
    >>> licence("camera")
    'CC0 1.0, Lav Varshney'
    """
    if name in SYNTHETIC:
        return _OWN
    if name not in _PICTURES:
        raise ValueError(f"name must be one of {', '.join(names())}, got {name!r}")
    return _PICTURES[name][2]


@lru_cache(maxsize=32)
def _picture(name: str, max_size: int) -> Image:
    if name in SYNTHETIC:
        entry = SYNTHETIC[name]
        return _image(entry.make(), max_size, name, entry.title)
    file, title, _ = _PICTURES[name]
    from PIL import Image as PilImage

    # Read where scikit-image keeps it: its own reader imports far more than one PNG needs.
    with (files("skimage.data") / file).open("rb") as stream:
        stored = PilImage.open(stream)
        pixels = np.asarray(stored.convert("L")) > 127 if name == "horse" else np.asarray(stored)
    return _image(_numbers(pixels), max_size, name, title)


def _image(array: NDArray[Any], max_size: int, name: str = "", label: str = "") -> Image:
    frozen = isinstance(array, FrozenArray) and not array.flags.writeable
    original = array if isinstance(array, FrozenArray) and frozen else FrozenArray(array)
    fitted = _smaller(original, max_size)
    digest = hashlib.sha256(f"{fitted.shape} {fitted.dtype}".encode() + fitted.tobytes())
    return Image(fitted, original, name, label, digest.hexdigest()[:16])


def _numbers(image: Any) -> NDArray[Any]:
    """Check an array and bring it to H×W or H×W×3, uint8 or float32."""
    try:
        array = np.asarray(image)
    except (ValueError, TypeError) as error:
        raise TypeError(f"image must be an array of numbers, a name or a file: {error}") from error
    if array.dtype.kind not in "buif":
        raise TypeError(f"image must hold real numbers, got {_short(image)} of {array.dtype}")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        first = array.ndim == 3 and array.shape[0] in (1, 3, 4)
        hint = "; channels come last: np.moveaxis(image, 0, -1)" if first else ""
        raise ValueError(f"image must be {_SHAPES}, got shape {array.shape}{hint}")
    if array.size == 0:
        raise ValueError(f"image must have at least one row and one column, got {array.shape}")
    if array.ndim == 3:
        array = array[..., 0] if array.shape[2] == 1 else array[..., :3]
    if array.dtype == np.uint8:
        return array
    with np.errstate(over="ignore"):
        numbers = array.astype(np.float32)
    if np.any(np.isinf(numbers) & np.isfinite(array)):
        raise ValueError("image must hold numbers that float32 can hold, up to 3.4e38")
    return numbers


def _read(path: Path) -> NDArray[Any]:
    from PIL import Image as PilImage
    from PIL import UnidentifiedImageError

    if not path.is_file():
        near = get_close_matches(str(path), names(), 1)
        hint = f"; did you mean {near[0]!r}?" if near else f": {', '.join(names())}"
        raise ValueError(f"image {str(path)!r} is neither a file nor a picture's name{hint}")
    try:
        with PilImage.open(path) as stored:
            return _from_pillow(stored)
    except (UnidentifiedImageError, OSError, SyntaxError, PilImage.DecompressionBombError) as error:
        raise ValueError(f"image file {str(path)!r} cannot be read: {error}") from error


def _from_pillow(image: PilImage.Image) -> NDArray[Any]:
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(image)
    mode = upright.mode
    if mode in ("LA", "La"):
        upright = upright.convert("L")
    elif mode not in ("1", "L", "RGB", "RGBA", "F", "I") and not mode.startswith("I;"):
        upright = upright.convert("RGB")
    return _numbers(np.asarray(upright))


def _smaller(array: FrozenArray, max_size: int) -> FrozenArray:
    height, width = array.shape[:2]
    scale = max_size / max(height, width)
    if scale >= 1:
        return array
    from PIL import Image as PilImage

    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    planes = [array] if array.ndim == 2 else [array[..., channel] for channel in range(3)]
    averaged = [
        np.asarray(PilImage.fromarray(np.asarray(plane)).resize(size, PilImage.Resampling.BOX))
        for plane in planes
    ]
    return FrozenArray(averaged[0] if array.ndim == 2 else np.stack(averaged, axis=-1))


def _short(value: Any) -> str:
    return f"{type(value).__name__} {value!r}"[:60]
