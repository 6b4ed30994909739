"""The exported page as text; what it does is tested in a browser."""

from __future__ import annotations

import base64
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

from convwidgets import widgets
from convwidgets.export import assets
from convwidgets.export import page as module
from convwidgets.widgets import Convolution2DExplorer, PoolingExplorer, gallery
from convwidgets.widgets._base import Explorer
from convwidgets.widgets.gallery import WIDGETS

FAKE = {
    "convwidgets.css": ".cw { color: red } /* </style> */",
    "convwidgets.classic.js": 'var convwidgets = { text: "</script><!-- ü {x} %s" };',
    "page.js": "start();",
}


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "asset", FAKE.__getitem__)
    monkeypatch.setattr(module, "packed", lambda name: zlib.compress(FAKE[name].encode()))


class Elements(HTMLParser):
    """The elements of a page, with their text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        self.texts.setdefault(tag, []).append("")

    def handle_data(self, data: str) -> None:
        if self.tags:
            self.texts[self.tags[-1]][-1] += data


def html_of(widget: Explorer) -> str:
    return module.html(widget.TITLE, [widget._part()])


def payload(text: str) -> Any:
    (part,) = json.loads(scripts(text)["payload"])
    return part


def scripts(text: str) -> dict[str | None, str]:
    """What the page's four script elements hold, by their ids."""
    elements = Elements(text)
    ids = [attributes.get("id") for tag, attributes in elements.attributes if tag == "script"]
    assert ids == ["payload", "style", "script", None]
    texts = [text.strip() for text in elements.texts["script"]]
    return dict(zip(ids, texts, strict=True))


def unpacked(text: str, name: str) -> str:
    return zlib.decompress(base64.b64decode(scripts(text)[name])).decode()


def test_a_page_holds_all_it_needs(built: None, tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    widget = Convolution2DExplorer(image=image, kernel=[[1, 2], [3, 4]], stride=2)
    widget.keep()
    widget.image = "coins"
    path = widget.save_html(tmp_path / "page.html", pictures=["camera", "dress"])
    text = path.read_text("utf-8")
    carried = payload(text)
    state = widget.get_state()
    assert carried["widget"] == "convolution-2d"
    assert carried["pictures"] == carried["state"]["pictures"] == ["camera", "dress"]
    for key in widget.STATE[:-1]:
        assert carried["state"][key] == state[key]
    assert {entry["name"] for entry in carried["images"].values()} == {
        "coins",
        "",
        "camera",
        "dress",
    }
    kept = carried["images"][carried["state"]["kept"]["image"]["id"]]
    raw = zlib.decompress(base64.b64decode(kept["data"]))
    pixels = np.frombuffer(raw, kept["dtype"]).reshape(kept["shape"])
    np.testing.assert_array_equal(pixels, image)


def test_nothing_in_it_breaks_out(built: None, tmp_path: Path) -> None:
    name = "</script><script>alert(1)</script><!--.png"
    widget = Convolution2DExplorer(image=np.zeros((3, 3)))
    saved = widget.state()
    saved["image"]["label"] = name
    widget = Convolution2DExplorer.from_state(saved)
    text = widget.save_html(tmp_path / "page.html").read_text("utf-8")
    elements = Elements(text)
    assert elements.tags.count("script") == 4 and elements.tags.count("style") == 1
    images = payload(text)["images"]
    assert [entry["label"] for entry in images.values()] == [name]
    assert "<!--" not in text.split("<body>")[1]
    assert unpacked(text, "script") == FAKE["convwidgets.classic.js"]
    assert unpacked(text, "style") == FAKE["convwidgets.css"]
    assert scripts(text)[None] == FAKE["page.js"]


def test_its_still_picture_needs_no_script(built: None) -> None:
    widget = Convolution2DExplorer(image="dress")
    elements = Elements(html_of(widget))
    (image,) = (attributes for tag, attributes in elements.attributes if tag == "img")
    kind, _, svg = str(image["src"]).partition(",")
    assert kind == "data:image/svg+xml;charset=utf-8" and unquote(svg) == widget.still
    assert image["alt"] == widget.still_text
    assert "JavaScript" in elements.texts["noscript"][0]


def test_it_asks_nothing_of_a_network(built: None) -> None:
    text = html_of(PoolingExplorer(image="dress"))
    assert text.startswith("<!DOCTYPE html>")
    assert '<meta charset="utf-8">' in text and 'name="viewport"' in text
    assert "light dark" in text and "<title>Pooling</title>" in text
    for tag, attributes in Elements(text).attributes:
        assert str(attributes.get("src", "data:")).startswith("data:"), tag
        assert "href" not in attributes, tag
    assert not re.search(r"https?:", text)


def test_without_page_code_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    for cached in (assets.asset, assets.packed, assets.loader, assets.bundle_hash):
        cached.cache_clear()
    try:
        widget = Convolution2DExplorer(image="dress")
        with pytest.raises(FileNotFoundError, match=r"run `python frontend/build\.py`"):
            widget.save_html(tmp_path / "page.html")
        assert not (tmp_path / "page.html").exists()
        assert "frontend/build.py" in widget.get_state()["_esm"]
        assert widget.output.shape == (6, 8)
    finally:
        for cached in (assets.asset, assets.packed, assets.loader, assets.bundle_hash):
            cached.cache_clear()


def test_wrong_pictures_are_refused(built: None, tmp_path: Path) -> None:
    widget = Convolution2DExplorer(image="dress")
    with pytest.raises(ValueError, match="pictures must be a list"):
        widget.save_html(tmp_path / "page.html", pictures=["nobody"])


def test_the_page_code_is_there_and_small(tmp_path: Path) -> None:
    widget = Convolution2DExplorer(image="dress")
    path = widget.save_html(tmp_path / "page.html")
    text = path.read_text("utf-8")
    images = sum(len(entry["data"]) for entry in payload(text)["images"].values())
    assert path.stat().st_size - images < 300_000
    assert "mountStatic" in unpacked(text, "script") and ".cw-root" in unpacked(text, "style")
    assert len(widget.get_state()["_esm"]) < 6_000


def test_the_gallery_shows_every_widget(built: None, tmp_path: Path) -> None:
    text = gallery(tmp_path / "gallery.html").read_text("utf-8")
    names = [str(kind.widget.default_value) for kind in WIDGETS]
    carried = json.loads(scripts(text)["payload"])
    assert [part["widget"] for part in carried] == names
    for name in names:
        assert f'<a href="#{name}">' in text
        assert f'<section id="{name}">' in text
    assert text.count("<script") == 4


def test_the_gallery_leaves_no_widget_out() -> None:
    public = {
        value
        for value in vars(widgets).values()
        if isinstance(value, type) and issubclass(value, Explorer)
    }
    assert public == set(WIDGETS)
