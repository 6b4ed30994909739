"""What a picture of a widget consists of: maps of numbers, each with its role and its scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Role = Literal["input", "kernel", "output", "gradient"]
Pixels = NDArray[np.uint8]

#: The colours of the roles on a light ground.
ROLES: dict[Role, str] = {
    "input": "#1b1e24",
    "kernel": "#ad1f85",
    "output": "#17804e",
    "gradient": "#8a6400",
}
_NAN, _BELOW, _ABOVE = (139, 125, 166), (0, 84, 255), (255, 72, 0)


@dataclass(frozen=True)
class Scale:
    """How numbers become colours: grey and colour from low to high, signed centred on zero."""

    kind: Literal["grey", "signed", "colour"]
    low: float
    high: float


@dataclass(frozen=True)
class Panel:
    """A map of numbers, H×W or H×W×3, or L in a row, and how to show it."""

    role: Role
    title: str
    note: str
    values: NDArray[Any]
    scale: Scale
    #: Where the values of a curve stand; a row without is drawn as stems.
    at: NDArray[Any] | None = None

    @property
    def shape(self) -> str:
        """The shape in words, such as 3 × 3; a curve has none."""
        if self.at is not None:
            return ""
        return " × ".join(map(str, self.values.shape))


def picture_panel(values: NDArray[Any], dtype: str, note: str) -> Panel:
    """Show a picture as it came: 0 to 255 for bytes, 0 to 1 for floats within it."""
    low, high = extent(values)
    kind: Any = "colour" if values.ndim == 3 else "signed" if low < 0 else "grey"
    if dtype == "uint8":
        scale = Scale(kind, 0, 255)
    elif kind == "signed":
        scale = symmetric(low, high)
    else:
        scale = Scale(kind, 0, 1 if high <= 1 else high)
    return Panel("input", "Input", note, values, scale)


def kernel_panel(values: NDArray[Any], note: str) -> Panel:
    """Show a kernel: Kh×Kw, or several such, one below the other."""
    return Panel("kernel", "Kernel", note, values, symmetric(*extent(values)))


def gradient_panel(values: NDArray[Any], title: str) -> Panel:
    """Show a gradient, H×W, in the shape of what it is the gradient of."""
    return Panel("gradient", title, "", values, symmetric(*extent(values)))


def output_panel(values: NDArray[Any], display: str, full: float) -> Panel:
    """Show a result as the page's displays do.

    Parameters
    ----------
    values : array
        H×W or H×W×3.
    display : {"auto", "signed", "grey", "clip", "abs", "offset"}
        How: by itself signed where anything is negative.
    full : float
        White of the input: 255 or 1.
    """
    colour = values.ndim == 3
    kind: Any = "colour" if colour else "grey"
    low, high = extent(values)
    if display == "auto":
        display = "clip" if colour else "signed" if low < 0 else "auto"
    if display == "abs":
        values = np.abs(values)
    scale = {
        "auto": Scale(kind, 0, max(high, full)),
        "signed": symmetric(low, high),
        "grey": Scale(kind, low, high if high > low else low + 1),
        "clip": Scale(kind, 0, full),
        "abs": Scale(kind, 0, max(abs(low), abs(high)) or 1),
        "offset": Scale(kind, -full / 2, full / 2),
    }[display]
    return Panel("output", "Output", "", values, scale)


def stem_panel(role: Role, title: str, values: NDArray[Any], note: str) -> Panel:
    """Show a signal: L numbers, each a dot on a stem."""
    return Panel(role, title, note, values, Scale("signed", *extent(values)))


def curve_panel(role: Role, title: str, at: NDArray[Any], values: NDArray[Any], note: str) -> Panel:
    """Show a curve: L numbers and where they stand."""
    return Panel(role, title, note, values, Scale("signed", *extent(values)), at)


def colours(values: NDArray[Any], scale: Scale) -> Pixels:
    """Paint numbers: H×W×3 bytes, with colours of their own for NaN and the infinities."""
    finite = np.nan_to_num(values, nan=0.0, posinf=scale.high, neginf=scale.low)
    share = np.clip((finite - scale.low) / (scale.high - scale.low), 0, 1)
    if values.ndim == 3:
        return _bytes(255 * share)
    painted: Pixels
    if scale.kind == "signed":
        painted = signed_palette()[np.round(510 * share).astype(int)]
    else:
        painted = np.repeat(_bytes(255 * share)[..., None], 3, axis=-1)
    for where, colour in (
        (np.isnan(values), _NAN),
        (np.isneginf(values), _BELOW),
        (np.isposinf(values), _ABOVE),
    ):
        painted[where] = colour
    return painted


def signed_palette() -> Pixels:
    """Return 511 colours from blue over near-white to orange, as the page has them on light.

    Lightness falls equally on both sides, so that equal sizes look equally strong, and the hues
    stay apart for every kind of colour vision.
    """
    at = np.linspace(-1, 1, 511)
    strength = np.abs(at)
    return _oklch(0.975 - 0.415 * strength, 0.145 * strength**0.7, np.where(at < 0, 252.0, 52.0))


def extent(values: NDArray[Any]) -> tuple[float, float]:
    """Return the least and the greatest finite value, or two zeros."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def symmetric(low: float, high: float) -> Scale:
    """Centre a scale on zero."""
    reach = max(abs(low), abs(high)) or 1.0
    return Scale("signed", -reach, reach)


def _oklch(lightness: Any, chroma: Any, hue: Any) -> Pixels:
    """Turn OKLCH into sRGB (Björn Ottosson, 2020), cutting off what sRGB lacks."""
    a = chroma * np.cos(np.radians(hue))
    b = chroma * np.sin(np.radians(hue))
    l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3  # noqa: E741
    m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
    light = np.stack(
        [
            4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
            -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
        ],
        axis=-1,
    ).clip(0, 1)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return _bytes(255 * coded)


def _bytes(values: Any) -> Pixels:
    return np.asarray(np.round(values), np.uint8)
