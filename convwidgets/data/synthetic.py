"""Pictures made from a formula: the same numbers on every machine.

Each function here makes one picture of a fixed size. Pictures of whole numbers that one can check
by hand are float32; pictures to look at are uint8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Synthetic:
    """A picture by formula.

    Attributes
    ----------
    title : str
        What to call it.
    make : callable
        Returns the picture: rows × columns, uint8 or float32.
    code : str
        Lines of NumPy that make it, for a picture too large to write out; else empty.
    """

    title: str
    make: Callable[[], NDArray[Any]]
    code: str = ""


def impulse() -> NDArray[np.float32]:
    """Put a single one in the centre of 9 × 9 zeros: what comes out is the kernel."""
    image = np.zeros((9, 9), np.float32)
    image[4, 4] = 1
    return image


def step() -> NDArray[np.float32]:
    """Zeros on the left, ones on the right, 12 × 12."""
    return np.repeat([[0, 1]], 6, axis=1).repeat(12, axis=0).astype(np.float32)


def ramp() -> NDArray[np.float32]:
    """Each of the 12 × 12 cells holds its column's number."""
    return np.tile(np.arange(12, dtype=np.float32), (12, 1))


def bars() -> NDArray[np.float32]:
    """Upright bars two cells wide, 12 × 12 zeros and ones."""
    return np.tile(np.arange(12) // 2 % 2, (12, 1)).astype(np.float32)


def checkerboard() -> NDArray[np.float32]:
    """Squares of two by two cells, 12 × 12 zeros and ones."""
    squares = np.arange(12) // 2
    return ((squares[:, None] + squares) % 2).astype(np.float32)


def dress() -> NDArray[np.float32]:
    """Cut a dress out of 6 × 8 zeros: ones in rows 1 to 4, columns 2 to 5."""
    image = np.zeros((6, 8), np.float32)
    image[1:5, 2:6] = 1
    return image


def five_by_five() -> NDArray[np.float32]:
    """5 × 5 zeros and ones, for a first walk with a kernel of 3 × 3."""
    return np.array(
        [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]],
        np.float32,
    )


def quarters() -> NDArray[np.float32]:
    """4 × 4 numbers of which each quarter has its own greatest, least and mean."""
    return np.array(
        [[12, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]], np.float32
    )


def noise() -> NDArray[np.uint8]:
    """Every grey equally often, with no relation between neighbours: 64 × 64, seed 1."""
    # A bit generator's own stream is fixed for good; a distribution's may change with NumPy.
    bits = np.random.PCG64(1).random_raw(64 * 64)
    return (bits >> np.uint64(56)).astype(np.uint8).reshape(64, 64)


def zone_plate() -> NDArray[np.uint8]:
    """Rings that grow finer up to two cells a ring at the rim: every direction, every scale."""
    y, x = np.mgrid[-47.5:48, -47.5:48]
    rings: NDArray[np.float64] = np.round(127.5 + 127.5 * np.cos(np.pi * (x**2 + y**2) / 96))
    return rings.astype(np.uint8)


SYNTHETIC = {
    "impulse": Synthetic("Impulse", impulse),
    "step": Synthetic("Step", step),
    "ramp": Synthetic("Ramp", ramp),
    "bars": Synthetic("Bars", bars),
    "checkerboard": Synthetic("Checkerboard", checkerboard),
    "dress": Synthetic("Dress", dress),
    "five_by_five": Synthetic("Five by five", five_by_five),
    "quarters": Synthetic("Quarters", quarters),
    "noise": Synthetic(
        "Noise",
        noise,
        "image = (np.random.PCG64(1).random_raw(64 * 64) >> np.uint64(56)).reshape(64, 64)",
    ),
    "zone_plate": Synthetic(
        "Zone plate",
        zone_plate,
        "y, x = np.mgrid[-47.5:48, -47.5:48]\n"
        "image = np.round(127.5 + 127.5 * np.cos(np.pi * (x**2 + y**2) / 96))",
    ),
}
