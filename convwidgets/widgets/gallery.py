"""All widgets on one page."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from convwidgets.export.page import html
from convwidgets.widgets._base import Explorer
from convwidgets.widgets._picture import PictureExplorer
from convwidgets.widgets.architecture import ArchitectureExplorer
from convwidgets.widgets.convolution1d import Convolution1DExplorer
from convwidgets.widgets.convolution2d import Convolution2DExplorer
from convwidgets.widgets.gradients import GradientExplorer
from convwidgets.widgets.pooling import PoolingExplorer

#: Every widget, in the order in which a learner meets them.
WIDGETS: tuple[type[Explorer], ...] = (
    Convolution1DExplorer,
    Convolution2DExplorer,
    PoolingExplorer,
    ArchitectureExplorer,
    GradientExplorer,
)


def gallery(path: str | PathLike[str]) -> Path:
    """Write one HTML file with every widget, alive: no kernel, no server, no network.

    Parameters
    ----------
    path : str or path
        Where to write; a file that is there is replaced.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    FileNotFoundError
        In a clone whose page code was not built.

    Examples
    --------
    >>> import tempfile
    >>> gallery(f"{tempfile.mkdtemp()}/gallery.html").name
    'gallery.html'
    """
    widgets = [kind() for kind in WIDGETS]
    parts = [
        each._part(["camera"]) if isinstance(each, PictureExplorer) else each._part()
        for each in widgets
    ]
    file = Path(path)
    file.write_text(html("convwidgets", parts), encoding="utf-8")
    return file
