"""The ways to compute one convolution, the choice between them, and word of what was done.

The tiles multiply every weight with every cell. Where a filter is a sum of a few products of a
column and a row, as boxes, Gaussians and upright Gabors are, two passes of tiles do with fewer
multiplications. Where it is large, Fourier transforms do. Both keep to finite numbers.
"""

from __future__ import annotations

import contextlib
import functools
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from convwidgets.engine import _memory, _threads, fourier, native, reference
from convwidgets.engine._arguments import Array, Two, is_finite, size_of
from convwidgets.engine.geometry import effective_kernel

# A tile of the compiled kernel is four rows high.
ROWS_TOGETHER = 4

# The widest of the kernels' vectors.
VECTOR_BYTES = 64

# The most filters that a tile takes at once.
FILTERS_TOGETHER = 8

# Below this many multiply-adds another way is not worth the search.
WORTH_A_SEARCH = 10_000_000

# What a multiply-add of a pass with a column or a row costs, in those of a whole kernel.
PASS = 2.5

# Without compiled code, transforms are quicker from so many weights for an output cell on, and so
# many output cells.
TRANSFORMS_FROM, SMALL_MAP = 100, 10_000

# Transforms must save this much: their rounding is in proportion to the largest values about,
# so that what is zero in the tiles' sums is not in theirs.
FOURIER_MARGIN = 2

# Singular values below this share of the greatest are rounding.
NEGLIGIBLE = {"float32": 2.0**-23, "float64": 2.0**-51}

# Factors of filters that are kept for the next call, and the most weights they may have.
FACTORS_KEPT, MOST_WEIGHTS = 16, 2**18


@dataclass(frozen=True)
class Step:
    """One computation that a call consists of.

    Attributes
    ----------
    operation : str
        What is computed, as the public function or its gradient is called.
    path : str
        ``"tiles"``: register tiles, every weight with every cell. ``"low rank"``: two passes of
        tiles with columns and rows. ``"fft"``: Fourier transforms of parts of the picture.
        ``"scatter"``: cells laid on the output one after another. ``"windows"``: windows reduced
        by columns, then by rows. ``"products"``: a product of matrices for each weight, by NumPy.
        ``"sums"``: one sum for each weight. ``"reference"``: NumPy.
    multiply_adds : int
        Of the path; for transforms, those of the tiles that take as long.
    textbook : int
        Of the textbook's loops: output cells × weights of a filter.
    threads : int
        How many took part.
    """

    operation: str
    path: str
    multiply_adds: int
    textbook: int
    threads: int


@dataclass(frozen=True)
class Explanation:
    """What `explain` found.

    Attributes
    ----------
    steps : tuple of Step
        In the order of their ends.
    """

    steps: tuple[Step, ...]

    @property
    def path(self) -> str:
        """The path of the step with the most multiply-adds; empty if there was nothing to do."""
        return max(self.steps, key=lambda step: step.textbook).path if self.steps else ""

    @property
    def multiply_adds(self) -> int:
        """Of all steps."""
        return sum(step.multiply_adds for step in self.steps)

    @property
    def textbook(self) -> int:
        """What the textbook's loops would do for the same result."""
        return sum(step.textbook for step in self.steps)

    def __str__(self) -> str:
        lines = [
            f"{step.operation}: {step.path}, {step.multiply_adds:,} multiply-adds "
            f"(textbook: {step.textbook:,}), threads: {step.threads}"
            for step in self.steps
        ]
        return "\n".join(lines) or "nothing to compute"


def explain(function: Callable[..., Any], *args: Any, **options: Any) -> Explanation:
    """Make a call of the engine, and tell which way it took.

    Parameters
    ----------
    function : callable
        Of `convwidgets.engine`, as `convwidgets.engine.conv2d`.
    *args, **options
        Its arguments.

    Returns
    -------
    Explanation
        Printed, one line a step; its steps have numbers.

    Raises
    ------
    TypeError, ValueError
        What the call raises.

    Examples
    --------
    >>> from convwidgets import engine
    >>> with engine.use("reference"):
    ...     print(engine.explain(engine.conv2d, np.ones((28, 28)), np.ones((3, 3))))
    conv2d: reference, 6,084 multiply-adds (textbook: 6,084), threads: 1
    """
    with _recording() as steps:
        function(*args, **options)
    return Explanation(tuple(steps))


