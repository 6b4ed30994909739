"""Every program that a widget writes is run, and gives the widget's numbers."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from convwidgets.data import load, names
from convwidgets.data.synthetic import SYNTHETIC
from convwidgets.export.code import FRAMEWORKS, literal, templates
from convwidgets.widgets import Convolution2DExplorer, PoolingExplorer
from convwidgets.widgets._base import Explorer

# Keras's own, on its way from torch to NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RNG = np.random.default_rng(3)
GREY = RNG.normal(100, 40, (13, 15)).round(2)
RGB = RNG.integers(0, 256, (12, 14, 3)).astype(np.uint8)
STACK = RNG.normal(size=(3, 3, 2)).round(2)


@pytest.fixture(autouse=True, scope="module")
def keras_on_torch() -> Iterator[None]:
    """Choose Keras's backend before anything imports it."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    yield


def run(widget: Explorer, framework: str) -> Any:
    """The `output` of the widget's program."""
    scope: dict[str, Any] = {"widget": widget}
    exec(compile(widget.to_code(framework), f"<{framework}>", "exec"), scope)
    return np.asarray(scope["output"])


def check(widget: Explorer, framework: str) -> None:
    output = run(widget, framework)
    assert output.shape == widget.output.shape
    scale = float(np.nanmax(np.abs(widget.output))) or 1.0
    np.testing.assert_allclose(output, widget.output, rtol=1e-4, atol=2e-6 * scale + 1e-4)


# Pairs of settings that meet in every way that the templates tell apart.
PLACES = [
    {"padding": padding, "padding_mode": mode, "stride": stride, "dilation": dilation}
    for padding, mode, stride, dilation in itertools.product(
        ("valid", "same", "half", "full", 2),
        ("zeros", "reflect", "replicate", "circular"),
        (1, 2),
        (1, 2),
    )
]
AFTER = [
    {"flip": True},
    {"bias": -20.5},
    {"bias": 3},
    {"activation": "relu"},
    {"activation": "abs"},
    {"activation": "clip"},
    {"pooling": "max"},
    {"pooling": "average", "pool_size": 3, "pool_stride": 1},
    {"flip": True, "bias": 1.5, "activation": "relu", "pooling": "max", "pool_size": 3},
    {"kernel": [[1, 2], [3, 4]], "stride": 3, "padding": "same"},
    {"kernel": [[1, -2, 0.5, 1e-7]], "padding": "half"},
]
COLOURS = [
    {"channels": channels, **more}
    for channels in ("grey", "red", "green", "blue", "sum", "each")
    for more in (
        {},
        {"padding": "same", "stride": 2, "bias": 2, "flip": True},
        {"padding": "full", "padding_mode": "reflect", "dilation": 2, "pooling": "max"},
    )
]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("settings", PLACES, ids=str)
def test_places(framework: str, settings: dict[str, Any]) -> None:
    check(Convolution2DExplorer(image=GREY, kernel="emboss", **settings), framework)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("settings", AFTER, ids=str)
def test_what_comes_after(framework: str, settings: dict[str, Any]) -> None:
    check(Convolution2DExplorer(**{"image": GREY, "kernel": "emboss", **settings}), framework)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("settings", COLOURS, ids=str)
def test_colours(framework: str, settings: dict[str, Any]) -> None:
    check(Convolution2DExplorer(image=RGB, kernel="emboss", **settings), framework)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("more", [{}, {"flip": True, "dilation": 2, "stride": 2, "bias": 1}])
def test_a_kernel_for_each_channel(framework: str, more: dict[str, Any]) -> None:
    check(Convolution2DExplorer(image=RGB, kernel=STACK, **more), framework)


PICTURES: list[dict[str, Any]] = [
    {"image": "camera"},
    {"image": "horse"},
    {"image": "horse", "max_size": 100},
    {"image": "cat", "channels": "each"},
    {"image": "rocket", "channels": "sum"},
    {"image": "hubble_deep_field", "max_size": 200},
    {"image": "clock", "max_size": 50},
    *({"image": name} for name in SYNTHETIC),
    {"image": "zone_plate", "max_size": 40},
    {"image": np.arange(40.0 * 40).reshape(40, 40)},
    {"image": np.uint8(GREY)},
]


@pytest.mark.parametrize("settings", PICTURES, ids=str)
@pytest.mark.parametrize("framework", ["numpy", "torch"])
def test_every_way_to_a_picture(framework: str, settings: dict[str, Any]) -> None:
    check(Convolution2DExplorer(kernel="emboss", **settings), framework)


