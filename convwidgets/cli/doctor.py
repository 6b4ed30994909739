"""`convwidgets doctor`: what is installed, what is wrong and how to mend it, in one screen."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import convwidgets
from convwidgets.cli import lessons
from convwidgets.engine import _cache
from convwidgets.engine.native import NUMBERS

PACKAGE = Path(convwidgets.__file__).parent
LIBRARIES = ("numpy", "matplotlib", "scikit-image", "pillow", "anywidget", "ipywidgets")
EXTENSIONS = ("anywidget", "@jupyter-widgets/jupyterlab-manager")
REINSTALL = "in the clone of convwidgets, run the README's first command again"
ENGINE_SECONDS = 960
# In a process of its own: a compiler that crashes must not take the doctor along.
ENGINE_PROBE = """
import dataclasses, json, time
from convwidgets import engine
cached = engine.status().cache is not None
start = time.perf_counter()
engine.warm_up()
seconds = time.perf_counter() - start
print(json.dumps({**dataclasses.asdict(engine.status()), "cached": cached, "seconds": seconds},
                 default=str))
"""


@dataclass(frozen=True)
class Finding:
    """One line of the screen.

    Attributes
    ----------
    mark : str
        ``"ok"``, ``"--"`` for what is absent and can be, ``"!!"`` for what is wrong.
    what : str
        What was looked at.
    text : str
        What was found.
    mend : str
        What to do about it; empty where nothing is wrong.
    """

    mark: str
    what: str
    text: str
    mend: str = ""


def run() -> int:
    """Print the findings.

    Returns
    -------
    int
        1 if something is wrong, else 0.

    Examples
    --------
    >>> from convwidgets.cli import doctor
    >>> doctor.run()  # doctest: +SKIP
    0
    """
    print(f"convwidgets {convwidgets.__version__} in {PACKAGE}\n")
    wrong = 0
    for check in CHECKS:
        for finding in _examine(check):
            print(f"{finding.mark}  {finding.what:<14} {finding.text}", flush=True)
            if finding.mend:
                print(f"    {'':<14} mend: {finding.mend}")
            wrong += finding.mark == "!!"
    verdict = {0: "Nothing is wrong.", 1: "One thing is wrong."}
    print(f"\n{verdict.get(wrong, f'{wrong} things are wrong.')}")
    return 1 if wrong else 0


def _examine(check: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return check()
    except Exception as error:  # a broken installation can raise anything, and it is news
        what = check.__name__.lstrip("_").replace("_", " ")
        return [Finding("!!", what, f"{type(error).__name__}: {error}", REINSTALL)]


def _python() -> list[Finding]:
    text = f"{platform.python_version()} ({platform.machine()}, {platform.system()})"
    return [Finding("ok", "Python", f"{text} in {sys.executable}")]


def _libraries() -> list[Finding]:
    wanted = _requirements()
    found, findings = [], []
    for name in LIBRARIES:
        here = _version(name)
        if here is None:
            findings.append(
                Finding("!!", name, "not installed", install_command(wanted.get(name, name)))
            )
        elif not _fits(here, wanted.get(name)):
            text = f"{here}, but convwidgets needs {wanted[name]}"
            findings.append(Finding("!!", name, text, install_command(wanted[name])))
        else:
            found.append(f"{name} {here}")
    half = len(found) // 2
    groups = [group for group in (found[:half], found[half:]) if group]
    return [*(Finding("ok", "libraries", ", ".join(group)) for group in groups), *findings]


def _engine() -> list[Finding]:
    numba = _version("numba")
    if numba is None:
        text = "NumPy's reference: Numba is not installed, so that large pictures are slow"
        return [
            Finding("!!", "engine", text, install_command(_requirements().get("numba", "numba")))
        ]
    versions = f"Numba {numba}, llvmlite {_version('llvmlite')}"
    status, trouble = _probe_engine()
    if trouble or status["backend"] != "native":
        cause = trouble or status["problem"] or f"the engine is set to {status['setting']}"
        wrong = status.get("setting") != "reference"
        text = f"NumPy's reference, since compiled code cannot be had: {cause}"
        mend = install_command("--force-reinstall numba llvmlite") if wrong else ""
        return [Finding("!!" if wrong else "--", "engine", f"{versions}; {text}", mend)]
    how = "from the cache" if status["cached"] else "compiled just now"
    findings = [
        Finding("ok", "engine", f"native; {versions}; ready in {status['seconds']:.1f} s, {how}"),
        Finding("ok", "threads", f"{status['threads']}: {status['parallel']}"),
    ]
    return [*findings, _compiled_code(status["cache"])]


def _compiled_code(folder: str | None) -> Finding:
    if folder is None:
        where = " or ".join(str(place) for place in _cache.places())
        mend = f"make that folder writable for you alone, or set {_cache.VARIABLE} to one that is"
        text = f"not kept, since {where} cannot be written: every process compiles anew"
        return Finding("!!", "compiled code", text, mend)
    sizes = [path.stat().st_size for number in NUMBERS if (path := _cache.find(number))]
    text = f"{sum(sizes) / 1000:.0f} kB in {folder}{_owner(Path(folder))}"
    return Finding("ok", "compiled code", text)


def _owner(folder: Path) -> str:
    try:
        return f", which belongs to {folder.owner()}"
    except (KeyError, NotImplementedError):  # a user without a name, a system without owners
        return ""


def _probe_engine() -> tuple[dict[str, Any], str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        probe = subprocess.run(
            [sys.executable, "-P", "-c", ENGINE_PROBE],
            env=environment,
            capture_output=True,
            text=True,
            timeout=ENGINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {}, f"no answer in {ENGINE_SECONDS} s"
    if probe.returncode:
        lines = probe.stderr.strip().splitlines()
        return {}, lines[-1] if lines else f"it ended with exit code {probe.returncode}"
    status: dict[str, Any] = json.loads(probe.stdout.splitlines()[-1])
    return status, ""


def _page_code() -> list[Finding]:
    static = PACKAGE / "static"
    try:
        manifest = json.loads((static / "manifest.json").read_text("utf-8"))
    except FileNotFoundError:
        return [Finding("!!", "page code", f"missing in {static}", REINSTALL)]
    for name, output in manifest["outputs"].items():
        path = static / name
        if not path.is_file():
            return [Finding("!!", "page code", f"{name} is missing in {static}", REINSTALL)]
        if hashlib.sha256(path.read_bytes()).hexdigest() != output["sha256"]:
            text = f"{path} is not what was built"
            return [Finding("!!", "page code", text, REINSTALL)]
    size = sum(manifest["outputs"][f"convwidgets.{kind}"]["bytes"] for kind in ("js", "css"))
    return [Finding("ok", "page code", f"bundle {manifest['bundle']}, {size / 1000:.0f} kB")]


def _lessons() -> list[Finding]:
    if found := lessons.shipped():
        return [Finding("ok", "lessons", f"{len(found)} in {found[0].parent}")]
    return [Finding("!!", "lessons", "none in this installation", REINSTALL)]


def _jupyterlab() -> list[Finding]:
    version = _version("jupyterlab")
    if version is None:
        text = "not installed; only `convwidgets lab` needs it"
        return [Finding("--", "JupyterLab", text)]
    wanted = _requirements().get("jupyterlab")
    if not _fits(version, wanted):
        text = f"{version}, but convwidgets needs {wanted}"
        return [Finding("!!", "JupyterLab", text, install_command(str(wanted)))]
    kernel = _version("ipykernel")
    if kernel is None:
        text = f"{version}, but ipykernel is not installed"
        return [Finding("!!", "JupyterLab", text, install_command("ipykernel"))]
    return [Finding("ok", "JupyterLab", f"{version}, ipykernel {kernel}"), *_extensions()]


def _extensions() -> list[Finding]:
    from jupyter_core.paths import jupyter_path
    from jupyterlab.commands import get_app_dir
    from jupyterlab_server.config import get_page_config

    folders = jupyter_path("labextensions")
    disabled = get_page_config(folders, str(Path(get_app_dir()) / "settings"))["disabledExtensions"]
    findings = []
    for name in EXTENSIONS:
        if not any((Path(folder) / name / "package.json").is_file() for folder in folders):
            package = "anywidget" if name == "anywidget" else "jupyterlab-widgets"
            mend = install_command(f"--force-reinstall {package}")
            findings.append(Finding("!!", "extension", f"{name} is not installed", mend))
        elif any(entry == name or entry.startswith(f"{name}:") for entry in disabled):
            mend = f"{sys.executable} -m jupyter labextension enable {name}"
            findings.append(Finding("!!", "extension", f"{name} is disabled", mend))
    return findings or [Finding("ok", "extensions", f"{' and '.join(EXTENSIONS)} are enabled")]


def _requirements() -> dict[str, str]:
    """Return what convwidgets asks for, by name; nothing where it runs without an installation."""
    if find_spec("packaging") is None:
        return {}
    from packaging.requirements import Requirement

    try:
        texts = metadata.requires("convwidgets") or []
    except metadata.PackageNotFoundError:
        return {}
    wanted: dict[str, str] = {}
    for requirement in map(Requirement, texts):
        extra = str(requirement.marker or "")
        if not extra or "lab" in extra:
            wanted[requirement.name] = f"{requirement.name}{requirement.specifier}"
    return wanted


def _fits(version: str, wanted: str | None) -> bool:
    if not wanted:
        return True
    from packaging.requirements import Requirement

    return Requirement(wanted).specifier.contains(version, prereleases=True)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def install_command(what: str) -> str:
    """Return the command that installs requirements into this Python.

    Parameters
    ----------
    what : str
        Requirements and options, with blanks between them.

    Returns
    -------
    str
        A line for the shell; it does without a pip in this environment where there is none.

    Examples
    --------
    >>> from convwidgets.cli.doctor import install_command
    >>> install_command("numba>=0.61").endswith("install 'numba>=0.61'")
    True
    """
    words = " ".join(f"'{word}'" if set(word) & set("<>=") else word for word in what.split())
    if find_spec("pip") is None:
        return f"python3 -m pip --python {sys.executable} install {words}"
    return f"{sys.executable} -m pip install {words}"


CHECKS = (_python, _libraries, _engine, _page_code, _lessons, _jupyterlab)
