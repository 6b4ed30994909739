"""A real Chromium and a real JupyterLab for the tests of this folder; both stay on 127.0.0.1."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parents[2]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
# The name of each server's settings.
APPS = {"jupyterlab": "LabApp", "notebook": "JupyterNotebookApp"}
# Lab's own requests and the browser's own words that say nothing about the widgets.
FOREIGN_NOISE = ("favicon", "/lab/api/", "/api/", "Download the React DevTools")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium: an installed one where there is one, else Playwright's own."""
    installed = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed, headless=True, args=ARGUMENTS
        )
        yield browser
        browser.close()


@dataclass
class Watch:
    """What went wrong in a page: console errors, uncaught errors, requests to elsewhere."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)

    def _console(self, message: object) -> None:
        text, kind = message.text, message.type  # type: ignore[attr-defined]
        place = str(message.location)  # type: ignore[attr-defined]
        if kind == "error" and not any(noise in text + place for noise in FOREIGN_NOISE):
            self.errors.append(f"console: {text} ({place})")

    def _request(self, request: object) -> None:
        url = request.url  # type: ignore[attr-defined]
        if not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "file:", "blob:", "data:")):
            self.outside.append(url)

    def check(self) -> None:
        assert self.errors == []
        assert self.outside == []


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Iterator[Page]:
    """A page whose console must stay free of errors and which asks nothing of any other host."""
    page = context.new_page()
    watch.attach(page)
    yield page
    watch.check()


@pytest.fixture
def exported(page: Page, tmp_path: Path) -> Callable[..., Page]:
    """Opens a widget's exported page from a file."""

    def open_page(widget: object, fragment: str = "", **options: object) -> Page:
        path = tmp_path / "widget.html"
        widget.save_html(path, **options)  # type: ignore[attr-defined]
        page.goto(path.as_uri() + fragment)
        page.wait_for_selector(".cw-root[data-ready]")
        return page

    return open_page


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address and the folder that it shows."""

    url: str
    folder: Path

    def write(self, name: str, *cells: str) -> str:
        """Writes a notebook of these code cells."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, self.folder / name)
        return name

    def open(self, page: Page, name: str) -> None:
        page.goto(f"{self.url}/lab/workspaces/auto-{time.time_ns()}/tree/{name}?reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_selector(".jp-NotebookPanel-toolbar")
        self.wait_for_kernel(page)

    def wait_for_kernel(self, page: Page) -> None:
        """Wait until the kernel is idle: what is run before is lost."""
        page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session"
            "?.kernel?.status === 'idle'"
        )

    def run_all(self, page: Page) -> None:
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def restart(self, page: Page) -> None:
        """Restart the kernel and leave the page as it is."""
        page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
        )
        self.wait_for_kernel(page)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    with serve("jupyterlab", folder, tmp_path_factory.mktemp("lab-home")) as url:
        yield Lab(url, folder)


@contextlib.contextmanager
def serve(module: str, folder: Path, home: Path) -> Iterator[str]:
    """A Jupyter server of this environment on a free port of 127.0.0.1, ended on leaving."""
    port = free_port()
    settings = home / "settings"
    settings.mkdir()
    overrides: dict[str, object] = {
        "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True}
    }
    if module == "jupyterlab":
        news = {"checkForUpdates": False, "fetchNews": "false"}
        overrides["@jupyterlab/apputils-extension:notification"] = news
    (settings / "overrides.json").write_text(json.dumps(overrides))
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(ROOT),
    }
    command = [
        sys.executable,
        "-m",
        module,
        "--allow-root",
        "--no-browser",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder}",
        f"--{APPS[module]}.app_settings_dir={settings}",
        f"--{APPS[module]}.expose_app_in_browser=True",
    ]
    log = (home / "server.log").open("wb")
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/api", server, home / "server.log")
        yield url
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(url, timeout=2).close()
            return
        time.sleep(0.2)
    raise RuntimeError(f"the Jupyter server did not answer:\n{log.read_text()[-2000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
