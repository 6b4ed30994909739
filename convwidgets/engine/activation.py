"""Activations of arrays, cell by cell, and their gradients."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from convwidgets.engine import native, reference
from convwidgets.engine._arguments import Array, numbers, same_shape, writeable

ACTIVATIONS = ("none", "relu", "abs", "clip")


def activate(input: ArrayLike, kind: str) -> Array:  # noqa: A002  # PyTorch's name
    """Apply an activation cell by cell.

    Parameters
    ----------
    input : array
        Any shape. float32 and float64 are kept, other real numbers become float32.
    kind : {"none", "relu", "abs", "clip"}
        x, max(x, 0), the absolute value, or x held to 0–255.

    Returns
    -------
    array
        A new one; NaN stays NaN.

    Raises
    ------
    TypeError, ValueError
        If `input` does not hold real numbers or `kind` is none of the four.

    Examples
    --------
    >>> activate([-2, 3], "relu")
    array([0., 3.], dtype=float32)
    """
    x = numbers("input", input)
    number = _number(kind)
    compiled = native.kernels(x.dtype)
    if compiled is None:
        return np.asarray(reference.activate(x, kind))
    y = np.empty_like(x)
    compiled.activate(writeable(x).ravel(), y.ravel(), number)
    return y


def activate_gradient(
    input: ArrayLike,  # noqa: A002  # PyTorch's name
    grad_output: ArrayLike,
    kind: str,
) -> Array:
    """Give the gradient of `convwidgets.engine.activate`.

    Parameters
    ----------
    input, kind
        Those of the activation.
    grad_output : array
        The loss's gradient with respect to the output, in the input's shape.

    Returns
    -------
    array
        With respect to `input`; at the corner of relu and abs, and at NaN, 0.

    Raises
    ------
    TypeError, ValueError
        As the activation does, and if `grad_output` has another shape.

    Examples
    --------
    >>> activate_gradient([-2, 3], [10, 20], "relu")
    array([ 0., 20.], dtype=float32)
    """
    x = writeable(numbers("input", input))
    number = _number(kind)
    g = same_shape("grad_output", grad_output, x, x.shape, 0)
    compiled = native.kernels(x.dtype)
    if compiled is None:
        return reference.activate_gradient(x, g, kind)
    y = np.empty_like(x)
    compiled.activate_gradient(x.ravel(), g.ravel(), y.ravel(), number)
    return y


def _number(kind: str) -> int:
    """Check an activation's name, and give its number among the kernels'."""
    if kind not in ACTIVATIONS:
        raise ValueError(f"kind must be 'none', 'relu', 'abs' or 'clip', got {kind!r}")
    return ACTIVATIONS.index(kind)
