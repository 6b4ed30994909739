"""The architecture explorer in Python, beside the libraries whose networks it shows."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import convwidgets as cw
from convwidgets.engine.layers import KINDS
from tests.widgets.fake_comm import Page

os.environ.setdefault("KERAS_BACKEND", "torch")

PRESETS = cw.ArchitectureExplorer.presets()
CONV = {"kind": "conv2d", "filters": 4, "kernel_size": 3}
#: A network with what no preset has.
RARE: dict[str, Any] = {
    "layers": [
        {**CONV, "kernel_size": (3, 5), "stride": 2, "padding": "same", "bias": False},
        "batch_norm",
        "sigmoid",
        {"kind": "max_pool2d", "pool_size": 3, "stride": 2, "padding": "same"},
        {**CONV, "padding": 2, "dilation": 2},
        {"kind": "avg_pool2d", "padding": "valid"},
        "flatten",
        {"kind": "dense", "units": 3, "bias": False},
    ],
    "input_shape": (33, 30, 3),
}


def widgets() -> dict[str, cw.ArchitectureExplorer]:
    known = {name: cw.ArchitectureExplorer(preset=name) for name in PRESETS}
    return known | {"rare": cw.ArchitectureExplorer(**RARE)}


def executed(code: str) -> Any:
    """Run a program without its last line's summary, and return its model."""
    names: dict[str, Any] = {}
    exec(code.replace("model.summary()\n", ""), names)
    return names["model"]


@pytest.mark.parametrize("name", [*PRESETS, "rare"])
def test_keras_counts_the_same(name: str) -> None:
    keras = pytest.importorskip("keras")
    import torch

    widget = widgets()[name]
    with torch.device("meta"), keras.device("meta") if name == "vgg16" else nullcontext():
        model = executed(widget.to_code("keras"))
    assert model.count_params() == widget.totals.parameters
    assert model.output_shape[1:] == widget.output_shape
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert trainable == widget.totals.trainable
    again = cw.ArchitectureExplorer.from_keras(model)
    assert [row.output_shape for row in again.rows] == [row.output_shape for row in widget.rows]
    assert again.layers == widget.layers


@pytest.mark.parametrize("name", [*PRESETS, "rare"])
def test_torch_counts_the_same(name: str) -> None:
    torch = pytest.importorskip("torch")
    widget = widgets()[name]
    with torch.device("meta"):
        model = executed(widget.to_code("torch"))
        shape = widget.input_shape
        answer = model.eval()(torch.empty(1, shape[-1], *shape[:-1]))
    assert sum(weight.numel() for weight in model.parameters()) == widget.totals.trainable
    *sides, channels = widget.output_shape
    assert tuple(answer.shape[1:]) == (channels, *sides)
    again = cw.ArchitectureExplorer.from_torch(model, shape)
    assert [row.output_shape for row in again.rows] == [row.output_shape for row in widget.rows]
    assert again.totals == widget.totals


def test_keras_activations_inside_layers_become_rows() -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(10, kernel_size=3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    widget = cw.ArchitectureExplorer.from_keras(model)
    kinds = [one["kind"] for one in widget.layers]
    assert kinds == ["conv2d", "relu", "avg_pool2d", "flatten", "dense", "softmax"]
    assert widget.totals.parameters == model.count_params() == 133


def test_a_torch_module_is_followed_as_it_runs() -> None:
    torch = pytest.importorskip("torch")
    nn, functional = torch.nn, torch.nn.functional

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dense = nn.Linear(16 * 7 * 7, 10)
            self.conv = nn.Conv2d(1, 16, 3, padding=1)

        def forward(self, x: Any) -> Any:
            x = functional.max_pool2d(torch.relu(self.conv(x)), 4)
            return self.dense(x.view(x.size(0), -1))

    widget = cw.ArchitectureExplorer.from_torch(Net(), (28, 28, 1))
    kinds = [one["kind"] for one in widget.layers]
    assert kinds == ["conv2d", "relu", "max_pool2d", "flatten", "dense"]
    assert widget.output_shape == (10,)


def test_what_is_not_known_is_said() -> None:
    torch = pytest.importorskip("torch")
    nn = torch.nn
    for module, words in [
        (nn.Sequential(nn.GELU()), "gelu"),
        (nn.Sequential(nn.Conv2d(4, 4, 3, groups=4)), "4 groups"),
        (nn.Sequential(nn.MaxPool2d(2, ceil_mode=True)), "ceil_mode"),
    ]:
        with pytest.raises(ValueError, match=words):
            cw.ArchitectureExplorer.from_torch(module, (28, 28, 4))


def test_state_comes_back() -> None:
    widget = cw.ArchitectureExplorer(preset="two_layers", layer=0, position=(2, 3), blanks=[1])
    state = json.loads(json.dumps(widget.state()))
    again = cw.ArchitectureExplorer.from_state(state)
    assert again.state() == state == widget.state()
    assert again.layers == widget.layers and again.blanks == (1,)


def test_defaults_and_presets() -> None:
    assert cw.ArchitectureExplorer().layers == cw.ArchitectureExplorer(preset="lenet5").layers
    assert cw.ArchitectureExplorer(layers=[CONV]).input_shape == (28, 28, 1)
    with pytest.raises(ValueError, match="preset must be one of"):
        cw.ArchitectureExplorer(preset="lenet")
    with pytest.raises(ValueError, match="preset must be None"):
        cw.ArchitectureExplorer(layers=[CONV], preset="lenet5")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("layers", [{**CONV, "filters": 0}], r"layers\[0\].filters must be a whole number"),
        ("layers", "relu", "layers must be a list"),
        ("layers", ["relu"] * 65, "at most 64 layers"),
        ("input_shape", (28, 28, 0), "input_shape must be a whole number from 1"),
        ("layer", 64, "layer must be a whole number from -1 to 63"),
        ("weights", "gaussian", "weights must be 'equal' or 'random'"),
        ("blanks", [1.5], "blanks must be a whole number"),
    ],
)
def test_wrong_values_are_refused_and_change_nothing(name: str, value: Any, words: str) -> None:
    widget = cw.ArchitectureExplorer(preset="one_filter")
    before = widget.state()
    with pytest.raises((ValueError, TypeError), match=words):
        setattr(widget, name, value)
    assert widget.state() == before


