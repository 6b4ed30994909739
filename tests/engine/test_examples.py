"""The examples in the docstrings."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "_jit",
        "_threads",
        "activation",
        "convolution",
        "fourier",
        "geometry",
        "gradients",
        "kernels",
        "native",
        "paths",
        "pooling",
        "reference",
        "signals",
    ],
)
def test_examples_run(module: str) -> None:
    result = doctest.testmod(importlib.import_module(f"convwidgets.engine.{module}"))
    assert result.attempted > 0
    assert result.failed == 0
