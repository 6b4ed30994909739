"""The widgets: one class each, its state as traits, its result as NumPy arrays."""

from convwidgets.widgets.architecture import ArchitectureExplorer
from convwidgets.widgets.convolution1d import Convolution1DExplorer
from convwidgets.widgets.convolution2d import Convolution2DExplorer
from convwidgets.widgets.gallery import gallery
from convwidgets.widgets.gradients import GradientExplorer
from convwidgets.widgets.pooling import PoolingExplorer

__all__ = [
    "ArchitectureExplorer",
    "Convolution1DExplorer",
    "Convolution2DExplorer",
    "GradientExplorer",
    "PoolingExplorer",
    "gallery",
]
