"""What padding cells hold, and what they give back."""

from __future__ import annotations

from typing import Any

from convwidgets.engine._jit import kernel

ZEROS, REFLECT, REPLICATE, CIRCULAR = range(4)


@kernel
def pad2d(x: Any, y: Any, top: int, left: int, mode: int) -> None:
    """``y[…, i, j] = x[…, source(i − top), source(j − left)]``, zero where there is no source."""
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(y.shape[2]):
                target = y[n, c, i]
                row = _source(i - top, x.shape[2], mode)
                if row < 0:
                    for j in range(target.size):
                        target[j] = 0
                    continue
                cells = x[n, c, row]
                for j in range(left):
                    target[j] = _cell(cells, j - left, mode)
                for j in range(cells.size):
                    target[left + j] = cells[j]
                for j in range(left + cells.size, target.size):
                    target[j] = _cell(cells, j - left, mode)


@kernel
def unpad2d(y: Any, x: Any, top: int, left: int, mode: int) -> None:
    """``x[…, source(i − top), source(j − left)] += y[…, i, j]``: the gradient of `pad2d`."""
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(y.shape[2]):
                row = _source(i - top, x.shape[2], mode)
                if row < 0:
                    continue
                cells = x[n, c, row]
                for j in range(y.shape[3]):
                    column = _source(j - left, cells.size, mode)
                    if column >= 0:
                        cells[column] += y[n, c, i, j]


@kernel
def _cell(cells: Any, index: int, mode: int) -> Any:
    source = _source(index, cells.size, mode)
    return cells[source] if source >= 0 else cells.dtype.type(0)


@kernel
def _source(index: int, size: int, mode: int) -> int:
    """Find the cell that padding takes its value from; −1 for a zero."""
    if 0 <= index < size:
        return index
    if mode == REFLECT:
        return -index if index < 0 else 2 * (size - 1) - index
    if mode == REPLICATE:
        return 0 if index < 0 else size - 1
    if mode == CIRCULAR:
        return index + size if index < 0 else index - size
    return -1
