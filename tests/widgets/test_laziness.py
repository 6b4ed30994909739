"""What is imported when, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ["numba", "matplotlib", "skimage", "PIL", "scipy", "torch"]


def loaded_after(code: str) -> list[str]:
    code += f"\nimport sys, json; print(json.dumps([n for n in {HEAVY} if n in sys.modules]))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "CONVWIDGETS_ENGINE": "reference"},
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(run.stdout))


def test_importing_the_widgets_is_light() -> None:
    assert loaded_after("import convwidgets.widgets") == []


def test_a_widget_on_a_formula_needs_no_picture_library() -> None:
    code = "from convwidgets.widgets import *; Convolution2DExplorer(image='dress').output"
    assert loaded_after(code) == []


def test_a_photo_needs_pillow_alone() -> None:
    code = "from convwidgets.widgets import *; w = Convolution2DExplorer(); w.output; w.to_code()"
    # The package is found, and nothing of it run but its lazy outline.
    assert loaded_after(code) == ["skimage", "PIL"]
