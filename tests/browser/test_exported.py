"""The exported page: opened from a file with no network, as alive as in a notebook."""

from __future__ import annotations

import base64
import itertools
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

import convwidgets as cw
from convwidgets.engine.geometry import coverage
from tests.browser.screen import Screen

DRESS = {"image": "dress", "kernel": [[-1, 1], [-1, 1]], "padding": "valid"}
EMBOSS = [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
Opened = Callable[..., Page]


def test_the_numbers_on_the_screen_are_numpys(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(**DRESS)
    screen = Screen(exported(widget))
    np.testing.assert_array_equal(screen.cells(), widget.output)
    np.testing.assert_array_equal(screen.cells("input"), widget.pixels)
    assert screen.shape() == "5 × 7"


@pytest.mark.parametrize(
    ("name", "value"), [("stride", 2), ("dilation", 2), ("kernel_size", 4), ("kernel_size", 1)]
)
def test_dragging_a_slider_recomputes(exported: Opened, name: str, value: int) -> None:
    widget = cw.Convolution2DExplorer(image="checkerboard", kernel="emboss", padding="same")
    screen = Screen(exported(widget))
    screen.drag_slider(name, value)
    screen.settle()
    if name == "kernel_size":
        full = np.zeros((value, value))
        middle = (value - 3) // 2
        if value > 3:
            full[middle : middle + 3, middle : middle + 3] = EMBOSS
        else:
            full[0, 0] = EMBOSS[1][1]
        widget.kernel = full
    else:
        setattr(widget, name, value)
    np.testing.assert_allclose(screen.cells(), widget.output)


@pytest.mark.parametrize("padding", ["valid", "same", "half", "full"])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_every_padding_by_click(exported: Opened, padding: str, mode: str) -> None:
    widget = cw.Convolution2DExplorer(image="five_by_five", kernel="emboss", padding="valid")
    screen = Screen(exported(widget))
    screen.choose("padding", padding)
    screen.choose("padding_mode", mode)
    screen.settle()
    widget.padding, widget.padding_mode = padding, mode
    np.testing.assert_array_equal(screen.cells(), widget.output)
    pads = screen.cells("input").shape[0] - 5
    assert pads == {"valid": 0, "same": 2, "half": 2, "full": 4}[padding]


def test_typing_a_weight_makes_the_preset_custom(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(image="five_by_five", kernel="emboss", padding="valid")
    screen = Screen(exported(widget))
    screen.type_weight(1, 1, "-2.5")
    kernel = np.array(EMBOSS, float)
    kernel[1, 1] = -2.5
    widget.kernel = kernel
    np.testing.assert_allclose(screen.cells(), widget.output)
    expect(screen.panel("kernel").get_by_text("custom", exact=True)).to_be_visible()
    screen.press("Undo")
    widget.kernel = "emboss"
    np.testing.assert_array_equal(screen.cells(), widget.output)


def test_flip_is_convolution(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(image="impulse", kernel="emboss", padding="same")
    screen = Screen(exported(widget))
    np.testing.assert_array_equal(screen.cells()[3:6, 3:6], np.rot90(EMBOSS, 2))
    screen.choose("flip", "convolution")
    screen.settle()
    np.testing.assert_array_equal(screen.cells()[3:6, 3:6], EMBOSS)


def test_hovering_an_output_shows_its_arithmetic(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(**DRESS)
    screen = Screen(exported(widget))
    for row, column in [(0, 1), (1, 5), (2, 3)]:
        screen.cell("output", row, column).hover()
        screen.settle()
        assert screen.result() == widget.output[row, column]
        assert f"output[{row}, {column}] looks at" in screen.root.inner_text()


def test_stepping_fills_the_output_and_is_spoken(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(**DRESS, position=[0, 0])
    screen = Screen(exported(widget))
    screen.root.get_by_role("radio", name="Step", exact=True).click()
    screen.settle()
    assert np.isfinite(screen.cells()).sum() == 1
    screen.press("Step")
    assert "2 / 35" in screen.root.locator(".cw-player").inner_text()
    assert np.isfinite(screen.cells()).sum() == 2
    assert "1" in screen.spoken()
    screen.panel("output").locator("svg[role=grid]").focus()
    screen.page.keyboard.press("ArrowRight")
    screen.settle()
    assert "3 / 35" in screen.root.locator(".cw-player").inner_text()


def test_playing_reaches_the_end(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(**DRESS, speed=8)
    screen = Screen(exported(widget))
    screen.press("Play")
    expect(screen.root.locator(".cw-player")).to_contain_text("35 / 35", timeout=10_000)
    np.testing.assert_array_equal(screen.cells(), widget.output)


def test_undo_redo_reset(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(**DRESS)
    screen = Screen(exported(widget))
    start = screen.cells()
    screen.drag_slider("stride", 3)
    screen.choose("activation", "ReLU")
    screen.settle()
    widget.stride, widget.activation = 3, "relu"
    np.testing.assert_array_equal(screen.cells(), widget.output)
    screen.press("Undo")
    screen.press("Undo")
    np.testing.assert_array_equal(screen.cells(), start)
    screen.press("Redo")
    screen.press("Redo")
    np.testing.assert_array_equal(screen.cells(), widget.output)
    screen.press("Reset")
    np.testing.assert_array_equal(screen.cells(), start)


def test_keep_and_compare_shows_the_difference(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(image="five_by_five", kernel="identity", padding="same")
    screen = Screen(exported(widget))
    before = screen.cells()
    screen.press("Keep")
    screen.root.locator(".cw-compare").wait_for()
    screen.type_weight(1, 1, "3")
    rows = screen.root.locator(".cw-compare-maps .cw-panel").nth(1).locator("[role=row]")
    difference = rows.evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('[role=gridcell]')]"
        ".map(cell => parseFloat(cell.textContent.replace('−', '-'))))"
    )
    np.testing.assert_array_equal(difference, 2 * before)


def test_what_was_kept_is_named_with_all_that_followed_the_kernel(exported: Opened) -> None:
    settings = {"kernel": "sobel_x", "activation": "relu", "pooling": "max"}
    screen = Screen(exported(cw.Convolution2DExplorer(image="dress", **settings)))
    screen.press("Keep")
    screen.choose("pooling", "none")
    screen.settle()
    expect(screen.root.locator(".cw-compare-note")).to_contain_text("ReLU; max 2 × 2, stride 2")
    box = Screen.box(screen.root.locator(".cw-compare .cw-is-empty"))
    assert box["height"] < 200


def test_the_impossible_cannot_be_entered(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(image="five_by_five", kernel="emboss", padding="valid")
    screen = Screen(exported(widget))
    screen.drag_slider("dilation", 8)
    screen.settle()
    assert screen.shape() == "1 × 1"
    assert "5 × 5" in screen.control("dilation").inner_text()
    field = screen.control("stride").locator("input:not([type=range])")
    field.fill("zero")
    field.press("Enter")
    expect(screen.control("stride")).to_contain_text("number")
    assert screen.shape() == "1 × 1"


def test_locked_and_hidden_controls(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(**DRESS, locked=["stride"], hidden=["bias", "activation"])
    screen = Screen(exported(widget))
    expect(screen.control("stride").locator("input[type=range]")).to_be_disabled()
    expect(screen.control("bias")).to_be_hidden()
    expect(screen.control("activation")).to_be_hidden()
    expect(screen.control("dilation").locator("input[type=range]")).to_be_enabled()


def test_a_link_restores_the_state(exported: Opened, context: object) -> None:
    widget = cw.Convolution2DExplorer(**DRESS)
    screen = Screen(exported(widget))
    screen.drag_slider("stride", 2)
    screen.settle()
    screen.press("Share")
    link = screen.page.locator("dialog[open] input, dialog[open] textarea").first.input_value()
    assert "#convwidget=" in link
    screen.page.goto("about:blank")
    screen.page.goto(link)
    again = Screen(screen.page)
    widget.stride = 2
    np.testing.assert_array_equal(again.cells(), widget.output)


def test_a_link_pasted_over_the_address_is_followed(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(**DRESS)
    screen = Screen(exported(widget))
    screen.drag_slider("stride", 2)
    screen.settle()
    screen.press("Share")
    link = screen.page.locator("dialog[open] input").first.input_value()
    screen.page.keyboard.press("Escape")
    screen.press("Reset")
    with screen.page.expect_navigation(wait_until="load"):
        screen.page.evaluate("link => { location.href = link }", link)
    again = Screen(screen.page)
    widget.stride = 2
    np.testing.assert_array_equal(again.cells(), widget.output)


def test_a_reload_keeps_what_was_changed_and_reset_the_start(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(**DRESS)
    screen = Screen(exported(widget))
    start = screen.cells()
    screen.page.reload()
    screen = Screen(screen.page)
    assert screen.news() == ""
    screen.drag_slider("stride", 2)
    screen.choose("activation", "ReLU")
    screen.settle()
    screen.page.reload()
    screen = Screen(screen.page)
    widget.stride, widget.activation = 2, "relu"
    screen.settle()
    np.testing.assert_array_equal(screen.cells(), widget.output)
    assert "reloaded" in screen.news()
    screen.press("Reset")
    np.testing.assert_array_equal(screen.cells(), start)


def test_a_reload_of_a_link_keeps_what_was_changed_since(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(**DRESS)
    screen = Screen(exported(widget))
    screen.drag_slider("stride", 2)
    screen.settle()
    screen.press("Share")
    link = screen.page.locator("dialog[open] input").first.input_value()
    screen.page.goto("about:blank")
    screen.page.goto(link)
    screen = Screen(screen.page)
    screen.choose("activation", "ReLU")
    screen.settle()
    screen.page.reload()
    screen = Screen(screen.page)
    screen.settle()
    widget.stride, widget.activation = 2, "relu"
    np.testing.assert_array_equal(screen.cells(), widget.output)
    screen.press("Reset")
    widget.activation = "none"
    np.testing.assert_array_equal(screen.cells(), widget.output)
    screen.page.goto("about:blank")
    screen.page.goto(link)
    np.testing.assert_array_equal(Screen(screen.page).cells(), widget.output)


def test_a_reload_keeps_pictures_and_kernels_of_ones_own(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(image="five_by_five", kernel=[[1]])
    screen = Screen(exported(widget, pictures=["coins"]))
    screen.page.get_by_label("Paint cells").click()
    screen.cell("input", 0, 0).click()
    screen.drag_slider("kernel_size", 7)
    screen.settle()
    painted, output = screen.cells("input"), screen.cells()
    assert painted.shape != (5, 5) or painted[0, 0] == 1
    screen.page.reload()
    screen = Screen(screen.page)
    screen.settle()
    np.testing.assert_array_equal(screen.cells("input"), painted)
    np.testing.assert_array_equal(screen.cells(), output)


def test_a_reload_keeps_a_photo_with_a_kernel_too_large_for_the_first_picture(
    exported: Opened,
) -> None:
    widget = cw.Convolution2DExplorer(image="five_by_five", padding="valid")
    screen = Screen(exported(widget, pictures=["coins"]))
    screen.panel("input").locator(".cw-picker").click()
    screen.page.get_by_role("option", name="coins").click()
    expect(screen.panel("input").locator(".cw-shape")).to_contain_text("303")
    screen.drag_slider("kernel_size", 9)
    screen.settle()
    shape = screen.shape()
    screen.page.reload()
    screen = Screen(screen.page)
    expect(screen.panel("output").locator(".cw-shape")).to_have_text(shape)


def test_a_saved_file_is_told(exported: Opened, tmp_path: Path) -> None:
    screen = Screen(exported(cw.Convolution2DExplorer(**DRESS)))
    for item, name in [
        ("Save as PNG", "convolution-2d.png"),
        ("Save the drawing as SVG", "convolution-2d.svg"),
    ]:
        with screen.page.expect_download() as download:
            screen.menu(item)
        assert download.value.suggested_filename == name
        expect(screen.root.locator("> .cw-notice")).to_contain_text(f"Saved {name}")
    screen.press("Share")
    dialog = screen.page.locator("dialog[open]")
    with screen.page.expect_download() as download:
        dialog.get_by_role("button", name="Download the file").click()
    expect(dialog).to_contain_text(f"Saved {download.value.suggested_filename}")


def test_a_users_text_never_becomes_markup(exported: Opened) -> None:
    state = cw.Convolution2DExplorer(**DRESS).state()
    state["image"] = {
        "shape": [2, 2],
        "dtype": "float32",
        "data": [[1, 2], [3, 4]],
        "label": "</script><img src=x onerror='window.hurt=1'>",
    }
    page = exported(cw.Convolution2DExplorer.from_state(state))
    assert "<img" in page.locator(".cw-panel-input").inner_text()
    assert page.evaluate("window.hurt") is None


def test_colour_channels_are_summed(exported: Opened) -> None:
    rng = np.random.default_rng(3)
    image = rng.integers(0, 9, (6, 7, 3)).astype(np.float32)
    widget = cw.Convolution2DExplorer(image=image, kernel="emboss", channels="sum", bias=2)
    screen = Screen(exported(widget))
    np.testing.assert_allclose(screen.cells(), widget.output, rtol=1e-5)
    screen.cell("output", 2, 3).hover()
    screen.settle()
    assert screen.result() == pytest.approx(float(widget.output[2, 3]))
    assert all(name in screen.sentence() for name in ("red", "green", "blue"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 800, 1600])
def test_nothing_sticks_out(
    chromium: Browser, tmp_path: Path, scheme: str, width: int, watch: object
) -> None:
    path = tmp_path / "widget.html"
    cw.Convolution2DExplorer().save_html(path)
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto(path.as_uri())
    Screen(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    background = page.locator(".cw-root").evaluate("el => getComputedStyle(el).backgroundColor")
    light = sum(int(part) for part in re.findall(r"\d+", background)[:3]) > 384
    assert light == (scheme == "light")
    context.close()


@pytest.mark.parametrize("image", ["dress", "camera"])
@pytest.mark.parametrize("explorer", [cw.Convolution2DExplorer, cw.PoolingExplorer])
@pytest.mark.parametrize(
    ("width", "height"),
    [(1920, 1080), (1600, 900), (1366, 768), (1280, 720), (1024, 768), (800, 600), (380, 800)],
)
def test_presenting_leaves_the_arithmetic_in_sight(
    exported: Opened, width: int, height: int, explorer: type, image: str
) -> None:
    page = exported(explorer(image=image))
    page.set_viewport_size({"width": width, "height": height})
    screen = Screen(page)
    screen.press("More")
    page.get_by_role("menuitemcheckbox", name="Present").click()
    expect(screen.root).to_have_class(re.compile("cw-present"))
    screen.settle()
    result = Screen.box(screen.root.locator(".cw-sums .cw-sum-result").first)
    player = Screen.box(screen.root.locator(".cw-player"))
    assert result["y"] > 0 and result["y"] + result["height"] < min(height, player["y"])
    assert player["y"] + player["height"] <= height


def test_presenting_shows_input_kernel_and_output_side_by_side(exported: Opened) -> None:
    page = exported(cw.Convolution2DExplorer(image="camera", kernel=np.ones((15, 15)) / 225))
    screen = Screen(page)
    screen.press("More")
    page.get_by_role("menuitemcheckbox", name="Present").click()
    for width, height in [(800, 600), (1280, 720), (1920, 1080)]:
        page.set_viewport_size({"width": width, "height": height})
        screen.settle()
        places = [".cw-panel-input .cw-map", ".cw-kernel", ".cw-panel-output .cw-map"]
        boxes = [Screen.box(screen.root.locator(place).first) for place in places]
        for left, right in itertools.pairwise(boxes):
            assert left["x"] + left["width"] <= right["x"]
        assert max(box["y"] for box in boxes) - min(box["y"] for box in boxes) < 2


@pytest.mark.parametrize("explorer", [cw.Convolution2DExplorer, cw.PoolingExplorer])
def test_on_a_phone_the_window_stays_in_sight(exported: Opened, explorer: type) -> None:
    page = exported(explorer(image="dress"))
    page.set_viewport_size({"width": 380, "height": 800})
    screen = Screen(page)
    screen.panel("output").get_by_role("grid").focus()
    columns = screen.cells("input").shape[1]
    for key, column in (("End", columns - 1), ("Home", 0), ("Control+End", columns - 1)):
        page.keyboard.press(key)
        screen.settle()
        view = Screen.box(screen.panel("input").locator(".cw-grid-scroll"))
        cell = Screen.box(screen.cell("input", 0, column))
        assert view["x"] <= cell["x"] and cell["x"] + cell["width"] <= view["x"] + view["width"]


def test_a_kernels_size_that_cannot_be_is_told(exported: Opened) -> None:
    screen = Screen(exported(cw.Convolution2DExplorer(**DRESS)))
    rows = screen.panel("kernel").get_by_label("Rows of the kernel")
    for wrong in ("16", "0", "2.5", "abc", ""):
        rows.fill(wrong)
        rows.press("Enter")
        expect(screen.panel("kernel").locator(".cw-kernel-message").first).not_to_be_empty()
    rows.press("Escape")
    expect(rows).to_have_value("2")
    expect(screen.panel("kernel").locator(".cw-kernel-message").first).to_be_empty()


@pytest.mark.parametrize("width", [380, 800, 1600])
def test_what_a_kernel_can_be_made_into_stands_in_one_line(exported: Opened, width: int) -> None:
    page = exported(cw.Convolution2DExplorer(**DRESS))
    page.set_viewport_size({"width": width, "height": 900})
    screen = Screen(page)
    buttons = screen.root.locator(".cw-kernel-actions button:visible")
    assert buttons.count() == 4
    assert len({box["y"] for box in map(Screen.box, buttons.all())}) == 1


def test_a_finger_finds_every_control(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "widget.html"
    cw.Convolution2DExplorer(image="dress", kernel="sobel_x").save_html(path)
    context = chromium.new_context(
        viewport={"width": 380, "height": 800}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(path.as_uri())
    screen = Screen(page)
    # A switch is smaller than what it hears; the frame of segments counts to their height.
    controls = screen.root.locator("button:visible, input:visible:not(.cw-switch), select:visible")
    for control in controls.all():
        assert Screen.box(control)["height"] >= 42, control.evaluate("el => el.outerHTML")
    context.close()


def test_a_page_without_webassembly_says_what_it_needs(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "widget.html"
    cw.Convolution2DExplorer(**DRESS).save_html(path)
    policy = (
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"script-src 'unsafe-inline'; style-src 'unsafe-inline'\">"
    )
    path.write_text(path.read_text().replace("<head>", f"<head>{policy}", 1))
    page = chromium.new_page()
    page.goto(path.as_uri())
    expect(page.locator(".cw-root")).to_contain_text("wasm-unsafe-eval")
    page.close()


@pytest.mark.parametrize("lack", ["scripts", "streams", "syntax"])
def test_where_it_cannot_run_a_page_shows_a_still_and_says_why(
    chromium: Browser, tmp_path: Path, lack: str
) -> None:
    path = tmp_path / "widget.html"
    widget = cw.Convolution2DExplorer(**DRESS)
    widget.save_html(path)
    context = chromium.new_context(java_script_enabled=lack != "scripts")
    page = context.new_page()
    if lack == "streams":
        page.add_init_script("delete window.DecompressionStream")
    if lack == "syntax":
        text = path.read_text()
        code = base64.b64encode(zlib.compress(b"var convwidgets = 1 ?? ?;")).decode()
        path.write_text(re.sub(r'(id="script">)[^<]*', rf"\g<1>{code}", text))
    page.goto(path.as_uri())
    expect(page.get_by_role("img", name=widget.still_text)).to_be_visible()
    if lack != "scripts":
        expect(page.locator(".still")).to_contain_text("This browser is too old")
    context.close()


def test_the_kernels_size_there_and_back_loses_nothing(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(image="five_by_five", kernel="emboss")
    screen = Screen(exported(widget))
    for size in (1, 7, 3):
        screen.drag_slider("kernel_size", size)
        screen.settle()
    np.testing.assert_array_equal(screen.cells(), widget.output)
    expect(screen.panel("kernel").get_by_text("Emboss", exact=True)).to_be_visible()


def test_the_page_is_small(tmp_path: Path) -> None:
    path = cw.Convolution2DExplorer(**DRESS).save_html(tmp_path / "widget.html")
    assert path.stat().st_size < 300_000


def test_large_work_goes_to_a_worker_and_agrees(exported: Opened) -> None:
    rng = np.random.default_rng(5)
    kernel = rng.integers(-3, 4, (15, 15)).astype(float)
    widget = cw.Convolution2DExplorer(
        image="astronaut", kernel=kernel, channels="sum", position=[200, 300]
    )
    screen = Screen(exported(widget))
    assert "worker" in screen.badge()
    assert screen.result() == pytest.approx(float(widget.output[200, 300]), rel=1e-4)


def test_pooling_the_quarters(exported: Opened) -> None:
    screen = Screen(exported(cw.PoolingExplorer(image="quarters")))
    np.testing.assert_array_equal(screen.cells(), [[20, 30], [112, 37]])
    screen.choose("pooling", "average")
    screen.settle()
    np.testing.assert_array_equal(screen.cells(), [[13, 8], [79, 19.5]])
    screen.choose("pooling", "min")
    screen.settle()
    np.testing.assert_array_equal(screen.cells(), [[8, 0], [34, 4]])
    screen.choose("pooling", "max")
    screen.drag_slider("pool_stride", 1)
    screen.settle()
    np.testing.assert_array_equal(screen.cells(), [[20, 30, 30], [70, 70, 37], [112, 100, 37]])


def test_a_saved_state_opens_again(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(**DRESS)
    screen = Screen(exported(widget))
    saved = cw.Convolution2DExplorer(image="impulse", kernel="emboss", stride=2)
    screen.menu("Open a saved state…")
    dialog = screen.page.locator("dialog[open]")
    dialog.locator("textarea").fill(json.dumps(saved.state()))
    dialog.get_by_role("button", name="Restore").click()
    screen.settle()
    np.testing.assert_array_equal(screen.cells(), saved.output)


@pytest.mark.parametrize(
    "settings",
    [
        {"image": "dress", "kernel": [[-1, 1], [-1, 1]], "padding": "valid"},
        {"image": "camera", "kernel": "emboss", "stride": 2, "padding": "same", "flip": True},
        {"image": "astronaut", "kernel": "gabor", "channels": "sum", "padding_mode": "reflect"},
        {"image": "five_by_five", "padding": 1, "dilation": 2, "pooling": "max", "bias": 0.5},
    ],
)
def test_the_code_panel_says_what_python_says(
    exported: Opened, settings: dict[str, object]
) -> None:
    widget = cw.Convolution2DExplorer(**settings)
    screen = Screen(exported(widget))
    screen.root.get_by_role("radio", name="Code", exact=True).click()
    names = {"numpy": "NumPy", "scipy": "SciPy", "torch": "PyTorch", "keras": "Keras"}
    for framework, label in names.items():
        screen.root.get_by_role("radio", name=label, exact=True).click()
        code = screen.root.locator(".cw-code-text").text_content()
        assert code == widget.to_code(framework)


def test_painted_cells_are_computed_and_one_stroke_is_one_undo(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(**DRESS)
    screen = Screen(exported(widget))
    screen.page.get_by_label("Paint cells").click()
    screen.cell("input", 0, 0).hover()
    screen.page.mouse.down()
    screen.cell("input", 0, 1).hover()
    screen.cell("input", 0, 2).hover()
    screen.page.mouse.up()
    screen.settle()
    painted = np.array(widget.pixels)
    painted[0, :3] = 1
    np.testing.assert_array_equal(screen.cells("input"), painted)
    again = cw.Convolution2DExplorer(**{**DRESS, "image": painted})
    np.testing.assert_array_equal(screen.cells(), again.output)
    screen.page.keyboard.press("Control+z")
    screen.settle()
    np.testing.assert_array_equal(screen.cells("input"), widget.pixels)


def test_a_teacher_locks_and_hides_from_the_menu(exported: Opened) -> None:
    screen = Screen(exported(cw.Convolution2DExplorer(**DRESS)))
    screen.menu("Prepare for a class…")
    dialog = screen.page.locator("dialog[open]")
    dialog.get_by_role("radiogroup", name="Stride", exact=True).get_by_role(
        "radio", name="locked"
    ).click()
    dialog.get_by_role("radiogroup", name="Bias", exact=True).get_by_role(
        "radio", name="hidden"
    ).click()
    screen.page.keyboard.press("Escape")
    expect(screen.control("stride").locator("input[type=range]")).to_be_disabled()
    expect(screen.control("bias")).to_be_hidden()


def test_a_picture_made_smaller_says_so(exported: Opened) -> None:
    rng = np.random.default_rng(7)
    image = rng.integers(0, 256, (90, 60)).astype(np.uint8)
    screen = Screen(exported(cw.Convolution2DExplorer(image=image, max_size=45)))
    assert screen.shape("input") == "45 × 30, from 90 × 60"


@pytest.mark.parametrize(
    "settings",
    [
        {"pool_size": 3, "pool_stride": 1},
        {"pool_size": 2, "pool_stride": 3},
        {"pool_size": 2, "pool_stride": 2},
        {"pool_size": 3, "pool_stride": 2, "padding": 1, "ceil_mode": True},
        {"pool_size": 2, "pool_stride": 1, "dilation": 2},
    ],
)
def test_the_windows_that_read_each_cell_are_counted(
    exported: Opened, settings: dict[str, int]
) -> None:
    image = np.arange(35, dtype=np.float32).reshape(5, 7)
    screen = Screen(exported(cw.PoolingExplorer(image=image, **settings)))
    size, stride = settings["pool_size"], settings["pool_stride"]
    pad = settings.get("padding", 0)
    rest = (pad, settings.get("dilation", 1), settings.get("ceil_mode", False))
    rows, columns = (coverage(side, size, stride, *rest) for side in (5, 7))
    screen.choose("lens", "windows per cell")
    screen.settle()
    counts = screen.cells("input")
    expect(screen.page.get_by_label("Paint cells")).to_be_hidden()
    np.testing.assert_array_equal(counts[pad : 5 + pad, pad : 7 + pad], np.outer(rows, columns))
    unread = int((np.outer(rows, columns) == 0).sum())
    assert (f"By none: {unread}." in screen.root.locator(".cw-lens").inner_text()) == (unread > 0)
    screen.choose("lens", "values")
    screen.settle()
    np.testing.assert_array_equal(screen.cells("input")[pad : 5 + pad, pad : 7 + pad], image)


def test_a_picture_shows_its_windows_as_a_map(exported: Opened) -> None:
    settings = {"image": "camera", "kernel": "box3", "stride": 2, "padding": "valid"}
    screen = Screen(exported(cw.Convolution2DExplorer(**settings, position=[50, 50])))
    screen.choose("lens", "windows per cell")
    screen.settle()
    bar = screen.panel("input").locator(".cw-bar-numbers").inner_text()
    assert bar.split() == ["0", "4"]
    assert screen.numbers(".cw-magnifier").max() == 4
    expect(screen.root.locator(".cw-magnifier")).to_contain_text("Windows per cell")


def test_a_mean_counts_no_cell_beyond_the_padding(exported: Opened) -> None:
    image = np.arange(16, dtype=np.float32).reshape(4, 4)
    settings = {"pooling": "average", "pool_size": 3, "pool_stride": 2, "padding": 1}
    widget = cw.PoolingExplorer(image=image, **settings, ceil_mode=True, position=[2, 2])
    screen = Screen(exported(widget))
    assert screen.result() == widget.output[2, 2] == (15 + 0 + 0 + 0) / 4
    text = screen.root.locator(".cw-arithmetic").inner_text()
    assert "3 of these 9 cells are padding" in text
    assert "5 of these 9 cells lie beyond" in text


@pytest.mark.parametrize("side", [6, 24])
def test_the_numbers_of_a_colour_picture_name_their_channel(exported: Opened, side: int) -> None:
    image = np.random.default_rng(11).integers(0, 99, (side, side, 3)).astype(np.float32)
    kernel = [np.full((3, 3), value) for value in (1, 2, 3)]
    widget = cw.Convolution2DExplorer(
        image=image, kernel=kernel, channels="sum", padding="valid", position=[2, 2]
    )
    screen = Screen(exported(widget))
    small = side <= 16
    where = ".cw-panel-input .cw-grid" if small else ".cw-magnifier"
    for channel, name in enumerate(["Red", "Green", "Blue"]):
        screen.panel("kernel").get_by_role("button", name=name, exact=True).click()
        screen.settle()
        shown = screen.numbers(where)
        corner = (0, 0) if small else (1, 1)
        rows, columns = (slice(first, first + 3) for first in corner)
        expected = image[: shown.shape[0], : shown.shape[1], channel]
        np.testing.assert_array_equal(shown[rows, columns], expected[rows, columns])
        label = screen.root.locator(f"{where} [role=grid]").first.get_attribute("aria-label")
        assert name.lower() in (label or "")
    screen.choose("numbers", "red")
    tab = screen.panel("kernel").get_by_role("button", name="Red", exact=True)
    expect(tab).to_have_attribute("aria-pressed", "true")


def test_each_channels_sum_can_be_seen(exported: Opened) -> None:
    image = np.random.default_rng(13).integers(0, 99, (6, 6, 3)).astype(np.float32)
    widget = cw.Convolution2DExplorer(
        image=image, kernel="emboss", channels="each", pooling="max", position=[1, 1]
    )
    screen = Screen(exported(widget))
    for channel, name in enumerate(["red", "green", "blue"]):
        screen.choose("numbers", name)
        screen.settle()
        np.testing.assert_array_equal(screen.cells(), widget.output[..., channel])
        assert screen.result() == widget.output[1, 1, channel]
        assert name in screen.sentence()


def test_pinning_is_spoken(exported: Opened) -> None:
    screen = Screen(exported(cw.Convolution2DExplorer(**DRESS, position=[1, 1])))
    screen.panel("output").locator("svg[role=grid]").focus()
    screen.page.keyboard.press("Enter")
    screen.page.wait_for_timeout(900)
    assert screen.spoken().startswith("Pinned. Output row 1, column 1:")
    screen.page.keyboard.press("Enter")
    assert screen.spoken().startswith("Released. Output row 1, column 1:")
    screen.cell("output", 2, 3).click()
    assert screen.spoken().startswith("Pinned. Output row 2, column 3:")
    screen.page.keyboard.press("Escape")
    assert screen.spoken().startswith("Released. Output row 2, column 3:")


def test_an_altered_weight_is_spoken_with_its_result(exported: Opened) -> None:
    widget = cw.Convolution2DExplorer(
        image="five_by_five", kernel="emboss", padding="valid", position=[0, 0]
    )
    screen = Screen(exported(widget))
    screen.panel("kernel").locator("[role=grid]").focus()
    screen.page.keyboard.press("Control+Home")
    for _ in range(3):
        screen.page.keyboard.press("Alt+ArrowUp")
    kernel = np.array(EMBOSS, float)
    kernel[0, 0] += 3
    widget.kernel = kernel
    expected = "The weight at row 0, column 0 is now 1. Output row 0, column 0:"
    spoken = screen.root.locator("> .cw-spoken")
    expect(spoken).to_contain_text(expected)
    expect(spoken).to_contain_text(f"equals {widget.output[0, 0]:g}.")
    screen.choose("flip", "convolution")
    expect(spoken).not_to_contain_text("weight")


def test_the_step_tab_is_said_to_open(exported: Opened) -> None:
    screen = Screen(exported(cw.Convolution2DExplorer(**DRESS, position=[1, 1])))
    screen.press("Step")
    assert screen.spoken().startswith("Step tab: the output fills cell by cell. Output row 1,")
    screen.press("Step")
    assert screen.spoken().startswith("Output row 1, column 3:")


def test_the_bias_says_its_units_while_0_to_1_is_shown(exported: Opened) -> None:
    image = np.arange(25, dtype=np.uint8).reshape(5, 5)
    screen = Screen(exported(cw.Convolution2DExplorer(image=image, bias=51)))
    assert "255" not in screen.control("bias").inner_text()
    screen.control("unit_range").get_by_role("switch").click()
    screen.settle()
    assert "In 0–255; as shown here, 0.2." in screen.control("bias").inner_text()


def test_a_prediction_comes_before_the_answer(exported: Opened) -> None:
    page = exported(
        cw.Convolution2DExplorer(
            image="dress", kernel="sobel_x", stride=2, padding=1, predict="size"
        )
    )
    screen = Screen(page)
    blanks, reply = page.locator(".cw-question input"), page.locator(".cw-question-reply")
    covered = page.locator(".cw-covered")
    expect(covered).to_have_count(3)
    expect(screen.panel("output").locator(".cw-shape")).not_to_be_visible()
    expect(page.get_by_role("button", name="Commit")).to_be_disabled()
    blanks.nth(0).fill("2")
    blanks.nth(1).fill("4")
    blanks.nth(1).press("Enter")
    expect(reply).to_contain_text("the first position comes on top")
    expect(covered).to_have_count(0)
    assert screen.shape() == "3 × 4"
    screen.drag_slider("stride", 1)
    screen.settle()
    expect(covered).to_have_count(3)
    blanks.nth(0).fill("6")
    blanks.nth(1).fill("8")
    page.get_by_role("button", name="Commit").click()
    expect(reply).to_have_text("Right: 6 × 8.")
