"""The gradient explorer in an exported page: edited, walked over, pointed at, and learnt with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

import convwidgets as cw
from tests.browser.screen import Screen

Opened = Callable[..., Page]
FORKED = [[1.5, -2, 0.25, 3], [0, 4, -1, 2.5], [-3, 1, 2, 0.75], [5, -0.5, 1.25, -4]]


class Gradients(Screen):
    """The gradient explorer's own panels."""

    def map(self, title: str) -> Locator:
        """The panel of this title, of those that are shown."""
        head = self.page.locator(".cw-panel-title", has_text=re.compile(f"^{re.escape(title)}$"))
        return self.root.locator(".cw-panel:visible", has=head)

    def values(self, title: str) -> NDArray[np.float64]:
        """The numbers of a panel."""
        rows = self.map(title).locator("[role=row]")
        return np.array(
            rows.evaluate_all(
                "rows => rows.map(row => [...row.querySelectorAll('[role=gridcell]')]"
                ".map(cell => parseFloat(cell.textContent.replace('−', '-'))))"
            )
        )

    def at(self, title: str, row: int, column: int) -> Locator:
        """One cell of a panel."""
        rows = self.map(title).locator("[role=row]")
        return rows.nth(row).locator("[role=gridcell]").nth(column)

    def type_cell(self, title: str, row: int, column: int, text: str) -> None:
        """Click a cell, type a number, press Enter."""
        self.at(title, row, column).click()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        self.settle()

    def step(self) -> tuple[int, float]:
        """The step that learning stands at, and its loss."""
        text = self.root.locator(".cw-curve-note").inner_text()
        found = re.match(r"Step (\d+): (\S+)", text)
        assert found, text
        return int(found[1]), float(found[2].replace("∞", "inf").replace("−", "-"))


def test_every_number_is_the_engines(exported: Opened) -> None:
    widget = cw.GradientExplorer(bias=2, upstream="squares")
    screen = Gradients(exported(widget))
    np.testing.assert_array_equal(screen.values("Output Y"), widget.output)
    np.testing.assert_array_equal(screen.values("∂L/∂X"), widget.grad_input)
    np.testing.assert_array_equal(screen.values("∂L/∂W"), widget.grad_weight)
    np.testing.assert_array_equal(screen.values("∂L/∂b"), [[widget.grad_bias]])
    np.testing.assert_array_equal(screen.values("∂L/∂Y"), widget.upstream_gradient)


def test_editing_the_upstream_gradient_cell_by_cell(exported: Opened) -> None:
    widget = cw.GradientExplorer()
    screen = Gradients(exported(widget))
    screen.type_cell("∂L/∂Y", 0, 1, "-3")
    own = np.ones((3, 3))
    own[0, 1] = -3
    widget.upstream = own
    np.testing.assert_array_equal(screen.values("∂L/∂W"), widget.grad_weight)
    np.testing.assert_array_equal(screen.values("∂L/∂X"), widget.grad_input)
    screen.press("Undo")
    widget.upstream = "ones"
    np.testing.assert_array_equal(screen.values("∂L/∂W"), widget.grad_weight)


def test_editing_input_and_kernel(exported: Opened) -> None:
    widget = cw.GradientExplorer()
    screen = Gradients(exported(widget))
    screen.type_cell("Input X", 2, 2, "5")
    screen.type_cell("Kernel W", 0, 0, "-.5")
    pixels = np.array(widget.pixels)
    pixels[2, 2] = 5
    widget.image = pixels
    widget.kernel = [[-0.5, -1, 0], [-1, 1, 1], [0, 1, 2]]
    np.testing.assert_array_equal(screen.values("∂L/∂W"), widget.grad_weight)
    np.testing.assert_array_equal(screen.values("∂L/∂X"), widget.grad_input)
    screen.at("∂L/∂X", 0, 0).hover()
    screen.settle()
    assert screen.result() == -0.5


@pytest.mark.parametrize("loss", ["ones", "cell", "squares"])
def test_losses_by_choice(exported: Opened, loss: str) -> None:
    widget = cw.GradientExplorer()
    screen = Gradients(exported(widget))
    screen.control("upstream").locator("select").select_option(loss)
    screen.settle()
    widget.upstream = loss
    np.testing.assert_array_equal(screen.values("∂L/∂Y"), widget.upstream_gradient)
    np.testing.assert_array_equal(screen.values("∂L/∂X"), widget.grad_input)


