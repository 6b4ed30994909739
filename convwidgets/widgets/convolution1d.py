"""The one-dimensional explorer: a kernel slides along a signal, or a curve along another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from traitlets import Unicode

from convwidgets.data import signals
from convwidgets.data.frozen import FrozenArray
from convwidgets.engine import conv1d
from convwidgets.engine.geometry import output_size, resolve_padding
from convwidgets.export.panels import Panel, curve_panel, stem_panel
from convwidgets.export.signal_code import signal_facts
from convwidgets.widgets import _rules
from convwidgets.widgets._base import VIEW, Explorer
from convwidgets.widgets._model import Maps
from convwidgets.widgets._series import Series, SeriesSetting
from convwidgets.widgets._traits import Computed, Setting

LONGEST_SIGNAL = 64
LONGEST_KERNEL = 15
MOST_KNOTS = 257
#: The output's places on either side of zero, each a `signals.STEP` from the last.
LAGS = round(signals.SHOWN / signals.STEP)

SETTINGS = (
    "mode",
    "signal",
    "kernel",
    "stride",
    "padding",
    "dilation",
    "flip",
    "f",
    "g",
    "f_width",
    "g_width",
)
#: What a teacher can hide or lock.
CONTROLS = (
    *SETTINGS,
    "signal_length",
    "kernel_size",
    "padding_cells",
    "compare",
    "player",
    "keep",
    "reset",
    "share",
)
WIDTHS = _rules.steps(0.25, 3, 0.125)


class Convolution1DExplorer(Explorer):
    """See, touch and compute one-dimensional convolution.

    Parameters
    ----------
    mode : {"discrete", "continuous"}
        A kernel on a signal, or two curves.
    signal : str or array
        ``"step"``, ``"bars"``, ``"impulse"``, ``"ramp"``, ``"count"``, ``"noisy_step"``,
        ``"wave"``, or 1 to 64 numbers.
    kernel : str or array
        ``"difference"``, ``"half_difference"``, ``"central"``, ``"second"``, ``"mean"``,
        ``"binomial"``, ``"mean4"``, ``"rising"``, ``"echo"``, ``"identity"``, or 1 to 15 numbers.
    stride, dilation : int
        From 1 to 8.
    padding : str or int
        ``"valid"``, ``"same"``, ``"half"``, ``"full"``, ``"causal"``, or 0 to 32 cells on either
        side, as in `convwidgets.engine.conv1d`.
    flip : bool, optional
        Whether the kernel (in continuous mode g) is reversed first: a true convolution. If not
        given: only in continuous mode.
    f, g : str or array
        ``"box"``, ``"triangle"``, ``"gaussian"``, ``"exponential"``, ``"sine"``, ``"chirp"``, or 2
        to 257 numbers: a curve drawn by hand, spread evenly from −4 to 4 and zero beyond.
    f_width, g_width : float
        How wide they are: 0.25 to 3, in eighths; see `convwidgets.data.signals.curve`.
    compare : bool
        Show what ``"same"``, ``"half"`` and PyTorch's ``padding=K//2`` make of it, side by side.
    position : int, optional
        The place of the output value that is explained.
    speed : int, optional
        The player's: 2 to this power values a second, from 0 to 14. If not given: 2, in continuous
        mode 5.
    view : {"explore", "step", "code"}
        The page's tab.
    engine : {"auto", "page", "kernel"}
        What computes the page's picture.
    predict : {"", "size", "value", "shape"}
        What a learner predicts before the page shows it: the output's length, one of its values,
        or the shape that results; ``""``: nothing.
    kept : dict, optional
        Settings to compare with.
    hidden, locked : list of str
        Parameters whose controls are gone, or cannot be changed.
    present : bool
        Larger, for a projector.

    Raises
    ------
    ValueError, TypeError
        If a value breaks its rule, or the kernel spans more than the padded signal. The message
        names the parameter, the value and the rule.

    Examples
    --------
    >>> explorer = Convolution1DExplorer(signal=[0, 0, 1, 1, 0], kernel=[-1, 1])
    >>> explorer.output
    array([ 0.,  1.,  0., -1.], dtype=float32)
    >>> explorer.flip = True
    >>> explorer.output
    array([ 0., -1.,  0.,  1.], dtype=float32)
    """

    TITLE = "1-D convolution"
    SETTINGS = SETTINGS
    RESULTS = ("output",)
    STATE = (*SETTINGS, "compare", "position", *VIEW)

    widget = Unicode("convolution-1d", read_only=True).tag(sync=True)
    mode = Setting(_rules.one_of("discrete", "continuous"))
    signal = SeriesSetting(signals.SIGNALS, 1, LONGEST_SIGNAL)
    kernel = SeriesSetting(signals.SIGNAL_KERNELS, 1, LONGEST_KERNEL)
    stride = Setting(_rules.whole(1, 8))
    padding = Setting(_rules.padding("valid", "same", "half", "full", "causal", high=32))
    dilation = Setting(_rules.whole(1, 8))
    flip = Setting(_rules.switch)
    f = SeriesSetting(tuple(signals.CURVES), 2, MOST_KNOTS)
    g = SeriesSetting(tuple(signals.CURVES), 2, MOST_KNOTS)
    f_width = Setting(WIDTHS)
    g_width = Setting(WIDTHS)
    compare = Setting(_rules.switch)
    position = Setting(_rules.index, echo=False)
    predict = Setting(_rules.one_of("", "size", "value", "shape"))
    hidden = Setting(_rules.some_of(lambda: CONTROLS))
    locked = Setting(_rules.some_of(lambda: CONTROLS))
    output = Computed("output")

    def __init__(
        self,
        *,
        mode: str = "discrete",
        signal: Any = "step",
        kernel: Any = "difference",
        stride: int = 1,
        padding: str | int = "valid",
        dilation: int = 1,
        flip: bool | None = None,
        f: Any = "box",
        g: Any = "box",
        f_width: float = 1.0,
        g_width: float = 1.0,
        compare: bool = False,
        position: int | None = None,
        speed: int | None = None,
        view: str = "explore",
        engine: str = "auto",
        predict: str = "",
        kept: Mapping[str, Any] | None = None,
        hidden: Sequence[str] = (),
        locked: Sequence[str] = (),
        present: bool = False,
    ) -> None:
        super().__init__(
            mode=mode,
            signal=signal,
            kernel=kernel,
            stride=stride,
            padding=padding,
            dilation=dilation,
            flip=mode == "continuous" if flip is None else flip,
            f=f,
            g=g,
            f_width=f_width,
            g_width=g_width,
            compare=compare,
            position=position,
            speed=(5 if mode == "continuous" else 2) if speed is None else speed,
            view=view,
            engine=engine,
            predict=predict,
            kept=kept,
            hidden=hidden,
            locked=locked,
            present=present,
        )

    @property
    def places(self) -> FrozenArray:
        """Where the values of `output` stand: indices from 0, or in continuous mode times."""
        with self._lock:
            return FrozenArray(_places(self._values()))

    def compare_paddings(self) -> dict[str, FrozenArray]:
        """Compute the output under the paddings that are often taken for one another.

        Returns
        -------
        dict of array
            ``"same"`` (Keras's and TensorFlow's rule), ``"half"`` (D(K − 1) cells, shared out
            evenly) and ``"habit"`` (PyTorch's ``padding=K//2``, times the dilation, on both
            sides); empty in continuous mode.

        Examples
        --------
        >>> explorer = Convolution1DExplorer(signal=[1, 2, 3, 4], kernel=[1, 1, 1], stride=2)
        >>> compared = explorer.compare_paddings()
        >>> compared["same"], compared["half"]
        (array([6., 7.], dtype=float32), array([3., 9.], dtype=float32))
        """
        with self._lock:
            compared = _compared(self._values())
        return {name: FrozenArray(array[0]) for name, array in compared.items()}

    def _compute(self, values: Mapping[str, Any]) -> Maps:
        return compute(values)

    def _sizes(self, values: Mapping[str, Any]) -> tuple[int, ...]:
        return sizes(values)

    def _facts(self, values: Mapping[str, Any]) -> tuple[dict[str, bool], dict[str, str]]:
        if values["mode"] == "discrete":
            pads = pads_of(values)
            curves = None
        else:
            pads = (LAGS, LAGS)
            curves = [
                (values[key].name, values[key].values, values[f"{key}_width"]) for key in "fg"
            ]
        return signal_facts(
            values["signal"].values,
            values["kernel"].values,
            pads,
            curves,
            padding=values["padding"],
            stride=values["stride"],
            dilation=values["dilation"],
            flip=values["flip"],
        )

    def _panels(self) -> list[Panel]:
        values = self._values()
        if values["mode"] == "discrete":
            return [
                stem_panel("input", "Signal", values["signal"].values, values["signal"].name),
                stem_panel("kernel", "Kernel", values["kernel"].values, values["kernel"].name),
                stem_panel("output", "Output", self.output, ""),
            ]
        times = signals.times()
        seen = np.abs(times) < signals.SHOWN
        first, second = (_sampled(values, key)[seen] for key in "fg")
        return [
            curve_panel("input", "f", times[seen], first, values["f"].name or "drawn"),
            curve_panel("kernel", "g", times[seen], second, values["g"].name or "drawn"),
            curve_panel("output", "Output", _places(values), self.output, ""),
        ]

    def _summary(self) -> list[str]:
        if self.mode == "continuous":
            operation = "convolution" if self.flip else "correlation"
            return [operation, *(self._curve_summary(key) for key in "fg")]
        defaults = {"stride": 1, "padding": "valid", "dilation": 1, "flip": False}
        others = {key: getattr(self, key) for key in defaults}
        return [
            *(_series_summary(key, self._held(key)) for key in ("signal", "kernel")),
            *(f"{key}={value!r}" for key, value in others.items() if value != defaults[key]),
        ]

    def _curve_summary(self, key: str) -> str:
        held: Series = self._held(key)
        if not held.name:
            return _series_summary(key, held)
        return f"{key}={held.name!r} {getattr(self, f'{key}_width'):g} wide"

    def _output_summary(self) -> str:
        return f"output {self.output_shape[0]}"


def compute(values: Mapping[str, Any]) -> Maps:
    """Work out a one-dimensional explorer's maps.

    Parameters
    ----------
    values : mapping
        Checked settings: `signal`, `kernel`, `f` and `g` as `Series`, the others as they are read.

    Returns
    -------
    dict of ndarray
        1×L, float32: ``output``, and in discrete mode ``same``, ``half`` and ``habit``, what the
        paddings of these names make of it.
    """
    if values["mode"] == "discrete":
        return {"output": _discrete(values, pads_of(values)), **_compared(values)}
    # A cell's width goes into the samples, so that the sum of products is the integral.
    first, second = _sampled(values, "f"), _sampled(values, "g") * np.float32(signals.STEP)
    return {"output": conv1d(first, second, padding=LAGS, flip=values["flip"])[None]}


def sizes(values: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the output's length, or raise ValueError where the kernel does not fit."""
    if values["mode"] == "continuous":
        return (2 * LAGS + 1,)
    length, taps = values["signal"].values.size, values["kernel"].values.size
    before, after = pads_of(values)
    reach = values["dilation"] * (taps - 1) + 1
    if reach > length + before + after:
        raise ValueError(
            f"kernel spans {reach} with dilation={values['dilation']} and must fit the padded "
            f"signal of {length + before + after}"
        )
    return (output_size(length, taps, values["stride"], (before, after), values["dilation"]),)


