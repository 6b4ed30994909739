"""What the benchmarks' tables share."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence


def machine() -> str:
    """When, on how many cores, and how busy they were."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{datetime.date.today()}, {os.cpu_count()} cores{load}\n"


def head(*names: str) -> str:
    return f"{row(*names)}\n{row('---', *('---:' for _ in names[1:]))}"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def quantile(values: Sequence[float], part: float) -> float:
    """The value that `part` of the others do not exceed: the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