def test_hovering_a_gradient_shows_its_sum_and_its_check(exported: Opened) -> None:
    widget = cw.GradientExplorer(stride=2, padding=1, upstream="squares")
    screen = Gradients(exported(widget))
    for title, row, column, value in [
        ("∂L/∂W", 0, 2, widget.grad_weight[0, 2]),
        ("∂L/∂X", 1, 2, widget.grad_input[1, 2]),
        ("∂L/∂b", 0, 0, widget.grad_bias),
    ]:
        screen.at(title, row, column).hover()
        screen.settle()
        assert screen.result() == value
        assert "The two are equal" in screen.root.locator(".cw-grad-told").inner_text()


def test_the_stepper_walks_over_the_gradient(exported: Opened) -> None:
    widget = cw.GradientExplorer(position=[0, 0])
    screen = Gradients(exported(widget))
    screen.press("Step")
    assert "2 / 9" in screen.root.locator(".cw-player").inner_text()
    assert np.isfinite(screen.values("∂L/∂W")).sum() == 2
    assert screen.spoken().startswith("∂L/∂W[0, 1]:")
    grid = screen.map("∂L/∂X").locator("svg[role=grid]")
    grid.focus()
    screen.page.keyboard.press("End")
    screen.settle()
    assert "∂L/∂X[" in screen.spoken()
    assert "/ 25" in screen.root.locator(".cw-player").inner_text()


def test_playing_reaches_the_last_cell(exported: Opened) -> None:
    widget = cw.GradientExplorer(gradient="input", position=[0, 0], speed=7)
    screen = Gradients(exported(widget))
    screen.press("Play")
    expect(screen.root.locator(".cw-player")).to_contain_text("25 / 25", timeout=10_000)
    np.testing.assert_array_equal(screen.values("∂L/∂X"), widget.grad_input)


@pytest.mark.parametrize("name", ["stride", "padding", "dilation", "kernel_size"])
def test_sliders(exported: Opened, name: str) -> None:
    widget = cw.GradientExplorer(image="dress")
    screen = Gradients(exported(widget))
    screen.drag_slider(name, 2)
    screen.settle()
    setattr(widget, "kernel" if name == "kernel_size" else name, kernel_or(name))
    np.testing.assert_array_equal(screen.values("∂L/∂W"), widget.grad_weight)
    np.testing.assert_array_equal(screen.values("∂L/∂X"), widget.grad_input)


def kernel_or(name: str) -> Any:
    """What a slider at 2 means."""
    return [[1, 1], [1, 2]] if name == "kernel_size" else 2


@pytest.mark.parametrize(
    ("choice", "operation"), [("max pooling", "max"), ("average pooling", "average")]
)
def test_poolings(exported: Opened, choice: str, operation: str) -> None:
    widget = cw.GradientExplorer(image=FORKED, upstream="squares")
    screen = Gradients(exported(widget))
    screen.choose("operation", choice)
    screen.drag_slider("stride", 2)
    screen.settle()
    widget.operation, widget.stride = operation, 2
    np.testing.assert_allclose(screen.values("∂L/∂X"), widget.grad_input, atol=1e-3)
    expect(screen.map("∂L/∂W")).to_have_count(0)
    words = {"max": "goes to its winner", "average": "equal share"}[operation]
    assert words in screen.root.locator(".cw-grad-told").inner_text()


