"""The networks that Python and the page must count alike: run to write the fixture anew."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from convwidgets.engine.layer_rules import layer
from convwidgets.engine.layers import Row, totals, trace
from convwidgets.engine.receptive import effective_field, fed_units, fit, seen_cells, sides
from convwidgets.export.network import network_code
from convwidgets.export.presets import presets

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "fixtures" / "layers.json"

CONV = {"kind": "conv2d", "filters": 3, "kernel_size": (3, 2), "stride": (2, 1)}
ODD: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "same with steps": (
        [
            {**CONV, "padding": "same"},
            {"kind": "max_pool2d", "pool_size": 3, "stride": 2, "padding": "same"},
            {"kind": "avg_pool2d", "pool_size": 2, "padding": "same"},
            {"kind": "conv2d", "filters": 2, "kernel_size": 3, "padding": 2, "dilation": 2},
            "batch_norm",
            {"kind": "dense", "units": 4, "bias": False},
            "flatten",
            {"kind": "dense", "units": 2},
            "softmax",
        ],
        (19, 16, 3),
    ),
    "counted padding": (
        [
            {"kind": "conv2d", "filters": 4, "kernel_size": 3, "padding": 1, "bias": False},
            "sigmoid",
            {"kind": "avg_pool2d", "pool_size": 3, "stride": 2, "padding": 1},
            {"kind": "max_pool2d", "pool_size": 3, "stride": 2, "padding": 1},
            {"kind": "dropout", "rate": 0.25},
        ],
        (17, 17, 2),
    ),
    "a signal": (
        [
            {"kind": "conv1d", "filters": 4, "kernel_size": 3, "padding": "same", "stride": 2},
            "relu",
            {"kind": "max_pool1d", "pool_size": 2},
            {"kind": "avg_pool1d", "pool_size": 3, "stride": 1, "padding": "same"},
            "flatten",
            {"kind": "dense", "units": 3},
        ],
        (40, 2),
    ),
    "features": (["batch_norm", {"kind": "dense", "units": 5}, "tanh"], (12,)),
    "too small": (
        [{"kind": "conv2d", "filters": 2, "kernel_size": 5}, "relu", "flatten"],
        (4, 9, 1),
    ),
    "flat too soon": (
        ["flatten", {**CONV, "kernel_size": 3}, {"kind": "dense", "units": 2}],
        (9, 9, 1),
    ),
    "no signal": ([{"kind": "conv1d", "filters": 2, "kernel_size": 3}], (9, 9, 1)),
    "wide padding": ([{"kind": "max_pool2d", "pool_size": 3, "padding": 2}], (9, 9, 1)),
}  # fmt: skip

#: Whose effective fields are compared; the others would only take longer.
FIELDS = (
    "same with steps", "counted padding", "a signal", "features", "lenet5",
    "stack_of_three_pooled", "dilated_doubling",
)  # fmt: skip


def case(name: str, layers: list[Any], shape: tuple[int, ...]) -> dict[str, Any]:
    """One network: its table, its code, and some of its fields."""
    rows = trace([layer(one) for one in layers], shape)
    answer: dict[str, Any] = {
        "name": name,
        "input_shape": list(shape),
        "layers": layers,
        "rows": [_row(row) for row in rows],
        "totals": asdict(totals(rows)),
        "code": {key: network_code(key, rows, shape) for key in ("keras", "torch")},
    }
    last = max((i for i, row in enumerate(rows) if row.positions and not row.rule), default=None)
    if last is not None and shape[:-1]:
        unit = [side // 2 for side in rows[last].positions]
        cell = [side // 3 for side in shape[:-1]]
        answer["seen"] = {"index": last, "unit": unit, "cells": seen_cells(rows, last, unit)}
        if not any(row.rule for row in rows):
            answer["fed"] = {"cell": cell, "units": fed_units(rows, cell)}
    if name in FIELDS:
        wanted = ((last, None), (last, 7), (len(rows) - 1, 3))
        fields = [_field(rows, shape, at, seed) for at, seed in wanted if at is not None]
        answer["fields"] = fields
    return answer


def text() -> str:
    """The fixture: a line for each network."""
    known = {
        name: (entry["layers"], tuple(entry["input_shape"])) for name, entry in presets().items()
    }
    cases = [json.dumps(case(name, *entry)) for name, entry in {**known, **ODD}.items()]
    return "[\n" + ",\n".join(cases) + "\n]\n"


def picture(height: int = 31, width: int = 24) -> np.ndarray:
    """A picture by a formula: bytes as float32."""
    rows, columns = np.mgrid[:height, :width]
    return ((rows * 37 + columns * columns * 11 + rows * columns * 5) % 256).astype(np.float32)


def _field(rows: list[Row], shape: tuple[int, ...], index: int, seed: int | None) -> dict[str, Any]:
    places = rows[index].positions
    row, column = ([1] * (2 - len(places)) + [*places])[-2:] if places else (1, 1)
    unit = (row // 2, column // 2)
    colours = [picture(), picture() / 2, 255 - picture()][: 3 if sides(shape)[2] > 1 else 1]
    image = fit(np.stack(colours), shape) / np.float32(255)
    field, maps = effective_field(rows, image, index, unit, seed)
    return {
        "index": index,
        "unit": unit,
        "seed": seed,
        "field": _rounded(field),
        "maps": _rounded(maps),
        "sides": list(field.shape),
    }


def _rounded(numbers: np.ndarray) -> list[float]:
    return [float(f"{value:.5g}") for value in numbers.ravel()[::7]]


def _row(row: Row) -> list[Any]:
    return [
        row.name, row.output_shape, row.positions, row.weights, row.biases, row.frozen,
        row.multiply_adds, row.unshared, row.dense, row.dense_multiply_adds,
        [list(asdict(axis).values()) for axis in row.axes],
        [list(asdict(seen).values()) for seen in row.reach],
        row.rule,
    ]  # fmt: skip


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
