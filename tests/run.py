"""Run every check of the clone: `python -m tests.run [PYTEST WORDS]`, with the `test` extra.

The quick checks come first and all are run; pytest, with the lessons and the browser, comes last
and only if they passed. Nothing that is committed is built.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PROBE = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
TARGETS = ("convwidgets", "tests", "notebooks")
EXAMPLES = ("--doctest-modules",)
NOTEBOOKS = ("--nbval", "--nbval-current-env", "--nbval-cell-timeout=120")


def main(words: list[str]) -> int:
    """Run the checks; `words` go to pytest."""
    steps = {
        "lint": python("-m", "ruff", "check", "."),
        "format": python("-m", "ruff", "format", "--check", "."),
        "types of the Python code": python("-m", "mypy"),
        "types of the page code": python("frontend/build.py", "--types"),
        "tests of the page code": python("frontend/build.py", "--test"),
    }
    failed = [name for name, command in steps.items() if run(name, command)]
    if not browser_is_there():
        failed.append("the browser")
    if failed:
        print(f"\nFailed: {', '.join(failed)}. pytest was not run.", flush=True)
        return 1
    return run("pytest", python("-m", "pytest", *TARGETS, *EXAMPLES, *NOTEBOOKS, *words))


def python(*words: str) -> list[str]:
    """Return the command that runs this Python with `words`."""
    return [sys.executable, *words]


def run(name: str, command: list[str]) -> int:
    """Run one step under its heading and return its exit code."""
    print(f"\n== {name}: {shlex.join(command)}", flush=True)
    return subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode


def environment() -> dict[str, str]:
    """Return the environment of the checks: Keras on PyTorch."""
    return {**os.environ, "KERAS_BACKEND": "torch"}


def browser_is_there() -> bool:
    """Find a Chromium, else install one: Debian's when root, else Playwright's own."""
    if browser_is_found():
        return True
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        # Chromium; letters to draw; what Playwright's driver links to.
        packages = ["chromium", "fonts-dejavu-core", "libatomic1"]
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
        if not run("the browser", ["apt-get", "update"]) and not run("the browser", install):
            return browser_is_found()
    return not run("the browser", python("-m", "playwright", "install", "chromium"))


def browser_is_found() -> bool:
    """Whether Playwright starts and has a Chromium: an installed one, or its own."""
    probe = subprocess.run(python("-c", PROBE), capture_output=True, text=True, check=False)
    own = Path(probe.stdout.strip() or os.devnull)
    return probe.returncode == 0 and (any(map(shutil.which, BROWSERS)) or own.is_file())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