def test_numbers_that_no_literal_has() -> None:
    widget = Convolution2DExplorer(image=[[np.nan, np.inf, -np.inf, 0.1]], kernel=[[2]])
    np.testing.assert_array_equal(run(widget, "numpy"), widget.output)


POOLINGS = [
    {
        "pooling": pooling,
        "pool_size": size,
        "pool_stride": stride,
        "padding": padding,
        "dilation": dilation,
        "ceil_mode": ceil,
    }
    for pooling, size, stride, padding, dilation, ceil in itertools.product(
        ("max", "average", "min"), (2, 3), (1, 2, 3), (0, 1), (1, 2), (False, True)
    )
]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("settings", POOLINGS, ids=str)
def test_pooling(framework: str, settings: dict[str, Any]) -> None:
    check(PoolingExplorer(image=GREY, **settings), framework)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("channels", ["grey", "blue", "each"])
@pytest.mark.parametrize("pooling", ["max", "average", "min"])
@pytest.mark.parametrize(
    "more", [{}, {"shift": (1, -2), "pool_stride": 3, "padding": 1, "ceil_mode": True}]
)
def test_pooling_of_colours(
    framework: str, channels: str, pooling: str, more: dict[str, Any]
) -> None:
    check(PoolingExplorer(image=RGB, channels=channels, pooling=pooling, **more), framework)


def test_programs_are_readable() -> None:
    for framework in FRAMEWORKS:
        for settings in [*PLACES, *AFTER]:
            widget = Convolution2DExplorer(**{"image": "camera", "kernel": "emboss", **settings})
            program = widget.to_code(framework)
            assert max(map(len, program.splitlines())) <= 100
            assert "{{" not in program and "\n\n\n" not in program
            assert program.endswith("\n") and len(program.splitlines()) <= 40
    assert Convolution2DExplorer(kernel="emboss", stride=2).to_code("torch") == (
        "import numpy as np\n"
        "import torch\n"
        "import torch.nn.functional as F\n"
        "from skimage import data\n"
        "\n"
        "image = data.camera()\n"
        "image = image.astype(np.float32)\n"
        "kernel = torch.tensor([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], dtype=torch.float32)\n"
        "\n"
        "x = torch.tensor(image)[None, None]  # batch, channels, rows, columns\n"
        "weight = kernel[None, None]  # filters, channels, rows, columns\n"
        "x = F.pad(x, (0, 1, 0, 1))\n"
        "y = F.conv2d(\n"
        "    x,\n"
        "    weight,\n"
        "    stride=2,\n"
        ")\n"
        "output = y[0, 0].numpy()\n"
    )


def test_other_libraries_are_refused() -> None:
    for widget in (Convolution2DExplorer(), PoolingExplorer()):
        with pytest.raises(ValueError, match="one of numpy, scipy, torch, keras, got 'jax'"):
            widget.to_code("jax")


def test_templates_ask_for_what_they_explain() -> None:
    everything = templates()
    about = everything["about"]
    for widget in ("convolution-2d", "pooling-2d"):
        facts = {*about["facts of the picture"], *about[f"facts of {widget}"]}
        placed = {*about["names of the picture"], *about[f"names of {widget}"]}
        asked: set[str] = set()
        put: set[str] = set()
        for lines in everything[widget].values():
            for line in lines:
                condition, text = ("", line) if isinstance(line, str) else line
                asked |= {fact.removeprefix("!") for fact in condition.split()}
                put |= set(re.findall(r"\{\{(\w+)\}\}", text))
        assert asked <= facts and put <= placed
        assert placed == put, f"{widget} explains names that it never uses"


def test_the_sizes_of_the_photos() -> None:
    sizes = {
        name: list(load(name, 2048).original.shape[:2]) for name in names() if name not in SYNTHETIC
    }
    assert templates()["sizes"] == sizes


@pytest.mark.parametrize("shape", [(2, 2), (1, 30), (30, 1), (7, 7), (3, 3, 2), (4, 4, 3)])
def test_literals_are_the_array(shape: tuple[int, ...]) -> None:
    for array in (RNG.normal(size=shape), RNG.normal(size=shape).astype(np.float32)):
        np.testing.assert_array_equal(np.array(eval(literal(array)), array.dtype), array)
    whole = RNG.integers(-9, 9, shape)
    assert json.loads(literal(whole).replace(",\n]", "\n]")) == whole.tolist()
