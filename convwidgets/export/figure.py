"""What a widget shows, as a matplotlib figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convwidgets.export.panels import ROLES, Panel, signed_palette

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_NUMBERS = 9


def draw_figure(
    panels: Sequence[Panel],
    axes: Sequence[Any] | None = None,
    losses: NDArray[np.float64] | None = None,
) -> Figure:
    """Draw maps side by side, each with its shape and its colour bar.

    Parameters
    ----------
    panels : sequence of Panel
        From left to right.
    axes : sequence of matplotlib axes, optional
        One for each panel, and a last one for `losses`; if not given, they are put on a new
        figure.
    losses : ndarray, optional
        A loss after each step of learning, drawn as a curve after the maps.

    Returns
    -------
    matplotlib.figure.Figure
        The figure that holds the axes.

    Raises
    ------
    ValueError
        If there are not as many axes as panels.
    """
    import matplotlib.pyplot as plt

    count = len(panels) + (losses is not None)
    if axes is None:
        figure, grid = plt.subplots(1, count, figsize=(4 * count, 3.6), layout="constrained")
        # A notebook shows the figure as the cell's result; an open one it would show once more.
        plt.close(figure)
        axes = list(np.atleast_1d(grid))
    axes = list(np.ravel(np.asarray(axes, dtype=object)))
    if len(axes) != count:
        each = "map" if losses is None else "map and one for the losses"
        raise ValueError(f"axes must be {count}, one for each {each}, got {len(axes)}")
    for panel, ax in zip(panels, axes, strict=False):
        _draw(panel, ax)
    if losses is not None:
        _draw_losses(losses, axes[-1])
    whole: Figure = axes[0].figure
    return whole


def _draw(panel: Panel, ax: Any) -> None:
    from matplotlib.colors import ListedColormap

    values, scale = panel.values, panel.scale
    if values.ndim == 1:
        return _draw_row(panel, ax)
    if panel.role == "kernel":
        values = values.reshape(-1, values.shape[-1])
    if values.ndim == 3:
        shown = np.clip((values - scale.low) / (scale.high - scale.low), 0, 1)
        ax.imshow(shown)
    else:
        signed = ListedColormap(signed_palette() / 255, "signed")
        colour_map = signed if scale.kind == "signed" else "gray"
        picture = ax.imshow(values, cmap=colour_map, vmin=scale.low, vmax=scale.high)
        ax.figure.colorbar(picture, ax=ax, shrink=0.8)
        if max(values.shape) <= _MOST_NUMBERS:
            _write_numbers(ax, values, picture)
    ax.set_title(f"{panel.title} {panel.shape}", color=ROLES[panel.role])
    ax.set_xlabel(panel.note)
    ax.set_xticks([])
    ax.set_yticks([])


def _draw_row(panel: Panel, ax: Any) -> None:
    colour = ROLES[panel.role]
    ax.axhline(0, color="0.5", linewidth=0.8)
    if panel.at is None:
        at = np.arange(len(panel.values))
        ax.vlines(at, 0, panel.values, color=colour)
        ax.plot(at, panel.values, "o", color=colour)
        ax.xaxis.get_major_locator().set_params(integer=True)
    else:
        ax.plot(panel.at, panel.values, color=colour)
    ax.set_title(f"{panel.title} {panel.shape}".strip(), color=colour)
    ax.set_xlabel(panel.note)


def _draw_losses(losses: NDArray[np.float64], ax: Any) -> None:
    ax.plot(losses, color=ROLES["gradient"], marker="." if len(losses) < 2 else "")
    finite = losses[np.isfinite(losses)]
    if finite.size and finite.min() > 0:
        ax.set_yscale("log")
    ax.set_title("Loss after each step", color=ROLES["gradient"])
    ax.set_xlabel("step")


def _write_numbers(ax: Any, values: Any, picture: Any) -> None:
    for (row, column), value in np.ndenumerate(values):
        red, green, blue, _ = picture.to_rgba(value)
        ink = (
            "black"
            if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.179
            else "white"
        )
        text = f"{value:.3g}".replace("-", "−")
        ax.text(column, row, text, ha="center", va="center", color=ink, fontsize=8)
