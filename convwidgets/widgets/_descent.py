"""Learning a kernel from what it made: gradient descent, and the answer in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convwidgets.data.dice import start
from convwidgets.engine import conv2d
from convwidgets.engine.gradients import conv2d_gradients

Array = NDArray[Any]


def descend(pixels: Array, values: Mapping[str, Any]) -> dict[str, Array]:
    """Follow the gradient of the mean squared error for `step` steps.

    Parameters
    ----------
    pixels : ndarray
        H×W, float32.
    values : mapping
        Checked settings.

    Returns
    -------
    dict of ndarray
        Where the learner stands after `step` steps: ``learned``, ``grad_weight`` (Kh×Kw),
        ``output``, ``upstream`` (Oh×Ow); on the way ``losses`` (step + 1 numbers, float64); the
        aim: ``target_output``, ``least_squares`` (Kh×Kw, float64) and ``curvatures`` (the
        eigenvalues of the loss's second derivative, rising, float64). Each with one more axis
        before.
    """
    steps = {key: values[key] for key in ("stride", "padding", "dilation")}
    x = standardised(pixels) if values["standardise"] else pixels
    hidden = np.asarray(values["target"].values, np.float32)
    aim = conv2d(x, hidden, **steps)
    share = np.float32(2 / aim.size)
    rate = np.float32(values["rate"])
    w = np.zeros_like(hidden)
    if values["start"] == "random":
        w = start(hidden.shape, values["seed"])
    losses = []
    # A rate that is too great ends in infinities and NaN: they are what is to be seen.
    with np.errstate(all="ignore"):
        for number in range(values["step"] + 1):
            output = conv2d(x, w, **steps)
            error = output - aim
            losses.append(np.mean(np.square(error.astype(np.float64))))
            g = error * share
            slope = conv2d_gradients(x, w, g, **steps).weight
            if number < values["step"]:
                w = w - rate * slope
    matrix = windows(np.asarray(x, np.float64), hidden.shape, values)
    solution = np.linalg.lstsq(matrix, aim.ravel().astype(np.float64), rcond=1e-7)[0]
    curvatures = np.linalg.eigvalsh(2 / aim.size * matrix.T @ matrix)
    return {
        "output": output[None],
        "upstream": g[None],
        "grad_weight": slope[None],
        "learned": w[None],
        "losses": np.array(losses)[None],
        "target_output": aim[None],
        "least_squares": solution.reshape(1, *hidden.shape),
        "curvatures": curvatures.clip(0)[None],
    }


def standardised(pixels: Array) -> Array:
    """Return a picture with mean 0 and standard deviation 1; an even one with zeros."""
    x = np.asarray(pixels, np.float64)
    spread = x.std()
    return np.asarray((x - x.mean()) / (spread if spread > 0 else 1), np.float32)


def windows(x: Array, kernel: tuple[int, ...], values: Mapping[str, Any]) -> Array:
    """Return the windows of a picture as rows: times the kernel's values they give the output."""
    pad, stride, dilation = values["padding"], values["stride"], values["dilation"]
    padded = np.pad(x, pad)
    reach = [dilation * (side - 1) + 1 for side in kernel]
    spans = np.lib.stride_tricks.sliding_window_view(padded, reach)
    chosen = spans[::stride, ::stride, ::dilation, ::dilation]
    return chosen.reshape(-1, kernel[0] * kernel[1])
