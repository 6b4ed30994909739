"""Random calls of the whole native engine, its arrays against guard pages.

    python -m tests.engine.soak                      a million calls with a new seed
    python -m tests.engine.soak --calls 20000        fewer
    python -m tests.engine.soak --seed 7 --only 123  one call again, and what it is

Arguments right and wrong are mixed. A wrong call must raise TypeError or ValueError, or
MemoryError where it asks for too much, and nothing else; one call in fifty is compared with the
reference. The calls run in a process of their own, whose death is told with the number of its
last call. Linux alone.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import functools
import inspect
import mmap
import random
import re
import secrets
import signal
import struct
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from convwidgets import engine
from convwidgets.engine import _threads, fourier, geometry, gradients, paths
from tests.engine.guard_pages import Guards, guarded, ready

ROOT = Path(__file__).resolve().parents[2]

COMPARED = 4
# Seconds without a new call after which the process is taken to hang.
PATIENCE = 60
MEMORY = 6 * 2**30
REFUSALS = (TypeError, ValueError)

GRADIENT = "_gradient"
NOT_COMPUTING = {
    "backend", "explain", "get_num_threads", "set_num_threads", "status", "use", "warm_up",
}  # fmt: skip


class Wrong(Exception):  # noqa: N818  # it is the finding
    """A call did what no call may do."""


@dataclass
class Call:
    """One call: what is called, with what, and how the engine is told to go about it."""

    name: str
    args: list[Any]
    options: dict[str, Any] = field(default_factory=dict)
    way: str = "as it likes"
    threads: int = 1
    spoilt: str = ""

    def __str__(self) -> str:
        words = [*map(_shown, self.args)]
        words += [f"{name}={_shown(value)}" for name, value in self.options.items()]
        about = f"threads: {self.threads}, path: {self.way}"
        if self.spoilt:
            about += f", spoilt: {self.spoilt}"
        return f"{self.name}({', '.join(words)})  [{about}]"

    def make(self) -> Any:
        function = getattr(engine, self.name.removeprefix("explain "))
        if self.name.startswith("explain "):
            return engine.explain(function, *self.args, **self.options)
        return function(*self.args, **self.options)


class Draw:
    """Draws calls."""

    def __init__(self, source: random.Random, guards: Guards | None = None) -> None:
        self.source = source
        self.guards = guards
        self.chance = source.random
        self.whole = source.randint
        self.choice = source.choice
        self.dtype = np.dtype(self.choice(("f4", "f8")))
        self.large = self.often(0.004)

    def call(self) -> Call:
        """Draw one call, right or wrong."""
        name = self.choice(OPERATIONS)
        call = DRAWN[name](self, name)
        if self.often(0.3):
            self.spoil(call)
        if self.often(0.01):
            call.name = f"explain {call.name}"
        if self.often(0.25) and not self.large:
            call.way = self.choice(("low rank", "fft", "threads"))
        if self.large or call.way != "as it likes":
            call.threads = self.whole(1, 3)
        return call

    def often(self, share: float) -> bool:
        return self.chance() < share

    def array(self, *shape: int) -> np.ndarray:
        """Draw numbers: mostly small and whole, so that sums are exact; of any layout."""
        kind = self.dtype
        if self.often(0.1):
            kind = np.dtype(self.choice(("f2", ">f4", ">f8", "u1", "i1", "i2", "i8", "u8", "?")))
        size = int(np.prod(shape))
        start = self.whole(0, len(CELLS) - 1)
        values = np.resize(np.roll(CELLS, -start) if size > len(CELLS) else CELLS, size + start)
        values = values[start:].reshape(shape)
        if kind.kind == "f" and self.often(0.08) and size:
            values = values.copy()
            for _ in range(self.whole(1, 3)):
                values.flat[self.whole(0, size - 1)] = self.choice(SPECIAL)
        return self.laid_out(values, kind)

    def laid_out(self, values: np.ndarray, kind: np.dtype) -> np.ndarray:
        layout = self.chance()
        if layout < 0.85:
            array = self.new(values.shape, kind)
            array[...] = _as(values, kind)
            array.flags.writeable = layout > 0.06
            return array
        values = _as(values, kind)
        if layout < 0.89 and values.ndim:
            axis = self.whole(0, values.ndim - 1)
            step = [slice(None)] * values.ndim
            step[axis] = slice(None, None, self.choice((-1, -2, 2)))
            wide = self.new(tuple(n * (1 + (k == axis)) for k, n in enumerate(values.shape)), kind)
            wide[...] = 1
            view = wide[tuple(step)][tuple(slice(n) for n in values.shape)]
            view[...] = values
            return view
        if layout < 0.92:
            raw = self.new((values.nbytes + 1,), np.uint8)
            array = raw[1:].view(kind).reshape(values.shape) if values.size else values
            array[...] = values
            return array
        if layout < 0.95 and values.size < 100:
            return values.tolist()
        if layout < 0.97 and values.ndim:
            return np.broadcast_to(values[:1], values.shape)
        return np.asfortranarray(values)

    def new(self, shape: tuple[int, ...], kind: Any) -> np.ndarray:
        return self.guards.empty(shape, kind) if self.guards else np.empty(shape, kind)

    def size(self) -> int:
        """Draw a side of a picture."""
        if self.large:
            return self.whole(60, 150)
        return self.whole(1, self.choice((3, 9, 9, 20, 70)))

    def batch(self) -> int:
        return self.choice((1, 1, 2, 3, 0) if self.often(0.2) else (1, 1, 2))

    def step(self) -> int:
        return self.choice((1, 1, 1, 2, 2, 3, self.whole(1, 9)))

    def axes(self, draw: Callable[[], int], axes: int) -> tuple[int, int]:
        """Draw a number for each axis; for signals, 1 for the rows."""
        return (1, draw()) if axes == 1 else (draw(), draw())

    def said(self, two: tuple[int, int], axes: int) -> Any:
        """Say a number for each axis in one of the ways that are allowed."""
        if axes == 1:
            return self.choice((int, np.int64, np.uint16))(two[1])
        if two[0] == two[1] and self.often(0.7):
            return two[0]
        return self.choice((tuple, list, np.array))(two)

    def padding(self, axes: int, names: tuple[str, ...], kernel: Any, most: int) -> Any:
        """Draw what to say, and what that says to `geometry`."""
        way = self.chance()
        if way < 0.3:
            return 0, 0
        if way < 0.55:
            name = self.choice(names)
            if name == "causal":
                return name, ((0, 0), (kernel, 0))
            return name, name
        if axes == 1:
            ends = self.whole(0, most), self.whole(0, most)
            if ends[0] == ends[1] or way < 0.75:
                return ends[0], ((0, 0), (ends[0], ends[0]))
            return self.choice((tuple, list))(ends), ((0, 0), ends)
        if way < 0.75:
            both = self.whole(0, most)
            return both, both
        two = tuple((self.whole(0, most), self.whole(0, most)) for _ in range(2))
        if way < 0.85:
            return (two[0][0], two[1][1]), (two[0][0], two[1][1])
        return two, two

    def spoil(self, call: Call) -> None:
        """Put something else in the place of one argument; it may be right all the same."""
        places: list[Any] = [*range(len(call.args)), *call.options]
        place = self.choice(places)
        where: Any = call.options if isinstance(place, str) else call.args
        value = where[place]
        # The weight of a convolution and the like.
        if isinstance(value, np.ndarray) and (value.ndim > 1 or value.size > 2):
            where[place] = self.spoilt(value)
        else:
            where[place] = self.choice(NASTY)
        call.spoilt = f"argument {place}"
        if self.often(0.02):
            call.options["colour"] = 1

    def spoilt(self, value: np.ndarray) -> Any:
        if self.often(0.2):
            return self.choice(NASTY)
        way = self.whole(0, 9)
        flat = np.ravel(value)
        if way == 0:
            return value[None]
        if way == 1 and len(value):
            return value[0]
        if way == 2:
            return value[..., :-1]
        if way == 3:
            return value[..., :0]
        if way == 4:
            return np.concatenate([value, value])
        if way == 5:
            return value.astype(self.choice((np.longdouble, complex, object, str, "V8", "M8[s]")))
        if way == 6:
            return value.T
        if way == 7:
            return [1, *flat[:3].tolist(), [2]]
        if way == 8:
            return np.ma.masked_array(value, value > 0)
        # Whole numbers here and there far out, as indices must not be.
        wild = flat.astype(self.choice((np.int64, np.int32, np.uint64, np.int8)), copy=True)
        if wild.size:
            far = self.choice((-1, 2**31 - 1, -(2**31), 2**31, 2**62, 10**4))
            with contextlib.suppress(OverflowError):
                wild[self.whole(0, wild.size - 1)] = far
        return wild.reshape(value.shape)


def _convolution(draw: Draw, name: str) -> Call:
    axes = 1 if "1d" in name else 2
    plain = draw.often(0.25)
    new = 2 if plain else draw.choice((0, 1))
    groups = 1 if plain else draw.choice((1, 1, 1, 2, 3))
    inside, each = (1, 1) if plain else (draw.whole(1, 3), draw.whole(1, 3))
    if draw.large and not plain:
        inside, each = draw.whole(2, 8), draw.whole(4, 12)
    size = draw.axes(draw.size, axes)
    most = 15 if draw.large else draw.choice((3, 5, 5, 12))
    kernel = draw.axes(lambda: draw.whole(1, most), axes)
    stride, dilation = draw.axes(draw.step, axes), draw.axes(draw.step, axes)
    if axes == 1:
        stride, dilation = (1, stride[1]), (1, dilation[1])
    x = draw.array(*(draw.batch(), inside * groups)[new:], *size[2 - axes :])
    weight = draw.array(*(each * groups, inside)[: 0 if plain else 2], *kernel[2 - axes :])
    options: dict[str, Any] = {}
    if draw.often(0.5):
        options["stride"] = draw.said(stride, axes)
    else:
        stride = (1, 1)
    if draw.often(0.4):
        options["dilation"] = draw.said(dilation, axes)
    else:
        dilation = (1, 1)
    names = ("valid", "same", "half", "full", *(["causal"] if axes == 1 else []))
    reach = dilation[1] * (kernel[1] - 1)
    options["padding"], pads = draw.padding(axes, names, reach, 6)
    if groups > 1 or draw.often(0.1):
        options["groups"] = groups
    if draw.often(0.3):
        options["padding_mode"] = draw.choice(("zeros", "reflect", "replicate", "circular"))
    if draw.often(0.2):
        options["flip"] = draw.choice((True, False, np.True_))
    args = [x, weight]
    if name.endswith("gradients"):
        out = _or_none(lambda: geometry.output_shape(size, kernel, stride, pads, dilation))
        args.append(_gradient_of(draw, x, each * groups, out, axes))
    elif draw.often(0.4):
        args.append(draw.array(each * groups))
    return Call(name, args, options)


def _transposed(draw: Draw, name: str) -> Call:
    axes = 1 if "1d" in name else 2
    plain = draw.often(0.25)
    new = 2 if plain else draw.choice((0, 1))
    groups = 1 if plain else draw.choice((1, 1, 1, 2, 3))
    inside, each = (1, 1) if plain else (draw.whole(1, 3), draw.whole(1, 3))
    size = draw.axes(lambda: draw.size() // 3 + 1, axes)
    kernel = draw.axes(lambda: draw.whole(1, draw.choice((3, 5, 9))), axes)
    stride, dilation = draw.axes(draw.step, axes), draw.axes(draw.step, axes)
    x = draw.array(*(draw.batch(), inside * groups)[new:], *size[2 - axes :])
    weight = draw.array(*(inside * groups, each)[: 0 if plain else 2], *kernel[2 - axes :])
    options: dict[str, Any] = {"stride": draw.said(stride, axes)}
    if draw.often(0.5):
        options["dilation"] = draw.said(dilation, axes)
    else:
        dilation = (1, 1)
    options["padding"], pads = draw.padding(axes, ("valid", "same"), 0, 3)
    more = (0, 0)
    if draw.often(0.3):
        more = draw.axes(lambda: draw.whole(0, 2), axes)
        more = (0, more[1]) if axes == 1 else more
        options["output_padding"] = draw.said(more, axes)
    if groups > 1 or draw.often(0.1):
        options["groups"] = groups
    args = [x, weight]
    if name.endswith("gradients"):
        out = _or_none(
            lambda: geometry.resolve_transposed(pads, size, kernel, stride, dilation, more)[1]
        )
        args.append(_gradient_of(draw, x, each * groups, out, axes))
    elif draw.often(0.4):
        args.append(draw.array(each * groups))
    return Call(name, args, options)


def _separable(draw: Draw, name: str) -> Call:
    options: dict[str, Any] = {}
    stride = dilation = (1, 1)
    if draw.often(0.4):
        stride = draw.axes(draw.step, 2)
        options["stride"] = draw.said(stride, 2)
    if draw.often(0.4):
        dilation = draw.axes(draw.step, 2)
        options["dilation"] = draw.said(dilation, 2)
    options["padding"], pads = draw.padding(2, ("valid", "same", "half", "full"), 0, 5)
    if draw.often(0.3):
        options["padding_mode"] = draw.choice(("zeros", "reflect", "replicate", "circular"))
    if draw.often(0.3):
        options["flip"] = draw.often(0.5)
    x, channels, size = _picture(draw, 2)
    kernel = draw.axes(lambda: draw.whole(1, 9), 2)
    args = [x, draw.array(kernel[0]), draw.array(kernel[1])]
    if name.endswith("gradients"):
        out = _or_none(lambda: geometry.output_shape(size, kernel, stride, pads, dilation))
        args.append(_gradient_of(draw, x, channels, out, 2))
    return Call(name, args, options)


def _line(draw: Draw, name: str) -> Call:
    most = 20000 if draw.large else draw.choice((5, 30, 300))
    args = [draw.array(draw.whole(1, most)), draw.array(draw.whole(1, draw.choice((3, 9, 40))))]
    if draw.often(0.2):
        args.reverse()
    options = {"mode": draw.choice(("valid", "same", "full"))} if draw.often(0.7) else {}
    return Call(name, args, options)


def _pooling(draw: Draw, name: str) -> Call:
    axes = 1 if "1d" in name else 2
    x, channels, size = _picture(draw, axes)
    kernel = draw.axes(lambda: draw.whole(1, draw.choice((2, 3, 3, 5, 9, 40))), axes)
    stride = draw.axes(draw.step, axes)
    dilation = draw.axes(draw.step, axes)
    options: dict[str, Any] = {}
    if draw.often(0.6):
        options["stride"] = draw.said(stride, axes)
    else:
        stride = kernel
    if draw.often(0.3):
        options["dilation"] = draw.said(dilation, axes)
    else:
        dilation = (1, 1)
    most = kernel[1] // 2 if axes == 1 else min(kernel) // 2
    options["padding"], pads = draw.padding(axes, ("valid", "same", "half"), 0, most)
    if ceil := draw.often(0.4):
        options["ceil_mode"] = True
    if name.startswith("avg"):
        if draw.often(0.5):
            options["count_include_pad"] = draw.often(0.3)
        if draw.often(0.2):
            options["divisor_override"] = draw.choice((1, 3, -2, None))
    args: list[Any] = [x]
    if name.endswith(GRADIENT):
        out = _or_none(lambda: geometry.output_shape(size, kernel, stride, pads, dilation, ceil))
        args.append(_gradient_of(draw, x, channels, out, axes))
    elif not name.startswith("avg") and draw.often(0.4):
        options["return_indices"] = True
    args.append(draw.said(kernel, axes))
    return Call(name, args, options)


def _adaptive(draw: Draw, name: str) -> Call:
    axes = 1 if "1d" in name else 2
    x, channels, _ = _picture(draw, axes)
    everything = name.startswith("global")
    out = draw.axes(lambda: 1 if everything else draw.whole(1, draw.choice((3, 9, 30))), axes)
    args = [x]
    if name.endswith(GRADIENT):
        args.append(_gradient_of(draw, x, channels, out, axes))
    if everything:
        return Call(name, args)
    options = {}
    if "max" in name and not name.endswith(GRADIENT) and draw.often(0.4):
        options["return_indices"] = True
    return Call(name, [*args, draw.said(out, axes)], options)


def _unpooling(draw: Draw, name: str) -> Call:
    axes = 1 if "1d" in name else 2
    x, _, size = _picture(draw, axes)
    kernel = draw.axes(lambda: draw.whole(1, 4), axes)
    stride = draw.axes(draw.step, axes)
    options: dict[str, Any] = {}
    if draw.often(0.5):
        options["stride"] = draw.said(stride, axes)
    else:
        stride = kernel
    pads = (0, 0)
    if draw.often(0.3):
        pads = draw.axes(lambda: draw.whole(0, 1), axes)
        pads = (0, pads[1]) if axes == 1 else pads
        options["padding"] = draw.said(pads, axes)
    out = [(i - 1) * s - 2 * p + k for i, s, p, k in zip(size, stride, pads, kernel, strict=True)]
    if min(out) < 1 or draw.often(0.3):
        out = [max(draw.size(), 1) for _ in out]
        if axes == 1:
            out[0] = 1
        options["output_size"] = draw.said((out[0], out[1]), axes)
    plane = out[0] * out[1]
    if draw.often(0.05):
        # One beyond.
        plane += 1
    shape = np.shape(x)
    places = np.array([draw.whole(0, plane - 1) for _ in range(min(int(np.prod(shape)), 500))])
    places = np.resize(places, shape) if places.size else np.zeros(shape, np.int64)
    kind = draw.choice(("i8", "i8", "i4", "u8", "i2"))
    where = draw.laid_out(places, np.dtype(kind))
    if name.endswith(GRADIENT):
        full = (*shape[: len(shape) - axes], *out[2 - axes :])
        return Call(name, [where, draw.array(*full)])
    return Call(name, [x, where, draw.said(kernel, axes)], options)


def _activation(draw: Draw, name: str) -> Call:
    shape = tuple(draw.whole(0 if draw.often(0.1) else 1, 9) for _ in range(draw.whole(0, 5)))
    if draw.large:
        shape = (draw.whole(1, 100_000),)
    kind = draw.choice(("none", "relu", "abs", "clip"))
    args = [draw.array(*shape)]
    if name.endswith(GRADIENT):
        args.append(draw.array(*shape))
    return Call(name, [*args, kind])


def _picture(draw: Draw, axes: int) -> tuple[Any, int, tuple[int, int]]:
    new = draw.whole(0, 2)
    channels = 1 if new == 2 else draw.whole(1, 3)
    size = draw.axes(draw.size, axes)
    x = draw.array(*(draw.batch(), channels)[new:], *size[2 - axes :])
    return x, channels, size


def _gradient_of(draw: Draw, x: Any, channels: int, out: Any, axes: int) -> np.ndarray:
    """Draw the gradient of an output; of any shape where there is none."""
    shape = np.shape(x)
    out = out or (1, 1)
    before = {axes: (), axes + 1: (channels,)}.get(len(shape), (*shape[:1], channels))
    if np.prod(out, dtype=float) * channels > 1e6:
        out = (1, 1)
    return draw.array(*before, *out[2 - axes :])


def _or_none(compute: Callable[[], Any]) -> Any:
    with contextlib.suppress(ValueError):
        return compute()
    return None


def _drawn_by(name: str) -> Callable[[Draw, str], Call]:
    for begin, drawn in (
        ("conv_transpose", _transposed), ("conv1d", _convolution), ("conv2d", _convolution),
        ("convolve", _line), ("cross_correlate", _line), ("separable", _separable),
        ("max_unpool", _unpooling), ("adaptive", _adaptive), ("global", _adaptive),
        ("activate", _activation), ("max_pool", _pooling), ("min_pool", _pooling),
        ("avg_pool", _pooling),
    ):  # fmt: skip
        if name.startswith(begin):
            return drawn
    raise KeyError(f"the soak has no calls of {name}")


CELLS = np.random.default_rng(0).integers(-8, 9, 4099).astype(np.float64)
SPECIAL = (np.nan, np.inf, -np.inf, 1e300, 1e30, -1e-300, -0.0)
NASTY: tuple[Any, ...] = (
    -1, 0, 1, 2, 7, 100, 65_536, 2**31 - 1, 2**31, 2**32 + 1, 2**63 - 1, 2**63, 2**64, -(2**63),
    10**30, 1.5, 2.0, np.nan, np.inf, "same", "full", "", b"1", None, True, np.False_, (), [], (1,),
    (1, 2), (1, 2, 3), [0, 1], ((1, 2), (3, 4)), [[1, 2], [3]], ((2**31 - 1, 0), (0, 2**40)),
    (1, 2**31 - 1), (2**31 - 1, 1), (2**31, -1), np.int8(2), np.uint64(2**64 - 1), np.float64(2),
    np.array(2), np.array([2, 2]), np.array([[1, 2], [3, 4]]), np.zeros((0, 3)),
    np.zeros((1, 2**20, 0)), {}, {1: 2}, object(), 1j, np.datetime64("2026-01-01"), range(2), len,
)  # fmt: skip
DRAWN = {
    name: _drawn_by(name)
    for name in sorted(set(engine.__all__) - NOT_COMPUTING)
    if inspect.isfunction(getattr(engine, name))
}
OPERATIONS = tuple(DRAWN)


def drawn(seed: int, number: int, guards: Guards | None = None) -> Call:
    """Draw a call by the seed of the soak and its number."""
    return Draw(random.Random(f"{seed} {number}"), guards).call()


def perform(call: Call, compare: bool) -> str:
    """Make a call; tell how it ended: "answered", or an error's name.

    Raises
    ------
    Wrong
        If it raised what it may not, changed its arguments, or differs from the reference.
    """
    before = [_bytes(value) for value in [*call.args, *call.options.values()]]
    with _way(call):
        end, result = _outcome(call)
    if before != [_bytes(value) for value in [*call.args, *call.options.values()]]:
        raise Wrong("an argument was changed")
    if compare and end != "MemoryError":
        with engine.use("reference"):
            expected_end, expected = _outcome(call)
        if expected_end == "MemoryError" or "array is too big" in str(expected):
            # The reference fills the cells that a window of 2³¹ covers beyond the picture.
            return end
        if end != expected_end:
            raise Wrong(f"{end} ({result!r}), but the reference: {expected_end} ({expected!r})")
        if end == "answered":
            _compare(call, result, expected)
    return end


def _outcome(call: Call) -> tuple[str, Any]:
    try:
        return "answered", call.make()
    except REFUSALS as error:
        if not str(error):
            raise Wrong(f"{type(error).__name__} without words") from error
        if re.match(r"argument \d+ of ", str(error)):
            raise Wrong(f"only compiled code has found the fault: {error}") from error
        return type(error).__name__, error
    except MemoryError as error:
        if call.spoilt:
            return "MemoryError", error
        raise


def _compare(call: Call, result: Any, expected: Any) -> None:
    if isinstance(result, engine.Explanation):
        return
    if not isinstance(result, tuple):
        result, expected = (result,), (expected,)
    finite = [1.0]
    for value in [*call.args, *call.options.values()]:
        with contextlib.suppress(TypeError, ValueError):
            numbers = np.abs(np.asarray(value, np.float64))
            finite.append(max(1.0, float(numbers[np.isfinite(numbers)].max(initial=0))))
    # Whole numbers leave no rounding but that of means, transforms and two passes.
    with np.errstate(over="ignore"):
        largest = np.prod(sorted(finite[1:4])[-2:])
    for one, other in zip(result, expected, strict=True):
        if one.dtype != other.dtype or one.shape != other.shape:
            raise Wrong(f"{one.dtype} {one.shape}, but the reference: {other.dtype} {other.shape}")
        if one.dtype.kind != "f":
            if not np.array_equal(one, other):
                raise Wrong(f"{one!r}, but the reference: {other!r}")
            continue
        epsilon = 2e-6 if one.dtype == np.float32 else 2e-14
        magnitude = np.abs(other)[np.isfinite(other)].max(initial=0)
        with np.errstate(all="ignore"):
            close = np.abs(one - other) <= epsilon * (32 * largest + 32 * magnitude)
        same = (one == other) | (np.isnan(one) & np.isnan(other))
        # Whether a padding's zero meets a NaN in these is not laid down.
        free = "conv_transpose" in call.name or call.name.endswith("gradients")
        # The first pass may round a zero away, which the second multiplies by infinity.
        free |= call.name.startswith("separable") and call.way in ("low rank", "fft")
        # A product added in one step need not overflow where one that is rounded does.
        free |= bool(largest > np.finfo(one.dtype).max / 1e6)
        if free:
            same |= ~np.isfinite(one) | ~np.isfinite(other)
        if not (close | same).all():
            at = tuple(int(i) for i in np.argwhere(~(close | same))[0])
            raise Wrong(f"cell {at} is {one[at]!r}, but the reference: {other[at]!r}")


@contextlib.contextmanager
def _way(call: Call) -> Iterator[None]:
    """Let small calls take the paths of large ones."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(_threads, "_chosen", call.threads))
        if call.way == "threads":
            stack.enter_context(mock.patch.object(_threads, "WORK_PER_THREAD", 1))
            stack.enter_context(mock.patch.object(gradients, "PRODUCTS_FROM", 1))
        if call.way in ("low rank", "fft"):
            stack.enter_context(mock.patch.object(paths, "WORTH_A_SEARCH", 1))
        if call.way == "low rank":
            stack.enter_context(mock.patch.object(paths, "PASS", 0.01))
        if call.way == "fft":
            stack.enter_context(mock.patch.object(paths, "_factors", lambda *_: None))
            stack.enter_context(mock.patch.object(fourier, "cost", lambda *_: 0))
        yield


