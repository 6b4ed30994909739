"""Networks that are known by name, from the file that the page reads as well."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def presets() -> dict[str, Any]:
    """Return every preset's ``input_shape`` and ``layers`` by its name."""
    text = (Path(__file__).parent / "architectures.json").read_text(encoding="utf-8")
    return dict(json.loads(text))
