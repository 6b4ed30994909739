"""What the page knows without a kernel: the gallery, the pictures by formula, the names of others.

``python -m convwidgets.data.catalogue`` writes it where the page's build takes it from.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from convwidgets.data.frozen import numbers
from convwidgets.data.images import licence, names, picture
from convwidgets.data.kernels import GALLERY
from convwidgets.data.signals import CURVES, SIGNAL_KERNELS, SIGNALS, Example
from convwidgets.data.synthetic import SYNTHETIC

PATH = Path(__file__).parents[2] / "frontend" / "src" / "generated" / "catalogue.json"


def catalogue() -> str:
    """Return the catalogue as JSON text, one entry a line; equal sources give equal text."""
    parts: dict[str, list[Any]] = {
        "kernels": [
            {
                "name": name,
                "title": entry.title,
                "group": entry.group,
                "text": entry.text,
                "values": numbers(entry.values),
            }
            for name, entry in GALLERY.items()
        ],
        "signals": _examples(SIGNALS),
        "signal_kernels": _examples(SIGNAL_KERNELS),
        "curves": [{"name": name, "title": title} for name, title in CURVES.items()],
        "synthetic": [_synthetic(name) for name in SYNTHETIC],
        "pictures": [name for name in names() if name not in SYNTHETIC],
    }
    lists = [f'"{key}": [\n' + ",\n".join(map(_line, part)) + "\n]" for key, part in parts.items()]
    return "{\n" + ",\n".join(lists) + "\n}\n"


def _examples(gallery: Mapping[str, Example]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "title": entry.title,
            "text": entry.text,
            "values": numbers(entry.values),
        }
        for name, entry in gallery.items()
    ]


def _synthetic(name: str) -> dict[str, Any]:
    image = picture(name)
    if image.dtype == "uint8":
        data: Any = base64.b64encode(image.array.tobytes()).decode()
    else:
        data = numbers(np.ravel(image.array))
    return {
        "name": name,
        "title": image.label,
        "id": image.id,
        "shape": list(image.shape),
        "dtype": image.dtype,
        "code": SYNTHETIC[name].code,
        "licence": licence(name),
        "data": data,
    }


def _line(entry: Any) -> str:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"))


def main() -> int:
    """Write the catalogue into the page's sources."""
    if not PATH.parents[1].is_dir():
        print(
            f"There are no page sources at {PATH.parents[1]}: run this in a clone.", file=sys.stderr
        )
        return 1
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(catalogue(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
