"""Many threads, forks, interrupts, memory over many calls, and sizes beyond all bounds."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convwidgets import engine
from convwidgets.engine import _threads

ROOT = Path(__file__).resolve().parents[2]
BIG = 2**31 - 1

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")


def run(program: str) -> str:
    """Run a program in a fresh process; it must end well and say nothing on stderr."""
    begin = """
        import os, random, signal, sys, threading, time, warnings
        import numpy as np
        from convwidgets import engine
        from convwidgets.engine import _threads
        from tests.engine.test_safety import operations
        engine.use("native")
        engine.warm_up()
        warnings.simplefilter("ignore", DeprecationWarning)
    """
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(begin) + textwrap.dedent(program)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, ""), finished.stdout + finished.stderr
    return finished.stdout.strip()


def operations(size: int = 96) -> list[Callable[[], Any]]:
    """Calls that take every path, each large enough for threads."""
    rng = np.random.default_rng(0)
    x = rng.integers(-8, 9, (2, 4, size, size)).astype(np.float32)
    w = rng.integers(-8, 9, (16, 4, 5, 5)).astype(np.float32)
    plane, large = x[0, 0], rng.integers(-3, 4, (41, 41)).astype(np.float32)
    gauss = np.outer(np.arange(1, 30), np.arange(1, 30)).astype(np.float64)
    y = engine.conv2d(x, w)
    return [
        lambda: engine.conv2d(x, w, padding="same"),
        lambda: engine.conv2d(x.astype(np.float64), w, stride=2, padding=3, dilation=2),
        lambda: engine.conv2d(plane, large, padding="same"),
        lambda: engine.conv2d(plane.astype(np.float64), gauss, padding="same"),
        lambda: engine.conv2d_gradients(x, w, y),
        lambda: engine.conv_transpose2d(y, w, stride=2),
        lambda: engine.max_pool2d(x, 5, stride=1, padding=2, return_indices=True),
        lambda: engine.avg_pool2d_gradient(x, engine.avg_pool2d(x, 3), 3),
        lambda: engine.activate(x, "relu"),
        lambda: engine.conv1d(x[:, :, 0], w[:, :, 0], padding="causal"),
    ]


def same(one: Any, other: Any) -> bool:
    """Whether two answers are equal, but for the rounding of transforms and of sums in parts."""
    if isinstance(one, tuple):
        return all(map(same, one, other))
    return bool(np.allclose(one, other, rtol=1e-4, atol=1e-5 * max(1, np.abs(other).max())))


@pytest.fixture
def native() -> Any:
    with engine.use("native"):
        assert engine.warm_up() == "native"
        yield
    engine.set_num_threads(None)


@pytest.mark.usefixtures("native")
def test_threads_call_different_operations_while_the_number_of_threads_changes() -> None:
    calls = operations()
    engine.set_num_threads(1)
    expected = [call() for call in calls]
    together = threading.Barrier(8)
    done = threading.Event()

    def change() -> None:
        while not done.is_set():
            for count in (1, 2, 3, 5, None):
                engine.set_num_threads(count)
                time.sleep(0.001)

    def work(seed: int) -> list[int]:
        order = np.random.default_rng(seed).integers(0, len(calls), 20)
        together.wait()
        return [int(k) for k in order if not same(calls[k](), expected[k])]

    changing = threading.Thread(target=change)
    changing.start()
    try:
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(work, range(8))) == [[]] * 8
    finally:
        done.set()
        changing.join()
    # What a pool is let go of ends its threads.
    engine.set_num_threads(1)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        left = [t for t in threading.enumerate() if t.name == "convwidgets"]
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(left)


@posix
def test_a_child_forked_amid_concurrent_calls_is_right_and_serial() -> None:
    run(
        """
        engine.set_num_threads(3)
        calls = operations(64)
        expected = [call() for call in calls]
        from tests.engine.test_safety import same
        done = threading.Event()
        def busy(k):
            while not done.is_set():
                calls[k % len(calls)]()
        threads = [threading.Thread(target=busy, args=(k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(12):
            child = os.fork()
            if child == 0:
                signal.alarm(60)
                right = all(same(call(), answer) for call, answer in zip(calls, expected))
                others = [t.name for t in threading.enumerate()]
                serial = engine.get_num_threads() == 1 and len(others) == 1
                # Through the interpreter's own end, exit handlers and all.
                sys.exit(0 if right and serial else 1 if serial else 2)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            assert code == 0, code
        done.set()
        for thread in threads:
            thread.join()
        """
    )


@posix
def test_interrupts_leave_no_thread_at_work_and_the_next_call_right() -> None:
    print(
        run(
            """
            from tests.engine.test_safety import same
            engine.set_num_threads(3)
            _threads.WORK_PER_THREAD = 1000
            calls = operations(48)
            expected = [call() for call in calls]
            at_work = set()
            real = _threads.share
            def share(task, count, work, together=1):
                # Notes the ranges that other threads are computing. None of these is interrupted.
                call = object()
                def noted(first, end):
                    if threading.current_thread() is threading.main_thread():
                        return task(first, end)
                    at_work.add((call, first))
                    try:
                        task(first, end)
                    finally:
                        at_work.discard((call, first))
                return real(noted, count, work, together)
            _threads.share = share
            source, interrupted, working = random.Random(0), 0, 0
            start = time.monotonic()
            number = 0
            while number < 3000 and time.monotonic() < start + 40:
                number += 1
                k = source.randrange(len(calls))
                try:
                    signal.setitimer(signal.ITIMER_REAL, source.uniform(1e-5, 2e-3))
                    calls[k]()
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except KeyboardInterrupt:
                    interrupted += 1
                    working += bool(at_work)
                    assert same(calls[k](), expected[k]), k
            signal.setitimer(signal.ITIMER_REAL, 0)
            print(number, "calls,", interrupted, "interrupted,", working, "with threads at work")
            assert interrupted > 100
            assert working == 0
            for call, answer in zip(calls, expected):
                assert same(call(), answer)
            """.replace(
                "from tests.engine.test_safety import same",
                "from tests.engine.test_safety import same\n"
                "            signal.signal(signal.SIGALRM, signal.default_int_handler)",
                1,
            )
        )
    )


def test_a_hundred_thousand_calls_take_no_memory() -> None:
    pytest.importorskip("resource")
    grown = run(
        """
        x, w = np.ones((2, 9, 9), np.float32), np.ones((2, 2, 3, 3), np.float32)
        y, where = engine.max_pool2d(x, 2, return_indices=True)
        g = engine.conv2d(x, w)
        def calls():
            engine.conv2d(x, w, padding=1)
            engine.conv2d_gradients(x, w, g)
            engine.conv_transpose2d(g, w, stride=2)
            engine.max_pool2d(x, 2, return_indices=True)
            engine.max_unpool2d(y, where, 2)
            engine.avg_pool2d(x, 3, padding=1)
            engine.adaptive_max_pool2d(x, 3)
            engine.activate(x, "relu")
            try:
                engine.conv2d(x, w, stride=0)
            except ValueError:
                pass
            engine.activate_gradient(x, x, "clip")
        def pages():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
        for _ in range(2000):
            calls()
        before = pages()
        for _ in range(10_000):
            calls()
        print(pages() - before)
        """
    )
    # Less than ten bytes a call.
    assert int(grown) < 1_000_000


@pytest.mark.usefixtures("native")
def test_the_scratch_that_a_thread_keeps_is_bounded() -> None:
    assert _threads.scratch(np.dtype(np.float32), 10 * _threads.SCRATCH).size >= _threads.SCRATCH
    assert all(array.size <= _threads.SCRATCH for array in _threads._kept.__dict__.values())


ONE = np.ones((1, 1))
ROW = np.ones((1, 3))

TOO_LARGE: dict[str, Callable[[], Any]] = {
    "padding": lambda: engine.conv2d(ONE, ONE, padding=2**31),
    "the greatest padding": lambda: engine.conv2d(ONE, ONE, padding=BIG),
    "named padding": lambda: engine.conv2d(ROW, ROW, padding="full", dilation=BIG),
    "padding that is filled": lambda: engine.conv2d(
        ONE, ONE, padding=BIG, padding_mode="replicate"
    ),
    "padding beside an infinite weight": lambda: engine.conv2d(ONE, ONE * np.inf, padding=BIG),
    "stride": lambda: engine.conv2d(ONE, ONE, stride=2**63),
    "dilation": lambda: engine.conv2d(ONE, ONE, dilation=2**40),
    "groups": lambda: engine.conv2d(ONE, ONE, groups=2**64),
    "a transposed convolution": lambda: engine.conv_transpose2d(np.ones((3, 3)), ONE, stride=BIG),
    "an output padding": lambda: engine.conv_transpose2d(
        ONE, ONE, stride=BIG, output_padding=BIG - 1
    ),
    "parts": lambda: engine.adaptive_avg_pool2d(ONE, BIG),
    "parts and places": lambda: engine.adaptive_max_pool2d(ONE, 2**31),
    "an unpooling": lambda: engine.max_unpool2d(ONE, [[0]], 2, output_size=BIG),
    "an unpooling's window": lambda: engine.max_unpool2d(ONE, [[0]], BIG),
    "a pooling's padding": lambda: engine.max_pool2d(ONE, BIG, padding=2**30 - 1, stride=1),
    "a separable kernel": lambda: engine.separable_conv2d(ONE, [1, 1], [1, 1], padding=BIG),
}


@pytest.mark.parametrize("backend", ["native", "reference"])
@pytest.mark.parametrize("name", [name for name in TOO_LARGE if name != "a pooling's padding"])
def test_sizes_beyond_bounds_are_errors_with_words(name: str, backend: str) -> None:
    with engine.use(backend):
        assert engine.warm_up() == backend
        with pytest.raises((ValueError, MemoryError)) as caught:
            TOO_LARGE[name]()
    assert len(str(caught.value)) > 20, caught.value


@pytest.mark.usefixtures("native")
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: engine.conv_transpose2d(ONE, np.ones((1, 2)), stride=BIG), [[1, 1]]),
        (lambda: engine.conv_transpose2d(ROW, ONE, stride=(1, 2**29), padding=(0, 2**29)), None),
        (
            lambda: engine.conv2d(ONE, np.ones((1, 2)), dilation=(1, BIG), padding=(0, 2**30 + 8)),
            np.zeros((1, 18)),
        ),
        (lambda: engine.max_pool2d(ONE, BIG, padding=2**30 - 1, stride=1), [[1]]),
        (lambda: engine.avg_pool2d(ONE, (1, BIG), padding=(0, 2**30 - 1), stride=1,
                                   count_include_pad=False), [[1]]),
        (lambda: engine.avg_pool2d(ONE, (1, 400), padding=(0, 200), stride=1,
                                   count_include_pad=False), [[1, 1]]),
    ],
)  # fmt: skip
def test_wide_steps_and_windows_on_small_pictures_cost_little(
    call: Callable[[], Any], expected: Any
) -> None:
    start = time.monotonic()
    y = call()
    assert time.monotonic() - start < 20
    if expected is not None:
        np.testing.assert_array_equal(y, expected)
