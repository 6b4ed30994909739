"""The gradient explorer's numbers, beside PyTorch's own backward pass."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as torch_functional

from convwidgets.data.dice import throws
from convwidgets.widgets import GradientExplorer
from tests.widgets import make_gradient_cases

INPUT = np.random.default_rng(5).normal(size=(9, 11)).astype(np.float32)
KERNEL = np.random.default_rng(6).normal(size=(3, 2)).astype(np.float32)
LOSSES = ("ones", "cell", "squares", "own")


def torch_run(widget: GradientExplorer) -> tuple[Any, Any, Any, Any]:
    """The same pass in PyTorch: output, and the gradients of input, weight and bias."""
    x = torch.tensor(np.array(widget.pixels))[None, None].requires_grad_()
    options = {"stride": widget.stride, "padding": widget.padding, "dilation": widget.dilation}
    weight = bias = None
    if widget.operation == "max":
        y = torch_functional.max_pool2d(x, widget.pool_size, **options)
    else:
        size = widget.pool_size
        values = widget._held("kernel").values
        if widget.operation == "average":
            values = np.full((size, size), 1 / size**2)
        weight = torch.tensor(np.float32(values))[None, None].requires_grad_()
        bias = torch.tensor([np.float32(widget.bias)]).requires_grad_()
        y = torch_functional.conv2d(x, weight, bias, **options)
    loss = {
        "ones": y.sum,
        "cell": lambda: y[0, 0, (y.shape[2] - 1) // 2, (y.shape[3] - 1) // 2],
        "squares": y.square().sum,
    }.get(widget.upstream if isinstance(widget.upstream, str) else "", lambda: None)()
    if loss is None:
        loss = (y * torch.tensor(np.float32(widget.upstream))).sum()
    loss.backward()
    return (
        y.detach()[0, 0].numpy(),
        x.grad[0, 0].numpy(),
        None if weight is None else weight.grad[0, 0].numpy(),
        None if bias is None else bias.grad.numpy()[0],
    )


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "loss"),
    list(itertools.product((1, 2, 3), (0, 1, 3), (1, 2), LOSSES)),
)
def test_convolutions_against_torch(stride: int, padding: int, dilation: int, loss: str) -> None:
    places = {"stride": stride, "padding": padding, "dilation": dilation}
    widget = GradientExplorer(image=INPUT, kernel=KERNEL, bias=0.5, **places)
    own = np.random.default_rng(stride).normal(size=widget.output_shape)
    widget.upstream = own if loss == "own" else loss
    output, x, weight, bias = torch_run(widget)
    close = {"rtol": 1e-4, "atol": 1e-4}
    np.testing.assert_allclose(widget.output, output, **close)
    np.testing.assert_allclose(widget.grad_input, x, **close)
    np.testing.assert_allclose(widget.grad_weight, weight, **close)
    np.testing.assert_allclose(widget.grad_bias, bias, **close)
    np.testing.assert_allclose(widget.numeric_input, widget.grad_input, **close)
    np.testing.assert_allclose(widget.numeric_weight, widget.grad_weight, **close)
    np.testing.assert_allclose(widget.numeric_bias, widget.grad_bias, **close)
    assert widget.numeric_input.dtype == np.float64


@pytest.mark.parametrize(
    ("operation", "size", "stride", "dilation", "loss"),
    list(itertools.product(("max", "average"), (2, 3), (1, 2), (1, 2), LOSSES)),
)
def test_poolings_against_torch(
    operation: str, size: int, stride: int, dilation: int, loss: str
) -> None:
    # Whole numbers that all differ: no maximum is shared, and a nudge changes no winner.
    pixels = np.random.default_rng(1).permutation(99).reshape(9, 11).astype(np.float32)
    places = {"stride": stride, "padding": 1, "dilation": dilation, "pool_size": size}
    widget = GradientExplorer(image=pixels, operation=operation, **places)
    own = np.random.default_rng(stride).normal(size=widget.output_shape)
    widget.upstream = own if loss == "own" else loss
    output, x, _, _ = torch_run(widget)
    np.testing.assert_allclose(widget.output, output, rtol=1e-5)
    np.testing.assert_allclose(widget.grad_input, x, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(widget.numeric_input, x, rtol=1e-4, atol=1e-4)
    assert widget.grad_weight is None
    assert widget.grad_bias is None
    assert (widget.indices is None) == (operation == "average")


def test_the_maximum_routes_and_the_average_shares() -> None:
    widget = GradientExplorer(operation="max", stride=2, upstream=[[1, 2], [3, 4]])
    expected = np.zeros((4, 4))
    expected[0, 1], expected[0, 2], expected[3, 0], expected[2, 2] = 1, 2, 3, 4
    np.testing.assert_array_equal(widget.grad_input, expected)
    widget.operation = "average"
    np.testing.assert_array_equal(
        widget.grad_input, np.kron([[1, 2], [3, 4]], np.full((2, 2), 0.25))
    )


def test_a_shared_maximum_has_two_slopes() -> None:
    widget = GradientExplorer(operation="max", image=[[7, 7], [0, 1]])
    np.testing.assert_array_equal(widget.grad_input, [[1, 0], [0, 0]])
    np.testing.assert_array_equal(widget.numeric_input, [[0.5, 0.5], [0, 0]])


@pytest.mark.parametrize("loss", ["ones", "cell", "squares"])
def test_finite_differences_agree_to_many_digits(loss: str) -> None:
    widget = GradientExplorer(image=INPUT, kernel=KERNEL, upstream=loss, padding=1)
    exact = GradientExplorer(image="five_by_five", upstream=loss)
    np.testing.assert_array_equal(exact.numeric_weight, exact.grad_weight)
    np.testing.assert_array_equal(exact.numeric_input, exact.grad_input)
    scale = np.abs(widget.grad_weight).max()
    assert np.abs(widget.numeric_weight - widget.grad_weight).max() < 1e-5 * scale


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({}, 40),
        ({"rate": 0.5, "start": "random", "seed": 7}, 25),
        ({"image": "bars", "target": [[1, -2]], "padding": 1, "dilation": 2}, 30),
        ({"image": INPUT, "standardise": False, "stride": 2, "target": KERNEL}, 30),
    ],
)
def test_learning_against_torch(settings: dict[str, Any], steps: int) -> None:
    widget = GradientExplorer(task="learn", step=steps, **settings)
    x = torch.tensor(np.array(widget.pixels), dtype=torch.float32)
    if widget.standardise:
        x = (x - x.mean()) / x.std(correction=0)
    first = GradientExplorer(task="learn", **settings).learned
    places = {"stride": widget.stride, "padding": widget.padding, "dilation": widget.dilation}
    hidden = torch.tensor(np.float32(widget._held("target").values))
    aim = torch_functional.conv2d(x[None, None], hidden[None, None], **places)
    weight = torch.tensor(np.array(first)).requires_grad_()
    optimizer = torch.optim.SGD([weight], lr=widget.rate)
    losses = []
    for _ in range(steps + 1):
        optimizer.zero_grad()
        loss = torch_functional.mse_loss(
            torch_functional.conv2d(x[None, None], weight[None, None], **places), aim
        )
        loss.backward()
        losses.append(loss.item())
        if len(losses) <= steps:
            optimizer.step()
    np.testing.assert_allclose(widget.losses, losses, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(widget.learned, weight.detach(), rtol=1e-3, atol=1e-5)
    assert widget.losses.shape == (steps + 1,)


def test_learning_finds_the_hidden_kernel_and_least_squares_finds_it_at_once() -> None:
    widget = GradientExplorer(task="learn", target="emboss", rate=0.3, step=200)
    hidden = [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
    np.testing.assert_allclose(widget.learned, hidden, atol=1e-5)
    widget.step = 0
    np.testing.assert_allclose(widget.least_squares, hidden, atol=1e-5)
    np.testing.assert_array_equal(widget.learned, np.zeros((3, 3)))
    np.testing.assert_allclose(widget.target_output, widget.target_output)


@pytest.mark.parametrize("image", ["dice", "ramp", "camera", INPUT])
def test_the_largest_stable_rate_is_where_it_turns(image: Any) -> None:
    widget = GradientExplorer(task="learn", image=image, start="random", step=60)
    limit = widget.largest_rate
    widget.rate = 0.97 * limit
    assert widget.losses[-1] < widget.losses[0]
    widget.rate = min(1.06 * limit, 10)
    assert widget.losses[-1] > widget.losses[30]


def test_a_rate_far_too_great_ends_in_no_numbers_and_no_warning() -> None:
    widget = GradientExplorer(task="learn", rate=10, step=200)
    assert not np.isfinite(widget.losses[-1])
    assert "loss=" in repr(widget)


def test_results_are_read_only_and_observed() -> None:
    widget = GradientExplorer()
    with pytest.raises(ValueError, match="read-only"):
        widget.grad_weight[0, 0] = 1
    with pytest.raises(TypeError, match="computed from the settings"):
        widget.grad_weight = 1
    told: list[Any] = []
    widget.observe(told.append, "grad_weight")
    widget.upstream = "squares"
    np.testing.assert_array_equal(told[-1]["new"], widget.grad_weight)
    assert widget.losses is None
    widget.task = "learn"
    assert widget.grad_input is None
    assert widget.losses.shape == (1,)


@pytest.mark.parametrize("task", ["backward", "learn"])
def test_a_page_may_ask_the_kernel(task: str) -> None:
    widget = GradientExplorer(task=task)
    sent: list[Any] = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    state = {key: widget._traits[key].wire(widget._held(key)) for key in widget.SETTINGS}
    later = {**state, "stride": 2, "step": 3, "upstream": "squares"}
    widget._handle_custom_msg({"type": "compute", "state": later, "seq": 1}, [])
    content, buffers = sent[-1]
    assert content["type"] == "frame", content
    widget.stride, widget.step, widget.upstream = 2, 3, "squares"
    names = list(content["maps"])
    weights = np.frombuffer(buffers[names.index("grad_weight")], "<f4")
    np.testing.assert_array_equal(weights, widget.grad_weight.ravel())
    widget._handle_custom_msg({"type": "compute", "state": {**state, "rate": 0}}, [])
    assert "rate must be a number from 0.0001 to 10" in sent[-1][0]["message"]


def test_inputs_come_in_many_forms() -> None:
    dice = GradientExplorer(image="dice", seed=3)
    np.testing.assert_array_equal(
        dice.pixels.ravel(), throws(3, 144, 19) - 9, "thrown with the seed"
    )
    assert GradientExplorer(image="camera").pixels.shape == (16, 16)
    assert GradientExplorer(image="cat").pixels.shape == (11, 16)
    assert GradientExplorer(image=np.ones((4, 5, 3))).pixels.shape == (4, 5)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("task", "forward", "'backward' or 'learn'"),
        ("operation", "min", "'convolution', 'max' or 'average'"),
        ("image", "nobody", "nobody"),
        ("image", [[1, np.nan]], "image must hold finite numbers"),
        ("image", [[1, 2]], "larger than|kernel"),
        ("kernel", np.ones((3, 2, 2)), "one matrix with sides from 1 to 7"),
        ("kernel", np.ones((8, 2)), "sides from 1 to 7"),
        ("upstream", "mean", "'ones', 'cell', 'squares' or a matrix"),
        ("upstream", [[1, 2]], r"upstream must have the output's shape \(3, 3\)"),
        ("upstream", [["a"]], "finite numbers"),
        ("rate", 0, "from 0.0001 to 10"),
        ("rate", "fast", "rate must be"),
        ("step", 1001, "from 0 to 1000"),
        ("seed", -1, "from 0 to 9999"),
        ("stride", 1.5, "whole number"),
        ("gradient", "kernel", "'weight', 'input' or 'bias'"),
        ("predict", "all", "predict must be"),
        ("locked", ["speed"], "'task'"),
    ],
)
def test_bad_values_leave_it_as_it_was(name: str, value: object, rule: str) -> None:
    widget = GradientExplorer()
    before = widget.state()
    with pytest.raises((ValueError, TypeError), match=rule):
        setattr(widget, name, value)
    assert widget.state() == before


def test_padding_of_a_pooling_is_at_most_half() -> None:
    with pytest.raises(ValueError, match="at most half of pool_size=2"):
        GradientExplorer(operation="max", padding=2)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"operation": "max", "upstream": [[1, 2, 3], [4, 5, 6], [7, 8, 9]], "gradient": "input"},
        {"task": "learn", "step": 12, "seed": 4, "start": "random", "target": [[1, 2]]},
    ],
)
def test_states_come_back(settings: dict[str, Any]) -> None:
    widget = GradientExplorer(**settings)
    widget.keep()
    again = GradientExplorer.from_state(widget.state())
    assert again.state() == widget.state()
    np.testing.assert_array_equal(again.output, widget.output)
    assert repr(again) == repr(widget)


def test_repr_and_plot() -> None:
    widget = GradientExplorer()
    assert repr(widget) == (
        "GradientExplorer(operation='convolution', image='five_by_five' 5×5, kernel='emboss' 3×3, "
        "stride=1, padding=0, upstream='ones', output 3×3)"
    )
    titles = [ax.get_title() for ax in widget.plot().axes if ax.get_title()]
    assert titles == [
        "Input 5 × 5",
        "Kernel 3 × 3",
        "Output 3 × 3",
        "Gradient of the input 5 × 5",
        "Gradient of the kernel 3 × 3",
    ]
    learner = GradientExplorer(task="learn", step=20)
    titles = [ax.get_title() for ax in learner.plot().axes if ax.get_title()]
    assert titles[-1] == "Loss after each step"
    assert "task='learn'" in repr(learner)
    with pytest.raises(ValueError, match="axes must be 5, one for each map and one for the losses"):
        learner.plot([learner.plot().axes[0]])


def test_the_cases_for_the_page_are_what_python_answers() -> None:
    stored = json.loads(make_gradient_cases.FILE.read_text("utf-8"))
    made = json.loads(make_gradient_cases.text())
    for old, new in zip(stored, made, strict=True):
        assert old["settings"] == new["settings"]
        assert old["programs"] == new["programs"]
        assert old["results"].keys() == new["results"].keys()
        for name, values in old["results"].items():
            # Near the end of learning, what is left is rounding.
            scale = max(np.abs(values).max(), 0.01)
            np.testing.assert_allclose(
                new["results"][name], values, rtol=1e-3, atol=1e-4 * scale, err_msg=name
            )
