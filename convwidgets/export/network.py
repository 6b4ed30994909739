"""A network as a program for Keras or PyTorch; the page's `network_code.ts` writes the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from convwidgets.engine.layers import KINDS, WINDOWED, Axis, Row

FRAMEWORKS = ("keras", "torch")


def network_code(framework: str, rows: Sequence[Row], input_shape: Sequence[int]) -> str:
    """Write a network as code.

    Parameters
    ----------
    framework : {"keras", "torch"}
        For which library.
    rows : sequence of Row
        The network.
    input_shape : sequence of int
        Of one input, channels last.

    Returns
    -------
    str
        A program that leaves the network in ``model``. What does not fit is left out, and a
        comment names the layer.
    """
    if framework not in FRAMEWORKS:
        raise ValueError(f"framework must be one of {', '.join(FRAMEWORKS)}, got {framework!r}")
    write = _keras if framework == "keras" else _torch
    lines = [line for row in rows if not row.rule for line in write(row)]
    lines += [
        f"# {row.name} does not fit what it is given: it is left out, and what follows it."
        for row in rows
        if row.rule not in ("", "before")
    ]
    body = "".join(f"    {line}\n" for line in lines)
    if framework == "torch":
        return f"from torch import nn\n\nmodel = nn.Sequential(\n{body})\n"
    shape = _tuple(input_shape)
    return (
        "import keras\nfrom keras import layers\n\n"
        f"model = keras.Sequential([\n    keras.Input({shape}),\n{body}])\nmodel.summary()\n"
    )


def _keras(row: Row) -> Iterable[str]:
    one = row.layer
    kind = one["kind"]
    name = f"layers.{KINDS[kind][0]}"
    if kind in WINDOWED:
        rank = len(row.axes)
        padding = one["padding"]
        if isinstance(padding, int) and padding:
            yield f"layers.ZeroPadding{rank}D({padding}),"
        convolves = kind.startswith("conv")
        size = _sizes(one["kernel_size"] if convolves else one["pool_size"])
        words = [str(one["filters"]), size] if convolves else [size]
        if one["stride"] != ((1,) * rank if convolves else one["pool_size"]):
            words.append(f"strides={_sizes(one['stride'])}")
        if padding == "same":
            words.append('padding="same"')
        if convolves and set(one["dilation"]) != {1}:
            words.append(f"dilation_rate={_sizes(one['dilation'])}")
        yield f"{name}({', '.join(words + _unbiased(one, 'use_bias'))}),"
    elif kind == "dense":
        yield f"{name}({', '.join([str(one['units']), *_unbiased(one, 'use_bias')])}),"
    elif kind == "dropout":
        yield f"{name}({_number(one['rate'])}),"
    elif kind in ("sigmoid", "tanh"):
        yield f'{name}("{kind}"),'
    else:
        yield f"{name}(),"


_PLAIN = {"relu": "ReLU()", "sigmoid": "Sigmoid()", "tanh": "Tanh()", "softmax": "Softmax(dim=1)"}


def _torch(row: Row) -> Iterable[str]:
    one = row.layer
    kind = one["kind"]
    given = row.input_shape or ()
    rank = len(given) - 1
    if kind in WINDOWED:
        yield from _torch_windows(row, given[-1])
    elif kind == "dense":
        words = [str(given[-1]), str(one["units"])]
        unbiased = _unbiased(one, "bias")
        if rank:
            yield f"nn.Conv{rank}d({', '.join([*words, '1', *unbiased])}),  # dense at each place"
        else:
            yield f"nn.Linear({', '.join(words + unbiased)}),"
    elif kind == "dropout":
        yield f"nn.Dropout({_number(one['rate'])}),"
    elif kind == "batch_norm":
        yield f"nn.BatchNorm{max(rank, 1)}d({given[-1]}),"
    elif kind == "flatten":
        order = "  # in another order than Keras: channel by channel"
        yield f"nn.Flatten(),{order if rank and given[-1] > 1 else ''}"
    else:
        yield f"nn.{_PLAIN[kind]},"


def _torch_windows(row: Row, channels: int) -> Iterable[str]:
    one = row.layer
    kind = one["kind"]
    rank = len(row.axes)
    convolves = kind.startswith("conv")
    size = one["kernel_size"] if convolves else one["pool_size"]
    words = [str(channels), str(one["filters"])] if convolves else []
    words.append(_sizes(size))
    plain = (1,) * rank if convolves else size
    strided = one["stride"] != plain
    if strided:
        words.append(f"stride={_sizes(one['stride'])}")
    ends = [(axis.before, axis.after) for axis in row.axes]
    if one["padding"] == "same" and any(map(any, ends)):
        if convolves and set(one["stride"]) == {1}:
            words.append('padding="same"')
        elif all(before == after for before, after in ends) and _fits(row.axes, kind):
            words.append(f"padding={_sizes([before for before, _ in ends])}")
            if kind.startswith("avg"):
                words.append("count_include_pad=False")
        else:
            yield _torch_pad(ends, kind)
    elif one["padding"] != "same" and one["padding"] != "valid" and one["padding"]:
        words.append(f"padding={one['padding']}")
    if convolves and set(one["dilation"]) != {1}:
        words.append(f"dilation={_sizes(one['dilation'])}")
    name = {"c": "Conv", "m": "MaxPool", "a": "AvgPool"}[kind[0]]
    yield f"nn.{name}{rank}d({', '.join(words + _unbiased(one, 'bias'))}),"


def _fits(axes: Sequence[Axis], kind: str) -> bool:
    """PyTorch's poolings take padding of at most half their window."""
    return kind.startswith("conv") or all(axis.before <= axis.kernel // 2 for axis in axes)


def _torch_pad(ends: Sequence[tuple[int, int]], kind: str) -> str:
    """Pad by a layer of its own; the last axis comes first."""
    pads = _tuple([cells for pair in reversed(ends) for cells in pair])
    if kind.startswith("max"):
        return f'nn.ConstantPad{len(ends)}d({pads}, float("-inf")),'
    note = "  # Keras leaves these zeros out of the means" if kind.startswith("avg") else ""
    return f"nn.ZeroPad{len(ends)}d({pads}),{note}"


def _unbiased(one: Any, key: str) -> list[str]:
    return [f"{key}=False"] if one.get("bias") is False else []


def _sizes(sizes: Sequence[int]) -> str:
    return str(sizes[0]) if len(set(sizes)) == 1 else _tuple(sizes)


def _tuple(numbers: Sequence[int]) -> str:
    comma = "," if len(numbers) == 1 else ""
    return f"({', '.join(map(str, numbers))}{comma})"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
