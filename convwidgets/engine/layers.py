"""Stacks of layers: their shapes, parameters, multiply-adds and receptive fields. Whole numbers.

A layer is a plain mapping with its `kind`; sizes count without the batch, channels last, as Keras
prints them. The page's `engine/layers.ts` has the same functions and is held to the same numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from convwidgets.engine.geometry import effective_kernel, resolve_padding

Shape = tuple[int, ...]

#: Every kind of layer, with the name that Keras gives to its class and to the layer itself.
KINDS = {
    "conv1d": ("Conv1D", "conv1d"),
    "conv2d": ("Conv2D", "conv2d"),
    "max_pool1d": ("MaxPooling1D", "max_pooling1d"),
    "max_pool2d": ("MaxPooling2D", "max_pooling2d"),
    "avg_pool1d": ("AveragePooling1D", "average_pooling1d"),
    "avg_pool2d": ("AveragePooling2D", "average_pooling2d"),
    "relu": ("ReLU", "re_lu"),
    "sigmoid": ("Activation", "activation"),
    "tanh": ("Activation", "activation"),
    "softmax": ("Softmax", "softmax"),
    "dropout": ("Dropout", "dropout"),
    "batch_norm": ("BatchNormalization", "batch_normalization"),
    "flatten": ("Flatten", "flatten"),
    "dense": ("Dense", "dense"),
}
WINDOWED = tuple(kind for kind in KINDS if kind[-2:] in ("1d", "2d"))


@dataclass(frozen=True)
class Axis:
    """How the windows of a layer lie along one axis."""

    kernel: int = 1
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1


@dataclass(frozen=True)
class Reach:
    """The receptive field of a layer's units along one axis, in cells of the input.

    Unit ``i`` sees `size` cells (holes counted) from cell ``start + jump · i`` on; `start` is
    negative where padding is seen. A unit that sees everything has `jump` 0.
    """

    size: int = 1
    jump: int = 1
    start: int = 0


@dataclass(frozen=True)
class Row:
    """One line of the table of a network.

    `rule` is empty, or what keeps the layer from being: ``"kernel"`` (its window is larger than
    what it reads), ``"maps"`` or ``"signal"`` (it needs rows, columns and channels, or a length
    and channels), ``"padding"`` (a pooling's padding of more than half its window), or
    ``"before"`` (a layer above it has no output). `problem` says so in words.
    """

    name: str
    layer: Mapping[str, Any]
    input_shape: Shape | None
    output_shape: Shape | None = None
    #: Where units stand: rows and columns, or a length, also once they were flattened.
    positions: Shape = ()
    weights: int = 0
    biases: int = 0
    #: Parameters that training does not change by gradients.
    frozen: int = 0
    multiply_adds: int = 0
    #: The same without shared weights: a kernel of its own at every place.
    unshared: int = 0
    #: A dense layer from all inputs to all outputs: its parameters and its multiply-adds.
    dense: int = 0
    dense_multiply_adds: int = 0
    axes: tuple[Axis, ...] = ()
    reach: tuple[Reach, ...] = ()
    rule: str = ""
    problem: str = ""

    @property
    def parameters(self) -> int:
        """All that is stored: weights, biases and what is frozen."""
        return self.weights + self.biases + self.frozen


@dataclass(frozen=True)
class Totals:
    """What a whole network has."""

    parameters: int
    trainable: int
    multiply_adds: int
    unshared: int
    dense: int
    dense_multiply_adds: int


def trace(layers: Iterable[Mapping[str, Any]], input_shape: Sequence[int]) -> list[Row]:
    """Follow an input through a stack of layers.

    Parameters
    ----------
    layers : iterable of mapping
        As `layer` returns them.
    input_shape : sequence of int
        Rows, columns and channels; or length and channels; or features.

    Returns
    -------
    list of Row
        One for each layer. From the first impossible one on, `output_shape` is None.

    Examples
    --------
    >>> from convwidgets.engine.layer_rules import layer
    >>> conv = layer({"kind": "conv2d", "filters": 32, "kernel_size": 3})
    >>> [row] = trace([conv], (28, 28, 1))
    >>> row.output_shape, row.parameters, row.reach[0].size
    ((26, 26, 32), 320, 3)
    """
    rows: list[Row] = []
    used: Counter[str] = Counter()
    shape: Shape | None = tuple(input_shape)
    positions = tuple(input_shape[:-1])
    reach = tuple(Reach() for _ in positions)
    for one in layers:
        stem = KINDS[one["kind"]][1]
        name = f"{stem}_{used[stem]}" if used[stem] else stem
        used[stem] += 1
        row = Row(name, one, shape, positions=positions, reach=reach)
        row = replace(row, rule="before") if shape is None else _follow(row, shape)
        rows.append(row)
        shape, positions, reach = row.output_shape, row.positions, row.reach
    return rows


def totals(rows: Iterable[Row]) -> Totals:
    """Add up the rows of a network, as far as it is possible."""
    rows = list(rows)
    return Totals(
        parameters=sum(row.parameters for row in rows),
        trainable=sum(row.weights + row.biases for row in rows),
        multiply_adds=sum(row.multiply_adds for row in rows),
        unshared=sum(row.unshared for row in rows),
        dense=sum(row.dense for row in rows),
        dense_multiply_adds=sum(row.dense_multiply_adds for row in rows),
    )


def _follow(row: Row, shape: Shape) -> Row:
    one = row.layer
    kind = one["kind"]
    if kind in WINDOWED:
        return _windowed(row, shape)
    if kind == "dense":
        return _dense(row, shape)
    if kind == "flatten":
        return replace(row, output_shape=(prod(shape),))
    if kind == "batch_norm":
        channels, work = shape[-1], prod(shape)
        return replace(
            row,
            output_shape=shape,
            weights=channels,
            biases=channels,
            frozen=2 * channels,
            multiply_adds=work,
            unshared=4 * channels,
            dense=4 * channels,
            dense_multiply_adds=work,
        )
    return replace(row, output_shape=shape)


def _windowed(row: Row, shape: Shape) -> Row:
    one = row.layer
    convolves = one["kind"].startswith("conv")
    rank = int(one["kind"][-2])
    if len(shape) != rank + 1:
        needs = "rows, columns and channels" if rank == 2 else "a length and channels"
        told = f"{KINDS[one['kind']][0]} needs {needs}, it is given {_by(shape)}"
        return _impossible(row, "maps" if rank == 2 else "signal", told)
    *sides, channels = shape
    kernel = one["kernel_size"] if convolves else one["pool_size"]
    dilation = one["dilation"] if convolves else (1,) * rank
    if not convolves and isinstance(one["padding"], int) and one["padding"] > min(kernel) // 2:
        told = f"padding must be at most half of the window {_by(kernel)}, it is {one['padding']}"
        return _impossible(row, "padding", told)
    axes = tuple(
        Axis(k, s, *_ends(one["padding"], i, k, s, d), d)
        for i, k, s, d in zip(sides, kernel, one["stride"], dilation, strict=True)
    )
    spans = [effective_kernel(axis.kernel, axis.dilation) for axis in axes]
    room = [i + axis.before + axis.after for i, axis in zip(sides, axes, strict=True)]
    if any(span > free for span, free in zip(spans, room, strict=True)):
        told = f"the window spans {_by(spans)}, more than the {_by(room)} cells that it reads"
        return replace(_impossible(row, "kernel", told), axes=axes)
    outputs = tuple(
        (free - span) // axis.stride + 1 for free, span, axis in zip(room, spans, axes, strict=True)
    )
    reach = tuple(
        Reach(seen.size + (span - 1) * seen.jump, seen.jump * axis.stride,
              seen.start - axis.before * seen.jump)
        for seen, span, axis in zip(row.reach, spans, axes, strict=True)
    )  # fmt: skip
    row = replace(row, positions=outputs, axes=axes, reach=reach)
    if not convolves:
        return replace(row, output_shape=(*outputs, channels))
    filters, biased = one["filters"], one["bias"]
    each = prod(kernel) * channels
    inputs, cells = prod(shape), prod(outputs) * filters
    return replace(
        row,
        output_shape=(*outputs, filters),
        weights=each * filters,
        biases=filters if biased else 0,
        multiply_adds=each * cells,
        unshared=cells * (each + biased),
        dense=cells * (inputs + biased),
        dense_multiply_adds=inputs * cells,
    )


def _dense(row: Row, shape: Shape) -> Row:
    """Weigh every feature; on maps, as Keras does, the channels at each place by themselves."""
    units, biased = row.layer["units"], row.layer["bias"]
    *sides, features = shape
    inputs, cells = prod(shape), prod(sides) * units
    weights, biases = features * units, units if biased else 0
    row = replace(
        row,
        output_shape=(*sides, units),
        weights=weights,
        biases=biases,
        multiply_adds=features * cells,
        unshared=cells * (features + biased),
        dense=cells * (inputs + biased),
        dense_multiply_adds=inputs * cells,
    )
    if sides:
        return row
    whole = tuple(
        Reach(seen.size + (count - 1) * seen.jump, 0, seen.start)
        for seen, count in zip(row.reach, row.positions or (1,) * len(row.reach), strict=True)
    )
    return replace(row, positions=(), reach=whole)


def _ends(
    padding: str | int, size: int, kernel: int, stride: int, dilation: int
) -> tuple[int, int]:
    return resolve_padding(padding, size, kernel, stride, dilation)[0]


def _impossible(row: Row, rule: str, problem: str) -> Row:
    return replace(row, rule=rule, problem=problem)


def _by(sizes: Sequence[int]) -> str:
    return " × ".join(map(str, sizes))
