"""From a key on a slider to a new picture, beside what one would write without this package.

python -m benchmarks.slider
"""

from __future__ import annotations

import argparse
import itertools
from collections import Counter

from playwright.sync_api import Locator, Page

from benchmarks.notebook import CELLS, case, jupyterlab
from benchmarks.table import head, machine, quantile, row

SIZES = (128, 256, 512, 1024)
KERNELS = (3, 7, 15)
#: Where the others are measured too; elsewhere only the widget, with both of its engines.
COMPARED = ((128, 3), (256, 7), (512, 3), (1024, 7))
ROUNDS = 4
PRESSES = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--kernels", type=int, nargs="+", default=KERNELS)
    options = parser.parse_args()
    print(machine())
    print(
        head(
            "",
            "written median",
            "p95",
            "painted median",
            "p95",
            "`interact` takes",
            "`Image` takes",
            "answered by",
        ),
        flush=True,
    )
    with jupyterlab() as (lab, page, _):
        cases = itertools.product(options.sizes, options.kernels)
        for size, kernel in sorted(cases, key=lambda each: each not in COMPARED):
            names = CELLS if (size, kernel) in COMPARED else ("page", "kernel")
            with case(lab, page, size, kernel, *names) as cells:
                report(f"{size}² {kernel}×{kernel}", page, cells)
    print(f"\n{machine()}")


def report(label: str, page: Page, cells: dict[str, Locator]) -> None:
    times: dict[str, list[dict[str, float]]] = {name: [] for name in cells}
    answered: dict[str, Counter[str]] = {name: Counter() for name in cells}
    for turn in range(ROUNDS + 1):
        for name, cell in cells.items():
            slider = slider_of(name, cell)
            slider.scroll_into_view_if_needed()
            slider.focus()
            for press in range(PRESSES if turn else 4):
                result = one(page, cell, "ArrowLeft" if press % 2 else "ArrowRight")
                if turn:
                    times[name].append(result)
                    answered[name][engine_of(name, cell)] += 1
            # What a widget does a second after the last change must not meet the next one.
            page.wait_for_timeout(1500 if name in ("page", "kernel") else 300)
    medians = {name: quantile([t["painted"] for t in each], 0.5) for name, each in times.items()}
    for name, each in times.items():
        numbers = [
            f"{quantile([t[what] for t in each], part):.1f}"
            for what in ("written", "painted")
            for part in (0.5, 0.95)
        ]
        ratios = [
            f"{medians[other] / medians[name]:.1f}×" if other in medians else ""
            for other in ("interact", "Image")
        ]
        who = ", ".join(f"{engine} {count}" for engine, count in answered[name].most_common())
        print(row(f"{label} {name}", *numbers, *ratios, who), flush=True)


def one(page: Page, cell: Locator, key: str) -> dict[str, float]:
    """Milliseconds from one key to the written and to the painted picture."""
    cell.evaluate("cell => measure.arm(cell)")
    page.keyboard.press(key)
    result: dict[str, float] = page.evaluate(
        """() => Promise.race([measure.result, new Promise((_, reject) =>
            setTimeout(() => reject(new Error("no new picture in 20 s")), 20000))])"""
    )
    page.wait_for_timeout(100)
    return result


def slider_of(name: str, cell: Locator) -> Locator:
    ours = name in ("page", "kernel")
    return cell.locator(
        "[data-control=dilation] input[type=range]" if ours else ".noUi-handle"
    ).first


def engine_of(name: str, cell: Locator) -> str:
    """Who the widget says has answered."""
    if name not in ("page", "kernel"):
        return "kernel"
    return cell.locator(".cw-badge-text").first.inner_text().split("·")[0].strip()


if __name__ == "__main__":
    main()
