"""Register tiles of other forms: strips of rows for small kernels, and long products of rows."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from convwidgets.engine.registers import Emitter, cgutils, chosen
from convwidgets.engine.vector import emitted, types

# The size of the kernels that strips are for.
SMALL = 3

# How many vectors wide a strip is: as many as there are registers for beside the weights.
vectors_abreast = chosen(2, 1)

# How many weights of how many filters get their gradients at once.
TAPS = 4
filters_abreast = chosen(4, 2)


@emitted
def slide(
    typing: Any,
    x: Any,
    x_start: Any,
    x_steps: Any,  # line, vector, tap
    w: Any,
    w_start: Any,
    b: Any,
    b_start: Any,
    y: Any,
    y_start: Any,
    y_steps: Any,  # row, vector
    rows: Any,
) -> Any:
    """Emit a strip of `rows` rows of a cross-correlation with one filter of `SMALL` × `SMALL`.

    All weights stay in registers, and the sums of the rows that are under way: every line of the
    input is loaded once. Before the first row is done, what is stored in its place is not.
    """

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.function.attributes.add("noinline")
        _Strip(context, builder, signature, args).emit(vectors_abreast.count())
        return context.get_dummy_value()

    whole = types.int64
    three, two = (types.UniTuple(whole, n) for n in (3, 2))
    signature = types.void(x, whole, three, w, whole, b, whole, y, whole, two, whole)
    return signature, emit


@emitted
def dot_products(
    typing: Any,
    g: Any,
    g_start: Any,
    g_steps: Any,  # image, filter
    x: Any,
    x_starts: Any,  # of the taps
    x_image: Any,
    images: Any,
    length: Any,
    w: Any,
    w_start: Any,
    w_steps: Any,  # filter, tap
) -> Any:
    """Emit the products of some rows with some others: of filters' gradients with taps' cells.

    ``w[w_start + f·filter + t·tap] = Σ g[g_start + n·image + f·filter + k] · x[x_starts[t] +
    n·image + k]``, a sum over images ``n`` and ``k`` below `length`, which vectors divide.
    """

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.function.attributes.add("noinline")
        _Products(context, builder, signature, args).emit(filters_abreast.count())
        return context.get_dummy_value()

    whole = types.int64
    two = types.UniTuple(whole, 2)
    signature = types.void(
        g, whole, two, x, types.UniTuple(whole, TAPS), whole, whole, whole, w, whole, two
    )
    return signature, emit


class _Strip(Emitter):
    """Writes the instructions of a strip."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any) -> None:
        kinds = signature.args
        super().__init__(context, builder, kinds[0].dtype)
        x, self.x_start, x_steps, w, self.w_start, b, self.b_start, y, self.y_start, y_steps = args[
            :10
        ]
        self.rows = args[10]
        self.x, self.w, self.b, self.y = (
            self.data(kind, array)
            for kind, array in ((kinds[0], x), (kinds[3], w), (kinds[5], b), (kinds[7], y))
        )
        self.x_line, self.x_vector, self.x_tap = self.unpacked(x_steps)
        self.y_row, self.y_vector = self.unpacked(y_steps)

    def emit(self, vectors: int) -> None:
        builder = self.builder
        bias = self.everywhere(self.b, self.b_start)
        weights = [
            [
                self.everywhere(self.w, builder.add(self.w_start, self.whole(u * SMALL + v)))
                for v in range(SMALL)
            ]
            for u in range(SMALL)
        ]
        # Of the rows under way, the latest first.
        begun = [
            [cgutils.alloca_once_value(builder, bias) for _ in range(vectors)]
            for _ in range(SMALL - 1)
        ]
        before = self.whole(SMALL - 1)
        with cgutils.for_range(builder, builder.add(self.rows, before)) as down:
            sums = [[bias] * vectors]
            sums += [[builder.load(total, typ=self.vector) for total in row] for row in begun]
            index = builder.add(self.x_start, builder.mul(down.index, self.x_line))
            for v in range(SMALL):
                at = index
                for c in range(vectors):
                    cell = self.dense(self.x, at)
                    for u in range(SMALL):
                        sums[u][c] = builder.call(self.fmuladd, [weights[u][v], cell, sums[u][c]])
                    at = builder.add(at, self.x_vector)
                index = builder.add(index, self.x_tap)
            early = builder.icmp_signed("<", down.index, before)
            row = builder.select(early, self.whole(0), builder.sub(down.index, before))
            index = builder.add(self.y_start, builder.mul(row, self.y_row))
            for total in sums.pop():
                self.keep(total, self.y, index)
                index = builder.add(index, self.y_vector)
            for row, totals in zip(begun, sums, strict=True):
                for place, total in zip(row, totals, strict=True):
                    builder.store(total, place)


class _Products(Emitter):
    """Writes the instructions of `dot_products`."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any) -> None:
        kinds = signature.args
        super().__init__(context, builder, kinds[0].dtype)
        g, self.g_start, g_steps, x, x_starts, self.x_image, self.images, self.length = args[:8]
        w, self.w_start, w_steps = args[8:]
        self.g, self.x, self.w = (
            self.data(kind, array) for kind, array in ((kinds[0], g), (kinds[3], x), (kinds[8], w))
        )
        self.g_image, self.g_filter = self.unpacked(g_steps)
        self.x_starts = self.unpacked(x_starts)
        self.w_filter, self.w_tap = self.unpacked(w_steps)
        kind = kinds[0].dtype
        self.added = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(self.value, [self.value, self.vector]),
            f"llvm.vector.reduce.fadd.v{self.vector.count}f{kind.bitwidth}",
        )

    def emit(self, filters: int) -> None:
        builder = self.builder
        nothing = ir.Constant(self.vector, None)
        sums = [
            [cgutils.alloca_once_value(builder, nothing) for _ in self.x_starts]
            for _ in range(filters)
        ]
        step = self.whole(self.vector.count)
        with cgutils.for_range(builder, self.images) as image:
            given = builder.add(self.g_start, builder.mul(image.index, self.g_image))
            cells = builder.mul(image.index, self.x_image)
            starts = [builder.add(start, cells) for start in self.x_starts]
            zero = self.whole(0)
            with cgutils.for_range_slice(builder, zero, self.length, step) as (along, _):
                columns = [self.dense(self.x, builder.add(start, along)) for start in starts]
                index = builder.add(given, along)
                for row in sums:
                    factor = self.dense(self.g, index)
                    for cell, total in zip(columns, row, strict=True):
                        old = builder.load(total, typ=self.vector)
                        builder.store(builder.call(self.fmuladd, [factor, cell, old]), total)
                    index = builder.add(index, self.g_filter)
        first = self.w_start
        for row in sums:
            index = first
            for total in row:
                lanes = builder.load(total, typ=self.vector)
                zero = ir.Constant(self.value, 0.0)
                result = builder.call(self.added, [zero, lanes], fastmath=("reassoc",))
                place = self.value_at(self.w, index)
                builder.store(result, place, align=self.size)
                index = builder.add(index, self.w_tap)
            first = builder.add(first, self.w_filter)
