"""Rows shared out to threads, and many threads that call at once."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from convwidgets import engine
from convwidgets.engine import _threads


@pytest.fixture
def three_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_threads, "get_num_threads", lambda: 3)
    monkeypatch.setattr(_threads, "WORK_PER_THREAD", 1)


@pytest.mark.usefixtures("three_threads")
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 8, 11, 12, 13, 100])
def test_ranges_make_up_all_rows(rows: int) -> None:
    done: list[tuple[int, int]] = []
    _threads.share(lambda start, end: done.append((start, end)), rows, 1000, together=4)
    seen = [row for start, end in sorted(done) for row in range(start, end)]
    assert seen == list(range(rows))
    assert len(done) == min(3, -(-rows // 4))


def test_little_work_stays_in_its_thread() -> None:
    threads: list[threading.Thread] = []
    _threads.share(lambda *_: threads.append(threading.current_thread()), 100, 1000)
    assert threads == [threading.current_thread()]


@pytest.mark.usefixtures("three_threads")
@pytest.mark.parametrize("bad", [0, 4, 8])
def test_an_error_in_any_range_is_raised(bad: int) -> None:
    def task(start: int, end: int) -> None:
        if start == bad:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _threads.share(task, 12, 1000)


@pytest.mark.usefixtures("three_threads")
def test_without_a_pool_the_caller_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_threads, "_pool", _threads._Pool(2))
    monkeypatch.setattr(threading.Thread, "start", start)
    done: list[int] = []
    _threads.share(lambda start, end: done.extend(range(start, end)), 12, 1000)
    assert sorted(done) == list(range(12))


@pytest.mark.usefixtures("three_threads")
def test_helpers_keep_off_the_callers_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = os.sched_getaffinity(0)
    monkeypatch.setattr(_threads, "_pool", pool := _threads._Pool(2))
    for here in sorted(allowed):
        monkeypatch.setattr(_threads, "_getcpu", lambda here=here: here)
        _threads.share(lambda *_: None, 12, 1000)
        for thread in pool._threads:
            assert thread.native_id
            assert os.sched_getaffinity(thread.native_id) == (allowed - {here} or allowed)
    assert os.sched_getaffinity(0) == allowed
    pool.close()


@pytest.mark.usefixtures("backend")
def test_shared_rows_give_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 61, 53)), rng.normal(size=(4, 3, 5, 4))

    def results() -> list[np.ndarray]:
        return [
            engine.conv2d(x, w, padding="same"),
            engine.conv2d(x, w, padding="full", stride=(3, 2), dilation=2),
            *engine.max_pool2d(x, 3, stride=2, padding=1, return_indices=True),
            engine.min_pool2d(x, 2),
            engine.avg_pool2d(x, 3, stride=1, padding=1, ceil_mode=True),
        ]

    alone = results()
    monkeypatch.setattr(_threads, "get_num_threads", lambda: 3)
    monkeypatch.setattr(_threads, "WORK_PER_THREAD", 1)
    for one, other in zip(alone, results(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("backend", "three_threads")
def test_many_threads_at_once() -> None:
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(64, 64)), rng.normal(size=(5, 5))
    expected = engine.conv2d(x, w)
    together = threading.Barrier(8)

    def work(_: int) -> bool:
        together.wait()
        return all(np.allclose(engine.conv2d(x, w), expected) for _ in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
