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
        PoolingExplorer,
        gallery,
    )

__version__ = "0.1.0"

__all__ = [
    "ArchitectureExplorer",
    "Convolution1DExplorer",
    "Convolution2DExplorer",
    "PoolingExplorer",
    "gallery",
]
