"""A page's side of the comm, for tests with no page."""

from __future__ import annotations

import json
from typing import Any

from convwidgets.widgets._base import Explorer


class Page:
    """What a page sends to one widget, and what it is sent.

    Parameters
    ----------
    widget : Explorer
        The widget that the page shows.
    """

    def __init__(self, widget: Explorer) -> None:
        self.widget = widget
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        widget.comm.send = self._receive

    def _receive(self, data: dict[str, Any], buffers: Any = None, **_: Any) -> None:
        # What cannot be sent as JSON must fail here as it would in a kernel.
        json.dumps(data, allow_nan=False)
        self.sent.append((data, [bytes(part) for part in buffers or ()]))

    def update(self, **state: Any) -> None:
        """Send changes of the state."""
        self.widget.set_state(json.loads(json.dumps(state)))

    def ask(self, content: Any, *buffers: Any) -> tuple[dict[str, Any], list[bytes]]:
        """Send a request and return its answer."""
        before = len(self.sent)
        self.widget._handle_custom_msg(content, list(buffers))
        ((answer, parts),) = self.messages(before)
        return answer, parts

    def messages(self, start: int = 0) -> list[tuple[dict[str, Any], list[bytes]]]:
        """Return the custom messages that were sent."""
        return [
            (data["content"], parts)
            for data, parts in self.sent[start:]
            if data["method"] == "custom"
        ]

    def updates(self) -> dict[str, Any]:
        """Return all changes that were sent since the last call, the latest value of each."""
        state: dict[str, Any] = {}
        for data, _ in self.sent:
            if data["method"] == "update":
                state |= data["state"]
        self.sent.clear()
        return state
