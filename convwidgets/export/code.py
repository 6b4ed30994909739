"""A widget's settings as a program, from the templates that the page fills as well.

`templates.json` says under "about" what its facts and names mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convwidgets.data.dice import start
from convwidgets.data.images import Image
from convwidgets.data.synthetic import SYNTHETIC

Facts = dict[str, bool]
Names = dict[str, str]
Pads = tuple[tuple[int, int], tuple[int, int]]

FRAMEWORKS = ("numpy", "scipy", "torch", "keras")
#: The greatest side of a picture that programs and saved states hold as readable numbers.
LITERAL_SIDE = 32
_LINE = 80
_NUMPY_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def write(widget: str, framework: str, facts: Facts, names: Names) -> str:
    """Fill one template.

    Parameters
    ----------
    widget : str
        Such as ``"convolution-2d"``.
    framework : {"numpy", "scipy", "torch", "keras"}
        Which library does the work.
    facts, names : dict
        What decides which lines stand, and what is put into them.

    Returns
    -------
    str
        A program that leaves the result in ``output``.
    """
    if framework not in FRAMEWORKS:
        raise ValueError(f"framework must be one of {', '.join(FRAMEWORKS)}, got {framework!r}")
    lines = []
    for line in templates()[widget][framework]:
        condition, text = ("", line) if isinstance(line, str) else line
        if all(_holds(fact, facts) for fact in condition.split()):
            lines.append(re.sub(r"\{\{(\w+)\}\}", lambda name: names[name[1]], text))
    return "\n".join(lines) + "\n"


@cache
def templates() -> dict[str, Any]:
    """Return the templates of all programs."""
    text = (Path(__file__).parent / "templates.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def picture_facts(image: Image, channels: str) -> tuple[Facts, Names]:
    """Say how a program comes by its picture.

    Parameters
    ----------
    image : Image
        The picture.
    channels : str
        ``"grey"``, ``"red"``, ``"green"``, ``"blue"``, ``"each"`` or ``"sum"``.
    """
    colour = len(image.shape) == 3
    height, width = image.shape[:2]
    own_size = templates()["sizes"].get(image.name)
    entry = SYNTHETIC.get(image.name)
    formula = entry is not None and entry.code != "" and image.array.size == image.original.size
    small = max(height, width) <= LITERAL_SIDE
    many = colour and channels in ("each", "sum")
    facts = {
        "picture": own_size is not None,
        "resized": own_size is not None and own_size != [height, width],
        "formula": formula,
        "literal": own_size is None and not formula and small,
        "widget": own_size is None and not formula and not small,
        "flat": not many,
        "luma": colour and channels == "grey",
        "one": colour and channels in ("red", "green", "blue"),
        "each": many and channels == "each",
        "sum": many and channels == "sum",
    }
    names = {
        "load": templates()["loads"].get(image.name, f"data.{image.name}()"),
        "formula": entry.code if entry else "",
        "numbers": literal(image.array) if facts["literal"] else "",
        "height": str(height),
        "width": str(width),
        "channel": str(("red", "green", "blue").index(channels)) if facts["one"] else "",
    }
    return facts, names


def convolution_facts(
    image: Image,
    kernel: NDArray[Any],
    pads: Pads,
    *,
    channels: str,
    padding: str | int,
    padding_mode: str,
    stride: int,
    dilation: int,
    flip: bool,
    bias: float,
    activation: str,
    pooling: str,
    pool_size: int,
    pool_stride: int,
) -> tuple[Facts, Names]:
    """Return the facts and names of a convolution explorer's settings."""
    facts, names = picture_facts(image, channels)
    (top, bottom), (left, right) = pads
    rows, columns = kernel.shape[-2:]
    zeros = padding_mode == "zeros"
    facts |= {
        "stack": kernel.ndim == 3,
        "flipped": flip,
        "padded": (top, bottom, left, right) != (0, 0, 0, 0),
        "zeros": zeros,
        "symmetric": top == bottom and left == right,
        "layer_pads": not (padding == "same" and zeros and 1 in (stride, dilation)),
        "strided": stride != 1,
        "dilated": dilation != 1,
        "biased": bias != 0,
        "relu": activation == "relu",
        "abs": activation == "abs",
        "clip": activation == "clip",
        "pooled": pooling != "none",
        "maximum": pooling == "max",
        "average": pooling == "average",
    }
    names |= {
        "kernel": literal(kernel),
        "rows": str(rows),
        "columns": str(columns),
        "reach_rows": str(dilation * (rows - 1) + 1),
        "reach_columns": str(dilation * (columns - 1) + 1),
        "stride": str(stride),
        "dilation": str(dilation),
        "bias": _number(bias),
        "top": str(top),
        "bottom": str(bottom),
        "left": str(left),
        "right": str(right),
        "pads": _pairs(pads, flat=facts["flat"]),
        "numpy_mode": _NUMPY_MODES[padding_mode],
        "torch_mode": "constant" if zeros else padding_mode,
        "correlate": "convolve2d" if flip else "correlate2d",
        "pool_size": str(pool_size),
        "pool_stride": str(pool_stride),
    }
    return facts, names


