"""The widgets in a real JupyterLab and a real Notebook 7, with a kernel behind them."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

import convwidgets as cw
from convwidgets.widgets.gallery import WIDGETS
from tests.browser.conftest import ROOT, Lab, Watch, serve
from tests.browser.screen import Screen

MAKE = """
import convwidgets as cw
from convwidgets.widgets.gallery import WIDGETS
w = cw.Convolution2DExplorer(image="five_by_five", kernel="emboss", padding="valid"{more})
w
"""


def twin(**more: object) -> cw.Convolution2DExplorer:
    return cw.Convolution2DExplorer(image="five_by_five", kernel="emboss", padding="valid", **more)


def printed(page: Page, lab: Lab, code: str) -> str:
    """Run code in the notebook's kernel and return what it prints."""
    page.evaluate(
        """async code => {
        const panel = window.jupyterapp.shell.currentWidget;
        const kernel = panel.sessionContext.session.kernel;
        const future = kernel.requestExecute({ code });
        window.__printed = '';
        future.onIOPub = message => {
            if (message.header.msg_type === 'stream') window.__printed += message.content.text;
            if (message.header.msg_type === 'error') window.__printed += message.content.evalue;
        };
        await future.done;
    }""",
        code,
    )
    return str(page.evaluate("window.__printed")).strip()


def show(lab: Lab, page: Page, name: str, *cells: str) -> None:
    lab.open(page, lab.write(name, *cells))
    lab.run_all(page)


def save(page: Page) -> None:
    """Save the notebook as the menu does."""
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")


@pytest.mark.parametrize("engine", ["auto", "page", "kernel"])
def test_a_slider_moves_the_picture_and_python(lab: Lab, page: Page, engine: str) -> None:
    show(lab, page, f"slider-{engine}.ipynb", MAKE.format(more=f", engine={engine!r}"))
    screen = Screen(page)
    widget = twin()
    np.testing.assert_array_equal(screen.cells(), widget.output)
    screen.drag_slider("stride", 2)
    widget.stride = 2
    page.wait_for_function(
        "() => document.querySelector('.cw-panel-output .cw-shape').textContent === '2 × 2'"
    )
    screen.settle()
    np.testing.assert_array_equal(screen.cells(), widget.output)
    assert printed(page, lab, "print(w.stride, w.output.tolist())") == f"2 {widget.output.tolist()}"
    assert printed(page, lab, "w.kernel = [[1.0, 2.0], [3.0, 4.0]]") == ""
    widget.kernel = [[1.0, 2.0], [3.0, 4.0]]
    page.wait_for_timeout(500)
    np.testing.assert_array_equal(screen.cells(), widget.output)
    assert ("kernel" if engine == "kernel" else "page") in screen.badge()


def test_two_views_stay_in_step(lab: Lab, page: Page) -> None:
    show(lab, page, "views.ipynb", MAKE.format(more=""), "w")
    first, second = Screen(page, 0), Screen(page, 1)
    first.drag_slider("stride", 2)
    second.settle()
    np.testing.assert_array_equal(second.cells(), twin(stride=2).output)
    second.press("Undo")
    first.settle()
    np.testing.assert_array_equal(first.cells(), twin().output)


def test_after_a_restart_the_view_lives_on(lab: Lab, page: Page) -> None:
    show(lab, page, "restart.ipynb", MAKE.format(more=""))
    screen = Screen(page)
    lab.restart(page)
    page.wait_for_timeout(2500)
    screen.drag_slider("stride", 2)
    screen.settle()
    np.testing.assert_array_equal(screen.cells(), twin(stride=2).output)


def test_ten_widgets_send_the_bundle_once_and_store_little(lab: Lab, page: Page) -> None:
    sent: list[int] = []

    def listen(socket: object) -> None:
        def frame(payload: bytes | str) -> None:
            data = payload.encode() if isinstance(payload, str) else payload
            if b'"bundle"' in data and len(data) > 50_000:
                sent.append(len(data))

        socket.on("framereceived", frame)  # type: ignore[attr-defined]

    page.on("websocket", listen)
    cell = "import convwidgets as cw\ncw.Convolution2DExplorer(image={!r})"
    names = ["camera", "coins", "astronaut", "dress", "impulse"] * 2
    show(lab, page, "ten.ipynb", *[cell.format(name) for name in names])
    page.wait_for_function(
        "() => document.querySelectorAll('.cw-root[data-ready]').length === 10", timeout=60_000
    )
    assert len(sent) == 1 and sent[0] < 250_000
    page.wait_for_timeout(2500)
    save(page)
    assert (lab.folder / "ten.ipynb").stat().st_size < 300_000


