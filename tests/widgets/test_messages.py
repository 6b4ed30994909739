"""The comm: what a page asks, and what it gets, however badly it asks."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest
import traitlets

from convwidgets.data import kernel_names, picture
from convwidgets.export import assets
from convwidgets.widgets import Convolution2DExplorer, PoolingExplorer
from convwidgets.widgets.convolution2d import SETTINGS
from tests.widgets.fake_comm import Page

RGB = np.random.default_rng(1).integers(0, 256, (10, 12, 3)).astype(np.uint8)


@pytest.fixture
def page() -> Page:
    return Page(Convolution2DExplorer(image="dress", kernel="emboss"))


def wire(widget: Any) -> dict[str, Any]:
    """The settings as the page has them."""
    state = widget.get_state()
    return {key: state[key] for key in widget.SETTINGS}


def test_the_bundle(monkeypatch: pytest.MonkeyPatch, page: Page) -> None:
    texts = {"convwidgets.js": "export …", "convwidgets.css": ".cw {}"}
    monkeypatch.setattr(assets, "packed", lambda name: zlib.compress(texts[name].encode()))
    answer, parts = page.ask({"type": "bundle", "hash": page.widget.bundle})
    assert answer == {"type": "bundle", "hash": page.widget.bundle}
    assert [zlib.decompress(part).decode() for part in parts] == list(texts.values())


def test_a_missing_bundle_is_an_answer(monkeypatch: pytest.MonkeyPatch, page: Page) -> None:
    def missing(name: str) -> str:
        raise FileNotFoundError("run `python frontend/build.py`")

    monkeypatch.setattr(assets, "packed", missing)
    answer, parts = page.ask({"type": "bundle", "hash": "x"})
    assert answer["type"] == "error" and "build.py" in answer["message"] and parts == []


@pytest.mark.parametrize(
    "image", ["dress", RGB, RGB[..., 0], np.float32(RGB[..., 1]), [[np.nan, np.inf]]]
)
def test_pixels_by_id(image: Any) -> None:
    widget = Convolution2DExplorer(image=image, kernel=[[1]])
    page = Page(widget)
    described = widget.get_state()["image"]
    answer, (part,) = page.ask({"type": "image", "id": described["id"], "seq": 7})
    assert answer == {**described, "type": "image", "seq": 7}
    pixels = np.frombuffer(part, described["dtype"]).reshape(described["shape"])
    np.testing.assert_array_equal(pixels, widget.pixels)


def test_earlier_and_kept_pictures_are_still_known(page: Page) -> None:
    first = page.widget.get_state()["image"]["id"]
    page.widget.keep()
    for name in ("quarters", "camera"):
        page.widget.image = name
    for _ in range(70):
        page.widget.image = np.random.default_rng().normal(size=(512, 512))
    answer, _ = page.ask({"type": "image", "id": first})
    assert answer["name"] == "dress"
    for wrong in ("nobody", None, 3, ["x"]):
        answer, _ = page.ask({"type": "image", "id": wrong, "seq": "a"})
        assert answer["type"] == "error" and "not known" in answer["message"]
        assert answer["seq"] == "a"


def test_a_page_gives_a_picture_of_its_own(page: Page) -> None:
    described = {"id": "page-1-2", "label": "drawn", "shape": [2, 3], "dtype": "uint8"}
    answer, _ = page.ask({"type": "use_image", "name": "", **described}, bytes(range(6)))
    assert answer["type"] == "done"
    assert page.widget.image == "dress"
    page.update(image={"name": "", **described}, kernel=[[1, 1]], padding="valid")
    np.testing.assert_array_equal(page.widget.output, [[1, 3], [7, 9]])
    assert page.widget.image.dtype == np.uint8
    assert page.widget.state()["image"]["label"] == "drawn"
    # The page has it: nothing to send back.
    assert "image" not in page.updates()
    page.widget.image = "quarters"
    page.update(image={"name": "", **described})
    np.testing.assert_array_equal(page.widget.pixels, [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    ("change", "buffers", "words"),
    [
        ({"shape": [3, 3]}, [bytes(6)], "must be 9 bytes"),
        ({"shape": [0, 3]}, [b""], "shape must be"),
        ({"shape": [2]}, [bytes(6)], "shape must be"),
        ({"shape": [2, 3, 2]}, [bytes(12)], "shape must be"),
        ({"shape": None}, [bytes(6)], "shape must be"),
        ({"shape": [True, 6]}, [bytes(6)], "shape must be"),
        ({"shape": [2**40, 2**40]}, [bytes(6)], "shape must be of"),
        ({"shape": [1, 600]}, [bytes(600)], "max_size=512"),
        ({"dtype": "float64"}, [bytes(48)], "dtype must be"),
        ({"dtype": ["uint8"]}, [bytes(6)], "dtype must be"),
        ({"dtype": "float32"}, [bytes(6)], "must be 24 bytes"),
        ({"id": ""}, [bytes(6)], "id must be"),
        ({"id": "x" * 65}, [bytes(6)], "id must be"),
        ({"id": {}}, [bytes(6)], "id must be"),
        ({"label": "x" * 201}, [bytes(6)], "label must be"),
        ({"label": None}, [bytes(6)], "label must be"),
        ({"id": "DRESS"}, [bytes(6)], "another picture's"),
        ({}, [], "one part, got 0"),
        ({}, [bytes(6)] * 2, "one part, got 2"),
        ({}, ["text"], "must be bytes"),
    ],
)
def test_broken_pictures_are_refused(
    page: Page, change: dict[str, Any], buffers: list[Any], words: str
) -> None:
    message = {"type": "use_image", "id": "p", "label": "", "shape": [2, 3], "dtype": "uint8"}
    message |= change
    if message["id"] == "DRESS":
        message["id"] = page.widget.get_state()["image"]["id"]
    answer, _ = page.ask(message, *buffers)
    assert answer["type"] == "error" and words in answer["message"]
    assert page.widget.image == "dress"


def test_a_picture_by_name(page: Page) -> None:
    answer, _ = page.ask({"type": "use_picture", "name": "coins", "seq": 1})
    assert answer["type"] == "done" and answer["seq"] == 1
    assert page.widget.image == "coins"
    assert page.updates()["image"] == answer["image"]
    for wrong in ("nobody", None, "/etc/hostname", 3, ["coins"]):
        answer, _ = page.ask({"type": "use_picture", "name": wrong})
        assert answer["type"] == "error" and "one of camera" in answer["message"]
    page.widget.kernel, page.widget.padding = np.ones((5, 5)), "valid"
    answer, _ = page.ask({"type": "use_picture", "name": "quarters"})
    assert answer["type"] == "error" and "larger than" in answer["message"]
    assert page.widget.image == "coins"


def test_a_frame_is_what_python_computes() -> None:
    widget = Convolution2DExplorer(image=RGB, kernel="emboss", channels="sum", bias=2)
    page = Page(widget)
    state = {**wire(widget), "stride": 2, "activation": "relu", "pooling": "max"}
    answer, parts = page.ask({"type": "compute", "seq": 3, "state": state})
    assert (answer["type"], answer["seq"]) == ("frame", 3) and answer["ms"] >= 0
    maps = {
        name: np.frombuffer(part, "<f4").reshape(entry["shape"])
        for (name, entry), part in zip(answer["maps"].items(), parts, strict=True)
    }
    assert set(maps) == {"selected", "partial", "feature", "activated", "output", "pool_index"}
    assert widget.stride == 1
    widget.stride, widget.activation, widget.pooling = 2, "relu", "max"
    np.testing.assert_array_equal(maps["output"][0], widget.output)
    np.testing.assert_array_equal(maps["feature"][0], widget.feature_map)
    np.testing.assert_allclose(maps["partial"].sum(axis=0) + 2, widget.feature_map, atol=1e-3)
    np.testing.assert_array_equal(maps["selected"], np.moveaxis(RGB, -1, 0))
    winners = maps["pool_index"].astype(int).ravel()
    np.testing.assert_array_equal(maps["activated"].ravel()[winners], maps["output"].ravel())


def test_a_frame_holds_no_map_twice() -> None:
    widget = Convolution2DExplorer(image="step", kernel="sobel_x")
    page = Page(widget)
    answer, parts = page.ask({"type": "compute", "state": wire(widget)})
    assert list(answer["maps"]) == ["feature"] and len(parts) == 1
    answer, _ = page.ask({"type": "compute", "state": {**wire(widget), "activation": "relu"}})
    assert list(answer["maps"]) == ["feature", "activated"]


def test_a_pooling_frame() -> None:
    widget = PoolingExplorer(image=RGB, channels="each", shift=(1, 0))
    answer, parts = Page(widget).ask({"type": "compute", "state": wire(widget)})
    assert {name: entry["shape"] for name, entry in answer["maps"].items()} == {
        "selected": [3, 10, 12],
        "output": [3, 5, 6],
        "index": [3, 5, 6],
    }
    output = np.frombuffer(parts[1], "<f4").reshape(3, 5, 6)
    np.testing.assert_array_equal(np.moveaxis(output, 0, -1), widget.output)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stride": 0}, "stride must be"),
        ({"stride": 10**30}, "stride must be"),
        ({"kernel": [[0] * 16]}, "kernel must be"),
        ({"kernel": "__class__"}, "kernel must be"),
        ({"kernel": {"a": 1}}, "kernel must be"),
        ({"padding": 10**9}, "padding must be"),
        ({"bias": None}, "bias must be"),
        ({"bias": "NaN"}, "bias must be"),
        ({"image": {"id": "?"}}, "is not known"),
        ({"image": "dress"}, "image must be"),
        ({"image": {"name": ["dress"]}}, "is not known"),
        ({"pool_size": 8, "pooling": "max"}, "pool_size must fit"),
        ({"padding_mode": "circular", "padding": 32}, "at most 6"),
    ],
)
def test_impossible_frames_are_refused(page: Page, change: dict[str, Any], words: str) -> None:
    before = page.widget.state()
    state = {**wire(page.widget), **change}
    answer, parts = page.ask({"type": "compute", "seq": 9, "state": state})
    assert answer["type"] == "error" and words in answer["message"] and answer["seq"] == 9
    assert parts == [] and page.widget.state() == before


@pytest.mark.parametrize("missing", SETTINGS)
def test_frames_need_every_setting(page: Page, missing: str) -> None:
    state = wire(page.widget)
    del state[missing]
    answer, _ = page.ask({"type": "compute", "state": state})
    assert f"'{missing}' is missing" in answer["message"]


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "compute",
        {},
        {"type": None},
        {"type": ["bundle"]},
        {"type": "nonsense"},
        {"type": "compute"},
        {"type": "compute", "state": []},
        {"type": "export"},
        {"type": "export", "kind": "exe"},
        {"type": "image"},
        {"type": "use_image"},
        {"type": "use_picture"},
    ],
)
def test_nonsense_is_answered(page: Page, message: Any) -> None:
    answer, _ = page.ask(message)
    assert answer["type"] == "error" and answer["message"]
    assert page.ask({"type": "still"})[0]["type"] == "done"


def test_a_page_without_buffers(page: Page) -> None:
    page.widget._handle_custom_msg({"type": "use_image"}, None)
    assert page.messages()[0][0]["type"] == "error"


def test_the_still_is_renewed_on_demand(page: Page) -> None:
    page.ask({"type": "still"})
    sent = page.updates()
    assert sent["still"].startswith("<svg") and "stride 1" in sent["still_text"]
    page.widget.stride = 2
    page.ask({"type": "still"})
    assert "stride 2" in page.updates()["still_text"]


def test_the_page_is_sent_as_a_file(monkeypatch: pytest.MonkeyPatch, page: Page) -> None:
    monkeypatch.setattr("convwidgets.export.page.asset", lambda name: f"/* {name} */")
    answer, (part,) = page.ask({"type": "export", "kind": "html", "seq": 2})
    assert answer == {
        "type": "file",
        "name": "convolution-2d.html",
        "mime": "text/html",
        "seq": 2,
    }
    assert part.decode().startswith("<!DOCTYPE html>")


def test_changes_from_the_page(page: Page) -> None:
    told: list[Any] = []
    page.widget.observe(told.append, "output")
    page.update(stride=2, kernel=[[1, 2], [3, 4]], position=[1, 2], bias=0.5)
    assert page.widget.stride == 2 and page.widget.position == (1, 2)
    np.testing.assert_array_equal(page.widget.kernel, [[1, 2], [3, 4]])
    assert len(told) == 1
    # Nothing comes back but the echo, which other pages need, and none for what moves fast.
    echoes = [data["state"] for data, _ in page.sent if data["method"] == "echo_update"]
    assert echoes == [{"stride": 2, "kernel": [[1, 2], [3, 4]], "bias": 0.5}]
    assert page.updates() == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stride": 0}, "stride must be"),
        ({"stride": 2, "kernel": "gabor", "padding": "valid"}, "larger than"),
        ({"image": {"id": "unknown", "name": ""}, "bias": 3}, "not known"),
        ({"image": 5}, "description"),
        ({"kernel": [[]]}, "kernel must be"),
        ({"hidden": ["x"], "stride": 2}, "hidden must be"),
        ({"position": "12"}, "position must be"),
        ({"kept": {}}, "is missing"),
        ({"kept": 1}, "kept must be"),
    ],
)
def test_bad_changes_from_the_page_go_back(page: Page, change: dict[str, Any], words: str) -> None:
    before = page.widget.state()
    page.update(**change)
    assert page.widget.state() == before
    ((message, _),) = page.messages()
    assert message["type"] == "error" and words in message["message"]
    sent = page.updates()
    assert sent == {key: page.widget.get_state()[key] for key in change}


def test_a_page_cannot_change_what_is_pythons(page: Page) -> None:
    before = page.widget.get_state()
    page.update(widget="x", bundle="x", still="<svg/>", still_text="x", _esm="alert(1)")
    after = page.widget.get_state()
    for key in ("widget", "bundle", "still", "still_text", "_esm"):
        assert after[key] == before[key]


def test_kept_from_the_page(page: Page) -> None:
    settings = wire(page.widget)
    page.update(kept={**settings, "stride": 3})
    assert page.widget.kept["stride"] == 3 and page.widget.kept["image"] == "dress"
    assert page.updates() == {}
    page.widget.image = "quarters"
    page.update(kept=None)
    assert page.widget.kept is None


def test_synthetic_pictures_come_by_description(page: Page) -> None:
    described = Convolution2DExplorer(image="impulse").get_state()["image"]
    page.update(image=described)
    assert page.widget.image == "impulse"
    assert page.updates() == {}
    small = Page(Convolution2DExplorer(image="dress", max_size=20))
    plate = Convolution2DExplorer(image="zone_plate").get_state()["image"]
    small.update(image=plate)
    assert small.widget.pixels.shape == (20, 20)
    assert small.updates()["image"]["shape"] == [20, 20]


def test_a_broken_chain_is_a_message_not_a_traceback() -> None:
    first = Convolution2DExplorer(image="dress", kernel="box3")
    second = Convolution2DExplorer(kernel=np.ones((5, 5)), padding="valid")
    with pytest.raises(ValueError, match="larger than"):
        second.image = np.ones((3, 4))
    traitlets.link((first, "output"), (second, "image"))
    page = Page(first)
    page.update(stride=2)
    ((message, _),) = page.messages()
    assert message["type"] == "error" and "larger than" in message["message"]
    assert first.stride == 2 and second.pixels.shape == (6, 8)


def test_own_messages_reach_own_handlers(page: Page) -> None:
    heard: list[Any] = []
    page.widget.on_msg(lambda _, content, buffers: heard.append((content, buffers)))
    page.ask({"type": "still"})
    assert heard == [({"type": "still"}, [])]


def test_every_gallery_kernel_goes_over_the_wire(page: Page) -> None:
    for name in kernel_names():
        page.widget.image, page.widget.kernel = "noise", name
        by_name, named = page.ask({"type": "compute", "state": wire(page.widget)})
        values = page.widget.kernel_values.tolist()
        state = {**wire(page.widget), "kernel": values}
        by_values, valued = page.ask({"type": "compute", "state": state})
        assert named == valued and by_name["maps"] == by_values["maps"]
    assert picture("noise").dtype == "uint8"
