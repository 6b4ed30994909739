"""Pictures and kernels that load with no network, each with its licence or its source."""

from convwidgets.data.images import Image, licence, load, names, picture
from convwidgets.data.kernels import KernelFacts, describe, kernel, kernel_names

__all__ = [
    "Image",
    "KernelFacts",
    "describe",
    "kernel",
    "kernel_names",
    "licence",
    "load",
    "names",
    "picture",
]
