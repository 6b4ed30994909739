"""Reading a network from a Keras model or a PyTorch module, layer by layer."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from convwidgets.engine.geometry import resolve_padding
from convwidgets.engine.layer_rules import input_shape as checked_shape
from convwidgets.engine.layer_rules import layer
from convwidgets.engine.layers import Shape, trace

Network = tuple[list[dict[str, Any]], Shape]


def read_keras(model: Any) -> Network:
    """Return the layers and the input shape of a Keras model.

    Parameters
    ----------
    model : keras.Model
        A chain of layers, built or with an Input.

    Returns
    -------
    list of dict, tuple of int
        As `ArchitectureExplorer` takes them.
    """
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or None in shape[1:]:
        raise ValueError(f"model must have one input of a known shape, got {shape!r}")
    reader = _Reader(checked_shape(shape[1:]))
    for one in _keras_chain(model):
        _read_keras_layer(reader, one)
    return reader.network()


def read_torch(module: Any, input_shape: Sequence[int]) -> Network:
    """Return the layers of a PyTorch module.

    Parameters
    ----------
    module : torch.nn.Module
        A chain: whatever its `forward` calls, each from the one before.
    input_shape : sequence of int
        Of one input, channels last.

    Returns
    -------
    list of dict, tuple of int
        As `ArchitectureExplorer` takes them.
    """
    from torch import fx

    reader = _Reader(checked_shape(input_shape))
    before = None
    for node in fx.symbolic_trace(module).graph.nodes:
        inputs = [given for given in node.all_input_nodes if given.op != "get_attr"]
        if node.op in ("placeholder", "output") and before is None:
            before = node
            continue
        # What only reads a size, for a reshape, stands beside the chain.
        if node.op == "output" or node.target in ("size", getattr, operator.getitem):
            continue
        if not inputs or inputs[0] is not before:
            raise ValueError(f"module must be a chain of layers, {node.name} does not follow on")
        _read_torch_node(reader, node, module)
        before = node
    return reader.network()


class _Reader:
    """Collects layers, with the shape that the next one is given."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.layers: list[dict[str, Any]] = []
        self.pads: tuple[tuple[int, int], ...] | None = None

    def network(self) -> Network:
        if self.pads:
            raise ValueError("padding at the end of a network belongs to no layer")
        return self.layers, self.shape

    def add(self, kind: str, **fields: Any) -> None:
        if self.pads:
            fields["padding"] = self._take_pads(kind, fields)
        self.layers.append({"kind": kind, **fields})

    def here(self) -> Shape:
        rows = trace([layer(one) for one in self.layers], self.shape)
        shape = rows[-1].output_shape if rows else self.shape
        if shape is None:
            raise ValueError(f"{rows[-1].name}: {rows[-1].problem}")
        return shape

    def _take_pads(self, kind: str, fields: dict[str, Any]) -> str | int:
        pads, self.pads = self.pads or (), None
        if fields.get("padding", "valid") not in ("valid", 0):
            raise ValueError(f"padding is given twice before {kind}")
        whole = layer({**fields, "kind": kind})
        sizes = whole.get("kernel_size") or whole.get("pool_size")
        if sizes is None:
            raise ValueError(f"padding must stand before a convolution or a pooling, not {kind}")
        numbers = {cells for ends in pads for cells in ends}
        if len(numbers) == 1:
            return numbers.pop()
        rates = whole.get("dilation", (1,) * len(sizes))
        axes = zip(self.here(), sizes, whole["stride"], rates, strict=False)
        if pads != tuple(resolve_padding("same", *axis)[0] for axis in axes):
            raise ValueError(f"padding {pads} is neither the same on every side nor 'same'")
        return "same"


def _keras_chain(model: Any) -> Iterator[Any]:
    for one in model.layers:
        if hasattr(one, "layers"):
            yield from _keras_chain(one)
        else:
            yield one


_KERAS = {
    "MaxPooling": "max_pool", "AveragePooling": "avg_pool", "ReLU": "relu", "Softmax": "softmax",
    "Flatten": "flatten", "BatchNormalization": "batch_norm",
}  # fmt: skip
_ACTIVATIONS = ("relu", "sigmoid", "tanh", "softmax")


