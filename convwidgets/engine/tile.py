"""A register tile: several vectors of a convolution's output computed at once.

Numba's own loops load and store every output cell for each weight. Here the sums of a tile of
``VECTORS`` vectors stay in registers while all weights pass, and each weight is loaded once for
the whole tile. The tile is emitted as LLVM vectors, so that the same function serves every
machine that LLVM knows, the page's WebAssembly included.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils as numba_cgutils
from numba.extending import intrinsic

cgutils: Any = numba_cgutils  # Its functions have no types.

VECTORS = 4
# The width of a vector: an AVX-512 register, which other machines take in parts.
# The build for the page sets 16, the width of WebAssembly's vectors.
vector_bytes = 64


def emitted(function: Callable[..., Any]) -> Any:
    """Decorate a function on Numba's types, to be called from kernels on their values."""
    return intrinsic(function)


@emitted
def lanes(typing: Any, array: Any) -> Any:
    """How many values of an array stand side by side in one vector."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.get_constant(types.int64, _lanes(signature.args[0].dtype))

    return types.int64(array), emit


@emitted
def convolve_tile(
    typing: Any,
    x: Any,
    x_start: Any,
    x_step: Any,
    w: Any,
    w_start: Any,
    rows: Any,
    bias: Any,
    y: Any,
    y_start: Any,
    y_step: Any,
    stride_w: Any,
    dilation_h: Any,
    dilation_w: Any,
) -> Any:
    """Write a tile of a cross-correlation.

    Vector ``k``, lane ``l`` is ``y[y_start + k·y_step + l] = bias + Σ w[w_start + …] · x[x_start +
    k·x_step + l·S + …]``, a sum over the channels and columns of `w` and over `rows` of its rows.
    Starts and steps count values of the arrays' memory. All that is read and written must exist.
    """

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        x_type, w_type, y_type = signature.args[0], signature.args[3], signature.args[7]
        image, filters, output = (
            context.make_array(kind)(context, builder, args[at])
            for kind, at in ((x_type, 0), (w_type, 3), (y_type, 7))
        )
        x_start, x_step, w_start, rows, bias = (args[at] for at in (1, 2, 4, 5, 6))
        y_start, y_step, stride_w, dilation_h, dilation_w = args[8:]
        _, _, height, width = cgutils.unpack_tuple(builder, image.shape)
        _, channels, kernel_h, kernel_w = cgutils.unpack_tuple(builder, filters.shape)
        x_plane, w_plane = builder.mul(height, width), builder.mul(kernel_h, kernel_w)
        x_row = builder.mul(dilation_h, width)

        value = context.get_value_type(x_type.dtype)
        vector = ir.VectorType(value, _lanes(x_type.dtype))
        size = context.get_abi_sizeof(value)
        # Not llvm.fma, which WebAssembly would have to call lane by lane.
        fmuladd = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(vector, [vector] * 3),
            f"llvm.fmuladd.v{vector.count}f{x_type.dtype.bitwidth}",
        )

        def value_at(array: Any, index: Any) -> Any:
            return builder.gep(array.data, [index], source_etype=value)

        def vector_at(array: Any, index: Any) -> Any:
            return builder.bitcast(value_at(array, index), vector.as_pointer())

        def dense(index: Any) -> Any:
            return builder.load(vector_at(image, index), align=size, typ=vector)

        def strided(index: Any) -> Any:
            cells = ir.Constant(vector, ir.Undefined)
            for lane in range(vector.count):
                cell = builder.load(value_at(image, index), align=size, typ=value)
                cells = builder.insert_element(cells, cell, ir.Constant(ir.IntType(32), lane))
                index = builder.add(index, stride_w)
            return cells

        def splat(scalar: Any) -> Any:
            nothing = ir.Constant(vector, ir.Undefined)
            one = builder.insert_element(nothing, scalar, ir.Constant(ir.IntType(32), 0))
            lanes_of_zero = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
            return builder.shuffle_vector(one, nothing, lanes_of_zero)

        def accumulate(load: Callable[[Any], Any]) -> None:
            with cgutils.for_range(builder, channels) as channel:
                plane = builder.add(x_start, builder.mul(channel.index, x_plane))
                weights = builder.add(w_start, builder.mul(channel.index, w_plane))
                with cgutils.for_range(builder, rows) as up:
                    line = builder.add(plane, builder.mul(up.index, x_row))
                    taps = builder.add(weights, builder.mul(up.index, kernel_w))
                    with cgutils.for_range(builder, kernel_w) as across:
                        tap = value_at(filters, builder.add(taps, across.index))
                        weight = splat(builder.load(tap, align=size, typ=value))
                        index = builder.add(line, builder.mul(across.index, dilation_w))
                        for total in sums:
                            old = builder.load(total, typ=vector)
                            new = builder.call(fmuladd, [weight, load(index), old])
                            builder.store(new, total)
                            index = builder.add(index, x_step)

        sums = [cgutils.alloca_once(builder, vector) for _ in range(VECTORS)]
        for total in sums:
            builder.store(splat(bias), total)
        unit = builder.icmp_signed("==", stride_w, ir.Constant(stride_w.type, 1))
        with builder.if_else(unit) as (then, otherwise):
            with then:
                accumulate(dense)
            with otherwise:
                accumulate(strided)
        index = y_start
        for total in sums:
            new = builder.load(total, typ=vector)
            builder.store(new, vector_at(output, index), align=size)
            index = builder.add(index, y_step)
        return context.get_dummy_value()

    whole = types.int64
    signature = types.void(x, *[whole] * 2, w, *[whole] * 2, x.dtype, y, *[whole] * 5)
    return signature, emit


def _lanes(dtype: Any) -> int:
    return int(vector_bytes * 8 // dtype.bitwidth)