def pads_of(values: Mapping[str, Any], padding: Any = None) -> tuple[int, int]:
    """Return the padding cells before and after the signal, for its own padding or another."""
    asked = values["padding"] if padding is None else padding
    length, taps = values["signal"].values.size, values["kernel"].values.size
    if asked == "causal":
        return values["dilation"] * (taps - 1), 0
    places = (1, length), (1, taps), (1, values["stride"]), (1, values["dilation"])
    _, ends = resolve_padding(
        ((0, 0), (asked, asked)) if isinstance(asked, int) else asked, *places
    )
    return ends


def _compared(values: Mapping[str, Any]) -> Maps:
    if values["mode"] == "continuous":
        return {}
    habit = values["dilation"] * (values["kernel"].values.size // 2)
    asked = {"same": "same", "half": "half", "habit": habit}
    return {name: _discrete(values, pads_of(values, padding)) for name, padding in asked.items()}


def _discrete(values: Mapping[str, Any], pads: tuple[int, int]) -> NDArray[Any]:
    return conv1d(
        values["signal"].values.astype(np.float32),
        values["kernel"].values.astype(np.float32),
        stride=values["stride"],
        padding=pads,
        dilation=values["dilation"],
        flip=values["flip"],
    )[None]


def _sampled(values: Mapping[str, Any], key: str) -> NDArray[np.float32]:
    held: Series = values[key]
    width = values[f"{key}_width"]
    samples = signals.curve(held.name, width) if held.name else signals.drawn(held.values)
    return samples.astype(np.float32)


def _places(values: Mapping[str, Any]) -> NDArray[Any]:
    (count,) = sizes(values)
    return np.arange(count) if values["mode"] == "discrete" else _lags()


def _lags() -> NDArray[np.float64]:
    return np.arange(-LAGS, LAGS + 1, dtype=np.float64) * signals.STEP


def _series_summary(key: str, held: Series) -> str:
    return f"{key}={held.name!r}" if held.name else f"{key}={held.values.size} numbers"
