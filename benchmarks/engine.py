"""The engine's convolution and pooling beside the libraries that do the same.

python -m benchmarks.engine

Every library lives in a process of its own through the whole run and is asked in turns, so that a
change of the machine's pace meets all of them. Needs `pip install -e .[bench]`; who is missing is
named and left out. Each answer is first compared with float64.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from scipy import signal

from benchmarks.peers import COPY, LIBRARIES, OURS, Case
from benchmarks.table import head, machine, row

ROOT = Path(__file__).parents[1]
ROUNDS = 9
QUICK_ROUNDS = 3
BACK_TO_BACK, SLIDER = "back to back", "a slider's cadence"
#: What a library's turn lasts at each cadence, in milliseconds.
TURNS = {BACK_TO_BACK: 60, SLIDER: 160}
#: Until the threads of the last library that was asked sleep again.
REST_SECONDS = 0.03
#: What other libraries' libraries read at their start.
COUNTS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
#: Of sum |w| · max |x|.
TOLERANCE = 1e-5

LEGEND = """\
Milliseconds of one call in float32, in brackets as so many times convwidgets's; threads: {threads},
the median of {rounds} rounds' medians. Each call makes a new array; "`dst=`" and the copy write
into one that is there. "–": there is no such operation, or only a loop that nobody would write.
OpenCV and SciPy slice the whole map for a stride, and get zeros between the weights for a dilation.
"""

OPENCV, TORCH, TENSORFLOW = "OpenCV", "torch", "TensorFlow"
CHANNELS_LAST, SCIKIT_IMAGE = "torch channels-last", "`block_reduce`"

ONE, SPARSE, BANK, POOL = "One channel", "Dilation and stride", "Banks", "Pooling"
CASES = (
    *(
        Case(ONE, f"{size}² {k}×{k}", size=size, kernel=k)
        for size in (512, 1024)
        for k in (3, 5, 7, 11, 15)
    ),
    *(
        Case(ONE, f"512² {weights} 31×31", kernel=31, weights=weights)
        for weights in ("box", "gaussian")
    ),
    *(Case(SPARSE, f"512² 7×7 dilation {d}", kernel=7, dilation=d) for d in (2, 4)),
    *(Case(SPARSE, f"512² {k}×{k} stride 2", kernel=k, stride=2) for k in (3, 7, 11)),
    *(Case(BANK, f"512² 1→{n} 7×7", filters=n, kernel=7) for n in (8, 32)),
    *(Case(BANK, f"512² RGB→16 {k}×{k}", channels=3, filters=16, kernel=k) for k in (3, 7)),
    Case(BANK, "512² 1→8 31×31", filters=8, kernel=31),
    Case(BANK, "512² 1→8 31×31 gabor", filters=8, kernel=31, weights="gabor"),
    *(
        Case(POOL, f"512²{maps} max 2×2", kind="max", channels=n, kernel=2, stride=2)
        for n, maps in ((1, ""), (16, "×16"))
    ),
    Case(POOL, "512² average 3×3 stride 2", kind="average", kernel=3, stride=2),
)

Times = dict[tuple[str, str], dict[str, float]]  # (case, cadence) → library → milliseconds


@dataclass(frozen=True)
class Goal:
    """What is hoped for: so many times the rival's pace, or its time, or milliseconds."""

    text: str
    cases: Callable[[Case], bool]
    bound: float
    rival: str | None = None  # None: milliseconds
    at_most: bool = False  # our time in the rival's, instead of the rival's in ours
    cadence: str = BACK_TO_BACK

    def measure(self, case: Case, times: Times) -> float | None:
        found = times.get((case.name, self.cadence), {})
        if OURS not in found or (self.rival and self.rival not in found):
            return None
        if self.rival is None:
            return found[OURS]
        ratio = found[self.rival] / found[OURS]
        return 1 / ratio if self.at_most else ratio

    @property
    def less_is_better(self) -> bool:
        return self.at_most or self.rival is None

    def reached(self, value: float) -> bool:
        return value <= self.bound if self.less_is_better else value >= self.bound

    def shown(self, value: float) -> str:
        return f"{value:.2f} ms" if self.rival is None else f"{value:.2f}×"


