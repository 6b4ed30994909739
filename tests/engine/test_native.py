"""How compiled code comes to be ready, in processes of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import convwidgets
from convwidgets import engine
from convwidgets.engine import native

ROOT = Path(convwidgets.__file__).parents[1]

BEGIN = """
import sys, time
import numpy as np
from convwidgets import engine
x, w = np.ones((64, 64), np.float32), np.ones((3, 3), np.float32)
"""


def run(program: str, root: Path = ROOT, folder: Path = ROOT, **environment: str) -> str:
    """Run a program in a fresh process; it must end well and say nothing on stderr.

    The package comes from `root`; the working folder is not on the path.
    """
    told = {k: v for k, v in os.environ.items() if k != native.VARIABLE}
    finished = subprocess.run(
        [sys.executable, "-P", "-c", BEGIN + textwrap.dedent(program)],
        env={**told, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, ""), finished.stderr
    return finished.stdout.strip()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill a cache folder through a first call with nothing compiled, and look on."""
    folder = tmp_path_factory.mktemp("cache")
    run(
        """
        assert engine.backend() == "reference"
        assert engine.status().cache is None
        start = time.perf_counter()
        y = engine.conv2d(x, w)
        assert time.perf_counter() - start < 1
        assert "numba" not in sys.modules
        assert engine.backend() == "warming"
        assert y[0, 0] == 9
        assert engine.warm_up(wait=False) == "warming"
        assert engine.warm_up(timeout=0.01) == "warming"
        while engine.backend() == "warming":
            time.sleep(0.05)
        assert engine.backend("float64") == "warming"
        assert engine.warm_up() == engine.backend("float64") == "native"
        np.testing.assert_array_equal(engine.conv2d(x, w), y)
        assert "numba" not in sys.modules
        """,
        CONVWIDGETS_CACHE=str(folder),
    )
    return folder


def test_a_filled_cache_is_used_and_nothing_compiles_again(cache: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*")}
    assert len(before) == 2
    run(
        f"""
        import subprocess
        subprocess.Popen = None
        status = engine.status()
        assert str(status.cache) == {str(cache)!r}, status
        assert (status.backend, status.setting, status.problem) == ("reference", "auto", "")
        assert status.numba and status.threads >= 1 and "threads" in status.parallel
        assert engine.warm_up() == "native"
        for dtype in ("u1", "?", "f2", ">f8", "f4", "f8"):
            image = x.astype(dtype)[None, None]
            image.flags.writeable = False
            raw = np.empty(image.nbytes + 1, np.uint8)
            unaligned = raw[1:].view(image.dtype).reshape(image.shape)
            unaligned[:] = image
            for view in (image, image[..., ::2], image[:0], unaligned):
                for mode in ("zeros", "reflect"):
                    engine.conv2d(view, w[None, None], [1], padding=np.int16(2), padding_mode=mode)
                engine.max_pool2d(view, 3, stride=2, padding=1, ceil_mode=True)
                engine.min_pool2d(view, 3, dilation=np.uint8(2))
                engine.avg_pool2d(view, 3, count_include_pad=np.True_, divisor_override=2)
                engine.activate(view, "clip")
        assert not any(name.startswith("numba") for name in sys.modules)
        """,
        CONVWIDGETS_CACHE=str(cache),
    )
    assert before == {path: path.stat().st_mtime_ns for path in cache.rglob("*")}


def test_a_warm_process_has_compiled_code_at_once(cache: Path) -> None:
    run(
        """
        start = time.perf_counter()
        engine.conv2d(x, w)
        while engine.backend() != "native":
            time.sleep(0.001)
        assert time.perf_counter() - start < 1.5
        """,
        CONVWIDGETS_CACHE=str(cache),
    )


@pytest.mark.parametrize("seconds", [0, 0.02, 0.1, 0.2, 0.3, 0.45])
def test_a_process_may_end_while_it_warms_up(cache: Path, seconds: float) -> None:
    run(f"engine.conv2d(x, w); time.sleep({seconds})", CONVWIDGETS_CACHE=str(cache))


def test_the_end_of_a_process_waits_until_llvm_is_left(cache: Path) -> None:
    run(
        """
        import atexit, threading
        from convwidgets.engine import native
        engine.conv2d(x, w)
        while native._loader.phase != "loading":
            time.sleep(0.001)
        assert any(t.name == "convwidgets-warm-up" for t in threading.enumerate())
        atexit._run_exitfuncs()
        assert not any(t.name == "convwidgets-warm-up" for t in threading.enumerate())
        """,
        CONVWIDGETS_CACHE=str(cache),
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has none")
def test_a_forked_child_computes_too(cache: Path) -> None:
    run(
        """
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        engine.use("native")
        from convwidgets.engine import _threads
        _threads.count, _threads.WORK_PER_THREAD = (lambda: 3), 1
        y = engine.conv2d(x, w)
        child = os.fork()
        if child == 0:
            same = np.array_equal(engine.conv2d(x, w), y) and engine.backend() == "native"
            os._exit(0 if same else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        np.testing.assert_array_equal(engine.conv2d(x, w), y)
        """,
        CONVWIDGETS_CACHE=str(cache),
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has none")
def test_a_child_forked_before_the_parent_is_ready_warms_up_by_itself(cache: Path) -> None:
    run(
        """
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        from convwidgets.engine import native
        child = os.fork()
        if child == 0:
            os._exit(0 if engine.warm_up() == "native" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert engine.backend() == "reference"
        """,
        CONVWIDGETS_CACHE=str(cache),
    )


@pytest.mark.parametrize(
    ("phase", "after", "backend"),
    [
        ("cold", "cold", "reference"),
        ("filling", "cold", "reference"),
        ("loading", "failed", "reference"),
        ("failed", "failed", "reference"),
        ("ready", "ready", "native"),
    ],
)
def test_what_a_child_inherits(
    phase: str, after: str, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = native._Loader()
    parent.phase = phase
    parent.problem = "no luck" if phase == "failed" else ""
    parent.loaded = {"float32": object()} if phase == "ready" else {}
    monkeypatch.setattr(native, "_loader", parent)
    native._after_fork()
    child = native._loader
    assert child is not parent
    assert child.phase == after
    assert child.done.is_set() == (after in ("ready", "failed"))
    assert bool(child.problem) == (after == "failed")
    assert engine.backend() == backend


def test_where_nothing_can_be_written_each_process_compiles(tmp_path: Path) -> None:
    # A file where the folder should be stops root as well.
    package = tmp_path / "convwidgets"
    shutil.copytree(
        ROOT / "convwidgets/engine", package / "engine", ignore=lambda *_: ["__pycache__"]
    )
    shutil.copy(ROOT / "convwidgets/__init__.py", package)
    (package / "engine/__pycache__").touch()
    blocked = str(tmp_path / "file")
    Path(blocked).touch()
    run(
        """
        assert engine.conv2d(x, w)[0, 0] == 9
        while engine.backend() == "warming":
            time.sleep(0.05)
        assert engine.backend() == "native", engine.status()
        assert engine.status().cache is None
        assert engine.conv2d(x, w)[0, 0] == 9
        """,
        root=tmp_path,
        HOME=blocked,
        XDG_CACHE_HOME=blocked,
        LOCALAPPDATA=blocked,
        CONVWIDGETS_CACHE=blocked,
    )


def test_without_numba_the_reference_answers() -> None:
    run(
        """
        sys.modules["numba"] = None
        assert engine.conv2d(x, w)[0, 0] == 9
        assert engine.warm_up() == engine.backend() == "reference"
        assert engine.status().problem == "Numba is not installed"
        engine.use("native")
        try:
            engine.conv2d(x, w)
        except RuntimeError as error:
            assert str(error) == "the native engine cannot be used: Numba is not installed"
        else:
            raise AssertionError
        """
    )


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ("raise ImportError('Numba needs an older NumPy')", "Numba needs an older NumPy"),
        ("import os; os.abort()", "the compiler ended with code"),
    ],
)
def test_a_broken_numba_is_reported_and_does_no_harm(
    tmp_path: Path, broken: str, problem: str
) -> None:
    (tmp_path / "numba.py").write_text(broken, encoding="utf-8")
    run(
        f"""
        assert engine.conv2d(x, w)[0, 0] == 9
        assert engine.warm_up() == "reference"
        assert {problem!r} in engine.status().problem, engine.status()
        assert engine.conv2d(x, w)[0, 0] == 9
        """,
        PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)]),
        CONVWIDGETS_CACHE=str(tmp_path / "cache"),
    )