def _read_keras_layer(reader: _Reader, one: Any) -> None:
    kind = type(one).__name__
    config = one.get_config()
    rank = kind[-2:].lower()
    if config.get("data_format", "channels_last") != "channels_last":
        raise ValueError(f"{one.name} must have its channels last")
    if kind in ("Conv1D", "Conv2D"):
        _ungrouped(config.get("groups", 1), one.name)
        reader.add(
            kind.lower(), filters=config["filters"], kernel_size=config["kernel_size"],
            stride=config["strides"], padding=config["padding"],
            dilation=config["dilation_rate"], bias=config["use_bias"],
        )  # fmt: skip
    elif kind[:-2] in ("MaxPooling", "AveragePooling") and rank in ("1d", "2d"):
        size = {"pool_size": config["pool_size"], "stride": config["strides"]}
        reader.add(_KERAS[kind[:-2]] + rank, **size, padding=config["padding"])
    elif kind.startswith("GlobalAveragePooling") and rank in ("1d", "2d"):
        reader.add(f"avg_pool{rank}", pool_size=reader.here()[:-1])
        reader.add("flatten")
    elif kind in ("ZeroPadding1D", "ZeroPadding2D"):
        pads = config["padding"]
        reader.pads = (tuple(pads),) if rank == "1d" else tuple(map(tuple, pads))
    elif kind == "Dense":
        reader.add("dense", units=config["units"], bias=config["use_bias"])
    elif kind == "Dropout":
        reader.add("dropout", rate=config["rate"])
    elif kind in _KERAS:
        reader.add(_KERAS[kind])
    elif kind not in ("InputLayer", "Activation"):
        raise ValueError(f"{one.name} is a {kind}, which the explorer does not know")
    activation = config.get("activation", "linear")
    if activation not in ("linear", None):
        _expect(activation, _ACTIVATIONS, one.name)
        reader.add(activation)


def _read_torch_node(reader: _Reader, node: Any, module: Any) -> None:
    if node.op == "call_module":
        _read_torch_layer(reader, node.name, module.get_submodule(node.target))
        return
    name = node.target if isinstance(node.target, str) else node.target.__name__
    if name in ("flatten", "view", "reshape"):
        reader.add("flatten")
    elif name in ("max_pool2d", "avg_pool2d", "max_pool1d", "avg_pool1d"):
        _read_torch_pool(reader, name, node.args[1:], node.kwargs)
    else:
        _expect(name, _ACTIVATIONS, node.name)
        reader.add(name)


def _read_torch_layer(reader: _Reader, name: str, one: Any) -> None:
    kind = type(one).__name__
    if kind in ("Conv1d", "Conv2d"):
        _ungrouped(one.groups, name)
        reader.add(
            kind.lower(), filters=one.out_channels, kernel_size=one.kernel_size,
            stride=one.stride, padding=_torch_padding(one.padding), dilation=one.dilation,
            bias=one.bias is not None,
        )  # fmt: skip
    elif kind in ("MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d"):
        pool = f"{kind[:3].lower()}_{kind[3:].lower()}"
        keys = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
        _read_torch_pool(reader, pool, (), {key: getattr(one, key, None) for key in keys})
    elif kind.startswith("AdaptiveAvgPool"):
        _read_adaptive(reader, name, one.output_size)
    elif kind.startswith(("ZeroPad", "ConstantPad")):
        ends = iter(one.padding)
        reader.pads = tuple(zip(ends, ends, strict=True))[::-1]
    elif kind == "Linear":
        reader.add("dense", units=one.out_features, bias=one.bias is not None)
    elif kind.startswith("Dropout"):
        reader.add("dropout", rate=one.p)
    elif kind.startswith("BatchNorm"):
        reader.add("batch_norm")
    elif kind != "Identity":
        known = (*_ACTIVATIONS, "flatten")
        _expect(kind.lower(), known, name)
        reader.add(kind.lower())


def _read_torch_pool(
    reader: _Reader, kind: str, given: Sequence[Any], words: dict[str, Any]
) -> None:
    keys = ("kernel_size", "stride", "padding")
    known = {**dict(zip(keys, given, strict=False)), **words}
    if known.get("ceil_mode") or known.get("dilation") not in (None, 1, (1, 1)):
        raise ValueError(f"{kind} with ceil_mode or dilation is not known to the explorer")
    fields = {"pool_size": known["kernel_size"], "stride": known.get("stride")}
    fields = {key: value for key, value in fields.items() if value is not None}
    reader.add(kind, **fields, padding=_torch_padding(known.get("padding") or 0))


def _read_adaptive(reader: _Reader, name: str, wanted: Any) -> None:
    """Take near-equal parts as windows, where they are equal."""
    sides = reader.here()[:-1]
    outputs = wanted if isinstance(wanted, tuple) else (wanted,) * len(sides)
    pairs = [(i, i if o is None else o) for i, o in zip(sides, outputs, strict=True)]
    if any(i % o for i, o in pairs):
        raise ValueError(f"{name} cuts {sides} into {outputs}, which are no equal windows")
    size = tuple(i // o for i, o in pairs)
    if prod(size) > 1:
        reader.add(f"avg_pool{len(sides)}d", pool_size=size)


def _torch_padding(padding: Any) -> str | int:
    if isinstance(padding, str):
        return padding
    cells = set(padding) if isinstance(padding, tuple) else {padding}
    return _one_number(cells, "padding") or "valid"


def _one_number(numbers: set[int], name: str) -> int:
    if len(numbers) != 1:
        raise ValueError(f"{name} must be the same on every side, got {sorted(numbers)}")
    return next(iter(numbers))


def _ungrouped(groups: int, name: str) -> None:
    if groups != 1:
        raise ValueError(f"{name} has {groups} groups, which the explorer does not know")


def _expect(kind: str, known: Sequence[str], name: str) -> None:
    if kind not in known:
        raise ValueError(f"{name} is {kind!r}; the explorer knows {', '.join(known)}")
