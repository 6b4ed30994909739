"""The pooling explorer: what is taken from each window of a picture, and what is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from traitlets import Unicode

from convwidgets.data.images import MAX_SIZE
from convwidgets.engine import avg_pool2d, max_pool2d, min_pool2d
from convwidgets.engine.geometry import output_shape
from convwidgets.export.code import pooling_facts
from convwidgets.export.panels import Panel, output_panel, picture_panel
from convwidgets.widgets import _rules
from convwidgets.widgets._channels import select
from convwidgets.widgets._model import Maps
from convwidgets.widgets._picture import LARGEST_SIDE, PICTURE_VIEW, PictureExplorer
from convwidgets.widgets._traits import Computed, Setting

SETTINGS = (
    "image",
    "pooling",
    "pool_size",
    "pool_stride",
    "padding",
    "dilation",
    "ceil_mode",
    "shift",
    "channels",
)
#: What a teacher can hide or lock.
CONTROLS = (
    *SETTINGS,
    "shift_rows",
    "shift_columns",
    "display",
    "unit_range",
    "player",
    "keep",
    "reset",
    "share",
)


class PoolingExplorer(PictureExplorer):
    """See, touch and compute pooling.

    Parameters, errors and the ways in and out are those of `Convolution2DExplorer`, but for these:

    Parameters
    ----------
    pooling : {"max", "average", "min"}
        What is taken from each window.
    pool_size, pool_stride, dilation : int
        From 1 to 8.
    padding : int
        Cells on all four sides, at most half of `pool_size`; they never win and count as zeros in
        an average.
    ceil_mode : bool
        Also take a last window that overhangs the end.
    shift : (int, int)
        Roll the picture down and to the right first.
    channels : {"grey", "red", "green", "blue", "each"}
        Of a coloured picture: one channel, or all three each by itself.
    image, display, unit_range, position, pinned, speed, view, engine, predict, kept, hidden, \
locked, present, pictures, max_size
        As in `Convolution2DExplorer`.

    Examples
    --------
    >>> explorer = PoolingExplorer(image="quarters", pooling="max")
    >>> explorer.output
    array([[ 20.,  30.],
           [112.,  37.]], dtype=float32)
    >>> explorer.indices
    array([[ 1,  2],
           [12, 10]])
    """

    TITLE = "Pooling"
    SETTINGS = SETTINGS
    RESULTS = ("output", "indices")
    STATE = ("image", "max_size", *SETTINGS[1:], *PICTURE_VIEW)

    widget = Unicode("pooling-2d", read_only=True).tag(sync=True)
    pooling = Setting(_rules.one_of("max", "average", "min"))
    pool_size = Setting(_rules.whole(1, 8))
    pool_stride = Setting(_rules.whole(1, 8))
    padding = Setting(_rules.whole(0, 4))
    dilation = Setting(_rules.whole(1, 8))
    ceil_mode = Setting(_rules.switch)
    shift = Setting(_rules.shift(LARGEST_SIDE))
    channels = Setting(_rules.one_of("grey", "red", "green", "blue", "each"))
    predict = Setting(_rules.one_of("", "size", "value"))
    hidden = Setting(_rules.some_of(lambda: CONTROLS))
    locked = Setting(_rules.some_of(lambda: CONTROLS))
    indices = Computed("index")

    def __init__(
        self,
        *,
        image: Any = "camera",
        pooling: str = "max",
        pool_size: int = 2,
        pool_stride: int = 2,
        padding: int = 0,
        dilation: int = 1,
        ceil_mode: bool = False,
        shift: Sequence[int] = (0, 0),
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
            pooling=pooling,
            pool_size=pool_size,
            pool_stride=pool_stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            shift=shift,
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

    def _compute(self, values: Mapping[str, Any]) -> Maps:
        return compute(values)

    def _sizes(self, values: Mapping[str, Any]) -> tuple[int, int]:
        return sizes(values)

    def _facts(self, values: Mapping[str, Any]) -> tuple[dict[str, bool], dict[str, str]]:
        others = {key: values[key] for key in SETTINGS[1:]}
        return pooling_facts(values["image"], sizes(values), **others)

    def _panels(self) -> list[Panel]:
        image = self._held("image")
        full = 255 if image.dtype == "uint8" else 1
        return [
            picture_panel(image.pixels, image.dtype, image.label or image.name),
            output_panel(self.output, self.display, full),
        ]

    def _summary(self) -> list[str]:
        defaults = {"padding": 0, "dilation": 1, "ceil_mode": False, "shift": (0, 0)}
        others = {key: getattr(self, key) for key in defaults}
        return [
            self._picture_summary(),
            f"pooling={self.pooling!r} {self.pool_size}×{self.pool_size}",
            f"stride={self.pool_stride}",
            *(f"{key}={value!r}" for key, value in others.items() if value != defaults[key]),
        ]


def compute(values: Mapping[str, Any]) -> Maps:
    """Work out a pooling explorer's maps.

    Parameters
    ----------
    values : mapping
        Checked settings: `image` an `Image`, the others as they are read.

    Returns
    -------
    dict of ndarray
        C×H×W: ``selected`` (the channels that are pooled, shifted) and ``output``, float32;
        but for averages also ``index``: row × W + column of the winners, int64.
    """
    channels = select(values["image"].pixels, values["channels"])
    selected = np.roll(channels, values["shift"], axis=(1, 2))
    options = {
        "kernel_size": values["pool_size"],
        "stride": values["pool_stride"],
        "padding": values["padding"],
        "dilation": values["dilation"],
        "ceil_mode": values["ceil_mode"],
    }
    if values["pooling"] == "average":
        return {"selected": selected, "output": avg_pool2d(selected, **options)}
    pool = max_pool2d if values["pooling"] == "max" else min_pool2d
    output, index = pool(selected, **options, return_indices=True)
    return {"selected": selected, "output": output, "index": index}


def sizes(values: Mapping[str, Any]) -> tuple[int, int]:
    """Return the rows and columns of the output, or raise ValueError for an impossible one."""
    size, dilation, padding = values["pool_size"], values["dilation"], values["padding"]
    if padding > size // 2:
        raise ValueError(f"padding must be at most half of pool_size={size}, got {padding}")
    shape = values["image"].shape[:2]
    if padding and dilation > min(shape):
        raise ValueError(f"dilation must be at most the image's {min(shape)}, got {dilation}")
    return output_shape(shape, size, values["pool_stride"], padding, dilation, values["ceil_mode"])
