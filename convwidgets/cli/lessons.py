"""The lessons in a learner's folder: new ones come in, what the learner changed stays."""

from __future__ import annotations

import hashlib
import json
from importlib import import_module
from pathlib import Path
from typing import Any

# Hidden beside the lessons: what was laid there, to tell a learner's change from an old copy.
RECORD = ".convwidgets/lessons.json"


def shipped() -> list[Path]:
    """Return the lessons of this installation, in reading order.

    Returns
    -------
    list of Path
        The notebooks of the installed package, or of the clone that it runs from.

    Examples
    --------
    >>> from convwidgets.cli.lessons import shipped
    >>> shipped()[0].name[:3]
    '01-'
    """
    package = Path(__file__).parents[1]
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if found := sorted(folder.glob("[0-9]*.ipynb")):
            return found
    return []


def lay(lessons: list[Path], folder: Path, version: str) -> list[str]:
    """Copy lessons into a folder without overwriting what the learner changed.

    A lesson that lies there unchanged is replaced by its new version. Beside one that was changed
    the new version is laid, once, as ``NAME.new-VERSION.ipynb``.

    Parameters
    ----------
    lessons : list of Path
        The notebooks to copy.
    folder : Path
        Where to; made if it is not there.
    version : str
        The version that names what is laid beside a changed lesson.

    Returns
    -------
    list of str
        One line for each lesson that was kept and got a new one beside it.

    Raises
    ------
    OSError
        If the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from convwidgets.cli.lessons import lay, shipped
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lay(shipped(), Path(folder), "0.1.0")
    []
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = _read(folder / RECORD)
    notes = []
    for lesson in lessons:
        text = lesson.read_bytes()
        new, name = _hash(text), lesson.name
        target = folder / name
        here = _hash(target.read_bytes()) if target.exists() else None
        if here is None or here == record.get(name):
            if here != new:
                _write(target, text)
        elif here != new and record.get(name) != new:
            beside = _beside(target, text, version)
            notes.append(f"{name} has your changes and stays; its new version is {beside}")
        record[name] = new
    _write(folder / RECORD, (json.dumps(record, indent=2, sort_keys=True) + "\n").encode())
    return notes


def trust(lessons: list[Path], folder: Path) -> None:
    """Tell Jupyter that the lessons in a folder are ours, so that it shows their stored pictures.

    Only copies that are as they were shipped are signed.

    Parameters
    ----------
    lessons : list of Path
        The notebooks as shipped.
    folder : Path
        Where their copies lie.

    Examples
    --------
    >>> from pathlib import Path
    >>> from convwidgets.cli.lessons import trust
    >>> trust([], Path("lessons"))
    """
    # Part of JupyterLab's installation, not of this package's, and without types.
    nbformat: Any = import_module("nbformat")
    notary: Any = import_module("nbformat.sign").NotebookNotary()
    for lesson in lessons:
        copy = folder / lesson.name
        if copy.is_file() and copy.read_bytes() == lesson.read_bytes():
            notary.sign(nbformat.read(copy, nbformat.NO_CONVERT))


def _beside(target: Path, text: bytes, version: str) -> str:
    count = 1
    while True:
        number = f"-{count}" if count > 1 else ""
        path = target.with_name(f"{target.stem}.new-{version}{number}.ipynb")
        if not path.exists():
            _write(path, text)
            return path.name
        if path.read_bytes() == text:
            return path.name
        count += 1


def _read(path: Path) -> dict[str, str]:
    try:
        record = json.loads(path.read_text("utf-8"))
        return {str(name): str(value) for name, value in record.items()}
    except (FileNotFoundError, ValueError, AttributeError):
        # Without a readable record every difference counts as the learner's own.
        return {}


def _write(path: Path, text: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    aside.write_bytes(text)
    aside.replace(path)


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