def test_a_file_of_the_users_is_not_taken_for_numba(tmp_path: Path) -> None:
    (tmp_path / "numba.py").write_text("raise ImportError", encoding="utf-8")
    run(
        """
        engine.conv2d(x, w)
        while engine.backend() == "warming":
            time.sleep(0.05)
        assert engine.backend() == "native", engine.status()
        """,
        folder=tmp_path,
        CONVWIDGETS_CACHE=str(tmp_path / "cache"),
    )


def test_switched_off_numba_is_left_alone() -> None:
    run(
        """
        assert engine.warm_up() == "reference"
        assert engine.status().problem == "NUMBA_DISABLE_JIT is set"
        assert "numba" not in sys.modules
        """,
        NUMBA_DISABLE_JIT="1",
    )


def test_the_environment_chooses() -> None:
    run(
        """
        assert engine.status().setting == "reference"
        assert engine.warm_up() == "reference"
        import subprocess
        subprocess.Popen = None
        engine.conv2d(x, w)
        assert engine.status().cache is None
        time.sleep(0.3)
        assert engine.status().problem == ""
        """,
        CONVWIDGETS_ENGINE="reference",
        CONVWIDGETS_CACHE="/nowhere",
    )
    run(
        """
        try:
            engine.conv2d(x, w)
        except ValueError as error:
            words = "CONVWIDGETS_ENGINE must be 'auto', 'native' or 'reference', got 'fast'"
            assert str(error) == words
        else:
            raise AssertionError
        """,
        CONVWIDGETS_ENGINE="fast",
    )


def test_use_holds_for_its_block_or_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "_chosen", None)
    monkeypatch.delenv(native.VARIABLE, raising=False)
    with engine.use("reference"):
        assert engine.status().setting == "reference"
        with pytest.raises(KeyError), engine.use("native"):
            raise KeyError
        assert engine.status().setting == "reference"
    assert engine.status().setting == "auto"
    engine.use("reference")
    assert engine.backend() == "reference"
