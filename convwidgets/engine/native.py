"""The compiled engine: when it answers, how it comes to be ready, and what it says about itself.

Nobody waits for a compiler. The first call that could use compiled code starts a thread. If the
disk does not hold the code yet, a subprocess compiles it there, since compiling in this process
would make everything else stutter; then the thread imports Numba and loads the code: first for
float32, then for float64. Until then `convwidgets.engine.reference` answers, and it goes on
answering where Numba is missing or fails.

The environment variable ``CONVWIDGETS_ENGINE`` sets how a process begins: ``auto`` (the above,
the default), ``native`` (wait for compiled code, an error if there is none) or ``reference``
(NumPy alone; Numba is never imported). `use` changes it later.
"""

from __future__ import annotations

import atexit
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import DTypeLike

from convwidgets.engine import _cache, _threads

Backend = Literal["native", "reference", "warming"]
Setting = Literal["auto", "native", "reference"]

VARIABLE = "CONVWIDGETS_ENGINE"
COMPILE_SECONDS = 300

# In the order in which they are made ready.
NUMBERS = ("float32", "float64")


@dataclass(frozen=True)
class Status:
    """What the engine runs on.

    Attributes
    ----------
    backend : str
        As `backend` gives it.
    setting : str
        ``"auto"``, ``"native"`` or ``"reference"``.
    problem : str
        Why compiled code cannot be had; empty if nothing is known to be wrong.
    numba : str or None
        Numba's version; None if it is not installed.
    cache : Path or None
        The folder with the compiled code; None if it has to be compiled first.
    threads : int
        How many share a large call.
    parallel : str
        How they do it, in words.
    """

    backend: Backend
    setting: Setting
    problem: str
    numba: str | None
    cache: Path | None
    threads: int
    parallel: str


def backend(dtype: DTypeLike = "float32") -> Backend:
    """Tell who would answer a call now.

    Parameters
    ----------
    dtype : dtype
        The call's type of number, float32 or float64.

    Returns
    -------
    str
        ``"native"``: compiled code. ``"warming"``: the reference, while compiled code is on its
        way. ``"reference"``: the reference.
    """
    if _setting() == "reference":
        return "reference"
    if np.dtype(dtype).name in _loader.loaded:
        return "native"
    return "warming" if _loader.phase in ("filling", "loading") else "reference"


def warm_up(wait: bool = True, timeout: float | None = None) -> Backend:
    """Get the compiled engine ready, for both types of number.

    Parameters
    ----------
    wait : bool
        Return only when it is ready or cannot be.
    timeout : float, optional
        Seconds to wait at most.

    Returns
    -------
    str
        As from `backend`, for float32.
    """
    if _setting() != "reference":
        _loader.start()
        if wait:
            _loader.done.wait(timeout)
    return backend()


def use(setting: Setting) -> Restore:
    """Choose the engine, for the whole process: for good, or for a ``with`` block.

    Parameters
    ----------
    setting : {"auto", "native", "reference"}
        Compiled code once it is ready; compiled code and nothing else; NumPy alone.

    Returns
    -------
    context manager
        Brings the former setting back at the end of its block.

    Raises
    ------
    ValueError
        If `setting` is none of the three.

    Examples
    --------
    >>> with use("reference"):
    ...     backend()
    'reference'
    """
    global _chosen
    before, _chosen = _chosen, _checked("setting", setting)
    return Restore(before)


def status() -> Status:
    """Look up what the engine runs on; Numba is not imported for it."""
    try:
        numba = importlib.metadata.version("numba")
    except importlib.metadata.PackageNotFoundError:
        numba = None
    try:
        found = [_cache.find(number) for number in NUMBERS]
        cache = found[0] if all(found) else None
    except Exception:  # a broken llvmlite can raise anything; `problem` tells of it
        cache = None
    return Status(
        backend=backend(),
        setting=_setting(),
        problem=_loader.problem or _obstacle(),
        numba=numba,
        cache=cache,
        threads=_threads.get_num_threads(),
        parallel="plain threads on ranges of rows; Numba's threading layers are not used",
    )


def kernels(dtype: np.dtype[Any]) -> Any | None:
    """Give the module of compiled kernels; None if the reference is to answer for this type.

    Raises
    ------
    RuntimeError
        If the setting is ``"native"`` and compiled code cannot be had.
    """
    setting = _setting()
    if setting == "reference":
        return None
    loader = _loader
    if dtype.name not in loader.loaded:
        loader.start()
        if setting == "native":
            loader.done.wait()
            if dtype.name not in loader.loaded:
                raise RuntimeError(f"the native engine cannot be used: {loader.problem}")
    return loader.loaded.get(dtype.name)


