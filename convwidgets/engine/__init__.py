"""The arithmetic of convolution and pooling, on NumPy arrays alone."""

from convwidgets.engine import geometry, reference
from convwidgets.engine.functional import activate, avg_pool2d, conv2d, max_pool2d, min_pool2d
from convwidgets.engine.native import backend, status, use, warm_up

__all__ = [
    "activate",
    "avg_pool2d",
    "backend",
    "conv2d",
    "geometry",
    "max_pool2d",
    "min_pool2d",
    "reference",
    "status",
    "use",
    "warm_up",
]
