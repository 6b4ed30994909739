"""The convolution explorer: a picture, a kernel, and what comes out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from traitlets import Unicode

from convwidgets.data.frozen import FrozenArray
from convwidgets.data.images import MAX_SIZE
from convwidgets.data.kernels import GALLERY
from convwidgets.engine import activate, avg_pool2d, conv2d, max_pool2d
from convwidgets.engine.geometry import output_shape, resolve_padding
from convwidgets.export.code import convolution_facts
from convwidgets.export.panels import Panel, kernel_panel, output_panel, picture_panel
from convwidgets.widgets import _rules
from convwidgets.widgets._channels import select
from convwidgets.widgets._model import Maps
from convwidgets.widgets._picture import PICTURE_VIEW, PictureExplorer
from convwidgets.widgets._traits import Computed, KernelSetting, Setting

SETTINGS = (
    "image",
    "kernel",
    "stride",
    "padding",
    "padding_mode",
    "dilation",
    "flip",
    "bias",
    "activation",
    "pooling",
    "pool_size",
    "pool_stride",
    "channels",
)
#: What a teacher can hide or lock.
CONTROLS = (
    *SETTINGS,
    "kernel_size",
    "padding_cells",
    "display",
    "unit_range",
    "player",
    "keep",
    "reset",
    "share",
)


class Convolution2DExplorer(PictureExplorer):
    """See, touch and compute a two-dimensional convolution.

    Every parameter is an attribute too: assign it, observe it, link it. A value that breaks a
    rule raises, and leaves the widget as it was. What the learner changes in the page comes back
    to the same attributes.

    Parameters
    ----------
    image : str, path, array or PIL.Image.Image
        The name of a picture (see `convwidgets.data.names`), a file, an H×W or H×W×3 array, or a
        Pillow image; see `convwidgets.data.load`. Read back, it is the name or a read-only array.
    kernel : str or array
        A name of the gallery (see `convwidgets.data.kernel_names`), Kh×Kw numbers, or 3×Kh×Kw:
        one matrix for each channel of a coloured picture. Sides from 1 to 15.
    stride, dilation : int
        From 1 to 8.
    padding : {"valid", "same", "half", "full"} or int
        A number is from 0 to 32, for all four sides.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What padding cells hold.
    flip : bool
        True convolution: the kernel is turned by 180°. Else cross-correlation.
    bias : float
        Added to every value of the feature map.
    activation : {"none", "relu", "abs", "clip"}
        What follows the bias; ``"clip"`` holds values to 0–255.
    pooling : {"none", "max", "average"}
        What follows the activation, over `pool_size` cells each way in steps of `pool_stride`,
        both from 1 to 8.
    channels : {"grey", "red", "green", "blue", "sum", "each"}
        Of a coloured picture: one channel, all three convolved and added up, or all three each
        by itself.
    display : {"auto", "signed", "grey", "clip", "abs", "offset"}
        How the output is painted; never what it is.
    unit_range : bool
        Show bytes as 0 to 1.
    position : (int, int), optional
        Row and column of the output cell that is explained; outside the output the nearest one is.
    pinned : bool
        Whether it stays while the pointer moves.
    speed : int
        Of the player, 0 to 14; each step doubles it.
    view : {"explore", "step", "code"}
        What the page shows.
    engine : {"auto", "page", "kernel"}
        Where the page's numbers are computed. Python's always are by the native engine.
    predict : {"", "size", "value"}
        What a learner predicts before the page shows it: the output's rows and columns, or the
        value of the cell that is explained.
    kept : dict, optional
        Settings to compare with, as `keep` stores them.
    hidden, locked : sequence of str
        Controls that a learner does not see or cannot change.
    present : bool
        Large type for a projector.
    pictures : sequence of str, optional
        The names that the page offers; all if not given.
    max_size : int
        The longest side of a picture, to 2048. Larger ones are made smaller once;
        `original_image` keeps them.

    Raises
    ------
    ValueError, TypeError
        If an argument is not what it should be: the message names it, its value and the rule.

    Examples
    --------
    >>> explorer = Convolution2DExplorer(image="dress", kernel=[[-1, 1], [-1, 1]], padding="valid")
    >>> explorer.output.astype(int)
    array([[ 0,  1,  0,  0,  0, -1,  0],
           [ 0,  2,  0,  0,  0, -2,  0],
           [ 0,  2,  0,  0,  0, -2,  0],
           [ 0,  2,  0,  0,  0, -2,  0],
           [ 0,  1,  0,  0,  0, -1,  0]])
    >>> explorer.stride = 0
    Traceback (most recent call last):
    convwidgets.widgets._traits.SettingValueError: stride must be a whole number from 1 to 8, got 0
    """

    TITLE = "2-D convolution"
    SETTINGS = SETTINGS
    RESULTS = ("feature_map", "output")
    STATE = ("image", "max_size", *SETTINGS[1:], *PICTURE_VIEW)

    widget = Unicode("convolution-2d", read_only=True).tag(sync=True)
    kernel = KernelSetting()
    stride = Setting(_rules.whole(1, 8))
    padding = Setting(_rules.padding("valid", "same", "half", "full", high=32))
    padding_mode = Setting(_rules.one_of("zeros", "reflect", "replicate", "circular"))
    dilation = Setting(_rules.whole(1, 8))
    flip = Setting(_rules.switch)
    bias = Setting(_rules.number)
    activation = Setting(_rules.one_of("none", "relu", "abs", "clip"))
    pooling = Setting(_rules.one_of("none", "max", "average"))
    pool_size = Setting(_rules.whole(1, 8))
    pool_stride = Setting(_rules.whole(1, 8))
    channels = Setting(_rules.one_of("grey", "red", "green", "blue", "sum", "each"))
    predict = Setting(_rules.one_of("", "size", "value"))
    hidden = Setting(_rules.some_of(lambda: CONTROLS))
    locked = Setting(_rules.some_of(lambda: CONTROLS))
    feature_map = Computed("feature")

    def __init__(
        self,
        *,
        image: Any = "camera",
        kernel: Any = "sobel_x",
        stride: int = 1,
        padding: str | int = "same",
        padding_mode: str = "zeros",
        dilation: int = 1,
        flip: bool = False,
        bias: float = 0.0,
        activation: str = "none",
        pooling: str = "none",
        pool_size: int = 2,
        pool_stride: int = 2,
        channels: str = "grey",
        display: str = "auto",
        unit_range: bool = False,
        position: Sequence[int] | None = None,
        pinned: bool = False,
        speed: int = 4,
        view: str = "explore",
        engine: str = "auto",
        predict: str = "",
        kept: Mapping[str, Any] | None = None,
        hidden: Sequence[str] = (),
        locked: Sequence[str] = (),
        present: bool = False,
        pictures: Sequence[str] | None = None,
        max_size: int = MAX_SIZE,
    ) -> None:
        super().__init__(
            max_size=max_size,
            image=image,
            kernel=kernel,
            stride=stride,
            padding=padding,
            padding_mode=padding_mode,
            dilation=dilation,
            flip=flip,
            bias=bias,
            activation=activation,
            pooling=pooling,
            pool_size=pool_size,
            pool_stride=pool_stride,
            channels=channels,
            display=display,
            unit_range=unit_range,
            position=position,
            pinned=pinned,
            speed=speed,
            view=view,
            engine=engine,
            predict=predict,
            kept=kept,
            hidden=hidden,
            locked=locked,
            present=present,
            pictures=pictures,
        )

    @property
    def kernel_values(self) -> FrozenArray:
        """The kernel's weights, by whatever it was given: float64, Kh×Kw or 3×Kh×Kw."""
        return self._held("kernel").values  # type: ignore[no-any-return]

    def _compute(self, values: Mapping[str, Any]) -> Maps:
        return compute(values)

    def _sizes(self, values: Mapping[str, Any]) -> tuple[int, int]:
        return sizes(values)

    def _facts(self, values: Mapping[str, Any]) -> tuple[dict[str, bool], dict[str, str]]:
        others = {key: values[key] for key in SETTINGS[2:]}
        weights = values["kernel"].values
        others["channels"] = _mode(values)
        return convolution_facts(values["image"], weights, _pads(values), **others)

    def _panels(self) -> list[Panel]:
        image, kernel = self._held("image"), self._held("kernel")
        full = 255 if image.dtype == "uint8" else 1
        return [
            picture_panel(image.pixels, image.dtype, image.label or image.name),
            kernel_panel(
                kernel.values, GALLERY[kernel.name].title if kernel.name else "own values"
            ),
            output_panel(self.output, self.display, full),
        ]

    def _summary(self) -> list[str]:
        kernel = self._held("kernel")
        defaults = {
            "padding_mode": "zeros",
            "dilation": 1,
            "flip": False,
            "bias": 0,
            "activation": "none",
            "pooling": "none",
        }
        others = {key: getattr(self, key) for key in defaults}
        return [
            self._picture_summary(),
            f"kernel={f'{kernel.name!r} ' if kernel.name else ''}{_times(kernel.values.shape)}",
            f"stride={self.stride}",
            f"padding={self.padding!r}",
            *(f"{key}={value!r}" for key, value in others.items() if value != defaults[key]),
        ]


