"""Sizes, padding and who reads whom, against the published figures and against the arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convwidgets import engine
from convwidgets.engine import geometry

AXES = st.fixed_dictionaries(
    {
        "size": st.integers(1, 14),
        "kernel": st.integers(1, 5),
        "stride": st.integers(1, 6),
        "pad": st.tuples(st.integers(0, 4), st.integers(0, 4)),
        "dilation": st.integers(1, 3),
        "ceil_mode": st.booleans(),
    }
)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pad", "dilation", "expected"),
    [
        (28, 3, 1, 1, 1, 28),
        (28, 3, 1, 0, 1, 26),
        (28, 3, 2, 0, 1, 13),
        (28, 3, 3, 0, 1, 9),
        (28, 3, 3, 1, 1, 10),
        (28, 3, 2, 1, 1, 14),
        (28, 2, 1, 0, 1, 27),
        (28, 3, 1, 0, 2, 24),
        (28, 3, 1, 0, 4, 20),
        (5, 3, 1, 0, 1, 3),
        (5, 3, 1, 1, 1, 5),
        (227, 11, 4, 0, 1, 55),
        (224, 11, 4, 0, 1, 54),
        (303, 5, 1, 1, 1, 301),
    ],
)
def test_output_size(
    size: int, kernel: int, stride: int, pad: int, dilation: int, expected: int
) -> None:
    assert geometry.output_size(size, kernel, stride, pad, dilation) == expected
    assert geometry.output_shape(size, kernel, stride, pad, dilation) == (expected, expected)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pads"),
    [(28, 3, 2, (0, 1)), (28, 3, 3, (1, 1)), (5, 2, 1, (0, 1)), (28, 5, 2, (1, 2))],
)
def test_same_is_kerass_rule(size: int, kernel: int, stride: int, pads: tuple) -> None:
    assert geometry.resolve_padding("same", size, kernel, stride) == (pads, pads)
    outputs = geometry.output_size(size, kernel, stride, pads)
    assert outputs == -(-size // stride)


@given(axis=AXES)
def test_same_gives_the_ceiling_at_any_stride(axis: dict) -> None:
    size, kernel, stride, dilation = (axis[n] for n in ("size", "kernel", "stride", "dilation"))
    pads, _ = geometry.resolve_padding("same", size, kernel, stride, dilation)
    assert geometry.output_size(size, kernel, stride, pads, dilation) == -(-size // stride)
    assert pads[1] - pads[0] in (0, 1)


def test_half_and_full() -> None:
    assert geometry.resolve_padding("half", 28, 3, 2) == ((1, 1), (1, 1))
    assert geometry.resolve_padding("half", 28, (2, 4), 3, (1, 3)) == ((0, 1), (4, 5))
    assert geometry.resolve_padding("full", 28, (2, 4), 3, (1, 3)) == ((1, 1), (9, 9))
    assert geometry.resolve_padding("valid", 28, 9) == ((0, 0), (0, 0))


@pytest.mark.parametrize(
    "padding", [2, (2, 2), [2, 2], np.array([2, 2]), ((2, 2), 2), [[2, 2], [2, 2]], np.int8(2)]
)
def test_forms_of_padding(padding: object) -> None:
    assert geometry.resolve_padding(padding, 9, 3) == ((2, 2), (2, 2))


def test_effective_kernel() -> None:
    assert [geometry.effective_kernel(3, d) for d in (1, 2, 4, 8)] == [3, 5, 9, 17]


def test_coverage() -> None:
    def counts(size: int, kernel: int, stride: int) -> np.ndarray:
        axis = geometry.coverage(size, kernel, stride)
        return np.outer(axis, axis)

    assert (counts(9, 2, 1)[1:-1, 1:-1] == 4).all()
    assert (counts(8, 2, 2) == 1).all()
    assert (counts(9, 3, 1)[2:-2, 2:-2] == 9).all()
    assert set(counts(9, 3, 2)[1:-1, 1:-1].flat) == {1, 2, 4}
    assert (counts(7, 3, 3) == 1).sum() == 36
    assert (counts(7, 3, 3) == 0).sum() == 13
    assert (counts(7, 2, 3) == 0).sum() == 33


@given(axis=AXES)
def test_all_answers_agree_with_each_other(axis: dict) -> None:
    size = axis["size"]
    layout = {name: axis[name] for name in ("kernel", "stride", "pad", "dilation")}
    try:
        outputs = geometry.output_size(**axis)
    except ValueError:
        return
    reads = {(o, i) for o in range(outputs) for i in geometry.window(o, **layout) if 0 <= i < size}
    fed = {(o, i) for i in range(size) for o in geometry.feeds(i, **axis)}
    met = {
        (o, i)
        for weight in range(axis["kernel"])
        for o, i in enumerate(geometry.taps(weight, **axis))
        if 0 <= i < size
    }
    assert reads == fed == met
    coverage = geometry.coverage(**axis)
    assert coverage == [sum(i == j for _, j in reads) for i in range(size)]
    lost = geometry.dropped(**axis)
    assert all(coverage[i] == 0 for i in lost)
    assert list(lost) == list(range(size))[size - len(lost) :]
    last = geometry.window(outputs - 1, **layout)
    assert lost.start == min(max(last[-1] + 1, 0), size)


@given(axis=AXES)
def test_coverage_is_the_gradient_of_a_sum(axis: dict) -> None:
    axis = {**axis, "ceil_mode": False}
    try:
        geometry.output_size(**axis)
    except ValueError:
        return
    size, (before, after) = axis["size"], axis["pad"]
    kernel = np.ones((1, 1, axis["kernel"], 1))
    counts = [
        engine.conv2d(
            np.eye(size)[i].reshape(1, 1, size, 1),
            kernel,
            stride=(axis["stride"], 1),
            padding=((before, after), 0),
            dilation=(axis["dilation"], 1),
        ).sum()
        for i in range(size)
    ]
    assert geometry.coverage(**axis) == counts


def test_what_ceil_mode_adds() -> None:
    assert geometry.output_size(28, 3, 2) == 13
    assert geometry.output_size(28, 3, 2, ceil_mode=True) == 14
    assert list(geometry.dropped(28, 3, 2)) == [27]
    assert list(geometry.dropped(28, 3, 2, ceil_mode=True)) == []
    # A window that would start in the padding at the end is none.
    assert geometry.output_size(4, 2, 2, (1, 1), ceil_mode=True) == 3
    assert geometry.output_size(5, 1, 3, (0, 2), ceil_mode=True) == 2
    assert geometry.output_size(5, 1, 3, (0, 2)) == 3


def test_windows_may_lie_outside() -> None:
    assert list(geometry.window(0, 3, 2, (1, 4), 2)) == [-1, 1, 3]
    assert list(geometry.taps(2, 5, 3, pad=1)) == [1, 2, 3, 4, 5]
