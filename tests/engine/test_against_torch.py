"""Every operation and its gradients against PyTorch, on random configurations.

Each test draws `CASES` configurations: images, channels, groups, rectangles, strides, paddings,
dilations. float64 on both sides, so that a wrong number cannot hide behind rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as oracle

from convwidgets import engine

CASES = 2000

pytestmark = pytest.mark.usefixtures("backend", "one_thread")


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Keep PyTorch from waking threads for arrays this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass
class Case:
    """One configuration: arguments of both sides, `axes` of space."""

    rng: np.random.Generator
    axes: int

    def whole(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def each(self, low: int, high: int) -> tuple[int, ...]:
        return tuple(self.whole(low, high) for _ in range(self.axes))

    def array(self, *shape: int) -> np.ndarray:
        return self.rng.normal(size=shape)

    def arguments(self, *values: tuple[int, ...]) -> list[Any]:
        """One number where there is one axis."""
        return [value if self.axes > 1 else value[0] for value in values]


def cases(axes: int, seed: int) -> Iterator[Case]:
    for k in range(CASES):
        yield Case(np.random.default_rng((seed, axes, k)), axes)


def tensor(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(array, requires_grad=array.dtype.kind == "f")


def agree(mine: Any, theirs: torch.Tensor, case: Any, scale: float = 1) -> None:
    theirs = theirs.detach().numpy()
    assert mine.shape == theirs.shape, case
    np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-11 * scale, err_msg=str(case))


@pytest.mark.parametrize("axes", [1, 2])
def test_convolutions(axes: int) -> None:
    convolve: Callable[..., Any] = {1: engine.conv1d, 2: engine.conv2d}[axes]
    gradients: Callable[..., Any] = {1: engine.conv1d_gradients, 2: engine.conv2d_gradients}[axes]
    theirs: Callable[..., Any] = {1: oracle.conv1d, 2: oracle.conv2d}[axes]
    for case in cases(axes, 1):
        groups = case.whole(1, 3)
        kernel, stride, dilation = case.each(1, 5), case.each(1, 4), case.each(1, 3)
        padding = case.each(0, 4)
        least = [
            max(1, (k - 1) * d + 1 - 2 * p)
            for k, d, p in zip(kernel, dilation, padding, strict=True)
        ]
        size = [low + case.whole(0, 40 if case.whole(0, 9) == 0 else 9) for low in least]
        channels, filters = groups * case.whole(1, 3), groups * case.whole(1, 3)
        x = case.array(case.whole(1, 2), channels, *size)
        w, b = case.array(filters, channels // groups, *kernel), case.array(filters)
        s, p, d = case.arguments(stride, padding, dilation)
        what = f"{x.shape} {w.shape} stride {s} padding {p} dilation {d} groups {groups}"
        inputs = [tensor(a) for a in (x, w, b)]
        y = theirs(*inputs, s, p, d, groups)
        asked = {"stride": s, "padding": _ends(p), "dilation": d, "groups": groups}
        agree(convolve(x, w, b, **asked), y, what)
        g = case.array(*y.shape)
        y.backward(torch.tensor(g))
        for mine, one in zip(gradients(x, w, g, **asked), inputs, strict=True):
            agree(mine, one.grad, what, 10)


def _ends(padding: Any) -> Any:
    """One axis takes a pair of numbers for its two ends."""
    return padding if isinstance(padding, int) else tuple((p, p) for p in padding)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_modes(mode: str) -> None:
    for case in cases(2, 2):
        kernel, stride, dilation = case.each(1, 4), case.each(1, 3), case.each(1, 2)
        pads = [case.each(0, 3), case.each(0, 3)]
        least = [
            max((k - 1) * d + 1 - sum(p), max(p) + 1)
            for k, d, p in zip(kernel, dilation, pads, strict=True)
        ]
        size = [low + case.whole(0, 8) for low in least]
        x, w = case.array(1, 2, *size), case.array(3, 2, *kernel)
        flip = bool(case.whole(0, 1))
        what = f"{x.shape} {w.shape} {stride} {pads} {dilation} {mode} flip {flip}"
        inputs = [tensor(x), tensor(w)]
        padded = oracle.pad(inputs[0], (*pads[1], *pads[0]), mode=mode)
        turned = inputs[1].flip(2, 3) if flip else inputs[1]
        y = oracle.conv2d(padded, turned, None, stride, 0, dilation)
        asked: dict[str, Any] = {
            "stride": stride, "padding": pads, "dilation": dilation, "padding_mode": mode,
            "flip": flip,
        }  # fmt: skip
        agree(engine.conv2d(x, w, **asked), y, what)
        g = case.array(*y.shape)
        y.backward(torch.tensor(g))
        back = engine.conv2d_gradients(x, w, g, **asked)
        agree(back.input, inputs[0].grad, what, 10)
        agree(back.weight, inputs[1].grad, what, 10)
        np.testing.assert_allclose(back.bias, g.sum((0, 2, 3)))


@pytest.mark.parametrize("axes", [1, 2])
def test_transposed_convolutions(axes: int) -> None:
    convolve: Callable[..., Any] = {1: engine.conv_transpose1d, 2: engine.conv_transpose2d}[axes]
    gradients: Callable[..., Any] = {
        1: engine.conv_transpose1d_gradients,
        2: engine.conv_transpose2d_gradients,
    }[axes]
    theirs: Callable[..., Any] = {1: oracle.conv_transpose1d, 2: oracle.conv_transpose2d}[axes]
    for case in cases(axes, 3):
        groups = case.whole(1, 3)
        kernel, stride, dilation = case.each(1, 5), case.each(1, 4), case.each(1, 3)
        size = case.each(1, 9)
        more = tuple(case.whole(0, max(s, d) - 1) for s, d in zip(stride, dilation, strict=True))
        most = [
            ((i - 1) * s + (k - 1) * d + o) // 2
            for i, s, k, d, o in zip(size, stride, kernel, dilation, more, strict=True)
        ]
        padding = tuple(case.whole(0, min(m, 4)) for m in most)
        channels, each = groups * case.whole(1, 3), case.whole(1, 3)
        x = case.array(case.whole(1, 2), channels, *size)
        w, b = case.array(channels, each, *kernel), case.array(each * groups)
        s, p, d, o = case.arguments(stride, padding, dilation, more)
        what = f"{x.shape} {w.shape} stride {s} padding {p} more {o} dilation {d} groups {groups}"
        inputs = [tensor(a) for a in (x, w, b)]
        y = theirs(*inputs, s, p, o, groups, d)
        asked = {
            "stride": s,
            "padding": _ends(p),
            "output_padding": o,
            "groups": groups,
            "dilation": d,
        }
        agree(convolve(x, w, b, **asked), y, what)
        g = case.array(*y.shape)
        y.backward(torch.tensor(g))
        for mine, one in zip(gradients(x, w, g, **asked), inputs, strict=True):
            agree(mine, one.grad, what, 10)


@pytest.mark.parametrize("kind", ["max", "min"])
@pytest.mark.parametrize("axes", [1, 2])
def test_extreme_poolings(axes: int, kind: str) -> None:
    pool: Any = getattr(engine, f"{kind}_pool{axes}d")
    gradient: Any = getattr(engine, f"{kind}_pool{axes}d_gradient")
    theirs: Any = {1: oracle.max_pool1d, 2: oracle.max_pool2d}[axes]
    sign = 1 if kind == "max" else -1
    for case in cases(axes, 4):
        x, asked, given = pooling(case)
        asked["dilation"] = given["dilation"] = dilation = case.arguments(case.each(1, 3))[0]
        spans = [
            (k - 1) * d + 1
            for k, d in zip(_tuple(asked["kernel_size"]), _tuple(dilation), strict=True)
        ]
        grow = [max(0, span - size) for span, size in zip(spans, x.shape[2:], strict=True)]
        x = case.array(*x.shape[:2], *(n + g for n, g in zip(x.shape[2:], grow, strict=True)))
        # Ties, so that the first of equals is told from the others.
        x = np.round(x)
        what = f"{x.shape} {asked}"
        inputs = tensor(sign * x)
        y, index = theirs(inputs, **given, return_indices=True)
        mine, where = pool(x, **asked, return_indices=True)
        agree(sign * mine, y, what)
        agree(where, index, what)
        np.testing.assert_array_equal(pool(x, **asked), mine)
        g = case.array(*y.shape)
        y.backward(torch.tensor(g))
        agree(gradient(x, g, **asked), inputs.grad, what)


@pytest.mark.parametrize("axes", [1, 2])
def test_average_poolings(axes: int) -> None:
    pool: Any = getattr(engine, f"avg_pool{axes}d")
    gradient: Any = getattr(engine, f"avg_pool{axes}d_gradient")
    theirs: Any = {1: oracle.avg_pool1d, 2: oracle.avg_pool2d}[axes]
    for case in cases(axes, 5):
        x, asked, given = pooling(case)
        asked["count_include_pad"] = given["count_include_pad"] = bool(case.whole(0, 1))
        if axes == 2 and case.whole(0, 2) == 0:
            asked["divisor_override"] = given["divisor_override"] = case.whole(1, 9)
        what = f"{x.shape} {asked}"
        inputs = tensor(x)
        y = theirs(inputs, **given)
        agree(pool(x, **asked), y, what)
        g = case.array(*y.shape)
        y.backward(torch.tensor(g))
        agree(gradient(x, g, **asked), inputs.grad, what)


def pooling(case: Case) -> tuple[np.ndarray, dict[str, Any], dict[str, Any]]:
    """An input, and the same arguments as both sides take them."""
    kernel, stride = case.each(1, 4), case.each(1, 4)
    padding = tuple(case.whole(0, k // 2) for k in kernel)
    x = case.array(case.whole(1, 2), case.whole(1, 3), *(k + case.whole(0, 9) for k in kernel))
    k, s, p = case.arguments(kernel, stride, padding)
    asked = {
        "kernel_size": k,
        "stride": s,
        "padding": _ends(p),
        "ceil_mode": bool(case.whole(0, 1)),
    }
    return x, asked, asked | {"padding": p}


def _tuple(value: Any) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else value


@pytest.mark.parametrize("axes", [1, 2])
def test_adaptive_poolings(axes: int) -> None:
    for case in cases(axes, 6):
        x = np.round(case.array(case.whole(1, 2), case.whole(1, 3), *case.each(1, 12)))
        (size,) = case.arguments(case.each(1, 14))
        what = f"{x.shape} to {size}"
        for kind in ("avg", "max"):
            inputs = tensor(x)
            name = f"adaptive_{kind}_pool{axes}d"
            options = {"return_indices": True} if kind == "max" else {}
            y = getattr(oracle, name)(inputs, size, **options)
            mine = getattr(engine, name)(x, size, **options)
            if kind == "max":
                agree(mine[1], y[1], what)
                mine, y = mine[0], y[0]
            agree(mine, y, what)
            g = case.array(*y.shape)
            y.backward(torch.tensor(g))
            agree(getattr(engine, f"{name}_gradient")(x, g, size), inputs.grad, what)


@pytest.mark.parametrize("axes", [1, 2])
def test_unpoolings(axes: int) -> None:
    for case in cases(axes, 7):
        kernel = case.each(1, 3)
        # Windows apart, so that no two winners share a place: PyTorch's order is not defined there.
        stride = tuple(k + case.whole(0, 1) for k in kernel)
        x = case.array(1, 2, *(k + case.whole(0, 8) for k in kernel))
        k, s = case.arguments(kernel, stride)
        winners, where = getattr(engine, f"max_pool{axes}d")(x, k, stride=s, return_indices=True)
        inputs = tensor(winners)
        size = x.shape[2:]
        y = getattr(oracle, f"max_unpool{axes}d")(inputs, torch.tensor(where), k, s, 0, size)
        what = f"{x.shape} {k} {s}"
        (asked,) = case.arguments(size)
        mine = getattr(engine, f"max_unpool{axes}d")(winners, where, k, stride=s, output_size=asked)
        agree(mine, y, what)
        g = case.array(*y.shape)
        y.backward(torch.tensor(g))
        agree(getattr(engine, f"max_unpool{axes}d_gradient")(where, g), inputs.grad, what)
        plain = getattr(oracle, f"max_unpool{axes}d")
        if all(
            (i - 1) * t + n >= j
            for i, t, n, j in zip(winners.shape[2:], stride, kernel, size, strict=True)
        ):
            agree(
                getattr(engine, f"max_unpool{axes}d")(winners, where, k, stride=s),
                plain(inputs, torch.tensor(where), k, s),
                what,
            )


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [("relu", torch.relu), ("abs", torch.abs), ("clip", lambda x: torch.clamp(x, 0, 255))],
)
def test_activations(kind: str, theirs: Any) -> None:
    for case in cases(1, 8):
        x = np.round(case.array(case.whole(0, 40)) * case.rng.choice([2, 300]))
        inputs = tensor(x)
        y = theirs(inputs)
        agree(engine.activate(x, kind), y, x)
        g = case.array(*y.shape)
        y.backward(torch.tensor(g))
        agree(engine.activate_gradient(x, g, kind), inputs.grad, x)
