"""Register tiles: many vectors of a convolution's output computed at once.

Numba's own loops load and store every output cell for each weight. Here the sums of a tile stay in
registers while all weights pass: ``ROWS`` rows of ``VECTORS`` vectors side by side, so that each
vector of the input that is loaded serves every row whose window covers it. The tile is emitted as
LLVM vectors, so that the same function serves every machine that LLVM knows, the page's
WebAssembly included.

An input line ``r`` meets the output row ``k`` with the kernel's row ``u = r − k·S``, if there is
one. So the rows that a line meets are consecutive, and for each first and last of them there is
one loop over the kernel's columns, written out for just these rows.

Where there are many filters, a tile is one row of several of them instead: each vector of the input
serves every filter, and no line has rows to choose between.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from llvmlite import ir

from convwidgets.engine.registers import Emitter, cgutils, chosen
from convwidgets.engine.vector import emitted, every_other, strided, types

ROWS = 4
VECTORS = 2

# How many filters `convolve_bank` takes at once, with many registers and with few.
filters_together = chosen(8, 4)


def _convolution(rows: int, vectors: int, filters: Callable[[], int]) -> Any:
    """Emit a tile of `rows` × `vectors` vectors of a cross-correlation with some filters.

    Filter ``f``, row ``k``, vector ``c``, lane ``l`` is ``y[y_start + f·plane + k·row + c·vector +
    l] = b[b_start + f] + Σ w[w_start + t·F + f] · x[x_start + (k·S + u)·line + c·vector + l·lane +
    v·tap + …]``, a sum over ``taps`` ``t``: channels, rows ``u`` and columns ``v`` of the kernel.
    The weights of F filters stand side by side for each tap. Starts and steps count values of the
    arrays' memory, S counts lines. All that is read and written must exist.
    """

    def convolve(
        typing: Any,
        x: Any,
        x_start: Any,
        x_steps: Any,  # plane, line, vector, lane, tap
        w: Any,
        w_start: Any,
        w_plane: Any,
        taps: Any,  # channels, rows, columns
        stride_h: Any,
        b: Any,
        b_start: Any,
        y: Any,
        y_start: Any,
        y_steps: Any,  # plane, row, vector
    ) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            # So much code is not to be copied into every caller.
            builder.function.attributes.add("noinline")
            _Tile(context, builder, signature, args).emit(filters(), rows, vectors)
            return context.get_dummy_value()

        whole = types.int64
        steps, three = (types.UniTuple(whole, n) for n in (5, 3))
        signature = types.void(
            x, whole, steps, w, whole, whole, three, whole, b, whole, y, whole, three
        )
        return signature, emit

    return emitted(convolve)


convolve_block = _convolution(ROWS, VECTORS, lambda: 1)
convolve_row = _convolution(1, VECTORS, lambda: 1)
convolve_bank = _convolution(1, VECTORS, filters_together.count)


class _Tile(Emitter):
    """Writes the instructions of one tile."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any) -> None:
        kinds = signature.args
        super().__init__(context, builder, kinds[0].dtype)
        (
            x,
            x_start,
            x_steps,
            w,
            w_start,
            w_plane,
            taps,
            stride_h,
            b,
            b_start,
            y,
            y_start,
            y_steps,
        ) = args
        self.x, self.w, self.b, self.y = (
            self.data(kind, array)
            for kind, array in ((kinds[0], x), (kinds[3], w), (kinds[8], b), (kinds[10], y))
        )
        self.x_start, self.w_start, self.b_start, self.y_start = x_start, w_start, b_start, y_start
        self.x_plane, self.x_line, self.x_vector, self.x_lane, self.x_tap = self.unpacked(x_steps)
        self.w_plane = w_plane
        self.channels, self.kernel_h, self.kernel_w = self.unpacked(taps)
        self.stride_h = stride_h
        self.y_plane, self.y_row, self.y_vector = self.unpacked(y_steps)

    def emit(self, filters: int, rows: int, vectors: int) -> None:
        builder = self.builder
        self.vectors = vectors
        self.sums = [
            [
                [cgutils.alloca_once(builder, self.vector) for _ in range(vectors)]
                for _ in range(filters)
            ]
            for _ in range(rows)
        ]
        for f in range(filters):
            bias = self.everywhere(self.b, builder.add(self.b_start, self.whole(f)))
            for row in self.sums:
                for total in row[f]:
                    builder.store(bias, total)
        unit = builder.icmp_signed("==", self.x_lane, self.whole(1))
        with builder.if_else(unit) as (then, otherwise):
            with then:
                self.accumulate(self.near)
            with otherwise:
                double = builder.icmp_signed("==", self.x_lane, self.whole(2))
                with builder.if_else(double) as (then, otherwise):
                    with then:
                        self.accumulate(self.every_other)
                    with otherwise:
                        self.accumulate(self.strided)
        line = self.y_start
        for row in self.sums:
            plane = line
            for totals in row:
                index = plane
                for total in totals:
                    self.keep(builder.load(total, typ=self.vector), self.y, index)
                    index = builder.add(index, self.y_vector)
                plane = builder.add(plane, self.y_plane)
            line = builder.add(line, self.y_row)

    def accumulate(self, load: Callable[[Any], Any]) -> None:
        """Let all weights pass, `load` fetching the vectors of the input."""
        builder, rows = self.builder, len(self.sums)
        last = builder.mul(self.stride_h, self.whole(rows - 1))
        lines = builder.add(self.kernel_h, last)
        with cgutils.for_range(builder, self.channels) as channel:
            plane = builder.add(self.x_start, builder.mul(channel.index, self.x_plane))
            weights = builder.mul(channel.index, self.w_plane)
            with cgutils.for_range(builder, lines) as down:
                line = builder.add(plane, builder.mul(down.index, self.x_line))
                if rows == 1:
                    self.across(load, line, weights, down.index, 0, 0)
                else:
                    self.choose(load, line, weights, down.index)

    def choose(self, load: Callable[[Any], Any], line: Any, weights: Any, down: Any) -> None:
        """Go to the loop for the rows of the tile that this line meets."""
        builder, rows = self.builder, len(self.sums)
        over = builder.sub(down, self.kernel_h)
        first = self.clipped(builder.add(over, self.stride_h), rows)
        final = self.clipped(down, rows - 1)
        after = builder.append_basic_block("after")
        which = builder.add(builder.mul(first, self.whole(rows)), final)
        switch = builder.switch(which, after)
        for low, high in itertools.combinations_with_replacement(range(rows), 2):
            block = builder.append_basic_block(f"rows_{low}_{high}")
            switch.add_case(self.whole(low * rows + high), block)
            builder.position_at_end(block)
            self.across(load, line, weights, down, low, high)
            builder.branch(after)
        builder.position_at_end(after)

    def clipped(self, lines: Any, most: int) -> Any:
        """⌊lines / S⌋ held to 0 … most; counted by comparing, since dividing is slow."""
        builder = self.builder
        count = self.whole(0)
        for k in range(1, most + 1):
            enough = builder.icmp_signed(">=", lines, builder.mul(self.stride_h, self.whole(k)))
            count = builder.add(count, builder.zext(enough, count.type))
        return count

    def across(
        self, load: Callable[[Any], Any], line: Any, weights: Any, down: Any, low: int, high: int
    ) -> None:
        """Multiply one line of the input with a kernel's row for each tile row it meets."""
        builder = self.builder
        taps = []
        for k in range(low, high + 1):
            up = builder.sub(down, builder.mul(self.stride_h, self.whole(k)))
            taps.append(builder.add(weights, builder.mul(up, self.kernel_w)))
        with self.columns() as column:
            index = builder.add(line, builder.mul(column, self.x_tap))
            cells = []
            for _ in range(self.vectors):
                cells.append(load(index))
                index = builder.add(index, self.x_vector)
            for start, row in zip(taps, self.sums[low : high + 1], strict=True):
                tap = builder.mul(builder.add(start, column), self.whole(len(row)))
                tap = builder.add(self.w_start, tap)
                for totals in row:
                    weight = self.everywhere(self.w, tap)
                    for cell, total in zip(cells, totals, strict=True):
                        old = builder.load(total, typ=self.vector)
                        builder.store(builder.call(self.fmuladd, [weight, cell, old]), total)
                    tap = builder.add(tap, self.whole(1))

    @contextlib.contextmanager
    def columns(self) -> Iterator[Any]:
        """Loop over the kernel's columns, of which there is at least one.

        LLVM would unroll the loop for long kernels, and the short ones would pay for it.
        """
        builder = self.builder
        before = builder.block
        body, after = (builder.append_basic_block(f"columns_{part}") for part in ("", "end"))
        builder.branch(body)
        builder.position_at_end(body)
        column = builder.phi(ir.IntType(64))
        column.add_incoming(self.whole(0), before)
        yield column
        following = builder.add(column, self.whole(1))
        column.add_incoming(following, builder.block)
        again = builder.icmp_signed("<", following, self.kernel_w)
        builder.cbranch(again, body, after).set_metadata("llvm.loop", self.rolled)
        builder.position_at_end(after)

    @functools.cached_property
    def rolled(self) -> Any:
        module = self.builder.module
        words = ir.MetaDataString(module, "llvm.loop.unroll.disable")
        node = ir.MDValue(module, [], name=str(len(module.metadata)))
        # A loop's metadata starts with itself.
        node.operands = (node, module.add_metadata([words]))
        return node

    def near(self, index: Any) -> Any:
        return self.dense(self.x, index)

    def every_other(self, index: Any) -> Any:
        return every_other(self.builder, self.x, self.vector, index)

    def strided(self, index: Any) -> Any:
        return strided(self.builder, self.x, self.vector, index, self.x_lane)
