"""Where windows lie on one axis, for the kernels."""

from __future__ import annotations

from convwidgets.engine._jit import kernel


@kernel
def span(start: int, stop: int, low: int, high: int, step: int, size: int) -> tuple[int, int]:
    """Narrow ``range(start, stop)`` to the k with ``0 ≤ low + k·step, high + k·step < size``."""
    first = min(max(start, -(low // step)), stop)
    return first, max(min(stop, -((high - size) // step)), first)
