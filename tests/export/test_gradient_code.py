"""Every program of the gradient explorer is run, and gives the widget's numbers."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from convwidgets.export.code import FRAMEWORKS
from convwidgets.widgets import GradientExplorer

# Keras's own, on its way from torch to NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

INPUT = np.random.default_rng(2).normal(size=(8, 10)).round(2)
KERNEL = [[1, -2.5], [0, 3], [4, 0.5]]
OWN = np.random.default_rng(3).normal(size=(6, 9)).round(2)


@pytest.fixture(autouse=True, scope="module")
def keras_on_torch() -> Iterator[None]:
    """Choose Keras's backend before anything imports it."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    yield


def run(widget: GradientExplorer, framework: str) -> dict[str, Any]:
    """What the widget's program leaves behind."""
    scope: dict[str, Any] = {}
    exec(compile(widget.to_code(framework), f"<{framework}>", "exec"), scope)
    return scope


def close(found: Any, expected: Any, what: str) -> None:
    found = found.detach() if hasattr(found, "detach") else found
    scale = float(np.abs(expected).max()) or 1.0
    found = np.asarray(found)
    np.testing.assert_allclose(
        found.reshape(np.shape(expected)), expected, rtol=1e-4, atol=1e-5 * scale, err_msg=what
    )


BACKWARD = [
    {"kernel": KERNEL, "stride": stride, "padding": padding, "dilation": dilation}
    for stride, padding, dilation in itertools.product((1, 2), (0, 2), (1, 2))
]
BACKWARD += [{"kernel": KERNEL, "bias": -1.5, "upstream": loss} for loss in ("cell", "squares")]
BACKWARD += [{"kernel": KERNEL, "upstream": OWN}]
BACKWARD += [
    {"operation": operation, "pool_size": size, "stride": size, "padding": 1, "dilation": dilation}
    for operation, size, dilation in itertools.product(("max", "average"), (2, 3), (1, 2))
]
BACKWARD += [
    {"operation": "max", "image": "dress"},
    {"operation": "average", "upstream": "squares"},
]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("settings", BACKWARD, ids=str)
def test_backward(settings: dict[str, Any], framework: str) -> None:
    widget = GradientExplorer(**{"image": INPUT, **settings})
    scope = run(widget, framework)
    close(scope["output"], widget.output, "output")
    close(scope["upstream"], widget.upstream_gradient, "upstream")
    close(scope["grad_input"], widget.grad_input, "grad_input")
    if widget.operation == "convolution":
        close(scope["grad_weight"], widget.grad_weight, "grad_weight")
        close(scope["grad_bias"], widget.grad_bias, "grad_bias")


LEARN = [
    {},
    {"start": "random", "seed": 9, "rate": 0.05},
    {"standardise": False, "stride": 2, "padding": 1, "dilation": 2, "target": KERNEL},
]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("settings", LEARN, ids=str)
def test_learning(settings: dict[str, Any], framework: str) -> None:
    widget = GradientExplorer(**{"image": INPUT, "task": "learn", "step": 15, **settings})
    scope = run(widget, framework)
    close(scope["losses"], widget.losses, "losses")
    close(scope["kernel"], widget.learned, "kernel")
    close(scope["grad_weight"], widget.grad_weight, "grad_weight")
    close(scope["output"], widget.output, "output")
    close(scope["least_squares"], widget.least_squares, "least_squares")
