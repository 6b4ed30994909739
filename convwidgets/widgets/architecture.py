"""The architecture explorer: a stack of layers, what it costs, and what its units see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from traitlets import Unicode

from convwidgets.data.images import MAX_SIZE
from convwidgets.engine.layer_rules import input_shape
from convwidgets.engine.layers import KINDS, Row, Shape, Totals, totals, trace
from convwidgets.engine.receptive import effective_field, fit, sides
from convwidgets.export.network import network_code
from convwidgets.export.panels import Panel, Scale, extent, symmetric
from convwidgets.export.presets import presets
from convwidgets.widgets import _layers, _networks, _rules
from convwidgets.widgets._channels import select
from convwidgets.widgets._model import Maps
from convwidgets.widgets._picture import PICTURE_VIEW, PictureExplorer
from convwidgets.widgets._traits import Computed, Setting

SETTINGS = (
    "image",
    "layers",
    "input_shape",
    "layer",
    "position",
    "weights",
    "seed",
    "blanks",
)
#: What a teacher can hide or lock.
CONTROLS = (
    "image",
    "preset",
    "layers",
    "blanks",
    "volumes",
    "counts",
    "weights",
    "seed",
    "player",
    "keep",
    "reset",
    "share",
)


class ArchitectureExplorer(PictureExplorer):
    """Build a network layer by layer, count it, and see what each of its units sees.

    The settings are traits: assign to them, observe them, link them. The page shows them as a
    table that can be edited, and a learner's changes come back.

    Parameters
    ----------
    layers : sequence of dict or str, optional
        From the input on: ``{"kind": "conv2d", "filters": 8, "kernel_size": 3}``, or a bare kind
        such as ``"relu"``. Kinds: conv1d, conv2d, max_pool1d, max_pool2d, avg_pool1d,
        avg_pool2d, relu, sigmoid, tanh, softmax, dropout, batch_norm, flatten, dense; their
        fields are those of `convwidgets.engine.layer_rules.layer`. At most 64. A layer that cannot
        be, for what it is given, is explained in the table.
    preset : str, optional
        A known network in the place of `layers`: one of `ArchitectureExplorer.presets()`;
        ``"lenet5"`` if neither is given.
    input_shape : sequence of int, optional
        Rows, columns and channels; length and channels; or features. The preset's, or
        (28, 28, 1).
    layer : int, optional
        The chosen layer; −1 is the input. None: the last convolution.
    position : (int, int), optional
        Row and column of the chosen unit of that layer; a signal is one row. None: the middle.
    weights : {"equal", "random"}
        With which the effective field is computed: see `output`.
    seed : int
        Of the random weights.
    blanks : sequence of int
        Rows of the table that the learner fills in.
    image, speed, view, engine, predict, kept, hidden, locked, present, display, unit_range, \
