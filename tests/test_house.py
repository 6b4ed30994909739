"""The shape of the clone: who imports whom, what is documented, what is promised and kept."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import convwidgets
from convwidgets import data

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "convwidgets"
PAGE = ROOT / "frontend" / "src"
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted(PAGE.rglob("*.ts"))

# Each room and the rooms it may import from.
PYTHON_ROOMS = {
    "engine": {"engine"},
    "data": {"data", "engine"},
    "export": {"export", "data", "engine"},
    "widgets": {"widgets", "export", "data", "engine"},
    "cli": {"cli", "engine"},
}
PAGE_ROOMS = {
    "engine": {"engine"},
    "views": {"views", "engine", "words"},
    "widgets": {"widgets", "views", "engine", "generated", "words"},
    "hosts": {"hosts", "widgets", "views", "engine", "words"},
}
ENGINE_LIBRARIES = {"numpy", "numba", "llvmlite"}


def of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{of(path)}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from names if node.module == "convwidgets" else [str(node.module)]


@pytest.mark.parametrize("path", MODULES, ids=of)
def test_imports_point_one_way(path: Path) -> None:
    room, *rest = path.relative_to(PACKAGE).parts
    if not rest:
        return
    for name in imports(path):
        if name == "convwidgets.__version__":
            continue
        first, *inner = name.split(".")
        if first == "convwidgets" and inner:
            assert inner[0] in PYTHON_ROOMS[room], f"{of(path)} imports {name}"
        elif room == "engine" and first != "__future__":
            assert first in ENGINE_LIBRARIES | sys.stdlib_module_names, f"{of(path)}: {name}"


@pytest.mark.parametrize("path", SCRIPTS, ids=of)
def test_page_imports_point_one_way(path: Path) -> None:
    room, *rest = path.relative_to(PAGE).parts
    if not rest:
        return
    for found in re.finditer(
        r'^(?:import|export)\s(?P<what>[^;]*?)from "(?P<name>\.[^"]*)";',
        path.read_text("utf-8"),
        re.MULTILINE,
    ):
        target = (path.parent / found["name"]).resolve()
        if target.suffix == ".json" and target.is_relative_to(PACKAGE):
            continue
        # Types are erased: whoever is hosted may name what a host offers.
        if found["what"].startswith("type ") and found["name"].endswith("/hosts/model"):
            continue
        there = target.relative_to(PAGE).parts[0]
        assert there in PAGE_ROOMS[room], f"{of(path)} imports {found['name']}"


@pytest.mark.parametrize(
    "path",
    [
        *MODULES,
        *SCRIPTS,
        *sorted((ROOT / "tests").rglob("*.py")),
        *sorted((ROOT / "frontend" / "tests").rglob("*.ts")),
        *sorted((ROOT / "benchmarks").rglob("*.py")),
    ],
    ids=of,
)
def test_nothing_is_left_for_later(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\b(T[O]DO|F[I]XME|X[X]X)\b|console\.log\(", text)
    assert path.stem not in {"utils", "util", "helpers", "common", "misc"}


def public() -> Iterator[tuple[str, object]]:
    """Every function and class, with its methods, that a room or the package itself offers."""
    offered = {f"convwidgets.{room}" for room in (*PYTHON_ROOMS, "cli.lab", "cli.lessons")}
    for name in sorted({"convwidgets", *offered}):
        module = import_module(name)
        for item in getattr(module, "__all__", ()):
            thing = getattr(module, item)
            if inspect.isfunction(thing):
                yield f"{name}.{item}", thing
            elif inspect.isclass(thing):
                yield f"{name}.{item}", thing
                for key, method in vars(thing).items():
                    if inspect.isfunction(method) and not key.startswith("_"):
                        yield f"{name}.{item}.{key}", method


@pytest.mark.parametrize(("name", "thing"), list(public()), ids=[name for name, _ in public()])
def test_public_names_are_documented(name: str, thing: object) -> None:
    text = inspect.getdoc(thing)
    assert text, f"{name} has no docstring"
    if inspect.isclass(thing):
        return
    signature = inspect.signature(thing)  # type: ignore[arg-type]
    parameters = [key for key in signature.parameters if key not in ("self", "cls", "args", "_")]
    if not parameters or "as in `" in text.split("\n\n")[0]:
        return
    section = text.partition("Parameters\n-----")[2].partition("\n\n")[0]
    for key in parameters:
        listed = re.search(rf"^[\w, *]*\b{key}\b", section, re.MULTILINE)
        assert listed or f"`{key}`" in text, f"{name} does not tell what {key} is"
    if section and signature.return_annotation not in ("None", None):
        assert re.search(r"^(Returns|Yields)\n---", text, re.MULTILINE), (
            f"{name} does not tell what it returns"
        )


def test_the_package_is_quick_to_import() -> None:
    heavy = ("numba", "matplotlib", "skimage", "anywidget", "ipywidgets", "IPython", "PIL")
    code = f"import sys, convwidgets; print([n for n in {heavy} if n in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert answer.stdout.strip() == "[]", answer.stderr


def test_ci_runs_the_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = [line for line in readme.splitlines() if line.endswith("tests.run")]
    assert len(commands) == 1
    assert commands[0].count(".venv-test") == 3
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert r"grep --max-count=1 'tests\.run$' README.md" in script
    assert "pip " not in script, "what is installed is the README's word alone"


def test_the_readme_runs(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert len(code.strip().splitlines()) <= 10
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() in code
    assert (tmp_path / "explorer.html").stat().st_size > 10_000


def test_the_links_of_the_readme_lead_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / name).read_text("utf-8")):
            assert (ROOT / target).exists(), f"{name} links to {target}"


def test_every_picture_has_its_licence_stated() -> None:
    text = (ROOT / "DATA_LICENSES.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE))
    stated = {name: data.licence(name) for name in data.names()}
    assert rows == {name: terms for name, terms in stated.items() if "formula" not in terms}


def test_every_file_that_is_not_text_is_licensed() -> None:
    text = (ROOT / "DATA_LICENSES.md").read_text("utf-8")
    places = re.findall(r"^\| `([\w./]+[./][\w/]*)` \|", text, re.MULTILINE)
    binary = {".png", ".jpg", ".jpeg", ".svg", ".npz", ".npy", ".gz", ".bin", ".csv"}
    for folder in (
        "benchmarks",
        "binder",
        "convwidgets",
        "docs",
        "frontend/src",
        "notebooks",
        "tests",
    ):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in binary and ".ipynb_checkpoints" not in path.parts:
                assert any(of(path).startswith(place) for place in places), of(path)


def test_the_wheel_holds_all_that_runs_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    inside = {name for name in names if ".dist-info/" not in name}
    lessons = {
        f"convwidgets/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")
    }
    assert lessons and lessons <= inside
    for name in ("loader.js", "convwidgets.js", "convwidgets.css", "manifest.json"):
        assert f"convwidgets/static/{name}" in inside
    assert {name.split("/")[0] for name in inside} == {"convwidgets"}
    assert all(
        name.endswith((".py", "py.typed", ".ipynb", ".js", ".css", ".json")) for name in inside
    )
    assert any(name.endswith("licenses/DATA_LICENSES.md") for name in names)
    assert wheel.name.startswith(f"convwidgets-{convwidgets.__version__}-")
