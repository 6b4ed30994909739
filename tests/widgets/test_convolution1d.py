"""The one-dimensional explorer: its numbers against NumPy and formulas, its state, its errors."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy.special import erf

from convwidgets import Convolution1DExplorer
from convwidgets.data import signals
from tests.widgets import make_signals
from tests.widgets.fake_comm import Page

STEP = [0] * 5 + [1] * 5
BARS = [0, 0, 1, 1, 0, 0, 1, 1, 0, 0]


def continuous(**settings: Any) -> Convolution1DExplorer:
    return Convolution1DExplorer(mode="continuous", **settings)


def test_the_two_arrays_give_nine_values() -> None:
    first = Convolution1DExplorer(signal=STEP, kernel=[-1, 1])
    np.testing.assert_array_equal(first.output, [0, 0, 0, 0, 1, 0, 0, 0, 0])
    second = Convolution1DExplorer(signal=BARS, kernel=[-1, 1])
    np.testing.assert_array_equal(second.output, [0, 1, 0, -1, 0, 1, 0, -1, 0])
    assert first.output.dtype == second.output.dtype == np.float32


def test_the_presets_are_these_arrays() -> None:
    widget = Convolution1DExplorer()
    np.testing.assert_array_equal(widget.output, [0, 0, 0, 0, 1, 0, 0, 0, 0])
    widget.signal = "bars"
    np.testing.assert_array_equal(widget.output, [0, 1, 0, -1, 0, 1, 0, -1, 0])


def test_a_convolution_is_the_negative_of_it() -> None:
    for array in (STEP, BARS):
        widget = Convolution1DExplorer(signal=array, kernel=[-1, 1], flip=True)
        np.testing.assert_array_equal(widget.output, np.convolve(array, [-1, 1], "valid"))
    full = Convolution1DExplorer(signal=STEP, kernel=[-1, 1], flip=True, padding="full")
    np.testing.assert_array_equal(full.output, [0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1])


def test_halves_are_not_cut_off() -> None:
    widget = Convolution1DExplorer(signal=STEP, kernel=[-0.5, 0.5])
    np.testing.assert_array_equal(widget.output, [0, 0, 0, 0, 0.5, 0, 0, 0, 0])


@pytest.mark.parametrize("padding", ["valid", "same", "half", "full", "causal", 0, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("taps", [1, 2, 3, 4])
def test_every_setting_against_numpy(
    padding: Any, stride: int, dilation: int, flip: bool, taps: int
) -> None:
    rng = np.random.default_rng(taps)
    signal, kernel = rng.normal(size=13), rng.normal(size=taps)
    reach = dilation * (taps - 1)
    windows = -(-13 // stride)
    total = max((windows - 1) * stride + reach + 1 - 13, 0)
    pads = {
        "valid": (0, 0),
        "same": (total // 2, total - total // 2),
        "half": (reach // 2, reach - reach // 2),
        "full": (reach, reach),
        "causal": (reach, 0),
        0: (0, 0),
        3: (3, 3),
    }[padding]
    spread = np.zeros(reach + 1)
    spread[::dilation] = kernel
    work = np.convolve if flip else np.correlate
    expected = work(np.pad(signal, pads), spread, "valid")[::stride]
    widget = Convolution1DExplorer(
        signal=signal, kernel=kernel, padding=padding, stride=stride, dilation=dilation, flip=flip
    )
    assert widget.output_shape == expected.shape
    np.testing.assert_allclose(widget.output, expected, atol=2e-6)


def test_same_and_half_have_one_length_and_two_alignments() -> None:
    ramp = np.arange(28)
    widget = Convolution1DExplorer(signal=ramp, kernel=[1, 0, 0], stride=2, padding="same")
    compared = widget.compare_paddings()
    # The first tap tells where each window begins: at 0, and one cell before.
    np.testing.assert_array_equal(compared["same"], np.arange(0, 28, 2))
    np.testing.assert_array_equal(compared["half"], [0, *range(1, 27, 2)])
    np.testing.assert_array_equal(compared["habit"], compared["half"])
    np.testing.assert_array_equal(widget.output, compared["same"])


def test_the_habit_lengthens_under_an_even_kernel() -> None:
    widget = Convolution1DExplorer(signal=STEP, kernel="mean4", padding="same")
    compared = widget.compare_paddings()
    assert [len(compared[name]) for name in ("same", "half", "habit")] == [10, 10, 11]
    assert continuous().compare_paddings() == {}


def test_box_with_box_is_the_triangle() -> None:
    widget = continuous()
    at = widget.places
    assert at[0] == -4 and at[-1] == 4 and widget.output_shape == at.shape
    np.testing.assert_array_equal(widget.output, np.maximum(1 - np.abs(at), 0))


@pytest.mark.parametrize(("wide", "narrow"), [(2, 1), (1, 2), (3, 0.25), (0.375, 1.125)])
def test_two_boxes_are_a_trapezoid(wide: float, narrow: float) -> None:
    widget = continuous(f_width=wide, g_width=narrow)
    at = np.abs(widget.places)
    exact = np.clip((wide + narrow) / 2 - at, 0, min(wide, narrow))
    np.testing.assert_allclose(widget.output, exact, atol=1e-6)


@pytest.mark.parametrize(("first", "second"), [(1, 1), (2, 1), (0.5, 3)])
def test_two_gaussians_are_a_gaussian(first: float, second: float) -> None:
    widget = continuous(f="gaussian", g="gaussian", f_width=first, g_width=second)
    a, b = first / 4, second / 4
    both = a * a + b * b
    exact = a * b * np.sqrt(2 * np.pi / both) * np.exp(-(widget.places**2) / (2 * both))
    np.testing.assert_allclose(widget.output, exact, atol=2e-6)


def test_a_box_with_a_gaussian_is_a_difference_of_error_functions() -> None:
    widget = continuous(g="gaussian", g_width=2)
    s, sigma = widget.places, 0.5
    root = np.sqrt(2) * sigma
    exact = sigma * np.sqrt(np.pi / 2) * (erf((s + 0.5) / root) - erf((s - 0.5) / root))
    np.testing.assert_allclose(widget.output, exact, atol=1e-4)


def test_in_a_correlation_the_tail_lies_on_the_other_side() -> None:
    decay = continuous(g="exponential")
    rise = continuous(g="exponential", flip=False)
    np.testing.assert_allclose(decay.output, rise.output[::-1], atol=1e-6)
    assert decay.output[decay.places > 1].sum() > decay.output[decay.places < -1].sum()


def test_a_chirp_matches_itself_in_one_place() -> None:
    widget = continuous(f="chirp", g="chirp", flip=False)
    assert widget.places[widget.output.argmax()] == 0


def test_a_drawn_curve_is_straight_between_its_numbers() -> None:
    drawn = continuous(f=[0, 0, 0, 1, 0, 0, 0], g_width=0.25)
    triangle = np.maximum(1 - np.abs(signals.times()) / (4 / 3), 0)
    np.testing.assert_allclose(signals.drawn([0, 0, 0, 1, 0, 0, 0]), triangle, atol=1e-12)
    middle = drawn.output[drawn.places == 0]
    np.testing.assert_allclose(middle, 0.25 * (1 - 0.0625 * 3 / 4), atol=1e-4)
    assert drawn.f.shape == (7,)


def test_output_is_observed_and_cannot_be_written() -> None:
    widget = Convolution1DExplorer()
    seen: list[Any] = []
    widget.observe(lambda change: seen.append(change["new"]), "output")
    widget.kernel = [1, 1]
    assert len(seen) == 1
    np.testing.assert_array_equal(seen[0], widget.output)
    with pytest.raises(ValueError, match="read-only"):
        widget.output[0] = 1
    with pytest.raises(TypeError, match="computed"):
        widget.output = [1]
    with pytest.raises(ValueError, match="read-only"):
        widget.kernel[0] = 5


def test_the_flip_follows_the_mode_unless_given() -> None:
    assert Convolution1DExplorer().flip is False
    assert continuous().flip is True
    assert continuous(flip=False).flip is False


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"signal": [1, 2.5, -3], "kernel": [0.5], "stride": 2, "padding": 3, "flip": True},
        {"mode": "continuous", "f": [0, 1, 0], "g": "chirp", "g_width": 0.625, "compare": True},
        {"position": 3, "locked": ["kernel", "f"], "hidden": ["stride"], "predict": "shape"},
    ],
)
def test_the_state_comes_back_whole(settings: dict[str, Any]) -> None:
    widget = Convolution1DExplorer(**settings)
    saved = json.loads(json.dumps(widget.state()))
    again = Convolution1DExplorer.from_state(saved)
    assert again.state() == widget.state()
    np.testing.assert_array_equal(again.output, widget.output)


def test_what_is_kept_comes_back() -> None:
    widget = Convolution1DExplorer(signal=[1, 2, 3])
    widget.keep()
    widget.stride = 2
    again = Convolution1DExplorer.from_state(widget.state())
    assert again.kept["stride"] == 1
    np.testing.assert_array_equal(again.kept["signal"], [1, 2, 3])


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"signal": "stpe"}, ValueError, "signal must be .*'stpe'.*did you mean 'step'"),
        ({"signal": []}, ValueError, r"signal must be .*1 to 64 numbers, got shape \(0,\)"),
        ({"signal": np.zeros(65)}, ValueError, r"got shape \(65,\)"),
        ({"signal": [1, np.nan]}, ValueError, "signal must hold finite numbers"),
        ({"signal": [[1, 2], [3]]}, (ValueError, TypeError), "signal must be"),
        ({"kernel": np.ones((1, 2))}, ValueError, r"kernel must be .*got shape \(1, 2\)"),
        ({"kernel": None}, TypeError, "kernel must be .*got None"),
        ({"kernel": np.ones(11)}, ValueError, "kernel spans 11 .*padded signal of 10"),
        ({"dilation": 8, "kernel": "mean"}, ValueError, "kernel spans 17 with dilation=8"),
        ({"f": [1]}, ValueError, r"f must be .*2 to 257 numbers, got shape \(1,\)"),
        ({"f_width": 0.3}, ValueError, "f_width must be a multiple of 0.125 .*got 0.3"),
        ({"g_width": "wide"}, TypeError, "g_width must be a finite number, got 'wide'"),
        ({"mode": "both"}, ValueError, "mode must be 'discrete' or 'continuous', got 'both'"),
        ({"padding": "reflect"}, ValueError, "padding must be .*'causal'.*got 'reflect'"),
        ({"position": -1}, ValueError, "position must be None or the place .*got -1"),
        ({"position": 1.5}, TypeError, "position must be"),
        ({"predict": "all"}, ValueError, "predict must be .*got 'all'"),
        ({"locked": ["picture"]}, ValueError, "locked must be a list of"),
    ],
)
def test_bad_input_is_named(settings: dict[str, Any], kind: Any, words: str) -> None:
    with pytest.raises(kind, match=words):
        Convolution1DExplorer(**settings)
    widget = Convolution1DExplorer()
    before = widget.state()
    for name, value in settings.items():
        if len(settings) == 1:
            with pytest.raises(kind, match=words):
                setattr(widget, name, value)
    assert widget.state() == before


def test_the_text_of_a_widget_is_stable() -> None:
    assert repr(Convolution1DExplorer(padding="same", stride=2)) == (
        "Convolution1DExplorer(signal='step', kernel='difference', stride=2, padding='same', "
        "output 5)"
    )
    assert repr(Convolution1DExplorer(signal=[1, 2, 3], kernel=[1])) == (
        "Convolution1DExplorer(signal=3 numbers, kernel=1 numbers, output 3)"
    )
    assert repr(continuous(g=[0, 1])) == (
        "Convolution1DExplorer(convolution, f='box' 1 wide, g=2 numbers, output 257)"
    )


def test_a_figure_shows_stems_and_curves() -> None:
    figure = Convolution1DExplorer().plot()
    assert [ax.get_title() for ax in figure.axes] == ["Signal 10", "Kernel 2", "Output 9"]
    np.testing.assert_array_equal(figure.axes[2].lines[1].get_ydata(), [0] * 4 + [1] + [0] * 4)
    figure = continuous().plot()
    assert [ax.get_title() for ax in figure.axes] == ["f", "g", "Output"]
    assert figure.axes[2].lines[1].get_ydata().max() == 1


def test_a_still_shows_what_the_widget_shows() -> None:
    widget = Convolution1DExplorer()
    widget._update_still()
    assert widget.still.count("<circle") == 10 + 2 + 9
    assert widget.still_text == "1-D convolution: signal step, kernel difference, output 9"


def test_the_page_is_held_to_these_cases() -> None:
    saved = json.loads(make_signals.PATH.read_text("utf-8"))
    found = make_signals.cases()
    assert [case["settings"] for case in saved] == [case["settings"] for case in found]
    assert [case["code"] for case in saved] == [case["code"] for case in found]
    for old, new in zip(saved, found, strict=True):
        np.testing.assert_allclose(old["output"], new["output"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("settings", [{"padding": "same", "stride": 2}, {"mode": "continuous"}])
def test_the_kernel_answers_a_page(settings: dict[str, Any]) -> None:
    widget = Convolution1DExplorer(**settings)
    state = {key: widget.get_state()[key] for key in widget.SETTINGS}
    answer, parts = Page(widget).ask({"type": "compute", "seq": 3, "state": state})
    found = {
        name: np.frombuffer(part, "<f4") for name, part in zip(answer["maps"], parts, strict=True)
    }
    np.testing.assert_array_equal(found.pop("output"), widget.output)
    compared = widget.compare_paddings()
    assert found.keys() == compared.keys()
    for name, values in compared.items():
        np.testing.assert_array_equal(found[name], values)


def test_what_a_page_sends_is_checked() -> None:
    widget = Convolution1DExplorer(signal=[1, 2, 3], kernel=[1, 1])
    page = Page(widget)
    page.update(signal=[3, 2, 1], position=1)
    np.testing.assert_array_equal(widget.output, [5, 3])
    page.update(kernel=[1, 1, 1, 1])
    (answer, _), *_ = page.messages()
    assert answer["type"] == "error" and "kernel spans 4" in answer["message"]
    np.testing.assert_array_equal(widget.output, [5, 3])
