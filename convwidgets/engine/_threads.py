"""Large calls shared out to threads, and the memory that each of them keeps."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from convwidgets.engine.geometry import whole

# Below this many multiply-adds for each thread, waking it costs more than it saves.
WORK_PER_THREAD = 4_000_000

# The most values of scratch memory that a thread keeps for each type of number.
SCRATCH = 2**20


def get_num_threads() -> int:
    """Tell how many threads one call may use.

    Examples
    --------
    >>> get_num_threads() >= 1
    True
    """
    return _chosen or _processors()


def set_num_threads(count: int | None) -> None:
    """Set how many threads one call may use, for the whole process.

    Parameters
    ----------
    count : int or None
        From 1; None for as many as the process has processors, which is the default.

    Raises
    ------
    TypeError, ValueError
        If `count` is not a whole number from 1.

    Examples
    --------
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(None)
    """
    global _chosen, _pool
    _chosen = None if count is None else whole("count", count, 1)
    before, _pool = _pool, _new_pool()
    before.shutdown(wait=False)


def share(task: Callable[[int, int], None], count: int, work: int, together: int = 1) -> int:
    """Call ``task(first, end)`` on ranges that make up ``range(count)``, at once where it pays.

    Plain threads do: the kernels release the GIL. Numba's own threading layers are slow to wake,
    or abort when two Python threads call at once, or do not survive a fork.

    Parameters
    ----------
    task : callable
        Computes from its first argument up to its second.
    count : int
        All there is to compute: rows, filters, images.
    work : int
        Multiply-adds in all.
    together : int
        What should not be cut apart, as the rows of a tile.

    Returns
    -------
    int
        How many threads took part.
    """
    blocks = -(-count // together)
    parts = min(threads_for(work), blocks)
    if parts < 2:
        task(0, count)
        return 1
    ends = [min(blocks * part // parts * together, count) for part in range(parts + 1)]
    (first, *others) = itertools.pairwise(ends)
    futures = [_submit(task, *part) for part in others]
    try:
        task(*first)
    finally:
        # Whatever interrupts this thread, none may go on writing where the caller no longer looks.
        _wait(futures)
    for future in futures:
        future.result()
    return parts


def threads_for(work: int) -> int:
    """How many threads are worth waking."""
    return min(get_num_threads(), work // WORK_PER_THREAD)


def scratch(dtype: np.dtype[Any], size: int) -> np.ndarray[Any, Any]:
    """Give this thread's memory for intermediate values: at least `size`, of any content.

    Up to `SCRATCH` values are kept for the next call, so that the memory's pages are there.
    """
    if size > SCRATCH:
        return np.empty(size, dtype)
    kept: dict[str, Any] = _kept.__dict__
    array = kept.get(dtype.char)
    if array is None or array.size < size:
        array = kept[dtype.char] = np.empty(min(max(2 * size, 4096), SCRATCH), dtype)
    return np.asarray(array)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _new_pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(get_num_threads() - 1, 1), "convwidgets")


def _submit(task: Callable[[int, int], None], first: int, end: int) -> Future[None]:
    try:
        return _pool.submit(task, first, end)
    except RuntimeError:
        # No more threads are to be had, as when the interpreter is going down.
        task(first, end)
        done: Future[None] = Future()
        done.set_result(None)
        return done


def _wait(futures: list[Future[None]]) -> None:
    interrupted: BaseException | None = None
    for future in futures:
        while not future.done():
            try:
                future.exception()
            except KeyboardInterrupt as signal:
                interrupted = signal
    if interrupted is not None:
        raise interrupted


def _renew() -> None:
    """Start anew: a child has none of its parent's threads."""
    global _pool
    _pool = _new_pool()


_kept = threading.local()
_chosen: int | None = None
# It starts its threads when there is work.
_pool = _new_pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
