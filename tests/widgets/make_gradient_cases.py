"""Writes what Python's gradient explorer answers, for the page's to be held to.

Run it with ``python -m tests.widgets.make_gradient_cases`` after a change of what is computed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from convwidgets.widgets import GradientExplorer

FILE = Path(__file__).parents[1] / "fixtures" / "gradients.json"
_OWN = [[0.5, -1, 2], [3, 0.25, -2], [1, 1, -0.5]]
_FORKED = [[1.5, -2, 0.25, 3], [0, 4, -1, 2.5], [-3, 1, 2, 0.75], [5, -0.5, 1.25, -4]]
_SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"upstream": "cell", "bias": 2},
    {"upstream": "squares", "bias": -0.5, "image": _FORKED, "kernel": [[1, -2], [0.5, 3]]},
    {"upstream": _OWN},
    {"image": "dress", "kernel": "motion_blur", "padding": 4, "dilation": 1},
    {"image": "dice", "seed": 41, "stride": 3, "padding": 2, "dilation": 2, "upstream": "squares"},
    {"operation": "max"},
    {"operation": "max", "image": "dice", "pool_size": 3, "stride": 2, "padding": 1},
    {"operation": "max", "image": _FORKED, "stride": 2, "upstream": [[1, -2], [3, 4]]},
    {"operation": "average", "image": _FORKED, "pool_size": 3, "padding": 1, "upstream": "squares"},
    {"operation": "average", "pool_size": 2, "dilation": 2},
    {"task": "learn"},
    {"task": "learn", "step": 40},
    {"task": "learn", "step": 25, "start": "random", "seed": 12, "rate": 0.5},
    {"task": "learn", "step": 25, "image": "bars", "target": [[1, -2], [0.5, 0]], "padding": 1},
    {"task": "learn", "step": 10, "image": _FORKED, "standardise": False, "target": [[1, 2]]},
    {"task": "learn", "step": 30, "rate": 0.9, "stride": 2, "dilation": 2, "target": "sobel_x"},
)


def text() -> str:
    """Return the file's text."""
    lines = [json.dumps(case(settings), ensure_ascii=False) for settings in _SETTINGS]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def case(settings: dict[str, Any]) -> dict[str, Any]:
    """Return one case: all settings, the results and the programs."""
    widget = GradientExplorer(**settings)
    state = {key: widget._traits[key].wire(widget._held(key)) for key in widget.SETTINGS}
    maps = widget._compute(widget._values())
    results = {name: _numbers(array) for name, array in maps.items() if name != "curvatures"}
    if widget.task == "learn":
        results["largest_rate"] = _numbers(np.array([widget.largest_rate]))
    programs = {name: widget.to_code(name) for name in ("numpy", "scipy", "torch", "keras")}
    return {"settings": state, "results": results, "programs": programs}


def _numbers(array: Any) -> list[float]:
    return [float(f"{value:.5g}") for value in np.ravel(array).tolist()]


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
