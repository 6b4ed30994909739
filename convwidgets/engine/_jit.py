"""The one decorator of the compiled kernels: what they promise the compiler, how they are kept."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache

from convwidgets.engine._cache import source_hash

_NumbaCache: Any = FunctionCache  # Numba has no types.

OPTIONS: dict[str, Any] = {
    "nogil": True,
    # Division by zero gives infinity or NaN as in NumPy, and no kernel can raise.
    "error_model": "numpy",
    # Never nnan or ninf: NaN and infinity must come out as IEEE 754 says.
    "fastmath": {"contract", "reassoc", "nsz"},
}

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile `function` with Numba at its first call, once for each set of argument types.

    The machine code is kept on disk where a folder can be written (``NUMBA_CACHE_DIR``, the
    package's own ``__pycache__``, else the user's cache folder), and in memory alone elsewhere.

    Parameters
    ----------
    function : callable
        A function on C-contiguous arrays and whole numbers that allocates and raises nothing.

    Returns
    -------
    callable
        Numba's dispatcher: called like `function`; it releases the GIL while it runs.

    Examples
    --------
    >>> import numpy as np
    >>> @kernel
    ... def double(x, y):
    ...     for i in range(x.size):
    ...         y[i] = 2 * x[i]
    >>> x = np.arange(3.0)
    >>> double(x, x)
    >>> x
    array([0., 2., 4.])
    """
    dispatcher = numba.njit(**OPTIONS)(function)
    # RuntimeError is Numba's way to say that no folder can be written.
    with contextlib.suppress(RuntimeError):
        dispatcher._cache = _Cache(function)
    return cast(Function, dispatcher)


class _Cache(_NumbaCache):  # type: ignore[misc]  # a class without types
    """Numba's cache, with two weaknesses mended."""

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        # Numba looks at a function's own file alone, and would miss a change in another.
        return super()._index_key(sig, codegen), source_hash()

    def save_overload(self, sig: Any, data: Any) -> None:
        # A full or read-only disk costs the next process time, never this one its result.
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)