def note(operation: str, path: str, multiply_adds: float, textbook: int, threads: int = 1) -> None:
    """Tell `explain`, if it listens."""
    steps: list[Step] | None = getattr(_listening, "steps", None)
    if steps is not None:
        steps.append(Step(operation, path, int(multiply_adds), textbook, threads))


def correlate(
    operation: str,
    x: Array,
    w: Array,
    b: Array,
    out: Two,
    stride: Two,
    top_left: Two,
    dilation: Two,
    groups: int,
) -> Array:
    """Compute ``y[n, o, i, j] = b[o] + Σ w[o, c, u, v] · x[n, c, i·S − top + u·D, …]``.

    Cells outside of `x` are zeros, which take no part: not even with an infinite weight.
    """
    y = _memory.empty((len(x), len(w), *out), x.dtype)
    textbook = y.size * w[0].size
    if textbook == 0:
        return y
    compiled = native.kernels(x.dtype)
    if compiled is None:
        with np.errstate(all="ignore"):
            cells = framed(x, (w.shape[2], w.shape[3]), out, stride, top_left, dilation)
            large = textbook >= TRANSFORMS_FROM * y.size and y.size >= SMALL_MAP
            finite = large and is_finite(w) and is_finite(x)
            convolve = reference.conv2d_fft if finite else reference.conv2d
            y = convolve(cells, w, b, out, stride, dilation, groups)
        note(operation, "reference", textbook, textbook)
        return y
    if textbook >= WORTH_A_SEARCH and is_finite(w):
        price = fourier.cost(x.shape, w.shape, y.shape, stride, dilation, x.dtype)
        most = min(textbook, FOURIER_MARGIN * price)
        if (factors := _factors(compiled, x, w, y, most)) and is_finite(x):
            work = _two_passes(compiled, x, *factors, b, y, stride, top_left, dilation, groups)
            note(operation, "low rank", work, textbook, _threads.threads_for(work) or 1)
            return y
        if FOURIER_MARGIN * price < textbook and is_finite(x):
            fourier.conv2d(compiled, x, w, b, y, stride, top_left, dilation, groups)
            note(operation, "fft", price, textbook, _threads.threads_for(int(price)) or 1)
            return y
    threads = _tiles(compiled, x, w, b, y, stride, top_left, dilation, groups)
    note(operation, "tiles", textbook, textbook, threads)
    return y


def framed(x: Array, kernel: Two, out: Two, stride: Two, top_left: Two, dilation: Two) -> Array:
    """Put zeros about `x`, or cut it, so that it is just what the windows cover."""
    for axis in (0, 1):
        before = top_left[axis]
        covered = (out[axis] - 1) * stride[axis] + effective_kernel(kernel[axis], dilation[axis])
        after = covered - before - x.shape[2 + axis]
        kept = [slice(None)] * 4
        kept[2 + axis] = slice(max(-before, 0), x.shape[2 + axis] + min(after, 0))
        ends = [(0, 0)] * 4
        ends[2 + axis] = (max(before, 0), max(after, 0))
        x = np.pad(x[tuple(kept)], ends)
    return x


