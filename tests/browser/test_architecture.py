"""The architecture explorer in the exported page: built, filled in, and looked through."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

import convwidgets as cw
from tests.browser.screen import Screen

Opened = Callable[..., Page]


class Builder(Screen):
    """The table, the editor and the microscope of an architecture explorer."""

    def row(self, name: str) -> Locator:
        return self.root.locator(".cw-layer", has=self.page.get_by_text(name, exact=True))

    def names(self) -> list[str]:
        return self.root.locator(".cw-layers-body .cw-layer-name").all_inner_texts()

    def line(self, name: str) -> tuple[str, str]:
        """The shape and the parameters of a row as they are written."""
        cells = self.row(name).locator(":is(.cw-layer-shape, .cw-layer-number) > span:first-child")
        shape, parameters = cells.all_inner_texts()
        return shape, parameters

    def total(self) -> str:
        return self.root.locator(".cw-layer-total .cw-layer-number").first.inner_text()

    def choose_row(self, name: str) -> None:
        self.row(name).locator(".cw-layer-open").click()
        self.settle()

    def enter(self, label: str, value: object) -> None:
        field = self.root.get_by_role("spinbutton", name=label, exact=True)
        field.fill(str(value))
        field.press("Enter")
        self.settle()

    def add(self, name: str) -> None:
        self.press("Add a layer")
        self.page.get_by_role("menuitem", name=name, exact=True).click()
        self.settle()

    def tab(self, name: str) -> None:
        self.root.get_by_role("radio", name=name, exact=True).click()
        self.settle()

    def said(self) -> str:
        return self.root.locator(".cw-field-text").inner_text()

    def blank(self, name: str, column: str) -> Locator:
        return self.root.get_by_role("textbox", name=f"{column} of {name}", exact=True)


def opened(exported: Opened, **settings: object) -> Builder:
    return Builder(exported(cw.ArchitectureExplorer(**settings)))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["two_layers", "keras_pictures", "signal", "vgg16"])
def test_a_preset_shows_pythons_table(exported: Opened, name: str) -> None:
    screen = opened(exported)
    widget = cw.ArchitectureExplorer(preset=name)
    screen.root.get_by_role("combobox", name="Network").select_option(name)
    screen.settle()
    expect(screen.root.locator(".cw-layer-total").first).to_contain_text(
        f"{widget.totals.parameters:,}"
    )
    for row in widget.rows:
        shape = ", ".join(map(str, row.output_shape or ()))
        assert screen.line(row.name) == (f"(None, {shape})", f"{row.parameters:,}")
    assert f"{widget.totals.dense:,}" in screen.root.locator(".cw-odometer").inner_text()


def test_building_a_network_layer_by_layer(exported: Opened) -> None:
    screen = opened(exported, layers=[], input_shape=(10, 10, 1))
    assert screen.names() == ["input"]
    screen.add("Convolution 2-D")
    screen.enter("Filters", 5)
    assert screen.line("conv2d") == ("(None, 8, 8, 5)", "50")
    screen.add("Convolution 2-D")
    screen.enter("Filters", 2)
    assert screen.line("conv2d_1") == ("(None, 6, 6, 2)", "92")
    assert screen.total() == "142"
    factors = screen.root.locator(".cw-factors").first.inner_text().split()
    assert "".join(word for word in factors if not word.isalpha()) == "3×3×5×2+2=92"
    hovered = screen.row("conv2d_1").locator(".cw-layer-number").get_attribute("title")
    assert hovered == (
        "3 kernel rows × 3 kernel columns × 5 input channels × 2 filters + 2 biases = 92 parameters"
    )
    screen.press("Undo")
    assert screen.line("conv2d_1")[1] != "92"
    screen.press("Redo")
    screen.press("Duplicate")
    screen.press("Delete")
    assert screen.names() == ["input", "conv2d", "conv2d_1"] and screen.total() == "142"


def test_moving_layers_by_mouse_and_by_keys(exported: Opened) -> None:
    screen = opened(exported, preset="keras_digits")
    grip = screen.row("max_pooling2d").locator(".cw-layer-grip")
    grip.focus()
    screen.page.keyboard.press("ArrowUp")
    screen.settle()
    assert screen.names()[3:6] == ["conv2d_1", "max_pooling2d", "re_lu_1"]
    screen.page.keyboard.press("ArrowUp")
    screen.settle()
    assert screen.names()[3:5] == ["max_pooling2d", "conv2d_1"]
    assert screen.line("conv2d_1")[0] == "(None, 11, 11, 64)"
    start = screen.box(screen.row("max_pooling2d").locator(".cw-layer-grip"))
    end = screen.box(screen.row("dropout"))
    mouse = screen.page.mouse
    mouse.move(start["x"] + 8, start["y"] + 8)
    mouse.down()
    mouse.move(start["x"] + 8, end["y"] - 4, steps=8)
    mouse.up()
    screen.settle()
    assert screen.names()[5:7] == ["max_pooling2d", "dropout"]
    assert screen.total() == "1,199,882"


def test_an_impossible_layer_is_explained_where_it_arises(exported: Opened) -> None:
    screen = opened(exported, preset="two_layers")
    screen.choose_row("conv2d_1")
    screen.enter("Kernel rows", 9)
    row = screen.row("conv2d_1")
    assert "The window spans 9 × 3, more than the 8 × 8 cells" in row.inner_text()
    assert screen.line("conv2d") == ("(None, 8, 8, 5)", "50")
    screen.add("Flatten")
    expect(screen.row("flatten")).to_have_attribute("data-dimmed", "")
    screen.choose_row("conv2d_1")
    screen.enter("Kernel rows", 3)
    assert screen.line("flatten") == ("(None, 72)", "0")


def test_blanks_name_the_misconception(exported: Opened) -> None:
    screen = opened(exported, preset="two_layers", blanks=[1])
    assert screen.total() == "?"
    parameters = screen.blank("conv2d_1", "Parameters")
    row = screen.row("conv2d_1")
    for answer, reply in [
        ("90", "biases"),
        ("20", "the input's channels"),
        ("46", "one filter"),
        ("3312", "The weights are shared"),
    ]:
        parameters.fill(answer)
        parameters.press("Enter")
        screen.settle()
        assert reply in row.inner_text(), (answer, row.inner_text())
    parameters.fill("3*3*5*2 + 2")
    parameters.press("Enter")
    shape = screen.blank("conv2d_1", "Output shape")
    shape.fill("8, 8, 2")
    shape.press("Enter")
    screen.settle()
    assert "makes the map smaller" in row.inner_text()
    shape.fill("(None, 6, 6, 2)")
    shape.press("Enter")
    screen.settle()
    assert screen.line("conv2d_1") == ("(None, 6, 6, 2)", "92")
    assert screen.total() == "142"


def test_hovering_a_unit_shows_what_it_sees(exported: Opened) -> None:
    screen = opened(exported, preset="stack_of_three_pooled", view="step")
    assert "conv2d_2[1, 1] sees 18 × 18 cells of the input, rows 4–21" in screen.said()
    units = screen.root.locator(".cw-field-panels .cw-panel-output")
    cell = units.locator("[role=row]").nth(0).locator("[role=gridcell]").nth(2)
    cell.hover()
    screen.settle()
    assert (
        "conv2d_2[0, 2] sees 18 × 18 cells of the input, rows 0–17, columns 8–25" in screen.said()
    )
    cell.click()
    screen.page.mouse.move(2, 2)
    screen.page.keyboard.press("ArrowDown")
    screen.settle()
    assert "conv2d_2[1, 2]" in screen.said()
    table = screen.root.locator(".cw-fields-table")
    sums = [line.split() for line in table.locator("tbody td:nth-child(5)").all_inner_texts()]
    assert [line[-1] for line in sums][:5] == ["3", "4", "8", "10", "18"]
    table.get_by_role("button", name="conv2d_1", exact=True).click()
    screen.settle()
    assert "conv2d_1[5, 5] sees 8 × 8 cells" in screen.said()


def test_an_input_cell_shows_what_it_feeds(exported: Opened) -> None:
    widget = cw.ArchitectureExplorer(
        layers=[{"kind": "conv2d", "filters": 1, "kernel_size": 3, "dilation": 2}],
        input_shape=(9, 9, 1),
        view="step",
    )
    screen = Builder(exported(widget))
    assert "sees 5 × 5 cells" in screen.said() and "9 of its 25 cells take part" in screen.said()
    np.testing.assert_allclose(screen.numbers(".cw-panel-gradient"), widget.output, atol=0.005)
    grid = screen.root.locator(".cw-field-panels .cw-panel-input")
    grid.locator("[role=row]").nth(4).locator("[role=gridcell]").nth(0).hover()
    screen.settle()
    assert "Input [4, 0] takes part in 3 × 1 of conv2d." in screen.said()


def test_random_weights_draw_pythons_gradient(exported: Opened) -> None:
    widget = cw.ArchitectureExplorer(
        layers=[{"kind": "conv2d", "filters": 4, "kernel_size": 3}, "relu", "max_pool2d"],
        input_shape=(10, 10, 1),
        layer=2,
        image="camera",
        view="step",
    )
    screen = Builder(exported(widget))
    screen.root.get_by_role("radio", name="random weights").click()
    screen.enter("Seed", 4)
    widget.weights, widget.seed = "random", 4
    np.testing.assert_allclose(screen.numbers(".cw-panel-gradient"), widget.output, atol=0.01)


def test_a_question_covers_the_table(exported: Opened) -> None:
    screen = opened(exported, preset="two_layers", predict="parameters")
    expect(screen.root.locator(".cw-layers")).to_have_attribute("inert", "")
    field = screen.root.locator(".cw-question input")
    field.fill("90")
    field.press("Enter")
    screen.settle()
    assert "You left out the biases" in screen.root.locator(".cw-question").inner_text()
    expect(screen.root.locator(".cw-layers")).not_to_have_attribute("inert", "")


def test_code_and_drawing_are_exported(exported: Opened) -> None:
    screen = opened(exported)
    screen.tab("Code")
    assert "keras.Input((28, 28, 1))" in screen.root.locator(".cw-code-view").inner_text()
    screen.tab("Explore")
    screen.press("More")
    with screen.page.expect_download() as download:
        screen.page.get_by_role("menuitem", name="Save the drawing as SVG").click()
    text = download.value.path().read_text("utf-8")
    assert text.startswith("<svg") and "conv2d_1" in text and "10×10×16" in text


def test_rows_are_dragged_by_touch_on_a_narrow_screen(chromium: object, tmp_path: object) -> None:
    context: BrowserContext = chromium.new_context(  # type: ignore[attr-defined]
        viewport={"width": 380, "height": 800}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    path = tmp_path / "widget.html"  # type: ignore[operator]
    cw.ArchitectureExplorer(preset="two_layers").save_html(path)
    page.goto(path.as_uri())
    screen = Builder(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    start = screen.box(screen.row("conv2d").locator(".cw-layer-grip"))
    end = screen.box(screen.row("conv2d_1"))
    assert start["height"] >= 44
    touch = page.context.new_cdp_session(page)
    x, y = start["x"] + 10, start["y"] + 20
    for kind, down in [("touchStart", y), ("touchMove", y + 30), ("touchMove", end["y"] + 30)]:
        points = [{"x": x, "y": down}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    screen.settle()
    assert screen.line("conv2d")[0] == "(None, 8, 8, 2)"
    context.close()


def test_code_is_read_and_what_cannot_be_is_told(exported: Opened) -> None:
    screen = opened(exported)
    screen.press("Read code")
    text = screen.page.get_by_role("textbox", name="Code for Keras or PyTorch")
    show = screen.page.get_by_role("button", name="Show the network")
    text.fill("nn.Transformer(3)")
    show.click()
    expect(screen.page.get_by_role("dialog")).to_contain_text("Transformer is not a layer")
    text.fill(cw.ArchitectureExplorer(preset="keras_digits").to_code("keras"))
    show.click()
    screen.settle()
    assert screen.total() == "1,199,882"
    assert screen.root.get_by_role("combobox", name="Network").input_value() == "keras_digits"
