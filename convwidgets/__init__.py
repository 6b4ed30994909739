"""Widgets that let one see, touch and compute convolutional neural networks.

Names are imported when they are first used, so that ``import convwidgets`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convwidgets import data, engine, widgets
    from convwidgets.engine import activate, avg_pool2d, conv2d, max_pool2d, min_pool2d
    from convwidgets.widgets import (
        ArchitectureExplorer,
        Convolution1DExplorer,
        Convolution2DExplorer,
        GradientExplorer,
        PoolingExplorer,
        gallery,
    )

__version__ = "0.1.0"

__all__ = [
    "ArchitectureExplorer",
    "Convolution1DExplorer",
    "Convolution2DExplorer",
    "GradientExplorer",
    "PoolingExplorer",
    "__version__",
    "activate",
    "avg_pool2d",
    "conv2d",
    "data",
    "engine",
    "gallery",
    "max_pool2d",
    "min_pool2d",
    "widgets",
]

_ROOMS = ("data", "engine", "widgets")
_HOMES = {
    "ArchitectureExplorer": "widgets",
    "Convolution1DExplorer": "widgets",
    "Convolution2DExplorer": "widgets",
    "GradientExplorer": "widgets",
    "PoolingExplorer": "widgets",
    "activate": "engine",
    "avg_pool2d": "engine",
    "conv2d": "engine",
    "gallery": "widgets",
    "max_pool2d": "engine",
    "min_pool2d": "engine",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"convwidgets.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'convwidgets' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"convwidgets.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
