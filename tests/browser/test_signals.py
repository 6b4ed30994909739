"""The one-dimensional explorer in the exported page: dragged, typed, stepped, drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from convwidgets import Convolution1DExplorer
from tests.browser.conftest import Lab, Watch
from tests.browser.screen import Screen
from tests.browser.test_lab import printed, show

Opened = Callable[..., Page]
BARS = [0, 0, 1, 1, 0, 0, 1, 1, 0, 0]


class SignalScreen(Screen):
    """A one-dimensional explorer on a page."""

    def lane(self, name: str) -> Locator:
        """A lane, by its name."""
        return self.root.locator(f'.cw-lane[aria-label="{name}"]:visible').first

    def stems(self, name: str) -> Locator:
        """The stems of a lane that can be reached."""
        return self.lane(name).locator(".cw-stem[role]")

    def values(self, name: str = "Output") -> NDArray[np.float64]:
        """The numbers that are written on a lane, padding included."""
        texts = self.lane(name).locator(".cw-stem-value").all_text_contents()
        return np.array([float(text.replace("−", "-") or "nan") for text in texts])

    def drag(self, name: str, index: int, by: float) -> None:
        """Drag a dot up by pixels with the mouse."""
        dot = self.stems(name).nth(index).locator(".cw-stem-dot")
        dot.scroll_into_view_if_needed()
        box = self.box(dot)
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x, y - by, steps=5)
        self.page.mouse.up()
        self.settle()

    def type_stem(self, name: str, index: int, text: str) -> None:
        """Type a number over a dot."""
        self.stems(name).nth(index).focus()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        self.settle()

    def value_of(self, name: str, index: int) -> float:
        """What a screen reader is told of a dot."""
        return float(self.stems(name).nth(index).get_attribute("aria-valuenow") or "nan")


@pytest.fixture
def open_signal(exported: Opened) -> Callable[..., SignalScreen]:
    return lambda **settings: SignalScreen(exported(Convolution1DExplorer(**settings)))


Open = Callable[..., SignalScreen]


def test_the_two_arrays_on_the_screen(open_signal: Open) -> None:
    screen = open_signal()
    np.testing.assert_array_equal(screen.values(), [0, 0, 0, 0, 1, 0, 0, 0, 0])
    np.testing.assert_array_equal(screen.values("Signal"), [0] * 5 + [1] * 5)
    screen.lane("Signal").locator(".cw-picker").click()
    screen.page.get_by_role("option", name="Two bars").click()
    screen.settle()
    np.testing.assert_array_equal(screen.values(), [0, 1, 0, -1, 0, 1, 0, -1, 0])
    screen.choose("flip", "convolution")
    screen.settle()
    np.testing.assert_array_equal(screen.values(), np.convolve(BARS, [-1, 1], "valid"))
    np.testing.assert_array_equal(screen.values("Kernel"), [-1, 1])


def test_dragging_a_dot_recomputes(open_signal: Open) -> None:
    screen = open_signal(signal=[0, 1, 2, 1, 0], kernel=[1, 2, 1])
    before = screen.values()
    screen.drag("Signal", 2, 40)
    signal = [screen.value_of("Signal", index) for index in range(5)]
    assert signal[2] > 2.5 and signal[:2] == [0, 1]
    np.testing.assert_allclose(screen.values(), np.correlate(signal, [1, 2, 1], "valid"), atol=1e-4)
    screen.press("Undo")
    np.testing.assert_array_equal(screen.values(), before)
    screen.drag("Kernel", 0, -60)
    kernel = [screen.value_of("Kernel", index) for index in range(3)]
    assert kernel[0] < 0
    np.testing.assert_allclose(
        screen.values(), np.correlate([0, 1, 2, 1, 0], kernel, "valid"), atol=1e-4
    )


def test_a_dot_follows_a_finger(chromium: Browser, watch: Watch, tmp_path: Any) -> None:
    path = tmp_path / "touch.html"
    Convolution1DExplorer(signal=[0, 1, 2, 1, 0], kernel=[1]).save_html(path)
    context = chromium.new_context(viewport={"width": 380, "height": 800}, has_touch=True)
    page = context.new_page()
    watch.attach(page)
    page.goto(path.as_uri())
    screen = SignalScreen(page)
    dot = screen.stems("Signal").nth(1).locator(".cw-stem-dot")
    box = screen.box(dot)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = context.new_cdp_session(page)
    for kind, down in (("touchStart", 0), ("touchMove", -10), ("touchMove", -30)):
        point = [{"x": x, "y": y + down}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": point})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    screen.settle()
    assert screen.value_of("Signal", 1) > 1.3
    np.testing.assert_allclose(screen.values()[1], screen.value_of("Signal", 1), atol=1e-4)
    context.close()
    watch.check()


def test_keys_move_between_dots_and_alter_them(open_signal: Open) -> None:
    screen = open_signal(signal=[1, 2, 3], kernel=[1, 1])
    keyboard = screen.page.keyboard
    screen.stems("Signal").first.focus()
    keyboard.press("ArrowRight")
    keyboard.press("ArrowUp")
    screen.settle()
    assert screen.value_of("Signal", 1) > 2
    keyboard.press("ArrowDown")
    keyboard.press("End")
    keyboard.press("Delete")
    screen.settle()
    np.testing.assert_array_equal(screen.values(), [3, 2])
    keyboard.press("Home")
    expect(screen.stems("Signal").first).to_be_focused()


def test_a_number_is_typed_over_a_dot(open_signal: Open) -> None:
    screen = open_signal(signal=[1, 2, 3, 4], kernel=[1, 1])
    screen.type_stem("Signal", 1, "-7.5")
    np.testing.assert_array_equal(screen.values(), [-6.5, -4.5, 7])
    expect(screen.stems("Signal").nth(2)).to_be_focused()
    screen.type_stem("Kernel", 0, "1/4")
    np.testing.assert_allclose(screen.values(), np.correlate([1, -7.5, 3, 4], [0.25, 1]), atol=1e-4)
    assert "custom" in screen.lane("Kernel").locator(".cw-picker").inner_text()


def test_markup_typed_stays_text_and_is_refused(open_signal: Open) -> None:
    screen = open_signal(signal=[1, 2], kernel=[1])
    screen.stems("Signal").first.focus()
    screen.page.keyboard.press("Enter")
    screen.page.keyboard.type("<b>")
    screen.page.keyboard.press("Enter")
    expect(screen.root.locator(".cw-cell-field")).to_have_attribute("aria-invalid", "true")
    screen.page.keyboard.press("Escape")
    np.testing.assert_array_equal(screen.values(), [1, 2])


def test_stepping_traces_the_output(open_signal: Open) -> None:
    screen = open_signal(signal="bars")
    screen.root.get_by_role("radio", name="Step", exact=True).click()
    screen.settle()
    assert np.isfinite(screen.values()).sum() == 1
    screen.press("Step")
    screen.press("Step")
    assert np.isfinite(screen.values()).sum() == 3
    assert "3 / 9" in screen.root.locator(".cw-player").inner_text()
    assert screen.spoken().startswith("Output 2:")
    assert screen.result() == 0
    screen.press("Step")
    assert screen.result() == -1
    assert "output[3] looks at input 3–4." in screen.root.inner_text()


def test_playing_reaches_the_end(open_signal: Open) -> None:
    screen = open_signal(speed=6)
    screen.press("Play")
    expect(screen.root.locator(".cw-player-place")).to_have_text("9 / 9")
    np.testing.assert_array_equal(screen.values(), [0, 0, 0, 0, 1, 0, 0, 0, 0])


def test_hovering_an_output_shows_its_sum(open_signal: Open) -> None:
    widget = Convolution1DExplorer(signal="noisy_step", kernel="rising", padding="same")
    screen = open_signal(signal="noisy_step", kernel="rising", padding="same")
    for index in (0, 4, 11):
        screen.stems("Output").nth(index).locator(".cw-stem-grip").hover()
        screen.settle()
        np.testing.assert_allclose(screen.result(), widget.output[index], atol=1e-6)
    screen.page.mouse.move(2, 2)
    screen.settle()
    np.testing.assert_allclose(screen.result(), widget.output[0], atol=1e-6)


def test_arrows_move_the_window_from_the_output(open_signal: Open) -> None:
    screen = open_signal(signal="bars")
    screen.stems("Output").first.focus()
    screen.page.keyboard.press("ArrowRight")
    screen.settle()
    expect(screen.stems("Output").nth(1)).to_be_focused()
    expect(screen.stems("Output").nth(1)).to_have_attribute("aria-checked", "true")
    assert screen.result() == 1
    assert screen.spoken().startswith("Output 1:")


@pytest.mark.parametrize("padding", ["valid", "same", "half", "full", "causal"])
def test_every_padding_by_click(open_signal: Open, padding: str) -> None:
    screen = open_signal(signal="noisy_step", kernel="mean4")
    screen.choose("padding", padding)
    screen.settle()
    widget = Convolution1DExplorer(signal="noisy_step", kernel="mean4", padding=padding)
    assert len(screen.values()) == widget.output_shape[0]
    np.testing.assert_allclose(screen.values(), widget.output, atol=6e-3)
    rings = screen.lane("Signal").locator(".cw-stem[data-kind=padding]").count()
    assert rings == {"valid": 0, "same": 3, "half": 3, "full": 6, "causal": 3}[padding]


def test_sliders_and_what_the_floor_drops(open_signal: Open) -> None:
    screen = open_signal(signal="bars", kernel="binomial")
    screen.drag_slider("stride", 4)
    screen.settle()
    assert len(screen.values()) == 2
    assert screen.lane("Signal").locator(".cw-stem[data-kind=dropped]").count() == 3
    assert "the floor leaves 7–9 unread" in screen.lane("Signal").inner_text()
    assert "⌊7 / 4⌋ + 1 = 2" in screen.root.inner_text()
    screen.drag_slider("dilation", 3)
    screen.settle()
    expect(screen.lane("Kernel in its place").locator(".cw-stem-holes circle")).to_have_count(4)


def test_the_paddings_are_compared(open_signal: Open) -> None:
    widget = Convolution1DExplorer(signal="noisy_step", kernel="binomial", stride=2)
    screen = open_signal(signal="noisy_step", kernel="binomial", stride=2)
    screen.control("compare").get_by_role("switch").click()
    screen.settle()
    panel = screen.root.locator(".cw-paddings")
    expect(panel).to_contain_text("every window of “half” lies 1 cell further left")
    compared = widget.compare_paddings()
    same = screen.values("Keras's “same”")
    np.testing.assert_allclose(same, compared["same"], atol=1e-4)
    np.testing.assert_allclose(screen.values("“half”"), compared["half"], atol=1e-4)
    first = [
        screen.box(panel.locator(".cw-lane-output .cw-stem-dot").nth(index))["x"]
        for index in (0, 6)
    ]
    assert first[1] < first[0]


def test_keeping_shows_what_was(open_signal: Open) -> None:
    screen = open_signal(signal="bars")
    screen.press("Keep")
    screen.choose("flip", "convolution")
    screen.settle()
    np.testing.assert_array_equal(screen.values("Kept"), [0, 1, 0, -1, 0, 1, 0, -1, 0])
    np.testing.assert_array_equal(screen.values(), [0, -1, 0, 1, 0, -1, 0, 1, 0])
    screen.press("Let go")
    expect(screen.lane("Kept")).to_be_hidden()


def test_box_with_box_on_the_screen(open_signal: Open) -> None:
    screen = open_signal()
    screen.choose("mode", "two curves")
    screen.settle()
    product, output = (screen.lane(name).locator("svg.cw-curves") for name in ("Product", "Output"))
    said = screen.lane("Output").locator(".cw-curve-said")
    expect(said).to_have_text("h(−0.5) = 0.5")
    output.focus()
    screen.page.keyboard.press("Shift+ArrowRight")
    screen.settle()
    expect(said).to_have_text("h(−0.25) = 0.75")
    assert "= 0.75 at s = −0.25" in screen.spoken()
    box = screen.box(product)
    for place, height in ((0.5, 1), (0.5625, 0.5), (0.625, 0)):
        screen.page.mouse.move(box["x"] + place * box["width"], box["y"] + 40)
        screen.page.mouse.down()
        screen.page.mouse.up()
        screen.settle()
        text = re.split("[=≈]", said.text_content() or "")[1]
        np.testing.assert_allclose(float(text.replace("−", "-")), height, atol=0.05)


def test_a_curve_is_drawn_by_hand(open_signal: Open) -> None:
    screen = open_signal(mode="continuous", position=128)
    plot = screen.root.locator(".cw-curve-editor[aria-label=f] svg.cw-curves")
    box = screen.box(plot)
    screen.page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 20)
    screen.page.mouse.down()
    screen.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 20, steps=8)
    screen.page.mouse.up()
    screen.settle()
    assert "drawn by hand" in screen.root.locator(".cw-curve-editor[aria-label=f]").inner_text()
    height = 1 - 2 * (20 - 16) / (112 - 20 - 16)
    said = screen.lane("Output").locator(".cw-curve-said").text_content() or ""
    np.testing.assert_allclose(float(re.split("[=≈]", said)[1]), height, atol=0.05)
    plot.focus()
    screen.page.keyboard.press("ArrowUp")
    screen.settle()
    # The cursor of the keys stands where the hand left off, a step of 0.1 higher now.
    at, value = (plot.get_attribute("aria-valuetext") or "").split(": ")
    assert at == "0.75"
    np.testing.assert_allclose(float(value), height + 0.1, atol=0.02)


def test_a_length_is_predicted_first(open_signal: Open) -> None:
    screen = open_signal(signal="bars", kernel="binomial", stride=2, predict="size")
    expect(screen.lane("Output")).to_have_class(re.compile("cw-covered"))
    assert "unread" not in screen.lane("Signal").inner_text()
    blank = screen.root.locator(".cw-question input")
    blank.fill("5")
    screen.press("Commit")
    reply = screen.root.locator(".cw-question-reply")
    expect(reply).to_contain_text("overhangs")
    expect(reply).to_contain_text("It has 4.")
    assert "the floor leaves 9 unread" in screen.lane("Signal").inner_text()
    np.testing.assert_allclose(screen.values(), [0.25, 0.75, 0.25, 0.75], atol=1e-6)


def test_a_shape_is_predicted_first(open_signal: Open) -> None:
    screen = open_signal(mode="continuous", predict="shape")
    screen.root.locator(".cw-question").get_by_role("radio", name="a triangle").click()
    screen.press("Commit")
    expect(screen.root.locator(".cw-question-reply")).to_contain_text("Yes.")


def test_the_programs_of_page_and_kernel_are_one(open_signal: Open) -> None:
    widget = Convolution1DExplorer(signal="bars", padding="same", flip=True)
    screen = open_signal(signal="bars", padding="same", flip=True)
    screen.root.get_by_role("radio", name="Code", exact=True).click()
    screen.settle()
    shown = screen.root.locator(".cw-code-view code").first.text_content()
    assert (shown or "").strip() == widget.to_code("numpy").strip()


def test_a_teacher_locks_the_dots(open_signal: Open) -> None:
    screen = open_signal(signal=[1, 2, 3], kernel=[1], locked=["signal"], hidden=["stride"])
    screen.drag("Signal", 1, 40)
    assert screen.value_of("Signal", 1) == 2
    expect(screen.control("stride")).to_be_hidden()


@pytest.mark.parametrize("width", [380, 800, 1600])
@pytest.mark.parametrize("mode", ["discrete", "continuous"])
def test_nothing_sticks_out(chromium: Browser, tmp_path: Any, width: int, mode: str) -> None:
    path = tmp_path / "wide.html"
    long = Convolution1DExplorer(
        mode=mode, signal=list(range(64)), kernel="rising", padding="full", compare=True
    )
    long.save_html(path)
    context = chromium.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    screen = SignalScreen(page)
    screen.settle()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@pytest.mark.parametrize("engine", ["auto", "kernel"])
def test_a_dot_in_the_lab_is_pythons(lab: Lab, page: Page, engine: str) -> None:
    make = f"w = cw.Convolution1DExplorer(signal=[1, 2, 4], kernel=[1, 1], engine={engine!r})"
    show(lab, page, f"signal-{engine}.ipynb", f"import convwidgets as cw\n{make}\nw")
    screen = SignalScreen(page)
    np.testing.assert_array_equal(screen.values(), [3, 6])
    screen.type_stem("Signal", 1, "-3")
    page.wait_for_timeout(500)
    np.testing.assert_array_equal(screen.values(), [-2, 1])
    assert printed(page, lab, "print(w.signal.tolist(), w.output.tolist())") == (
        "[1.0, -3.0, 4.0] [-2.0, 1.0]"
    )
    assert printed(page, lab, "w.mode = 'continuous'; w.flip = True") == ""
    expect(screen.lane("Output").locator(".cw-curve-said")).to_have_text("h(−0.5) = 0.5")
    assert ("kernel" if engine == "kernel" else "page") in screen.badge()


def test_the_lanes_are_saved_as_a_picture(exported: Opened) -> None:
    screen = SignalScreen(exported(Convolution1DExplorer(signal=BARS)))
    screen.page.get_by_role("button", name="More").click()
    with screen.page.expect_download() as download:
        screen.page.get_by_role("menuitem", name="Save as PNG").click()
    assert download.value.suggested_filename == "convolution-1d.png"
    with Image.open(download.value.path()) as picture:
        pixels = np.asarray(picture.convert("RGBA"), dtype=np.int64)
        assert min(picture.size) > 300
    # Ink, the kernel's magenta and the output's green are all on it.
    for colour in ((0x1B, 0x1E, 0x23), (0xAD, 0x1F, 0x85), (0x17, 0x80, 0x4E)):
        near = np.abs(pixels[..., :3] - colour).sum(axis=-1) < 12
        assert (near & (pixels[..., 3] > 200)).sum() > 50, colour
