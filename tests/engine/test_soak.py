"""A short soak with a seed that is new in each run, and proof that it would find what it seeks."""

from __future__ import annotations

import inspect
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convwidgets import engine
from tests.engine import soak

ROOT = Path(__file__).resolve().parents[2]

# NumPy warns of what the draws do on purpose.
numbers_overflow = pytest.mark.filterwarnings("ignore::RuntimeWarning")
linux = pytest.mark.skipif(sys.platform != "linux", reason="the guards are Linux's")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@linux
def test_twenty_thousand_random_calls() -> None:
    finished = run("-m", "tests.engine.soak", "--calls", "20000")
    print(finished.stdout)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "20000 calls" in finished.stdout


def test_every_operation_is_called() -> None:
    public = {name for name in engine.__all__ if inspect.isfunction(getattr(engine, name))}
    assert public == {*soak.OPERATIONS, *soak.NOT_COMPUTING}


@numbers_overflow
@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_whatever_hypothesis_draws(source: random.Random) -> None:
    with engine.use("native"):
        assert engine.warm_up() == "native"
        soak.perform(soak.Draw(source).call(), compare=True)


@numbers_overflow
@pytest.mark.parametrize("operation", soak.OPERATIONS)
def test_arrays_that_nobody_may_write_are_read(operation: str) -> None:
    with engine.use("native"):
        for seed in range(20):
            call = soak.DRAWN[operation](soak.Draw(random.Random(seed)), operation)
            for value in [*call.args, *call.options.values()]:
                if isinstance(value, np.ndarray):
                    value.flags.writeable = False
            soak.perform(call, compare=True)


BITE = """
import faulthandler
import numpy as np
from tests.engine.guard_pages import Guards, Overrun, guarded, ready
from convwidgets.engine import native
faulthandler.enable()
ready()
guards = Guards()
with guarded(guards):
    kernels = native.kernels(np.dtype("f4"))
    ten, nine = guards.empty(10, "f4"), guards.empty({at_end}, "f4")
    assert guards.hold(ten) and guards.hold(nine[1:].reshape(2, 4))
    ten[:] = 0
    print("called", flush=True)
    {call}
    try:
        guards.sweep()
    except Overrun as error:
        print(error)
"""


@linux
@pytest.mark.parametrize(
    ("call", "first"),
    [
        # Reads one past the end of the gradient, and writes one past the end of the output.
        ("kernels.activate_gradient(ten, nine, ten, 1)", True),
        ("kernels.activate(ten, nine, 1)", True),
        # Writes one past the end of an output at the start of its pages: a canary.
        ("kernels.activate(ten, nine, 1)", False),
    ],
)
def test_one_cell_beyond_an_array_is_found(call: str, first: bool) -> None:
    # Arrays lie alternately at the end and at the start of their pages.
    program = BITE.format(call=call, at_end=9)
    if first:
        program = program.replace("guards = Guards()", "guards = Guards(); guards.at_end = False")
    finished = run("-c", program)
    assert finished.stdout.startswith("called")
    if first:
        assert finished.returncode == -signal.SIGSEGV
        assert "Segmentation fault" in finished.stderr
    else:
        assert finished.returncode == 0, finished.stderr
        assert "after an array was written" in finished.stdout


# A picture, or its filter, taken as larger than it is.
MUTANT = """
import faulthandler
from convwidgets.engine import convolution
from tests.engine import soak
real = convolution.size_of
def wrong(*args):
    rows, columns = real(*args)
    return {result}
convolution.size_of = wrong
faulthandler.enable()
soak.work(1, range(4000), lambda number: None)
"""


@linux
@pytest.mark.parametrize("result", ["(rows, columns + 1)", "(rows + 1, columns)"])
def test_a_soak_dies_of_a_wrong_size(result: str) -> None:
    finished = run("-c", MUTANT.format(result=result))
    assert finished.returncode == -signal.SIGSEGV or "Overrun" in finished.stderr, finished.stderr
