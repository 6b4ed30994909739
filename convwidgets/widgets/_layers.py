"""The stack of layers as a trait, and the rules of what points into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from convwidgets.engine.layer_rules import MOST_LAYERS, Layer, layer
from convwidgets.widgets import _rules
from convwidgets.widgets._traits import Setting


class LayersSetting(Setting):
    """A stack of layers; on its way out its sizes are lists, as JSON has them."""

    def __init__(self) -> None:
        super().__init__(stack)

    def wire(self, held: Sequence[Layer]) -> list[dict[str, Any]]:
        """Return what the page is sent: plain JSON."""
        return [
            {key: list(value) if isinstance(value, tuple) else value for key, value in one.items()}
            for one in held
        ]


def stack(name: str, value: Any) -> tuple[Layer, ...]:
    """Allow a list of layers."""
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
        raise TypeError(f"{name} must be a list of layers, got {value!r:.60}")
    if len(value) > MOST_LAYERS:
        raise ValueError(f"{name} must be at most {MOST_LAYERS} layers, got {len(value)}")
    return tuple(layer(one, f"{name}[{i}]") for i, one in enumerate(value))


def chosen(name: str, value: Any) -> int | None:
    """Allow a layer's number, −1 for the input, or None."""
    return None if value is None else int(_rules.whole(-1, MOST_LAYERS - 1)(name, value))


def places(name: str, value: Any) -> tuple[int, ...]:
    """Allow a list of rows, each once."""
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
        raise TypeError(f"{name} must be a list of row numbers, got {value!r:.60}")
    return tuple(sorted({_rules.whole(0, MOST_LAYERS - 1)(name, one) for one in value}))
