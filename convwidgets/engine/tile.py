"""A register tile: a few rows of output computed at once with the machine's vectors.

Numba's own loops reload and store every output for each weight. Here the sums of a tile of
``ROWS`` rows by one vector stay in registers while all weights pass, and each weight is loaded
once for the whole tile. The tile is emitted as LLVM vectors, so that the same function serves
every machine that LLVM knows, the page's WebAssembly included.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

ROWS = 4
# The width of a vector: an AVX-512 register, which other machines take in parts.
# The build for the page sets 16, the width of WebAssembly's vectors.
vector_bytes = 64


@intrinsic  # type: ignore[untyped-decorator]
def lanes(typing: Any, array: Any) -> Any:
    """How many values of an array stand side by side in one vector."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.get_constant(types.int64, _lanes(signature.args[0].dtype))

    return types.int64(array), emit


@intrinsic  # type: ignore[untyped-decorator]
def convolve_tile(
    typing: Any,
    x: Any,
    x_start: Any,
    x_plane: Any,
    x_row: Any,
    w: Any,
    w_start: Any,
    channels: Any,
    kernel_h: Any,
    kernel_w: Any,
    dilation_h: Any,
    dilation_w: Any,
    bias: Any,
    y: Any,
    y_start: Any,
    y_row: Any,
) -> Any:
    """Write ``ROWS`` rows × one vector of a cross-correlation with stride 1.

    Row ``r``, lane ``l`` of the tile is ``y[y_start + r·y_row + l] = bias + Σ w[w_start + …] ·
    x[x_start + c·x_plane + (r + u·dilation_h)·x_row + v·dilation_w + l]`` over the channels ``c``
    and the taps ``u, v``; all starts and strides count values of the arrays' memory.
    """
    signature = types.void(
        x, *[types.int64] * 3, w, *[types.int64] * 6, x.dtype, y, *[types.int64] * 2
    )

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        x_type, w_type, y_type = signature.args[0], signature.args[4], signature.args[12]
        value = context.get_value_type(x_type.dtype)
        vector = ir.VectorType(value, _lanes(x_type.dtype))
        size = context.get_abi_sizeof(value)
        # Not llvm.fma, which WebAssembly would have to call lane by lane.
        fmuladd = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(vector, [vector] * 3),
            f"llvm.fmuladd.v{vector.count}f{x_type.dtype.bitwidth}",
        )
        data = {
            name: context.make_array(kind)(context, builder, args[at]).data
            for name, kind, at in (("x", x_type, 0), ("w", w_type, 4), ("y", y_type, 12))
        }
        x_start, x_plane, x_row = args[1:4]
        w_start, channels, kernel_h, kernel_w, dilation_h, dilation_w = args[5:11]
        bias, y_start, y_row = args[11], args[13], args[14]

        def splat(scalar: Any) -> Any:
            one = builder.insert_element(
                ir.Constant(vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0)
            )
            lanes_of_zero = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
            return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), lanes_of_zero)

        def vector_at(name: str, index: Any) -> Any:
            place = builder.gep(data[name], [index], source_etype=value)
            return builder.bitcast(place, vector.as_pointer())

        def load(index: Any) -> Any:
            return builder.load(vector_at("x", index), align=size, typ=vector)

        sums = [cgutils.alloca_once_value(builder, splat(bias)) for _ in range(ROWS)]
        for total in sums:
            builder.store(splat(bias), total)
        with cgutils.for_range(builder, channels, intp=channels.type) as channel:
            plane = builder.add(x_start, builder.mul(channel.index, x_plane))
            with cgutils.for_range(builder, kernel_h, intp=channels.type) as up:
                line = builder.add(plane, builder.mul(builder.mul(up.index, dilation_h), x_row))
                taps = builder.add(
                    w_start,
                    builder.mul(
                        builder.add(builder.mul(channel.index, kernel_h), up.index), kernel_w
                    ),
                )
                with cgutils.for_range(builder, kernel_w, intp=channels.type) as across:
                    tap = builder.add(taps, across.index)
                    place = builder.gep(data["w"], [tap], source_etype=value)
                    weight = splat(builder.load(place, align=size, typ=value))
                    at = builder.add(line, builder.mul(across.index, dilation_w))
                    for row, total in enumerate(sums):
                        if row:
                            at = builder.add(at, x_row)
                        old = builder.load(total, typ=vector)
                        builder.store(builder.call(fmuladd, [load(at), weight, old]), total)
        at = y_start
        for row, total in enumerate(sums):
            if row:
                at = builder.add(at, y_row)
            builder.store(builder.load(total, typ=vector), vector_at("y", at), align=size)
        return context.get_dummy_value()

    return signature, emit


def _lanes(dtype: Any) -> int:
    return vector_bytes // (dtype.bitwidth // 8)
