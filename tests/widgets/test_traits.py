"""Settings as traits: refused or told, together or alone, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets
import numpy as np
import pytest
import traitlets

from convwidgets.widgets import Convolution2DExplorer, PoolingExplorer
from convwidgets.widgets._base import Explorer

SMALL = np.arange(36.0).reshape(6, 6)

BAD: list[tuple[str, Any, type[Exception], str]] = [
    ("stride", 0, ValueError, "stride must be a whole number from 1 to 8, got 0"),
    ("stride", 9, ValueError, "stride must be a whole number from 1 to 8, got 9"),
    ("stride", 1.5, TypeError, "got 1.5"),
    ("stride", True, TypeError, "got True"),
    ("stride", "2", TypeError, "got '2'"),
    ("dilation", None, TypeError, "dilation must be a whole number"),
    ("dilation", 8, ValueError, "effective size 17"),
    ("padding", "some", ValueError, "'valid', 'same', 'half', 'full' or a whole number"),
    ("padding", -1, ValueError, "from 0 to 32, got -1"),
    ("padding", 1.0, TypeError, "got 1.0"),
    ("padding_mode", "mirror", ValueError, "'replicate' or 'circular', got 'mirror'"),
    ("padding_mode", 3, TypeError, "got 3"),
    ("flip", 1, TypeError, "flip must be True or False, got 1"),
    ("bias", "x", TypeError, "bias must be a finite number"),
    ("bias", float("nan"), ValueError, "bias must be a finite number, got nan"),
    ("bias", 1e39, ValueError, "finite"),
    ("bias", None, TypeError, "finite number"),
    ("activation", "tanh", ValueError, "'none', 'relu', 'abs' or 'clip', got 'tanh'"),
    ("pooling", "min", ValueError, "'none', 'max' or 'average'"),
    ("pool_size", 0, ValueError, "pool_size must be"),
    ("channels", "alpha", ValueError, "channels must be"),
    ("kernel", "sobel", ValueError, "did you mean 'sobel_"),
    ("kernel", [], ValueError, "sides from 1 to 15"),
    ("kernel", [1, 2], ValueError, "got shape (2,)"),
    ("kernel", np.ones((16, 3)), ValueError, "got shape (16, 3)"),
    ("kernel", np.ones((2, 3, 3)), ValueError, "got shape (2, 3, 3)"),
    ("kernel", np.ones((7, 7)), ValueError, "larger than the padded image"),
    ("kernel", np.ones((3, 3, 3)), ValueError, "the image has one channel"),
    ("kernel", [[1, np.inf]], ValueError, "finite numbers"),
    ("kernel", [[1e39]], ValueError, "finite numbers"),
    ("kernel", [[1], [2, 3]], TypeError, "kernel must be"),
    ("kernel", [["a"]], TypeError, "kernel must be"),
    ("kernel", {}, TypeError, "kernel must be"),
    ("image", "camra", ValueError, "did you mean 'camera'"),
    ("image", np.zeros((2, 2)), ValueError, "larger than the padded image"),
    ("image", np.zeros(3), ValueError, "H×W"),
    ("max_size", 0, ValueError, "max_size must be a whole number from 1 to 2048"),
    ("max_size", 2, ValueError, "larger than the padded image"),
    ("display", "rainbow", ValueError, "display must be"),
    ("unit_range", "yes", TypeError, "True or False"),
    ("position", 3, TypeError, "None or the row and column"),
    ("position", (1,), ValueError, "None or the row and column"),
    ("position", (-1, 2), ValueError, "None or the row and column"),
    ("position", (0.5, 2), TypeError, "None or the row and column"),
    ("speed", 15, ValueError, "speed must be"),
    ("view", "edit", ValueError, "'explore', 'step' or 'code'"),
    ("engine", "gpu", ValueError, "'auto', 'page' or 'kernel'"),
    ("hidden", "bias", TypeError, "hidden must be a list"),
    ("hidden", ["biass"], ValueError, "got 'biass'"),
    ("locked", [1], ValueError, "locked must be"),
    ("pictures", ["nobody"], ValueError, "got 'nobody'"),
    ("present", None, TypeError, "True or False"),
    ("kept", 3, TypeError, "None or a mapping"),
    ("kept", {"stride": 1}, ValueError, "'image' is missing"),
]


@pytest.mark.parametrize(("name", "value", "error", "words"), BAD)
def test_bad_values_are_refused_and_nothing_changes(
    name: str, value: Any, error: type[Exception], words: str
) -> None:
    widget = Convolution2DExplorer(image=SMALL, kernel="emboss", padding="valid")
    before, output = widget.state(), widget.output
    told: list[Any] = []
    widget.observe(told.append)
    with pytest.raises(error) as caught:
        setattr(widget, name, value)
    assert words in str(caught.value)
    assert isinstance(caught.value, traitlets.TraitError)
    assert widget.state() == before
    assert widget.output is output
    assert told == []
    if name != "max_size":
        with pytest.raises(error):
            Convolution2DExplorer(**{"image": SMALL, "padding": "valid", name: value})


def test_unknown_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="strid"):
        Convolution2DExplorer(strid=2)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("mode", "padding", "most"), [("reflect", 6, 5), ("circular", 7, 6), ("reflect", "full", 5)]
)
def test_padding_modes_have_limits(mode: str, padding: Any, most: int) -> None:
    widget = Convolution2DExplorer(image=SMALL, kernel=np.ones((7, 7)))
    widget.padding = padding
    with pytest.raises(ValueError, match=f"at most {most} for the image's height of 6"):
        widget.padding_mode = mode
    assert widget.padding_mode == "zeros"
    widget.padding_mode = "replicate"


def test_pooling_needs_room() -> None:
    widget = Convolution2DExplorer(image=SMALL, kernel="box3", padding="valid", pool_size=5)
    with pytest.raises(ValueError, match="feature map of 4×4, got 5"):
        widget.pooling = "max"


def test_computed_traits_cannot_be_assigned() -> None:
    widget = Convolution2DExplorer(image=SMALL)
    for name in ("output", "feature_map"):
        with pytest.raises(TypeError, match=f"{name} is computed"):
            setattr(widget, name, SMALL)


def test_results_are_told_once_a_change() -> None:
    widget = Convolution2DExplorer(image=SMALL, kernel="emboss")
    told: list[tuple[str, Any]] = []
    widget.observe(lambda change: told.append((change.name, change.new)), ["output", "feature_map"])
    widget.stride = 2
    assert [name for name, _ in told] == ["feature_map", "output"]
    assert told[1][1] is widget.output and told[1][1].shape == (3, 3)
    widget.stride = 2
    widget.display, widget.position = "signed", (1, 1)
    assert len(told) == 2
    told.clear()
    with widget.hold_trait_notifications():
        widget.kernel, widget.stride, widget.bias = "box3", 1, 5
        assert told == []
    assert [name for name, _ in told] == ["feature_map", "output"]
    assert told[1][1].shape == (6, 6)


def test_old_and_new_results_are_told() -> None:
    widget = Convolution2DExplorer(image=SMALL)
    changes: list[Any] = []
    widget.observe(changes.append, "output")
    widget.bias = 1
    first = widget.output
    widget.bias = 2
    assert changes[1].old is first and changes[1].new is widget.output


def test_nothing_is_computed_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    compute = Convolution2DExplorer._compute

    def counted(self: Any, values: Any) -> Any:
        runs.append(1)
        return compute(self, values)

    monkeypatch.setattr(Convolution2DExplorer, "_compute", counted)
    widget = Convolution2DExplorer(image=SMALL)
    for stride in (2, 3, 1):
        widget.stride = stride
    repr(widget), widget.state(), widget.output_shape
    assert runs == []
    assert widget.output is widget.output and widget.feature_map is widget.feature_map
    assert runs == [1]


def test_several_assignments_are_checked_together() -> None:
    widget = Convolution2DExplorer(image=SMALL, padding="valid")
    small = np.ones((2, 2))
    with widget.hold_trait_notifications():
        widget.image = small
        widget.kernel = [[1, 1]]
    assert widget.output.shape == (2, 1)
    before = widget.state()
    with pytest.raises(ValueError, match="larger than"), widget.hold_trait_notifications():
        widget.bias = 5
        widget.kernel = "gaussian5"
    assert widget.state() == before
    with pytest.raises(ValueError, match="stride"), widget.hold_trait_notifications():
        widget.image = "retina"
        widget.max_size = 64
        widget.stride = 0
    assert widget.state() == before
    np.testing.assert_array_equal(widget.original_image, small)


def test_hold_sync_sends_once() -> None:
    widget = Convolution2DExplorer(image=SMALL)
    sent: list[dict[str, Any]] = []
    widget.comm.send = lambda data, **_: sent.append(data)
    with widget.hold_sync():
        widget.stride, widget.bias = 2, 4
    assert [message["state"] for message in sent] == [{"stride": 2, "bias": 4.0}]


@pytest.mark.parametrize("link", [traitlets.link, traitlets.dlink, ipywidgets.link])
@pytest.mark.parametrize("name", ["output", "feature_map"])
def test_widgets_chain(link: Callable[..., Any], name: str) -> None:
    first = Convolution2DExplorer(image="dress", kernel="box3")
    second = Convolution2DExplorer(kernel="emboss")
    link((first, name), (second, "image"))
    np.testing.assert_array_equal(second.pixels, first.output)
    seen: list[Any] = []
    second.observe(lambda change: seen.append(change.new), "output")
    first.kernel = "sobel_x"
    first.stride = 2
    np.testing.assert_array_equal(second.pixels, first.output)
    assert len(seen) == 2 and seen[-1].shape == (3, 4)


def test_a_chain_takes_nan() -> None:
    first = Convolution2DExplorer(image=[[np.nan, 1.0]], kernel=[[1]])
    second = Convolution2DExplorer(image=SMALL, kernel=[[2]])
    traitlets.link((first, "output"), (second, "image"))
    first.bias = 1
    np.testing.assert_array_equal(second.output, [[np.nan, 4]])


def test_a_chain_of_three_with_pooling() -> None:
    first = Convolution2DExplorer(image="coins", kernel="gaussian3")
    second = PoolingExplorer(channels="each")
    third = Convolution2DExplorer(kernel="sobel_x", channels="each")
    traitlets.link((first, "output"), (second, "image"))
    traitlets.link((second, "output"), (third, "image"))
    first.image = "cat"
    first.channels = "each"
    assert third.output.shape == (150, 225, 3)


def test_a_chain_that_does_not_fit_keeps_the_last_good() -> None:
    first = Convolution2DExplorer(image=SMALL, kernel="box3")
    second = Convolution2DExplorer(kernel="gaussian5", padding="valid")
    traitlets.link((first, "output"), (second, "image"))
    with pytest.raises(ValueError, match="larger than"):
        first.stride = 2
    assert first.stride == 2 and second.pixels.shape == (6, 6)
    first.stride = 1
    np.testing.assert_array_equal(second.pixels, first.output)


def test_scalars_link_with_ipywidgets() -> None:
    widget = Convolution2DExplorer(image=SMALL)
    slider = ipywidgets.IntSlider(min=1, max=8)
    ipywidgets.link((slider, "value"), (widget, "stride"))
    slider.value = 3
    assert widget.stride == 3 and widget.output.shape == (2, 2)
    widget.stride = 2
    assert slider.value == 2
    ipywidgets.jslink((slider, "value"), (widget, "dilation"))
    box = ipywidgets.VBox([slider, widget])
    assert widget in box.children
    names = ipywidgets.Dropdown(options=["emboss", "box3"])
    ipywidgets.link((names, "value"), (widget, "kernel"))
    names.value = "box3"
    assert widget.kernel == "box3"


def test_images_link_both_ways() -> None:
    first, second = Convolution2DExplorer(image=SMALL), PoolingExplorer(image="coins")
    traitlets.link((first, "image"), (second, "image"))
    np.testing.assert_array_equal(second.pixels, SMALL)
    second.image = "dress"
    assert first.image == "dress"
    first.image = np.uint8(SMALL)
    assert second.image.dtype == np.uint8


def test_assignments_from_many_threads() -> None:
    widgets = [Convolution2DExplorer(image=SMALL, kernel="box3") for _ in range(2)]
    traitlets.dlink((widgets[0], "output"), (widgets[1], "image"))
    seen: list[tuple[int, ...]] = []
    widgets[0].observe(lambda change: seen.append(change.new.shape), "output")
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        try:
            for _ in range(40):
                widget = widgets[int(rng.integers(2))]
                widget.stride = int(rng.integers(1, 4))
                with widget.hold_trait_notifications():
                    widget.kernel = rng.normal(size=(3, 3))
                    widget.bias = float(rng.normal())
                with widget.hold_sync():
                    widget.dilation = int(rng.integers(1, 3))
                assert widget.output.ndim == 2
                widget.state()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert not any(thread.is_alive() for thread in threads)
    assert seen
    for widget in widgets:
        twin = Convolution2DExplorer.from_state(widget.state())
        np.testing.assert_array_equal(widget.output, twin.output)
    np.testing.assert_array_equal(widgets[1].pixels, widgets[0].output)


def test_keep_and_kept() -> None:
    widget = Convolution2DExplorer(image=SMALL, kernel=[[1, 2]], bias=3)
    assert widget.kept is None
    widget.keep()
    widget.kernel, widget.image = "box3", "dress"
    assert widget.kept["bias"] == 3
    np.testing.assert_array_equal(widget.kept["kernel"], [[1, 2]])
    np.testing.assert_array_equal(widget.kept["image"], SMALL)
    twin = Convolution2DExplorer.from_state(widget.state())
    np.testing.assert_array_equal(twin.kept["image"], SMALL)
    for wrong, words in (
        ({"image": np.zeros((1, 1)), "padding": "valid", "kernel": "box3"}, "larger than"),
        ({"extra": 1}, "'extra'"),
        ({"stride": 0}, "stride must be"),
    ):
        with pytest.raises(ValueError, match=words):
            widget.kept = {**widget.kept, **wrong}
    widget.kept = None
    assert widget.state()["kept"] is None


def test_observers_errors_are_not_hidden() -> None:
    widget: Explorer = Convolution2DExplorer(image=SMALL)

    def fail(_: Any) -> None:
        raise ZeroDivisionError

    widget.observe(fail, "stride")
    with pytest.raises(ZeroDivisionError):
        widget.set_state({"stride": 2})
