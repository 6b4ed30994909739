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
NOT_ARGUMENTS = ("op", "input", "weight", "bias", "pad", "kernel_size", "expect", "index")


def test_file_is_what_the_script_makes() -> None:
    assert make_fixtures.FILE.read_text(encoding="utf-8") == make_fixtures.text()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("number", range(len(CASES["operations"])))
def test_operation(number: int, dtype: type, backend: str) -> None:
    case = dict(CASES["operations"][number])
    tolerance = case.pop("tolerance")
    options = {name: value for name, value in case.items() if name not in NOT_ARGUMENTS}
    x = array(case["input"], dtype)
    if case["op"] == "conv2d":
        y = engine.conv2d(x, array(case["weight"], dtype), case["bias"], **options)
    elif case["op"] == "activate":
        y = engine.activate(x, **options)
    elif case["op"] == "avg_pool2d":
        y = engine.avg_pool2d(x, case["kernel_size"], **options)
    else:
        pool = getattr(engine, case["op"])
        y, index = pool(x, case["kernel_size"], **options, return_indices=True)
        assert index.ravel().tolist() == case["index"]
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
