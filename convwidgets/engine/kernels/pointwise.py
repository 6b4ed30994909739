"""Activations, cell by cell."""

from __future__ import annotations

from typing import Any

import numpy as np

from convwidgets.engine._jit import kernel

NONE, RELU, ABS, CLIP = range(4)


@kernel
def activate(x: Any, y: Any, kind: int) -> None:
    """``y = x``, ``max(x, 0)``, ``|x|`` or ``x`` held to 0–255, of flat arrays; NaN stays NaN."""
    if kind == ABS:
        for i in range(x.size):
            y[i] = abs(x[i])
        return
    low = x.dtype.type(0 if kind in (RELU, CLIP) else -np.inf)
    high = x.dtype.type(255 if kind == CLIP else np.inf)
    for i in range(x.size):
        value = low if x[i] < low else x[i]
        y[i] = high if value > high else value


@kernel
def activate_gradient(x: Any, g: Any, y: Any, kind: int) -> None:
    """``y = g · activation'(x)``, of flat arrays; 0 at the corners of relu and abs, and at NaN."""
    for i in range(x.size):
        slope = x.dtype.type(1)
        if kind == RELU:
            slope = x.dtype.type(x[i] > 0)
        elif kind == ABS:
            slope = x.dtype.type(x[i] > 0) - x.dtype.type(x[i] < 0)
        elif kind == CLIP:
            slope = x.dtype.type((x[i] >= 0) & (x[i] <= 255))
        y[i] = g[i] * slope
