"""How pictures travel: described in the state, pixels apart and once; in one piece to be saved."""

from __future__ import annotations

import base64
import binascii
import math
import re
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convwidgets.data.frozen import FrozenArray, numbers
from convwidgets.data.images import Image, load, names, picture
from convwidgets.export.code import LITERAL_SIDE

_MEMORY = 64 * 2**20
_MOST_CELLS = 2**26
_DTYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype("u1"), "float32": np.dtype("<f4")}
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class Pictures:
    """The pictures that a page may ask for again: the latest ones, up to 64 MB of them."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Image] = OrderedDict()

    def remember(self, image: Image) -> None:
        """Keep a picture, and forget the oldest where memory runs out."""
        self._known[image.id] = image
        self._known.move_to_end(image.id)
        while len(self._known) > 1 and self._size() > _MEMORY:
            self._known.popitem(last=False)

    def get(self, identity: Any) -> Image | None:
        """Return a picture by its id."""
        return self._known.get(identity) if isinstance(identity, str) else None

    def _size(self) -> int:
        return sum(image.original.nbytes for image in self._known.values())


def descriptor(image: Image) -> dict[str, Any]:
    """Describe a picture without its pixels."""
    described: dict[str, Any] = {
        "name": image.name,
        "label": image.label,
        "shape": list(image.shape),
        "dtype": image.dtype,
        "id": image.id,
    }
    # Said to the learner where the picture was made smaller.
    if image.original.shape != image.array.shape:
        described["original_shape"] = list(image.original.shape)
    return described


def payload(image: Image) -> bytes:
    """Return the pixels as they travel: rows, columns, channels; little endian."""
    return image.array.astype(_DTYPES[image.dtype]).tobytes()


def portable(image: Image) -> dict[str, Any]:
    """Describe a picture together with its pixels, deflated, in JSON."""
    described = {key: value for key, value in descriptor(image).items() if key != "id"}
    return {**described, "data": base64.b64encode(zlib.compress(payload(image), 9)).decode()}


def find(description: Any, known: Pictures, max_size: int) -> Image:
    """Return the picture that a page describes: one that it was given, gave, or can name."""
    if not isinstance(description, Mapping):
        raise TypeError(f"image must be a picture's description, got {description!r:.60}")
    image, name = known.get(description.get("id")), description.get("name")
    if isinstance(name, str) and name in names() and (image is None or image.name != name):
        return picture(name, max_size)
    if image:
        return image
    raise ValueError(f"image with id {description.get('id')!r:.60} is not known to this kernel")


def received(message: Mapping[str, Any], data: Any, max_size: int) -> Image:
    """Take the pixels that a page sent with their description."""
    identity, label = message.get("id"), message.get("label", "")
    if not isinstance(identity, str) or not _ID.fullmatch(identity):
        raise ValueError(f"id must be 1 to 64 letters, digits and '-', got {identity!r:.60}")
    if not isinstance(label, str) or len(label) > 200:
        raise ValueError(f"label must be at most 200 characters, got {label!r:.60}")
    shape, dtype = _shape(message.get("shape")), _dtype(message.get("dtype"))
    if max(shape[:2]) > max_size:
        raise ValueError(f"image must have sides up to max_size={max_size}, got shape {shape}")
    array = FrozenArray(_array(data, shape, dtype))
    return Image(array, array, "", label, identity)


def save(image: Image) -> Any:
    """Return a picture for a saved state: its name, or its numbers."""
    if image.name:
        return image.name
    array = image.array
    readable = max(image.shape[:2]) <= LITERAL_SIDE and bool(np.isfinite(array).all())
    data = numbers(array) if readable else base64.b64encode(payload(image)).decode()
    saved = {"shape": list(image.shape), "dtype": image.dtype, "data": data}
    return {**saved, "label": image.label} if image.label else saved


def restore(saved: Any) -> Any:
    """Return what to assign for a picture of a saved state."""
    if isinstance(saved, str):
        if saved not in names():
            raise ValueError(f"image must be one of {', '.join(names())}, got {saved!r:.60}")
        return saved
    if not isinstance(saved, Mapping):
        raise TypeError(f"image must be a name or hold shape, dtype and data, got {saved!r:.60}")
    unknown = set(saved) - {"shape", "dtype", "data", "label"}
    if unknown:
        raise ValueError(
            f"image must hold shape, dtype, data and label alone, got {min(unknown)!r}"
        )
    shape, dtype, data = _shape(saved.get("shape")), _dtype(saved.get("dtype")), saved.get("data")
    label = saved.get("label", "")
    if not isinstance(label, str):
        raise TypeError(f"label must be text, got {label!r:.60}")
    array = _decode(data, shape, dtype) if isinstance(data, str) else _literal(data, shape, dtype)
    return load(array, max(shape[:2]), label=label)


def _decode(data: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        return _array(base64.b64decode(data, validate=True), shape, dtype)
    except binascii.Error as error:
        raise ValueError(f"data must be numbers or base64: {error}") from error


def _literal(data: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        values = np.asarray(data, np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"data must be numbers or base64: {error}") from error
    if values.size != math.prod(shape):
        raise ValueError(
            f"data must hold {math.prod(shape)} numbers for shape {shape}, got {values.size}"
        )
    if dtype == np.uint8 and not np.array_equal(values, values.clip(0, 255).round()):
        raise ValueError("data of dtype uint8 must be whole numbers from 0 to 255")
    return values.reshape(shape).astype(dtype)


def _array(data: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"data must be bytes, got {type(data).__name__}")
    expected = math.prod(shape) * dtype.itemsize
    size = memoryview(data).nbytes
    if size != expected:
        raise ValueError(f"data must be {expected} bytes for shape {shape} of {dtype}, got {size}")
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _shape(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, Sequence) or not all(type(side) is int and side > 0 for side in shape):
        raise TypeError(f"shape must be whole numbers from 1, got {shape!r:.60}")
    if len(shape) != 2 and (len(shape) != 3 or shape[2] != 3):
        raise ValueError(f"shape must be [H, W] or [H, W, 3], got {shape!r:.60}")
    if math.prod(shape) > _MOST_CELLS:
        raise ValueError(f"shape must be of {_MOST_CELLS} numbers at most, got {shape!r:.60}")
    return tuple(shape)


def _dtype(name: Any) -> np.dtype[Any]:
    if not isinstance(name, str) or name not in _DTYPES:
        raise ValueError(f"dtype must be 'uint8' or 'float32', got {name!r:.60}")
    return _DTYPES[name]
