"""`convwidgets lab`: the lessons in a folder, open in JupyterLab."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from convwidgets import __version__
from convwidgets.cli import CommandError, lessons
from convwidgets.cli.doctor import install_command

# A widget's picture is stored with its notebook, and JupyterLab asks nothing of the network.
SETTINGS = {
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


def run(
    folder: str, *, browser: bool = True, port: int | None = None, extra: Sequence[str] = ()
) -> int:
    """Copy the lessons into a folder and open JupyterLab on the first.

    Parameters
    ----------
    folder : str
        Where the learner works; made if it is not there.
    browser : bool
        Whether to open the browser.
    port : int, optional
        The port to listen on; JupyterLab's own choice if not given.
    extra : sequence of str
        More words for JupyterLab's command line.

    Returns
    -------
    int
        JupyterLab's exit code. Where the system can, JupyterLab takes this process's place.

    Raises
    ------
    CommandError
        If JupyterLab is missing, or the folder cannot be used.

    Examples
    --------
    >>> from convwidgets.cli import lab
    >>> lab.run("lessons", browser=False)  # doctest: +SKIP
    0
    """
    if find_spec("jupyterlab") is None:
        wanted = install_command(" ".join(_lab_requirements()))
        raise CommandError(f"JupyterLab is not installed here; run: {wanted}")
    first = prepare(Path(folder))
    lessons.trust(lessons.shipped(), first.parent)
    words = command(first, browser=browser, port=port, extra=extra)
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(words[0], words)
    return subprocess.call(words)


def prepare(folder: Path) -> Path:
    """Lay the lessons and JupyterLab's settings into a folder.

    Parameters
    ----------
    folder : Path
        Where the learner works; made if it is not there.

    Returns
    -------
    Path
        The first lesson.

    Raises
    ------
    CommandError
        If there are no lessons, or the folder cannot be used.

    Examples
    --------
    >>> from pathlib import Path
    >>> from convwidgets.cli.lab import prepare
    >>> prepare(Path("lessons")).name  # doctest: +SKIP
    '01-what-a-convolution-does.ipynb'
    """
    shipped = lessons.shipped()
    if not shipped:
        raise CommandError("this installation holds no lessons; install convwidgets again")
    if folder.exists() and not folder.is_dir():
        raise CommandError(f"{folder} is a file, not a folder; name another folder")
    try:
        for note in lessons.lay(shipped, folder, __version__):
            print(note)
        _write_settings(settings_folder(folder))
    except OSError as error:
        raise CommandError(
            f"cannot write to {error.filename or folder}: {error.strerror}; name another folder"
        ) from None
    return folder / shipped[0].name


def command(
    lesson: Path, *, browser: bool = True, port: int | None = None, extra: Sequence[str] = ()
) -> list[str]:
    """Return the command that opens a lesson in JupyterLab.

    Parameters
    ----------
    lesson : Path
        The notebook to open; its folder is what JupyterLab shows.
    browser : bool
        Whether to open the browser.
    port : int, optional
        The port to listen on; JupyterLab's own choice if not given.
    extra : sequence of str
        More words, which win over ours.

    Returns
    -------
    list of str
        The words of the command, the first an absolute path.

    Examples
    --------
    >>> from pathlib import Path
    >>> from convwidgets.cli.lab import command
    >>> "--port=9000" in command(Path("lessons/01.ipynb"), port=9000)
    True
    """
    lesson = lesson.absolute()
    words = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1"]
    words.append(f"--ServerApp.root_dir={lesson.parent}")
    # As the address to open, so that the address which Jupyter prints leads there too.
    words.append(f"--LabApp.default_url=/lab/tree/{quote(lesson.name)}")
    words.append(f"--LabApp.app_settings_dir={settings_folder(lesson.parent)}")
    if not browser:
        words.append("--no-browser")
    if port is not None:
        words.append(f"--port={port}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # In a container the learner often is root, and Jupyter would refuse to start.
        words.append("--allow-root")
    return [*words, *extra]


def settings_folder(folder: Path) -> Path:
    """Return where the settings lie that JupyterLab takes for the lessons in `folder`.

    Parameters
    ----------
    folder : Path
        Where the learner works.

    Returns
    -------
    Path
        A hidden folder in it; the user's own settings stay as they are and win.

    Examples
    --------
    >>> from pathlib import Path
    >>> from convwidgets.cli.lab import settings_folder
    >>> settings_folder(Path("lessons")).as_posix()
    'lessons/.convwidgets/settings'
    """
    return folder / ".convwidgets" / "settings"


def _write_settings(folder: Path) -> None:
    """Write the installed settings with ours over them, since JupyterLab reads one folder only."""
    from jupyterlab.commands import get_app_dir

    installed = Path(get_app_dir()) / "settings"
    shutil.rmtree(folder, ignore_errors=True)
    if installed.is_dir():
        shutil.copytree(installed, folder)
    ours = folder / "overrides.d" / "zz-convwidgets.json"
    ours.parent.mkdir(parents=True, exist_ok=True)
    ours.write_text(json.dumps(SETTINGS, indent=2) + "\n", encoding="utf-8")


def _lab_requirements() -> list[str]:
    try:
        everything = metadata.requires("convwidgets") or []
    except metadata.PackageNotFoundError:
        everything = []
    marked = re.compile(r"\s*;.*\bextra\s*==\s*['\"]lab['\"].*")
    return [marked.sub("", text) for text in everything if marked.search(text)] or ["jupyterlab"]