def one_channel(case: Case) -> bool:
    return case.group == ONE and case.kernel <= 11


def dilated(case: Case) -> bool:
    return case.dilation > 1


def strided(case: Case) -> bool:
    return case.kind == "convolve" and case.stride > 1


def bank(case: Case) -> bool:
    return case.filters > 1 and case.channels == 1 and case.kernel == 7


def rgb(case: Case) -> bool:
    return case.kind == "convolve" and case.channels == 3


def max_pool(case: Case) -> bool:
    return case.kind == "max"


GOALS = (
    Goal("one channel, 3×3 to 11×11: 3× OpenCV", one_channel, 3, OPENCV),
    Goal("the same at a slider's cadence: 2× OpenCV", one_channel, 2, OPENCV, cadence=SLIDER),
    Goal("one channel, 3×3 to 11×11: 10× torch", one_channel, 10, TORCH),
    Goal(
        "3×3 within 1.3× of a copy",
        lambda case: case.group == ONE and case.kernel == 3,
        1.3,
        COPY,
        at_most=True,
    ),
    Goal("7×7 dilated: 20× OpenCV", dilated, 20, OPENCV),
    Goal("7×7 dilated: 15× torch", dilated, 15, TORCH),
    Goal("stride 2: 2.5× OpenCV", strided, 2.5, OPENCV),
    Goal("stride 2: 3× torch", strided, 3, TORCH),
    Goal("1→8 and 1→32 7×7 ahead of TensorFlow", bank, 1, TENSORFLOW),
    Goal("1→8 and 1→32 7×7 ahead of torch", bank, 1, TORCH),
    Goal("RGB→16 ahead of torch channels-last", rgb, 1, CHANNELS_LAST),
    Goal("8 × 31×31 under 28 ms", lambda case: case.name == "512² 1→8 31×31", 28),
    Goal("8 × 31×31 of low rank under 5.5 ms", lambda case: case.weights == "gabor", 5.5),
    Goal("max-pool 2×2: 20× torch", max_pool, 20, TORCH),
    Goal("max-pool 2×2: 100× scikit-image", max_pool, 100, SCIKIT_IMAGE),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds")
    parser.add_argument("--cases", metavar="WORD", default="", help="those with it in their name")
    options = parser.parse_args()
    rounds = QUICK_ROUNDS if options.quick else options.rounds
    cases = [case for case in CASES if options.cases in f"{case.group}: {case.name}"]
    if not cases:
        parser.error(f"no case has {options.cases!r} in its name")
    print(machine())
    print(LEGEND.format(threads=options.threads, rounds=rounds), flush=True)
    times: Times = {}
    with peers(options.threads) as alive, tempfile.TemporaryDirectory() as folder:
        for case in cases:
            print(case.name, file=sys.stderr, flush=True)
            able = [peer for peer in alive if correct(peer, case, Path(folder) / "answer.npy")]
            for cadence in TURNS:
                times[case.name, cadence] = in_turns(able, cadence, rounds)
    for cadence in TURNS:
        for group in dict.fromkeys(case.group for case in cases):
            names = [case.name for case in cases if case.group == group]
            print(f"### {group}, {cadence}\n")
            print_times([(name, times[name, cadence]) for name in names])
    print_goals(cases, times)
    print(f"\n{machine()}", end="")


@dataclass
class Peer:
    """A library at the other end of two pipes."""

    library: str
    process: subprocess.Popen[str]

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return self.answer()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.library} has ended")
        found: dict[str, Any] = json.loads(line)
        return found


