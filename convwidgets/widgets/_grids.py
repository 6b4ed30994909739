"""Small matrices as settings: a widget's input, and the gradient that comes from its loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convwidgets.data.dice import throws
from convwidgets.data.frozen import FrozenArray
from convwidgets.data.images import load
from convwidgets.data.synthetic import SYNTHETIC
from convwidgets.widgets._channels import select
from convwidgets.widgets._traits import Kernel, KernelSetting

if TYPE_CHECKING:
    from convwidgets.widgets._base import Explorer

LARGEST_INPUT = 16
#: Inputs that have a name; "dice" is drawn by the widget's seed.
INPUTS = (
    *(
        name
        for name, entry in SYNTHETIC.items()
        if max(entry.make().shape) <= LARGEST_INPUT and not entry.code
    ),
    "dice",
)
LOSSES = ("ones", "cell", "squares")
_DICE = (12, 12)
_NOTHING = FrozenArray(np.zeros((1, 1)))


class InputSetting(KernelSetting):
    """A matrix up to 16×16, by name or by its numbers; a photograph's name gives its numbers."""

    def accept(self, obj: Explorer, value: Any) -> Kernel:
        """Return what to keep for a value that Python or the page assigns."""
        if isinstance(value, str) and value == "dice":
            return Kernel(value, FrozenArray(np.zeros(_DICE)))
        if isinstance(value, str) and value in INPUTS:
            return Kernel(value, FrozenArray(SYNTHETIC[value].make().astype(np.float64)))
        pixels = select(load(value, LARGEST_INPUT).pixels, "grey")[0].astype(np.float64)
        if not np.isfinite(pixels).all():
            raise ValueError(f"{self.name} must hold finite numbers, got {value!r:.60}")
        return Kernel("", FrozenArray(pixels))


class UpstreamSetting(KernelSetting):
    """The loss by name, or its gradient with respect to the output by its numbers."""

    def accept(self, obj: Explorer, value: Any) -> Kernel:
        """Return what to keep for a value that Python or the page assigns."""
        if not isinstance(value, str):
            return Kernel("", numbers(str(self.name), value, LARGEST_UPSTREAM))
        if value not in LOSSES:
            raise ValueError(
                f"{self.name} must be {', '.join(map(repr, LOSSES))} or a matrix, got {value!r:.60}"
            )
        return Kernel(value, _NOTHING)


# A kernel of one cell with 4 cells of padding on each side.
LARGEST_UPSTREAM = LARGEST_INPUT + 8


def numbers(name: str, value: Any, most: int) -> FrozenArray:
    """Return a matrix of finite numbers, or raise for anything else."""
    words = f"H×W finite numbers with sides from 1 to {most}"
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be {words}, got {value!r:.60}") from error
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} must be {words}, got {value!r:.60}")
    if array.ndim != 2 or not 1 <= min(array.shape) <= max(array.shape) <= most:
        raise ValueError(f"{name} must be {words}, got shape {array.shape}")
    matrix = array.astype(np.float64)
    if not np.all(np.abs(matrix) <= np.finfo(np.float32).max):
        raise ValueError(f"{name} must be {words}, got {value!r:.60}")
    return FrozenArray(matrix + 0.0)


def pixels(held: Kernel, seed: int) -> NDArray[np.float32]:
    """Return the numbers of an input, those of the dice thrown with a seed: −9 to 9."""
    if held.name != "dice":
        return np.asarray(held.values, np.float32)
    rows, columns = _DICE
    return np.asarray(throws(seed, rows * columns, 19) - 9, np.float32).reshape(rows, columns)
