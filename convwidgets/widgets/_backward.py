"""What flows back through one convolution or pooling, and the same by finite differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convwidgets.engine import avg_pool2d, conv2d, max_pool2d
from convwidgets.engine.gradients import (
    avg_pool2d_gradient,
    conv2d_gradients,
    max_pool2d_gradient,
)

Array = NDArray[Any]

# A loss that is linear or quadratic in each number has no error of its own at any step, so that a
# wide one only lessens rounding; a maximum needs one narrower than the lead of the winners.
SMOOTH_STEP = 0.25
MAXIMUM_STEP = 1 / 64


def backward(pixels: Array, values: Mapping[str, Any]) -> dict[str, Array]:
    """Run forward, then backward.

    Parameters
    ----------
    pixels : ndarray
        H×W, float32.
    values : mapping
        Checked settings.

    Returns
    -------
    dict of ndarray
        ``output`` and ``upstream`` (Oh×Ow), ``grad_input`` (H×W) and ``numeric_input``; for a
        convolution also ``grad_weight`` and ``numeric_weight`` (Kh×Kw), ``grad_bias`` and
        ``numeric_bias`` (one number); for a maximum ``index``. Each with one more axis before.
        float32, the numeric ones float64, ``index`` int64.
    """
    output, index = forward(pixels, values)
    g = upstream(output, values)
    maps = {"output": output[None], "upstream": g[None]}
    if index is not None:
        maps["index"] = index[None]
    if values["operation"] == "convolution":
        weights = np.asarray(values["kernel"].values, np.float32)
        given = conv2d_gradients(pixels, weights, g, **_steps(values))
        maps |= {"grad_input": given.input[None], "grad_weight": given.weight[None]}
        maps["grad_bias"] = given.bias
    else:
        gradient = max_pool2d_gradient if values["operation"] == "max" else avg_pool2d_gradient
        maps["grad_input"] = gradient(pixels, g, values["pool_size"], **_steps(values))[None]
    return maps | _numeric(pixels.astype(np.float64), g.astype(np.float64), values)


def forward(pixels: Array, values: Mapping[str, Any]) -> tuple[Array, Array | None]:
    """Return the output, and for a maximum where each winner stands."""
    operation = values["operation"]
    if operation == "convolution":
        kernel = values["kernel"].values.astype(pixels.dtype)
        bias = np.array([values["bias"]], pixels.dtype)
        return conv2d(pixels, kernel, bias, **_steps(values)), None
    if operation == "max":
        return max_pool2d(pixels, values["pool_size"], return_indices=True, **_steps(values))
    return avg_pool2d(pixels, values["pool_size"], **_steps(values)), None


def upstream(output: Array, values: Mapping[str, Any]) -> Array:
    """Return the loss's gradient with respect to the output."""
    kind = values["upstream"]
    if not kind.name:
        return np.asarray(kind.values, np.float32)
    if kind.name == "squares":
        return output + output
    g = np.zeros_like(output)
    if kind.name == "ones":
        g[:] = 1
    else:
        g[(len(output) - 1) // 2, (output.shape[1] - 1) // 2] = 1
    return g


def _numeric(x: Array, g: Array, values: Mapping[str, Any]) -> dict[str, Array]:
    """Nudge every number up and down and see how the loss follows."""
    squares = values["upstream"].name == "squares"

    def slopes(outputs: Array, step: float) -> Array:
        losses = np.sum(outputs * outputs if squares else outputs * g, axis=(1, 2))
        up, down = np.split(losses, 2)
        slope: Array = (up - down) / (2 * step)
        return slope

    operation = values["operation"]
    step = MAXIMUM_STEP if operation == "max" else SMOOTH_STEP
    images = _nudged(x, step)[:, None]
    if operation != "convolution":
        pooled, _ = forward(images, values)
        return {"numeric_input": slopes(pooled[:, 0], step).reshape(1, *x.shape)}
    kernel = values["kernel"].values
    bias = np.array([float(values["bias"])])
    moved = conv2d(images, kernel[None, None], bias, **_steps(values))[:, 0]
    filters = _nudged(kernel, step)[:, None]
    tried = conv2d(x[None], filters, np.repeat(bias, len(filters)), **_steps(values))
    lifted = np.stack([conv2d(x, kernel, bias + by, **_steps(values)) for by in (step, -step)])
    return {
        "numeric_input": slopes(moved, step).reshape(1, *x.shape),
        "numeric_weight": slopes(tried, step).reshape(1, *kernel.shape),
        "numeric_bias": slopes(lifted, step),
    }


def _nudged(matrix: Array, step: float) -> Array:
    """Return copies, each with one cell raised, then each with one cell lowered."""
    nudges = step * np.eye(matrix.size).reshape(-1, *matrix.shape)
    return np.concatenate([matrix + nudges, matrix - nudges])


def _steps(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: values[key] for key in ("stride", "padding", "dilation")}
