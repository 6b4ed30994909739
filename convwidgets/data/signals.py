"""Signals, kernels for signals, and curves: the examples of one-dimensional convolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convwidgets.data.frozen import FrozenArray

#: Curves are sampled in the middles of cells of this width …
STEP = 1 / 32
#: … from −8 to 8, and shown from −4 to 4.
REACH = 8.0
SHOWN = 4.0


@dataclass(frozen=True)
class Example:
    """A sequence of numbers with its name for people."""

    title: str
    text: str
    values: FrozenArray


def _example(title: str, text: str, values: ArrayLike) -> Example:
    return Example(title, text, FrozenArray(np.asarray(values, np.float64)))


SIGNALS: dict[str, Example] = {
    "step": _example("Step", "One edge, upwards.", [0] * 5 + [1] * 5),
    "bars": _example("Two bars", "Edges up and down, twice.", [0, 0, 1, 1, 0, 0, 1, 1, 0, 0]),
    "impulse": _example("Impulse", "A single one: it shows the kernel.", [0] * 4 + [1] + [0] * 4),
    "ramp": _example("Ramp", "Even steps, upwards.", range(8)),
    "count": _example("1, 2, 3, 4", "Few enough to do in the head.", [1, 2, 3, 4]),
    "noisy_step": _example(
        "Noisy step",
        "An edge that is hard to see for its noise.",
        [0, 0.2, -0.1, 0.1, -0.2, 0.1, 1.1, 0.8, 1, 1.2, 0.9, 1],
    ),
    "wave": _example("Wave", "Two periods of eight.", [0, 0.7, 1, 0.7, 0, -0.7, -1, -0.7] * 2),
}

SIGNAL_KERNELS: dict[str, Example] = {
    "difference": _example("Difference", "What comes next, less what is here.", [-1, 1]),
    "half_difference": _example("Half difference", "The same at half size.", [-0.5, 0.5]),
    "central": _example("Central difference", "The slope in the middle.", [-0.5, 0, 0.5]),
    "second": _example("Second difference", "How the slope changes.", [1, -2, 1]),
    "mean": _example("Moving average", "The mean of three neighbours.", [1 / 3] * 3),
    "binomial": _example("Binomial", "A mean that favours the middle.", [0.25, 0.5, 0.25]),
    "mean4": _example("Average of four", "An even number has no middle.", [0.25] * 4),
    "rising": _example("Rising 1, 2, 3", "Not its own mirror image.", [1, 2, 3]),
    "echo": _example("Echo", "Itself, and half of it three steps apart.", [1, 0, 0, 0.5]),
    "identity": _example("Identity", "One in the middle: nothing changes.", [0, 1, 0]),
}

#: The curves by name. Each is a function of t and a width w, of height 1.
CURVES: dict[str, str] = {
    "box": "Box",
    "triangle": "Triangle",
    "gaussian": "Gaussian",
    "exponential": "Exponential",
    "sine": "Sine",
    "chirp": "Chirp",
}


def times() -> NDArray[np.float64]:
    """Return the times at which curves are sampled: the middles of 512 cells from −8 to 8."""
    cells = np.arange(round(2 * REACH / STEP), dtype=np.float64)
    return (cells + 0.5) * STEP - REACH


def curve(name: str, width: float) -> NDArray[np.float64]:
    """Sample a curve.

    Parameters
    ----------
    name : {"box", "triangle", "gaussian", "exponential", "sine", "chirp"}
        A box of full width w; a triangle with a base of w; a Gaussian with a standard deviation of
        w/4; an exponential that decays from 0 on with a time constant of w/4; from −2 to 2 a sine
        with a period of w, and a chirp whose frequency rises from 0 to 2/w.
    width : float
        w.

    Returns
    -------
    ndarray
        512 values, at `times`.

    Examples
    --------
    >>> int(curve("box", 1.0).sum())  # as many cells as lie within the box
    32
    """
    t = times()
    if name == "box":
        return np.where(np.abs(t) < width / 2, 1.0, 0.0)
    if name == "triangle":
        return np.maximum(1 - np.abs(t) / (width / 2), 0)
    if name == "gaussian":
        return np.exp(-(t**2) / (2 * (width / 4) ** 2))
    if name == "exponential":
        return np.where(t > 0, np.exp(-np.maximum(t, 0) / (width / 4)), 0.0)
    phase = t / width if name == "sine" else (t + 2) ** 2 / (4 * width)
    return np.where(np.abs(t) < 2, np.sin(2 * np.pi * phase), 0.0)


def drawn(values: ArrayLike) -> NDArray[np.float64]:
    """Sample a curve drawn by hand: straight lines between values spread from −4 to 4.

    Parameters
    ----------
    values : array_like
        At least two numbers; the first stands at −4, the last at 4, and beyond is zero.

    Returns
    -------
    ndarray
        512 values, at `times`.

    Examples
    --------
    >>> float(drawn([0, 1, 0]).max())
    0.99609375
    """
    knots = np.asarray(values, np.float64)
    places = np.linspace(-SHOWN, SHOWN, knots.size)
    return np.interp(times(), places, knots, left=0.0, right=0.0)
