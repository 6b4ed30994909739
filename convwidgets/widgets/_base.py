"""What all explorers share: state, results, the comm, and what leaves them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import anywidget
import numpy as np
from numpy.typing import NDArray
from traitlets import All, Bunch, TraitError, Unicode, default

from convwidgets.data.frozen import FrozenArray
from convwidgets.data.images import MAX_SIZE, Image, names
from convwidgets.export import assets
from convwidgets.export.page import html_page
from convwidgets.widgets import _images, _messages, _rules, _state
from convwidgets.widgets._traits import (
    Computed,
    ImageSetting,
    KeptSetting,
    Setting,
    SizeSetting,
    refusal,
)

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

Maps = dict[str, NDArray[Any]]

_NOT_THE_PAGES = {"widget", "bundle", "still", "still_text", "_esm"}


class Explorer(anywidget.AnyWidget):
    """The base of the explorers: a picture, settings that decide the numbers, and a view of them."""

    #: The settings that decide the numbers, in the order of the saved state.
    SETTINGS: ClassVar[tuple[str, ...]]
    #: The traits that are computed from them.
    RESULTS: ClassVar[tuple[str, ...]]
    #: What a teacher can hide or lock.
    CONTROLS: ClassVar[tuple[str, ...]]
    #: All that a saved state holds, in its order.
    STATE: ClassVar[tuple[str, ...]]

    # One lock for all widgets, since linked ones change each other from whichever side they are
    # changed: two locks could be taken in both orders.
    _lock = threading.RLock()

    widget = Unicode("", read_only=True).tag(sync=True)
    bundle = Unicode(read_only=True).tag(sync=True)
    still = Unicode("", read_only=True).tag(sync=True)
    still_text = Unicode("", read_only=True).tag(sync=True)
    _esm = Unicode().tag(sync=True)

    max_size = SizeSetting(2048)
    image = ImageSetting()
    display = Setting(_rules.one_of("auto", "signed", "grey", "clip", "abs", "offset"))
    unit_range = Setting(_rules.switch)
    position = Setting(_rules.cell, echo=False)
    pinned = Setting(_rules.switch)
    speed = Setting(_rules.whole(0, 10))
    view = Setting(_rules.one_of("explore", "step", "code"))
    engine = Setting(_rules.one_of("auto", "page", "kernel"))
    kept = KeptSetting()
    present = Setting(_rules.switch)
    pictures = Setting(_rules.some_of(names))
    output = Computed("output")

    def __init__(self, **values: Any) -> None:
        self._pictures = _images.Pictures()
        self._latest: tuple[Any, Result] | None = None
        self._announced: Result | None = None
        # A picture is fitted to the size that is known when it comes, and the kept settings are
        # checked with the others there.
        super().__init__(max_size=values.pop("max_size"), **values)

    def state(self) -> dict[str, Any]:
        """Return every choice as plain JSON: what `from_state` takes.

        Returns
        -------
        dict
            Pictures by name, or else their numbers: as lists up to 32×32, larger ones as base64.
        """
        with self._lock:
            saved = {key: self._traits[key].save(self._held(key)) for key in self.STATE}
            return {"widget": self.widget, "version": _state.VERSION, **saved}

    @classmethod
    def from_state(cls, state: Mapping[str, Any] | str | PathLike[str]) -> Self:
        """Make a widget from a saved state.

        Parameters
        ----------
        state : dict, JSON text or path
            What `state` returned; keys that are missing take their defaults.

        Returns
        -------
        Explorer
            A new widget of this class.

        Raises
        ------
        ValueError, TypeError
            If it is another widget's state, of a later version, or a key or value is wrong.
        """
        return cls(**_state.values(state, cls.widget.default_value, cls._settings(cls.STATE)))

    def keep(self) -> None:
        """Keep the present result, to compare later ones with it."""
        with self._lock:
            self.kept = {key: self._held(key) for key in self.SETTINGS}

    @property
    def pixels(self) -> FrozenArray:
        """The picture that is computed on: float32, H×W or H×W×3, bytes as 0 to 255."""
        return self._held("image").pixels

    @property
    def original_image(self) -> FrozenArray:
        """The picture as it came, before it was made smaller."""
        return self._held("image").original

    @property
    def output_shape(self) -> tuple[int, int]:
        """Rows and columns of `output`; known without computing it."""
        with self._lock:
            rows, columns = self._geometry(self._values())
        return rows, columns

    def to_code(self, framework: str = "numpy") -> str:
        """Write the present settings as a program.

        Parameters
        ----------
        framework : {"numpy", "scipy", "torch", "keras"}
            Which library does the work.

        Returns
        -------
        str
            A complete program that leaves the result in ``output``. Large pictures that are not
            of this package are taken from a variable ``widget``.
        """
        with self._lock:
            return self._code(framework, self._values())

    def plot(self, axes: Sequence[Any] | None = None) -> Figure:
        """Draw input, kernel and output with matplotlib.

        Parameters
        ----------
        axes : sequence of matplotlib axes, optional
            One for each map; a new figure if not given.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from convwidgets.export.figure import draw

        return draw(self._panels(), axes)

    def save_html(self, path: str | PathLike[str], pictures: Sequence[str] = ()) -> Path:
        """Write one HTML file that is as alive as the widget, with no kernel and no network.

        Parameters
        ----------
        path : str or path
            Where to write; a file that is there is replaced.
        pictures : sequence of str
            Pictures to carry along for the learner to choose from; those by formula are there
            anyway.

        Returns
        -------
        Path
            The file written.
        """
        file = Path(path)
        file.write_text(self._html(pictures), encoding="utf-8")
        return file

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page sends; what breaks a rule is refused with a message, and sent back."""
        changes = {key: value for key, value in sync_data.items() if key not in _NOT_THE_PAGES}
        try:
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
                    self._check({key: self._held(key) for key in self.SETTINGS})
                except TraitError:
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

    def __repr__(self) -> str:
        rows, columns = self.output_shape
        return f"{type(self).__name__}({', '.join(self._summary())}, output {rows}×{columns})"

    def _compute(self, values: Mapping[str, Any], *, partial: bool = False) -> Maps:
        """Work out the maps, each C×H×W, for checked settings."""
        raise NotImplementedError

    def _geometry(self, values: Mapping[str, Any]) -> tuple[int, int]:
        """Return the output's rows and columns, or refuse settings that do not go together."""
        try:
            return self._sizes(values)
        except (TypeError, ValueError) as error:
            raise refusal(error) from error
