"""What the register tiles are written with."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils as numba_cgutils

from convwidgets.engine import vector
from convwidgets.engine.vector import count_of, dense, emitted, filled, types

cgutils: Any = numba_cgutils  # Its functions have no types.


def chosen(many: int, few: int) -> Any:
    """Make a function for kernels that tells how much of something a tile takes.

    `many` where there are 32 wide registers, `few` where there are 16, or they are narrow. Its
    argument is any array; its attribute `count` tells the same to who writes tiles.
    """

    def count() -> int:
        return many if vector.vector_bytes == 64 else few

    def tell(typing: Any, array: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return context.get_constant(types.int64, count())

        return types.int64(array), emit

    function = emitted(tell)
    function.count = count
    return function


class Emitter:
    """What the tiles' instructions are made of."""

    def __init__(self, context: Any, builder: Any, kind: Any) -> None:
        self.builder = builder
        self.context = context
        self.value = context.get_value_type(kind)
        self.vector = ir.VectorType(self.value, count_of(kind))
        self.size = context.get_abi_sizeof(self.value)
        # Not llvm.fma, which WebAssembly would have to call lane by lane.
        self.fmuladd = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(self.vector, [self.vector] * 3),
            f"llvm.fmuladd.v{self.vector.count}f{kind.bitwidth}",
        )

    def data(self, kind: Any, array: Any) -> Any:
        """Find an array's memory."""
        return self.context.make_array(kind)(self.context, self.builder, array).data

    def unpacked(self, values: Any) -> Any:
        """Take a tuple of Numba's apart."""
        return cgutils.unpack_tuple(self.builder, values)

    def everywhere(self, data: Any, index: Any) -> Any:
        """Load one value into all lanes."""
        place = self.value_at(data, index)
        return self.splat(self.builder.load(place, align=self.size, typ=self.value))

    def dense(self, data: Any, index: Any) -> Any:
        """Load a vector."""
        return dense(self.builder, data, self.vector, index)

    def keep(self, vector: Any, data: Any, index: Any) -> None:
        """Store a vector."""
        self.builder.store(vector, self.vector_at(data, index), align=self.size)

    def splat(self, scalar: Any) -> Any:
        """Fill a vector with one value."""
        return filled(self.builder, self.vector, scalar)

    def value_at(self, data: Any, index: Any) -> Any:
        """Point at a value."""
        return self.builder.gep(data, [index], source_etype=self.value)

    def vector_at(self, data: Any, index: Any) -> Any:
        """Point at a vector."""
        return self.builder.bitcast(self.value_at(data, index), self.vector.as_pointer())

    def whole(self, number: int) -> Any:
        """Write a whole number."""
        return ir.Constant(ir.IntType(64), number)