def compute(values: Mapping[str, Any]) -> Maps:
    """Work out a convolution explorer's maps.

    Parameters
    ----------
    values : mapping
        Checked settings: `image` an `Image`, `kernel` a `Kernel`, the others as they are read.

    Returns
    -------
    dict of ndarray
        C×H×W, float32: ``selected`` (the channels that are convolved), ``partial`` (each
        channel's part of a sum, before the bias; only for sums), ``feature`` (after the bias),
        ``activated`` and ``output`` (after pooling); for maximum pooling also ``pool_index``:
        row × W + column of the winners, int64.
    """
    mode = _mode(values)
    selected = select(values["image"].pixels, mode)
    count = len(selected)
    summed = mode == "sum" and count > 1
    weights = np.float32(values["kernel"].values)
    planes = np.broadcast_to(weights, (count, *weights.shape[-2:]))
    bias = np.float32(values["bias"])
    own = conv2d(
        selected,
        planes[:, None],
        np.full(count, 0 if summed else bias, np.float32),
        stride=values["stride"],
        padding=_pads(values),
        dilation=values["dilation"],
        groups=count,
        padding_mode=values["padding_mode"],
        flip=values["flip"],
    )
    maps: Maps = {"selected": selected}
    if summed:
        maps["partial"] = own
        own = (own[0] + own[1] + own[2] + bias)[None]
    maps["feature"] = own
    kind = values["activation"]
    maps["activated"] = own if kind == "none" else activate(own, kind)
    return {**maps, **_pool(maps["activated"], values)}