@contextlib.contextmanager
def peers(threads: int) -> Iterator[list[Peer]]:
    """Start each library, one after the other; tell of those that are not there."""
    environment = os.environ | dict.fromkeys(COUNTS, str(threads)) | {"PYTHONPATH": str(ROOT)}
    with contextlib.ExitStack() as stack:
        alive = []
        for library in LIBRARIES:
            command = [sys.executable, "-m", "benchmarks.peers", library, str(threads)]
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            peer = Peer(library, process)
            answer = peer.answer()
            if "missing" in answer and library == OURS:
                raise SystemExit(answer["missing"])
            if "missing" in answer:
                print(f"{library} is missing: {answer['missing']}", end="\n\n", flush=True)
            else:
                alive.append(peer)
        yield alive


def correct(peer: Peer, case: Case, save: Path) -> bool:
    """Let a library compute a case; whether it has it, and right."""
    save.unlink(missing_ok=True)
    if not peer.ask(prepare=asdict(case), save=str(save))["supported"]:
        return False
    if peer.library == COPY:
        return True
    y, wanted = np.load(save), expected(case)
    error = np.abs(y - wanted).max() / scale(case) if y.shape == wanted.shape else np.inf
    if error <= TOLERANCE:
        return True
    message = f"{peer.library} is wrong at {case.name}: {error:.1e} of sum |w| · max |x|"
    if peer.library == OURS:
        raise SystemExit(message)
    print(message, end="\n\n", flush=True)
    return False


@functools.cache
def expected(case: Case) -> Any:
    """The answer in float64: SciPy's convolution, NumPy's windows."""
    x, w = (array.astype(np.float64) for array in case.arrays())
    s = case.stride
    if case.kind == "convolve":
        flipped = case.dilated(w)[:, :, ::-1, ::-1]
        maps = [signal.fftconvolve(x, each, "same", axes=(1, 2)).sum(0) for each in flipped]
        return np.stack(maps)[:, ::s, ::s]
    windows = np.lib.stride_tricks.sliding_window_view(x, (case.kernel,) * 2, axis=(1, 2))
    return getattr(windows[:, ::s, ::s], {"max": "max", "average": "mean"}[case.kind])((3, 4))


def scale(case: Case) -> float:
    x, w = case.arrays()
    weight = np.abs(w).sum((1, 2, 3)).max() if case.kind == "convolve" else 1
    return float(weight * np.abs(x).max())


def in_turns(alive: Sequence[Peer], cadence: str, rounds: int) -> dict[str, float]:
    """The median of the rounds' medians of each library, in milliseconds."""
    medians: dict[str, list[float]] = {peer.library: [] for peer in alive}
    for turn in range(rounds):
        for i in range(len(alive)):
            peer = alive[(turn + i) % len(alive)]
            time.sleep(REST_SECONDS)
            answer = peer.ask(milliseconds=TURNS[cadence], cadence=cadence == SLIDER)
            medians[peer.library].append(median(answer["times"]))
    return {library: median(each) for library, each in medians.items()}


def print_times(rows: Sequence[tuple[str, dict[str, float]]]) -> None:
    present = [name for name in LIBRARIES if any(name in found for _, found in rows)]
    print(head("", *present))
    for name, found in rows:
        cells = [
            f"{found[library]:.3f}"
            + (f" ({found[library] / found[OURS]:.1f}×)" if library != OURS else "")
            if library in found
            else "–"
            for library in present
        ]
        print(row(name, *cells))
    print(flush=True)


def print_goals(cases: Sequence[Case], times: Times) -> None:
    print("### Goals\n")
    print(head("", "measured", "reached"))
    for goal in GOALS:
        mine = [case for case in cases if goal.cases(case)]
        values = {case.name: goal.measure(case, times) for case in mine}
        known = {name: value for name, value in values.items() if value is not None}
        if not known:
            print(row(goal.text, "not measured", "–"))
            continue
        shown = ", ".join(f"{name} {goal.shown(value)}" for name, value in known.items())
        missed = [name for name, value in known.items() if not goal.reached(value)]
        print(row(goal.text, shown, f"missed at {', '.join(missed)}" if missed else "reached"))


if __name__ == "__main__":
    main()
