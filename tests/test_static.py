"""The built page code that is committed is what its sources give."""

from __future__ import annotations

import json
import platform
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "convwidgets" / "static"


def build(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "frontend" / "build.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((STATIC / "manifest.json").read_text("utf-8"))
    return answer


def test_sources_and_outputs_have_the_hashes_of_the_last_build() -> None:
    check = build(ROOT, "--source-hash-check")
    assert check.returncode == 0, check.stderr


def test_the_pinned_tools_give_the_same_bytes(manifest: dict[str, Any]) -> None:
    built_on = {key: manifest["toolchain"][key] for key in ("machine", "python")}
    here = {
        "machine": platform.machine(),
        "python": ".".join(platform.python_version_tuple()[:2]),
    }
    if here != built_on:
        pytest.skip(f"bytes compare on {built_on} only; the hashes were compared")
    check = build(ROOT, "--check")
    assert check.returncode == 0, check.stderr + check.stdout


def test_the_last_build_used_the_tools_that_are_pinned(manifest: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = dict(
        text.split("==") for text in project["optional-dependencies"]["test"] if "==" in text
    )
    package = json.loads((ROOT / "frontend" / "package.json").read_text("utf-8"))
    pins |= package["devDependencies"]
    for name in ("numba", "llvmlite", "ziglang", "esbuild", "typescript"):
        assert manifest["toolchain"][name] == pins[name]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As much of the clone as the hashes cover, to be spoilt; its manifest fits as it is."""
    skip = shutil.ignore_patterns("__pycache__", "node_modules", ".*")
    for name in ("convwidgets", "frontend"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=skip)
    manifest = runpy.run_path(str(tmp_path / "frontend" / "build.py"))["describe"](tmp_path)
    (tmp_path / "convwidgets" / "static" / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "convwidgets/engine/kernels/convolution.py",
        "convwidgets/data/kernels.py",
        "frontend/src/hosts/loader.ts",
        "frontend/src/styles/index.css",
        "frontend/package-lock.json",
        "convwidgets/static/convwidgets.js",
    ],
)
def test_a_change_without_a_build_is_seen(clone: Path, name: str) -> None:
    with (clone / name).open("a", encoding="utf-8") as stream:
        stream.write("\n")
    check = build(clone, "--source-hash-check")
    assert check.returncode == 1
    (line,) = check.stderr.splitlines()
    assert name in line and "python frontend/build.py" in line


def test_a_new_source_without_a_build_is_seen(clone: Path) -> None:
    (clone / "frontend" / "src" / "views" / "new.ts").write_text("export {};\n")
    check = build(clone, "--source-hash-check")
    assert "frontend/src/views/new.ts" in check.stderr


def test_line_ends_of_a_checkout_change_nothing(clone: Path) -> None:
    path = clone / "frontend" / "src" / "hosts" / "loader.ts"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert build(clone, "--source-hash-check").returncode == 0


def test_a_missing_build_is_one_clear_line(clone: Path) -> None:
    shutil.rmtree(clone / "convwidgets" / "static")
    check = build(clone, "--check")
    assert check.returncode == 1
    assert re.fullmatch(r"frontend/build\.py: .* run: python frontend/build\.py\n", check.stderr)


def test_the_lock_file_names_no_address() -> None:
    assert "://" not in re.sub(
        r'"url": "[^"]*"', "", (ROOT / "frontend" / "package-lock.json").read_text("utf-8")
    )


def test_the_loader_is_small(manifest: dict[str, Any]) -> None:
    assert manifest["outputs"]["loader.js"]["bytes"] < 5_000


def test_the_script_of_a_page_is_small_and_stays_inside_its_element() -> None:
    text = (STATIC / "page.js").read_text("utf-8")
    assert len(text) < 1_500
    assert "</script" not in text and "<!--" not in text


def test_the_bundle_reaches_for_nothing_outside(manifest: dict[str, Any]) -> None:
    for name in manifest["outputs"]:
        text = (STATIC / name).read_text("utf-8")
        addresses = set(re.findall(r"https?://[\w./-]+", text))
        # Names of namespaces, which nothing fetches.
        assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"}
