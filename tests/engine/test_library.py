"""How compiled kernels are called: what is not as they need it is refused, never read."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from convwidgets import engine
from convwidgets.engine import _library, native


@pytest.fixture(params=["float32", "float64"])
def number(request: pytest.FixtureRequest) -> Any:
    assert engine.warm_up() == "native"
    return request.param


@pytest.fixture
def compiled(number: str) -> Any:
    with engine.use("native"):
        return native.kernels(np.dtype(number))


def test_a_kernel_computes(compiled: Any, number: str) -> None:
    x, y = np.arange(-3, 3).astype(number), np.empty(6, number)
    compiled.activate(x, y, 2)
    np.testing.assert_array_equal(y, [3, 2, 1, 0, 1, 2])


def test_equal_types_of_numbers_are_one(compiled: Any, number: str) -> None:
    x, y = pickle.loads(pickle.dumps((np.arange(-3, 3).astype(number), np.empty(6, number))))
    compiled.activate(x, y, 2)
    np.testing.assert_array_equal(y, [3, 2, 1, 0, 1, 2])


def test_what_a_kernel_cannot_take_is_refused(compiled: Any, number: str) -> None:
    good = np.zeros((1, 1, 4, 4), number)
    other = {"float32": "float64", "float64": "float32"}[number]
    frozen = good.copy()
    frozen.flags.writeable = False
    raw = np.zeros(good.nbytes + 1, np.uint8)
    bad = [
        good.astype(other),
        good.astype("i4"),
        good.astype(good.dtype.newbyteorder()),
        good[0],
        good[None],
        good[..., ::2],
        good.transpose(0, 1, 3, 2)[..., :2],
        np.asfortranarray(np.zeros((2, 3, 4, 5), number)),
        raw[1:].view(number).reshape(good.shape),
        frozen,
        np.ma.masked_array(good),
        good.tolist(),
        0,
        1 << 80,
        None,
        "kernels",
        np.dtype(number).type(0),
    ]
    for one in bad:
        for arguments in ([one, good], [good, one]):
            with pytest.raises(TypeError, match=r"argument [12] of pad2d must be an array of"):
                compiled.pad2d(*arguments, 0, 0, 0)
    with pytest.raises(TypeError, match="argument 3 of adaptive_pool2d must be an array of int32"):
        compiled.adaptive_pool2d(good, good, np.zeros(good.shape, np.int64), 0)


def test_the_number_of_arguments_is_counted(compiled: Any, number: str) -> None:
    good = np.zeros((1, 1, 4, 4), number)
    for arguments in ([], [good], [good, good, 0, 0], [good, good, 0, 0, 0, 0]):
        with pytest.raises(TypeError):
            compiled.pad2d(*arguments)


@pytest.mark.parametrize("scalar", [0.5, None, "0", 1 << 63, np.zeros(3)])
def test_only_whole_numbers_are_taken_for_such(compiled: Any, number: str, scalar: Any) -> None:
    good = np.zeros((1, 1, 4, 4), number)
    with pytest.raises(Exception, match=r"integer|format|range"):
        compiled.pad2d(good, good, scalar, 0, 0)
    compiled.pad2d(good, good, np.int16(0), 0, True)


def test_sides_of_one_cell_may_have_any_step(compiled: Any, number: str) -> None:
    whole = np.arange(24).astype(number).reshape(3, 2, 2, 2)
    x = whole[::2, :, :1][:1, :1]
    assert x.flags.c_contiguous and x.strides[0] != x.nbytes
    y = np.empty((1, 1, 1, 2), number)
    compiled.pad2d(x, y, 0, 0, 0)
    np.testing.assert_array_equal(y, x)


def test_arrays_in_an_unknown_layout_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    _library._check_layout()
    for name in ("TYPE", "DATA", "NDIM", "SHAPE", "DTYPE", "FLAGS"):
        other = {"SHAPE": "DATA", "FLAGS": "NDIM"}.get(name, "SHAPE")
        with monkeypatch.context() as patch:
            patch.setattr(_library, name, getattr(_library, other))
            with pytest.raises(RuntimeError, match="unknown way"):
                _library._check_layout()