def test_a_reopened_notebook_shows_the_last_picture(lab: Lab, page: Page) -> None:
    show(lab, page, "reopen.ipynb", MAKE.format(more=""))
    screen = Screen(page)
    screen.drag_slider("stride", 2)
    page.wait_for_timeout(2500)
    save(page)
    stored = nbformat.read(lab.folder / "reopen.ipynb", 4)
    assert "widgets" in stored.metadata
    page.evaluate(
        """async () => {
        await window.jupyterapp.shell.currentWidget.sessionContext.shutdown();
    }"""
    )
    lab.open(page, "reopen.ipynb")
    still = page.locator("figure img")
    still.wait_for(timeout=30_000)
    assert "stride 2" in str(still.get_attribute("alt"))
    expect(page.locator("figcaption")).to_contain_text("Run its cell", timeout=15_000)
    assert "Error" not in page.locator(".jp-OutputArea").first.inner_text()


def test_with_a_slow_link_auto_stays_smooth(lab: Lab, page: Page) -> None:
    def slow(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def later(send: object) -> object:
            def forward(message: str | bytes) -> None:
                time.sleep(0.15)
                send(message)  # type: ignore[operator]

            return forward

        route.on_message(later(server.send))
        server.on_message(later(route.send))

    page.route_web_socket(re.compile("channels"), slow)
    lab.open(page, lab.write("slow.ipynb", MAKE.format(more=", max_size=256")))
    lab.run_all(page)
    screen = Screen(page)
    page.evaluate(
        """() => {
        window.__frames = [];
        let last = performance.now();
        const tick = now => { window.__frames.push(now - last); last = now;
            requestAnimationFrame(tick); };
        requestAnimationFrame(tick);
    }"""
    )
    screen.drag_slider("stride", 3)
    page.wait_for_function(
        "() => document.querySelector('.cw-panel-output .cw-shape').textContent === '1 × 1'",
        timeout=140,
    )
    np.testing.assert_array_equal(screen.cells(), twin(stride=3).output)


def test_bad_values_from_python_leave_the_picture(lab: Lab, page: Page) -> None:
    show(lab, page, "bad.ipynb", MAKE.format(more=""))
    screen = Screen(page)
    message = printed(page, lab, "w.stride = 0")
    assert "stride" in message and "0" in message
    np.testing.assert_array_equal(screen.cells(), twin().output)


def test_notebook_7_shows_the_widget(
    page: Page, watch: Watch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("notebook7")
    with serve("notebook", folder, tmp_path_factory.mktemp("home")) as url:
        lab = Lab(url, folder)
        lab.write("seven.ipynb", MAKE.format(more=""))
        page.goto(f"{url}/notebooks/seven.ipynb")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        lab.wait_for_kernel(page)
        lab.run_all(page)
        screen = Screen(page)
        screen.drag_slider("stride", 2)
        screen.settle()
        np.testing.assert_array_equal(screen.cells(), twin(stride=2).output)
        page.goto("about:blank")
    # Notebook 7 throws this by itself, on an empty notebook too.
    watch.errors[:] = [error for error in watch.errors if "reading 'schema'" not in error]


def test_the_first_lesson_runs_and_its_slider_moves(lab: Lab, page: Page) -> None:
    [source] = sorted((ROOT / "notebooks").glob("01-*.ipynb"))
    notebook = json.loads(source.read_text())
    Path(lab.folder / source.name).write_text(json.dumps(notebook))
    lab.open(page, source.name)
    lab.run_all(page)
    screen = Screen(page, 0)
    assert screen.shape() == "512 × 512"
    screen.drag_slider("stride", 2)
    page.wait_for_function(
        "() => document.querySelector('.cw-panel-output .cw-shape').textContent === '256 × 256'"
    )
    expected = cw.Convolution2DExplorer(image="camera", kernel="sobel_x", stride=2)
    assert screen.result() == expected.output[128, 128]


@pytest.mark.parametrize("engine", ["page", "kernel"])
@pytest.mark.parametrize("name", [kind.__name__ for kind in WIDGETS])
def test_every_widget_comes_to_life(lab: Lab, page: Page, name: str, engine: str) -> None:
    show(lab, page, "life.ipynb", f"import convwidgets as cw\nw = cw.{name}(engine={engine!r})\nw")
    screen = Screen(page)
    expect(screen.root.locator(".cw-badge")).to_contain_text(f"{engine} engine", timeout=30_000)
    assert printed(page, lab, "print(type(w).__name__)") == name
    expect(screen.root.locator('.cw-notice[data-kind="error"]')).to_have_count(0)
