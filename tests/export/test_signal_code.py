"""Every program of the one-dimensional explorer is run, and gives the widget's numbers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from convwidgets import Convolution1DExplorer
from convwidgets.export.code import FRAMEWORKS
from tests.widgets.make_signals import CASES

# Keras's own, on its way from torch to NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(autouse=True, scope="module")
def keras_on_torch() -> Iterator[None]:
    """Choose Keras's backend before anything imports it."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    yield


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("settings", CASES, ids=str)
def test_a_program_gives_the_widgets_numbers(framework: str, settings: dict[str, Any]) -> None:
    widget = Convolution1DExplorer(**settings)
    scope: dict[str, Any] = {}
    exec(compile(widget.to_code(framework), f"<{framework}>", "exec"), scope)
    output = np.asarray(scope["output"])
    assert output.shape == widget.output.shape
    scale = max(float(np.abs(widget.output).max()), 1.0)
    np.testing.assert_allclose(output, widget.output, rtol=1e-5, atol=2e-6 * scale)


def test_an_unknown_library_is_named() -> None:
    with pytest.raises(ValueError, match=r"framework must be one of numpy, .*got 'jax'"):
        Convolution1DExplorer().to_code("jax")
