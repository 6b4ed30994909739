"""The built page code, as text and as it travels."""

from __future__ import annotations

import json
import zlib
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"
_MISSING = "The page code of convwidgets is missing: run `python frontend/build.py`."


@cache
def asset(name: str) -> str:
    """Return one file of the page code.

    Raises
    ------
    FileNotFoundError
        In a clone whose page code was not built.
    """
    path = STATIC / name
    if not path.is_file():
        raise FileNotFoundError(f"{_MISSING} ({path.name})")
    return path.read_text(encoding="utf-8")


@cache
def packed(name: str) -> bytes:
    """Return one file of the page code as zlib deflates it: a third of its bytes.

    Raises
    ------
    FileNotFoundError
        In a clone whose page code was not built.
    """
    return zlib.compress(asset(name).encode(), 9)


@cache
def loader() -> str:
    """Return the module that travels with each widget; without page code, one that says so."""
    try:
        return asset("loader.js")
    except FileNotFoundError:
        return (
            f"export default {{ render({{ el }}) {{ el.textContent = {json.dumps(_MISSING)}; }} }};"
        )


@cache
def bundle_hash() -> str:
    """Return what names the page code's version: equal for equal code and style."""
    try:
        return str(json.loads(asset("manifest.json"))["bundle"])
    except FileNotFoundError:
        return "missing"
