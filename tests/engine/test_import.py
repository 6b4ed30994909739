"""What `import convwidgets` brings, and what it leaves for later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import convwidgets

ROOT = Path(convwidgets.__file__).parents[1]
HEAVY = ("IPython", "anywidget", "ipywidgets", "matplotlib", "numba", "scipy", "skimage", "torch")


@pytest.mark.parametrize(
    "what",
    [
        "import convwidgets; dir(convwidgets)",
        "from convwidgets import conv2d, engine; engine.status()",
        "import convwidgets as cw; cw.engine.use('reference'); cw.conv2d([[1]], [[1]])",
    ],
)
def test_nothing_heavy_is_imported(what: str) -> None:
    program = f"import sys; {what}; print(*sorted({HEAVY} & sys.modules.keys()))"
    program = program.replace(str(HEAVY), repr(set(HEAVY)))
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == ""


def test_public_names() -> None:
    assert set(convwidgets.__all__) <= set(dir(convwidgets))
    assert convwidgets.conv2d is convwidgets.engine.conv2d
    with pytest.raises(AttributeError, match="module 'convwidgets' has no attribute 'conv3d'"):
        convwidgets.conv3d  # noqa: B018
