"""Rows of a large map shared out to threads."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

# Below this many multiply-adds for each thread, waking it costs more than it saves.
WORK_PER_THREAD = 8_000_000

# A compiled tile is four rows high.
ROWS_TOGETHER = 4


def count() -> int:
    """Threads that one call may use: the processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def over_rows(task: Callable[[int, int], None], rows: int, work: int) -> None:
    """Call ``task(first, end)`` on ranges that make up ``range(rows)``, at once where it pays.

    Plain threads do: the kernels release the GIL. Numba's own threading layers are slow to wake,
    or abort when two Python threads call at once, or do not survive a fork.

    Parameters
    ----------
    task : callable
        Computes the output rows from its first argument up to its second.
    rows : int
        All of them.
    work : int
        Multiply-adds in all.
    """
    blocks = -(-rows // ROWS_TOGETHER)
    parts = min(count(), work // WORK_PER_THREAD, blocks)
    if parts < 2:
        task(0, rows)
        return
    ends = [min(blocks * part // parts * ROWS_TOGETHER, rows) for part in range(parts + 1)]
    (first, *others) = itertools.pairwise(ends)
    futures = [_submit(task, *rows_of) for rows_of in others]
    task(*first)
    for future in futures:
        future.result()


def _new_pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(count() - 1, 1), "convwidgets")


def _submit(task: Callable[[int, int], None], first: int, end: int) -> Future[None]:
    try:
        return _pool.submit(task, first, end)
    except RuntimeError:
        # No more threads are to be had, as when the interpreter is going down.
        task(first, end)
        done: Future[None] = Future()
        done.set_result(None)
        return done


def _after_fork() -> None:
    """Start anew: a child has none of its parent's threads."""
    global _pool
    _pool = _new_pool()


# It starts its threads when there is work.
_pool = _new_pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
