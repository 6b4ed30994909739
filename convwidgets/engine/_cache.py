"""Machine code of these sources for this processor, kept on disk: found and checked without Numba.

There is one file for each type of number: a mark, a line of JSON that tells all that the code
depends on and what is in it, and an object file as a linker would take it. It is written aside and
then moved to its place, so that nobody ever reads half of one.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent
VARIABLE = "CONVWIDGETS_CACHE"
MARK = b"convwidgets kernels 1\n"


@dataclass(frozen=True)
class Code:
    """The compiled kernels for one type of number.

    Attributes
    ----------
    number : str
        The type: ``"float32"`` or ``"float64"``.
    signatures : dict of str
        What each kernel takes, as `convwidgets.engine.kernels.SIGNATURES` says it.
    object : bytes
        An object file with one function for each kernel.
    """

    number: str
    signatures: dict[str, str]
    object: bytes


def pack(code: Code) -> bytes:
    """Give a file's content."""
    header = {
        **facts(code.number),
        "signatures": code.signatures,
        "sha256": hashlib.sha256(code.object).hexdigest(),
    }
    return MARK + json.dumps(header).encode() + b"\n" + code.object


def unpack(content: bytes, number: str) -> Code | None:
    """Read a file's content; None unless it is whole, and of these sources for this machine."""
    head, _, rest = content.partition(MARK)
    line, _, machine_code = rest.partition(b"\n")
    try:
        header = json.loads(line)
    except ValueError:
        return None
    wanted = {**facts(number), "sha256": hashlib.sha256(machine_code).hexdigest()}
    if head or not isinstance(header, dict):
        return None
    if any(header.get(name) != value for name, value in wanted.items()):
        return None
    return Code(number, header["signatures"], machine_code)


def find(number: str) -> Path | None:
    """Find the file that `read` would take; None if there is none."""
    return next((path for path, _ in _found(number)), None)


def read(number: str) -> Code | None:
    """Read the kernels compiled for a type of number; None if they are not on disk."""
    return next((code for _, code in _found(number)), None)


def write(number: str, content: bytes) -> Path | None:
    """Keep a file in the first place that can be written; None if there is none."""
    for place in places():
        with contextlib.suppress(OSError):
            if _made(place):
                return _replace(place / _name(number), content)
    return None


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Wait while another process compiles, so that many at once do not all do the same.

    Where the system cannot tell, nobody waits.
    """
    with contextlib.ExitStack() as stack:
        for place in places():
            with contextlib.suppress(OSError, ImportError):
                import fcntl

                if not _made(place):
                    continue
                folder = os.open(place, os.O_RDONLY)
                stack.callback(os.close, folder)
                fcntl.flock(folder, fcntl.LOCK_EX)
                break
        yield


def places() -> list[Path]:
    """List the folders where a file may be, best first."""
    told = os.environ.get(VARIABLE)
    if told:
        return [Path(told)]
    users = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "~/.cache"
    found = [PACKAGE / "__pycache__", Path(os.path.expanduser(users)) / "convwidgets"]
    # A user without a home has no such folder.
    return [place for place in found if place.is_absolute()]


@functools.cache
def facts(number: str) -> dict[str, Any]:
    """Tell everything that machine code depends on."""
    from llvmlite import binding

    return {
        "number": number,
        "sources": source_hash(),
        "triple": binding.get_process_triple(),
        "processor": binding.get_host_cpu_name(),
        "features": binding.get_host_cpu_features().flatten(),
        "python": f"{sys.implementation.cache_tag} {object.__basicsize__}",
        "llvmlite": importlib.metadata.version("llvmlite"),
        "numba": importlib.metadata.version("numba"),
    }


def source_hash() -> str:
    """Tell one state of the kernels' source from another."""
    names = (
        "_compiler.py",
        "_jit.py",
        "_library.py",
        "registers.py",
        "strip.py",
        "tile.py",
        "vector.py",
    )
    sources = [*(PACKAGE / name for name in names), *sorted(PACKAGE.glob("kernels/*.py"))]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _found(number: str) -> Iterator[tuple[Path, Code]]:
    name = _name(number)
    for place in places():
        path = place / name
        try:
            if not _is_ours(place.stat()):
                continue
            with path.open("rb") as file:
                if not _is_ours(os.fstat(file.fileno())):
                    continue
                content = file.read()
        except OSError:
            continue
        if code := unpack(content, number):
            yield path, code


def _name(number: str) -> str:
    digest = hashlib.sha256(json.dumps(facts(number)).encode()).hexdigest()
    return f"kernels-{number}-{digest[:16]}.code"


def _is_ours(found: os.stat_result) -> bool:
    """Tell whether nobody else could have put machine code there.

    Whoever owns this package is trusted anyway: its Python is what runs here.
    """
    if not hasattr(os, "getuid"):
        return True
    owners = {os.getuid(), Path(__file__).stat().st_uid}
    return found.st_uid in owners and not found.st_mode & stat.S_IWOTH


def _made(place: Path) -> bool:
    """Make a folder if it is not there, and tell whether it is safe."""
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    return _is_ours(place.stat())


def _replace(path: Path, content: bytes) -> Path:
    handle, aside = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # Other users may read what is in a shared installation.
        os.chmod(aside, 0o644)
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        raise
    return path