def pooling_facts(
    image: Image,
    output_shape: tuple[int, int],
    *,
    channels: str,
    pooling: str,
    pool_size: int,
    pool_stride: int,
    padding: int,
    dilation: int,
    ceil_mode: bool,
    shift: tuple[int, int],
) -> tuple[Facts, Names]:
    """Return the facts and names of a pooling explorer's settings."""
    facts, names = picture_facts(image, channels)
    reach = dilation * (pool_size - 1) + 1
    over_rows, over_columns = (
        max(0, (outputs - 1) * pool_stride + reach - side - 2 * padding)
        for outputs, side in zip(output_shape, image.shape[:2], strict=True)
    )
    over = over_rows > 0 or over_columns > 0
    flat = facts["flat"]
    facts |= {
        "maximum": pooling == "max",
        "minimum": pooling == "min",
        "average": pooling == "average",
        "shifted": shift != (0, 0),
        "padded": padding > 0,
        "over": over,
        "edged": padding > 0 or over,
        "ceil": ceil_mode,
        "strided": pool_stride != 1,
        "dilated": dilation != 1,
        "layer": dilation == 1 and not (pooling == "average" and over),
    }
    names |= {
        "pool_size": str(pool_size),
        "stride": str(pool_stride),
        "dilation": str(dilation),
        "padding": str(padding),
        "down": str(shift[0]),
        "right": str(shift[1]),
        "reach": str(reach),
        "middle": str(reach // 2),
        "rows": str(output_shape[0]),
        "columns": str(output_shape[1]),
        "pads": _pairs(((padding, padding), (padding, padding)), flat=flat),
        "over": _pairs(((0, over_rows), (0, over_columns)), flat=flat),
        "over_flat": _pairs(((0, over_rows), (0, over_columns)), flat=True),
        "pads_and_over": _pairs(
            ((padding, padding + over_rows), (padding, padding + over_columns)), flat=flat
        ),
    }
    return facts, names


def gradient_facts(
    pixels: NDArray[np.float32], output_shape: tuple[int, int], values: Mapping[str, Any]
) -> tuple[Facts, Names]:
    """Return the facts and names of a gradient explorer's settings.

    Parameters
    ----------
    pixels : ndarray
        The input, H×W.
    output_shape : (int, int)
        Rows and columns of the output.
    values : mapping
        Checked settings.
    """
    learning, operation = values["task"] == "learn", values["operation"]
    convolved = learning or operation == "convolution"
    kernel = values["target" if learning else "kernel"].values
    size = values["pool_size"]
    rows, columns = kernel.shape if convolved else (size, size)
    given = values["upstream"]
    padding, stride, dilation = values["padding"], values["stride"], values["dilation"]
    facts = {
        "learn": learning,
        "backward": not learning,
        "convolved": convolved,
        "maximum": not convolved and operation == "max",
        "average": not convolved and operation == "average",
        "padded": padding > 0,
        "strided": stride != 1,
        "dilated": dilation != 1,
        "biased": values["bias"] != 0,
        "ones": given.name == "ones",
        "cell": given.name == "cell",
        "squares": given.name == "squares",
        "own": not given.name,
        "standardised": values["standardise"],
        "random": values["start"] == "random",
    }
    names = {
        "image": literal(pixels),
        "kernel": literal(kernel),
        "bias": _number(values["bias"]),
        "upstream": literal(given.values),
        "rows": str(rows),
        "columns": str(columns),
        "reach_rows": str(dilation * (rows - 1) + 1),
        "reach_columns": str(dilation * (columns - 1) + 1),
        "stride": str(stride),
        "padding": str(padding),
        "dilation": str(dilation),
        "height": str(len(pixels)),
        "width": str(pixels.shape[1]),
        "output_rows": str(output_shape[0]),
        "output_columns": str(output_shape[1]),
        "middle_row": str((output_shape[0] - 1) // 2),
        "middle_column": str((output_shape[1] - 1) // 2),
        "start": literal(start(kernel.shape, values["seed"])),
        "rate": _number(values["rate"]),
        "steps": str(values["step"]),
    }
    return facts, names


def literal(array: NDArray[Any]) -> str:
    """Write an array as nested lists: on one line, or else a row a line; a sequence on one line.

    Examples
    --------
    >>> literal(np.array([[1.0, 0.5]]))
    '[[1, 0.5]]'
    """
    rows = [_nested(row) for row in np.asarray(array)]
    line = f"[{', '.join(rows)}]"
    if len(line) <= _LINE or np.ndim(array) == 1:
        return line
    return "[\n" + "".join(f"    {row},\n" for row in rows) + "]"


def _nested(value: NDArray[Any]) -> str:
    if np.ndim(value):
        return f"[{', '.join(_nested(part) for part in value)}]"
    return _number(value)


def _number(value: Any) -> str:
    if not np.isfinite(value):
        return "np.nan" if np.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    if value == int(value):
        return str(int(value))
    # The shortest text that gives this number back in its own precision.
    return str(value) if isinstance(value, np.float32) else repr(float(value))


def _pairs(pads: Pads, flat: bool) -> str:
    return str(pads if flat else (*pads, (0, 0)))


def _holds(fact: str, facts: Mapping[str, bool]) -> bool:
    return not facts[fact[1:]] if fact.startswith("!") else facts[fact]
