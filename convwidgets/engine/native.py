"""The compiled engine: when it answers, how it comes to be ready, and what it says about itself.

Nobody waits for a compiler. The first call that could use compiled code starts a thread, which
takes the code from the disk and links it into this process: first for float32, then for float64. If
it is not on the disk, a subprocess of low priority compiles it, since compiling in this process
would make everything else stutter; Numba is never imported here. Until then
`convwidgets.engine.reference` answers, and it goes on answering where Numba is missing or fails.

The environment variable ``CONVWIDGETS_ENGINE`` sets how a process begins: ``auto`` (the above,
the default), ``native`` (wait for compiled code, an error if there is none) or ``reference``
(NumPy alone; nothing is compiled). `use` changes it later. ``CONVWIDGETS_CACHE`` names the folder
that keeps the code, instead of the package's own ``__pycache__`` or the user's cache folder.
"""

from __future__ import annotations

import atexit
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import DTypeLike

from convwidgets.engine import _cache, _library, _threads

Backend = Literal["native", "reference", "warming"]
Setting = Literal["auto", "native", "reference"]

VARIABLE = "CONVWIDGETS_ENGINE"
COMPILE_SECONDS = 900

SETTINGS = get_args(Setting)

# In the order in which they are made ready.
NUMBERS = ("float32", "float64")

# `dtype.name` is slow.
NAMES = {np.dtype(name).char: name for name in NUMBERS}


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
        _loader.start(waiting=wait)
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
    """Look up what the engine runs on; nothing is started for it."""
    try:
        numba = importlib.metadata.version("numba")
    except importlib.metadata.PackageNotFoundError:
        numba = None
    try:
        found = [_cache.find(number) for number in NUMBERS]
        cache = found[0].parent if found[0] and all(found) else None
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
    """Give the compiled kernels by name; None if the reference is to answer for this type.

    Raises
    ------
    RuntimeError
        If the setting is ``"native"`` and compiled code cannot be had.
    """
    setting = _setting()
    if setting == "reference":
        return None
    loader = _loader
    name = NAMES[dtype.char]
    if name not in loader.loaded:
        loader.start(waiting=setting == "native")
        if setting == "native":
            loader.done.wait()
            if name not in loader.loaded:
                raise RuntimeError(f"the native engine cannot be used: {loader.problem}")
    return loader.loaded.get(name)


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
        self.waiting = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="convwidgets-warm-up", daemon=True)

    def start(self, waiting: bool) -> None:
        """Begin, if nobody has; the compiler steps back behind all else unless somebody waits."""
        self.waiting |= waiting
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
        """Let no thread be inside LLVM when the interpreter goes down."""
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
        self.phase = "loading"
        code = _cache.read(number)
        if code is None:
            self.phase = "filling"
            code = _compiled_elsewhere(number, low_priority=not self.waiting)
            self.phase = "loading"
        if not self.leaving:
            self.loaded[number] = _library.load(code)


def _compiled_elsewhere(number: str, low_priority: bool) -> _cache.Code:
    """Compile in a process of its own, which also keeps the code on disk if it can.

    Raises
    ------
    RuntimeError
        If the compiler fails there.
    """
    call = f"_compiler.main({number!r}, {low_priority})"
    # Settings of Numba's would be part of what the code depends on.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    # -P: a file of the user's that is called numba.py must not be taken for Numba.
    finished = subprocess.run(
        [sys.executable, "-P", "-c", f"from convwidgets.engine import _compiler; {call}"],
        env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=COMPILE_SECONDS,
        check=False,
        # It goes on for the next process if this one ends or is interrupted.
        start_new_session=True,
        creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0) * low_priority,
    )
    if finished.returncode != 0:
        lines = finished.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(
            lines[-1] if lines else f"the compiler ended with code {finished.returncode}"
        )
    code = _cache.unpack(finished.stdout, number)
    if code is None:
        raise RuntimeError("the compiler's code is not for this process")
    return code


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
    if setting not in SETTINGS:
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
        # Half of LLVM is imported, and the locks of the other half are held for ever.
        _loader.fail("this process was forked while compiled code was being loaded")
    elif parent.phase == "failed":
        _loader.fail(parent.problem)


_chosen: Setting | None = None
_loader = _Loader()
atexit.register(lambda: _loader.leave())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