def test_learning_to_the_end(exported: Opened) -> None:
    widget = cw.GradientExplorer(task="learn", rate=0.4, speed=9, steps=60)
    screen = Gradients(exported(widget))
    assert screen.step()[0] == 0
    screen.press("Play")
    expect(screen.root.locator(".cw-player")).to_contain_text("step 60 / 60", timeout=10_000)
    screen.settle()
    widget.step = 60
    np.testing.assert_allclose(screen.values("Learned W"), widget.learned, atol=1e-3)
    step, loss = screen.step()
    assert step == 60
    assert loss == pytest.approx(widget.losses[-1], rel=0.1, abs=1e-9)
    expect(screen.root.locator(".cw-grad-verdict")).to_contain_text("Found")
    assert np.isnan(screen.values("Hidden W")).all()
    screen.press("Reveal the answers")
    np.testing.assert_array_equal(screen.values("Hidden W"), [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
    np.testing.assert_allclose(screen.values("Least squares"), widget.least_squares, atol=1e-3)
    screen.type_cell("Hidden W", 1, 1, "3")
    widget.target = [[-2, -1, 0], [-1, 3, 1], [0, 1, 2]]
    np.testing.assert_allclose(screen.values("Learned W"), widget.learned, atol=1e-3)
    screen.press("To the start")
    assert screen.step()[0] == 0
    np.testing.assert_array_equal(screen.values("Learned W"), np.zeros((3, 3)))


def test_learning_diverges_where_the_rate_is_too_great(exported: Opened) -> None:
    widget = cw.GradientExplorer(task="learn", rate=0.1, steps=30, speed=8)
    screen = Gradients(exported(widget))
    limit = screen.root.get_by_role("button", name="Largest stable rate")
    expect(limit).to_have_attribute("aria-disabled", "true")
    rate = screen.root.locator(".cw-grad-tools .cw-number")
    rate.fill("1")
    rate.press("Enter")
    screen.settle()
    screen.press("Play")
    expect(screen.root.locator(".cw-player")).to_contain_text("step 30 / 30", timeout=10_000)
    screen.settle()
    widget.rate, widget.step = 1, 30
    step, loss = screen.step()
    assert (step, loss) == (30, pytest.approx(widget.losses[-1], rel=1e-2))
    told = f"2/λ = {widget.largest_rate:.3f}"
    expect(screen.root.locator(".cw-grad-verdict")).to_contain_text(told)
    limit.click()
    screen.settle()
    expect(screen.root.locator(".cw-grad-tools .cw-range")).to_have_attribute("data-marked", "")


def test_the_rate_slider_moves_by_factors(exported: Opened) -> None:
    screen = Gradients(exported(cw.GradientExplorer(task="learn")))
    slider = screen.root.locator(".cw-grad-tools input[type=range]")
    assert slider.evaluate("slider => [Number(slider.min), Number(slider.max)]") == [-4, 1]
    slider.focus()
    for _ in range(4):
        screen.page.keyboard.press("ArrowRight")
    number = float(screen.root.locator(".cw-grad-tools .cw-number").input_value())
    assert 0.13 < number < 0.2
    screen.page.keyboard.press("Home")
    assert screen.root.locator(".cw-grad-tools .cw-number").input_value() == "0.0001"


def test_what_was_kept_stands_beside(exported: Opened) -> None:
    screen = Gradients(exported(cw.GradientExplorer(task="learn", step=20)))
    screen.press("Keep")
    rate = screen.root.locator(".cw-grad-tools .cw-number")
    rate.fill("0.3")
    rate.press("Enter")
    screen.settle()
    expect(screen.root.locator(".cw-curve-note")).to_contain_text("kept, rate 0.1:")
    screen = Gradients(exported(cw.GradientExplorer()))
    before = screen.values("∂L/∂W")
    screen.press("Keep")
    screen.type_cell("∂L/∂Y", 0, 0, "2")
    difference = screen.values("∂L/∂W") - before
    np.testing.assert_array_equal(screen.values("Now − kept"), difference)


def test_a_prediction_is_answered_before_it_is_shown(exported: Opened) -> None:
    widget = cw.GradientExplorer(predict="cell", gradient="input", position=[0, 2])
    screen = Gradients(exported(widget))
    form = screen.root.locator(".cw-question")
    expect(form).to_contain_text("what is ∂L/∂X[0, 2]?")
    expect(screen.root.locator(".cw-grad-told .cw-sums")).to_be_hidden()
    # The last row of weights instead of the first: the kernel as it is, not turned.
    form.locator(".cw-number").fill("3")
    form.get_by_role("button", name="Commit").click()
    expect(form).to_contain_text("turned by 180°")
    assert screen.result() == widget.grad_input[0, 2]


def test_a_rate_is_predicted(exported: Opened) -> None:
    screen = Gradients(exported(cw.GradientExplorer(task="learn", predict="rate", rate=2)))
    form = screen.root.locator(".cw-question")
    expect(screen.root.locator(".cw-curve-svg")).to_be_hidden()
    form.get_by_role("radio", name="it settles").click()
    form.get_by_role("button", name="Commit").click()
    expect(form).to_contain_text("overshoots by more than it gains")


def test_the_code_is_pythons(exported: Opened) -> None:
    widget = cw.GradientExplorer(stride=2)
    screen = Gradients(exported(widget))
    screen.root.get_by_role("radio", name="Code", exact=True).click()
    screen.settle()
    assert screen.root.locator("pre").inner_text().strip() == widget.to_code("numpy").strip()


@pytest.mark.parametrize("width", [380, 800, 1600])
@pytest.mark.parametrize("task", ["backward", "learn"])
def test_it_fits_every_width(exported: Opened, width: int, task: str) -> None:
    page = exported(cw.GradientExplorer(task=task, step=10 if task == "learn" else 0))
    page.set_viewport_size({"width": width, "height": 900})
    screen = Gradients(page)
    screen.settle()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
