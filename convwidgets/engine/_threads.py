"""Large calls shared out to threads, and the memory that each of them keeps."""

from __future__ import annotations

import collections
import contextlib
import ctypes
import itertools
import os
import queue
import threading
from collections.abc import Callable, Iterable
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
    before, _pool = _pool, _Pool(get_num_threads() - 1)
    before.close()


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
    shared = _Shared(task, itertools.pairwise(ends))
    interrupted: BaseException | None = None
    helped = True
    try:
        _pool.offer(shared, parts - 1)
        shared.work()
    finally:
        # Whatever interrupts this thread, none may go on writing where the caller no longer looks.
        while helped:
            try:
                shared.left.clear()
                while shared.helping:
                    shared.finished.get()
                helped = False
            except KeyboardInterrupt as signal:
                interrupted = signal
    if error := interrupted or shared.error:
        raise error
    return parts


def threads_for(work: int) -> int:
    """How many threads are worth waking."""
    most = work // WORK_PER_THREAD
    # Counting the processors takes as long as a small call.
    return most if most < 2 else min(get_num_threads(), most)


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


def _processor() -> int | None:
    """Tell which processor runs this thread, where the system says it."""
    return None if _getcpu is None else _getcpu()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Shared:
    """The ranges of one call, each for whoever comes first: the caller or a thread of the pool.

    Only the caller can be interrupted. So the helpers are counted, and it is not.
    """

    def __init__(self, task: Callable[[int, int], None], ranges: Iterable[tuple[int, int]]) -> None:
        self.left = collections.deque(ranges)
        self.helping = 0
        self.finished: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.error: BaseException | None = None
        self._task = task
        self._lock = threading.Lock()

    def work(self) -> None:
        """Compute one range after another until none is left."""
        while self.left:
            try:
                part = self.left.popleft()
            except IndexError:
                # Another was quicker.
                return
            self._task(*part)

    def help(self) -> None:
        """Do so in another thread than the caller's."""
        # Counted before it looks for a range, it cannot begin one behind the caller's back.
        with self._lock:
            self.helping += 1
        try:
            self.work()
        except BaseException as error:
            self.error = error
        with self._lock:
            self.helping -= 1
        self.finished.put(None)


class _Pool:
    """Threads that help, started when there is work."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._threads: list[threading.Thread] = []
        self._avoided: int | None = None
        self._offers: queue.SimpleQueue[_Shared | None] = queue.SimpleQueue()
        self._lock = threading.Lock()

    def offer(self, shared: _Shared, helpers: int) -> None:
        """Ask for help, which may come late or never."""
        # No more threads may be to be had, as when the interpreter is going down.
        with self._lock, contextlib.suppress(RuntimeError):
            while len(self._threads) < min(helpers, self._most):
                thread = threading.Thread(target=self._run, name="convwidgets", daemon=True)
                thread.start()
                self._threads.append(thread)
                self._avoided = None
        self._step_aside()
        for _ in range(helpers):
            self._offers.put(shared)

    def close(self) -> None:
        """Start no more threads, and let the others end when they have nothing left to do."""
        with self._lock:
            self._most = 0
            for _ in self._threads:
                self._offers.put(None)

    def _step_aside(self) -> None:
        """Keep the helpers off the processor that the caller runs on.

        Linux may wake a thread where its waker runs, though another processor is idle: on virtual
        machines, which do not run idle processors, it often does. The helper would then begin when
        the caller has done everything.
        """
        here = _processor()
        if here is None or here == self._avoided:
            return
        elsewhere = os.sched_getaffinity(0) - {here}
        # A thread may have ended, or be in a container that forbids it.
        with contextlib.suppress(OSError):
            for thread in self._threads if elsewhere else ():
                assert thread.native_id, "0 would stand for the caller"
                os.sched_setaffinity(thread.native_id, elsewhere)
            self._avoided = here

    def _run(self) -> None:
        while (shared := self._offers.get()) is not None:
            shared.help()
            # No array is kept while there is nothing to do.
            del shared


def _renew() -> None:
    """Start anew: a child has none of its parent's threads, and is serial until told otherwise."""
    global _chosen, _pool
    _chosen, _pool = 1, _Pool(0)


_getcpu: Any = None
if hasattr(os, "sched_setaffinity"):
    with contextlib.suppress(OSError, AttributeError):
        _getcpu = ctypes.CDLL(None).sched_getcpu

_kept = threading.local()
_chosen: int | None = None
_pool = _Pool(get_num_threads() - 1)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
