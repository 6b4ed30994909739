"""The gradient explorer: what a loss tells each number of a convolution, and learning by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from traitlets import Unicode

from convwidgets.data.frozen import FrozenArray
from convwidgets.engine.geometry import output_shape
from convwidgets.export.code import gradient_facts
from convwidgets.export.panels import (
    Panel,
    gradient_panel,
    kernel_panel,
    output_panel,
    picture_panel,
)
from convwidgets.widgets import _rules
from convwidgets.widgets._backward import backward
from convwidgets.widgets._base import VIEW, Explorer
from convwidgets.widgets._descent import descend
from convwidgets.widgets._grids import InputSetting, UpstreamSetting, pixels
from convwidgets.widgets._model import Maps
from convwidgets.widgets._traits import Computed, KernelSetting, Setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST_KERNEL = 7
MOST_STEPS = 1000
SETTINGS = (
    "task",
    "operation",
    "image",
    "seed",
    "kernel",
    "bias",
    "pool_size",
    "upstream",
    "stride",
    "padding",
    "dilation",
    "target",
    "start",
    "standardise",
    "rate",
    "step",
)
#: What a teacher can hide or lock.
CONTROLS = (
    *(key for key in SETTINGS if key != "step"),
    "kernel_size",
    "steps",
    "revealed",
    "limit",
    "player",
    "keep",
    "reset",
    "share",
)
QUESTIONS = ("", "cell", "route", "rate")
_LOOK = ("gradient", "position", "steps", "revealed", "limit")


class GradientExplorer(Explorer):
    """See, touch and compute the gradients of a convolution or a pooling, and learn by them.

    Every parameter is an attribute too: assign it, observe it, link it. A value that breaks a
    rule raises, and leaves the widget as it was. What the learner changes in the page comes back
    to the same attributes.

    Parameters
    ----------
    task : {"backward", "learn"}
        Walk over the gradients of one pass, or let gradient descent find a hidden kernel.
    operation : {"convolution", "max", "average"}
        What is run backward; learning is always of a convolution.
    image : str or array_like
        The input: ``"dice"`` (12×12 whole numbers from −9 to 9, thrown with `seed`), the name of a
        small picture such as ``"five_by_five"``, or whatever `convwidgets.data.load` takes: made
        grey and, where it is larger, made at most 16×16. A photograph's name gives its numbers.
    seed : int
        Decides the dice and a random start, from 0 to 9999.
    kernel : str or array_like
        A name of the gallery or Kh×Kw numbers, sides up to 7: the weights that are run backward.
    bias : float
        Added to every output.
    pool_size : int
        From 1 to 5, the side of a pooling's window.
    upstream : {"ones", "cell", "squares"} or array_like
        The loss: the outputs' sum, the output in the middle, or the sum of the outputs' squares.
        Or the loss's gradient with respect to the output itself, Oh×Ow numbers.
    stride, dilation : int
        From 1 to 4.
    padding : int
        Cells of zeros on all four sides, from 0 to 4; for pooling at most half of `pool_size`.
    target : str or array_like
        The hidden kernel, as `kernel`: learning knows only what it made of the input.
    start : {"zeros", "random"}
        The kernel that learning starts from.
    standardise : bool
        Learn on the input with mean 0 and standard deviation 1.
    rate : float
        The learning rate, from 0.0001 to 10.
    step : int
        How many steps were taken, from 0 to 1000.
    gradient : {"weight", "input", "bias"}
        Which gradient the stepper walks over; a pooling has that of the input alone.
    position : (int, int) or None
        The row and column of its cell.
    steps : int
        How many steps the page plays, from 1 to 1000.
    revealed : bool
        The hidden kernel is shown.
    limit : bool
        The largest stable rate is marked.
    predict : {"", "cell", "route", "rate"}
        The question that is asked first.
    speed, view, engine, kept, hidden, locked, present
        As in `Convolution2DExplorer`.

    Raises
    ------
    ValueError, TypeError
        The message names the argument, the value and the rule.

    Examples
    --------
    >>> explorer = GradientExplorer(image=[[1, 2], [3, 4]], kernel=[[1, 10]], upstream=[[1], [2]])
    >>> explorer.grad_weight
    array([[ 7., 10.]], dtype=float32)
    >>> explorer.grad_input
    array([[ 1., 10.],
           [ 2., 20.]], dtype=float32)
    >>> float(explorer.grad_bias)
    3.0
    >>> learner = GradientExplorer(task="learn", target=[[1, -1]], rate=0.2, step=60)
    >>> learner.learned.round(4)
    array([[ 1., -1.]], dtype=float32)
    """

    TITLE = "Gradients"
    SETTINGS = SETTINGS
    RESULTS = (
        "output",
        "upstream_gradient",
        "grad_input",
        "grad_weight",
        "grad_bias",
        "numeric_input",
        "numeric_weight",
        "numeric_bias",
        "indices",
        "target_output",
        "learned",
        "losses",
        "least_squares",
        "curvatures",
    )
    STATE = (*SETTINGS, *_LOOK, *VIEW)

    widget = Unicode("gradients", read_only=True).tag(sync=True)
    task = Setting(_rules.one_of("backward", "learn"))
    operation = Setting(_rules.one_of("convolution", "max", "average"))
    image = InputSetting()
    seed = Setting(_rules.whole(0, 9999))
    kernel = KernelSetting()
    bias = Setting(_rules.number)
    pool_size = Setting(_rules.whole(1, 5))
    upstream = UpstreamSetting()
    stride = Setting(_rules.whole(1, 4))
    padding = Setting(_rules.whole(0, 4))
    dilation = Setting(_rules.whole(1, 4))
    target = KernelSetting()
    start = Setting(_rules.one_of("zeros", "random"))
    standardise = Setting(_rules.switch)
    rate = Setting(_rules.between(1e-4, 10))
    step = Setting(_rules.whole(0, MOST_STEPS), echo=False)
    gradient = Setting(_rules.one_of("weight", "input", "bias"))
    position = Setting(_rules.cell, echo=False)
    steps = Setting(_rules.whole(1, MOST_STEPS))
    revealed = Setting(_rules.switch)
    limit = Setting(_rules.switch)
    predict = Setting(_rules.one_of(*QUESTIONS))
    hidden = Setting(_rules.some_of(lambda: CONTROLS))
    locked = Setting(_rules.some_of(lambda: CONTROLS))

    output = Computed("output")
    upstream_gradient = Computed("upstream")
    grad_input = Computed("grad_input")
    grad_weight = Computed("grad_weight")
    grad_bias = Computed("grad_bias")
    numeric_input = Computed("numeric_input")
    numeric_weight = Computed("numeric_weight")
    numeric_bias = Computed("numeric_bias")
    indices = Computed("index")
    target_output = Computed("target_output")
    learned = Computed("learned")
    losses = Computed("losses")
    least_squares = Computed("least_squares")
    curvatures = Computed("curvatures")

    def __init__(
        self,
        *,
        task: str = "backward",
        operation: str = "convolution",
        image: Any = None,
        seed: int = 1,
        kernel: Any = "emboss",
        bias: float = 0,
        pool_size: int = 2,
        upstream: Any = "ones",
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        target: Any = "emboss",
        start: str = "zeros",
        standardise: bool = True,
        rate: float = 0.1,
        step: int = 0,
        gradient: str = "weight",
        position: Sequence[int] | None = None,
        steps: int = 60,
        revealed: bool = False,
        limit: bool = False,
        speed: int = 3,
        view: str = "explore",
        engine: str = "auto",
        predict: str = "",
        kept: Mapping[str, Any] | None = None,
        hidden: Sequence[str] = (),
        locked: Sequence[str] = (),
        present: bool = False,
    ) -> None:
        offered = {"learn": "dice"}.get(
            task, "five_by_five" if operation == "convolution" else "quarters"
        )
        super().__init__(
            task=task,
            operation=operation,
            image=offered if image is None else image,
            seed=seed,
            kernel=kernel,
            bias=bias,
            pool_size=pool_size,
            upstream=upstream,
            stride=stride,
            padding=padding,
            dilation=dilation,
            target=target,
            start=start,
            standardise=standardise,
            rate=rate,
            step=step,
            gradient=gradient,
            position=position,
            steps=steps,
            revealed=revealed,
            limit=limit,
            speed=speed,
            view=view,
            engine=engine,
            predict=predict,
            kept=kept,
            hidden=hidden,
            locked=locked,
            present=present,
        )

    @property
    def pixels(self) -> FrozenArray:
        """The input as it is: H×W, float32."""
        with self._lock:
            return FrozenArray(pixels(self._held("image"), self.seed))

    @property
    def largest_rate(self) -> float:
        """The rate beyond which learning diverges: 2 over the loss's greatest curvature.

        Infinite where the loss does not depend on the kernel; not a number in the other task.
        """
        curvatures = self.curvatures
        if curvatures is None:
            return float("nan")
        return float(2 / curvatures[-1]) if curvatures[-1] > 0 else float("inf")

    def plot(self, axes: Sequence[Any] | None = None) -> Figure:
        """Draw what the widget shows with matplotlib; learning also draws its losses.

        Parameters
        ----------
        axes : sequence of matplotlib axes, optional
            One for each map, and a last one for the losses; if not given, they are put on a new
            figure.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from convwidgets.export.figure import draw_figure

        curve = self.losses if self.task == "learn" else None
        return draw_figure(self._panels(), axes, curve)

    def _compute(self, values: Mapping[str, Any]) -> Maps:
        x = pixels(values["image"], values["seed"])
        return descend(x, values) if values["task"] == "learn" else backward(x, values)

    def _sizes(self, values: Mapping[str, Any]) -> tuple[int, int]:
        return sizes(values)

    def _facts(self, values: Mapping[str, Any]) -> tuple[dict[str, bool], dict[str, str]]:
        x = pixels(values["image"], values["seed"])
        return gradient_facts(x, sizes(values), values)

    def _panels(self) -> list[Panel]:
        learning = self.task == "learn"
        convolved = learning or self.operation == "convolution"
        shown = picture_panel(self.pixels, "float32", self._held("image").name)
        panels = [shown]
        if learning:
            panels.append(kernel_panel(self.learned, f"after {self.step} steps"))
        elif convolved:
            panels.append(kernel_panel(self._held("kernel").values, self._held("kernel").name))
        panels.append(output_panel(self.output, "auto", 1))
        if not learning:
            panels.append(gradient_panel(self.grad_input, "Gradient of the input"))
        if convolved:
            panels.append(gradient_panel(self.grad_weight, "Gradient of the kernel"))
        return panels

    def _summary(self) -> list[str]:
        image = self._held("image")
        size = "×".join(map(str, image.values.shape))
        shown = f"image={image.name!r} {size}" if image.name else f"image={size}"
        places = [f"stride={self.stride}", f"padding={self.padding}"]
        if self.dilation != 1:
            places.append(f"dilation={self.dilation}")
        if self.task == "learn":
            now = [f"rate={self.rate:g}", f"step={self.step}", f"loss={self.losses[-1]:.4g}"]
            return ["task='learn'", shown, *places, *now]
        kernel = self._held("kernel")
        weights = "×".join(map(str, kernel.values.shape))
        own = f"kernel={f'{kernel.name!r} ' if kernel.name else ''}{weights}"
        if self.operation != "convolution":
            own = f"pool_size={self.pool_size}"
        loss = self._held("upstream").name or "own"
        return [f"operation={self.operation!r}", shown, own, *places, f"upstream={loss!r}"]


def sizes(values: Mapping[str, Any]) -> tuple[int, int]:
    """Return the rows and columns of the output, or raise ValueError for an impossible one."""
    learning = values["task"] == "learn"
    for key in ("kernel", "target"):
        shape = values[key].values.shape
        if len(shape) != 2 or max(shape) > LARGEST_KERNEL:
            raise ValueError(
                f"{key} must be one matrix with sides from 1 to {LARGEST_KERNEL}, got shape {shape}"
            )
    shape = values["image"].values.shape
    window = values["target" if learning else "kernel"].values.shape
    padding, size = values["padding"], values["pool_size"]
    if not learning and values["operation"] != "convolution":
        window = (size, size)
        if padding > size // 2:
            raise ValueError(f"padding must be at most half of pool_size={size}, got {padding}")
    found = output_shape(shape, window, values["stride"], padding, values["dilation"])
    given = values["upstream"]
    if not learning and not given.name and given.values.shape != found:
        raise ValueError(
            f"upstream must have the output's shape {found}, got shape {given.values.shape}"
        )
    return found
