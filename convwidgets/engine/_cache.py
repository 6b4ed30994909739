"""Is machine code of these sources for this processor on disk? Answered without Numba.

Numba keeps the code, one file for each function and set of types, but tells what is there only
once it is imported, which takes most of a second. So whoever fills the cache leaves a note.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent


def find(number: str) -> Path | None:
    """Find the folder with the kernels compiled for a type of number; None if there is none."""
    for place in _places():
        try:
            folder = Path((place / _note_name(number)).read_text(encoding="utf-8"))
        except OSError:
            continue
        if any(folder.glob("*.nbi")):
            return folder
    return None


def note(number: str, folder: Path) -> None:
    """Leave word that they are in `folder`, in the first place that can be written."""
    for place in _places():
        try:
            place.mkdir(parents=True, exist_ok=True)
            (place / _note_name(number)).write_text(str(folder), encoding="utf-8")
        except OSError:
            continue
        return


def source_hash() -> str:
    """Tell one state of the kernels' source from another."""
    near = [PACKAGE / name for name in ("_jit.py", "tile.py", "vector.py")]
    sources = [*near, *sorted(PACKAGE.glob("kernels/*.py"))]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _places() -> list[Path]:
    """List where a note may be, in the order in which Numba too looks for a folder."""
    told = os.environ.get("NUMBA_CACHE_DIR")
    users = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return [*([Path(told)] if told else []), PACKAGE / "__pycache__", Path(users) / "convwidgets"]


def _note_name(number: str) -> str:
    """Name everything that machine code depends on."""
    from llvmlite import binding

    facts = (
        number,
        source_hash(),
        str(PACKAGE),
        sys.implementation.cache_tag,
        importlib.metadata.version("numba"),
        binding.get_host_cpu_name(),
        binding.get_host_cpu_features().flatten(),
        *sorted(f"{k}={v}" for k, v in os.environ.items() if k.startswith("NUMBA_")),
    )
    return f"convwidgets-{hashlib.sha256(repr(facts).encode()).hexdigest()[:16]}.txt"