def _bytes(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return value.tobytes()
    return None


def _as(values: np.ndarray, kind: np.dtype) -> np.ndarray:
    if kind.kind in "ub":
        values = np.abs(values)
    with np.errstate(all="ignore"):
        return values.astype(kind)


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.size > 12:
        flags = "" if value.flags.c_contiguous else ", strided"
        return f"<{value.dtype} {value.shape}{flags}>"
    return repr(value)


def work(seed: int, numbers: Any, told: Callable[[int], None], verbose: bool = False) -> Counter:
    """Make the calls of these numbers; `told` hears of each before it is drawn."""
    import resource  # not on Windows

    ready()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    guards = Guards()
    ends: Counter = Counter()
    with guarded(guards):
        for number in numbers:
            told(number)
            guards.at_end = bool(number % 2)
            call = drawn(seed, number, guards)
            if verbose:
                print(call, flush=True)
            try:
                end = perform(call, compare=verbose or number % COMPARED == 0)
                ends[call.name.removeprefix("explain "), end] += 1
                del call
                guards.sweep()
            except BaseException as error:
                error.add_note(f"in call {number} of seed {seed}")
                raise
    return ends


def main(words: list[str] | None = None) -> int:
    """Run the soak in a process of its own, and watch it."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.soak", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", type=int, default=None, metavar="K", help="one call, replayed")
    parser.add_argument("--progress", help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    if options.progress:
        return _work_and_tell(options)
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        progress = Path(folder) / "progress"
        progress.write_bytes(struct.pack("q", -1))
        command = [sys.executable, "-m", "tests.engine.soak", "--progress", str(progress)]
        command += ["--seed", str(seed), "--calls", str(options.calls)]
        if options.only is not None:
            command += ["--only", str(options.only)]
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT)
        code = _watch(process, progress)
        (last,) = struct.unpack("q", progress.read_bytes())
    if code:
        print(
            f"ended with code {code} in call {last}:\n{drawn(seed, last)}\n"
            f"again: python -m tests.engine.soak --seed {seed} --only {last}",
            flush=True,
        )
        return 1
    seconds = time.monotonic() - start
    print(f"{last + 1} calls in {seconds:.0f} s, {(last + 1) / seconds:.0f} per second")
    return 0


def _watch(process: subprocess.Popen, progress: Path) -> int:
    """Wait for the end; a process that gets no further is ended."""
    before, since = b"", time.monotonic()
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(1)
        now = progress.read_bytes()
        if now != before:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > PATIENCE:
            print(f"no call ended for {PATIENCE} seconds", flush=True)
            # On which faulthandler tells where it was.
            process.send_signal(signal.SIGABRT)
            return process.wait()


def _work_and_tell(options: argparse.Namespace) -> int:
    faulthandler.enable()
    only = options.only
    numbers = range(options.calls) if only is None else [only]
    with open(options.progress, "r+b") as file, mmap.mmap(file.fileno(), 8) as last:
        tell = functools.partial(struct.pack_into, "q", last, 0)
        ends = work(options.seed, numbers, tell, verbose=only is not None)
    if only is None:
        _report(ends)
    else:
        print(ends)
    return 0


def _report(ends: Counter) -> None:
    kinds = ("answered", "ValueError", "TypeError", "MemoryError")
    print(f"{'':32}" + "".join(f"{kind:>13}" for kind in kinds))
    for name in OPERATIONS:
        print(f"{name:32}" + "".join(f"{ends[name, kind]:13}" for kind in kinds))


if __name__ == "__main__":
    sys.exit(main())
