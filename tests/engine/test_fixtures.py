"""The committed cases, which the page's engine answers too."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from convwidgets import engine
from convwidgets.engine import geometry
from tests.engine import make_fixtures

CASES = json.loads(make_fixtures.FILE.read_text(encoding="utf-8"))
NOT_ARGUMENTS = (
    "op", "input", "weight", "bias", "pad", "kernel_size", "index", "gradient",
    "expect", "expect_weight", "expect_gradient",
)  # fmt: skip


def test_file_is_what_the_script_makes() -> None:
    assert make_fixtures.FILE.read_text(encoding="utf-8") == make_fixtures.text()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("number", range(len(CASES["operations"])))
def test_operation(number: int, dtype: type, backend: str) -> None:
    case = dict(CASES["operations"][number])
    tolerance = case.pop("tolerance")
    options = {name: value for name, value in case.items() if name not in NOT_ARGUMENTS}
    x = array(case["input"], dtype)
    given = [array(case[name], dtype) for name in ("weight", "gradient") if name in case]
    answer = getattr(engine, case["op"])
    if case["op"].startswith("conv"):
        bias = [case["bias"]] if "bias" in case else []
        y = answer(x, *given, *bias, **options)
        if "expect_weight" in case:
            expected = array(case["expect_weight"], np.float64)
            np.testing.assert_allclose(y.weight, expected, rtol=0, atol=tolerance)
            y = y.input
    elif case["op"].startswith("adaptive"):
        y = answer(x, **options)
        back = getattr(engine, f"{case['op']}_gradient")(x, *given, **options)
        expected = array(case["expect_gradient"], np.float64)
        np.testing.assert_allclose(back, expected, rtol=0, atol=tolerance)
    elif case["op"] == "max_unpool2d":
        y = answer(x, np.reshape(case["index"], x.shape), case["kernel_size"])
    elif case["op"].startswith("activate"):
        y = answer(x, *given, **options)
    elif "index" in case:
        y, index = answer(x, case["kernel_size"], **options, return_indices=True)
        assert index.ravel().tolist() == case["index"]
    else:
        y = answer(x, *given, case["kernel_size"], **options)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, array(case["expect"], np.float64), rtol=0, atol=tolerance)


@pytest.mark.parametrize("number", range(len(CASES["geometry"])))
def test_geometry(number: int) -> None:
    case = CASES["geometry"][number]
    answer = getattr(geometry, case["fn"])
    if case["expect"] == 0:
        with pytest.raises(ValueError, match="larger than the padded image"):
            answer(**case["args"])
    elif case["fn"] == "resolve_padding":
        rows, columns = answer(**case["args"])
        assert [*rows, *columns] == case["expect"]
    elif case["fn"] == "output_size":
        assert answer(**case["args"]) == case["expect"]
    else:
        assert list(answer(**case["args"])) == case["expect"]


def array(case: dict[str, Any], dtype: type) -> np.ndarray:
    return np.array([float(v) for v in case["data"]], dtype).reshape(case["shape"])
