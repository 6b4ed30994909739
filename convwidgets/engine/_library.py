"""Machine code from an object file, made callable from Python by LLVM alone."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from convwidgets.engine._cache import Code

# Where NumPy's PyArrayObject has its fields, in bytes: the type ends Python's own head.
TYPE = object.__basicsize__ - 8
DATA, NDIM, SHAPE, DTYPE, FLAGS = (object.__basicsize__ + at for at in (0, 8, 16, 40, 48))

# Flags of NumPy's for an array that is contiguous, aligned and writeable.
CARRAY = 0x0001 | 0x0100 | 0x0400

# Releases the GIL while the function runs.
Entry = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_char_p)


def load(code: Code) -> SimpleNamespace:
    """Load the kernels into this process, for good.

    Parameters
    ----------
    code : Code
        Of this machine.

    Returns
    -------
    namespace
        A function for each kernel, called with arrays and whole numbers as the kernel is. A
        TypeError tells of an array that is not as the kernel needs it.

    Raises
    ------
    RuntimeError
        If arrays are not in memory as the code expects them.
    """
    from llvmlite import binding

    _check_layout()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    triple = binding.get_process_triple()
    machine = binding.Target.from_triple(triple).create_target_machine(jit=True)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(code.object))
    engine.finalize_object()
    kinds = {"f": np.dtype(code.number), "i": np.dtype(np.int32)}
    library = SimpleNamespace()
    for name, signature in code.signatures.items():
        entry = Entry(engine.get_function_address(name))
        setattr(library, name, _callable(name, entry, kinds, signature))
    # Nothing may take the code away while any thread can be in it.
    engine.detach()
    return library


def _check_layout() -> None:
    array = np.zeros((3, 5), np.float32)

    def at(offset: int, kind: Any) -> int:
        return int(kind.from_address(id(array) + offset).value)

    word, short = ctypes.c_size_t, ctypes.c_int32
    sizes = (ctypes.c_ssize_t * 2).from_address(at(SHAPE, word))
    found = (at(TYPE, word), at(DATA, word), at(NDIM, short), *sizes, at(DTYPE, word))
    known = (id(np.ndarray), array.ctypes.data, 2, 3, 5, id(array.dtype))
    if found != known or ctypes.sizeof(word) != 8 or at(FLAGS, short) & CARRAY != CARRAY:
        raise RuntimeError("this Python or NumPy keeps arrays in an unknown way")


def _callable(
    name: str, entry: Any, kinds: dict[str, np.dtype[Any]], signature: str
) -> Callable[..., None]:
    *arrays, scalars = signature.split()
    known = (id(np.ndarray), *map(id, kinds.values()))

    def otherwise(wrong: int, *args: Any) -> None:
        """Give an array the one object that stands for its type of number, if that is all."""
        if wrong < 0:
            raise RuntimeError(f"{name} failed")
        array, kind = args[wrong - 1], kinds[arrays[wrong - 1][0]]
        if type(array) is np.ndarray and array.dtype == kind and array.dtype is not kind:
            return call(*args[: wrong - 1], array.view(kind), *args[wrong:])
        got = f"{array.dtype}, {array.shape}" if isinstance(array, np.ndarray) else repr(array)
        raise TypeError(
            f"argument {wrong} of {name} must be an array of {kind} with "
            f"{arrays[wrong - 1][1:]} axes, contiguous, aligned and writeable, got {got}"
        )

    # Written out, since that takes half the time of the same with *args.
    names = [f"x{k}" for k in range(len(arrays) + int(scalars))]
    words = [*map(str, known), *(f"id({x})" for x in names[: len(arrays)]), *names[len(arrays) :]]
    source = (
        f"lambda {', '.join(names)}: "
        f"(wrong := entry(pack({', '.join(words)}))) and otherwise(wrong, {', '.join(names)})"
    )
    pack = struct.Struct(f"={len(words)}q").pack
    call: Callable[..., None] = eval(source, {"entry": entry, "pack": pack, "otherwise": otherwise})
    call.__name__ = call.__qualname__ = name
    return call
