"""Vectors of numbers in the processor's registers, for kernels to compute with.

They are LLVM's vectors, so that the same kernel serves every machine that LLVM knows, the page's
WebAssembly included.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending as numba_extending
from numba import types as numba_types
from numba.core import cgutils as numba_cgutils
from numba.core.typing import templates as numba_templates
from numba.np import arrayobj as numba_arrayobj

# These have no types that mypy could read.
extending: Any = numba_extending
templates: Any = numba_templates
arrayobj: Any = numba_arrayobj
types: Any = numba_types
cgutils: Any = numba_cgutils

# The width of a vector: an AVX-512 register, which other machines take in parts.
# The build for the page sets 16, the width of WebAssembly's vectors.
vector_bytes = 64


def emitted(function: Callable[..., Any]) -> Any:
    """Decorate a function on Numba's types, to be called from kernels on their values."""
    return extending.intrinsic(function)


def count_of(dtype: Any) -> int:
    """Count the numbers of one of Numba's types that fill a vector."""
    return int(vector_bytes * 8 // dtype.bitwidth)


@emitted
def lanes(typing: Any, array: Any) -> Any:
    """How many values of an array stand side by side in one vector."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.get_constant(types.int64, count_of(signature.args[0].dtype))

    return types.int64(array), emit


class Vector(types.Type):  # type: ignore[misc]  # a class without types
    """Numba's type of a register full of numbers, which can be added, subtracted, multiplied."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.count = count_of(dtype)
        super().__init__(name=f"Vector({dtype}, {self.count})")


class _Model(extending.models.PrimitiveModel):  # type: ignore[misc]  # as above
    def __init__(self, manager: Any, kind: Any) -> None:
        value = manager[kind.dtype].get_value_type()
        super().__init__(manager, kind, ir.VectorType(value, kind.count))


class _Elementwise(templates.AbstractTemplate):  # type: ignore[misc]  # as above
    def generic(self, args: Any, kws: Any) -> Any:
        both = isinstance(args[0], Vector) and args[0] == args[1]
        return templates.signature(args[0], *args) if both else None


def _define(function: Any, instruction: str) -> None:
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args)

    templates.infer_global(function)(_Elementwise)
    extending.lower_builtin(function, Vector, Vector)(emit)


extending.register_model(Vector)(_Model)
_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")


