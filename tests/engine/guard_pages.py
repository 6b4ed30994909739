"""Arrays that lie against pages which nobody may touch, in place of the engine's own.

An access beyond such an array ends the process with SIGSEGV. The side that no such page guards
holds canaries, which `Guards.sweep` looks at. Linux alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import mmap
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np

from convwidgets import engine
from convwidgets.engine import (
    _arguments,
    _memory,
    _threads,
    activation,
    convolution,
    fourier,
    gradients,
    native,
    paths,
    pooling,
    signals,
)

MODULES = (
    _arguments,
    _memory,
    activation,
    convolution,
    fourier,
    gradients,
    paths,
    pooling,
    signals,
)

PAGE = mmap.PAGESIZE
CANARY = bytes([0xA5]) * PAGE
# What new memory holds: NaN in floats, -1 in whole numbers, so that a forgotten cell shows.
STALE = 0xFF
NO_ACCESS = 0
# Sizes up to this many pages are kept as they are, greater ones as powers of two.
EXACT = 16


class Overrun(Exception):  # noqa: N818  # it is the event
    """Memory beside an array, or an array that is only to be read, was written."""


class Guards:
    """Gives arrays, alternately at the end and at the start of pages, with no access beyond."""

    def __init__(self, most: int = 2**27) -> None:
        self.most = most
        self.at_end = True
        self._free: dict[int, list[_Region]] = {}
        self._used: list[_Region] = []
        self._owned: set[int] = set()
        self._lock = threading.Lock()

    def empty(self, shape: Any, dtype: Any = np.float64) -> np.ndarray:
        """Stand in for `numpy.empty`."""
        kind = np.dtype(dtype)
        size = (math.prod(shape) if isinstance(shape, tuple) else int(shape)) * kind.itemsize
        if size > self.most:
            # NumPy itself refuses what no machine has; the rest is too much for these pages.
            np.empty(shape if size > 2**46 else 0, kind)
            raise MemoryError(f"{size} bytes are more than the guards give")
        region = self._take(max(-(-size // PAGE), 1))
        return np.ndarray(shape, kind, region.memory, region.place(size))

    def zeros(self, shape: Any, dtype: Any = np.float64) -> np.ndarray:
        """Stand in for `numpy.zeros`."""
        array = self.empty(shape, dtype)
        array[...] = 0
        return array

    def copy(self, values: np.ndarray) -> np.ndarray:
        """Give a guarded copy, C-contiguous."""
        array = self.empty(values.shape, values.dtype)
        array[...] = values
        return array

    def hold(self, array: np.ndarray) -> bool:
        """Whether an array lies in guarded memory."""
        base = array
        while base is not None and id(base) not in self._owned:
            base = getattr(base, "array" if type(base) is _arguments._Memory else "base", None)
        return base is not None

    def sweep(self) -> None:
        """Look at all canaries, and take memory back that nobody refers to."""
        with self._lock:
            used, self._used = self._used, []
            for region in used:
                region.check()
                # Two references are this loop's argument and the region's own.
                if sys.getrefcount(region.memory) > 2:
                    self._used.append(region)
                else:
                    self._free[region.pages].append(region)

    def _take(self, pages: int) -> _Region:
        if pages > EXACT:
            pages = 1 << (pages - 1).bit_length()
        with self._lock:
            free = self._free.setdefault(pages, [])
            if free:
                region = free.pop()
            else:
                region = _Region(pages)
                self._owned.add(id(region.memory))
            region.at_end = self.at_end
            self.at_end = not self.at_end
            self._used.append(region)
        return region


class _Region:
    """Pages between two that nobody may touch."""

    def __init__(self, pages: int) -> None:
        self.pages = pages
        self.at_end = True
        size = pages * PAGE
        self._map = mmap.mmap(-1, size + 2 * PAGE)
        whole = np.frombuffer(self._map, np.uint8)
        address = whole.ctypes.data
        for guard in (address, address + PAGE + size):
            if ctypes.CDLL(None, use_errno=True).mprotect(ctypes.c_void_p(guard), PAGE, NO_ACCESS):
                raise OSError(ctypes.get_errno(), "mprotect")
        # From the map anew, so that an array's base is this very object.
        self.memory = np.frombuffer(self._map, np.uint8, size, PAGE)
        self._canaries = slice(0, 0)

    def place(self, size: int) -> int:
        """Make room for so many bytes; give their start."""
        room = self.pages * PAGE
        start = room - size if self.at_end else 0
        self.memory[start : start + size] = STALE
        beside = slice(max(start - PAGE, 0), start) if self.at_end else slice(size, size + PAGE)
        self._canaries = beside
        self.memory[beside] = CANARY[0]
        return start

    def check(self) -> None:
        found = self.memory[self._canaries].tobytes()
        if found != CANARY[: len(found)]:
            at = next(i for i, byte in enumerate(found) if byte != CANARY[0])
            side = "before" if self.at_end else "after"
            raise Overrun(f"byte {at} of {len(found)} {side} an array was written")


class _NumPy:
    """NumPy, as the engine's modules see it: their new arrays are guarded."""

    def __init__(self, guards: Guards) -> None:
        self.empty, self.zeros = guards.empty, guards.zeros

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def empty_like(self, x: np.ndarray) -> np.ndarray:
        return self.empty(x.shape, x.dtype)

    def zeros_like(self, x: np.ndarray) -> np.ndarray:
        return self.zeros(x.shape, x.dtype)


class _Kernels:
    """The compiled kernels, which get no array that is not guarded."""

    def __init__(self, kernels: Any, guards: Guards) -> None:
        self._kernels, self._guards = kernels, guards

    def __getattr__(self, name: str) -> Callable[..., None]:
        kernel, guards = getattr(self._kernels, name), self._guards

        def guarded(*args: Any) -> None:
            copies = []
            passed = list(args)
            for k, value in enumerate(args):
                if type(value) is np.ndarray and not guards.hold(value):
                    passed[k] = guards.copy(value)
                    copies.append((value, passed[k]))
            kernel(*passed)
            for value, copy in copies:
                if value.tobytes() != copy.tobytes():
                    raise Overrun(f"{name} wrote to an array that the engine did not make")

        # Found at once from now on.
        setattr(self, name, guarded)
        return guarded


@contextlib.contextmanager
def guarded(guards: Guards) -> Iterator[None]:
    """Let the native engine's outputs, its scratch and whatever else reaches a kernel be guarded.

    The scratch is as small as the call asked for, and new for each.
    """
    numpy = _NumPy(guards)
    real = native.kernels
    kernels: dict[Any, _Kernels] = {}

    def choose(dtype: Any) -> Any:
        compiled = real(dtype)
        if compiled is None:
            return None
        return kernels.setdefault(dtype, _Kernels(compiled, guards))

    def scratch(name: str, dtype: Any, *shapes: tuple[int, ...]) -> list[np.ndarray]:
        return [guards.empty(shape, dtype) for shape in shapes]

    with contextlib.ExitStack() as stack:
        for module in MODULES:
            stack.enter_context(mock.patch.object(module, "np", numpy))
        stack.enter_context(mock.patch.object(native, "kernels", choose))
        stack.enter_context(mock.patch.object(fourier, "_scratch", scratch))
        stack.enter_context(
            mock.patch.object(_threads, "scratch", lambda dtype, size: guards.empty(size, dtype))
        )
        # Nothing that was computed before the guards stood.
        paths._decomposed.cache_clear()
        yield
        paths._decomposed.cache_clear()


def ready() -> None:
    """Have the compiled engine answer, and nothing else."""
    engine.use("native")
    engine.warm_up()
