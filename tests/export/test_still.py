"""Still pictures: small, well-formed, and of what the widget shows."""

from __future__ import annotations

import base64
import io
import re
from typing import Any
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from convwidgets.export.figure import draw_figure
from convwidgets.export.panels import (
    Panel,
    Scale,
    colours,
    kernel_panel,
    output_panel,
    picture_panel,
    signed_palette,
)
from convwidgets.export.still import LIMIT, draw_still
from convwidgets.widgets import Convolution2DExplorer, PoolingExplorer

RNG = np.random.default_rng(0)
SVG = "{http://www.w3.org/2000/svg}"
STILLS: list[dict[str, Any]] = [
    {},
    {"image": "quarters", "kernel": "emboss"},
    {"image": "retina", "kernel": "gabor", "channels": "each"},
    {
        "image": RNG.integers(0, 256, (512, 512, 3)).astype(np.uint8),
        "kernel": RNG.normal(size=(7, 7)),
    },
    {"image": np.full((9, 9), np.nan), "kernel": RNG.normal(size=(3, 1))},
    {"image": np.full((1, 400), np.inf), "kernel": [[-1, 1]], "padding": "valid"},
    {"image": RNG.normal(size=(9, 9)) * 1e20, "kernel": RNG.normal(size=(7, 7)) * 1e-20},
    {"image": "cat", "kernel": RNG.normal(size=(3, 5, 4)), "display": "abs"},
    {"image": "checkerboard", "kernel": "box3", "pooling": "max"},
]


@pytest.mark.parametrize("settings", STILLS)
def test_stills_are_small_and_well_formed(settings: dict[str, Any]) -> None:
    widget = Convolution2DExplorer(**settings)
    widget._update_still()
    assert len(widget.still.encode()) <= LIMIT
    root = ElementTree.fromstring(widget.still)
    texts = [element.text for element in root.iter(f"{SVG}text")]
    for title in ("Input", "Kernel", "Output"):
        assert title in texts
    assert " × ".join(map(str, widget.output.shape)) in texts
    assert (root.find(f"{SVG}title").text or "").startswith("2-D convolution: ")  # type: ignore[union-attr]
    assert not re.search(r"\d{12}", " ".join(filter(None, texts)))


def test_equal_states_give_equal_stills() -> None:
    stills = []
    for _ in range(2):
        widget = PoolingExplorer(image="cat")
        widget._update_still()
        stills.append(widget.still)
    assert stills[0] == stills[1]


def test_few_numbers_are_written() -> None:
    widget = Convolution2DExplorer(image="dress", kernel=[[-1, 1], [-1, 1]], padding="valid")
    widget._update_still()
    texts = [element.text for element in ElementTree.fromstring(widget.still).iter(f"{SVG}text")]
    assert texts.count("−2") == 3 and texts.count("2") == 3
    assert texts.count("−1") == 2 + 2 and "5 × 7" in texts


def test_thumbnails_show_the_strongest_answers() -> None:
    values = np.zeros((448, 448))
    values[200:220, 301], values[100:120, 41] = 9, -9
    svg = draw_still("", [output_panel(values, "auto", 1)])
    data = re.search(r"data:image/jpeg;base64,([^']+)", svg)
    assert data
    thumb = np.asarray(Image.open(io.BytesIO(base64.b64decode(data[1])))).astype(int)
    assert thumb.shape == (112, 112, 3)
    warm, cool = thumb[52, 75], thumb[27, 10]
    assert warm[0] > warm[2] + 50 and cool[2] > cool[0] + 50


def test_text_is_escaped() -> None:
    svg = draw_still(
        "<b>&", [Panel("input", "<i>", "a & b", np.zeros((2, 2)), Scale("grey", 0, 1))]
    )
    root = ElementTree.fromstring(svg)
    assert root.find(f"{SVG}title").text == "<b>&"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("display", "scale"),
    [
        ("auto", Scale("signed", -30, 30)),
        ("signed", Scale("signed", -30, 30)),
        ("grey", Scale("grey", -30, 20)),
        ("clip", Scale("grey", 0, 255)),
        ("abs", Scale("grey", 0, 30)),
        ("offset", Scale("grey", -127.5, 127.5)),
    ],
)
def test_displays(display: str, scale: Scale) -> None:
    values = np.array([[-30.0, 20.0]])
    panel = output_panel(values, display, 255)
    assert panel.scale == scale
    np.testing.assert_array_equal(panel.values, abs(values) if display == "abs" else values)


def test_scales_of_pictures() -> None:
    assert picture_panel(np.ones((2, 2)), "uint8", "").scale == Scale("grey", 0, 255)
    assert picture_panel(np.ones((2, 2)), "float32", "").scale == Scale("grey", 0, 1)
    assert picture_panel(np.full((2, 2), 7.0), "float32", "").scale == Scale("grey", 0, 7)
    assert picture_panel(-np.ones((2, 2)), "float32", "").scale == Scale("signed", -1, 1)
    assert picture_panel(np.ones((2, 2, 3)), "uint8", "").scale == Scale("colour", 0, 255)
    assert output_panel(np.full((1, 1), 300.0), "auto", 255).scale == Scale("grey", 0, 300)
    assert output_panel(np.full((1, 1), np.nan), "auto", 255).scale == Scale("grey", 0, 255)
    assert output_panel(np.ones((1, 1, 3)), "auto", 255).scale == Scale("colour", 0, 255)


def test_colours() -> None:
    palette = signed_palette()
    assert palette.shape == (511, 3)
    blue, middle, orange = palette[0].astype(int), palette[255], palette[510].astype(int)
    assert blue[2] - blue[0] > 100 and orange[0] - orange[2] > 100 and middle.min() > 240
    painted = colours(np.array([[0, 1, np.nan, np.inf, -np.inf]]), Scale("grey", 0, 1))[0]
    assert painted.tolist()[:2] == [[0, 0, 0], [255, 255, 255]]
    assert len({tuple(colour) for colour in painted.tolist()}) == 5


def test_figures_take_axes() -> None:
    panels = [kernel_panel(np.eye(2), "a"), output_panel(np.ones((20, 20, 3)), "auto", 1)]
    figure, axes = plt.subplots(1, 2)
    assert draw_figure(panels, axes) is figure
    plt.close(figure)
    with pytest.raises(ValueError, match="axes must be 2, one for each map, got 1"):
        draw_figure(panels, [axes[0]])
    before = plt.get_fignums()
    assert len(draw_figure(panels).axes) >= 2
    assert plt.get_fignums() == before
