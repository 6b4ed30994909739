"""What a learner sees and touches of one widget, for the tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import FloatRect, Locator, Page


class Screen:
    """One widget on a page.

    Parameters
    ----------
    page : Page
        The page that shows it.
    index : int
        Which of the page's widgets.
    """

    def __init__(self, page: Page, index: int = 0) -> None:
        self.page = page
        self.root = page.locator(".cw-root").nth(index)
        self.root.wait_for(state="attached")
        self.root.scroll_into_view_if_needed()
        page.wait_for_function(
            "index => document.querySelectorAll('.cw-root')[index]?.dataset.ready", arg=index
        )

    def panel(self, role: str) -> Locator:
        """The panel of the input, the kernel or the output."""
        return self.root.locator(f".cw-panels .cw-panel-{role}")

    def shape(self, role: str = "output") -> str:
        """The shape written beside a panel's name."""
        return self.panel(role).locator(".cw-shape").text_content() or ""

    def cells(self, role: str = "output") -> NDArray[np.float64]:
        """The numbers of a panel that is drawn as cells, padding included."""
        return self.numbers(f".cw-panels .cw-panel-{role}")

    def numbers(self, place: str) -> NDArray[np.float64]:
        """The numbers of the cells in a part of the widget."""
        rows = self.root.locator(f"{place} [role=row]")
        return np.array(
            rows.evaluate_all(
                "rows => rows.map(row => [...row.querySelectorAll('[role=gridcell]')]"
                ".map(cell => parseFloat(cell.textContent.replace('−', '-'))))"
            )
        )

    def cell(self, role: str, row: int, column: int) -> Locator:
        """One cell of a panel, counted from 0, its padding included."""
        return (
            self.panel(role).locator("[role=row]").nth(row).locator("[role=gridcell]").nth(column)
        )

    def control(self, name: str) -> Locator:
        """A control, by its parameter's name."""
        return self.root.locator(f"[data-control={name}]")

    def choose(self, name: str, label: str) -> None:
        """Click one option of a segmented control."""
        self.control(name).get_by_role("radio", name=label, exact=True).click()

    def drag_slider(self, name: str, value: float) -> None:
        """Drag a slider's thumb with the mouse to a value."""
        slider = self.control(name).locator("input[type=range]")
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box is not None
        low, high, now = (
            float(slider.evaluate(f"slider => slider.{key}")) for key in ("min", "max", "value")
        )
        thumb = 16
        inside = box["width"] - thumb

        def place(at: float) -> float:
            return box["x"] + thumb / 2 + inside * (at - low) / (high - low)

        middle = box["y"] + box["height"] / 2
        self.page.mouse.move(place(now), middle)
        self.page.mouse.down()
        self.page.mouse.move(place(value), middle, steps=6)
        self.page.mouse.up()

    def sentence(self) -> str:
        """The arithmetic of the present position."""
        return self.root.locator(".cw-sums").inner_text()

    def result(self) -> float:
        """The last number of the arithmetic: what the chosen output cell holds."""
        text = self.root.locator(".cw-sums .cw-sum-result").last.inner_text()
        return float(text.replace("−", "-"))

    def badge(self) -> str:
        """Which engine answered, and in what time."""
        return self.root.locator(".cw-badge-text").inner_text()

    def spoken(self) -> str:
        """What a screen reader was told last."""
        return self.root.locator("> .cw-spoken").inner_text()

    def settle(self) -> None:
        """Wait until what was changed has been painted."""
        self.page.evaluate(
            "() => new Promise(done => setTimeout(() => requestAnimationFrame("
            "() => requestAnimationFrame(done)), 60))"
        )

    def type_weight(self, row: int, column: int, text: str) -> None:
        """Type a number into a cell of the kernel."""
        self.panel("kernel").locator("[role=row]").nth(row).locator("[role=gridcell]").nth(
            column
        ).click()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        self.settle()

    def press(self, name: str) -> None:
        """Click a button by its name."""
        self.root.get_by_role("button", name=name, exact=True).first.click()
        self.settle()

    def menu(self, item: str) -> None:
        """Choose from the ⋯ menu."""
        self.press("More")
        self.page.get_by_role("menuitem", name=item).click()
        self.settle()

    @staticmethod
    def box(element: Locator) -> FloatRect:
        """Where an element stands in the window."""
        box = element.bounding_box()
        assert box is not None
        return box

    def news(self) -> str:
        """The line of news, empty if there is none."""
        return self.root.locator("> .cw-notice").inner_text().strip()