def test_an_impossible_network_is_kept_and_explained() -> None:
    widget = cw.ArchitectureExplorer(layers=[CONV, {**CONV, "kernel_size": 40}, "flatten"])
    assert [row.rule for row in widget.rows] == ["", "kernel", "before"]
    with pytest.raises(ValueError, match="conv2d_1: the window spans 40 × 40"):
        _ = widget.output_shape
    assert "conv2d_1 does not fit" in repr(widget)
    assert "conv2d_1 does not fit" in widget.to_code("torch")
    assert widget.output.shape == (28, 28)


def test_the_table_is_what_keras_prints() -> None:
    text = cw.ArchitectureExplorer(preset="two_layers").table()
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[1:4] == [
        "conv2d (Conv2D) (None, 8, 8, 5) 50",
        "conv2d_1 (Conv2D) (None, 6, 6, 2) 92",
        "Total params: 142",
    ]
    assert repr(cw.ArchitectureExplorer(preset="two_layers")) == (
        "ArchitectureExplorer(2 layers on 10×10×1, 142 parameters, output 6×6×2)"
    )


def test_the_field_follows_the_unit_and_tells_its_observers() -> None:
    widget = cw.ArchitectureExplorer(preset="stack_of_three_pooled", image="camera")
    told: list[Any] = []
    widget.observe(told.append, "output")
    middle = widget.output
    assert np.isclose(middle.sum(), 1, atol=1e-5) and np.count_nonzero(middle) == 18 * 18
    widget.position = (0, 0)
    assert len(told) == 1 and np.argwhere(widget.output).min() == 0
    widget.weights = "random"
    assert widget.output.min() < 0 < widget.output.max()
    first = widget.output
    widget.seed = 1
    assert not np.array_equal(first, widget.output)
    with pytest.raises(ValueError, match="read-only"):
        widget.output[0, 0] = 1


def test_a_page_edits_the_layers_and_is_answered() -> None:
    widget = cw.ArchitectureExplorer(preset="two_layers", weights="random")
    page = Page(widget)
    page.update(layers=[{"kind": "conv2d", "filters": 2, "kernel_size": [4, 3]}], position=[1, 1])
    assert widget.layers[0]["kernel_size"] == (4, 3) and widget.totals.parameters == 26
    page.update(layers=[{"kind": "conv2d", "filters": 0, "kernel_size": 3}])
    assert widget.totals.parameters == 26
    page.sent.clear()
    keys = widget.SETTINGS
    state = {key: widget._traits[key].wire(widget._held(key)) for key in keys}
    answer, parts = page.ask({"type": "compute", "state": state})
    assert answer["type"] == "frame"
    shapes = {name: each["shape"] for name, each in answer["maps"].items()}
    assert shapes == {"image": [1, 10, 10], "maps": [1, 7, 8], "output": [1, 10, 10]}
    field = np.frombuffer(parts[list(shapes).index("output")], "<f4").reshape(10, 10)
    np.testing.assert_array_equal(field, widget.output)


def test_every_kind_can_be_shown() -> None:
    fields = {"filters": 2, "kernel_size": 2, "units": 3}
    for kind in KINDS:
        needed = {"conv": ("filters", "kernel_size"), "dens": ("units",)}.get(kind[:4], ())
        one = {"kind": kind, **{key: fields[key] for key in needed}}
        shape = (8, 2) if kind.endswith("1d") else (8, 8, 2)
        widget = cw.ArchitectureExplorer(layers=[one], input_shape=shape)
        assert widget.rows[0].rule == "" and widget.output.ndim == 2


def test_a_figure_and_a_still() -> None:
    widget = cw.ArchitectureExplorer()
    figure = widget.plot()
    assert figure.axes[0].get_title() == "Input 28 × 28"
    widget._update_still()
    assert "61,706 parameters" in widget.still_text and widget.still.startswith("<svg")
