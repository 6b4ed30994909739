"""One JupyterLab in one headless Chromium, with what is compared in the cells of a notebook."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, Lab, free_port, serve

SCRIPT = Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
DATA = """
import io
import numpy as np
import ipywidgets
import matplotlib.pyplot as plt
from PIL import Image
from scipy.signal import correlate2d
import convwidgets as cw
cw.engine.native.warm_up()
rng = np.random.default_rng(1)
image = rng.random(({size}, {size}))
kernel = rng.random(({kernel}, {kernel})) - 0.5
print("ready")
"""
OURS = """
cw.Convolution2DExplorer(
    image=image, kernel=kernel, padding="same", engine="{engine}", max_size=1024
)
"""
INTERACT = """
def show(strength):
    plt.imshow(correlate2d(image, strength * kernel, mode="same"), cmap="gray")
    plt.show()

ipywidgets.interact(show, strength=ipywidgets.IntSlider(value=1, min=1, max=8));
"""
PNG = """
def png(strength):
    result = correlate2d(image, strength * kernel, mode="same")
    file = io.BytesIO()
    Image.fromarray(np.uint8(np.clip(128 + 16 * result, 0, 255))).save(file, "png")
    return file.getvalue()

slider = ipywidgets.IntSlider(value=1, min=1, max=8)
picture = ipywidgets.Image(value=png(1), format="png")
slider.observe(lambda change: setattr(picture, "value", png(change.new)), "value")
ipywidgets.VBox([slider, picture])
"""
CELLS = {
    "page": OURS.format(engine="page"),
    "kernel": OURS.format(engine="kernel"),
    "interact": INTERACT,
    "Image": PNG,
}


@contextlib.contextmanager
def jupyterlab() -> Iterator[tuple[Lab, Page, int]]:
    """A running JupyterLab, a page to open its notebooks in, and Chromium's debugging port."""
    port = free_port()
    installed = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as home,
        serve("jupyterlab", Path(folder), Path(home)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=installed,
            headless=True,
            args=[*ARGUMENTS, f"--remote-debugging-port={port}"],
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(120_000)
        page.add_init_script(SCRIPT)
        yield Lab(url, Path(folder)), page, port
        browser.close()


@contextlib.contextmanager
def case(lab: Lab, page: Page, size: int, kernel: int, *names: str) -> Iterator[dict[str, Locator]]:
    """The cells of a notebook for one size of picture and kernel, run, by their names."""
    cells = [DATA.format(size=size, kernel=kernel), *(CELLS[name] for name in names)]
    lab.open(page, lab.write(f"{size}-{kernel}.ipynb", *cells))
    lab.run_all(page)
    found = {n: page.locator(".jp-Notebook .jp-Cell").nth(i + 1) for i, n in enumerate(names)}
    for name, cell in found.items():
        picture = ".cw-root[data-ready]" if name in ("page", "kernel") else "img"
        cell.locator(picture).first.wait_for(state="attached")
    lab.wait_for_kernel(page)
    page.wait_for_timeout(1500)
    yield found
    page.evaluate("(window.jupyterapp ?? window.jupyterlab).serviceManager.sessions.shutdownAll()")
    page.goto("about:blank")
