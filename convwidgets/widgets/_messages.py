"""What a page may ask of a widget over the comm, and what it is answered.

Every request is a JSON object with a `type`; its `seq`, if it has one, comes back with the answer.
What cannot be answered gets ``{"type": "error", "message": …}``: nothing that a page sends raises.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convwidgets.data.images import Image, names
from convwidgets.export import assets
from convwidgets.export.page import html
from convwidgets.widgets import _images

if TYPE_CHECKING:
    from convwidgets.widgets._base import Explorer
    from convwidgets.widgets._picture import PictureExplorer

Message = Mapping[str, Any]
Buffers = Sequence[Any]
Answer = tuple[dict[str, Any], list[Any]]
Handlers = Mapping[str, Callable[[Any, Message, Buffers], Answer]]


def answer(widget: Explorer, handlers: Handlers, message: Any, buffers: Buffers) -> None:
    """Answer one message of a page, if there is a handler for its type."""
    if not isinstance(message, Mapping):
        message = {}
    request = message.get("type")
    seq = {"seq": message["seq"]} if isinstance(message.get("seq"), (int, str)) else {}
    try:
        handler = handlers.get(request) if isinstance(request, str) else None
        if handler is None:
            raise ValueError(f"type must be one of {', '.join(handlers)}, got {request!r:.60}")
        content, parts = handler(widget, message, buffers)
    except Exception as error:  # a page waits for its answer, whatever went wrong
        text = str(error) or type(error).__name__
        content, parts = {"type": "error", "request": request, "message": text}, []
    widget.send({**content, **seq}, parts)


def _bundle(widget: Explorer, message: Message, buffers: Buffers) -> Answer:
    parts = [assets.packed(name) for name in ("convwidgets.js", "convwidgets.css")]
    return {"type": "bundle", "hash": assets.bundle_hash()}, parts


def _image(widget: PictureExplorer, message: Message, buffers: Buffers) -> Answer:
    image = widget._find_image(message.get("id"))
    if image is None:
        raise ValueError(f"image with id {message.get('id')!r:.60} is not known to this kernel")
    return {**_images.descriptor(image), "type": "image"}, [_images.payload(image)]


def _use_image(widget: PictureExplorer, message: Message, buffers: Buffers) -> Answer:
    # The page assigns the picture itself, together with settings that fit it: an assignment here
    # would come back to a page that has painted on, and undo a stroke.
    if len(buffers) != 1:
        raise ValueError(f"use_image must come with one part, got {len(buffers)}")
    image = _images.received(message, buffers[0], widget.max_size)
    known = widget._find_image(image.id)
    if known and _images.payload(known) != _images.payload(image):
        raise ValueError(f"id {image.id!r} is another picture's")
    widget._pictures.remember(image)
    return _done(message, image), []


def _use_picture(widget: PictureExplorer, message: Message, buffers: Buffers) -> Answer:
    name = message.get("name")
    if not isinstance(name, str) or name not in names():
        raise ValueError(f"name must be one of {', '.join(names())}, got {name!r:.60}")
    widget.image = name
    return _done(message, widget._held("image")), []


def _done(message: Message, image: Image) -> dict[str, Any]:
    return {"type": "done", "request": message["type"], "image": _images.descriptor(image)}


def _compute(widget: Explorer, message: Message, buffers: Buffers) -> Answer:
    state = message.get("state")
    if not isinstance(state, Mapping):
        raise TypeError(f"state must hold the settings, got {state!r:.60}")
    parts = widget._parts()
    missing = [key for key in parts if key not in state]
    if missing:
        raise ValueError(f"state must hold every setting, {missing[0]!r} is missing")
    values = {key: trait.receive(widget, state[key]) for key, trait in parts.items()}
    widget._geometry(values)
    start = time.perf_counter()
    maps = _new_ones(widget._compute(values), widget._known(values))
    milliseconds = round(1000 * (time.perf_counter() - start), 3)
    shapes = {name: {"shape": list(array.shape)} for name, array in maps.items()}
    return {"type": "frame", "ms": milliseconds, "maps": shapes}, [*map(_bytes, maps.values())]


def _new_ones(maps: Mapping[str, Any], known: Sequence[Any]) -> dict[str, Any]:
    """Leave out what the page knows, as the picture itself, and a map that is another once more.

    A map that is missing is the one before it: see `fromKernel` in the page's explorers.
    """
    told: dict[str, Any] = {}
    for name, array in maps.items():
        had = any(np.may_share_memory(array, other) for other in known)
        if not had and not any(array is other for other in told.values()):
            told[name] = array
    return told


def _bytes(array: Any) -> memoryview:
    return np.ascontiguousarray(array, "<f4").data.cast("B")


def _still(widget: Explorer, message: Message, buffers: Buffers) -> Answer:
    widget._update_still()
    return {"type": "done", "request": "still"}, []


def _export(widget: Explorer, message: Message, buffers: Buffers) -> Answer:
    if message.get("kind") != "html":
        raise ValueError(f"kind must be 'html', got {message.get('kind')!r:.60}")
    page = html(widget.TITLE, [widget._part()]).encode()
    return {"type": "file", "name": f"{widget.widget}.html", "mime": "text/html"}, [page]


COMMON: Handlers = {"bundle": _bundle, "compute": _compute, "still": _still, "export": _export}
PICTURES: Handlers = {"image": _image, "use_image": _use_image, "use_picture": _use_picture}
