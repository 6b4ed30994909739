"""A one-dimensional explorer's settings as what its programs ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from convwidgets.export.code import Facts, Names, literal, templates


def signal_facts(
    signal: NDArray[Any],
    kernel: NDArray[Any],
    pads: tuple[int, int],
    curves: Sequence[tuple[str, NDArray[Any], float]] | None,
    *,
    padding: str | int,
    stride: int,
    dilation: int,
    flip: bool,
) -> tuple[Facts, Names]:
    """Return the facts and names of a one-dimensional explorer's settings.

    Parameters
    ----------
    signal, kernel : array
        In discrete mode, their numbers.
    pads : (int, int)
        Zeros before and after.
    curves : sequence of (name, values, width), optional
        In continuous mode, f and g; the values of a curve with a name are not read.
    padding, stride, dilation, flip
        The settings; of curves, `flip` alone counts.

    Returns
    -------
    facts, names : dict
        As `convwidgets.export.code.write` takes them.
    """
    continuous = curves is not None
    if continuous:
        stride = dilation = 1
    before, after = pads
    by_layer = not continuous and 1 in (stride, dilation)
    taps = 512 if continuous else kernel.size
    facts = {
        "continuous": continuous,
        "discrete": not continuous,
        "flipped": flip,
        "padded": (before, after) != (0, 0),
        "symmetric": before == after,
        "strided": stride != 1,
        "dilated": dilation != 1,
        "layer_same": by_layer and padding == "same",
        "layer_causal": by_layer and padding == "causal",
    }
    facts["layer_pads"] = not (facts["layer_same"] or facts["layer_causal"])
    names = {
        "before": str(before),
        "after": str(after),
        "stride": str(stride),
        "dilation": str(dilation),
        "taps": str(taps),
        "reach": str(dilation * (taps - 1) + 1),
        "correlate": "convolve" if flip else "correlate",
    }
    if curves is None:
        names |= {"signal": literal(signal), "kernel": literal(kernel)}
    else:
        names |= dict(zip("fg", map(_formula, *zip(*curves, strict=True)), strict=True))
    return facts, names


def _formula(name: str, values: NDArray[Any], width: float) -> str:
    text: str = templates()["curves"][name or "drawn"]
    if not name:
        return text.replace("{{count}}", str(len(values))).replace("{{values}}", literal(values))
    for key, part in (("width", width), ("half", width / 2), ("quarter", width / 4)):
        text = text.replace("{{" + key + "}}", f"{part:.12g}")
    return text
