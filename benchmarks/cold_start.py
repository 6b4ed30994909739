"""From a fresh process to the first numbers, with an empty cache of machine code and a warm one.

python -m benchmarks.cold_start
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.table import head, machine, row

ROOT = Path(__file__).parents[1]
ROUNDS = 5
PROGRAM = """
import time
start = time.perf_counter()
import convwidgets as cw
imported = time.perf_counter()
cw.Convolution2DExplorer(image="camera", kernel="sobel_x", padding="same").output
first = time.perf_counter()
answered = cw.engine.native.backend()
found = cw.engine.native.warm_up()
ready = time.perf_counter()
assert found == "native", found
print(imported - start, first - start, ready - start, answered)
"""
STEPS = ("import", "first output", "machine code ready")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    print(machine())
    times: dict[str, list[list[float]]] = {"empty cache": [], "warm cache": []}
    answered: dict[str, set[str]] = {name: set() for name in times}
    with tempfile.TemporaryDirectory() as kept:
        measure(Path(kept))  # fills it; not counted
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as empty:
                for name, folder in (("empty cache", empty), ("warm cache", kept)):
                    seconds, who = measure(Path(folder))
                    print(name, *(f"{value:.2f}" for value in seconds), file=sys.stderr)
                    times[name].append(seconds)
                    answered[name].add(who)
    print(head("", *(f"{step} {what}" for step in STEPS for what in ("median", "worst"))))
    for name, rounds in times.items():
        columns = list(zip(*rounds, strict=True))
        numbers = [f"{value:.2f} s" for c in columns for value in (statistics.median(c), max(c))]
        print(row(f"{name} (engine right after: {', '.join(answered[name])})", *numbers))


def measure(cache: Path) -> tuple[list[float], str]:
    """Seconds from a new process's first line to each step; the engine after the second."""
    environment = os.environ | {
        "CONVWIDGETS_CACHE": str(cache),
        "PYTHONPATH": str(ROOT),
        "CONVWIDGETS_ENGINE": "auto",
    }
    command = [sys.executable, "-c", PROGRAM]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    *seconds, who = finished.stdout.split()
    return [float(value) for value in seconds], who


if __name__ == "__main__":
    main()