def sizes(values: Mapping[str, Any]) -> tuple[int, int]:
    """Return the rows and columns of the output, or raise ValueError for an impossible one."""
    height, width = values["image"].shape[:2]
    kernel, dilation = values["kernel"].values, values["dilation"]
    if kernel.ndim == 3 and len(values["image"].shape) == 2:
        raise ValueError(
            "kernel has a matrix for each of three channels, but the image has one channel"
        )
    pads, mode = _pads(values), values["padding_mode"]
    spare = {"reflect": 1, "circular": 0}.get(mode)
    if spare is not None:
        for side, pad, axis in ((height, pads[0], "height"), (width, pads[1], "width")):
            if max(pad) > side - spare:
                raise ValueError(
                    f"padding_mode {mode!r} needs a padding of at most {side - spare} for the "
                    f"image's {axis} of {side}, got {max(pad)}"
                )
    shape = output_shape((height, width), kernel.shape[-2:], values["stride"], pads, dilation)
    if values["pooling"] == "none":
        return shape
    pool = values["pool_size"]
    if pool > min(shape):
        raise ValueError(
            f"pool_size must fit into the feature map of {shape[0]}×{shape[1]}, got {pool}"
        )
    return output_shape(shape, pool, values["pool_stride"])


def _pool(maps: NDArray[Any], values: Mapping[str, Any]) -> Maps:
    size, stride = values["pool_size"], values["pool_stride"]
    if values["pooling"] == "average":
        return {"output": avg_pool2d(maps, size, stride=stride)}
    if values["pooling"] == "max":
        output, index = max_pool2d(maps, size, stride=stride, return_indices=True)
        return {"output": output, "pool_index": index}
    return {"output": maps}


def _mode(values: Mapping[str, Any]) -> str:
    stacked = values["kernel"].values.ndim == 3
    return "sum" if stacked else str(values["channels"])


def _pads(values: Mapping[str, Any]) -> Any:
    size, kernel = values["image"].shape[:2], values["kernel"].values.shape[-2:]
    return resolve_padding(values["padding"], size, kernel, values["stride"], values["dilation"])


def _times(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape))
