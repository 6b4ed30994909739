"""A small SVG of what a widget shows, for a notebook that has no kernel."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from convwidgets.export.panels import ROLES, Panel, colours

#: The most bytes of a still: ten of them, with their widgets' state, stay below 300 kB.
LIMIT = 16_000
_THUMB = 112
_SIDE = 168
_GAP = 24
_MARGIN = 16
_MOST_CELLS = 9
_MOST_WEIGHTS = 7
_QUALITIES = (85, 70, 50, 30)


def draw_still(title: str, panels: Sequence[Panel]) -> str:
    """Draw maps side by side: numbers where they are few, else a thumbnail.

    Parameters
    ----------
    title : str
        What it shows, in words.
    panels : sequence of Panel
        From left to right.

    Returns
    -------
    str
        Well-formed SVG of at most `LIMIT` bytes, readable on light and dark ground; equal panels
        give an equal text.
    """
    for quality in _QUALITIES:
        svg = _svg(title, panels, quality)
        if len(svg.encode()) <= LIMIT:
            break
    return svg


def _svg(title: str, panels: Sequence[Panel], quality: int) -> str:
    width = 2 * _MARGIN + len(panels) * (_SIDE + _GAP) - _GAP
    height = _SIDE + 84
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' "
        f"height='{height}' font-family='system-ui,sans-serif' font-size='13'>",
        f"<title>{escape(title)}</title>",
        f"<rect x='.5' y='.5' width='{width - 1}' height='{height - 1}' rx='8' fill='#fff' "
        "stroke='#dee0e5'/>",
    ]
    for position, panel in enumerate(panels):
        left = _MARGIN + position * (_SIDE + _GAP)
        parts.append(f"<g transform='translate({left} {_MARGIN})'>")
        parts += _panel(panel, quality)
        parts.append("</g>")
    return "".join([*parts, "</svg>"])


def _panel(panel: Panel, quality: int) -> Iterable[str]:
    colour = ROLES[panel.role]
    yield f"<rect y='1' width='10' height='10' rx='2' fill='{colour}'/>"
    yield f"<text x='16' y='11' font-weight='600' fill='{colour}'>{escape(panel.title)}</text>"
    yield f"<text x='{_SIDE}' y='11' text-anchor='end' fill='#5c626e'>{panel.shape}</text>"
    yield "<g transform='translate(0 20)'>"
    limit = _MOST_WEIGHTS if panel.role == "kernel" else _MOST_CELLS
    if panel.values.ndim == 2 and max(panel.values.shape) <= limit:
        yield from _cells(panel)
    else:
        yield from _thumbnail(panel, quality)
    yield "</g>"
    low, high = panel.scale.low, panel.scale.high
    note = panel.note if panel.role != "output" else f"{_text(low)} to {_text(high)}"
    yield f"<text y='{_SIDE + 38}' fill='#5c626e'>{escape(_cut(note))}</text>"


def _cells(panel: Panel) -> Iterable[str]:
    rows, columns = panel.values.shape
    cell = min(_SIDE / rows, _SIDE / columns, 48)
    weights = panel.role == "kernel"
    painted = colours(panel.values, panel.scale)
    size = min(13, 0.42 * cell)
    room = int(cell / (0.58 * size))
    yield f"<g stroke='#dee0e5' text-anchor='middle' font-size='{size:.1f}'>"
    for (row, column), value in np.ndenumerate(panel.values):
        x, y = column * cell, row * cell
        fill = "#fff" if weights else _hex(painted[row, column])
        ink = "" if weights else f" fill='{_ink(painted[row, column])}'"
        yield (
            f"<rect x='{x:.1f}' y='{y:.1f}' width='{cell:.1f}' height='{cell:.1f}' fill='{fill}'/>"
            f"<text x='{x + cell / 2:.1f}' y='{y + cell / 2 + 0.36 * size:.1f}' "
            f"stroke='none'{ink}>{_text(value, room)}</text>"
        )
    yield "</g>"
    if weights:
        yield from _signs(panel.values, cell)


def _signs(values: NDArray[Any], cell: float) -> Iterable[str]:
    """Draw a bar over each negative weight and under each positive one: sign by place, not hue."""
    for sign, place, colour in ((-1, 2.5, "#2b6cb0"), (1, cell - 2.5, "#c2570c")):
        bars = (
            f"M{column * cell + 3:.1f} {row * cell + place:.1f}h{cell - 6:.1f}"
            for row, column in np.argwhere(np.sign(values) == sign)
        )
        yield f"<path d='{''.join(bars)}' stroke='{colour}' stroke-width='3'/>"


def _thumbnail(panel: Panel, quality: int) -> Iterable[str]:
    values = panel.values
    if values.ndim == 3 and panel.role == "kernel":
        values = values.reshape(-1, values.shape[-1])
    rows, columns = values.shape[:2]
    width, height = (_SIDE * side / max(rows, columns) for side in (columns, rows))
    if panel.scale.kind == "signed" and values.ndim == 2:
        values = _strongest(values)
    painted = colours(values, panel.scale)
    yield (
        f"<image width='{width:.1f}' height='{height:.1f}' preserveAspectRatio='none' "
        f"href='{_data_uri(painted, quality)}'/>"
        f"<rect width='{width:.1f}' height='{height:.1f}' fill='none' stroke='#dee0e5'/>"
    )


def _data_uri(painted: NDArray[np.uint8], quality: int) -> str:
    from PIL import Image

    picture = Image.fromarray(painted)
    longest = max(picture.size)
    buffer = io.BytesIO()
    if longest <= 32:
        # Whole steps keep cells sharp, and PNG keeps them small.
        step = _THUMB // longest
        picture.resize(
            (picture.width * step, picture.height * step), Image.Resampling.NEAREST
        ).save(buffer, "PNG", optimize=True)
        kind = "png"
    else:
        picture.thumbnail((_THUMB, _THUMB), Image.Resampling.BOX)
        picture.save(buffer, "JPEG", quality=quality, optimize=True)
        kind = "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _strongest(values: NDArray[Any]) -> NDArray[Any]:
    """Shrink a signed map to a thumbnail: of each block the value farthest from zero.

    Averaged, the thin lines of edges would fade into each other.
    """
    step = -(-max(values.shape) // _THUMB)
    rows, columns = (-(-side // step) for side in values.shape)
    padded = np.zeros((rows * step, columns * step), values.dtype)
    padded[: values.shape[0], : values.shape[1]] = np.nan_to_num(values)
    blocks = padded.reshape(rows, step, columns, step).swapaxes(1, 2).reshape(rows, columns, -1)
    chosen = np.abs(blocks).argmax(axis=-1)[..., None]
    return np.take_along_axis(blocks, chosen, axis=-1)[..., 0]


def _text(value: Any, room: int = 8) -> str:
    """Write a number in few characters, with a true minus sign."""
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    texts = [f"{float(value):.{digits}g}".replace("-", "−") for digits in (4, 3, 2, 1)]
    texts += [text.replace("0.", ".", 1) for text in texts]
    return next((text for text in texts if len(text) <= room), min(texts, key=len))


def _cut(note: str) -> str:
    return note if len(note) <= 26 else f"{note[:25]}…"


def _hex(colour: NDArray[np.uint8]) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)


def _ink(colour: NDArray[np.uint8]) -> str:
    """Return black or white, whichever is read better on `colour`."""
    luminance = np.dot((colour / 255) ** 2.2, (0.2126, 0.7152, 0.0722))
    return "#000" if luminance > 0.179 else "#fff"
