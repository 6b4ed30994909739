"""What all explorers have in common beside their arithmetic: view, prediction, and ways out."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from traitlets import Unicode

from convwidgets.export.code import write
from convwidgets.export.page import Part, html
from convwidgets.export.panels import Panel
from convwidgets.export.still import draw_still
from convwidgets.widgets import _messages, _rules, _state
from convwidgets.widgets._model import Model
from convwidgets.widgets._traits import KeptSetting, Setting

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

#: What every saved state holds beside the settings.
VIEW = ("speed", "view", "engine", "predict", "kept", "hidden", "locked", "present")


class Explorer(Model):
    """The base of the explorers."""

    #: What the exported page is called.
    TITLE: ClassVar[str]
    #: All that a saved state holds, in its order.
    STATE: ClassVar[tuple[str, ...]]
    #: What a page may ask for.
    ANSWERS: ClassVar[_messages.Handlers] = _messages.COMMON

    still = Unicode("", read_only=True).tag(sync=True)
    still_text = Unicode("", read_only=True).tag(sync=True)

    speed = Setting(_rules.whole(0, 14))
    view = Setting(_rules.one_of("explore", "step", "code"))
    engine = Setting(_rules.one_of("auto", "page", "kernel"))
    kept = KeptSetting()
    present = Setting(_rules.switch)

    def state(self) -> dict[str, Any]:
        """Return every choice as plain JSON: what `from_state` takes.

        Returns
        -------
        dict
            Where it holds a picture: its name, or else its numbers, as lists up to 32×32 and as
            base64 beyond.
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
            What `state` returned. Missing keys take their defaults.

        Returns
        -------
        Explorer
            A new widget of this class.

        Raises
        ------
        ValueError, TypeError
            If it is another widget's state or a later version's, or a key or value is wrong.
        """
        settings = {key: cls._traits[key] for key in cls.STATE}
        return cls(**_state.values(state, cls.widget.default_value, settings))

    def keep(self) -> None:
        """Keep the present settings, so that the page shows later results beside this one."""
        with self._lock:
            self.kept = self._values()

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The sizes of `output`, without computing it."""
        with self._lock:
            return self._geometry(self._values())

    def to_code(self, framework: str = "numpy") -> str:
        """Write the present settings as a program.

        Parameters
        ----------
        framework : {"numpy", "scipy", "torch", "keras"}
            Which library does the work.

        Returns
        -------
        str
            A whole program. A picture that has no name and is larger than 32×32 is taken from a
            variable ``widget``.
        """
        with self._lock:
            return write(str(self.widget), framework, *self._facts(self._values()))

    def plot(self, axes: Sequence[Any] | None = None) -> Figure:
        """Draw what the widget shows with matplotlib.

        Parameters
        ----------
        axes : sequence of matplotlib axes, optional
            One for each map; if not given, they are put on a new figure.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from convwidgets.export.figure import draw_figure

        return draw_figure(self._panels(), axes)

    def save_html(self, path: str | PathLike[str]) -> Path:
        """Write one HTML file that is as alive as the widget: no kernel, no server, no network.

        Parameters
        ----------
        path : str or path
            Where to write; a file that is there is replaced.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        FileNotFoundError
            In a clone whose page code was not built.
        """
        file = Path(path)
        file.write_text(html(self.TITLE, [self._part()]), encoding="utf-8")
        return file

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._summary())}, {self._output_summary()})"

    def _description(self) -> str:
        said = ", ".join([*self._summary(), self._output_summary()])
        return f"{self.TITLE}: {said.replace('=', ' ').replace(chr(39), '')}"

    def _output_summary(self) -> str:
        return f"output {'×'.join(map(str, self.output_shape))}"

    def _summary(self) -> list[str]:
        """Say in words what the settings are, most important first."""
        raise NotImplementedError

    def _facts(self, values: Mapping[str, Any]) -> tuple[dict[str, bool], dict[str, str]]:
        """Return what the code templates ask for."""
        raise NotImplementedError

    def _panels(self) -> list[Panel]:
        """Return the maps to draw, from left to right."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> Any:
        # What is stored with a notebook must show something before a page ever asks for it.
        self._update_still()
        return super()._repr_mimebundle_(**options)

    def _update_still(self) -> None:
        with self._lock:
            self.set_trait("still", draw_still(self._description(), self._panels()))
            self.set_trait("still_text", self._description())

    def _part(self) -> Part:
        """Return what an exported page holds of this widget."""
        with self._lock:
            state = {key: self._traits[key].wire(self._held(key)) for key in self.STATE}
            self._update_still()
        return self._describe({"state": state, "images": {}, "pictures": []})

    def _describe(self, payload: Mapping[str, Any]) -> Part:
        payload = {"widget": self.widget, **payload}
        about = str(inspect.getdoc(type(self))).partition("\n")[0]
        return Part(self.TITLE, about, self.still, self.still_text, payload)

    def _handle_custom_msg(self, content: Any, buffers: Any) -> None:
        super()._handle_custom_msg(content, buffers)
        _messages.answer(self, self.ANSWERS, content, buffers or ())
