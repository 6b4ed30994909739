"""Networks counted: the table of every known one, and how far their units see."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest

from convwidgets.engine import layer_rules, receptive
from convwidgets.engine.layer_rules import layer
from convwidgets.engine.layers import totals, trace
from convwidgets.export.presets import presets
from tests.engine import make_layer_fixtures


def network(name: str) -> list[Any]:
    preset = presets()[name]
    return trace([layer(one) for one in preset["layers"]], preset["input_shape"])


def conv(filters: int = 1, size: int = 3, **fields: Any) -> dict[str, Any]:
    return layer({"kind": "conv2d", "filters": filters, "kernel_size": size, **fields})


def test_the_fixture_is_what_the_script_makes() -> None:
    assert make_layer_fixtures.FILE.read_text(encoding="utf-8") == make_layer_fixtures.text()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("one_filter", [10]),
        ("two_layers", [50, 92]),
        ("colour", [224, 73]),
        ("signal", [128, 25]),
        ("keras_digits", [320, 18_496, 1_179_776, 1_290]),
        ("keras_pictures", [896, 9_248, 18_496, 36_928, 7_930_112, 2_570]),
        ("stack_of_three", [320, 18_496, 36_928, 30_977]),
        ("stack_of_three_dense", [320, 18_496, 36_928, 3_097_700, 101]),
        ("stack_of_three_pooled", [320, 18_496, 36_928, 577]),
        ("lenet5", [156, 2_416, 48_120, 10_164, 850]),
        ("alexnet_227", [34_944]),
    ],
)
def test_parameters_row_by_row(name: str, parameters: list[int]) -> None:
    rows = network(name)
    assert [row.parameters for row in rows if row.parameters] == parameters


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("one_filter", 10),
        ("two_layers", 142),
        ("colour", 297),
        ("signal", 153),
        ("keras_digits", 1_199_882),
        ("keras_pictures", 7_998_250),
        ("stack_of_three", 86_721),
        ("stack_of_three_dense", 3_153_545),
        ("stack_of_three_pooled", 56_321),
        ("lenet5", 61_706),
        ("vgg16", 138_357_544),
    ],
)
def test_totals(name: str, total: int) -> None:
    assert totals(network(name)).parameters == total


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("one_filter", [(8, 8, 1)]),
        ("two_layers", [(8, 8, 5), (6, 6, 2)]),
        ("colour", [(98, 98, 8), (96, 96, 1)]),
        ("signal", [(98, 8), (96, 1)]),
        ("alexnet_227", [(55, 55, 96), (55, 55, 96), (27, 27, 96)]),
        ("alexnet_224", [(54, 54, 96), (54, 54, 96), (26, 26, 96)]),
    ],
)
def test_shapes(name: str, shapes: list[tuple[int, ...]]) -> None:
    assert [row.output_shape for row in network(name)] == shapes


def test_alexnet_without_sharing() -> None:
    assert totals(network("alexnet_227")).unshared == 105_705_600


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("stack_of_three", [3, 5, 7]),
        ("stack_of_three_pooled", [3, 4, 8, 10, 18]),
        ("dilated_doubling", [3, 7, 15, 31]),
        ("dilated_constant", [5, 9, 13, 17]),
        ("keras_digits", [3, 5, 6]),
        ("keras_pictures", [3, 5, 6, 10, 14, 16]),
    ],
)
def test_receptive_fields(name: str, sizes: list[int]) -> None:
    assert [row.reach[0].size for row in network(name) if row.axes] == sizes


def test_the_last_convolution_of_vgg16_sees_196_cells() -> None:
    rows = network("vgg16")
    last = max(i for i, row in enumerate(rows) if row.layer["kind"] == "conv2d")
    assert rows[last].reach[0].size == 196
    assert [len(axis) for axis in receptive.seen_cells(rows, last, (7, 7))[0]] == [196, 196]


def test_a_constant_dilation_leaves_holes_and_a_doubling_one_none() -> None:
    constant = receptive.seen_cells(network("dilated_constant"), 3, (20, 20))[0][0]
    assert constant == list(range(12, 29, 2))
    assert len(receptive.seen_cells(network("dilated_doubling"), 3, (20, 20))[0][0]) == 31


def test_seeing_and_feeding_are_two_sides_of_one_thing() -> None:
    rows = network("stack_of_three_pooled")
    last = max(i for i, row in enumerate(rows) if row.axes)
    fed = [set(receptive.fed_units(rows, (cell, 0))[last][0]) for cell in range(28)]
    for unit in range(3):
        seen = set(receptive.seen_cells(rows, last, (unit, 0))[0][0])
        assert seen == {cell for cell in range(28) if unit in fed[cell]}


@pytest.mark.parametrize(
    ("layers", "shape", "rule", "words"),
    [
        ([conv(size=5)], (4, 9, 1), "kernel", "the window spans 5 × 5"),
        (["flatten", conv()], (9, 9, 1), "maps", "rows, columns and channels, it is given 81"),
        ([{"kind": "conv1d", "filters": 1, "kernel_size": 3}], (9, 9, 1), "signal", "a length"),
        ([{"kind": "max_pool2d", "padding": 2}], (9, 9, 1), "padding", "at most half"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_explained(layers: Any, shape: Any, rule: str, words: str) -> None:
    rows = trace([layer(one) for one in [*layers, "relu"]], shape)
    assert (rows[-2].rule, rows[-1].rule) == (rule, "before")
    assert words in rows[-2].problem and rows[-2].output_shape is None


def test_dense_on_maps_works_at_each_place() -> None:
    row = trace([layer({"kind": "dense", "units": 4})], (5, 5, 3))[0]
    assert (row.output_shape, row.parameters, row.reach[0].size) == ((5, 5, 4), 16, 1)


def test_batch_normalisation_has_four_numbers_a_channel() -> None:
    row = trace([layer("batch_norm")], (5, 5, 3))[0]
    assert (row.parameters, row.weights + row.biases) == (12, 6)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("conv", "layer.kind must be one of"),
        ({"kind": "conv2d", "filters": 3}, "must have kernel_size"),
        ({"kind": "conv2d", "kernel_size": 3}, "must have filters"),
        ({"kind": "relu", "filters": 3}, "which has no 'filters'"),
        ({"kind": "dense", "units": 0}, "layer.units must be a whole number from 1 to 16384"),
        ({"kind": "dropout", "rate": 1}, "layer.rate must be a number from 0 to below 1"),
        ({"kind": "max_pool2d", "pool_size": (2, 2, 2)}, "one whole number or 2"),
        ({"kind": "max_pool2d", "padding": "full"}, "'valid', 'same' or a whole number"),
    ],
)
def test_a_wrong_layer_is_refused_by_name(value: Any, words: str) -> None:
    with pytest.raises(ValueError, match="layer") as caught:
        layer(value)
    assert words in str(caught.value)


@pytest.mark.parametrize("value", [(), (1, 2, 3, 4), "28", (0,), (3000,)])
def test_a_wrong_input_shape_is_refused(value: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="input_shape"):
        layer_rules.input_shape(value)


def test_layers_do_not_change() -> None:
    one = conv()
    with pytest.raises(TypeError, match="assign `layers` as a whole"):
        one["filters"] = 5
    assert pickle.loads(pickle.dumps(one)) == one
    assert json.loads(json.dumps(one))["kernel_size"] == [3, 3]


def test_equal_weights_count_paths() -> None:
    rows = trace([conv(4), layer("relu"), conv(2)], (9, 9, 1))
    field, maps = receptive.effective_field(rows, np.ones((1, 9, 9), np.float32), 2, (2, 2), None)
    line = np.convolve([1, 1, 1], [1, 1, 1])
    np.testing.assert_allclose(field[2:7, 2:7] * 81, np.outer(line, line), rtol=1e-5)
    assert np.count_nonzero(field) == 25
    np.testing.assert_allclose(maps, 1, rtol=1e-6)


def test_a_gradient_is_the_finite_difference() -> None:
    rng = np.random.default_rng(0)
    rows = trace(
        [conv(4), layer("tanh"), layer("avg_pool2d"), conv(3), layer("sigmoid")], (12, 12, 1)
    )
    x = rng.normal(size=(1, 12, 12)).astype(np.float32)
    field, maps = receptive.effective_field(rows, x, 4, (1, 1), 5)
    for row, column in [(3, 4), (5, 6), (0, 0)]:
        moved = x.copy()
        moved[0, row, column] += 1e-2
        _, other = receptive.effective_field(rows, moved, 4, (1, 1), 5)
        assert abs((other - maps)[1, 1] / 1e-2 - field[row, column]) < 2e-4