pinned, pictures, max_size
        As in `Convolution2DExplorer`; the view "step" is the microscope on receptive fields, and
        the picture lies on the network's input.

    Attributes
    ----------
    output : ndarray
        The effective field of the chosen unit: how strongly each cell of the input moves it, H×W.
        With equal weights (that sum to 1, without rectifiers) the share of all paths from the
        cell; with random ones its gradient for this picture, summed over the channels, with at
        most 8 channels a layer.
    feature_map : ndarray
        The first map of the chosen layer under the same weights.

    Examples
    --------
    >>> explorer = ArchitectureExplorer(
    ...     layers=[{"kind": "conv2d", "filters": 32, "kernel_size": 3}, "relu"],
    ...     input_shape=(28, 28, 1),
    ... )
    >>> explorer.rows[0].output_shape, explorer.rows[0].parameters
    ((26, 26, 32), 320)
    >>> ArchitectureExplorer(preset="vgg16").totals.parameters
    138357544
    """

    TITLE = "Architecture"
    SETTINGS = SETTINGS
    RESULTS = ("feature_map", "output")
    STATE = (
        "image",
        "max_size",
        *SETTINGS[1:],
        *(key for key in PICTURE_VIEW if key not in SETTINGS),
    )

    widget = Unicode("architecture", read_only=True).tag(sync=True)
    layers = _layers.LayersSetting()
    input_shape = Setting(lambda name, value: input_shape(value, name))
    layer = Setting(_layers.chosen)
    weights = Setting(_rules.one_of("equal", "random"))
    seed = Setting(_rules.whole(0, 2**31 - 1))
    blanks = Setting(_layers.places)
    predict = Setting(_rules.one_of("", "parameters", "field"))
    hidden = Setting(_rules.some_of(lambda: CONTROLS))
    locked = Setting(_rules.some_of(lambda: CONTROLS))
    feature_map = Computed("maps")

    def __init__(
        self,
        *,
        layers: Sequence[Mapping[str, Any] | str] | None = None,
        preset: str | None = None,
        input_shape: Sequence[int] | None = None,
        image: Any = "camera",
        layer: int | None = None,
        position: Sequence[int] | None = None,
        weights: str = "equal",
        seed: int = 0,
        blanks: Sequence[int] = (),
        display: str = "auto",
        unit_range: bool = False,
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
        if layers is not None and preset is not None:
            raise ValueError(f"preset must be None where layers are given, got {preset!r:.60}")
        shape: Sequence[int] = (28, 28, 1)
        if layers is None:
            known = presets().get(preset or "lenet5")
            if known is None:
                raise ValueError(f"preset must be one of {', '.join(presets())}, got {preset!r}")
            layers, shape = known["layers"], known["input_shape"]
        super().__init__(
            max_size=max_size,
            image=image,
            layers=layers,
            input_shape=shape if input_shape is None else input_shape,
            layer=layer,
            position=position,
            weights=weights,
            seed=seed,
            blanks=blanks,
            display=display,
            unit_range=unit_range,
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

    @staticmethod
    def presets() -> list[str]:
        """Return the names of the known networks."""
        return list(presets())

    @classmethod
    def from_keras(cls, model: Any, **settings: Any) -> Self:
        """Show a Keras model.

        Parameters
        ----------
        model : keras.Model
            A chain of the layers that the explorer knows, with a known input shape. Activations
            within a layer become rows of their own.
        **settings
            As the constructor takes them, but for `layers` and `input_shape`.

        Returns
        -------
        ArchitectureExplorer
            Its weights are not taken over.

        Raises
        ------
        ValueError
            If there is a layer that the explorer does not know.
        """
        layers, shape = _networks.read_keras(model)
        return cls(layers=layers, input_shape=shape, **settings)

    @classmethod
    def from_torch(cls, module: Any, input_shape: Sequence[int], **settings: Any) -> Self:
        """Show a PyTorch module.

        Parameters
        ----------
        module : torch.nn.Module
            Whose ``forward`` is a chain of layers that the explorer knows.
        input_shape : sequence of int
            Of one input, channels last: (28, 28, 1).
        **settings
            As the constructor takes them, but for `layers`.

        Returns
        -------
        ArchitectureExplorer
            Its weights are not taken over.

        Raises
        ------
        ValueError
            If there is a layer that the explorer does not know.
        """
        layers, shape = _networks.read_torch(module, input_shape)
        return cls(layers=layers, input_shape=shape, **settings)

    @property
    def rows(self) -> list[Row]:
        """The table: for each layer its shapes, parameters, multiply-adds and receptive field."""
        with self._lock:
            return trace(self._held("layers"), self._held("input_shape"))

    @property
    def totals(self) -> Totals:
        """What the whole network has, beside dense layers and layers without sharing."""
        return totals(self.rows)

    @property
    def output_shape(self) -> Shape:
        """The shape that the last layer gives; ValueError where a layer cannot be."""
        for row in self.rows:
            if row.rule:
                raise ValueError(f"{row.name}: {row.problem}")
        return self.rows[-1].output_shape or () if self.rows else self._held("input_shape")

    def table(self) -> str:
        """Return the table as text, as Keras prints a summary."""
        lines = [("Layer (type)", "Output Shape", "Param #")]
        for row in self.rows:
            kind = layer_class(row.layer)
            shape = ", ".join(map(str, ("None", *(row.output_shape or ("?",)))))
            lines.append((f"{row.name} ({kind})", f"({shape})", f"{row.parameters:,}"))
        widths = [max(len(line[i]) for line in lines) for i in range(3)]
        sums = self.totals
        return "\n".join(
            [
                *(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in lines),
                f"Total params: {sums.parameters:,}",
                f"Trainable params: {sums.trainable:,}",
                f"Non-trainable params: {sums.parameters - sums.trainable:,}",
            ]
        )

    def to_code(self, framework: str = "keras") -> str:
        """Write the network as a program.

        Parameters
        ----------
        framework : {"keras", "torch"}
            For which library.

        Returns
        -------
        str
            A whole program that leaves the network in ``model``.
        """
        with self._lock:
            return network_code(framework, self.rows, self._held("input_shape"))

    def _compute(self, values: Mapping[str, Any]) -> Maps:
        return compute(values)

    def _sizes(self, values: Mapping[str, Any]) -> tuple[int, ...]:
        rows = trace(values["layers"], values["input_shape"])
        return next((row.output_shape for row in reversed(rows) if row.output_shape), ())

    def _panels(self) -> list[Panel]:
        with self._lock:
            maps = self._compute(self._values())
            rows = self.rows
            chosen = chosen_layer(rows, self._held("layer"))
        image, field = maps["image"], maps["output"][0]
        shown = np.moveaxis(image, 0, -1) if len(image) == 3 else image[0]
        name = rows[chosen].name if chosen >= 0 else "input"
        low, high = extent(field)
        scale = symmetric(low, high) if low < 0 else Scale("grey", 0, high or 1)
        colour = Scale("colour" if shown.ndim == 3 else "grey", 0, max(1.0, extent(shown)[1]))
        return [
            Panel("input", "Input", self._picture_summary(), shown, colour),
            Panel("output", "Effective field", f"of {name}", field, scale),
        ]

    def _summary(self) -> list[str]:
        shape = "×".join(map(str, self.input_shape))
        count = len(self.layers)
        return [f"{count} layer{'' if count == 1 else 's'} on {shape}"]

    def _output_summary(self) -> str:
        problem = next((row for row in self.rows if row.rule), None)
        counted = f"{self.totals.parameters:,} parameters"
        if problem is not None:
            return f"{counted}, {problem.name} does not fit"
        return f"{counted}, output {'×'.join(map(str, self.output_shape))}"


def compute(values: Mapping[str, Any]) -> Maps:
    """Work out the effective field of the chosen unit.

    Parameters
    ----------
    values : mapping
        Checked settings: `image` an `Image`, the others as they are read.

    Returns
    -------
    dict of ndarray
        ``image``: the picture as the network is given it, C×H×W, 0 to 1; ``maps``: the chosen
        layer's first map, 1×h×w; ``output``: the field, 1×H×W.
    """
    rows = trace(values["layers"], values["input_shape"])
    shape = values["input_shape"]
    picture = values["image"]
    mode = "each" if sides(shape)[2] > 1 else "grey"
    white = np.float32(255 if picture.dtype == "uint8" else 1)
    image = fit(select(picture.pixels, mode), shape) / white
    chosen = chosen_layer(rows, values["layer"])
    unit = chosen_unit(rows, shape, chosen, values["position"])
    seed = values["seed"] if values["weights"] == "random" else None
    field, maps = effective_field(rows, image, chosen, unit, seed)
    return {"image": image, "maps": maps[None], "output": field[None]}


def chosen_layer(rows: Sequence[Row], wanted: int | None) -> int:
    """Return the layer that is looked at: the one wanted, as far as layers are possible."""
    possible = [row for row in rows if not row.rule]
    if wanted is None:
        convolutions = [i for i, row in enumerate(possible) if row.layer["kind"][:4] == "conv"]
        windowed = [i for i, row in enumerate(possible) if row.axes]
        return (convolutions or windowed or [len(possible) - 1])[-1]
    return min(wanted, len(possible) - 1)


def chosen_unit(
    rows: Sequence[Row], shape: Shape, chosen: int, position: tuple[int, int] | None
) -> tuple[int, int]:
    """Return the unit's row and column, kept within its map; the middle one unless told."""
    places = rows[chosen].positions if chosen >= 0 else shape[:-1] or shape
    height, width = ((1,) * (2 - len(places)) + tuple(places))[-2:]
    row, column = position or (height // 2, width // 2)
    return min(row, height - 1), min(column, width - 1)


def layer_class(one: Mapping[str, Any]) -> str:
    """Return the class that Keras has for a layer."""
    return KINDS[one["kind"]][0]