def _vector_at(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    vector = context.get_value_type(Vector(kind.dtype))
    data = context.make_array(kind)(context, builder, array).data
    cell = builder.gep(data, [index], source_etype=vector.element)
    return builder.bitcast(cell, vector.as_pointer()), vector


@emitted
def load(typing: Any, array: Any, index: Any) -> Any:
    """Load the vector that starts at a flat index of an array."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place, vector = _vector_at(context, builder, sig.args[0], *args)
        return builder.load(place, align=array.dtype.bitwidth // 8, typ=vector)

    return Vector(array.dtype)(array, types.int64), emit


@emitted
def store(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """Store a vector where `load` finds it."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place, _ = _vector_at(context, builder, sig.args[0], *args[:2])
        builder.store(args[2], place, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.int64, value), emit


@emitted
def splat(typing: Any, array: Any, value: Any) -> Any:
    """Fill a vector for `array` with one number."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return filled(builder, context.get_value_type(Vector(array.dtype)), args[1])

    return Vector(array.dtype)(array, array.dtype), emit


@emitted
def load_strided(typing: Any, array: Any, index: Any, stride: Any) -> Any:
    """Load the numbers at `index`, ``index + stride``, … of an array."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = sig.args[0]
        data = context.make_array(kind)(context, builder, args[0]).data
        vector = context.get_value_type(Vector(kind.dtype))
        result = cgutils.alloca_once(builder, vector)
        unit = builder.icmp_signed("==", args[2], args[2].type(1))
        with builder.if_else(unit) as (then, otherwise):
            with then:
                builder.store(dense(builder, data, vector, args[1]), result)
            with otherwise:
                double = builder.icmp_signed("==", args[2], args[2].type(2))
                with builder.if_else(double) as (then, otherwise):
                    with then:
                        builder.store(every_other(builder, data, vector, args[1]), result)
                    with otherwise:
                        builder.store(strided(builder, data, vector, *args[1:]), result)
        return builder.load(result, typ=vector)

    return Vector(array.dtype)(array, types.int64, types.int64), emit


@emitted
def flat(typing: Any, array: Any) -> Any:
    """View an array's memory as a row of numbers, so that kernels need one form for all shapes."""
    row = types.Array(array.dtype, 1, "C")

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source = context.make_array(sig.args[0])(context, builder, args[0])
        view = context.make_array(row)(context, builder)
        arrayobj.populate_array(
            view,
            data=source.data,
            shape=[source.nitems],
            strides=[source.itemsize],
            itemsize=source.itemsize,
            meminfo=None,
        )
        return view._getvalue()

    return row(array), emit


@emitted
def better(typing: Any, value: Any, old: Any, greatest: Any) -> Any:
    """Let `value` take the place of `old` where it is greater, or less, or NaN."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value_vector, old_vector, flag = args
        more = builder.fcmp_ordered(">", value_vector, old_vector)
        less = builder.fcmp_ordered("<", value_vector, old_vector)
        nan = builder.fcmp_unordered("uno", value_vector, value_vector)
        wins = builder.select(builder.icmp_signed("!=", flag, flag.type(0)), more, less)
        return builder.select(builder.or_(wins, nan), value_vector, old_vector)

    return value(value, old, types.int64), emit


def _every_other_of_two(first: int) -> Any:
    def pick(typing: Any, near: Any, far: Any) -> Any:
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            chosen = range(first, 2 * near.count, 2)
            mask = ir.Constant(ir.VectorType(ir.IntType(32), near.count), [*chosen])
            return builder.shuffle_vector(*args, mask)

        return near(near, far), emit

    return emitted(pick)


# Every other number of two vectors side by side, from the first or from the second on.
even, odd = _every_other_of_two(0), _every_other_of_two(1)


def filled(builder: Any, vector: Any, value: Any) -> Any:
    """Emit a vector full of one number."""
    nothing = ir.Constant(vector, ir.Undefined)
    one = builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
    first = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
    return builder.shuffle_vector(one, nothing, first)


def dense(builder: Any, data: Any, vector: Any, index: Any) -> Any:
    """Emit the load of numbers that stand side by side."""
    place = builder.gep(data, [index], source_etype=vector.element)
    pointer = builder.bitcast(place, vector.as_pointer())
    return builder.load(pointer, align=_size(vector), typ=vector)


def every_other(builder: Any, data: Any, vector: Any, index: Any) -> Any:
    """Emit the load of every other number; the second half starts on one that is needed."""
    count = vector.count
    near = dense(builder, data, vector, index)
    far = dense(builder, data, vector, builder.add(index, index.type(count - 1)))
    chosen = [*range(0, count, 2), *range(count + 1, 2 * count, 2)]
    mask = ir.Constant(ir.VectorType(ir.IntType(32), count), chosen)
    return builder.shuffle_vector(near, far, mask)


def strided(builder: Any, data: Any, vector: Any, index: Any, stride: Any) -> Any:
    """Emit the load of numbers one by one."""
    cells = ir.Constant(vector, ir.Undefined)
    for lane in range(vector.count):
        place = builder.gep(data, [index], source_etype=vector.element)
        cell = builder.load(place, align=_size(vector), typ=vector.element)
        cells = builder.insert_element(cells, cell, ir.Constant(ir.IntType(32), lane))
        index = builder.add(index, stride)
    return cells


def _size(vector: Any) -> int:
    return 8 if isinstance(vector.element, ir.DoubleType) else 4


@emitted
def transpose_block(typing: Any, source: Any, start: Any, target: Any, end: Any, step: Any) -> Any:
    """Transpose a square of vectors, `step` numbers apart, from `start` to `end`."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source_value, start_value, target_value, end_value, step_value = args
        kind, out = sig.args[0], sig.args[2]
        count = count_of(kind.dtype)
        size = kind.dtype.bitwidth // 8
        index, rows = start_value, []
        for _ in range(count):
            place, vector = _vector_at(context, builder, kind, source_value, index)
            rows.append(builder.load(place, align=size, typ=vector))
            index = builder.add(index, step_value)
        mask = ir.VectorType(ir.IntType(32), count)
        zips = [
            ir.Constant(mask, [first + k // 2 + k % 2 * count for k in range(count)])
            for first in (0, count // 2)
        ]
        # Half of the rows interleaved with the others: log2(count) times makes a transpose.
        for _ in range(count.bit_length() - 1):
            rows = [
                builder.shuffle_vector(rows[k], rows[k + count // 2], zipped)
                for k in range(count // 2)
                for zipped in zips
            ]
        index = end_value
        for row in rows:
            place, _ = _vector_at(context, builder, out, target_value, index)
            builder.store(row, place, align=size)
            index = builder.add(index, step_value)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(source, whole, target, whole, whole), emit
