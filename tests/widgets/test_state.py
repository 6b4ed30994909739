"""Saved states: everything comes back, and nothing that is wrong gets in."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from convwidgets.data import kernel_names, names
from convwidgets.widgets import Convolution2DExplorer, PoolingExplorer
from convwidgets.widgets._base import Explorer
from convwidgets.widgets._picture import PICTURE_VIEW
from convwidgets.widgets.convolution2d import CONTROLS, SETTINGS

FLOATS = st.floats(-1e6, 1e6, width=32)
PICTURES = st.one_of(
    st.sampled_from(["dress", "quarters", "noise", "coins"]),
    npst.arrays(np.float32, st.tuples(st.integers(8, 40), st.integers(8, 40)), elements=FLOATS),
    npst.arrays(np.uint8, st.tuples(st.integers(8, 20), st.integers(8, 20), st.just(3))),
)
KERNELS = st.one_of(
    st.sampled_from([name for name in kernel_names() if name not in ("dog", "gabor")]),
    npst.arrays(
        np.float64,
        st.tuples(st.integers(1, 4), st.integers(1, 4)),
        elements=st.floats(-1e9, 1e9),
    ),
)


@settings(max_examples=60)
@given(
    image=PICTURES,
    kernel=KERNELS,
    stride=st.integers(1, 8),
    padding=st.one_of(st.sampled_from(["same", "half", "full"]), st.integers(4, 32)),
    padding_mode=st.sampled_from(["zeros", "replicate"]),
    flip=st.booleans(),
    bias=st.floats(-1e30, 1e30),
    activation=st.sampled_from(["none", "relu", "abs", "clip"]),
    channels=st.sampled_from(["grey", "red", "green", "blue", "sum", "each"]),
    display=st.sampled_from(["auto", "signed", "grey", "clip", "abs", "offset"]),
    position=st.none() | st.tuples(st.integers(0, 99), st.integers(0, 99)),
    speed=st.integers(0, 14),
    view=st.sampled_from(["explore", "step", "code"]),
    engine=st.sampled_from(["auto", "page", "kernel"]),
    hidden=st.lists(st.sampled_from(CONTROLS), unique=True),
    pictures=st.none() | st.lists(st.sampled_from(names()), unique=True),
    present=st.booleans(),
    keep=st.booleans(),
)
def test_every_state_comes_back(keep: bool, **options: Any) -> None:
    widget = Convolution2DExplorer(**options)
    if keep:
        widget.keep()
    text = json.dumps(widget.state(), allow_nan=False)
    twin = Convolution2DExplorer.from_state(text)
    assert twin.state() == widget.state()
    assert repr(twin) == repr(widget)
    np.testing.assert_array_equal(twin.pixels, widget.pixels)
    np.testing.assert_array_equal(twin.kernel_values, widget.kernel_values)
    assert twin.output_shape == widget.output_shape


@given(
    pooling=st.sampled_from(["max", "average", "min"]),
    pool_size=st.integers(2, 4),
    pool_stride=st.integers(1, 8),
    padding=st.integers(0, 1),
    dilation=st.integers(1, 2),
    ceil_mode=st.booleans(),
    shift=st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
)
def test_every_pooling_comes_back(**options: Any) -> None:
    widget = PoolingExplorer(image="noise", **options)
    twin = PoolingExplorer.from_state(json.dumps(widget.state()))
    assert twin.state() == widget.state()
    np.testing.assert_array_equal(twin.output, widget.output)


def test_keys_and_their_order() -> None:
    state = Convolution2DExplorer().state()
    assert list(state) == ["widget", "version", "image", "max_size", *SETTINGS[1:], *PICTURE_VIEW]
    assert state["widget"] == "convolution-2d" and state["version"] == 1


def test_small_pictures_are_readable_and_large_ones_compact() -> None:
    small = Convolution2DExplorer(image=np.full((32, 2), 0.5)).state()["image"]
    assert small == {"shape": [32, 2], "dtype": "float32", "data": [[0.5, 0.5]] * 32}
    large = Convolution2DExplorer(image=np.arange(33 * 8, dtype=np.uint8).reshape(33, 8))
    data = large.state()["image"]["data"]
    assert base64.b64decode(data) == large.image.tobytes()
    odd = Convolution2DExplorer(image=[[np.nan, 1.0]], kernel=[[1]])
    assert isinstance(odd.state()["image"]["data"], str)
    np.testing.assert_array_equal(
        Convolution2DExplorer.from_state(odd.state()).pixels, [[np.nan, 1]]
    )


def test_what_a_page_writes_is_taken() -> None:
    state = {
        "widget": "convolution-2d",
        "version": 1,
        "image": {"shape": [2, 3], "dtype": "uint8", "label": "drawn", "data": [1, 2, 3, 4, 5, 6]},
        "kernel": [[1, 0.5]],
        "kept": None,
    }
    widget = Convolution2DExplorer.from_state(state)
    np.testing.assert_array_equal(widget.image, [[1, 2, 3], [4, 5, 6]])
    assert widget.state()["image"]["label"] == "drawn"
    assert widget.stride == 1


def test_from_files(tmp_path: Path) -> None:
    widget = PoolingExplorer(image="dress")
    path = tmp_path / "lesson.json"
    path.write_text(json.dumps(widget.state()))
    for source in (path, str(path)):
        assert PoolingExplorer.from_state(source).state() == widget.state()
    path.write_text("{")
    with pytest.raises(ValueError, match=r"lesson\.json' must be JSON"):
        PoolingExplorer.from_state(path)


GOOD = Convolution2DExplorer(image="dress").state()
IMAGE = {"shape": [1, 2], "dtype": "uint8", "data": [[1, 2]]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"widget": "pooling-2d"}, "must be of widget 'convolution-2d', got 'pooling-2d'"),
        ({"widget": None}, "must be of widget"),
        ({"version": 2}, "must be of version 1, got 2"),
        ({"strides": 2}, "holds 'strides', which convolution-2d does not know (did you mean"),
        ({"stride": 0}, "stride must be a whole number from 1 to 8, got 0"),
        ({"stride": "1"}, "stride must be"),
        ({"kernel": "sobelx"}, "kernel must be"),
        ({"kernel": [[None]]}, "kernel must be"),
        ({"image": "nobody"}, "image must be one of camera"),
        ({"image": "/etc/hostname"}, "image must be one of camera"),
        ({"image": 3}, "must be a name or hold shape, dtype and data"),
        ({"image": {**IMAGE, "shape": [2, 2]}}, "must hold 4 numbers"),
        ({"image": {**IMAGE, "shape": [0, 2]}}, "shape must be whole numbers from 1"),
        ({"image": {**IMAGE, "shape": [1, 2, 4]}}, "shape must be [H, W]"),
        ({"image": {**IMAGE, "shape": [10**9, 10**9]}}, "shape must be of"),
        ({"image": {**IMAGE, "shape": "12"}}, "shape must be"),
        ({"image": {**IMAGE, "dtype": "int8"}}, "dtype must be 'uint8' or 'float32'"),
        ({"image": {**IMAGE, "data": [[1, 300]]}}, "whole numbers from 0 to 255"),
        ({"image": {**IMAGE, "data": [[1, "a"]]}}, "data must be numbers or base64"),
        ({"image": {**IMAGE, "data": "A"}}, "base64"),
        ({"image": {**IMAGE, "data": "AAAA"}}, "must be 2 bytes"),
        ({"image": {**IMAGE, "more": 1}}, "got 'more'"),
        ({"image": {**IMAGE, "label": 1}}, "label must be text"),
        ({"kept": {"image": "dress"}}, "'kernel' is missing"),
        ({"kept": []}, "kept must be None or a mapping"),
        ({"hidden": ["everything"]}, "hidden must be"),
        ({"pictures": "camera"}, "pictures must be a list"),
    ],
)
def test_bad_states_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        Convolution2DExplorer.from_state({**GOOD, **change})
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("{", "state must be JSON"),
        ("[1]", "a dict, JSON text or a file"),
        ("nowhere.json", "a dict, JSON text or a file, got 'nowhere.json'"),
        (3, "a dict, JSON text or a file, got 3"),
    ],
)
def test_what_is_no_state_is_refused(state: Any, words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        Convolution2DExplorer.from_state(state)


def test_ten_widgets_are_stored_in_little() -> None:
    options: list[dict[str, Any]] = [
        {"image": "camera"},
        {"image": "coffee", "kernel": "gabor"},
        {"image": "retina", "kernel": "unsharp5", "channels": "each"},
        {"image": "hubble_deep_field", "kernel": np.random.default_rng(0).normal(size=(7, 7))},
        {"image": "quarters", "kernel": "emboss"},
        {"image": "gravel", "kernel": "laplacian8"},
        {"image": "astronaut", "kernel": np.ones((3, 15, 15))},
        {"image": "noise"},
    ]
    widgets: list[Explorer] = [Convolution2DExplorer(**option) for option in options]
    widgets += [PoolingExplorer(image="cat", channels="each"), PoolingExplorer(image="dress")]
    stored = 0
    for widget in widgets:
        widget._repr_mimebundle_()
        for part in (widget, widget.layout):
            state = part.get_state()
            state.pop("layout", None)
            stored += len(json.dumps(json.dumps(state)))
    assert stored < 300_000


def test_displaying_leaves_a_still() -> None:
    widget = Convolution2DExplorer(image="dress", kernel="emboss", stride=2)
    assert widget.still == ""
    data, _ = widget._repr_mimebundle_()
    assert widget.still.startswith("<svg ")
    assert data["text/plain"] == repr(widget)
    assert widget.still_text == (
        "2-D convolution: image dress 6×8, kernel emboss 3×3, stride 2, padding same, output 3×4"
    )
