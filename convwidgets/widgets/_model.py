"""A widget's state as traits: checked together, told once, safe from any thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import anywidget
import numpy as np
from numpy.typing import NDArray
from traitlets import All, Bunch, TraitError, Unicode, default

from convwidgets.data.frozen import FrozenArray
from convwidgets.export import assets
from convwidgets.widgets._traits import Setting, refusal

Maps = dict[str, NDArray[Any]]

_NOT_THE_PAGES = {"widget", "bundle", "still", "still_text", "_esm"}


class Model(anywidget.AnyWidget):
    """The state of a widget, and the results that follow from it."""

    #: The settings that decide the numbers, in the order of the saved state.
    SETTINGS: ClassVar[tuple[str, ...]]
    #: The traits that are computed from them.
    RESULTS: ClassVar[tuple[str, ...]]

    # One lock for all widgets, not one each: linked widgets change each other from whichever side
    # they are changed, and two locks could be taken in both orders.
    _lock = threading.RLock()

    widget = Unicode("", read_only=True).tag(sync=True)
    bundle = Unicode(read_only=True).tag(sync=True)
    _esm = Unicode().tag(sync=True)

    def __init__(self, **values: Any) -> None:
        self._latest: tuple[Any, Result] | None = None
        self._announced: Result | None = None
        super().__init__(**values)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page sends; what breaks a rule is refused with a message, and sent back."""
        changes = {key: value for key, value in sync_data.items() if key not in _NOT_THE_PAGES}
        try:
            with self._lock:
                super().set_state(changes)
        except TraitError as error:
            self.send({"type": "error", "request": "update", "message": str(error)})
            self.send_state([key for key in changes if key in self.keys])

    @contextmanager
    def hold_trait_notifications(self) -> Iterator[None]:
        """Check and announce several assignments together, or undo them all."""
        with self._lock:
            if self._cross_validation_lock:
                yield
                return
            before = self._trait_values.copy()
            with super().hold_trait_notifications():
                try:
                    yield
                    self._geometry(self._values())
                except TraitError:
                    # As they were, whole: the rollback of traitlets knows only what Python reads.
                    self._trait_values.update(before)
                    raise

    @contextmanager
    def hold_sync(self) -> Iterator[None]:
        """Send several assignments to the page together."""
        with self._lock, super().hold_sync():
            yield

    def notify_change(self, change: Bunch) -> None:
        """Tell the page and the observers of a change, then those of the results."""
        super().notify_change(change)
        if change["name"] in self.SETTINGS:
            self._announce()

    @default("bundle")
    def _default_bundle(self) -> str:
        return assets.bundle_hash()

    @default("_esm")
    def _default_esm(self) -> str:
        return assets.loader()

    def _compute(self, values: Mapping[str, Any]) -> Maps:
        """Work out the maps, each C×H×W, for checked settings."""
        raise NotImplementedError

    def _sizes(self, values: Mapping[str, Any]) -> tuple[int, ...]:
        """Return the output's sizes, or raise for settings that do not go together."""
        raise NotImplementedError

    def _known(self, values: Mapping[str, Any]) -> list[NDArray[Any]]:
        """Return the arrays that a page which asks for a computation has already."""
        return []

    def _geometry(self, values: Mapping[str, Any]) -> tuple[int, ...]:
        try:
            return self._sizes(values)
        except (TypeError, ValueError) as error:
            raise refusal(error) from error

    def _check(self, changes: Mapping[str, Any]) -> None:
        if any(key in self.SETTINGS for key in changes):
            self._geometry({**self._values(), **changes})

    def _parts(self) -> dict[str, Setting]:
        return {key: self._traits[key] for key in self.SETTINGS}

    def _held(self, key: str) -> Any:
        return self._traits[key].held(self)

    def _values(self) -> dict[str, Any]:
        return {key: trait.held(self) for key, trait in self._parts().items()}

    def _result(self) -> Result:
        with self._lock:
            key = {name: trait.key(trait.held(self)) for name, trait in self._parts().items()}
            if self._latest is None or self._latest[0] != key:
                self._latest = key, Result(self._compute(self._values()))
            return self._latest[1]

    def _announce(self) -> None:
        watched = [name for name in self.RESULTS if self._is_observed(name)]
        if not watched:
            return
        old, new = self._announced, self._result()
        # Of several changes that were held together, the first has already told of this result.
        if new is old:
            return
        self._announced = new
        for name in watched:
            part = self._traits[name].part
            self._notify_trait(name, old and old.array(part), new.array(part))

    def _is_observed(self, name: str) -> bool:
        notifiers = (self._trait_notifiers.get(key, {}) for key in (name, All))
        return any(kinds.get(kind) for kinds in notifiers for kind in ("change", All))


class Result:
    """The maps of one computation, shaped as pictures when they are asked for."""

    def __init__(self, maps: Maps) -> None:
        self._maps = maps
        self._arrays: dict[str, FrozenArray] = {}

    def array(self, name: str) -> FrozenArray | None:
        """Return a map as H×W or H×W×3, always the same object; None where there is none."""
        if name not in self._maps:
            return None
        if name not in self._arrays:
            maps = self._maps[name]
            self._arrays[name] = FrozenArray(
                maps[0] if len(maps) == 1 else np.moveaxis(maps, 0, -1)
            )
        return self._arrays[name]
