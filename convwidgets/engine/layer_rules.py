"""What a layer of a network may be: each field's rule, and what it is when it is left out."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from convwidgets.engine.layers import KINDS, Shape

#: The greatest filters or units, window or padding, and side or channels of an input.
MOST_UNITS, MOST_WINDOW, MOST_SIDE = 16384, 64, 2048
#: The most layers of a network.
MOST_LAYERS = 64


class Layer(dict[str, Any]):
    """A checked layer: a mapping that does not change."""

    def _refuse(self, *args: Any, **options: Any) -> NoReturn:
        raise TypeError("a layer does not change: assign `layers` as a whole")

    __setitem__ = __delitem__ = _refuse
    update = setdefault = pop = popitem = clear = __ior__ = _refuse

    def __reduce__(self) -> tuple[type[Layer], tuple[dict[str, Any]]]:
        return Layer, (dict(self),)


def layer(value: Mapping[str, Any] | str, name: str = "layer") -> Layer:
    """Check a layer and fill in what was left out.

    Parameters
    ----------
    value : mapping or str
        ``kind`` and its fields; a bare kind where it needs none. Convolutions: ``filters``,
        ``kernel_size``, ``stride`` (1), ``padding`` ("valid", "same" or cells on each side),
        ``dilation`` (1), ``bias`` (True). Poolings: ``pool_size`` (2), ``stride`` (as the
        window), ``padding``. Dense: ``units``, ``bias``. Dropout: ``rate`` (.5). Sizes are one
        number, or one for each axis.
    name : str
        What errors call it.

    Returns
    -------
    Layer
        With every field of its kind.

    Raises
    ------
    ValueError, TypeError
        If the kind or a field is not known, or a value breaks its rule.

    Examples
    --------
    >>> layer({"kind": "max_pool2d"})
    {'kind': 'max_pool2d', 'pool_size': (2, 2), 'stride': (2, 2), 'padding': 'valid'}
    >>> layer({"kind": "dense", "units": 10})
    {'kind': 'dense', 'units': 10, 'bias': True}
    """
    given = {"kind": value} if isinstance(value, str) else value
    if not isinstance(given, Mapping):
        raise TypeError(f"{name} must be a kind or a mapping with a kind, got {_short(value)}")
    kind = given.get("kind")
    if kind not in KINDS:
        raise ValueError(f"{name}.kind must be one of {', '.join(KINDS)}, got {_short(kind)}")
    fields = _fields(kind, dict(given), name)
    for key in given:
        if key not in fields:
            raise ValueError(f"{name} is of kind {kind!r}, which has no {_short(key)}")
    return Layer(fields)


def input_shape(value: Sequence[int], name: str = "input_shape") -> Shape:
    """Check an input's size: rows, columns and channels; or length and channels; or features.

    Parameters
    ----------
    value : sequence of int
        One to three whole numbers from 1 to 2048.
    name : str
        What errors call it.

    Returns
    -------
    tuple of int
        The same.
    """
    words = f"one to three whole numbers from 1 to {MOST_SIDE}, channels last"
    if isinstance(value, str) or not isinstance(value, Sequence) or not 1 <= len(value) <= 3:
        raise ValueError(f"{name} must be {words}, got {_short(value)}")
    return tuple(_whole(name, side, 1, MOST_SIDE) for side in value)


def _fields(kind: str, given: dict[str, Any], name: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"kind": kind}

    def number(key: str, most: int) -> None:
        if key not in given:
            raise ValueError(f"{name} is of kind {kind!r} and must have {key}")
        fields[key] = _whole(f"{name}.{key}", given[key], 1, most)

    def sizes(key: str, default: Any) -> None:
        if key not in given and default is None:
            raise ValueError(f"{name} is of kind {kind!r} and must have {key}")
        fields[key] = _sizes(f"{name}.{key}", given.get(key, default), int(kind[-2]))

    if kind.startswith("conv"):
        number("filters", MOST_UNITS)
        sizes("kernel_size", None)
        sizes("stride", 1)
        fields["padding"] = _padding(f"{name}.padding", given.get("padding", "valid"))
        sizes("dilation", 1)
    elif "pool" in kind:
        sizes("pool_size", 2)
        sizes("stride", fields["pool_size"])
        fields["padding"] = _padding(f"{name}.padding", given.get("padding", "valid"))
    elif kind == "dense":
        number("units", MOST_UNITS)
    elif kind == "dropout":
        fields["rate"] = _rate(f"{name}.rate", given.get("rate", 0.5))
    if kind == "dense" or kind.startswith("conv"):
        bias = given.get("bias", True)
        if not isinstance(bias, bool):
            raise TypeError(f"{name}.bias must be True or False, got {_short(bias)}")
        fields["bias"] = bias
    return fields


def _sizes(name: str, value: Any, rank: int) -> Shape:
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != rank:
            raise ValueError(f"{name} must be one whole number or {rank}, got {_short(value)}")
        return tuple(_whole(name, one, 1, MOST_WINDOW) for one in value)
    return (_whole(name, value, 1, MOST_WINDOW),) * rank


def _padding(name: str, value: Any) -> str | int:
    if value in ("valid", "same"):
        return str(value)
    words = f"'valid', 'same' or a whole number from 0 to {MOST_WINDOW}"
    try:
        cells = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be {words}, got {_short(value)}") from None
    if isinstance(value, bool) or not 0 <= cells <= MOST_WINDOW:
        raise ValueError(f"{name} must be {words}, got {_short(value)}")
    return cells


def _rate(name: str, value: Any) -> float:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1
    if not good:
        raise ValueError(f"{name} must be a number from 0 to below 1, got {_short(value)}")
    return float(value)


def _whole(name: str, value: Any, low: int, high: int) -> int:
    words = f"a whole number from {low} to {high}"
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be {words}, got {_short(value)}") from None
    if isinstance(value, bool):
        raise TypeError(f"{name} must be {words}, got {_short(value)}")
    if not low <= number <= high:
        raise ValueError(f"{name} must be {words}, got {_short(value)}")
    return number


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
