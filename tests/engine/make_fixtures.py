"""Write tests/fixtures/engine.json, the cases that the kernel's and the page's engine both answer.

Run ``python -m tests.engine.make_fixtures`` from the root of the repository.

``operations`` holds one call each: ``op``, its arguments, ``input`` and ``expect`` as
``{shape, data}`` with flat data, and the ``tolerance`` to meet. Padding is given twice: as asked
for (``padding``) and as cells at the ends (``pad``: top, bottom, left, right). Pairs are
(rows, columns). ``geometry`` holds ``fn``, its arguments by name and what it gives; an output size
of 0 says that no window fits. JSON has no word for NaN and infinity: they are strings.

The answers come from the textbook's loops in float64.
"""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np

from convwidgets.engine import geometry, reference

FILE = Path(__file__).parent.parent / "fixtures" / "engine.json"

EMBOSS = [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
POOL = [[12, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]]
NAN, INF = math.nan, math.inf


def make() -> dict[str, list[dict[str, Any]]]:
    """Make all cases, the same ones each time."""
    chance = random.Random(20)
    operations = [
        *special_convolutions(),
        *(random_convolution(chance) for _ in range(60)),
        *special_poolings(),
        *(random_pooling(chance) for _ in range(45)),
        *activations(),
        *(random_transposed(chance) for _ in range(25)),
        *(random_gradients(chance) for _ in range(25)),
        *(random_pool_gradients(chance) for _ in range(25)),
        *(random_adaptive(chance) for _ in range(12)),
        *(random_unpooling(chance) for _ in range(6)),
        *activation_gradients(),
    ]
    return {"operations": operations, "geometry": geometry_cases(chance)}


def text() -> str:
    """Write the cases as JSON, one a line."""
    parts = []
    for name, cases in make().items():
        lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
        parts.append(f'"{name}": [\n{lines}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def special_convolutions() -> list[dict[str, Any]]:
    impulse = np.zeros((1, 5, 5))
    impulse[0, 2, 2] = 1
    count = np.arange(1.0, 10.0).reshape(1, 3, 3)
    two = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    emboss = np.array([[EMBOSS]], float)
    odd = np.array([[[NAN, 1, 2, 3], [4, INF, 6, 7], [8, 9, -INF, 2], [1, 2, 3, 4]]])
    return [
        convolution(count, two),
        convolution(count, two, flip=True),
        convolution(count, two, padding="full", flip=True),
        convolution(impulse, emboss, padding="same"),
        convolution(impulse, emboss, padding="same", flip=True),
        convolution(count, emboss),
        convolution(count, np.array([[[[3.0]]]]), np.array([0.5])),
        convolution(np.array([[[2.0]]]), np.array([[[[3.0]]]]), padding=2, stride=(3, 2)),
        convolution(odd, np.ones((1, 1, 2, 2)), padding=1),
        convolution(odd, np.array([[[[0.0, 1.0, 0.0]]]]), padding="same"),
        convolution(count, np.array([[[[1.0, INF], [NAN, 1.0]]]]), padding=((1, 0), (0, 1))),
        convolution(count, np.array([[[[1.0, -INF]]]]), padding=1, padding_mode="replicate"),
    ]


def random_convolution(chance: random.Random) -> dict[str, Any]:
    while True:
        groups = chance.choice((1, 1, 1, 2, 3))
        per_group, filters = chance.choice((1, 1, 2)), groups * chance.choice((1, 2))
        size = chance.randint(1, 7), chance.randint(1, 20)
        kernel = chance.randint(1, 4), chance.randint(1, 5)
        x = numbers(chance, groups * per_group, *size)
        weight = numbers(chance, filters, per_group, *kernel)
        bias = numbers(chance, filters) if chance.random() < 0.5 else None
        options = {
            "stride": (chance.choice((1, 1, 2, 3)), chance.choice((1, 1, 1, 2, 3))),
            "padding": random_padding(chance),
            "dilation": (chance.choice((1, 1, 2)), chance.choice((1, 1, 2, 3))),
            "groups": groups,
            "padding_mode": chance.choice(("zeros", "zeros", "reflect", "replicate", "circular")),
            "flip": chance.random() < 0.2,
        }
        try:
            pads = geometry.resolve_padding(
                options["padding"], size, kernel, options["stride"], options["dilation"]
            )
            geometry.output_shape(size, kernel, options["stride"], pads, options["dilation"])
        except ValueError:
            continue
        room = {"reflect": -1, "circular": 0}.get(options["padding_mode"], math.inf)
        if all(max(ends) <= cells + room for ends, cells in zip(pads, size, strict=True)):
            return convolution(x, weight, bias, **options)


def convolution(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, **options: Any
) -> dict[str, Any]:
    case = {
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "groups": 1,
        "padding_mode": "zeros",
        "flip": False,
        **options,
    }
    y, pads = convolved(x, weight, bias, **case)
    stride, dilation = geometry.pair("", case["stride"], 1), geometry.pair("", case["dilation"], 1)
    return {
        "op": "conv2d",
        **case,
        "stride": stride,
        "dilation": dilation,
        "pad": [*pads[0], *pads[1]],
        "input": array(x),
        "weight": array(weight),
        "bias": None if bias is None else array(bias)["data"],
        "expect": array(y),
        "tolerance": 1e-4,
    }


def convolved(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, **case: Any
) -> tuple[np.ndarray, geometry.Pads]:
    stride, dilation = geometry.pair("", case["stride"], 1), geometry.pair("", case["dilation"], 1)
    size, kernel = x.shape[1:], weight.shape[2:]
    pads = geometry.resolve_padding(case["padding"], size, kernel, stride, dilation)
    with np.errstate(invalid="ignore"):
        y = reference.conv2d_loops(
            reference.pad2d(x[None], pads, case["padding_mode"]),
            weight[:, :, ::-1, ::-1] if case["flip"] else weight,
            np.zeros(len(weight)) if bias is None else bias,
            geometry.output_shape(size, kernel, stride, pads, dilation),
            stride,
            dilation,
            case["groups"],
        )
    return y[0], pads


def special_poolings() -> list[dict[str, Any]]:
    figure = np.array([POOL], float)
    equal = np.ones((1, 4, 4))
    odd = np.array([[[1, NAN, 3, -INF], [NAN, 5, -INF, -INF], [7, NAN, 2, INF]]])
    return [
        *(pooling(op, figure, (2, 2)) for op in ("max_pool2d", "min_pool2d", "avg_pool2d")),
        pooling("max_pool2d", figure, (2, 2), stride=(1, 1)),
        pooling("max_pool2d", equal, (3, 3), stride=(2, 2), padding=1),
        pooling("min_pool2d", equal, (2, 3), stride=(1, 1)),
        pooling("max_pool2d", odd, (2, 2), stride=(1, 1)),
        pooling("max_pool2d", odd, (3, 4)),
        pooling("min_pool2d", odd, (2, 2), stride=(1, 1), padding=1),
        pooling("avg_pool2d", odd, (2, 2), stride=(1, 1)),
        pooling("max_pool2d", np.full((1, 3, 3), -INF), (3, 3), padding=1),
        pooling("max_pool2d", equal[:, :2, :2], (3, 3), stride=(2, 2), ceil_mode=True),
    ]


def random_pooling(chance: random.Random) -> dict[str, Any]:
    while True:
        op = chance.choice(("max_pool2d", "min_pool2d", "avg_pool2d"))
        size = chance.randint(1, 7), chance.randint(1, 9)
        kernel = chance.randint(1, 4), chance.randint(1, 4)
        options = {
            "stride": (chance.randint(1, 4), chance.randint(1, 4)),
            "padding": chance.choice((0, 0, 1, 2, "same", "half", ((0, 1), (1, 0)))),
            "dilation": (chance.choice((1, 1, 2)), chance.choice((1, 1, 2))),
            "ceil_mode": chance.random() < 0.5,
        }
        if op == "avg_pool2d":
            options["count_include_pad"] = chance.random() < 0.5
            options["divisor_override"] = chance.choice((None, None, None, 3))
        stride, dilation = options["stride"], options["dilation"]
        pads = geometry.resolve_padding(options["padding"], size, kernel, stride, dilation)
        try:
            shape = geometry.output_shape(
                size, kernel, stride, pads, dilation, options["ceil_mode"]
            )
        except ValueError:
            continue
        if all(
            max(pads[axis]) <= kernel[axis] // 2
            and all(
                any(
                    0 <= i < size[axis]
                    for i in geometry.window(
                        o, kernel[axis], stride[axis], pads[axis], dilation[axis]
                    )
                )
                for o in range(shape[axis])
            )
            for axis in (0, 1)
        ):
            return pooling(op, numbers(chance, chance.choice((1, 2)), *size), kernel, **options)


def pooling(op: str, x: np.ndarray, kernel: tuple[int, int], **options: Any) -> dict[str, Any]:
    case = {"stride": kernel, "padding": 0, "dilation": (1, 1), "ceil_mode": False, **options}
    stride, dilation, size = case["stride"], case["dilation"], x.shape[1:]
    pads = geometry.resolve_padding(case["padding"], size, kernel, stride, dilation)
    shape = geometry.output_shape(size, kernel, stride, pads, dilation, case["ceil_mode"])
    window = (kernel, shape, stride, pads, dilation)
    more: dict[str, Any] = {}
    if op == "avg_pool2d":
        case = {"count_include_pad": True, "divisor_override": None, **case}
        y = averaged(x, kernel, **case)[None]
    else:
        sign = 1 if op == "max_pool2d" else -1
        y, index = reference.max_pool2d_loops(sign * x[None], *window)
        y = sign * y
        more["index"] = index[0].ravel().tolist()
    return {
        "op": op,
        "kernel_size": kernel,
        **case,
        "pad": [*pads[0], *pads[1]],
        "input": array(x),
        "expect": array(y[0]),
        **more,
        "tolerance": 1e-5 if op == "avg_pool2d" else 1e-6,
    }


def averaged(x: np.ndarray, kernel: tuple[int, int], **case: Any) -> np.ndarray:
    stride, dilation, size = case["stride"], case["dilation"], x.shape[1:]
    pads = geometry.resolve_padding(case["padding"], size, kernel, stride, dilation)
    shape = geometry.output_shape(size, kernel, stride, pads, dilation, case["ceil_mode"])
    counting = case["count_include_pad"], case["divisor_override"] or 0
    with np.errstate(invalid="ignore"):
        y = reference.avg_pool2d_loops(x[None], kernel, shape, stride, pads, dilation, *counting)
    return y[0]


def activations() -> list[dict[str, Any]]:
    x = np.array([[[-300, -0.5, 0, 0.25, 255, 255.5, 1e9, NAN, INF, -INF]]])
    return [
        {
            "op": "activate",
            "kind": kind,
            "input": array(x),
            "expect": array(reference.activate(x, kind)),
            "tolerance": 0,
        }
        for kind in ("none", "relu", "abs", "clip")
    ]


def random_transposed(chance: random.Random) -> dict[str, Any]:
    while True:
        groups = chance.choice((1, 1, 2))
        x = numbers(
            chance, groups * chance.choice((1, 2)), chance.randint(1, 5), chance.randint(1, 9)
        )
        w = numbers(
            chance, len(x), chance.choice((1, 2)), chance.randint(1, 4), chance.randint(1, 4)
        )
        stride, dilation = pair(chance, 1, 3), pair(chance, 1, 2)
        more = tuple(
            chance.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation, strict=True)
        )
        pads = [chance.randint(0, 2) for _ in range(4)]
        padding = ((pads[0], pads[1]), (pads[2], pads[3]))
        steps = (x.shape[1:], w.shape[2:], stride, dilation, more)
        try:
            top_left, shape = geometry.resolve_transposed(padding, *steps)
        except ValueError:
            continue
        bias = numbers(chance, groups * w.shape[1])
        y = reference.conv_transpose2d_loops(
            x[None], w, bias, shape, stride, top_left, dilation, groups
        )
        return {
            "op": "conv_transpose2d",
            "stride": stride,
            "padding": padding,
            "pad": pads,
            "output_padding": more,
            "dilation": dilation,
            "groups": groups,
            "input": array(x),
            "weight": array(w),
            "bias": array(bias)["data"],
            "expect": array(y[0]),
            "tolerance": 1e-4,
        }


def random_gradients(chance: random.Random) -> dict[str, Any]:
    """A convolution's gradients, found by changing one number at a time."""
    while True:
        case = random_convolution(chance)
        x, w = unfold(case["input"]), unfold(case["weight"])
        if not case["flip"] and x.size < 150 and w.size < 60:
            break
    g = numbers(chance, *case["expect"]["shape"])
    options = {k: case[k] for k in OF_A_CONVOLUTION}

    def loss(x: np.ndarray, w: np.ndarray) -> float:
        return float((convolved(x, w, **options)[0] * g).sum())

    back_x, back_w = np.empty_like(x), np.empty_like(w)
    for at in np.ndindex(x.shape):
        one = np.zeros_like(x)
        one[at] = 1
        back_x[at] = loss(one, w)
    for at in np.ndindex(w.shape):
        one = np.zeros_like(w)
        one[at] = 1
        back_w[at] = loss(x, one)
    return {
        "op": "conv2d_gradients",
        **options,
        "pad": case["pad"],
        "input": case["input"],
        "weight": case["weight"],
        "gradient": array(g),
        "expect": array(back_x),
        "expect_weight": array(back_w),
        "tolerance": 1e-3,
    }


def random_pool_gradients(chance: random.Random) -> dict[str, Any]:
    case = random_pooling(chance)
    x, shape = unfold(case["input"]), case["expect"]["shape"]
    g = numbers(chance, *shape)
    back = np.zeros_like(x)
    if case["op"] == "avg_pool2d":
        options = {k: case[k] for k in OF_AN_AVERAGE}
        for at in np.ndindex(x.shape):
            one = np.zeros_like(x)
            one[at] = 1
            back[at] = (averaged(one, case["kernel_size"], **options) * g).sum()
    else:
        for channel, places in enumerate(np.reshape(case["index"], (shape[0], -1))):
            np.add.at(back[channel].reshape(-1), places, g[channel].ravel())
    case.pop("index", None)
    return {
        **case,
        "op": f"{case['op']}_gradient",
        "gradient": array(g),
        "expect": array(back),
        "tolerance": 1e-4,
    }


OF_A_CONVOLUTION = ("stride", "padding", "dilation", "groups", "padding_mode", "flip")
OF_AN_AVERAGE = (
    "stride", "padding", "dilation", "ceil_mode", "count_include_pad", "divisor_override",
)  # fmt: skip


def random_adaptive(chance: random.Random) -> dict[str, Any]:
    kind = chance.choice(("avg", "max"))
    x = np.round(numbers(chance, chance.choice((1, 2)), chance.randint(1, 7), chance.randint(1, 9)))
    shape = pair(chance, 1, 6)
    g = numbers(chance, len(x), *shape)
    y, back = np.empty((len(x), *shape)), np.zeros_like(x)
    for c, i, j in np.ndindex(y.shape):
        rows = geometry.adaptive_windows(x.shape[1], shape[0])[i]
        columns = geometry.adaptive_windows(x.shape[2], shape[1])[j]
        cells = [(r, s) for r in rows for s in columns]
        values = [x[c, r, s] for r, s in cells]
        if kind == "avg":
            y[c, i, j] = sum(values) / len(values)
            for r, s in cells:
                back[c, r, s] += g[c, i, j] / len(values)
        else:
            y[c, i, j] = max(values)
            r, s = cells[values.index(max(values))]
            back[c, r, s] += g[c, i, j]
    return {
        "op": f"adaptive_{kind}_pool2d",
        "output_size": shape,
        "input": array(x),
        "expect": array(y),
        "gradient": array(g),
        "expect_gradient": array(back),
        "tolerance": 1e-5,
    }


def random_unpooling(chance: random.Random) -> dict[str, Any]:
    x = numbers(chance, chance.choice((1, 2)), chance.randint(1, 3), chance.randint(1, 4))
    shape = (2 * x.shape[1], 2 * x.shape[2])
    y = np.zeros((len(x), *shape))
    index = []
    for c, i, j in np.ndindex(x.shape):
        r, s = 2 * i + chance.randint(0, 1), 2 * j + chance.randint(0, 1)
        index.append(r * shape[1] + s)
        y[c, r, s] = x[c, i, j]
    return {
        "op": "max_unpool2d",
        "kernel_size": (2, 2),
        "input": array(x),
        "index": index,
        "expect": array(y),
        "tolerance": 1e-6,
    }


def activation_gradients() -> list[dict[str, Any]]:
    x = np.array([[[-300, -0.5, 0, 0.25, 255, 255.5, 1e9, NAN]]])
    g = np.arange(1.0, 9.0).reshape(1, 1, 8)
    slopes = {
        "none": [1, 1, 1, 1, 1, 1, 1, 1],
        "relu": [0, 0, 0, 1, 1, 1, 1, 0],
        "abs": [-1, -1, 0, 1, 1, 1, 1, 0],
        "clip": [0, 0, 1, 1, 1, 0, 0, 0],
    }
    return [
        {
            "op": "activate_gradient",
            "kind": kind,
            "input": array(x),
            "gradient": array(g),
            "expect": array(g * slope),
            "tolerance": 0,
        }
        for kind, slope in slopes.items()
    ]


def pair(chance: random.Random, low: int, high: int) -> tuple[int, int]:
    return chance.randint(low, high), chance.randint(low, high)


def unfold(case: dict[str, Any]) -> np.ndarray:
    return np.array([float(v) for v in case["data"]]).reshape(case["shape"])


def geometry_cases(chance: random.Random) -> list[dict[str, Any]]:
    fixed = [
        *((28, 3, s, (p, p), 1) for s in (1, 2, 3) for p in (0, 1)),
        *((28, 3, 1, (0, 0), d) for d in (2, 4)),
        (7, 2, 3, (0, 0), 1),
        (224, 11, 4, (0, 0), 1),
        (2, 5, 1, (1, 1), 1),
        (5, 1, 1, (3, 3), 1),
    ]
    drawn = [
        (
            chance.randint(1, 12),
            chance.randint(1, 4),
            chance.randint(1, 4),
            (chance.randint(0, 3), chance.randint(0, 3)),
            chance.randint(1, 3),
        )
        for _ in range(12)
    ]
    cases = [
        case
        for axis in (*fixed, *drawn)
        for ceil_mode in (False, True)
        for case in axis_cases(*axis, ceil_mode)
    ]
    for padding in ("valid", "same", "half", "full", 2):
        for size, kernel, stride, dilation in (
            ((28, 28), (3, 3), (2, 3), (1, 1)),
            ((28, 5), (5, 2), (2, 1), (1, 1)),
            ((9, 7), (4, 3), (1, 2), (2, 3)),
            ((4, 4), (1, 2), (3, 2), (1, 1)),
        ):
            args = {
                "padding": padding,
                "size": size,
                "kernel": kernel,
                "stride": stride,
                "dilation": dilation,
            }
            pads = geometry.resolve_padding(*args.values())
            cases.append({"fn": "resolve_padding", "args": args, "expect": [*pads[0], *pads[1]]})
    return cases


def axis_cases(
    size: int, kernel: int, stride: int, pad: tuple[int, int], dilation: int, ceil_mode: bool
) -> list[dict[str, Any]]:
    axis = {
        "size": size,
        "kernel": kernel,
        "stride": stride,
        "pad": pad,
        "dilation": dilation,
        "ceil_mode": ceil_mode,
    }
    try:
        windows = geometry.output_size(**axis)
    except ValueError:
        return [{"fn": "output_size", "args": axis, "expect": 0}]
    last = {"index": windows - 1, **{name: axis[name] for name in axis if name != "size"}}
    del last["ceil_mode"]
    return [
        {"fn": "output_size", "args": axis, "expect": windows},
        {"fn": "window", "args": last, "expect": list(geometry.window(**last))},
        {
            "fn": "feeds",
            "args": {"index": size // 2, **axis},
            "expect": geometry.feeds(size // 2, **axis),
        },
        {"fn": "dropped", "args": axis, "expect": list(geometry.dropped(**axis))},
        {"fn": "coverage", "args": axis, "expect": geometry.coverage(**axis)},
    ]


def random_padding(chance: random.Random) -> Any:
    return chance.choice(
        (0, 0, 1, 2, "valid", "same", "half", "full", (1, 0), ((0, 1), (2, 0)), ((2, 1), (1, 3)))
    )


def numbers(chance: random.Random, *shape: int) -> np.ndarray:
    count = math.prod(shape)
    return np.array([round(chance.uniform(-4, 4), 2) for _ in range(count)]).reshape(shape)


def array(values: np.ndarray) -> dict[str, Any]:
    return {"shape": list(values.shape), "data": [number(v) for v in values.ravel().tolist()]}


def number(value: float) -> float | int | str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    rounded = round(value, 5) + 0.0
    return int(rounded) if rounded.is_integer() else rounded


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