def _tiles(
    compiled: Any,
    x: Array,
    w: Array,
    b: Array,
    y: Array,
    stride: Two,
    top_left: Two,
    dilation: Two,
    groups: int,
) -> int:
    steps = (*stride, *top_left, *dilation, groups)
    out = size_of(y)
    rows = out[0]
    size = _room(x.shape, w.shape, out, stride, dilation, VECTOR_BYTES // x.itemsize)
    work = y.size * w[0].size
    threads = _threads.threads_for(work)
    if threads < 2:
        compiled.conv2d(x, w, b, y, _threads.scratch(x.dtype, size), *steps, 0, rows)
        return 1

    def images(first: int, end: int) -> None:
        memory = _threads.scratch(x.dtype, size)
        compiled.conv2d(x[first:end], w, b, y[first:end], memory, *steps, 0, rows)

    def filters(first: int, end: int) -> None:
        memory = _threads.scratch(x.dtype, size)
        part = w[first:end]
        compiled.conv2d(x, part, b[first:end], y[:, first:end], memory, *steps, 0, rows)

    def output_rows(first: int, end: int) -> None:
        memory = _threads.scratch(x.dtype, size)
        compiled.conv2d(x, w, b, y, memory, *steps, first, end)

    if len(x) >= threads:
        return _threads.share(images, len(x), work)
    if rows < threads * ROWS_TOGETHER and len(x) == 1 and groups == 1:
        return _threads.share(filters, len(w), work)
    return _threads.share(output_rows, rows, work, ROWS_TOGETHER)


@functools.lru_cache(256)
def _room(
    x: tuple[int, ...], w: tuple[int, ...], out: Two, stride: Two, dilation: Two, lanes: int
) -> int:
    """Count the values of scratch that the tiles want: the weights, and all rims or one row's."""
    filters, channels, height, width = w
    part = (lanes - 1) * stride[1] + effective_kernel(width, dilation[1])
    lines = effective_kernel(height, dilation[0])
    each = channels * 2 * part
    # An output narrower than a vector is computed in scratch.
    beside = 2 * lanes * FILTERS_TOGETHER if out[1] < lanes else 0
    wanted = each * ((out[0] - 1) * stride[0] + lines) + out[0] * beside
    weights = math.prod(w)
    # Without room for one row the rims are computed cell by cell: better than a wide dilation's
    # zeros filling all memory.
    most = max(math.prod(x) + weights + x[0] * filters * math.prod(out), _threads.SCRATCH)
    return weights + min(max(each * lines + beside, min(wanted, _threads.SCRATCH)), most)


def _two_passes(
    compiled: Any,
    x: Array,
    columns: Array,
    rows: Array,
    b: Array,
    y: Array,
    stride: Two,
    top_left: Two,
    dilation: Two,
    groups: int,
) -> int:
    """Convolve with the columns, then each filter's results with its rows; tell the work."""
    between = np.empty((len(x), len(columns), y.shape[2], x.shape[3]), x.dtype)
    none = np.zeros(len(columns), x.dtype)
    down = (stride[0], 1), (top_left[0], 0), (dilation[0], 1)
    across = (1, stride[1]), (0, top_left[1]), (1, dilation[1])
    _tiles(compiled, x, columns, none, between, *down, groups)
    _tiles(compiled, between, rows, b, y, *across, len(rows))
    return int(between.size * columns[0].size + y.size * rows[0].size)


def _factors(
    compiled: Any, x: Array, w: Array, y: Array, most: float
) -> tuple[Array, Array] | None:
    """Write every filter as a sum of columns times rows, if their passes cost less than `most`."""
    filters, channels, height, width = w.shape
    columns_work = len(x) * channels * height * y.shape[2] * x.shape[3]
    rows_work = len(x) * width * y.shape[2] * y.shape[3]
    each = PASS * filters * (columns_work + rows_work)
    if each >= most or w.size > MOST_WEIGHTS:
        return None
    columns, rows = _decomposed(compiled.svd, w.tobytes(), w.shape, w.dtype.name)
    rank = columns.shape[1]
    if rank * each >= most:
        return None
    return columns.reshape(filters * rank, channels, height, 1), rows.reshape(
        filters, rank, 1, width
    )


@functools.lru_cache(FACTORS_KEPT)
def _decomposed(
    svd: Callable[..., None], content: bytes, shape: tuple[int, ...], dtype: str
) -> tuple[Array, Array]:
    """Give (filters, rank, channels · height) and (filters, rank, width), whose products add up.

    A filter's channels stand below one another, so that one row serves them all.
    """
    filters, channels, height, width = shape
    w = np.frombuffer(content, dtype).reshape(filters, channels * height, width).copy()
    tall, short = max(w.shape[1:]), min(w.shape[1:])
    columns = np.empty((filters, w.shape[1], short), dtype)
    rows = np.empty((filters, width, short), dtype)
    values, work = np.empty(short, dtype), np.empty((short, tall + short), dtype)
    rank = 1
    for o in range(filters):
        svd(w[o], columns[o], values, rows[o], work)
        columns[o] *= values
        rank = max(rank, int((values > values[0] * NEGLIGIBLE[dtype]).sum()))
    return tuple(
        np.ascontiguousarray(part[:, :, :rank].transpose(0, 2, 1)) for part in (columns, rows)
    )  # type: ignore[return-value]  # two of them


@contextlib.contextmanager
def _recording() -> Iterator[list[Step]]:
    before = getattr(_listening, "steps", None)
    steps: list[Step] = []
    _listening.steps = steps
    try:
        yield steps
    finally:
        _listening.steps = before


_listening = threading.local()
