"""The one decorator of the compiled kernels: what they promise the compiler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

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

    The engine itself never calls what this makes: `_compiler` puts all kernels into one object
    file, so that a process that computes need not import Numba.

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
    return cast(Function, numba.njit(**OPTIONS)(function))
