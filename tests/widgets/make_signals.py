"""Write the cases that the one-dimensional explorer's page code is held to.

``python -m tests.widgets.make_signals`` renews them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from convwidgets import Convolution1DExplorer
from convwidgets.export.code import FRAMEWORKS

PATH = Path(__file__).parents[1] / "fixtures" / "signals.json"
DRAWN = [0, 0.5, -0.25, 1, 0]
CASES: list[dict[str, Any]] = [
    {},
    {"signal": "bars"},
    {"signal": "bars", "flip": True},
    *(
        {"signal": "noisy_step", "kernel": kernel, "padding": padding, "stride": stride}
        for kernel in ("binomial", "mean4")
        for padding in ("valid", "same", "half", "full", "causal", 2)
        for stride in (1, 2)
    ),
    {"signal": "wave", "kernel": "rising", "padding": "same", "stride": 2, "dilation": 2},
    {"signal": "wave", "kernel": "echo", "padding": "causal", "stride": 3, "dilation": 3},
    {"signal": [1.5, -2, 0.1, 3], "kernel": [0.1, 0.001, -3], "padding": "full", "flip": True},
    {"signal": [2], "kernel": [3]},
    *(
        {"mode": "continuous", "f": f, "g": g, "f_width": wide, "g_width": 1.5, "flip": flip}
        for f, g, wide, flip in (
            ("box", "box", 1.0, True),
            ("triangle", "gaussian", 2.0, True),
            ("exponential", "box", 0.75, False),
            ("sine", "exponential", 1.0, False),
            ("chirp", "chirp", 1.5, False),
            (DRAWN, "box", 1.0, True),
        )
    ),
]


def cases() -> list[dict[str, Any]]:
    """Compute every case with the native engine."""
    found = []
    for settings in CASES:
        widget = Convolution1DExplorer(**settings)
        code = {framework: widget.to_code(framework) for framework in FRAMEWORKS}
        # The page knows no default that follows from another setting.
        given = {"flip": widget.flip, **settings}
        found.append({"settings": given, "output": widget.output.tolist(), "code": code})
    return found


def main() -> None:
    """Write the file."""
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases())
    PATH.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
