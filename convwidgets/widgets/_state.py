"""Reading a saved state: which widget it is of, which version, and nothing that is not known."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from convwidgets.widgets._traits import Setting

VERSION = 1


def values(state: Any, widget: str, settings: Mapping[str, Setting]) -> dict[str, Any]:
    """Return what to assign for a saved state.

    Parameters
    ----------
    state : mapping, JSON text or path
        As `Explorer.state` returned it.
    widget : str
        The kind of widget it must be of.
    settings : mapping
        The traits that it may hold.

    Returns
    -------
    dict
        A value for each trait of the state.
    """
    saved = dict(_read(state))
    kind, version = saved.pop("widget", None), saved.pop("version", VERSION)
    if kind != widget:
        raise ValueError(f"state must be of widget {widget!r}, got {kind!r:.60}")
    if version != VERSION:
        raise ValueError(f"state must be of version {VERSION}, got {version!r:.60}")
    for key in saved:
        if key not in settings:
            near = get_close_matches(str(key), settings, 1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise ValueError(f"state holds {key!r}, which {widget} does not know{hint}")
    return {key: settings[key].restore(value) for key, value in saved.items()}


def _read(state: Any) -> Mapping[str, Any]:
    if isinstance(state, str) and state.lstrip().startswith("{"):
        return _parse(state, "state")
    if isinstance(state, (str, os.PathLike)):
        path = Path(state)
        if not path.is_file():
            raise ValueError(f"state must be a dict, JSON text or a file, got {str(state)!r:.60}")
        return _parse(path.read_text(encoding="utf-8"), f"state file {str(path)!r}")
    if not isinstance(state, Mapping):
        raise TypeError(f"state must be a dict, JSON text or a file, got {state!r:.60}")
    return state


def _parse(text: str, source: str) -> Mapping[str, Any]:
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{source} must be JSON: {error}") from error
    if not isinstance(parsed, Mapping):
        raise TypeError(f"{source} must hold an object, got {parsed!r:.60}")
    return parsed
