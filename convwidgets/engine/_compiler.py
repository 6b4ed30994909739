"""All kernels compiled into one object file, in a process of its own: only here is Numba at work.

Numba turns each kernel into LLVM's language, unoptimised; LLVM optimises the lot for this processor
at once. Each kernel gets an entry that takes a row of 64-bit words: where Python keeps the array
type and NumPy its types of numbers, where the array objects are, and the whole numbers. It reads
the arrays as every extension module does, and looks whether they are what the kernel needs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from convwidgets.engine import _cache, _library
from convwidgets.engine._library import CARRAY, DATA, DTYPE, FLAGS, NDIM, SHAPE, TYPE


def main(number: str, low_priority: bool) -> None:
    """Compile for one type of number, keep the file if possible, and send it to stdout."""
    if low_priority and hasattr(os, "nice"):
        os.nice(10)
    with _cache.alone():
        code = _cache.read(number)
        if code is None:
            code = compile_all(number)
            # What cannot be linked would end a process, and must not be the user's.
            command = f"from convwidgets.engine import _compiler; _compiler.try_out({number!r})"
            arguments = [sys.executable, "-P", "-c", command]
            subprocess.run(arguments, input=_cache.pack(code), check=True)
            _cache.write(number, _cache.pack(code))
    sys.stdout.buffer.write(_cache.pack(code))


def try_out(number: str) -> None:
    """Load the code from stdin as the user's process will, and compute with it."""
    from convwidgets import engine

    code = _cache.unpack(sys.stdin.buffer.read(), number)
    assert code is not None
    engine.native._loader.loaded[number] = _library.load(code)
    picture = np.arange(400).reshape(20, 20).astype(number)
    kernel = np.arange(9).reshape(3, 3).astype(number)
    y = engine.conv2d(picture, kernel)
    with engine.use("reference"):
        np.testing.assert_allclose(y, engine.conv2d(picture, kernel), rtol=1e-5)


def compile_all(number: str) -> _cache.Code:
    """Compile every kernel for one type of number.

    Parameters
    ----------
    number : str
        ``"float32"`` or ``"float64"``.

    Returns
    -------
    Code
        For this processor.
    """
    os.environ["NUMBA_OPT"] = "0"
    from llvmlite import binding

    from convwidgets.engine import _jit

    # The entries made here are the only ones that anybody calls.
    _jit.OPTIONS |= {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

    from convwidgets.engine import kernels, vector

    machine = _machine()
    vector.vector_bytes = _vector_bytes(binding.get_host_cpu_features())
    whole = binding.parse_assembly("")
    whole.triple = machine.triple
    whole.data_layout = str(machine.target_data)
    for name in kernels.SIGNATURES:
        whole.link_in(_module(kernels, name, number))
    options = binding.create_pipeline_tuning_options(3)
    options.loop_vectorization = options.slp_vectorization = True
    passes = binding.create_pass_builder(machine, options)
    passes.getModulePassManager().run(whole, passes)
    whole.verify()
    return _cache.Code(number, kernels.SIGNATURES, machine.emit_object(whole))


def _machine() -> Any:
    """Describe this processor to LLVM, and how code that is loaded into a process must be."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_triple(binding.get_process_triple())
    return target.create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
        # As Numba has it: what is called may be anywhere in the process.
        reloc="static" if target.name.startswith("x86") else "default",
        codemodel="jitdefault",
        jit=True,
    )


def _vector_bytes(features: Mapping[str, bool]) -> int:
    """Tell how wide the processor's registers are, so that a tile's sums fit into them."""
    return 64 if features.get("avx512f") else 32 if features.get("avx2") else 16


def _module(kernels: Any, name: str, number: str) -> Any:
    """Compile one kernel, unoptimised, with its entry."""
    from llvmlite import binding

    function, signature = getattr(kernels, name), kernels.signature(name, number)
    function.compile(signature)
    overload = function.overloads[signature]
    module = binding.parse_assembly(_without_counting(overload.library.get_llvm_str()))
    module.link_in(binding.parse_assembly(_entry(name, signature, overload.fndesc)))
    for item in [*module.functions, *module.global_variables]:
        if not item.is_declaration and item.name != name:
            item.linkage = "internal"
    return module


def _without_counting(text: str) -> str:
    """Drop the counting of references, for arrays that own their memory; here none does."""
    counting = re.compile(r"^define [^\n]*@(NRT_(?:inc|dec)ref)\(.*?^}", re.DOTALL | re.MULTILINE)
    text = text.replace(" common global", " internal global")
    return counting.sub(
        lambda found: re.sub(r"\{.*", "{\n  ret void\n}", found[0], flags=re.DOTALL), text
    )


def _entry(name: str, signature: Any, description: Any) -> str:
    """Write the function that unpacks the words; it gives 0, or the number of a wrong argument."""
    from llvmlite import ir
    from numba.core.registry import cpu_target
    from numba.np import arrayobj as numba_arrayobj

    from convwidgets.engine.registers import cgutils
    from convwidgets.engine.vector import types

    arrayobj: Any = numba_arrayobj  # Its functions have no types.
    context: Any = cpu_target.target_context
    word, short = ir.IntType(64), ir.IntType(32)
    module = context.codegen().create_library(name).create_ir_module(name)
    entry = ir.Function(module, ir.FunctionType(short, [word.as_pointer()]), name)
    builder = ir.IRBuilder(entry.append_basic_block())

    def at(address: Any, offset: int, kind: Any) -> Any:
        place = builder.inttoptr(builder.add(address, word(offset)), kind.as_pointer())
        return builder.load(place, align=kind.width // 8, typ=kind)

    def insist(good: Any) -> None:
        with cgutils.if_unlikely(builder, builder.not_(good)):
            builder.ret(short(position + 1))

    words = builder.ptrtoint(entry.args[0], word)
    array_type, *number_types = (at(words, 8 * k, word) for k in range(3))
    values = []
    for position, kind in enumerate(signature):
        value = at(words, 8 * (3 + position), word)
        if isinstance(kind, types.Array):
            insist(builder.icmp_signed("==", at(value, TYPE, word), array_type))
            number_type = number_types[isinstance(kind.dtype, types.Integer)]
            insist(builder.icmp_signed("==", at(value, DTYPE, word), number_type))
            insist(builder.icmp_signed("==", at(value, NDIM, short), short(kind.ndim)))
            flags = builder.and_(at(value, FLAGS, short), short(CARRAY))
            insist(builder.icmp_signed("==", flags, short(CARRAY)))
            sizes = at(value, SHAPE, word)
            shape = [at(sizes, 8 * axis, word) for axis in range(kind.ndim)]
            size = context.get_abi_sizeof(context.get_value_type(kind.dtype))
            strides = [word(size)]
            for length in shape[:0:-1]:
                strides.insert(0, builder.mul(strides[0], length))
            array = context.make_array(kind)(context, builder)
            data = builder.inttoptr(at(value, DATA, word), array.data.type)
            arrayobj.populate_array(array, data, shape, strides, size, None)
            value = array._getvalue()
        values.append(value)
    convention = context.call_conv
    kernel = cgutils.get_or_insert_function(
        module, convention.get_function_type(types.none, signature), description.llvm_func_name
    )
    status, _ = convention.call_function(builder, kernel, types.none, signature, values)
    builder.ret(builder.select(status.is_error, short(-1), short(0)))
    return str(module)