def fill_cache(number: str) -> None:
    """Compile every kernel for one type of number and keep the code on disk, if possible."""
    from convwidgets.engine import kernels

    folder = cast(Any, kernels.conv2d).stats.cache_path
    if folder is not None:
        for _ in _compiled(kernels, number):
            pass
        _cache.note(number, Path(folder))


class Restore:
    """Brings a setting back at the end of a ``with`` block."""

    def __init__(self, before: Setting | None) -> None:
        self._before = before

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        global _chosen
        _chosen = self._before


class _Loader:
    """One try to get compiled code: cold, filling, loading, then ready or failed."""

    def __init__(self) -> None:
        self.phase: Literal["cold", "filling", "loading", "ready", "failed"] = "cold"
        self.problem = ""
        self.loaded: dict[str, Any] = {}
        self.done = threading.Event()
        self.leaving = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="convwidgets-warm-up", daemon=True)

    def start(self) -> None:
        """Begin, if nobody has."""
        with self._lock:
            if self.phase != "cold":
                return
            if obstacle := _obstacle():
                self.fail(obstacle)
                return
            self.phase = "filling"
            try:
                self._thread.start()
            except RuntimeError as error:
                self.fail(str(error))

    def fail(self, problem: str) -> None:
        self.problem = problem
        self.phase = "failed"
        self.done.set()

    def leave(self) -> None:
        """Let no thread be inside the compiler when the interpreter goes down."""
        self.leaving = True
        if self.phase == "loading":
            self._thread.join()

    def _run(self) -> None:
        try:
            for number in NUMBERS:
                self._load(number)
        except Exception as error:  # whatever it is, the reference goes on answering
            self.fail(f"{type(error).__name__}: {error}")
        else:
            self.phase = "ready"
            self.done.set()

    def _load(self, number: str) -> None:
        self.phase = "filling"
        if _cache.find(number) is None:
            _fill_cache_elsewhere(number)
        self.phase = "loading"
        if self.leaving:
            return
        from convwidgets.engine import kernels

        for _ in _compiled(kernels, number):
            if self.leaving:
                return
        self.loaded[number] = kernels


def _fill_cache_elsewhere(number: str) -> None:
    """Run `fill_cache` in a process of its own.

    Raises
    ------
    RuntimeError
        If the compiler fails there, as it would here.
    """
    command = f"from convwidgets.engine.native import fill_cache; fill_cache({number!r})"
    try:
        # -P: a file of the user's that is called numba.py must not be taken for Numba.
        finished = subprocess.run(
            [sys.executable, "-P", "-c", command],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=COMPILE_SECONDS,
            check=False,
        )
    except OSError:
        # No process can be started here: this one compiles for itself.
        return
    if finished.returncode != 0:
        lines = finished.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(
            lines[-1] if lines else f"the compiler ended with code {finished.returncode}"
        )


def _compiled(kernels: Any, number: str) -> Iterator[None]:
    """Compile every kernel for one type of number, or load it from disk; stops after each."""
    for name in kernels.SIGNATURES:
        yield getattr(kernels, name).compile(kernels.signature(name, number))


def _obstacle() -> str:
    """Say what can be seen to be in the way before anything is tried."""
    if importlib.util.find_spec("numba") is None:
        return "Numba is not installed"
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return "NUMBA_DISABLE_JIT is set"
    return ""


def _setting() -> Setting:
    return _chosen or _checked(VARIABLE, os.environ.get(VARIABLE) or "auto")


def _checked(name: str, setting: str) -> Setting:
    if setting not in get_args(Setting):
        raise ValueError(f"{name} must be 'auto', 'native' or 'reference', got {setting!r}")
    return cast(Setting, setting)


def _after_fork() -> None:
    """Give a child a state of its own: it has the code that was loaded, but not the thread."""
    global _loader
    parent, _loader = _loader, _Loader()
    _loader.loaded = parent.loaded
    if parent.phase == "ready":
        _loader.phase = "ready"
        _loader.done.set()
    elif parent.phase == "loading":
        # Half of Numba is imported, and the locks of the other half are held for ever.
        _loader.fail("this process was forked while Numba was being loaded")
    elif parent.phase == "failed":
        _loader.fail(parent.problem)


_chosen: Setting | None = None
_loader = _Loader()
atexit.register(lambda: _loader.leave())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
