"""A small SVG of what a widget shows, for a notebook that has no kernel."""

from __future__ import annotations

import base64
import io
import re
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
_CELL = 20
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
    if panel.values.ndim == 1:
        yield from _row(panel, colour)
    elif panel.values.ndim == 2 and max(panel.values.shape) <= limit:
        yield from _cells(panel)
    else:
        yield from _thumbnail(panel, quality)
    yield "</g>"
    low, high = panel.scale.low, panel.scale.high
    note = panel.note if panel.role != "output" else f"{_text(low)} to {_text(high)}"
    yield f"<text y='{_SIDE + 38}' fill='#5c626e'>{escape(_cut(note))}</text>"


def _row(panel: Panel, colour: str) -> Iterable[str]:
    """Draw a signal's stems and dots, or a curve's line, about the line of zero."""
    values = np.nan_to_num(panel.values.astype(float))
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    span = high - low or 1.0
    step = _SIDE / len(values)
    across = step * (np.arange(len(values)) + 0.5)
    down = 8 + (_SIDE - 16) * (high - values) / span
    zero = 8 + (_SIDE - 16) * high / span
    yield f"<path d='M0 {zero:.1f}h{_SIDE}' stroke='#868d98'/>"
    points = list(zip(across, down, strict=True))
    if panel.at is not None:
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        yield f"<path d='M{line}' fill='none' stroke='{colour}' stroke-width='2'/>"
        return
    stems = "".join(f"M{x:.1f} {zero:.1f}V{y:.1f}" for x, y in points)
    yield f"<path d='{stems}' stroke='{colour}' stroke-width='1.5'/>"
    size = min(4.0, step / 3)
    dots = (f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{size:.1f}'/>" for x, y in points)
    yield f"<g fill='{colour}'>{''.join(dots)}</g>"


def _cells(panel: Panel) -> Iterable[str]:
    rows, columns = panel.values.shape
    side = min(_SIDE / rows, _SIDE / columns, 48)
    width, height = _CELL * columns, _CELL * rows
    painted = colours(panel.values, panel.scale)
    weights = panel.role == "kernel"
    yield f"<g transform='scale({side / _CELL:.4f})' font-size='7' text-anchor='middle'>"
    if not weights:
        yield f"<image width='{width}' height='{height}' href='{_png(painted)}'/>"
    lines = [f"M0 {_CELL * row}h{width}" for row in range(rows + 1)]
    lines += [f"M{_CELL * column} 0v{height}" for column in range(columns + 1)]
    yield f"<path d='{''.join(lines)}' stroke='#dee0e5' stroke-width='.5'/>"
    if weights:
        yield from _signs(panel.values)
    for ink, light in (("#000", True), ("#fff", False)):
        texts = (
            f"<text x='{_CELL * column + 10}' y='{_CELL * row + 13}'>{_text(value, 4)}</text>"
            for (row, column), value in np.ndenumerate(panel.values)
            if (weights or _is_light(painted[row, column])) == light
        )
        yield f"<g fill='{ink}'>{''.join(texts)}</g>"
    yield "</g>"


def _signs(values: NDArray[Any]) -> Iterable[str]:
    """Draw a bar over each negative weight and under each positive one: sign by place, not hue."""
    for sign, place, colour in ((-1, 2, "#2b6cb0"), (1, _CELL - 2, "#c2570c")):
        bars = (
            f"M{_CELL * column + 2} {_CELL * row + place}h{_CELL - 4}"
            for row, column in np.argwhere(np.sign(values) == sign)
        )
        yield f"<path d='{''.join(bars)}' stroke='{colour}' stroke-width='1.5'/>"


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
        f"href='{_data_uri(painted, panel.scale.kind == 'signed', quality)}'/>"
        f"<rect width='{width:.1f}' height='{height:.1f}' fill='none' stroke='#dee0e5'/>"
    )


def _data_uri(painted: NDArray[np.uint8], signed: bool, quality: int) -> str:
    from PIL import Image

    if max(painted.shape) <= 32:
        return _png(painted)
    picture = Image.fromarray(painted)
    picture.thumbnail((_THUMB, _THUMB), Image.Resampling.BOX)
    buffer = io.BytesIO()
    # Coarser colour than light would turn thin lines of blue and orange grey.
    subsampling = 0 if signed else 2
    picture.save(buffer, "JPEG", quality=quality, optimize=True, subsampling=subsampling)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _png(painted: NDArray[np.uint8]) -> str:
    """Paint cells in whole steps, so that they stay sharp when they are enlarged."""
    from PIL import Image

    step = max(1, _THUMB // max(painted.shape))
    buffer = io.BytesIO()
    cells = painted.repeat(step, axis=0).repeat(step, axis=1)
    Image.fromarray(cells).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


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
    rounded = [f"{float(value):.{digits}g}".replace("-", "−") for digits in (4, 3, 2, 1)]
    texts = [text for full in rounded for text in (full, re.sub(r"^(−?)0\.", r"\1.", full))]
    return next((text for text in texts if len(text) <= room), min(texts, key=len))


def _cut(note: str) -> str:
    return note if len(note) <= 26 else f"{note[:25]}…"


def _is_light(colour: NDArray[np.uint8]) -> bool:
    """Tell whether black is read better on `colour` than white."""
    return float(np.dot((colour / 255) ** 2.2, (0.2126, 0.7152, 0.0722))) > 0.179
